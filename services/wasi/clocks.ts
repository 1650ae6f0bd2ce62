// The four clocks of WASI. Monotonic time is the kernel's `now`; the wall clock is that plus an offset learnt once, so it
// never jumps while a program runs; CPU time is what the kernel has charged to the program's domain.
import { Clock } from "../../build/interfaces/clock/client";
import { STATUS_TIME_NS, status } from "../lib/domain";
import { now_ns } from "../lib/notification";
import { capability, find, hash, number } from "../lib/startup";
import { STARTUP_NUMBER } from "../../kernel/abi/formats";
import { ERRNO_FAULT, ERRNO_INVAL, ERRNO_NOTSUP, ERRNO_SUCCESS } from "./errno";
import { guest_domain, guest_reaches, guest_store64 } from "./guest";
import { CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME } from "./types";

const RESOLUTION_NS: u64 = 1;

const OFFSET_UNKNOWN: u32 = 0;
const OFFSET_KNOWN: u32 = 1;
const OFFSET_ABSENT: u32 = 2;
let offset_state: u32 = OFFSET_UNKNOWN;
let offset_ns: u64 = 0;

/** Nanoseconds of the last clock_now. */
export let clock_ns: u64 = 0;

/** Learns what to add to monotonic time; false when nobody can tell the time of day. */
export function clock_learn_offset(): bool {
  if (offset_state == OFFSET_UNKNOWN) {
    offset_state = OFFSET_ABSENT;
    if (find(STARTUP_NUMBER, hash("realtime")) != 0) {
      offset_ns = number("realtime", 0);
      offset_state = OFFSET_KNOWN;
    } else if (capability("clock") != 0) {
      const time = Clock.connect("clock").realtime();
      if (time >= 0) {
        offset_ns = <u64>time - now_ns();
        offset_state = OFFSET_KNOWN;
      }
    }
  }
  return offset_state == OFFSET_KNOWN;
}

/** Nanoseconds since 1970 at power-on; meaningful after clock_learn_offset said yes. */
export function clock_offset_ns(): u64 {
  return offset_ns;
}

/** Sets `clock_ns`; `inval` for an unknown clock, `notsup` for one that this machine lacks. */
export function clock_now(clock: u32): u32 {
  if (clock == CLOCK_MONOTONIC) clock_ns = now_ns();
  else if (clock == CLOCK_REALTIME) {
    if (!clock_learn_offset()) return ERRNO_NOTSUP;
    clock_ns = now_ns() + offset_ns;
  } else if (clock == CLOCK_PROCESS_CPUTIME || clock == CLOCK_THREAD_CPUTIME) {
    const time = status(guest_domain(), STATUS_TIME_NS);
    if (time < 0) return ERRNO_NOTSUP;
    clock_ns = <u64>time;
  } else return ERRNO_INVAL;
  return ERRNO_SUCCESS;
}

export function clock_time_get(clock: u32, result: u32): u32 {
  if (!guest_reaches(result, 8)) return ERRNO_FAULT;
  const error = clock_now(clock);
  if (error == ERRNO_SUCCESS) guest_store64(result, 0, clock_ns);
  return error;
}

export function clock_res_get(clock: u32, result: u32): u32 {
  if (clock > CLOCK_THREAD_CPUTIME) return ERRNO_INVAL;
  if (!guest_reaches(result, 8)) return ERRNO_FAULT;
  guest_store64(result, 0, RESOLUTION_NS);
  return ERRNO_SUCCESS;
}
