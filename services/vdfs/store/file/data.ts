// Reading, writing and cutting off what a file holds. Called by the store's entry. Invariant: bytes of a file's last page beyond its size are zeros.
import { PAGE_BYTES, PAGE_SHIFT } from "../disk/disk";
import { error, fail, root_of, TREE_FILES } from "../state";
import { search_error } from "../tree/find";
import { settle } from "../tree/deferred";
import { cached_page } from "./cached";
import { dirty_drop, dirty_find, dirty_is_full, dirty_take } from "./dirty";
import {
  checks_of,
  disk_page_of,
  extent_find,
  extent_first,
  extent_next,
  extent_pages,
  extents_remove,
} from "./extent";
import { index_of, is_alone } from "./extent";
import { flush_dirty } from "./flush";
import { charge_for, quota_admits, quota_charge } from "./quota";
import { window_update, windows_cut } from "./window";
import { inode_read, inode_write, kind_of, quota_of, set_changed_at, set_modified, set_size, size_of } from "./inode";
import { KIND_DIRECTORY } from "../../../../build/interfaces/files/constants";
import { E_IS_DIRECTORY, E_TOO_LARGE } from "../../../lib/errors";

/** 8 TiB: pages of a file are numbers of 31 bits. */
export const SIZE_MAX: u64 = ((<u64>1) << 31) << PAGE_SHIFT;
/** What one call writes at most. */
export const WRITE_MAX: u32 = 65536;
const zeros: usize = memory.data(4096, 16);

/** The address of a page of a file, as it is now: verified, of zeros, or 0: `error` says why. Good until the next page is asked for. */
export function page_address(root: usize, inode: u64, page: u32): usize {
  if (root == root_of(TREE_FILES)) {
    const dirty = dirty_find(inode, page);
    if (dirty != 0) return dirty;
  }
  if (!extent_find(root, inode, page)) return search_error() < 0 ? 0 : zeros;
  return extent_address(page);
}

function extent_address(page: u32): usize {
  const ahead = extent_first + extent_pages - page - 1;
  return cached_page(disk_page_of(page), index_of(page), is_alone(), checks_of(page), ahead);
}

/** Copies at most `limit` bytes of a file to `at`: how many, 0 at its end, or an error. */
export function data_read(root: usize, number: u64, offset: u64, at: usize, limit: u32): i64 {
  const result = inode_read(root, number);
  if (result < 0) return result;
  if (kind_of() == KIND_DIRECTORY) return E_IS_DIRECTORY;
  const size = size_of();
  if (offset >= size) return 0;
  const bytes = <u32>min<u64>(limit, size - offset);
  for (let done: u32 = 0; done < bytes; ) {
    const place = (<u32>(offset + done)) & (PAGE_BYTES - 1);
    const piece = min(PAGE_BYTES - place, bytes - done);
    const from = page_address(root, number, <u32>((offset + done) >> PAGE_SHIFT));
    if (from == 0) return error;
    memory.copy(at + done, from + place, piece);
    done += piece;
  }
  return bytes;
}

/** A dirty page of a file, with what the file holds unless all of it is about to be written; 0: `error`. */
function writable(number: u64, page: u32, whole: bool): usize {
  const dirty = dirty_find(number, page);
  if (dirty != 0) return dirty;
  if (dirty_is_full() && flush_dirty() < 0) return 0;
  const from = whole ? zeros : page_address(root_of(TREE_FILES), number, page);
  if (from == 0) return 0;
  const to = dirty_take(number, page);
  if (!whole) memory.copy(to, from, PAGE_BYTES);
  return to;
}

/** Changes the size in `inode` and what is charged for it; the record is written by the caller. */
function resize(size: u64): i64 {
  const more = charge_for(size) - charge_for(size_of());
  const admitted = quota_admits(quota_of(), more);
  if (admitted < 0) return admitted;
  const charged = quota_charge(quota_of(), more);
  if (charged < 0) return charged;
  set_size(size);
  return 0;
}

