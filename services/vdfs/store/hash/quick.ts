// A quick check of 128 bits for the log: it tells a torn or a stale group from a whole one. No defence against forgery, which the
// log needs no more than a superblock does: who can write the disk can write a valid one. Called by log/.
// Two accumulators over words of 64 bits; each word is mixed in, multiplied by an odd constant, and the product's upper half folded into its
// lower: each of these steps can be undone, so no difference of one word is ever lost. The fold is a shift, for not every machine can rotate.

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
/** What is checked is a multiple of it: one turn of the loop. */
export const QUICK_STEP: u32 = 64;

export let quick_low: u64 = 0;
export let quick_high: u64 = 0;

// @ts-ignore: decorator
@inline
function finish(x: u64): u64 {
  x = (x ^ (x >> 33)) * PRIME_2;
  x = (x ^ (x >> 29)) * PRIME_3;
  return x ^ (x >> 32);
}

// @ts-ignore: decorator
@inline
function mixed(state: u64, word: u64, prime: u64, fold: u64): u64 {
  const product = (state ^ word) * prime;
  return product ^ (product >> fold);
}

let a: u64 = 0;
let b: u64 = 0;

/** Begins a check behind the one whose words are `low` and `high`. */
export function quick_begin(low: u64, high: u64): void {
  a = low ^ PRIME_1;
  b = high ^ PRIME_3;
}

/** Goes on with `bytes` bytes, a multiple of QUICK_STEP. */
export function quick_add(at: usize, bytes: u32): void {
  add(at, at, bytes, false);
}

/** The same, and copies them on the way: each word is loaded once. The two do not overlap. */
export function quick_copy(to: usize, from: usize, bytes: u32): void {
  add(to, from, bytes, true);
}

// @ts-ignore: decorator
@inline
function add(to: usize, from: usize, bytes: u32, copies: bool): void {
  let x = a;
  let y = b;
  // two words at a time: their address is made once
  for (const end = from + bytes; from < end; from += QUICK_STEP) {
    const words_0 = v128.load(from, 0);
    if (copies) v128.store(to, words_0, 0);
    x = mixed(x, i64x2.extract_lane(words_0, 0), PRIME_1, 32);
    y = mixed(y, i64x2.extract_lane(words_0, 1), PRIME_2, 29);
    const words_1 = v128.load(from, 16);
    if (copies) v128.store(to, words_1, 16);
    x = mixed(x, i64x2.extract_lane(words_1, 0), PRIME_1, 32);
    y = mixed(y, i64x2.extract_lane(words_1, 1), PRIME_2, 29);
    const words_2 = v128.load(from, 32);
    if (copies) v128.store(to, words_2, 32);
    x = mixed(x, i64x2.extract_lane(words_2, 0), PRIME_1, 32);
    y = mixed(y, i64x2.extract_lane(words_2, 1), PRIME_2, 29);
    const words_3 = v128.load(from, 48);
    if (copies) v128.store(to, words_3, 48);
    x = mixed(x, i64x2.extract_lane(words_3, 0), PRIME_1, 32);
    y = mixed(y, i64x2.extract_lane(words_3, 1), PRIME_2, 29);
    to += QUICK_STEP;
  }
  a = x;
  b = y;
}

/** Ends the check of `bytes` bytes: quick_low, quick_high. */
export function quick_end(bytes: u32): void {
  quick_low = finish(a + b * PRIME_3 + bytes);
  quick_high = finish((b ^ rotl<u64>(a, 17)) * PRIME_1);
}
