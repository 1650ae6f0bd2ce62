// Turns dirty pages of files into contents on the disk and extents that name them. Called by commit.ts, and when there are too many.
// Runs of pages of one file are cut (chunk/cut.ts), named, and written unless they are there already. Pages of zeros become holes.
import { stage, stage_end } from "../disk/stage";
import { begin_count, naming_counted } from "../disk/check";
import { name_of_values, page_value } from "../hash/wide";
import { content_is_new, content_page, content_pages, content_put } from "../chunk/contents";
import { is_cut } from "../chunk/cut";
import { fail, failure } from "../state";
import { has_room } from "../tree/cache";
import { write_trees } from "../tree/write";
import { dirty_address, dirty_drop_all, dirty_inode, dirty_page, dirty_pages, dirty_sort, page_is_zero } from "./dirty";
import { extent_put, extents_remove } from "./extent";

const values: usize = memory.data(512, 16);
const kept_values: usize = memory.data(512, 16);
const name: usize = memory.data(32, 16);

/** Writes all dirty pages out: 0, or a failure. */
export function flush_dirty(): i64 {
  if (dirty_pages == 0) return 0;
  dirty_sort();
  let i: u32 = 0;
  while (i < dirty_pages) {
    const written = flush_run(i);
    if (written == 0) return failure;
    i += written;
    if (!has_room() && write_trees() < 0) return failure;
  }
  const error = stage_end();
  if (error < 0) fail(error);
  else dirty_drop_all();
  return failure;
}

/** Writes one content that begins with page `i` of the sorted ones: how many of them it holds; 0: a failure. */
function flush_run(i: u32): u32 {
  const inode = dirty_inode(i);
  const first = dirty_page(i);
  if (page_is_zero(dirty_address(i))) {
    return extents_remove(inode, first, first + 1) < 0 ? 0 : 1;
  }
  let pages: u32 = 1;
  while (i + pages < dirty_pages && dirty_inode(i + pages) == inode && dirty_page(i + pages) == first + pages) {
    if (is_cut(dirty_address(i + pages - 1), pages)) break;
    pages++;
  }
  if (extents_remove(inode, first, first + pages) < 0) return 0;
  return write_content(i, inode, first, pages);
}

/** `most` sorted pages from `i` on as one content, or the first of them if the disk has no row of so many: how many; 0: a failure. */
function write_content(i: u32, inode: u64, first: u32, most: u32): u32 {
  let pages = most;
  // a disk without a row of that many pages gets shorter contents: each turn has fewer pages
  for (;;) {
    begin_count();
    for (let k: u32 = 0; k < pages; k++) page_value(dirty_address(i + k), k, pages == 1, values + (k << 5));
    memory.copy(kept_values, values, pages << 5);
    if (pages == 1) memory.copy(name, values, 32);
    else name_of_values(values, pages, name);
    naming_counted(pages);
    const result = content_put(name, pages);
    if (result < 0) {
      fail(result);
      return 0;
    }
    if (content_page != 0) break;
    pages = content_pages;
  }
  if (content_is_new) {
    for (let k: u32 = 0; k < pages; k++) {
      const result = stage(content_page + k, dirty_address(i + k));
      if (result < 0) {
        fail(result);
        return 0;
      }
    }
  }
  return extent_put(inode, first, content_page, pages, name, kept_values) < 0 ? 0 : pages;
}
