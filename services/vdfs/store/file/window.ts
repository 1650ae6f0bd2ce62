// Windows: a MiB of a file in pages that lie in a row, for readers that map them. Called by data.ts, which keeps them true, and by the service.
// A page that is marked as there has been verified, or was written since. Two readers of a file have the same window, so the same pages.
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT, read } from "../disk/disk";
import { part_is_good } from "../disk/check";
import { damaged, root_of, TREE_FILES } from "../state";
import { search_error } from "../tree/find";
import { dirty_find } from "./dirty";
import { checks_of, disk_page_of, extent_find, extent_first, extent_pages, index_of, is_alone } from "./extent";

export const WINDOW_SHIFT: u32 = 8;
export const WINDOW_PAGES: u32 = 1 << WINDOW_SHIFT;
/** By window: inode u64 (0: free), number in the file u32, holders u32, used u32, 0 u32, a bit for each page: 32 bytes. */
const ENTRY_BYTES: u32 = 56;
const BITS_AT: u32 = 24;
const NONE: u32 = 0xffff_ffff;

let memory_at: usize = 0;
let table: usize = 0;
let count: u32 = 0;
let hand: u32 = 0;
let in_use: u32 = 0;
/** Bytes that were copied into windows instead of read. */
export let window_copied: u64 = 0;
/** Called before a window is given to something else: whoever has it mapped loses it. */
let give_up: (window: u32) => void = (_window: u32): void => {};

export function windows_start(windows: u32, on_give_up: (window: u32) => void): bool {
  count = windows;
  give_up = on_give_up;
  memory_at = disk_memory((<usize>windows) << (WINDOW_SHIFT + PAGE_SHIFT));
  table = heap.alloc(windows * ENTRY_BYTES);
  memory.fill(table, 0, windows * ENTRY_BYTES);
  return memory_at != 0;
}

// @ts-ignore: decorator
@inline
function entry(window: u32): usize {
  return table + window * ENTRY_BYTES;
}

/** Where a window's pages lie. */
// @ts-ignore: decorator
@inline
export function window_address(window: u32): usize {
  return memory_at + ((<usize>window) << (WINDOW_SHIFT + PAGE_SHIFT));
}

function bits_of(window: u32, page: u32): usize {
  return entry(window) + BITS_AT + ((page >> 6) << 3);
}

function is_there(window: u32, page: u32): bool {
  return ((load<u64>(bits_of(window, page)) >> (page & 63)) & 1) != 0;
}

function set_there(window: u32, page: u32, value: bool): void {
  const at = bits_of(window, page);
  const one: u64 = 1;
  const bit = one << (page & 63);
  store<u64>(at, value ? load<u64>(at) | bit : load<u64>(at) & ~bit);
}

function find(inode: u64, number: u32): u32 {
  if (in_use == 0) return NONE;
  // the last one that was found is most often the next one
  if (load<u64>(entry(last)) == inode && load<u32>(entry(last), 8) == number) return last;
  for (let i: u32 = 0; i < count; i++) {
    if (load<u64>(entry(i)) == inode && load<u32>(entry(i), 8) == number) {
      last = i;
      return i;
    }
  }
  return NONE;
}

let last: u32 = 0;

/** The window of a MiB of a file, with nothing in it if it is new; −1: all are held. */
export function window_of(inode: u64, number: u32): i32 {
  const known = find(inode, number);
  if (known != NONE) {
    store<u32>(entry(known), 1, 16);
    return known;
  }
  for (let i: u32 = 0; i < 2 * count; i++) {
    const window = hand;
    hand = hand + 1 == count ? 0 : hand + 1;
    const at = entry(window);
    if (load<u32>(at, 12) != 0) continue;
    if (load<u32>(at, 16) != 0) {
      store<u32>(at, 0, 16);
      continue;
    }
    if (load<u64>(at) == 0) in_use++;
    else give_up(window);
    memory.fill(at, 0, ENTRY_BYTES);
    memory.fill(window_address(window), 0, (<usize>PAGE_BYTES) << WINDOW_SHIFT);
    store<u64>(at, inode);
    store<u32>(at, number, 8);
    store<u32>(at, 1, 16);
    last = window;
    return window;
  }
  return -1;
}

/** One more, or one less, who has mapped it. */
export function window_hold(window: u32, more: i32): void {
  store<u32>(entry(window), load<u32>(entry(window), 12) + more, 12);
}

export function window_inode(window: u32): u64 {
  return load<u64>(entry(window));
}

