// BLAKE3 of pages of 4 KiB: the four chunks of a page in the four lanes of lanes.ts. Called for all data and all tree nodes.
// A page is a whole subtree of BLAKE3's tree, so its value serves twice: it checks the page alone, and a content's name is made of its pages' values.
import { chunk, is_by_words, parent, use_words } from "./blake3";
import { compress_lanes, lanes, message } from "./lanes";
import { CHUNK_BYTES, CHUNK_END, CHUNK_START, INITIAL } from "./words";

export const PAGE_VALUE_BYTES: u32 = 32;
const BLOCKS_OF_CHUNK: u32 = 16;
const chunk_values: usize = memory.data(128, 16);

/** Hashes a page both ways and keeps to the one that took less by `counter`; what lies at `page` does not matter. */
export function choose_form(counter: () => u64, page: usize): void {
  let least = u64.MAX_VALUE;
  let words_are_less = false;
  for (let turn: u32 = 0; turn < 4; turn++) {
    use_words((turn & 1) != 0);
    const began = counter();
    chunks_of(page, 0);
    const taken = counter() - began;
    if (taken < least) {
      least = taken;
      words_are_less = is_by_words;
    }
  }
  use_words(words_are_less);
}

/** Four words of each of four blocks, CHUNK_BYTES apart, become `message` words `first` to `first` + 3. */
// @ts-ignore: decorator
@inline
function transpose(from: usize, first: u32): void {
  const a = v128.load(from);
  const b = v128.load(from + CHUNK_BYTES);
  const c = v128.load(from + 2 * CHUNK_BYTES);
  const d = v128.load(from + 3 * CHUNK_BYTES);
  const ab_low = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab_high = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd_low = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd_high = i32x4.shuffle(c, d, 2, 6, 3, 7);
  const to = message + (first << 4);
  v128.store(to, i64x2.shuffle(ab_low, cd_low, 0, 2));
  v128.store(to, i64x2.shuffle(ab_low, cd_low, 1, 3), 16);
  v128.store(to, i64x2.shuffle(ab_high, cd_high, 0, 2), 32);
  v128.store(to, i64x2.shuffle(ab_high, cd_high, 1, 3), 48);
}

/** Lanes back to rows: chaining words `first` to `first` + 3 of each chunk. */
// @ts-ignore: decorator
@inline
function rows(first: u32): void {
  const from = lanes + (first << 4);
  const a = v128.load(from);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  const ab_low = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab_high = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd_low = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd_high = i32x4.shuffle(c, d, 2, 6, 3, 7);
  const to = chunk_values + (first << 2);
  v128.store(to, i64x2.shuffle(ab_low, cd_low, 0, 2));
  v128.store(to, i64x2.shuffle(ab_low, cd_low, 1, 3), 32);
  v128.store(to, i64x2.shuffle(ab_high, cd_high, 0, 2), 64);
  v128.store(to, i64x2.shuffle(ab_high, cd_high, 1, 3), 96);
}

/** chunk_values become those of the page at `at`. */
function chunks_of(at: usize, index: u32): void {
  if (is_by_words) {
    for (let i: u32 = 0; i < 4; i++)
      chunk(at + i * CHUNK_BYTES, CHUNK_BYTES, (index << 2) + i, 0, chunk_values + (i << 5));
    return;
  }
  for (let i: u32 = 0; i < 8; i++) v128.store(lanes + (i << 4), v128.load32_splat(INITIAL + (i << 2)));
  for (let block: u32 = 0; block < BLOCKS_OF_CHUNK; block++) {
    const from = at + (block << 6);
    transpose(from, 0);
    transpose(from + 16, 4);
    transpose(from + 32, 8);
    transpose(from + 48, 12);
    compress_lanes(index << 2, 1, block == 0 ? CHUNK_START : block == BLOCKS_OF_CHUNK - 1 ? CHUNK_END : 0);
  }
  rows(0);
  rows(4);
}

/** The value of the page at `at`, page `index` of its content, 32 bytes at `out`; `alone`: the content has no other page. */
export function page_value(at: usize, index: u32, alone: bool, out: usize): void {
  chunks_of(at, index);
  parent(chunk_values, chunk_values + 32, chunk_values, false);
  parent(chunk_values + 64, chunk_values + 96, chunk_values + 32, false);
  parent(chunk_values, chunk_values + 32, out, alone);
}

/** The name of a content of `pages` pages (at least 2), from its pages' values at `values`, which are used up: 32 bytes at `out`. */
export function name_of_values(values: usize, pages: u32, out: usize): void {
  // pairs from the left, level by level; an odd last one moves up as it is: BLAKE3's tree
  let count = pages;
  while (count > 2) {
    const pairs = count >> 1;
    for (let i: u32 = 0; i < pairs; i++) {
      parent(values + (i << 6), values + (i << 6) + 32, values + (i << 5), false);
    }
    if (count & 1) memory.copy(values + (pairs << 5), values + ((count - 1) << 5), 32);
    count = pairs + (count & 1);
  }
  parent(values, values + 32, out, true);
}
