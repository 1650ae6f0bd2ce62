// The kernel's own memory. Each table has a fixed place in linear memory (kernel/abi/layout.ts) and
// grows at its end, a frame at a time, so that an entry's address is a constant plus an index.
// Frames of tables are never given back. Called by whoever adds an entry, before touching it.

import { KERNEL_CAPS, KERNEL_DOMAINS, KERNEL_OBJECTS, KERNEL_THREADS } from "../abi/layout";
import { PAGE_SIZE } from "../abi/formats";
import { KERNEL_MEMORY_BASE } from "../../hal/layout";
import { PAGE_GLOBAL, PAGE_READ, PAGE_WRITE } from "../../hal/paging";
import { frame_allocate } from "./frames";
import { page_map } from "./pagetable";
import { kernel_root } from "../machine";

let mapped_domains: u32 = 0;
let mapped_threads: u32 = 0;
let mapped_timers: u32 = 0;
let mapped_objects: u32 = 0;
let mapped_capabilities: u32 = 0;

export const KERNEL_TIMERS: u32 = KERNEL_THREADS + 0x0100_0000;

function grow(start: u32, mapped: u32, wanted: u32): u32 {
  while (mapped < wanted) {
    if (!kernel_page(start + mapped)) return mapped;
    mapped += PAGE_SIZE;
  }
  return mapped;
}

/** Puts a fresh zeroed frame at a page of kernel memory. */
export function kernel_page(index: u32): bool {
  const frame = frame_allocate();
  if (frame == 0) return false;
  return page_map(kernel_root(), KERNEL_MEMORY_BASE + <u64>index, frame, PAGE_READ | PAGE_WRITE | PAGE_GLOBAL);
}

/** Makes the first `bytes` bytes of the table at `start` usable; false: no frame is left. */
export function table_grow(start: u32, bytes: u32): bool {
  switch (start) {
    case KERNEL_DOMAINS:
      mapped_domains = grow(start, mapped_domains, bytes);
      return mapped_domains >= bytes;
    case KERNEL_THREADS:
      mapped_threads = grow(start, mapped_threads, bytes);
      return mapped_threads >= bytes;
    case KERNEL_TIMERS:
      mapped_timers = grow(start, mapped_timers, bytes);
      return mapped_timers >= bytes;
    case KERNEL_OBJECTS:
      mapped_objects = grow(start, mapped_objects, bytes);
      return mapped_objects >= bytes;
    case KERNEL_CAPS:
      mapped_capabilities = grow(start, mapped_capabilities, bytes);
      return mapped_capabilities >= bytes;
    default:
      return false;
  }
}
