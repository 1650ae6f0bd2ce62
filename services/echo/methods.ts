// The echo service's methods: one function for each method of interface.ts.
import { set_swap_results } from "../../build/interfaces/echo/server";

export function add(_badge: u64, a: u64, b: u64, c: u64, d: u64): u64 {
  return a + b + c + d;
}

export function swap(_badge: u64, a: u64, b: u64, c: u64, d: u64): i64 {
  set_swap_results(d, c, b, a);
  return 0;
}

export function shout(_badge: u64, text: usize, length: u32, out: usize, _limit: u32): i64 {
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(text + i);
    store<u8>(out + i, byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);
  }
  return length;
}
