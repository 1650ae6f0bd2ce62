// The ready threads of each CPU: 64 queues, one for each priority, in the CPU's own block, and what else the scheduler
// keeps for a CPU. Called by the scheduler and by placement.ts alone.
// Invariant: a READY thread is in exactly one queue, its CPU's; bit p of `mask` is set exactly when queue p is not empty.

import { CPU_SCRATCH, KERNEL_CPU_SIZE } from "../abi/layout";
import { Cpu, cpu_at } from "../cpu";
import { is_none, none } from "../none";
import { Thread } from "./thread";


@unmanaged
export class Ready extends Cpu {
  mask: u64;
  /** End of the running thread's slice, as slice.ts has it. */
  slice_end: u64;
  /** When the scheduler looks at the running thread's allowance; u64.MAX_VALUE: it has no control. */
  control_at: u64;
  /** What the CPU's timer is set to. */
  armed: u64;
  switches: u64;
  /** counter ticks that threads ran here, up to when the CPU was last idle; and when it last ceased to be. */
  busy: u64;
  busy_since: u64;
}

/** Of the first queue in the CPU block. */
const QUEUES: usize = 384;


@inline export function ready_of(block: Cpu): Ready {
  return changetype<Ready>(block);
}


@inline function queue_at(block: Cpu, p: u32): usize {
  return changetype<usize>(block) + (p << 3);
}


@inline export function head(block: Cpu, p: u32): Thread {
  return load<Thread>(queue_at(block, p), QUEUES);
}


@inline function tail(block: Cpu, p: u32): Thread {
  return load<Thread>(queue_at(block, p), QUEUES + 4);
}


@inline function set_head(block: Cpu, p: u32, t: Thread): void {
  store<Thread>(queue_at(block, p), t, QUEUES);
}


@inline function set_tail(block: Cpu, p: u32, t: Thread): void {
  store<Thread>(queue_at(block, p), t, QUEUES + 4);
}

/** A CPU without threads and with its timer off. */
export function ready_start(block: Cpu): void {
  const ready = ready_of(block);
  ready.slice_end = u64.MAX_VALUE;
  ready.control_at = u64.MAX_VALUE;
  ready.armed = u64.MAX_VALUE;
}

/** The highest priority that waits for the CPU; -1: none does. */
@inline
export function best_waiting(block: Cpu): i32 {
  const mask = ready_of(block).mask;
  return mask == 0 ? -1 : 63 - <i32>clz(mask);
}

export function push_back(block: Cpu, thread: Thread): void {
  const p = thread.priority,
    last = tail(block, p);
  thread.cpu = block.number;
  thread.next = none<Thread>();
  thread.previous = last;
  if (is_none(last)) {
    set_head(block, p, thread);
    ready_of(block).mask |= (<u64>1) << p;
  } else {
    last.next = thread;
  }
  set_tail(block, p, thread);
}

export function push_front(block: Cpu, thread: Thread): void {
  const p = thread.priority,
    first = head(block, p);
  thread.cpu = block.number;
  thread.previous = none<Thread>();
  thread.next = first;
  if (is_none(first)) {
    set_tail(block, p, thread);
    ready_of(block).mask |= (<u64>1) << p;
  } else {
    first.previous = thread;
  }
  set_head(block, p, thread);
}

/** `first` leaves its queue, and the running thread, its equal, is the last there. */
@inline
export function rotate(block: Cpu, first: Thread, running: Thread): void {
  const p = running.priority,
    second = first.next;
  running.next = none<Thread>();
  if (is_none(second)) {
    running.previous = none<Thread>();
    set_head(block, p, running);
  } else {
    const last = tail(block, p);
    second.previous = none<Thread>();
    set_head(block, p, second);
    running.previous = last;
    last.next = running;
  }
  set_tail(block, p, running);
}

/** Takes a READY thread out of its queue; its state is the caller's business. */
export function unlink(thread: Thread): void {
  const block = cpu_at(thread.cpu);
  const p = thread.priority,
    before = thread.previous,
    after = thread.next;
  if (is_none(before)) set_head(block, p, after);
  else before.next = after;
  if (is_none(after)) set_tail(block, p, before);
  else after.previous = before;
  if (is_none(head(block, p))) ready_of(block).mask &= ~((<u64>1) << p);
}

if (offsetof<Ready>() > CPU_SCRATCH) ERROR("Ready overlaps the assembly's words");
if (QUEUES + 64 * 8 > KERNEL_CPU_SIZE) ERROR("the queues do not fit the CPU block");
