// Where a run of pages is cut into contents: FastCDC (Xia et al., USENIX ATC 2016) with normalised chunking, cut points at pages only, so that every
// content can be mapped. Called by file/flush.ts. The gear hash at the end of a page depends on its last 64 bytes alone, so that is all that is read.
import { PAGE_BYTES, PAGE_SHIFT } from "../disk/disk";

/** Pages of a content: at least, usually, at most. */
const PAGES_MIN: u32 = 2;
const PAGES_USUAL: u32 = 6;
export const PAGES_MAX: u32 = 16;
const WINDOW_BYTES: u32 = 64;
/** Before the usual size one boundary in eight is a cut, after it one in two. */
const MASK_EARLY: u64 = 7 << 61;
const MASK_LATE: u64 = 1 << 63;

const gear: usize = memory.data(2048, 8);
let gear_is_made = false;

/** 256 words of a 64-bit xorshift generator that starts at the golden ratio: part of the format, for de-duplication only. */
function make_gear(): void {
  let x: u64 = 0x9e37_79b9_7f4a_7c15;
  for (let i: u32 = 0; i < 256; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    store<u64>(gear + (i << 3), x);
  }
  gear_is_made = true;
}

function hash_at_end(page: usize): u64 {
  let hash: u64 = 0;
  for (let i: u32 = PAGE_BYTES - WINDOW_BYTES; i < PAGE_BYTES; i++) {
    hash = (hash << 1) + load<u64>(gear + ((<usize>load<u8>(page + i)) << 3));
  }
  return hash;
}

/** Pages of the content that begins at `at`, of `pages` pages that follow. */
export function cut(at: usize, pages: u32): u32 {
  if (!gear_is_made) make_gear();
  if (pages <= PAGES_MIN) return pages;
  const most = min(pages, PAGES_MAX);
  for (let count = PAGES_MIN; count < most; count++) {
    const hash = hash_at_end(at + ((<usize>(count - 1)) << PAGE_SHIFT));
    if ((hash & (count < PAGES_USUAL ? MASK_EARLY : MASK_LATE)) == 0) return count;
  }
  return most;
}
