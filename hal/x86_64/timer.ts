// Time: the processor's time-stamp counter tells it, the local APIC's one-shot timer interrupts at a deadline. Both are
// measured once against the interval timer, whose frequency is known; the counter's own frequency is taken
// from CPUID where the processor tells it. Called by kernel/thread.

import { counter } from "../kernel/machine";
import * as apic from "./apic";
import { apic_load, apic_store } from "./apic";
import { cpuid, port_load, port_store } from "./machine";

const PIT_FREQUENCY_HZ: u64 = 1_193_182;
const PIT_CHANNEL0: u32 = 0x40;
const PIT_COMMAND: u32 = 0x43;
/** channel 0, both bytes, mode 2: counts down from 65536 again and again. Its interrupt line stays masked. */
const PIT_RATE: u32 = 0x34;
const PIT_LATCH: u32 = 0x00;
/** 250 µs. */
const MEASURE_TICKS: u32 = 298;
const LOOKS_MAX: u32 = 1_000_000;
const SAMPLE_TRIES: u32 = 8;
/** An interval timer that has not moved after so many looks is none. */
const PRESENCE_LOOKS: u32 = 1_000;

const DIVIDE_BY_1: u32 = 0x0b;
const LEAF_COUNTER_FREQUENCY: u32 = 0x15;
const NANOSECONDS: u64 = 1_000_000_000;
/** now = ticks * scale >> 24: good to 6e-8 at 1 GHz, and the halves' products fit 64 bits from 4 MHz up. */
const SCALE_BITS: u64 = 24;
const DELAY_MAX_NS: u64 = 2_000_000_000;

let scale: u64 = 0;
let counter_at_start: u64 = 0;
/** APIC timer ticks per nanosecond, << 24. */
let timer_scale: u64 = 0;

function interval_start(): void {
  port_store(1, PIT_COMMAND, PIT_RATE);
  port_store(1, PIT_CHANNEL0, 0);
  port_store(1, PIT_CHANNEL0, 0);
}

function interval_latch(): void {
  port_store(1, PIT_COMMAND, PIT_LATCH);
}

/** The latched count: falls by one each tick. */
function interval_count(): u32 {
  const low = port_load(1, PIT_CHANNEL0);
  return low | (port_load(1, PIT_CHANNEL0) << 8);
}

/** Is there an interval timer? Where there is none the count reads as all ones for ever. */
export function interval_timer_present(): bool {
  interval_start();
  interval_latch();
  const first = interval_count();
  for (let looks: u32 = 0; looks < PRESENCE_LOOKS; looks++) {
    interval_latch();
    if (interval_count() != first) return true;
  }
  return false;
}

/** The counter's frequency from CPUID; 0: it does not say. */
function told_frequency_hz(): u64 {
  if (cpuid(0, 0, 0) < LEAF_COUNTER_FREQUENCY) return 0;
  const denominator: u64 = cpuid(LEAF_COUNTER_FREQUENCY, 0, 0);
  const numerator: u64 = cpuid(LEAF_COUNTER_FREQUENCY, 0, 1);
  const crystal_hz: u64 = cpuid(LEAF_COUNTER_FREQUENCY, 0, 2);
  return denominator == 0 ? 0 : (crystal_hz * numerator) / denominator;
}

let sample_counter: u64 = 0;
let sample_timer: u32 = 0;
let sample_count: u32 = 0;

/** Reads all three clocks together: of a few tries the one that nothing came between. */
function sample(): void {
  let narrowest: u64 = u64.MAX_VALUE;
  for (let i: u32 = 0; i < SAMPLE_TRIES; i++) {
    const before = counter();
    interval_latch();
    const timer_now = apic_load(apic.APIC_TIMER_CURRENT);
    const width = counter() - before;
    const count = interval_count();
    if (width >= narrowest) continue;
    narrowest = width;
    sample_counter = before + (width >> 1);
    sample_timer = timer_now;
    sample_count = count;
  }
}

/** This CPU's timer, as the boot CPU's is. */
export function local_timer_start(): void {
  apic_store(apic.APIC_TIMER_DIVIDE, DIVIDE_BY_1);
  apic_store(apic.APIC_LVT_TIMER, apic.VECTOR_TIMER);
}

/** Measures for 250 µs; boot_parse() has seen that the interval timer is there. */
export function timer_start(): void {
  local_timer_start();
  interval_start();
  apic_store(apic.APIC_TIMER_INITIAL, 0xffff_ffff);
  sample();
  const counter_first = sample_counter,
    timer_first = sample_timer,
    count_first = sample_count;
  for (let looks: u32 = 0; looks < LOOKS_MAX; looks++) {
    interval_latch();
    if (((count_first - interval_count()) & 0xffff) >= MEASURE_TICKS) break;
  }
  sample();
  const counter_ticks = sample_counter - counter_first;
  const timer_ticks: u64 = timer_first - sample_timer;
  apic_store(apic.APIC_TIMER_INITIAL, 0);

  const measured_ns = (<u64>((count_first - sample_count) & 0xffff) * NANOSECONDS) / PIT_FREQUENCY_HZ;
  const told_hz = told_frequency_hz();
  scale = told_hz != 0 ? (NANOSECONDS << SCALE_BITS) / told_hz : (measured_ns << SCALE_BITS) / counter_ticks;
  timer_scale = (timer_ticks << SCALE_BITS) / measured_ns;
  counter_at_start = counter_first;
}

/** How long `ticks` of the counter take. */
export function counter_to_ns(ticks: u64): u64 {
  return (((ticks >> 32) * scale) << (32 - SCALE_BITS)) + (((ticks & 0xffff_ffff) * scale) >> SCALE_BITS);
}

/** Nanoseconds since timer_start() when the counter was at `count`. */
export function ns_at(count: u64): u64 {
  return counter_to_ns(count - counter_at_start);
}

export function now_ns(): u64 {
  return ns_at(counter());
}

/** One interrupt at the deadline, or sooner if it is further off than two seconds: whoever asked looks at the clock. */
export function timer_arm(deadline_ns: u64): void {
  if (deadline_ns == u64.MAX_VALUE) {
    apic_store(apic.APIC_TIMER_INITIAL, 0);
    return;
  }
  const now = now_ns();
  const delay_ns = deadline_ns <= now ? 0 : min(deadline_ns - now, DELAY_MAX_NS);
  const ticks = (delay_ns * timer_scale) >> SCALE_BITS;
  apic_store(apic.APIC_TIMER_INITIAL, <u32>min(max(ticks, 1), 0xffff_ffff));
}
