// The page-table walker: every architecture of ΦOS has tables of 512 entries of 8 bytes; the hal
// encodes the entries. Tables are frames; the kernel reaches them by physical address.
// A leaf only ever names a frame that the caller holds.

import { DIRECT_MAP } from "../../hal/layout";
import {
  entry_address,
  entry_flags,
  entry_is_leaf,
  entry_leaf,
  entry_present,
  entry_share,
  ENTRY_STEP,
  entry_table,
  PAGE_GLOBAL,
  PAGE_READ,
  paging_levels,
} from "../../hal/paging";
import { frame_allocate, frame_release } from "./frames";
import { load32, load64, store64 } from "../machine";
import { flush_range } from "./tlb";

const INDEX_BITS: u32 = 9;
const PAGE_BITS: u32 = 12;
/** Level 2 entries span 1 GiB. */
export const LEVEL_GIGABYTE: u32 = 2;
const GIGABYTE_BYTES: u64 = 0x4000_0000;
/** What one table of pages spans. */
const SMALL_BYTES: u64 = 0x20_0000;


@inline
function entry_at(table: u64, address: u64, level: u32): u64 {
  return table + (((address >> (PAGE_BITS + INDEX_BITS * level)) & 511) << 3);
}

/** Physical address of the entry for `address` at `level`, making tables on the way; 0: no frame, or a larger leaf is there. */
export function walk_make(root: u64, address: u64, level: u32): u64 {
  let table = root;
  for (let l = paging_levels() - 1; l > level; l--) {
    const at = entry_at(table, address, l);
    const entry = load64(at);
    if (!entry_present(entry)) {
      const frame = frame_allocate();
      if (frame == 0) return 0;
      store64(at, entry_table(frame));
      table = frame;
    } else {
      if (entry_is_leaf(entry, l)) return 0;
      table = entry_address(entry);
    }
  }
  return entry_at(table, address, level);
}

/** The same without making any; 0: there is no such entry. */
export function walk(root: u64, address: u64, level: u32): u64 {
  let table = root;
  for (let l = paging_levels() - 1; l > level; l--) {
    const entry = load64(entry_at(table, address, l));
    if (!entry_present(entry) || entry_is_leaf(entry, l)) return 0;
    table = entry_address(entry);
  }
  return entry_at(table, address, level);
}

/** Physical address of the entry for `address` at `level` where larger leaves may map it: they become tables of equal smaller ones; 0: no frame, or nothing is mapped. */
export function walk_split(root: u64, address: u64, level: u32): u64 {
  let table = root;
  for (let l = paging_levels() - 1; l > level; l--) {
    const at = entry_at(table, address, l);
    const entry = load64(at);
    if (!entry_present(entry)) return 0;
    table = entry_address(entry);
    if (!entry_is_leaf(entry, l)) continue;
    const smaller = frame_allocate();
    if (smaller == 0) return 0;
    for (let i: u64 = 0; i < 512; i++) {
      const physical = table + (i << (PAGE_BITS + INDEX_BITS * (l - 1)));
      store64(smaller + (i << 3), entry_leaf(physical, entry_flags(entry), l - 1));
    }
    store64(at, entry_table(smaller));
    table = smaller;
  }
  return entry_at(table, address, level);
}

/** Frames of code in [base, end): the kernel's view of all memory shows them read-only from now on. The caller flushes. False: no frame. */
export function frames_seal(root: u64, base: u64, end: u64): bool {
  for (let physical = base; physical < end; physical += 1 << PAGE_BITS) {
    const at = walk_split(root, DIRECT_MAP + physical, 0);
    if (at == 0) return false;
    store64(at, entry_leaf(physical, PAGE_READ | PAGE_GLOBAL, 0));
  }
  return true;
}

/** How many tables walk_make would make on its way to the entry for `address` at `level`. */
export function tables_missing(root: u64, address: u64, level: u32): u32 {
  let table = root;
  for (let l = paging_levels() - 1; l > level; l--) {
    const entry = load64(entry_at(table, address, l));
    if (!entry_present(entry)) return l - level;
    if (entry_is_leaf(entry, l)) return 0;
    table = entry_address(entry);
  }
  return 0;
}

