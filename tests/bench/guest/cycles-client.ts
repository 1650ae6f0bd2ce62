// The client of the cycles bench: calls the endpoints whose handles lie in its memory, in their order, again and again.
import * as phi from "../../../services/lib/phi";

/** Handles, one for each of a power of two of calls. */
const ORDER: usize = 4096;

/** `calls` calls of a method that does nothing; the sum of what they answered. */
export function run(calls: u32, mask: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < calls; i++) {
    sum += <u64>phi.call(load<u64>(ORDER + ((<usize>(i & mask)) << 3)), 0, 0, 0, 0, 0, 0, 0);
  }
  return sum;
}

/** The loop alone. */
export function run_empty(calls: u32, mask: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < calls; i++) sum += load<u64>(ORDER + ((<usize>(i & mask)) << 3)) ^ i;
  return sum;
}
