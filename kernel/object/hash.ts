// BLAKE3 (BLAKE3-team/BLAKE3-specs, section 2) of a sealed module, a few chunks at a time: what the boot archive lists for it.
// Called by code.ts. The state between two steps lies in a frame of the code object; the hash field inside the module counts as zero.
//
//   state frame: u32 chunks done | u32 1 = finished | … 32: hash, 8 × u32 | 64: chaining values of whole subtrees, the largest first

import { PHX_HASH_AT } from "../abi/formats";
import { load32, load8, store32 } from "../machine";

const DONE_AT: u64 = 0;
const FINISHED_AT: u64 = 4;
const HASH_AT: u64 = 32;
const SUBTREES_AT: u64 = 64;
const CHUNK_SHIFT: u32 = 10;
const CHUNK_BYTES: u32 = 1 << CHUNK_SHIFT;
const BLOCK_BYTES: u32 = 64;
/** Chunks that one call hashes. */
const CHUNKS_MAX: u32 = 2;
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;
const ROUNDS: u32 = 7;
const INITIAL = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const PERMUTATION = memory.data<u8>([2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]);

const chaining: usize = memory.data(32, 8);
const words: usize = memory.data(64, 8);
const permuted: usize = memory.data(64, 8);
const state: usize = memory.data(64, 8);


@inline function v(i: u32): u32 {
  return load<u32>(state + (i << 2));
}


@inline function set_v(i: u32, value: u32): void {
  store<u32>(state + (i << 2), value);
}


@inline function word(i: u32): u32 {
  return load<u32>(words + (i << 2));
}


@inline
function mix(a: u32, b: u32, c: u32, d: u32, x: u32, y: u32): void {
  set_v(a, v(a) + v(b) + x);
  set_v(d, rotr(v(d) ^ v(a), 16));
  set_v(c, v(c) + v(d));
  set_v(b, rotr(v(b) ^ v(c), 12));
  set_v(a, v(a) + v(b) + y);
  set_v(d, rotr(v(d) ^ v(a), 8));
  set_v(c, v(c) + v(d));
  set_v(b, rotr(v(b) ^ v(c), 7));
}

function mix_all(): void {
  mix(0, 4, 8, 12, word(0), word(1));
  mix(1, 5, 9, 13, word(2), word(3));
  mix(2, 6, 10, 14, word(4), word(5));
  mix(3, 7, 11, 15, word(6), word(7));
  mix(0, 5, 10, 15, word(8), word(9));
  mix(1, 6, 11, 12, word(10), word(11));
  mix(2, 7, 8, 13, word(12), word(13));
  mix(3, 4, 9, 14, word(14), word(15));
}

/** `chaining` becomes the compression of itself and `words`. */
function compress(counter: u32, block_bytes: u32, flags: u32): void {
  memory.copy(state, chaining, 32);
  memory.copy(state + 32, INITIAL, 16);
  set_v(12, counter);
  set_v(13, 0); // no module has 2^32 chunks
  set_v(14, block_bytes);
  set_v(15, flags);
  for (let round: u32 = 0; round < ROUNDS; round++) {
    mix_all();
    for (let i: u32 = 0; i < 16; i++) store<u32>(permuted + (i << 2), word(load<u8>(PERMUTATION + i)));
    memory.copy(words, permuted, 64);
  }
  for (let i: u32 = 0; i < 8; i++) store<u32>(chaining + (i << 2), v(i) ^ v(i + 8));
}

/** Reads one block of the file at `file`, `bytes` long from `offset` on, the rest zero. */
function block_read(file: u64, offset: u32, bytes: u32): void {
  for (let i: u32 = 0; i < 16; i++) {
    const left = bytes - min(bytes, i << 2);
    let value: u32 = 0;
    if (left >= 4) value = load32(file + offset + (i << 2));
    else for (let j: u32 = 0; j < left; j++) value |= load8(file + offset + (i << 2) + j) << (j << 3);
    const at = offset + (i << 2);
    store<u32>(words + (i << 2), at >= PHX_HASH_AT && at < PHX_HASH_AT + 32 ? 0 : value);
  }
}

/** `chaining` becomes the value of chunk `number`; `root` is ROOT if there is no other. */
function chunk(file: u64, number: u32, bytes: u32, root: u32): void {
  memory.copy(chaining, INITIAL, 32);
  const start = number << CHUNK_SHIFT;
  for (let at: u32 = 0; at < bytes; at += BLOCK_BYTES) {
    const block = min(bytes - at, BLOCK_BYTES);
    const flags = (at == 0 ? CHUNK_START : 0) | (at + block == bytes ? CHUNK_END | root : 0);
    block_read(file, start + at, block);
    compress(number, block, flags);
  }
}

/** `chaining` becomes the value of the node above the subtree on top of the list and itself. */
function join(frame: u64, place: u32, root: u32): void {
  const left = frame + SUBTREES_AT + (place << 5);
  for (let i: u32 = 0; i < 8; i++) store<u32>(words + (i << 2), load32(left + (i << 2)));
  memory.copy(words + 32, chaining, 32);
  memory.copy(chaining, INITIAL, 32);
  compress(0, BLOCK_BYTES, PARENT | root);
}

/** Hashes some more of the file; true: its hash is in the frame. `length` is at least one block, `frame` was zeroed before the first step. */
export function hash_step(frame: u64, file: u64, length: u32): bool {
  if (hash_is_finished(frame)) return true;
  const last = (length - 1) >> CHUNK_SHIFT;
  let done = load32(frame + DONE_AT);
  for (let i: u32 = 0; i < CHUNKS_MAX && done < last; i++) {
    chunk(file, done, CHUNK_BYTES, 0);
    // Each trailing zero of the new count is a pair of equal subtrees.
    let subtrees = popcnt(done);
    done++;
    for (let pairs = ctz(done); pairs != 0; pairs--) join(frame, --subtrees, 0);
    const at = frame + SUBTREES_AT + (subtrees << 5);
    for (let j: u32 = 0; j < 8; j++) store32(at + (j << 2), load<u32>(chaining + (j << 2)));
  }
  store32(frame + DONE_AT, done);
  if (done != last) return false;
  let subtrees = popcnt(done);
  chunk(file, last, length - (last << CHUNK_SHIFT), subtrees == 0 ? ROOT : 0);
  while (subtrees != 0) {
    subtrees--;
    join(frame, subtrees, subtrees == 0 ? ROOT : 0);
  }
  for (let i: u32 = 0; i < 8; i++) store32(frame + HASH_AT + (i << 2), load<u32>(chaining + (i << 2)));
  store32(frame + FINISHED_AT, 1);
  return true;
}


@inline export function hash_is_finished(frame: u64): bool {
  return load32(frame + FINISHED_AT) != 0;
}
/** Word `i` (0 … 7) of a finished hash. */
@inline export function hash_word(frame: u64, i: u32): u32 {
  return load32(frame + HASH_AT + (i << 2));
}
