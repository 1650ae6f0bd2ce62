// Translations that a processor may still remember after a page table changed. Called by whoever takes a page away or
// narrows what may be done with it, before the frame has another use.

import { flush_all, flush_page } from "../machine";

/** From so many pages on it is cheaper to forget everything. */
const PAGES_MAX: u32 = 16;

/** No processor remembers a translation of [address, address + pages) in this root from now on. */
export function flush_range(root: u64, address: u64, pages: u32): void {
  if (pages > PAGES_MAX) {
    flush_all();
    return;
  }
  for (let i: u32 = 0; i < pages; i++) flush_page(address + ((<u64>i) << 12));
}
