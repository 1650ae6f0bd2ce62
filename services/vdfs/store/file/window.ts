// Windows: a MiB of a file in pages that lie in a row, for readers that map them. Called by data.ts, which keeps them true, and by the service.
// A page that is marked as there has been verified, or was written since. Two readers of a file have the same window, so the same pages.
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT, read } from "../disk/disk";
import { begin_count, checks_counted, part_matches } from "../disk/check";
import { damaged, root_of, TREE_FILES } from "../state";
import { search_error } from "../tree/find";
import { dirty_find, dirty_pages } from "./dirty";
import {
  checks_of,
  disk_page_of,
  extent_find,
  extent_first,
  extent_follow,
  extent_pages,
  index_of,
  is_alone,
} from "./extent";

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

/** What is to be verified after it was read, by page of a window: check of 16 bytes, index in its content u32, alone u32. */
const PLAN_BYTES: u32 = 24;
const plan: usize = memory.data(6144, 8);
/** A bit for each page that is planned. */
const planned: usize = memory.data(32, 8);
/** The read that is being gathered: pages of the window, and where they lie on the disk. */
let run_first: u32 = 0;
let run_pages: u32 = 0;
let run_disk: u32 = 0;

/** Adds pages to the read that is being gathered; what does not continue it begins another: 0, or an error of the disk. */
function gather(window: u32, first: u32, pages: u32, disk: u32): i64 {
  if (run_pages != 0 && disk == run_disk + run_pages && first == run_first + run_pages) {
    run_pages += pages;
    return 0;
  }
  const result = read_run(window);
  run_first = first;
  run_pages = pages;
  run_disk = disk;
  return result;
}

function read_run(window: u32): i64 {
  if (run_pages == 0) return 0;
  const pages = run_pages;
  run_pages = 0;
  return read(run_disk, pages, window_address(window) + ((<usize>run_first) << PAGE_SHIFT));
}

/** Takes a page that is dirty from there; false: it is not. */
function take_dirty(window: u32, inode: u64, start: u32, page: u32): bool {
  const dirty = dirty_find(inode, start + page);
  if (dirty == 0) return false;
  memory.copy(window_address(window) + ((<usize>page) << PAGE_SHIFT), dirty, PAGE_BYTES);
  window_copied += PAGE_BYTES;
  set_there(window, page, true);
  return true;
}

/** Reads and verifies `pages` pages of a window from `first` on: 0, or why not all of them are there. */
export function window_fill(window: u32, first: u32, pages: u32): i64 {
  const inode = load<u64>(entry(window));
  const start = load<u32>(entry(window), 8) << WINDOW_SHIFT;
  const root = root_of(TREE_FILES);
  const end = first + pages;
  let follows = false;
  let wanted: u32 = 0;
  run_pages = 0;
  memory.fill(planned, 0, 32);
  for (let page = first; page < end; ) {
    if (is_there(window, page) || take_dirty(window, inode, start, page)) {
      page++;
      continue;
    }
    const is_found = follows ? extent_follow(root, inode, start + page) : extent_find(root, inode, start + page);
    follows = is_found;
    if (!is_found) {
      if (search_error() < 0) return search_error();
      memory.fill(window_address(window) + ((<usize>page) << PAGE_SHIFT), 0, PAGE_BYTES);
      set_there(window, page, true);
      page++;
      continue;
    }
    const extent_end = min(end, extent_first + extent_pages - start);
    const piece = page;
    while (page < extent_end && !is_there(window, page) && (dirty_pages == 0 || dirty_find(inode, start + page) == 0))
      page++;
    note(start, piece, page);
    wanted += page - piece;
    const result = gather(window, piece, page - piece, disk_page_of(start + piece));
    if (result < 0) return result;
    follows = page == extent_end;
  }
  const result = read_run(window);
  if (result < 0) return result;
  return wanted == 0 ? 0 : window_verify(window, first, end, start, wanted);
}

/** Plans pages of the extent that was found last. */
function note(start: u32, from: u32, to: u32): void {
  const alone: u32 = is_alone() ? 1 : 0;
  let checks = checks_of(start + from);
  let index = index_of(start + from);
  for (let page = from; page < to; page++) {
    const at = plan + page * PLAN_BYTES;
    store<u64>(at, load<u64>(checks));
    store<u64>(at, load<u64>(checks, 8), 8);
    store<u32>(at, index++, 16);
    store<u32>(at, alone, 20);
    checks += 16;
    const bits = planned + ((page >> 6) << 3);
    const one: u64 = 1;
    store<u64>(bits, load<u64>(bits) | (one << (page & 63)));
  }
}

function window_verify(window: u32, first: u32, end: u32, start: u32, wanted: u32): i64 {
  let result: i64 = 0;
  begin_count();
  for (let page = first; page < end; page++) {
    if (((load<u64>(planned + ((page >> 6) << 3)) >> (page & 63)) & 1) == 0) continue;
    const at = plan + page * PLAN_BYTES;
    const to = window_address(window) + ((<usize>page) << PAGE_SHIFT);
    if (part_matches(to, load<u32>(at, 16), load<u32>(at, 20) != 0, at)) {
      set_there(window, page, true);
    } else {
      memory.fill(to, 0, PAGE_BYTES);
      result = damaged(start + page);
    }
  }
  checks_counted(wanted);
  return result;
}
