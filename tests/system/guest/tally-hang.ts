// A successor of tally that never comes to the end of its take-over.
import { start_with } from "./tally-failing";

export { call } from "./tally-failing";

export function start(): void {
  start_with(take_over);
}

function take_over(at: usize, _length: u32): i64 {
  while (load<u64>(at) != u64.MAX_VALUE) {}
  return 0;
}
