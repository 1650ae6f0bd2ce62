// A worker of tests/system/scheduling.test.ts. Its page: 0 what it does (0 counts for ever, 1 does a job in each period), 8 period
// in ns, 16 turns of a job, 24 notification to wait with, 32 counted or jobs done, 40 jobs that ended after their period, 48 first release.
import * as phi from "../../../services/lib/phi";
import { spin } from "./schedule-spin";

const PAGE: usize = 0x8000_0000;

export function start(): void {
  if (load<u64>(PAGE) == 0) {
    for (;;) {
      spin(100);
      store<u64>(PAGE, load<u64>(PAGE, 32) + 1, 32);
    }
  }
  const period = load<u64>(PAGE, 8),
    turns = load<u64>(PAGE, 16),
    notification = load<u64>(PAGE, 24);
  for (let release = load<u64>(PAGE, 48); ; release += period) {
    phi.wait(notification, release);
    spin(turns);
    store<u64>(PAGE, load<u64>(PAGE, 32) + 1, 32);
    if (phi.now() > release + period) store<u64>(PAGE, load<u64>(PAGE, 40) + 1, 40);
  }
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
