// Contents by hash: runs of pages, each on the disk once, with a count of who uses it. Called by file/extent.ts and file/flush.ts.
//
//   key: first 16 bytes of the name;  value: page u32, pages u32, uses u32, 0 u32, last 16 bytes of the name
//
// Two names that agree in 16 bytes lie under neighbouring keys. Invariant: a content's pages are in use exactly while its record exists.
import { give_back, is_data_page, take, taken } from "../disk/space";
import { PAGES_MAX } from "./cut";
import { damaged, disk_pages, error, fail, failure, root_of, snapshot_birth, TREE_CONTENTS } from "../state";
import { put, remove } from "../tree/change";
import { defer_content } from "../tree/deferred";
import { found, found_bytes, lookup, search_error } from "../tree/find";
import { forget_pages } from "../file/cached";
import { E_NO_SPACE } from "../../../lib/errors";

export const NAME_BYTES: u32 = 32;
export const CONTENT_BYTES: u32 = 32;
const NEIGHBOURS: u64 = 4;
const value: usize = memory.data(32, 8);
const USES_MAX: u32 = 0xffff_fff0;

/** What `content_put` found or took: the first page, how many, and whether they are new and must be written. */
export let content_page: u32 = 0;
export let content_pages: u32 = 0;
export let content_is_new: bool = false;
/** Contents that were there already, and pages that it saved. */
export let shared_contents: u64 = 0;
export let shared_pages: u64 = 0;

let key_low: u64 = 0;

/** Finds the record of a name (`page` 0), or that of the content at `page`; its value is copied to `value`. False: none, or `error`. */
function find(name: usize, page: u32): bool {
  const root = root_of(TREE_CONTENTS);
  const high = load<u64>(name);
  for (let i: u64 = 0; i < NEIGHBOURS; i++) {
    key_low = load<u64>(name, 8) + i;
    if (!lookup(TREE_CONTENTS, root, high, key_low)) {
      if (search_error() < 0) return false;
      continue;
    }
    if (found_bytes != CONTENT_BYTES) {
      damaged(0);
      return false;
    }
    if (load<u64>(found, 16) != load<u64>(name, 16) || load<u64>(found, 24) != load<u64>(name, 24)) continue;
    if (page != 0 && load<u32>(found) != page) continue;
    memory.copy(value, found, CONTENT_BYTES);
    return true;
  }
  return false;
}

/** A key for a new record of that name: free, because `find` has looked at all of them. False: all are taken. */
function find_place(name: usize): bool {
  const root = root_of(TREE_CONTENTS);
  for (let i: u64 = 0; i < NEIGHBOURS; i++) {
    key_low = load<u64>(name, 8) + i;
    if (!lookup(TREE_CONTENTS, root, load<u64>(name), key_low)) return search_error() == 0;
  }
  return false;
}

/** One more use of the content of that name and size, which is made if it is not there: 0, or an error. */
export function content_put(name: usize, pages: u32): i64 {
  if (find(name, 0) && load<u32>(value, 4) == pages && load<u32>(value, 8) < USES_MAX) {
    content_page = load<u32>(value);
    content_pages = pages;
    content_is_new = false;
    shared_contents++;
    shared_pages += pages;
    store<u32>(value, load<u32>(value, 8) + 1, 8);
    return put(TREE_CONTENTS, root_of(TREE_CONTENTS), load<u64>(name), key_low, value, CONTENT_BYTES);
  }
  if (search_error() < 0) return search_error();
  if (!find_place(name)) return search_error() < 0 ? search_error() : E_NO_SPACE;
  const page = take(pages);
  if (page == 0) return E_NO_SPACE;
  if (taken < pages) {
    // no row of that many here: the caller makes a shorter content
    give_back(page, taken);
    content_pages = taken;
    content_page = 0;
    return 0;
  }
  content_page = page;
  content_pages = pages;
  content_is_new = true;
  forget_pages(page, pages);
  store<u32>(value, page);
  store<u32>(value, pages, 4);
  store<u32>(value, 1, 8);
  store<u32>(value, 0, 12);
  memory.copy(value + 16, name + 16, 16);
  return put(TREE_CONTENTS, root_of(TREE_CONTENTS), load<u64>(name), key_low, value, CONTENT_BYTES);
}

/** One more use of a content that is in use. */
export function content_use(name: usize, page: u32): i64 {
  if (!find(name, page)) return missing(page);
  store<u32>(value, load<u32>(value, 8) + 1, 8);
  return put(TREE_CONTENTS, root_of(TREE_CONTENTS), load<u64>(name), key_low, value, CONTENT_BYTES);
}

/** `uses` uses less; the last one frees the pages. */
export function content_drop(name: usize, page: u32, uses: u32): i64 {
  if (!find(name, page)) return missing(page);
  const left = load<u32>(value, 8);
  if (left > uses) {
    store<u32>(value, left - uses, 8);
    return put(TREE_CONTENTS, root_of(TREE_CONTENTS), load<u64>(name), key_low, value, CONTENT_BYTES);
  }
  const pages = load<u32>(value, 4);
  if (pages > PAGES_MAX || !is_data_page(page) || !is_data_page(<u64>page + pages - 1)) return missing(page);
  give_back(page, pages);
  return remove(TREE_CONTENTS, root_of(TREE_CONTENTS), load<u64>(name), key_low);
}

/** The live tree uses a content no more since an extent of this birth is gone: at once, or when the newest snapshot goes. */
export function content_release(name: usize, page: u32, birth: u32): i64 {
  if (birth > snapshot_birth) return content_drop(name, page, 1);
  defer_content(page, birth, name);
  return failure;
}

/** A use without a record: the disk contradicts itself, or cannot be read. */
function missing(page: u32): i64 {
  fail(error < 0 ? error : damaged(page));
  return failure;
}
