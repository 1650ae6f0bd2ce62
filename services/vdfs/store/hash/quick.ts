// A quick check of 128 bits for the log: it tells a torn or a stale group from a whole one. No defence against forgery, which the
// log needs no more than a superblock does: who can write the disk can write a valid one. Called by log/.
// Two accumulators over words of 64 bits, each multiplied by an odd constant and turned after every word, as xxHash does it.

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;

export let quick_low: u64 = 0;
export let quick_high: u64 = 0;

// @ts-ignore: decorator
@inline
function finish(x: u64): u64 {
  x = (x ^ (x >> 33)) * PRIME_2;
  x = (x ^ (x >> 29)) * PRIME_3;
  return x ^ (x >> 32);
}

/** The check of `bytes` bytes (a multiple of 16) after `low` and `high`: quick_low, quick_high. */
export function quick_check(at: usize, bytes: u32, low: u64, high: u64): void {
  let a = low ^ PRIME_1;
  let b = high ^ PRIME_3;
  const end = at + bytes;
  for (let from = at; from < end; from += 16) {
    a = rotl<u64>((a ^ load<u64>(from)) * PRIME_1, 31);
    b = rotl<u64>((b ^ load<u64>(from, 8)) * PRIME_2, 29);
  }
  quick_low = finish(a + b * PRIME_3 + bytes);
  quick_high = finish((b ^ rotl<u64>(a, 17)) * PRIME_1);
}
