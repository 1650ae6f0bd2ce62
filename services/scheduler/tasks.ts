// The threads that this scheduler decides about, as its events tell of them. A task is what the policies put a key on:
// the smallest key runs. Invariant: `sequence` is of the last event that this table has taken in.

export const TASK_MAX: u32 = 256;

export const TASK_FREE: u32 = 0;
export const TASK_BLOCKED: u32 = 1;
/** It can run, and no decision about it is out. */
export const TASK_WAITING: u32 = 2;
export const TASK_COMMITTED: u32 = 3;


@unmanaged
export class Task {
  /** TASK_; the kernel's number of the thread. */
  state: u32;
  thread: u32;
  sequence: u64;
  /** Nanoseconds run, by its last event; UNKNOWN before the first. */
  used_ns: u64;
  /** Its part of the processor in relation to others'. */
  weight: u32;
  /** Not zero: it has a budget in each period, and that fits. */
  is_admitted: u32;
  budget_ns: u64;
  period_ns: u64;
  /** Time run, scaled by the weight (fair.ts). */
  virtual_ns: u64;
  /** Absolute, and what is left of the budget until then (deadline.ts). */
  deadline_ns: u64;
  left_ns: i64;
  /** Not zero: the last decision about it was one without a deadline, and what it ran is not of its budget. */
  is_behind: u32;
}
export const UNKNOWN: u64 = u64.MAX_VALUE;

const TASK_SIZE: u32 = 128;
const table = memory.data(256 * 128, 16);
if (offsetof<Task>() > 128) ERROR("Task outgrew its place");

/** Places in use lie below this. */
let limit: u32 = 0;

export function task_limit(): u32 {
  return limit;
}

// @ts-ignore: decorator
@inline
export function task_at(place: u32): Task {
  return changetype<Task>(table + place * TASK_SIZE);
}

/** The task of a thread; null when there is none. */
export function task_of(thread: u32): Task | null {
  for (let place: u32 = 0; place < limit; place++) {
    const task = task_at(place);
    if (task.state != TASK_FREE && task.thread == thread) return task;
  }
  return null;
}

/** A task for the thread, as new as can be; null when the table is full, which it is not before the kernel's own limit. */
export function task_add(thread: u32, a: u64, b: u64): Task | null {
  let task = task_of(thread);
  for (let place: u32 = 0; task == null && place < TASK_MAX; place++) {
    if (task_at(place).state != TASK_FREE) continue;
    task = task_at(place);
    limit = max(limit, place + 1);
  }
  if (task == null) return null;
  memory.fill(changetype<usize>(task), 0, TASK_SIZE);
  task.state = TASK_BLOCKED;
  task.thread = thread;
  task.used_ns = UNKNOWN;
  task.weight = max<u32>(<u32>a, 1);
  task.budget_ns = (a >> 32) * 1_000;
  task.period_ns = b * 1_000;
  return task;
}

export function task_count(state: u32): u32 {
  let count: u32 = 0;
  for (let place: u32 = 0; place < limit; place++) if (task_at(place).state == state) count++;
  return count;
}