/** Entries from that of `address` to the end of its table: at most so many leaves lie in a row. */
@inline
export function leaves_left(address: u64): u32 {
  return 512 - <u32>((address >> PAGE_BITS) & 511);
}

/** Writes `count` leaves in a row from the entry at `at`, naming frames that follow one another; stops at one that is taken. Answers how many it wrote. */
export function leaves_map(at: u64, count: u32, frame: u64, flags: u32): u32 {
  let leaf = entry_leaf(frame, flags, 0);
  for (let i: u32 = 0; i < count; i++) {
    if (entry_present(load64(at))) return i;
    store64(at, leaf);
    at += 8;
    leaf += ENTRY_STEP;
  }
  return count;
}

/** The same of frames whose numbers stand in a list of u32. */
export function leaves_map_listed(at: u64, count: u32, list: u64, flags: u32): u32 {
  const base = entry_leaf(0, flags, 0);
  for (let i: u32 = 0; i < count; i++) {
    if (entry_present(load64(at))) return i;
    store64(at, base + <u64>load32(list) * ENTRY_STEP);
    at += 8;
    list += 4;
  }
  return count;
}

/** Makes the entry for a 2 MiB page usable for a leaf: an empty table there goes away (`true`). The caller flushes its addresses. */
export function large_entry_clear(at: u64): bool {
  const entry = load64(at);
  if (!entry_present(entry) || entry_is_leaf(entry, 1)) return false;
  const table = entry_address(entry);
  for (let i: u64 = 0; i < 512; i++) {
    if (load64(table + (i << 3)) != 0) return false;
  }
  store64(at, 0);
  frame_release(table);
  return true;
}

/** Takes the leaves of [address, address + pages) away, large ones as a whole. The caller flushes; it does so before frames are given back. */
export function range_clear(root: u64, address: u64, pages: u32): void {
  while (pages != 0) {
    const count = min(leaves_left(address), pages);
    const large = walk(root, address, 1);
    const entry = large == 0 ? 0 : load64(large);
    if (entry_present(entry)) {
      if (entry_is_leaf(entry, 1)) store64(large, 0);
      else {
        const first = entry_at(entry_address(entry), address, 0);
        for (let at = first; at < first + (count << 3); at += 8) store64(at, 0);
      }
    }
    address += (<u64>count) << PAGE_BITS;
    pages -= count;
  }
}

/** Maps one page; false: no frame for a table. Replacing a page is the caller's business (flush). */
export function page_map(root: u64, address: u64, frame: u64, flags: u32): bool {
  const at = walk_make(root, address, 0);
  if (at == 0) return false;
  store64(at, entry_leaf(frame, flags, 0));
  return true;
}

/** Maps a 2 MiB page of physical memory for the direct map. */
export function large_page_map(root: u64, address: u64, physical: u64, flags: u32): bool {
  const at = walk_make(root, address, 1);
  if (at == 0) return false;
  if (entry_present(load64(at))) return true;
  store64(at, entry_leaf(physical, flags, 1));
  return true;
}

/** Unmaps one page and answers its frame; 0: nothing was there. */
export function page_unmap(root: u64, address: u64): u64 {
  const at = walk(root, address, 0);
  if (at == 0) return 0;
  const entry = load64(at);
  if (!entry_present(entry)) return 0;
  store64(at, 0);
  flush_range(root, address, 1);
  return entry_address(entry);
}

/** The frame behind an address; 0: none. */
export function page_lookup(root: u64, address: u64): u64 {
  const at = walk(root, address, 0);
  if (at == 0) return 0;
  const entry = load64(at);
  return entry_present(entry) ? entry_address(entry) : 0;
}

/** Physical address behind any mapped address, large pages included; 0: none. */
export function translate(root: u64, address: u64): u64 {
  let table = root;
  let level = paging_levels() - 1;
  let entry = load64(entry_at(table, address, level));
  while (entry_present(entry) && level != 0 && !entry_is_leaf(entry, level)) {
    table = entry_address(entry);
    level--;
    entry = load64(entry_at(table, address, level));
  }
  if (!entry_present(entry)) return 0;
  const mask = ((<u64>1) << (PAGE_BITS + INDEX_BITS * level)) - 1;
  return (entry_address(entry) & ~mask) | (address & mask);
}

