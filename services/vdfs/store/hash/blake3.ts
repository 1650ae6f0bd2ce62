// BLAKE3 of bytes of any length (BLAKE3-team/BLAKE3-specs), a block at a time: names, tree nodes' tails, parents of the tree of chunks.
// Called by the whole store; whole pages of data go through wide.ts. One state: a hash is made in one call, nothing is kept between two.
import { rotate_12, rotate_16, rotate_7, rotate_8 } from "./rotate";
import { compress_words } from "./scalar";
import { BLOCK_BYTES, CHUNK_BYTES, CHUNK_END, CHUNK_START, INITIAL, PARENT, ROOT, SCHEDULE } from "./words";

const words: usize = memory.data(64, 16);
const chaining: usize = memory.data(32, 16);
/** Chaining values of whole subtrees, the largest first: one for each bit of the number of chunks. */
const subtrees: usize = memory.data(2048, 16);
const SUBTREES_MAX: u32 = 64;

/** Four message words, at the places that `order` names. */
// @ts-ignore: decorator
@inline
function gather(block: usize, order: usize, first: u32): v128 {
  let x = i32x4.splat(load<i32>(block + load<u8>(order + first)));
  x = i32x4.replace_lane(x, 1, load<i32>(block + load<u8>(order + first + 2)));
  x = i32x4.replace_lane(x, 2, load<i32>(block + load<u8>(order + first + 4)));
  return i32x4.replace_lane(x, 3, load<i32>(block + load<u8>(order + first + 6)));
}

/** Word by word is the shorter way here (wide.ts chooses). */
export let is_by_words = false;

/** Word by word from now on, or by vectors. */
export function use_words(by_words: bool): void {
  is_by_words = by_words;
}

/** The eight words at `chain` become their compression with the block. */
// @ts-ignore: decorator
@inline
function compress(chain: usize, block: usize, counter: u64, block_bytes: u32, flags: u32): void {
  if (is_by_words) compress_words(chain, block, counter, block_bytes, flags);
  else compress_rows(chain, block, counter, block_bytes, flags);
}

/** The same with the rows of the state as vectors: four columns at once. */
function compress_rows(chain: usize, block: usize, counter: u64, block_bytes: u32, flags: u32): void {
  let a = v128.load(chain);
  let b = v128.load(chain, 16);
  let c = v128.load(INITIAL);
  let d = i64x2.replace_lane(i64x2.splat(<i64>counter), 1, <i64>(((<u64>flags) << 32) | block_bytes));
  let order = SCHEDULE;
  for (let round = 0; round < 7; round++) {
    a = i32x4.add(i32x4.add(a, b), gather(block, order, 0));
    d = rotate_16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate_12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), gather(block, order, 1));
    d = rotate_8(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate_7(v128.xor(b, c));
    b = i32x4.shuffle(b, b, 1, 2, 3, 0);
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    d = i32x4.shuffle(d, d, 3, 0, 1, 2);
    a = i32x4.add(i32x4.add(a, b), gather(block, order, 8));
    d = rotate_16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate_12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), gather(block, order, 9));
    d = rotate_8(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate_7(v128.xor(b, c));
    b = i32x4.shuffle(b, b, 3, 0, 1, 2);
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    d = i32x4.shuffle(d, d, 1, 2, 3, 0);
    order += 16;
  }
  v128.store(chain, v128.xor(a, c));
  v128.store(chain, v128.xor(b, d), 16);
}

/** Eight words: a chaining value. */
// @ts-ignore: decorator
@inline
function move(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** The eight words at `out` become the value of one chunk of at most 1,024 bytes; `root` is ROOT if there is no other. */
export function chunk(at: usize, bytes: u32, number: u64, root: u32, out: usize): void {
  move(out, INITIAL);
  let done: u32 = 0;
  do {
    const block = min(bytes - done, BLOCK_BYTES);
    const last = done + block == bytes;
    const flags = (done == 0 ? CHUNK_START : 0) | (last ? CHUNK_END | root : 0);
    let from = at + done;
    if (block < BLOCK_BYTES) {
      memory.fill(words, 0, BLOCK_BYTES);
      memory.copy(words, from, block);
      from = words;
    }
    compress(out, from, number, block, flags);
    done += block;
  } while (done < bytes);
}

/** Writes the value of the parent of `left` and `right`, 32 bytes each, to `out`; it may be one of them. */
export function parent(left: usize, right: usize, out: usize, root: bool): void {
  move(words, left);
  move(words + 32, right);
  move(out, INITIAL);
  compress(out, words, 0, BLOCK_BYTES, root ? PARENT | ROOT : PARENT);
}

/** The BLAKE3 hash of `bytes` bytes, 32 bytes at `out`. */
export function hash(at: usize, bytes: u32, out: usize): void {
  const last: u32 = bytes == 0 ? 0 : (bytes - 1) / CHUNK_BYTES;
  let count: u32 = 0;
  for (let number: u32 = 0; number < last; number++) {
    chunk(at + number * CHUNK_BYTES, CHUNK_BYTES, number, 0, chaining);
    // each trailing zero of the new count is a pair of equal subtrees
    for (let pairs: u32 = ctz<u32>(number + 1); pairs != 0; pairs--) {
      count--;
      parent(subtrees + (count << 5), chaining, chaining, false);
    }
    move(subtrees + (count << 5), chaining);
    if (count + 1 < SUBTREES_MAX) count++;
  }
  chunk(at + last * CHUNK_BYTES, bytes - last * CHUNK_BYTES, last, count == 0 ? ROOT : 0, chaining);
  while (count != 0) {
    count--;
    parent(subtrees + (count << 5), chaining, chaining, count == 0);
  }
  move(out, chaining);
}
