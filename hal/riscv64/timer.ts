// Time and the one-shot timer: the `time` counter, and stimecmp (Sstc) where the processor and firmware offer it,
// else the firmware's timer call. Called by kernel/thread. Time 0 is timer_start.

import { counter } from "../kernel/machine";
import { csr_load, csr_store, CSR_STIMECMP, CSR_STIMECMP_USABLE, sbi, SBI_TIME } from "./machine";
import { tree_timebase_hz } from "./tree";

const SECOND_NS: u64 = 1_000_000_000;

let start: u64 = 0;
let frequency_hz: u64 = 1;
/** Nanoseconds a tick if that is a whole number, else 0. */
let tick_ns: u64 = 0;
let by_register: bool = false;

export function timer_start(): void {
  start = counter();
  frequency_hz = tree_timebase_hz();
  if (SECOND_NS % frequency_hz == 0) tick_ns = SECOND_NS / frequency_hz;
  by_register = csr_load(CSR_STIMECMP_USABLE) != 0;
  timer_arm(u64.MAX_VALUE);
}

/** Nanoseconds since timer_start() when the counter was at `count`. */
export function ns_at(count: u64): u64 {
  return counter_to_ns(count - start);
}

export function now_ns(): u64 {
  return ns_at(counter());
}

/** A difference of two counter() values in nanoseconds. */
export function counter_to_ns(ticks: u64): u64 {
  if (tick_ns != 0) return ticks * tick_ns;
  return (ticks / frequency_hz) * SECOND_NS + ((ticks % frequency_hz) * SECOND_NS) / frequency_hz;
}

/**
 * One interrupt at or after the deadline; u64.MAX_VALUE = none. A deadline in the past interrupts at once. None is one in a second, which finds
 * nothing to do: while every hart waits for a device an emulator that counts instructions as time skips to the next deadline, and from a
 * time that never comes there is no next one.
 */
export function timer_arm(deadline_ns: u64): void {
  let ticks: u64 = counter() + frequency_hz;
  if (tick_ns != 0) {
    const wanted = deadline_ns / tick_ns;
    if (deadline_ns != u64.MAX_VALUE && wanted < u64.MAX_VALUE - start) ticks = start + wanted + 1;
  } else if (deadline_ns / SECOND_NS < u32.MAX_VALUE) {
    ticks =
      start + (deadline_ns / SECOND_NS) * frequency_hz + ((deadline_ns % SECOND_NS) * frequency_hz) / SECOND_NS + 1;
  }
  if (by_register) csr_store(CSR_STIMECMP, ticks);
  else sbi(SBI_TIME, 0, ticks, 0, 0);
}
