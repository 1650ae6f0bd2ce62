// The kernel's own memory that services may look at: the log and the trace ring.

import { PAGE_SIZE } from "../abi/formats";
import { KERNEL_LOG, KERNEL_LOG_BYTES, KERNEL_TRACE, KERNEL_TRACE_BYTES } from "../abi/layout";
import { KERNEL_MEMORY_BASE } from "../../hal/layout";
import { PAGE_GLOBAL, PAGE_READ, PAGE_WRITE } from "../../hal/paging";
import { log_start } from "../log";
import { kernel_root } from "../machine";
import { frames_allocate_contiguous } from "../mm/frames";
import { page_map } from "../mm/pagetable";
import { is_none, none } from "../none";
import { Region } from "../object/object";
import { region_borrow } from "../object/region";

let the_log: Region = none<Region>();
let the_trace: Region = none<Region>();

export function log_region(): Region {
  return the_log;
}
export function trace_region(): Region {
  return the_trace;
}

/** Contiguous frames at a fixed place of kernel memory, as a region. */
function place(index: u32, bytes: u32): Region {
  const pages = bytes / PAGE_SIZE;
  const base = frames_allocate_contiguous(pages);
  if (base == 0) return none<Region>();
  for (let i: u32 = 0; i < pages; i++) {
    const offset = <u64>i * PAGE_SIZE;
    const address = KERNEL_MEMORY_BASE + <u64>index + offset;
    if (!page_map(kernel_root(), address, base + offset, PAGE_READ | PAGE_WRITE | PAGE_GLOBAL)) return none<Region>();
  }
  return region_borrow(base, pages, 0);
}

/** Both are there, and the log goes to memory, from now on. */
export function regions_start(): bool {
  the_log = place(KERNEL_LOG, KERNEL_LOG_BYTES);
  the_trace = place(KERNEL_TRACE, KERNEL_TRACE_BYTES);
  if (is_none(the_log) || is_none(the_trace)) return false;
  log_start();
  return true;
}