/**
 * Makes one GiB of `from_root` at `from` appear in `to_root` at `to`: one entry, so that pages which
 * come later appear too. `user`: the reader runs in user mode. False: no table or no frame.
 */
export function gigabyte_share(to_root: u64, to: u64, from_root: u64, from: u64, user: bool): bool {
  const source = walk(from_root, from, LEVEL_GIGABYTE);
  if (source == 0) return false;
  const entry = load64(source);
  if (!entry_present(entry) || entry_is_leaf(entry, LEVEL_GIGABYTE)) return false;
  const at = walk_make(to_root, to, LEVEL_GIGABYTE);
  if (at == 0 || entry_present(load64(at))) return false;
  store64(at, user ? entry_table(entry_address(entry)) : entry_share(entry_address(entry)));
  return true;
}

/** Takes such a GiB away again. The caller flushes the whole TLB. */
export function gigabyte_unshare(root: u64, address: u64): void {
  const at = walk(root, address, LEVEL_GIGABYTE);
  if (at != 0) store64(at, 0);
}

/** Releases the table of one 2 MiB range whose pages were unmapped before. */
export function small_table_free(root: u64, address: u64): void {
  const at = walk(root, address, 1);
  if (at == 0) return;
  const entry = load64(at);
  if (!entry_present(entry) || entry_is_leaf(entry, 1)) return;
  store64(at, 0);
  frame_release(entry_address(entry));
}

/**
 * Releases the next table of 2 MiB, and its pages, at or after `address`, where all belongs to one instance alone; a table of
 * 1 GiB goes with its last. Answers the address behind what was looked at: nothing is left in front of it.
 */
export function range_free(root: u64, address: u64): u64 {
  const behind = (address & ~(GIGABYTE_BYTES - 1)) + GIGABYTE_BYTES;
  const at = walk(root, address, LEVEL_GIGABYTE);
  if (at == 0) return behind;
  const entry = load64(at);
  if (!entry_present(entry)) return behind;
  const table = entry_address(entry);
  for (let small = address; small < behind; small += SMALL_BYTES) {
    const small_at = entry_at(table, small, 1);
    const found = load64(small_at);
    if (!entry_present(found)) continue;
    store64(small_at, 0);
    table_free(entry_address(found), 0);
    if (small + SMALL_BYTES < behind) return small + SMALL_BYTES;
  }
  store64(at, 0);
  frame_release(table);
  return behind;
}

function table_free(table: u64, level: u32): u32 {
  let pages: u32 = 0;
  for (let i: u64 = 0; i < 512; i++) {
    const entry = load64(table + (i << 3));
    if (!entry_present(entry)) continue;
    if (level == 0) {
      frame_release(entry_address(entry));
      pages++;
    } else {
      pages += table_free(entry_address(entry), level - 1);
    }
  }
  frame_release(table);
  return pages;
}

/** Releases the tables above the gigabytes of a root that only one domain used, and the root itself. */
export function root_free(root: u64, kernel: u64): void {
  free_upper(root, kernel, paging_levels() - 1);
}

function free_upper(table: u64, kernel: u64, level: u32): void {
  for (let i: u64 = 0; i < 512; i++) {
    const entry = load64(table + (i << 3));
    if (!entry_present(entry)) continue;
    if (kernel != 0 && load64(kernel + (i << 3)) == entry) continue; // the kernel's half is shared
    if (level > LEVEL_GIGABYTE) free_upper(entry_address(entry), 0, level - 1);
    else table_free(entry_address(entry), level - 1);
  }
  frame_release(table);
}

/** A root with the kernel's half in it and nothing else; 0: no frame. */
export function root_make(kernel: u64): u64 {
  const root = frame_allocate();
  if (root == 0) return 0;
  for (let i: u64 = 256; i < 512; i++) store64(root + (i << 3), load64(kernel + (i << 3)));
  return root;
}
