// The minimal scheduler: 64 fixed priorities, round robin among equals, on each CPU; placement.ts says on which.
// Invariant: a READY thread is in exactly one queue of one CPU (queue.ts), a RUNNING one is its CPU's `thread`, BLOCKED
// ones are neither. Deadlines are the boot CPU's business, slices each CPU's own.

import { now_ns, timer_arm } from "../../hal/timer";
import { Cpu, cpu, cpu_at, cpu_count, cpu_look } from "../cpu";
import { counter, kernel_root, load_root } from "../machine";
import { root_word } from "../../hal/paging";
import { is_none, none, same } from "../none";
import { Domain, timer_of_domain, WAIT_NONE } from "../object/domain";
import { trace, TRACE_SWITCH } from "../trace";
import { control_deadline, control_ran, control_ready, control_stopped } from "./control";
import { hook_holds } from "../ipc/hook";
import { expire_timers } from "./expire";
import { announce, is_allowed, place, take } from "./placement";
import { best_waiting, head, push_back, push_front, Ready, ready_of, unlink } from "./queue";
import { slice_end, slice_left, SLICE_NS } from "./slice";
import { Thread, THREAD_BLOCKED, THREAD_HELD, THREAD_NONE, THREAD_READY, THREAD_RUNNING } from "./thread";
import { timer_first_deadline, timer_remove } from "./timer";

export const PRIORITY_MAX: u32 = 63;
/** Why a thread gives way to its equals. */
export const ROTATE_YIELD: u32 = 1;
export const ROTATE_SLICE: u32 = 2;

/** The thread can run: queue it, and ask for a switch if it should run before the running one. */
export function thread_ready(thread: Thread): void {
  if (thread.state == THREAD_READY || thread.state == THREAD_RUNNING) return;
  if (!is_none(thread.control) && !control_ready(thread)) return;
  thread_queue(thread);
}

/** The same for a thread that nothing holds back; it is in no queue. */
export function thread_queue(thread: Thread): void {
  thread.state = THREAD_READY;
  const block = place(thread);
  push_back(block, thread);
  announce(block, thread);
}

/** Another effective priority, whatever the thread does now: ipc/inherit.ts says when. */
export function thread_prioritise(thread: Thread, priority: u32): void {
  const queued = thread.state == THREAD_READY;
  if (queued) unlink(thread);
  thread.priority = priority;
  if (queued) thread_queue(thread);
  else leave_cpu(thread);
}

/** The thread leaves the processor or its queue until thread_ready(). */
export function thread_block(thread: Thread): void {
  if (!is_none(thread.control)) control_stopped(thread);
  if (thread.state == THREAD_READY) unlink(thread);
  thread.state = THREAD_BLOCKED;
  leave_cpu(thread);
}

/** The thread's last activation has ended. */
export function thread_end(thread: Thread): void {
  if (!is_none(thread.control)) control_stopped(thread);
  if (thread.state == THREAD_READY) unlink(thread);
  thread.state = THREAD_NONE;
  leave_cpu(thread);
}

/** The CPU that runs the thread, if one does, chooses again. */
function leave_cpu(thread: Thread): void {
  const block = cpu_at(thread.cpu);
  if (same(thread, block.thread)) cpu_look(block);
}

/** From now on the thread runs on the CPUs of `mask` alone. */
export function thread_restrict(thread: Thread, mask: u32): void {
  thread.affinity = mask;
  const block = cpu_at(thread.cpu);
  if (is_allowed(thread, block)) return;
  if (thread.state == THREAD_READY) {
    unlink(thread);
    thread.state = THREAD_BLOCKED;
    thread_ready(thread);
  } else {
    leave_cpu(thread);
  }
}

/** Gives way to equals at the next gate exit. `cause`: ROTATE_ */
export function thread_rotate(cause: u32): void {
  cpu().rotate = cause;
  cpu().attention = 1;
}

/** Switches of threads that the CPU has made. */
export function switch_count(number: u32): u64 {
  return ready_of(cpu_at(number)).switches;
}

/** Counter ticks that threads ran on the CPU, the present one included. */
export function busy_time(number: u32): u64 {
  const block = cpu_at(number);
  return ready_of(block).busy + (is_none(block.thread) ? 0 : counter() - ready_of(block).busy_since);
}

/**
 * Sets the hardware if it would be late; too early does no harm, for whoever is interrupted looks, and sets it again. The boot
 * CPU's timer serves all deadlines too.
 */
@inline
function arm(block: Cpu, ready: Ready): void {
  let deadline = min(ready.slice_end, ready.control_at);
  if (block.number == 0) deadline = min(timer_first_deadline(), deadline);
  if (deadline >= ready.armed) return;
  ready.armed = deadline;
  timer_arm(deadline);
}

/** Will the timer of the CPU ring at the earliest deadline, or sooner? */
@inline
export function timer_is_set(block: Cpu): bool {
  return timer_first_deadline() >= ready_of(block).armed;
}

/** Sets the hardware for the thread that runs now. */
@inline
function arm_for(block: Cpu, ready: Ready, thread: Thread): void {
  ready.control_at = is_none(thread.control) ? u64.MAX_VALUE : control_deadline(thread);
  arm(block, ready);
}