/** Writes at most WRITE_MAX bytes: how many, or an error. */
export function data_write(number: u64, offset: u64, at: usize, length: u32, now_ns: u64): i64 {
  let result = inode_read(root_of(TREE_FILES), number);
  if (result < 0) return result;
  if (kind_of() == KIND_DIRECTORY) return E_IS_DIRECTORY;
  const bytes = min(length, WRITE_MAX);
  if (offset > SIZE_MAX - bytes) return E_TOO_LARGE;
  if (bytes == 0) return 0;
  // what has to be read is read before anything changes
  const last = offset + bytes - 1;
  const whole_end = (<u32>(offset + bytes)) & (PAGE_BYTES - 1);
  if (
    ((<u32>offset) & (PAGE_BYTES - 1)) != 0 &&
    page_address(root_of(TREE_FILES), number, <u32>(offset >> PAGE_SHIFT)) == 0
  )
    return error;
  if (whole_end != 0 && page_address(root_of(TREE_FILES), number, <u32>(last >> PAGE_SHIFT)) == 0) return error;
  if (offset + bytes > size_of()) {
    result = resize(offset + bytes);
    if (result < 0) return result;
  }
  for (let done: u32 = 0; done < bytes; ) {
    const place = (<u32>(offset + done)) & (PAGE_BYTES - 1);
    const piece = min(PAGE_BYTES - place, bytes - done);
    const to = writable(number, <u32>((offset + done) >> PAGE_SHIFT), piece == PAGE_BYTES);
    if (to == 0) {
      fail(error);
      return error;
    }
    memory.copy(to + place, at + done, piece);
    window_update(number, <u32>((offset + done) >> PAGE_SHIFT), to);
    done += piece;
  }
  set_modified(now_ns);
  set_changed_at(now_ns);
  result = inode_write(number);
  return result < 0 ? result : settle() < 0 ? error : bytes;
}

/** Cuts a file off or lengthens it with zeros. */
export function data_truncate(number: u64, size: u64, now_ns: u64): i64 {
  let result = inode_read(root_of(TREE_FILES), number);
  if (result < 0) return result;
  if (kind_of() == KIND_DIRECTORY) return E_IS_DIRECTORY;
  if (size > SIZE_MAX) return E_TOO_LARGE;
  const shorter = size < size_of();
  const place = (<u32>size) & (PAGE_BYTES - 1);
  if (shorter && place != 0) {
    const last = writable(number, <u32>(size >> PAGE_SHIFT), false);
    if (last == 0) return error;
    memory.fill(last + place, 0, PAGE_BYTES - place);
    window_update(number, <u32>(size >> PAGE_SHIFT), last);
  }
  result = resize(size);
  if (result < 0) return result;
  set_modified(now_ns);
  set_changed_at(now_ns);
  result = inode_write(number);
  if (result < 0) return result;
  if (settle() < 0) return error;
  return shorter ? data_drop(number, <u32>((size + PAGE_BYTES - 1) >> PAGE_SHIFT)) : 0;
}

/** Gives back the pages of a file from page `from` on. */
export function data_drop(number: u64, from: u32): i64 {
  dirty_drop(number, from);
  windows_cut(number, from);
  return extents_remove(number, from, <u32>(SIZE_MAX >> PAGE_SHIFT));
}

/** Reads and checks every page of a file; 0, or the first error. `page` of the file it was at stays in checked_page. */
export let checked_page: u32 = 0;
export function data_check(root: usize, number: u64): i64 {
  checked_page = 0;
  while (extent_next(root, number, checked_page)) {
    const end = extent_first + extent_pages;
    for (let page = max(extent_first, checked_page); page < end; page++) {
      checked_page = page;
      if (extent_address(page) == 0) return error;
    }
    checked_page = end;
  }
  return search_error();
}
