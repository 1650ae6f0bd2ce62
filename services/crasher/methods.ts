// The crasher's methods. It looks at the clock of what the processor has done, not at the one on the wall: a machine that waits for a disk
// under an emulator that counts instructions waits no time at all, or any.
import { Init } from "../../build/interfaces/init/client";
import { set_crashes_results } from "../../build/interfaces/crasher/server";
import { INFO_CPU_BUSY_NS } from "../../kernel/abi/status";
import * as notification from "../lib/notification";
import * as startup from "../lib/startup";
import * as system from "../lib/system";

const LOOK_NS: u64 = 1_000_000;
const LOOK_BIT: u64 = 1;

const init = Init.connect("init");
const capability = startup.capability("system");
const timer = <u64>notification.create_bound(startup.self());
let victim: u64 = 0;
let every_ns: u64 = 0;
let next_ns: u64 = 0;
let count: u64 = 0;
let last_ns: u64 = 0;

export function busy_ns(): u64 {
  return <u64>system.info(capability, INFO_CPU_BUSY_NS);
}

export function crash_every(_badge: u64, id: u64, busy: u64): u64 {
  victim = id;
  every_ns = busy;
  next_ns = busy_ns() + busy;
  if (busy != 0) notification.set_timer(timer, notification.now_ns() + LOOK_NS, LOOK_BIT);
  return count;
}

export function crashes(_badge: u64): i64 {
  set_crashes_results(count, last_ns);
  return 0;
}

/** Is it time? */
export function look(): void {
  if (every_ns == 0) return;
  if (busy_ns() >= next_ns) {
    last_ns = busy_ns();
    next_ns = last_ns + every_ns;
    if (init.kill(victim) >= 0) count++;
  }
  notification.set_timer(timer, notification.now_ns() + LOOK_NS, LOOK_BIT);
}
