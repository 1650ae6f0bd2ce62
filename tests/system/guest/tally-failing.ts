// What successors of tally have in common that never come to serve: only their take-over differs.
import { control } from "../../../services/lib/buffer";
import { replaceable } from "../../../services/lib/replace";

export function start_with(take_over: (at: usize, length: u32) => i64): void {
  replaceable(save, take_over);
}

export function call(badge: u64, method: u64, w0: u64, w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  return method < 5 ? -1000 : control(badge, method, w0, w1);
}

function save(_at: usize, _limit: u32): i64 {
  return -13;
}
