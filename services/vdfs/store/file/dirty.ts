// Pages of files that were written and lie in no content yet: a fixed number of frames, found by inode and page. Called by file/.
// Invariant: a page here is what the file holds, whatever its extents say; flush.ts turns all of them into contents.
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT } from "../disk/disk";

const NONE: u32 = 0xffff_ffff;
let frames: usize = 0;
let count: u32 = 0;
/** By frame: inode u64 (0: free), page u32, next u32. */
const ENTRY_BYTES: u32 = 16;
let table: usize = 0;
let buckets: usize = 0;
let mask: u32 = 0;
/** Free frames, a stack. */
let free: usize = 0;
let free_count: u32 = 0;
/** Frames in use, in the order of inode and page after dirty_sort. */
let order: usize = 0;
/** How many pages may be dirty: fewer on a small disk. */
let limit: u32 = 0;
export let dirty_pages: u32 = 0;

export function dirty_start(pages: u32): bool {
  count = pages;
  frames = disk_memory((<usize>pages) << PAGE_SHIFT);
  table = heap.alloc(pages * ENTRY_BYTES);
  free = heap.alloc(pages << 2);
  order = heap.alloc(pages << 2);
  let size: u32 = 16;
  while (size < pages) size <<= 1;
  mask = size - 1;
  buckets = heap.alloc(size << 2);
  dirty_reset(pages);
  return frames != 0;
}

export function dirty_reset(most: u32): void {
  limit = min(most, count);
  dirty_pages = 0;
  free_count = limit;
  for (let i: u32 = 0; i < limit; i++) store<u32>(free + (i << 2), limit - 1 - i);
  memory.fill(table, 0, count * ENTRY_BYTES);
  memory.fill(buckets, 0xff, (mask + 1) << 2);
}

// @ts-ignore: decorator
@inline
function entry(frame: u32): usize {
  return table + frame * ENTRY_BYTES;
}

// @ts-ignore: decorator
@inline
function address(frame: u32): usize {
  return frames + ((<usize>frame) << PAGE_SHIFT);
}

// @ts-ignore: decorator
@inline
function bucket(inode: u64, page: u32): usize {
  return buckets + (((<u32>((inode * 0x9e37_79b9_7f4a_7c15 + page) >> 7)) ^ page) & mask) * 4;
}

/** The address of a dirty page; 0: it is not dirty. */
export function dirty_find(inode: u64, page: u32): usize {
  if (dirty_pages == 0) return 0;
  let frame = load<u32>(bucket(inode, page));
  while (frame != NONE) {
    const at = entry(frame);
    if (load<u64>(at) == inode && load<u32>(at, 8) == page) return address(frame);
    frame = load<u32>(at, 12);
  }
  return 0;
}

// @ts-ignore: decorator
@inline
export function dirty_is_full(): bool {
  return free_count == 0;
}

/** A frame for a page that is not dirty; the caller fills it. There is one: dirty_is_full was asked. */
export function dirty_take(inode: u64, page: u32): usize {
  const frame = load<u32>(free + (--free_count << 2));
  const at = entry(frame);
  store<u64>(at, inode);
  store<u32>(at, page, 8);
  const head = bucket(inode, page);
  store<u32>(at, load<u32>(head), 12);
  store<u32>(head, frame);
  dirty_pages++;
  return address(frame);
}

function drop(frame: u32): void {
  const at = entry(frame);
  let link = bucket(load<u64>(at), load<u32>(at, 8));
  while (load<u32>(link) != frame) link = entry(load<u32>(link)) + 12;
  store<u32>(link, load<u32>(at, 12));
  store<u64>(at, 0);
  store<u32>(free + (free_count++ << 2), frame);
  dirty_pages--;
}

/** Drops the pages of a file from page `from` on. */
export function dirty_drop(inode: u64, from: u32): void {
  if (dirty_pages == 0) return;
  for (let frame: u32 = 0; frame < limit; frame++) {
    if (load<u64>(entry(frame)) == inode && load<u32>(entry(frame), 8) >= from) drop(frame);
  }
}

/** Drops all of them. */
export function dirty_drop_all(): void {
  dirty_reset(limit);
}

/** Puts the pages in order of inode and page: dirty_inode(i), dirty_page(i), dirty_address(i) for i < dirty_pages. A heap sort. */
export function dirty_sort(): void {
  let n: u32 = 0;
  for (let frame: u32 = 0; frame < limit; frame++)
    if (load<u64>(entry(frame)) != 0) store<u32>(order + (n++ << 2), frame);
  // a file that was written from its beginning on is in order already
  let i: u32 = 1;
  while (i < n && is_below(load<u32>(order + ((i - 1) << 2)), load<u32>(order + (i << 2)))) i++;
  if (i >= n) return;
  for (let i = n >> 1; i > 0; i--) sift(i - 1, n);
  for (let end = n; end > 1; end--) {
    const last = load<u32>(order + ((end - 1) << 2));
    store<u32>(order + ((end - 1) << 2), load<u32>(order));
    store<u32>(order, last);
    sift(0, end - 1);
  }
}

function is_below(a: u32, b: u32): bool {
  const x = entry(a);
  const y = entry(b);
  return load<u64>(x) != load<u64>(y) ? load<u64>(x) < load<u64>(y) : load<u32>(x, 8) < load<u32>(y, 8);
}

function sift(from: u32, end: u32): void {
  let i = from;
  const moving = load<u32>(order + (i << 2));
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= end) break;
    if (child + 1 < end && is_below(load<u32>(order + (child << 2)), load<u32>(order + ((child + 1) << 2)))) child++;
    if (!is_below(moving, load<u32>(order + (child << 2)))) break;
    store<u32>(order + (i << 2), load<u32>(order + (child << 2)));
    i = child;
  }
  store<u32>(order + (i << 2), moving);
}

export function dirty_inode(i: u32): u64 {
  return load<u64>(entry(load<u32>(order + (i << 2))));
}

export function dirty_page(i: u32): u32 {
  return load<u32>(entry(load<u32>(order + (i << 2))), 8);
}

export function dirty_address(i: u32): usize {
  return address(load<u32>(order + (i << 2)));
}

export function page_is_zero(at: usize): bool {
  for (let i: usize = 0; i < PAGE_BYTES; i += 32) {
    if (v128.any_true(v128.or(v128.load(at + i), v128.load(at + i, 16)))) return false;
  }
  return true;
}
