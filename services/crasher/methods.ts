// The crasher's methods. One timer for each crash and none otherwise, so that what it costs does not depend on how long the machine waits.
import { Init } from "../../build/interfaces/init/client";
import * as notification from "../lib/notification";
import * as startup from "../lib/startup";

const CRASH_BIT: u64 = 1;

const init = Init.connect("init");
const timer = <u64>notification.create_bound(startup.self());
let victim: u64 = 0;
let count: u64 = 0;

export function crash_in(_badge: u64, id: u64, delay_ns: u64): i64 {
  victim = id;
  return notification.set_timer(timer, notification.now_ns() + delay_ns, CRASH_BIT);
}

export function crashes(_badge: u64): u64 {
  return count;
}

export function crash(): void {
  if (init.kill(victim) >= 0) count++;
}
