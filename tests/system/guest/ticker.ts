// A service more urgent than the one under test: wakes at fixed times and keeps how late it was at worst. Its clients ask by
// hand-written calls: method 1 begins anew, method 2 answers the worst delay in nanoseconds, method 3 the number of ticks.
import * as notification from "../../../services/lib/notification";
import * as startup from "../../../services/lib/startup";

const PERIOD_NS: u64 = 50_000;
const wake = <u64>notification.create_bound(startup.self());

let deadline: u64 = 0;
let worst: u64 = 0;
let ticks: u64 = 0;

export function start(): void {
  next();
}

function next(): void {
  deadline = notification.now_ns() + PERIOD_NS;
  notification.set_timer(wake, deadline, 1);
}

export function event(_bits: u64): void {
  worst = max(worst, notification.now_ns() - deadline);
  ticks++;
  next();
}

export function call(_badge: u64, method: u64, _w0: u64, _w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  if (method == 2) return <i64>worst;
  if (method == 3) return <i64>ticks;
  worst = 0;
  ticks = 0;
  return 0;
}