/** The timer interrupt. */
export function timer_interrupt(): void {
  const block = cpu(),
    ready = ready_of(block);
  ready.armed = u64.MAX_VALUE;
  block.attention = 1; // it must be set again
  const now = now_ns();
  expire_timers(now);
  if (!is_none(block.thread) && now >= slice_end(block, ready)) thread_rotate(ROTATE_SLICE);
}

/** A hook refuses the thread, which is in no queue. */
function hold(thread: Thread): void {
  if (!is_none(thread.control)) control_stopped(thread);
  thread.state = THREAD_HELD;
}

/** No hook refuses the thread any more. */
export function thread_release(thread: Thread): void {
  if (thread.state != THREAD_HELD) return;
  thread.state = THREAD_BLOCKED;
  thread_ready(thread);
}

/** Picks who runs next; none: idle. The running thread goes on unless a better one, or an equal after its slice, is ready. */
export function pick(): Domain {
  const block = cpu(),
    ready = ready_of(block);
  const running = block.thread;
  if (!is_none(running) && !is_none(running.control) && running.state == THREAD_RUNNING) {
    control_ran(running, block.rotate == ROTATE_YIELD);
  }
  if (!is_none(running) && running.state == THREAD_RUNNING && hook_holds(running)) hold(running);
  const best = best_waiting(block);
  if (!is_none(running) && running.state == THREAD_RUNNING) {
    const mine = <i32>running.priority;
    if ((best < mine || (best == mine && !block.rotate)) && is_allowed(running, block)) {
      block.rotate = 0;
      if (best < mine) ready.slice_end = u64.MAX_VALUE;
      else if (slice_end(block, ready) == u64.MAX_VALUE) ready.slice_end = now_ns() + SLICE_NS;
      arm_for(block, ready, running);
      block.domain = running.top;
      return running.top;
    }
    interrupted(block, ready, running);
  }
  block.rotate = 0;
  const now = counter();
  if (is_none(running)) ready.busy_since = now;
  else running.time += now - block.resumed_at;
  block.resumed_at = now;
  const chosen = next(block);
  block.thread = chosen;
  if (is_none(chosen)) return idle(block, ready, now);
  chosen.state = THREAD_RUNNING;
  block.domain = chosen.top;
  ready.switches++;
  ready.slice_end = best_waiting(block) < <i32>chosen.priority
    ? u64.MAX_VALUE
    : now_ns() + (chosen.slice_left_ns == 0 ? SLICE_NS : chosen.slice_left_ns);
  chosen.slice_left_ns = 0;
  arm_for(block, ready, chosen);
  trace(TRACE_SWITCH, chosen.top.index, chosen.home.index);
  return chosen.top;
}

/** The running thread waits again: behind its equals if it gave way to them, else before them; or at a CPU that runs it at once. */
@inline
function interrupted(block: Cpu, ready: Ready, running: Thread): void {
  running.state = THREAD_READY;
  const there = place(running);
  if (!same(there, block)) {
    push_back(there, running);
    announce(there, running);
  } else if (block.rotate) {
    push_back(block, running);
  } else {
    push_front(block, running);
    running.slice_left_ns = slice_left(block, ready);
  }
}

/** The best thread that no hook refuses; each refusal takes one of few out of the way. */
@inline
function next(block: Cpu): Thread {
  let thread = best_of(block);
  while (!is_none(thread) && hook_holds(thread)) {
    hold(thread);
    thread = best_of(block);
  }
  return thread;
}

/** Out of its queue: the best thread that waits here, or a better one that waits elsewhere. */
@inline
function best_of(block: Cpu): Thread {
  const best = best_waiting(block);
  if (cpu_count() != 1) {
    const taken = take(block, best);
    if (!is_none(taken)) {
      taken.cpu = block.number;
      return taken;
    }
  }
  if (best < 0) return none<Thread>();
  const first = head(block, <u32>best);
  unlink(first);
  return first;
}

/** An idle CPU lets go of the last domain's page table: another CPU may take that apart. */
@inline
function idle(block: Cpu, ready: Ready, now: u64): Domain {
  block.domain = none<Domain>();
  ready.busy += now - ready.busy_since;
  if (cpu_count() != 1) {
    const root = root_word(kernel_root());
    if (block.root != root) load_root(root);
  }
  ready.slice_end = u64.MAX_VALUE;
  ready.control_at = u64.MAX_VALUE;
  arm(block, ready);
  return none<Domain>();
}

/** Counter ticks that the thread has run, the present slice included. */
export function time_of(thread: Thread): u64 {
  const block = cpu_at(thread.cpu);
  return same(thread, block.thread) ? thread.time + (counter() - block.resumed_at) : thread.time;
}

/** The domain's activation waits no longer; its context answers `result`. Its thread, which can run. */
@inline
export function unwait(domain: Domain, result: i64): Thread {
  timer_remove(timer_of_domain(domain));
  domain.wait = WAIT_NONE;
  domain.result = result;
  return domain.thread;
}

/** The same, and the thread is ready. */
export function wake(domain: Domain, result: i64): void {
  thread_ready(unwait(domain, result));
}
