// The minimal scheduler: 64 fixed priorities, round robin among equals, on one CPU.
// Invariant: a READY thread is in exactly one queue, the RUNNING one and BLOCKED ones in none;
// bit p of `ready_mask` is set exactly when queue p is not empty.

import { now_ns, timer_arm } from "../../hal/timer";
import { cpu } from "../cpu";
import { counter } from "../machine";
import { is_none, none, same } from "../none";
import { Domain, WAIT_NONE } from "../object/domain";
import { trace, TRACE_SWITCH } from "../trace";
import { control_deadline, control_ran, control_ready, control_stopped } from "./control";
import { expire_timers } from "./expire";
import { Thread, THREAD_BLOCKED, THREAD_NONE, THREAD_READY, THREAD_RUNNING } from "./thread";
import { timer_first_deadline } from "./timer";

export const PRIORITY_MAX: u32 = 63;
/** Why a thread gives way to its equals. */
export const ROTATE_YIELD: u32 = 1;
export const ROTATE_SLICE: u32 = 2;
const SLICE_NS: u64 = 10_000_000;

/** Heads and tails of the 64 queues: pairs of Thread. */
const queues: usize = memory.data(64 * 8, 8);
let ready_mask: u64 = 0;
/** What the hardware timer is set to. */
let armed: u64 = u64.MAX_VALUE;
/** End of the running thread's slice; u64.MAX_VALUE while it has no equal waiting. */
let slice_end: u64 = u64.MAX_VALUE;
/** When the scheduler looks at the running thread's allowance; u64.MAX_VALUE: it has no control. */
let control_end: u64 = u64.MAX_VALUE;
let switches: u64 = 0;

@inline function head(p: u32): Thread { return load<Thread>(queues + (p << 3)); }
@inline function tail(p: u32): Thread { return load<Thread>(queues + (p << 3), 4); }
@inline function set_head(p: u32, t: Thread): void { store<Thread>(queues + (p << 3), t); }
@inline function set_tail(p: u32, t: Thread): void { store<Thread>(queues + (p << 3), t, 4); }

function push_back(thread: Thread): void {
  const p = thread.priority, last = tail(p);
  thread.next = none<Thread>();
  thread.previous = last;
  if (is_none(last)) {
    set_head(p, thread);
    ready_mask |= (<u64>1) << p;
  } else {
    last.next = thread;
  }
  set_tail(p, thread);
}

function push_front(thread: Thread): void {
  const p = thread.priority, first = head(p);
  thread.previous = none<Thread>();
  thread.next = first;
  if (is_none(first)) {
    set_tail(p, thread);
    ready_mask |= (<u64>1) << p;
  } else {
    first.previous = thread;
  }
  set_head(p, thread);
}

function unlink(thread: Thread): void {
  const p = thread.priority, before = thread.previous, after = thread.next;
  if (is_none(before)) set_head(p, after);
  else before.next = after;
  if (is_none(after)) set_tail(p, before);
  else after.previous = before;
  if (is_none(head(p))) ready_mask &= ~((<u64>1) << p);
}

/** The thread can run: queue it, and ask for a switch if it should run before the running one. */
export function thread_ready(thread: Thread): void {
  if (thread.state == THREAD_READY || thread.state == THREAD_RUNNING) return;
  if (!is_none(thread.control) && !control_ready(thread)) return;
  thread_queue(thread);
}

/** The same for a thread that nothing holds back; it is in no queue. */
export function thread_queue(thread: Thread): void {
  thread.state = THREAD_READY;
  push_back(thread);
  const running = cpu().thread;
  if (is_none(running) || running.priority <= thread.priority) cpu().attention = 1;
}

/** The thread has another priority from now on. */
export function thread_prioritise(thread: Thread, priority: u32): void {
  const queued = thread.state == THREAD_READY;
  if (queued) unlink(thread);
  thread.priority = priority;
  if (queued) push_back(thread);
  cpu().attention = 1;
}

/** Takes a READY thread out of its queue; its state is the caller's business. */
export function unlink_ready(thread: Thread): void {
  unlink(thread);
}

