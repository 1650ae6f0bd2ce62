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

/** The word of a byte that lies three bits up in `place`. */
// @ts-ignore: decorator
@inline
function gear_of(place: u32): u64 {
  return load<u64>(gear + (place & 0x7f8));
}

function hash_at_end(page: usize): u64 {
  let hash: u64 = 0;
  for (let at = page + PAGE_BYTES - WINDOW_BYTES; at < page + PAGE_BYTES; at += 4) {
    const bytes = load<u32>(at);
    hash = (hash << 1) + gear_of(bytes << 3);
    hash = (hash << 1) + gear_of(bytes >> 5);
    hash = (hash << 1) + gear_of(bytes >> 13);
    hash = (hash << 1) + gear_of(bytes >> 21);
  }
  return hash;
}

/** True if a content of `count` pages, the last of which is at `last`, ends there though more follow. */
export function is_cut(last: usize, count: u32): bool {
  if (!gear_is_made) make_gear();
  if (count < PAGES_MIN) return false;
  return count >= PAGES_MAX || (hash_at_end(last) & (count < PAGES_USUAL ? MASK_EARLY : MASK_LATE)) == 0;
}

/** Pages of the content that begins at `at`, of `pages` pages that follow. */
export function cut(at: usize, pages: u32): u32 {
  let count: u32 = 1;
  while (count < pages && !is_cut(at + ((<usize>(count - 1)) << PAGE_SHIFT), count)) count++;
  return count;
}
