// A successor of tally that fails when it takes over: state of an odd count is refused, of an even one it traps.
import { start_with } from "./tally-failing";

export { call } from "./tally-failing";

export function start(): void {
  start_with(take_over);
}

function take_over(at: usize, _length: u32): i64 {
  if ((load<u64>(at, 8) & 1) != 0) return -13;
  return unreachable();
}
