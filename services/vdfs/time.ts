// Time for what is written: nanoseconds since 1970 if a clock can tell, else since boot. Called by methods.ts.
import { Clock } from "../../build/interfaces/clock/client";
import { now_ns } from "../lib/notification";
import { capability, number } from "../lib/startup";

let offset_ns: u64 = 0;
let is_known = false;

export function time_ns(): u64 {
  if (!is_known) {
    is_known = true;
    offset_ns = number("realtime", 0);
    if (offset_ns == 0 && capability("clock") != 0) {
      const time = Clock.connect("clock").realtime();
      if (time > 0) offset_ns = <u64>time - now_ns();
    }
  }
  return now_ns() + offset_ns;
}
