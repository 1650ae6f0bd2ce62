// Threads that the kernel's minimum does not schedule alone: a context limits how much they run (context.ts), or a
// scheduler service decides when (policy.ts). Called where such a thread becomes ready, stops, or has run for a while.
// Invariant: a thread without control never gets here; a PAUSED one has control and is in no queue; only its timer, its
// scheduler, or somebody who waits for a server that it holds makes it ready again.

import { THREAD_EVENT_BLOCKED } from "../abi/schedule";
import { TYPE_CONTEXT } from "../abi/rights";
import { now_ns } from "../../hal/timer";
import { cpu_at, cpu_look } from "../cpu";
import { own_priority_set } from "../ipc/inherit";
import { is_none, none, same } from "../none";
import { Context, Object, Scheduler } from "../object/object";
import { object_hold, object_release } from "../object/release";
import { context_begin, context_close, context_due, context_open, context_spent } from "./context";
import { policy_alarm, policy_forget, policy_pause, policy_post, policy_ready } from "./policy";
import { unlink } from "./queue";
import { thread_queue, thread_ready } from "./scheduler";
import {
  Thread,
  THREAD_BLOCKED,
  THREAD_NONE,
  THREAD_PAUSED,
  THREAD_READY,
  THREAD_RUNNING,
  timer_of_thread,
} from "./thread";
import { timer_insert, TIMER_PAUSE, timer_remove } from "./timer";

/** What a thread without allowance runs at a time while somebody waits for a server that it holds. */
const GRACE_NS: u64 = 1_000_000;


@inline
function is_context(thread: Thread): bool {
  return thread.control.type == TYPE_CONTEXT;
}

/** What it ran since the last look comes off its allowance. */
function charge(thread: Thread): void {
  const now = now_ns(),
    ran = now - thread.charged_at_ns;
  thread.charged_at_ns = now;
  thread.allowed_ns -= <i64>ran;
  if (is_context(thread)) context_spent(changetype<Context>(thread.control), ran);
}

/** The thread, in no queue, can run: true if it may be queued now; else it is PAUSED. */
export function control_ready(thread: Thread): bool {
  if (thread.state == THREAD_PAUSED) return false;
  if (!is_context(thread)) return policy_ready(thread);
  return context_open(changetype<Context>(thread.control)) || !pause(thread, context_due(thread.control));
}

/** It leaves the processor, its queue or its pause, and waits for something; `thread.state` is still the old one. */
export function control_stopped(thread: Thread): void {
  if (thread.state == THREAD_PAUSED) timer_remove(timer_of_thread(thread));
  else if (thread.state == THREAD_RUNNING) charge(thread);
  if (is_context(thread)) context_close(changetype<Context>(thread.control));
  else policy_post(thread, THREAD_EVENT_BLOCKED);
}

/** The scheduler looks at the running thread: if its allowance is used up it is PAUSED now. `yields`: it gave way of its own accord. */
export function control_ran(thread: Thread, yields: bool): void {
  charge(thread);
  if (is_context(thread)) {
    const context = changetype<Context>(thread.control);
    if (thread.allowed_ns > 0 || context_open(context) || is_wanted(thread)) return;
    context_close(context);
    if (!context_open(context)) pause(thread, context_due(context));
  } else if (yields || (thread.allowed_ns <= 0 && !is_wanted(thread))) {
    policy_pause(thread, yields);
  }
}

/** It runs from now on, and the scheduler looks again at the answer, nanoseconds since boot. */
export function control_deadline(thread: Thread): u64 {
  const now = now_ns();
  thread.charged_at_ns = now;
  return now + (thread.allowed_ns > 0 ? <u64>thread.allowed_ns : GRACE_NS);
}

/** Somebody waits for a server that this PAUSED thread holds: it goes on, in debt, until the server is free. */
export function control_relieve(thread: Thread): void {
  timer_remove(timer_of_thread(thread));
  thread_queue(thread);
}

/** The pause's timer. */
export function control_expire(thread: Thread): void {
  if (thread.state != THREAD_PAUSED) return;
  if (!is_context(thread)) {
    policy_alarm(thread);
    return;
  }
  thread.state = THREAD_BLOCKED;
  thread_ready(thread);
}

/** PAUSED until the deadline; false, and nothing has happened: no timer is left, so it must not stop. */
export function pause(thread: Thread, deadline: u64): bool {
  const timer = timer_of_thread(thread);
  timer.kind = TIMER_PAUSE;
  if (!timer_insert(timer, deadline)) return false;
  thread.state = THREAD_PAUSED;
  return true;
}

/** Does anybody wait for a server in the middle of this thread's calls? */
function is_wanted(thread: Thread): bool {
  for (let at = thread.top; !is_none(at) && !same(at, thread.home); at = at.caller) {
    if (!is_none(at.queue)) return true;
  }
  return false;
}

/** From now on `control`, or nobody but the kernel's minimum, says when the thread runs. */
export function control_set(thread: Thread, control: Object): void {
  const state = thread.state;
  if (!is_none(thread.control)) control_leave(thread);
  if (!is_none(control)) object_hold(control);
  if (state == THREAD_READY) unlink(thread);
  thread.control = control;
  thread.allowed_ns = 0;
  if (!is_none(control)) {
    thread.charged_at_ns = now_ns();
    if (is_context(thread)) context_begin(changetype<Context>(control), thread);
  }
  if (state == THREAD_READY || state == THREAD_PAUSED) {
    thread.state = THREAD_BLOCKED;
    thread_ready(thread);
  } else if (state == THREAD_RUNNING) {
    cpu_look(cpu_at(thread.cpu));
  }
}

function control_leave(thread: Thread): void {
  const control = thread.control;
  if (thread.state == THREAD_PAUSED) timer_remove(timer_of_thread(thread));
  if (is_context(thread)) {
    changetype<Context>(control).thread = none<Thread>();
    own_priority_set(thread, thread.born_priority);
  } else policy_forget(changetype<Scheduler>(control), thread);
  thread.control = none<Object>();
  object_release(control);
}

/** The thread's domain has ended. */
export function control_end(thread: Thread): void {
  control_leave(thread);
  thread.state = THREAD_NONE;
}
