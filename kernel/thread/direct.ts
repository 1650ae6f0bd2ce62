// The shortest ways from one thread to another, for the common case: one CPU, and nothing that watches, records, limits or
// decides who runs. Everything else is for schedule(). Called where a gate or an interrupt knows who runs next.
// Invariant: when the answer is none nothing has changed. The word `direct` of the CPU block, kept by ipc/plain.ts, says whether there
// is anything that schedule() would have to ask.

import { Cpu, cpu } from "../cpu";
import { counter } from "../machine";
import { is_none, none } from "../none";
import { Domain } from "../object/domain";
import { best_waiting, head, push_front, Ready, ready_of, rotate } from "./queue";
import { thread_ready } from "./scheduler";
import { slice_left, SLICE_WHOLE } from "./slice";
import { Thread, THREAD_READY, THREAD_RUNNING } from "./thread";

/** The CPU is the chosen thread's, which is in no queue. The domain that goes on, which the caller makes the current one. */
@inline
function enter(block: Cpu, ready: Ready, chosen: Thread, now: u64): Domain {
  block.resumed_at = now;
  block.thread = chosen;
  chosen.state = THREAD_RUNNING;
  ready.switches++;
  return chosen.top;
}

/** What the running thread ran is counted, and it waits. */
@inline
function leave(block: Cpu, running: Thread, now: u64): void {
  running.time += now - block.resumed_at;
  running.state = THREAD_READY;
}

/** The running thread lets the first of its equals run, and is the last of them. */
@inline
export function switch_to_equal(block: Cpu): Domain {
  const running = block.thread;
  if (!block.direct || !is_none(running.control)) return none<Domain>();
  const first = head(block, running.priority);
  if (is_none(first) || !is_none(first.control) || first.slice_left_ns != 0) return none<Domain>();
  const ready = ready_of(block),
    now = counter();
  rotate(block, first, running);
  leave(block, running, now);
  ready.slice_end = SLICE_WHOLE; // the timer is set already: to the end of the former slice, or sooner
  return enter(block, ready, first, now);
}

/** The running thread goes on, if nobody as urgent waits. */
@inline
export function stay(block: Cpu): Domain {
  const running = block.thread,
    ready = ready_of(block);
  if (!block.direct || is_none(running) || !is_none(running.control)) return none<Domain>();
  if (best_waiting(block) >= <i32>running.priority) return none<Domain>();
  ready.slice_end = u64.MAX_VALUE;
  return running.top;
}

/** A thread that has just become able to run, in no queue, runs at once if it is the most urgent one. */
@inline
export function switch_to(block: Cpu, thread: Thread): Domain {
  if (!block.direct || !is_none(thread.control)) return none<Domain>();
  const mine = <i32>thread.priority;
  if (best_waiting(block) >= mine) return none<Domain>();
  const ready = ready_of(block),
    running = block.thread,
    now = counter();
  if (is_none(running)) {
    ready.busy_since = now;
  } else {
    if (<i32>running.priority >= mine || !is_none(running.control)) return none<Domain>();
    leave(block, running, now);
    running.slice_left_ns = slice_left(block, ready);
    push_front(block, running);
  }
  ready.slice_end = u64.MAX_VALUE;
  thread.slice_left_ns = 0;
  return enter(block, ready, thread, now);
}

/** A thread that has just become able to run, if there is one, runs at once or is ready. The domain to go on with; none: as if nothing had happened. */
@inline
export function run(woken: Thread): Domain {
  if (is_none(woken)) return none<Domain>();
  const next = switch_to(cpu(), woken);
  if (is_none(next)) thread_ready(woken);
  return next;
}
