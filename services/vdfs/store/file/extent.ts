// Extents: which pages of a file lie where in which content. Called by file/. Pages without an extent are zeros.
//
//   key low: TYPE_EXTENT | first page of the file
//   value:   0 page u32 | 4 birth u32 | 8 pages u16 | 10 skip u16: the content's pages before | 12 flags u32: 1 = the content has one page
//            16 name of the content, 32 bytes | 48 a check of 16 bytes for each page
import { CHECK_BYTES } from "../disk/layout";
import { is_data_page } from "../disk/space";
import { content_release, content_use, NAME_BYTES } from "../chunk/contents";
import { PAGES_MAX } from "../chunk/cut";
import { damaged, fail, failure, root_of, transaction, TREE_FILES } from "../state";
import { put, remove } from "../tree/change";
import { has_room } from "../tree/cache";
import { settle } from "../tree/deferred";
import { before, found, found_bytes, found_high, found_low, next, next_in_leaf, search_error } from "../tree/find";
import { write_trees } from "../tree/write";
import { REST_MASK, TYPE_EXTENT } from "./inode";

const NAME_AT: u32 = 16;
const CHECKS_AT: u32 = 48;
const ALONE: u32 = 1;

/** The extent that was found last, copied. */
const extent: usize = memory.data(304, 8);
const part: usize = memory.data(304, 8);
export let extent_first: u32 = 0;
export let extent_pages: u32 = 0;

function is_sound(): bool {
  if (found_bytes < CHECKS_AT) return false;
  const pages: u32 = load<u16>(found, 8);
  if (pages == 0 || <u32>load<u16>(found, 10) + pages > PAGES_MAX) return false;
  if (found_bytes != CHECKS_AT + pages * CHECK_BYTES) return false;
  const page = load<u32>(found);
  const skip: u32 = load<u16>(found, 10);
  return page > skip && is_data_page(page - skip) && is_data_page(<u64>page + pages - 1);
}

/** Copies what was found if it is an extent of the file. */
function accept(inode: u64): bool {
  if (found_high != inode || (found_low & ~REST_MASK) != TYPE_EXTENT) return false;
  if (!is_sound() || (found_low & REST_MASK) > 0xffff_ff00) {
    damaged(0);
    return false;
  }
  extent_first = <u32>(found_low & REST_MASK);
  extent_pages = load<u16>(found, 8);
  memory.copy(extent, found, found_bytes);
  return true;
}

/** The extent that holds a page of the file; false: there is none (search_error 0), or it cannot be read. */
export function extent_find(root: usize, inode: u64, page: u32): bool {
  return before(TREE_FILES, root, inode, TYPE_EXTENT | page) && accept(inode) && page - extent_first < extent_pages;
}

/** The extent that begins at a page where the one that was found last ends, and no node was asked for since; as extent_find else. */
export function extent_follow(root: usize, inode: u64, page: u32): bool {
  if (next_in_leaf() && accept(inode) && page - extent_first < extent_pages) return true;
  return extent_find(root, inode, page);
}

/** The first extent that ends after a page of the file. */
export function extent_next(root: usize, inode: u64, page: u32): bool {
  if (extent_find(root, inode, page)) return true;
  if (search_error() < 0) return false;
  return next(TREE_FILES, root, inode, TYPE_EXTENT | page) && accept(inode);
}

/** Where a page of the file that the extent holds lies on the disk. */
// @ts-ignore: decorator
@inline
export function disk_page_of(page: u32): u32 {
  return load<u32>(extent) + (page - extent_first);
}

/** Its number in the content. */
// @ts-ignore: decorator
@inline
export function index_of(page: u32): u32 {
  return <u32>load<u16>(extent, 10) + (page - extent_first);
}

// @ts-ignore: decorator
@inline
export function is_alone(): bool {
  return (load<u32>(extent, 12) & ALONE) != 0;
}

/** Checks of the extent's pages from that one on. */
// @ts-ignore: decorator
@inline
export function checks_of(page: u32): usize {
  return extent + CHECKS_AT + (page - extent_first) * CHECK_BYTES;
}

// @ts-ignore: decorator
@inline
export function extent_name(): usize {
  return extent + NAME_AT;
}

// @ts-ignore: decorator
@inline
export function extent_content(): u32 {
  return load<u32>(extent) - load<u16>(extent, 10);
}

// @ts-ignore: decorator
@inline
export function extent_birth(): u32 {
  return load<u32>(extent, 4);
}

/** Keeps the pages from `from` to before `to` of the extent that was found, as an extent of their own. */
function keep(inode: u64, from: u32, to: u32): i64 {
  const used = content_use(extent + NAME_AT, extent_content());
  if (used < 0) return used;
  const pages = to - from;
  memory.copy(part, extent, CHECKS_AT);
  store<u32>(part, disk_page_of(from));
  store<u32>(part, transaction, 4);
  store<u16>(part, pages, 8);
  store<u16>(part, index_of(from), 10);
  memory.copy(part + CHECKS_AT, checks_of(from), pages * CHECK_BYTES);
  return put_extent(inode, from, part, pages);
}

function put_extent(inode: u64, first: u32, value: usize, pages: u32): i64 {
  const bytes = CHECKS_AT + pages * CHECK_BYTES;
  const result = put(TREE_FILES, root_of(TREE_FILES), inode, TYPE_EXTENT | first, value, bytes);
  return result < 0 ? result : settle();
}

/** Takes pages [from, to) out of a file: what extents hold of them is released, what they hold around them is kept. */
export function extents_remove(inode: u64, from: u32, to: u32): i64 {
  const root = root_of(TREE_FILES);
  // each turn removes an extent or ends
  while (extent_next(root, inode, from) && extent_first < to) {
    const removed = remove(TREE_FILES, root, inode, TYPE_EXTENT | extent_first);
    if (removed < 0) return removed;
    if (extent_first < from) {
      const kept = keep(inode, extent_first, from);
      if (kept < 0) return kept;
    }
    const end = extent_first + extent_pages;
    if (end > to) {
      const kept = keep(inode, to, end);
      if (kept < 0) return kept;
    }
    const released = content_release(extent + NAME_AT, extent_content(), extent_birth());
    if (released < 0) return released;
    const settled = settle();
    if (settled < 0) return settled;
    if (!has_room() && write_trees() < 0) return failure;
  }
  if (search_error() < 0) fail(search_error());
  return failure;
}

/** Puts a whole content into a file at page `first`; nothing is there. Its pages' values (32 bytes each) are at `values`. */
export function extent_put(inode: u64, first: u32, page: u32, pages: u32, name: usize, values: usize): i64 {
  memory.fill(part, 0, CHECKS_AT);
  store<u32>(part, page);
  store<u32>(part, transaction, 4);
  store<u16>(part, pages, 8);
  store<u32>(part, pages == 1 ? ALONE : 0, 12);
  memory.copy(part + NAME_AT, name, NAME_BYTES);
  for (let i: u32 = 0; i < pages; i++) memory.copy(part + CHECKS_AT + i * CHECK_BYTES, values + (i << 5), CHECK_BYTES);
  return put_extent(inode, first, part, pages);
}
