// Fair share: the processor's time goes to those who can use it in proportion to their weights. Virtual time is time run
// divided by weight; whoever has least of it runs (stride scheduling: Waldspurger and Weihl 1995; Linux's CFS keeps the same sum).
// Who comes back from waiting starts no more than LATENCY behind the others: sleeping earns no credit beyond that.
import { TASK_BLOCKED, TASK_FREE, Task, task_at, task_limit } from "./tasks";

const WEIGHT_ONE: u64 = 1024;
const LATENCY_NS: u64 = 6_000_000;
export const FAIR_SLICE_NS: u64 = 4_000_000;
/** How far behind a waiting task must be before it takes the processor from a running one. */
export const FAIR_MARGIN_NS: u64 = 2_000_000;

/** The least virtual time among those who can run; it never falls. Starts where differences cannot go below zero. */
let floor_ns: u64 = 1 << 40;

export function fair_ran(task: Task, ran_ns: u64): void {
  task.virtual_ns += (ran_ns * WEIGHT_ONE) / task.weight;
  let least = u64.MAX_VALUE;
  for (let place: u32 = 0; place < task_limit(); place++) {
    const other = task_at(place);
    if (other.state != TASK_FREE && other.state != TASK_BLOCKED) least = min(least, other.virtual_ns);
  }
  if (least != u64.MAX_VALUE) floor_ns = max(floor_ns, least);
}

/** It can run again. */
export function fair_woken(task: Task): void {
  task.virtual_ns = max(task.virtual_ns, floor_ns - LATENCY_NS);
}

/** It joins where the others are. */
export function fair_joins(task: Task): void {
  task.virtual_ns = floor_ns;
}
