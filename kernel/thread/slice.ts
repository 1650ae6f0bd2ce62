// How long a thread runs before its equals do. Called by the scheduler and by direct.ts.
// Invariant: `slice_end` of a CPU without equals of the running thread is u64.MAX_VALUE; a switch that had no time to ask the
// clock leaves SLICE_WHOLE, and whoever needs the end next works it out.

import { ns_at, now_ns } from "../../hal/timer";
import { Cpu } from "../cpu";
import { Ready } from "./queue";

export const SLICE_NS: u64 = 10_000_000;
/** Of Ready.slice_end: a whole slice, from when the thread was resumed. */
export const SLICE_WHOLE: u64 = 0;

/** When the running thread's slice ends. */
@inline
export function slice_end(block: Cpu, ready: Ready): u64 {
  if (ready.slice_end == SLICE_WHOLE) ready.slice_end = ns_at(block.resumed_at) + SLICE_NS;
  return ready.slice_end;
}

/** What a thread that gives way to a higher priority keeps of its slice; 0: it had no equal, so no end. */
@inline
export function slice_left(block: Cpu, ready: Ready): u64 {
  return ready.slice_end == u64.MAX_VALUE ? 0 : rest_of(slice_end(block, ready));
}

function rest_of(end: u64): u64 {
  const now = now_ns();
  return end > now ? end - now : 1;
}