/** The thread leaves the processor or its queue until thread_ready(). */
export function thread_block(thread: Thread): void {
  if (!is_none(thread.control)) control_stopped(thread);
  if (thread.state == THREAD_READY) unlink(thread);
  thread.state = THREAD_BLOCKED;
  if (same(thread, cpu().thread)) cpu().attention = 1;
}

/** The thread's last activation has ended. */
export function thread_end(thread: Thread): void {
  if (!is_none(thread.control)) control_stopped(thread);
  if (thread.state == THREAD_READY) unlink(thread);
  thread.state = THREAD_NONE;
  if (same(thread, cpu().thread)) cpu().attention = 1;
}

/** Gives way to equals at the next gate exit. `cause`: ROTATE_ */
export function thread_rotate(cause: u32): void {
  cpu().rotate = cause;
  cpu().attention = 1;
}

@inline export function switch_count(): u64 { return switches; }

@inline
function arm(deadline: u64): void {
  if (deadline == armed) return;
  armed = deadline;
  timer_arm(deadline);
}

/** Sets the hardware for the thread that runs now. */
@inline
function arm_for(thread: Thread): void {
  control_end = is_none(thread.control) ? u64.MAX_VALUE : control_deadline(thread);
  arm(min(min(timer_first_deadline(), slice_end), control_end));
}

/** The timer interrupt. */
export function timer_interrupt(): void {
  armed = u64.MAX_VALUE;
  const now = now_ns();
  expire_timers(now);
  if (now >= slice_end) thread_rotate(ROTATE_SLICE);
  if (now >= control_end) cpu().attention = 1;
}

/** What a thread that gives way to a higher priority keeps of its slice; 0: it had no equal, so no end. */
@inline
function slice_left(now: u64): u64 {
  if (slice_end == u64.MAX_VALUE) return 0;
  return slice_end > now ? slice_end - now : 1;
}

/** Picks who runs next; none: idle. The running thread goes on unless a better one, or an equal after its slice, is ready. */
export function pick(): Domain {
  const block = cpu();
  const running = block.thread;
  if (!is_none(running) && !is_none(running.control) && running.state == THREAD_RUNNING) {
    control_ran(running, block.rotate == ROTATE_YIELD);
  }
  const best = ready_mask == 0 ? -1 : 63 - <i32>clz(ready_mask);
  if (!is_none(running) && running.state == THREAD_RUNNING) {
    const mine = <i32>running.priority;
    if (best < mine || (best == mine && !block.rotate)) {
      block.rotate = 0;
      if (best < mine) slice_end = u64.MAX_VALUE;
      else if (slice_end == u64.MAX_VALUE) slice_end = now_ns() + SLICE_NS;
      arm_for(running);
      block.domain = running.top;
      return running.top;
    }
    running.state = THREAD_READY;
    if (block.rotate) {
      push_back(running);
    } else {
      push_front(running);
      running.slice_left_ns = slice_left(now_ns());
    }
  }
  block.rotate = 0;
  const now = counter();
  if (!is_none(running)) running.time += now - block.resumed_at;
  block.resumed_at = now;
  if (best < 0) {
    block.thread = none<Thread>();
    block.domain = none<Domain>();
    slice_end = u64.MAX_VALUE;
    control_end = u64.MAX_VALUE;
    arm(timer_first_deadline());
    return none<Domain>();
  }
  const chosen = head(best);
  unlink(chosen);
  chosen.state = THREAD_RUNNING;
  block.thread = chosen;
  block.domain = chosen.top;
  switches++;
  slice_end = is_none(head(best)) ? u64.MAX_VALUE : now_ns() + (chosen.slice_left_ns == 0 ? SLICE_NS : chosen.slice_left_ns);
  chosen.slice_left_ns = 0;
  arm_for(chosen);
  trace(TRACE_SWITCH, chosen.top.index, chosen.home.index);
  return chosen.top;
}

/** Counter ticks that the thread has run, the present slice included. */
export function time_of(thread: Thread): u64 {
  const block = cpu();
  return same(thread, block.thread) ? thread.time + (counter() - block.resumed_at) : thread.time;
}

/** The thread whose activation waited may go on; its context answers `result`. */
export function wake(domain: Domain, result: i64): void {
  domain.wait = WAIT_NONE;
  domain.result = result;
  thread_ready(domain.thread);
}
