// A thread is a chain of activations: its home domain at the bottom, each domain's callee above it,
// the running one on top. Every domain is home to at most one thread, entry `index` of the table.

import { KERNEL_THREADS } from "../abi/layout";
import { Domain } from "../object/domain";
import { Object } from "../object/object";
import { table_grow } from "../mm/tables";
import { TimerNode } from "./timer";

const THREAD_SIZE: u32 = 128;

export const THREAD_NONE: u32 = 0;
export const THREAD_READY: u32 = 1;
export const THREAD_RUNNING: u32 = 2;
export const THREAD_BLOCKED: u32 = 3;
/** could run, but its context or its scheduler says not yet: control.ts. */
export const THREAD_PAUSED: u32 = 4;
/** A hook on scheduling refuses it: ipc/hook.ts. */
export const THREAD_HELD: u32 = 5;


@unmanaged
export class Thread {
  // a TimerNode in place: the end of its pause (control.ts)
  timer_deadline: u64;
  timer_position: u32;
  timer_kind: u32;
  state: u32;
  /** the effective one: its own, or that of whoever queues at a server on this thread (ipc/inherit.ts). */
  priority: u32;
  /** the running, or next running, activation. */
  top: Domain;
  home: Domain;
  next: Thread;
  previous: Thread;
  /** counter ticks spent running. */
  time: u64;
  /** of its slice, when a higher priority interrupted it; 0 = the next slice is a whole one. */
  slice_left_ns: u64;
  // of a thread with control alone
  /** the Context or Scheduler that says when it runs; none: the kernel's minimum alone. */
  control: Object;
  /** the next thread of the same scheduler. */
  control_next: Thread;
  /** what it may still run, and when that was last looked at. */
  allowed_ns: i64;
  charged_at_ns: u64;
  /** of its last event. */
  sequence: u64;
  /** its supervisor's words to the policy. */
  parameter_a: u64;
  parameter_b: u64;
  /** number of the CPU that runs it, or that it waits at, or that ran it last. */
  cpu: u32;
  /** the CPUs that it may use, one bit each. */
  affinity: u32;
  base_priority: u32;
  /** the one that it was made with: its own but while it runs by a context. */
  born_priority: u32;
}

/** Any CPU. */
export const AFFINITY_ALL: u32 = 0xffff_ffff;


@inline
export function timer_of_thread(thread: Thread): TimerNode {
  return changetype<TimerNode>(changetype<usize>(thread));
}


@inline
export function thread_of_timer(timer: TimerNode): Thread {
  return changetype<Thread>(changetype<usize>(timer));
}

/** Gives a thread that does not run yet its own priority. */
export function thread_priority_own(thread: Thread, priority: u32): void {
  thread.born_priority = priority;
  thread.base_priority = priority;
  thread.priority = priority;
}

/** The thread whose home is the domain with this index. */
@inline
export function thread_at(index: u32): Thread {
  return changetype<Thread>(<usize>(KERNEL_THREADS + index * THREAD_SIZE));
}

/** An empty thread for the domain: it and nobody else is on it, as when the thread has ended. */
export function thread_clear(domain: Domain): void {
  const thread = thread_at(domain.index);
  memory.fill(changetype<usize>(thread), 0, THREAD_SIZE);
  thread.home = domain;
  thread.top = domain;
  domain.thread = thread;
  thread.affinity = AFFINITY_ALL;
}

export function thread_table_grow(index: u32): bool {
  return table_grow(KERNEL_THREADS, (index + 1) * THREAD_SIZE);
}

if (offsetof<Thread>() > THREAD_SIZE) ERROR("Thread is too large");
