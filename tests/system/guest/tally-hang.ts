// A successor of tally that never comes to the end of its take-over.
import { control } from "../../../services/lib/buffer";
import { replaceable } from "../../../services/lib/replace";

export function start(): void {
  replaceable(save, take_over);
}

export function call(badge: u64, method: u64, w0: u64, w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  return method < 5 ? -1000 : control(badge, method, w0, w1);
}

function save(_at: usize, _limit: u32): i64 {
  return -13;
}

function take_over(at: usize, _length: u32): i64 {
  while (load<u64>(at) != u64.MAX_VALUE) {}
  return 0;
}