/** Nobody will ask for this inode again. */
export function windows_forget(inode: u64): void {
  for (let i: u32 = 0; i < count && in_use != 0; i++) {
    if (load<u64>(entry(i)) != inode) continue;
    give_up(i);
    memory.fill(entry(i), 0, ENTRY_BYTES);
    in_use--;
  }
}

/** What the disk said is no longer what is mounted: no page counts as there. */
export function windows_reset(): void {
  for (let i: u32 = 0; i < count; i++) memory.fill(entry(i) + BITS_AT, 0, ENTRY_BYTES - BITS_AT);
}

/** A page of a file has changed: `from` is what it holds now. */
export function window_update(inode: u64, page: u32, from: usize): void {
  if (in_use == 0) return;
  const window = find(inode, page >> WINDOW_SHIFT);
  if (window == NONE || !is_there(window, page & (WINDOW_PAGES - 1))) return;
  memory.copy(window_address(window) + (((<usize>page) & (WINDOW_PAGES - 1)) << PAGE_SHIFT), from, PAGE_BYTES);
  window_copied += PAGE_BYTES;
}

/** A file ends before page `from` now. */
export function windows_cut(inode: u64, from: u32): void {
  for (let i: u32 = 0; i < count && in_use != 0; i++) {
    if (load<u64>(entry(i)) != inode) continue;
    const first = load<u32>(entry(i), 8) << WINDOW_SHIFT;
    for (let page = max(first, from); page < first + WINDOW_PAGES; page++) {
      set_there(i, page - first, false);
      memory.fill(window_address(i) + ((page - first) << PAGE_SHIFT), 0, PAGE_BYTES);
    }
  }
}

/** What is to be verified after it was read: for each page of a window its check, 16 bytes, then index u32, alone u32; 0xff: nothing. */
const PLAN_BYTES: u32 = 24;
const plan: usize = memory.data(6144, 8);

/** Reads and verifies `pages` pages of a window from `first` on: 0, or why not all of them are there. */
export function window_fill(window: u32, first: u32, pages: u32): i64 {
  const inode = load<u64>(entry(window));
  const start = load<u32>(entry(window), 8) << WINDOW_SHIFT;
  const root = root_of(TREE_FILES);
  let from: u32 = 0;
  let count: u32 = 0;
  let disk: u32 = 0;
  let result: i64 = 0;
  let extent_end: u32 = 0;
  for (let page = first; page < first + pages; page++) {
    store<u32>(plan + page * PLAN_BYTES, NONE, 16);
    if (is_there(window, page)) continue;
    const to = window_address(window) + ((<usize>page) << PAGE_SHIFT);
    const dirty = dirty_find(inode, start + page);
    if (dirty != 0) {
      memory.copy(to, dirty, PAGE_BYTES);
      window_copied += PAGE_BYTES;
      set_there(window, page, true);
      continue;
    }
    if (start + page >= extent_end) {
      if (!extent_find(root, inode, start + page)) {
        if (search_error() < 0) return search_error();
        memory.fill(to, 0, PAGE_BYTES);
        set_there(window, page, true);
        continue;
      }
      extent_end = extent_first + extent_pages;
    }
    const at = plan + page * PLAN_BYTES;
    memory.copy(at, checks_of(start + page), 16);
    store<u32>(at, index_of(start + page), 16);
    store<u32>(at, is_alone() ? 1 : 0, 20);
    const next = disk_page_of(start + page);
    if (count != 0 && (next != disk + count || page != from + count)) {
      result = read(disk, count, window_address(window) + ((<usize>from) << PAGE_SHIFT));
      if (result < 0) return result;
      count = 0;
    }
    if (count == 0) {
      from = page;
      disk = next;
    }
    count++;
  }
  if (count != 0) result = read(disk, count, window_address(window) + ((<usize>from) << PAGE_SHIFT));
  return result < 0 ? result : window_verify(window, first, pages, start);
}

function window_verify(window: u32, first: u32, pages: u32, start: u32): i64 {
  let result: i64 = 0;
  for (let page = first; page < first + pages; page++) {
    const at = plan + page * PLAN_BYTES;
    const index = load<u32>(at, 16);
    if (index == NONE) continue;
    const to = window_address(window) + ((<usize>page) << PAGE_SHIFT);
    if (part_is_good(to, index, load<u32>(at, 20) != 0, at)) {
      set_there(window, page, true);
    } else {
      memory.fill(to, 0, PAGE_BYTES);
      result = damaged(start + page);
    }
  }
  return result;
}
