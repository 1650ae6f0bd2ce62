// On which CPU a thread runs. A ready thread goes where it runs at once: its last CPU, an idle one, or the one that runs
// the lowest priority below its own; else it waits at its last CPU, and a CPU that is about to run something lower, or
// nothing, takes it from there. Called by the scheduler; with one CPU nothing here does anything.
// Invariant: no thread waits while a CPU that it may use runs a lower priority and has looked since.

import { Cpu, cpu, cpu_at, cpu_count, cpu_look } from "../cpu";
import { is_none, none, same } from "../none";
import { best_waiting, head, ready_of, unlink } from "./queue";
import { Thread } from "./thread";

/** Threads of one priority that take() looks at for one that may move. */
const LOOKS_MAX: u32 = 8;


@inline
export function is_allowed(thread: Thread, block: Cpu): bool {
  return ((thread.affinity >> block.number) & 1) != 0;
}

/** The priority that a new thread must exceed to run at once on this CPU. */
function occupied_by(block: Cpu): i32 {
  const waiting = best_waiting(block);
  return is_none(block.thread) ? waiting : max(waiting, <i32>block.thread.priority);
}

/** The CPU at which a thread that became ready, or was interrupted, waits. */
@inline
export function place(thread: Thread): Cpu {
  const last = cpu_at(thread.cpu);
  return cpu_count() == 1 ? last : choose(thread, last);
}

function choose(thread: Thread, last: Cpu): Cpu {
  const mine = <i32>thread.priority;
  let best = last,
    lowest = mine;
  if (is_allowed(thread, last)) {
    if (occupied_by(last) < mine) return last;
  } else {
    lowest = i32.MAX_VALUE; // anywhere is better
  }
  for (let i: u32 = 0; i < cpu_count(); i++) {
    const block = cpu_at(i);
    if (!is_allowed(thread, block)) continue;
    const there = occupied_by(block);
    if (there >= lowest) continue;
    best = block;
    lowest = there;
  }
  return best;
}

/** Lets the CPU know of a thread that waits for it now: of a higher priority than what runs, or an equal. */
@inline
export function announce(block: Cpu, thread: Thread): void {
  const running = block.thread;
  if (is_none(running) || running.priority <= thread.priority) cpu_look(block);
}

/** A thread of a priority above `floor` that waits at another CPU and may run here, out of its queue; none: there is none. */
export function take(block: Cpu, floor: i32): Thread {
  let found = none<Thread>();
  for (let i: u32 = 0; i < cpu_count(); i++) {
    const other = cpu_at(i);
    if (same(other, block)) continue;
    let mask = ready_of(other).mask;
    while (mask != 0) {
      const p = 63 - <i32>clz(mask);
      if (p <= floor) break;
      const thread = movable(other, <u32>p, block);
      if (!is_none(thread)) {
        found = thread;
        floor = p;
        break;
      }
      mask &= ~((<u64>1) << p);
    }
  }
  if (!is_none(found)) unlink(found);
  return found;
}

function movable(from: Cpu, p: u32, to: Cpu): Thread {
  let at = head(from, p);
  for (let looks: u32 = 0; looks < LOOKS_MAX && !is_none(at); looks++, at = at.next) {
    if (is_allowed(at, to)) return at;
  }
  return none<Thread>();
}
