// Scheduling contexts: a thread runs at most `budget` in each `period`, as a sporadic server (Sprunt, Sha, Lehoczky 1989,
// with the corrections of Stanovic et al. 2010): what a stretch of running used comes back one period after the
// stretch began. Two amounts are kept, what is there and what comes back: a new one joins the latter, at the later time.
// Invariant: allowed (in the thread) + used + later = budget; what was overrun makes the wait longer in proportion.

import { now_ns } from "../../hal/timer";
import { Context, Object } from "../object/object";
import { Thread } from "./thread";

const U32: u64 = 0xffff_ffff;

/** The thread starts with the whole budget. */
export function context_begin(context: Context, thread: Thread): void {
  context.thread = thread;
  context.used = 0;
  context.later = 0;
  context.since = now_ns();
  thread.allowed_ns = <i64>context.budget;
}

export function context_spent(context: Context, ran: u64): void {
  context.used = <u32>min(U32, <u64>context.used + ran);
}

/** What is due comes back; true: there is something to run on. */
export function context_open(context: Context): bool {
  const thread = context.thread,
    now = now_ns();
  if (context.later != 0 && context.later_at <= now) {
    thread.allowed_ns += <i64>context.later;
    context.later = 0;
  }
  if (context.used == 0) context.since = now;
  return thread.allowed_ns > 0;
}

/** A stretch of running is over: what it used comes back a period after its beginning, and later in proportion to what was overrun. */
export function context_close(context: Context): void {
  const used = <u64>context.used,
    period = <u64>context.period;
  if (used == 0) return;
  const left = context.thread.allowed_ns;
  const debt: u64 = left < 0 ? <u64>-left : 0;
  const at = context.since + period + (period * debt) / context.budget;
  context.later_at = context.later == 0 ? at : max(at, context.later_at);
  context.later = <u32>min(U32, <u64>context.later + used);
  context.used = 0;
}

/** When there is something to run on again. */
export function context_due(control: Object): u64 {
  return changetype<Context>(control).later_at;
}
