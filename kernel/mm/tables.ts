// The kernel's own memory. Each table has a fixed place in linear memory (kernel/abi/layout.ts) and
// grows at its end, a frame at a time, so that an entry's address is a constant plus an index.
// Frames of tables are never given back. Called by whoever adds an entry, before touching it.

import { KERNEL_THREADS } from "../abi/layout";
import { PAGE_SIZE } from "../abi/formats";
import { KERNEL_MEMORY_BASE } from "../../hal/layout";
import { PAGE_GLOBAL, PAGE_READ, PAGE_WRITE } from "../../hal/paging";
import { frame_allocate } from "./frames";
import { page_map } from "./pagetable";
import { kernel_root } from "../machine";

/** Bytes that are there of each table, by the 16 MiB that it begins at. */
const mapped: usize = memory.data(32 * 4, 4);
const PLACE_SHIFT: u32 = 24;

export const KERNEL_TIMERS: u32 = KERNEL_THREADS + 0x0100_0000;

/** Puts a fresh zeroed frame at a page of kernel memory. */
export function kernel_page(index: u32): bool {
  const frame = frame_allocate();
  if (frame == 0) return false;
  return page_map(kernel_root(), KERNEL_MEMORY_BASE + <u64>index, frame, PAGE_READ | PAGE_WRITE | PAGE_GLOBAL);
}

/** Makes the first `bytes` bytes of the table at `start` usable; false: no frame is left. */
export function table_grow(start: u32, bytes: u32): bool {
  const at = mapped + ((start >> PLACE_SHIFT) << 2);
  for (let there = load<u32>(at); there < bytes; there += PAGE_SIZE) {
    if (!kernel_page(start + there)) return false;
    store<u32>(at, there + PAGE_SIZE);
  }
  return true;
}
