// Translations that CPUs remember: whoever takes a page away, or gives it fewer rights, ends here before the frame goes
// elsewhere. Returns when no CPU can use the old entry any more (docs/architecture.md, "Several CPUs").

import { PAGE_SIZE } from "../abi/formats";
import { cpus_flush } from "../../hal/cpus";
import { root_word } from "../../hal/paging";
import { cpu, cpu_at, cpu_count } from "../cpu";
import { flush_all, flush_page, kernel_root } from "../machine";

/** Pages that are forgotten one by one; more: all at once. */
const SINGLE_MAX: u32 = 16;

/** CPUs but this one that may remember entries of the root, one bit each: all for the kernel's, else those that run on it. */
function others_with(root: u64): u32 {
  const self = cpu().number,
    word = root_word(root),
    everywhere = root == kernel_root();
  let mask: u32 = 0;
  for (let i: u32 = 0; i < cpu_count(); i++) {
    if (i != self && (everywhere || cpu_at(i).root == word)) mask |= (<u32>1) << i;
  }
  return mask;
}

/** Entries of the root for `pages` pages from `address` are gone, or allow less. */
export function flush_range(root: u64, address: u64, pages: u32): void {
  if (pages > SINGLE_MAX) flush_all();
  else for (let i: u32 = 0; i < pages; i++) flush_page(address + <u64>i * PAGE_SIZE);
  if (cpu_count() == 1) return;
  const mask = others_with(root);
  if (mask != 0) cpus_flush(mask, false);
}

/** Any entries of any root are gone, or code was written: every CPU forgets everything. */
export function flush_everything(): void {
  flush_all();
  if (cpu_count() == 1) return;
  cpus_flush(others_with(kernel_root()), true);
}
