// Deadlines: a binary heap of timer nodes, earliest first. A node lies inside a notification or a
// thread; the heap holds node addresses in a table of the kernel's memory.
// Invariant: heap[node.position] is the node, for every armed node.

import { cpu_at, cpu_look } from "../cpu";
import { KERNEL_TIMERS, table_grow } from "../mm/tables";

export const TIMER_NOTIFICATION: u32 = 1;
/** A domain's: it has waited long enough. */
export const TIMER_WAIT: u32 = 2;
/** A thread's: the end of its pause (control.ts). */
export const TIMER_PAUSE: u32 = 3;
/** An interrupt line's: it is no longer held back (irq.ts). */
export const TIMER_IRQ: u32 = 4;

@unmanaged
export class TimerNode {
  deadline: u64;
  /** place in the heap from 1; 0 = not armed. */
  position: u32;
  kind: u32;
}

let count: u32 = 0;

@inline function at(position: u32): TimerNode {
  return load<TimerNode>(<usize>(KERNEL_TIMERS + (position << 2)));
}
@inline function put(position: u32, node: TimerNode): void {
  store<TimerNode>(<usize>(KERNEL_TIMERS + (position << 2)), node);
  node.position = position;
}

function sift_up(start: u32): void {
  let position = start;
  const node = at(position);
  while (position > 1) {
    const parent = at(position >> 1);
    if (parent.deadline <= node.deadline) break;
    put(position, parent);
    position >>= 1;
  }
  put(position, node);
}

function sift_down(start: u32): void {
  let position = start;
  const node = at(position);
  for (;;) {
    let child = position << 1;
    if (child > count) break;
    if (child < count && at(child + 1).deadline < at(child).deadline) child++;
    if (node.deadline <= at(child).deadline) break;
    put(position, at(child));
    position = child;
  }
  put(position, node);
}

/** Arms the node, which is not armed; false: the heap cannot grow. */
export function timer_insert(node: TimerNode, deadline: u64): bool {
  if (!table_grow(KERNEL_TIMERS, (count + 2) << 2)) return false;
  node.deadline = deadline;
  count++;
  put(count, node);
  sift_up(count);
  if (node.position == 1) cpu_look(cpu_at(0)); // its timer serves all deadlines
  return true;
}

/** Disarms the node if it is armed. */
@inline
export function timer_remove(node: TimerNode): void {
  if (node.position != 0) take_out(node);
}

function take_out(node: TimerNode): void {
  const position = node.position;
  node.position = 0;
  const last = at(count);
  count--;
  if (position > count) return;
  put(position, last);
  sift_up(position);
  sift_down(last.position);
}

/** The earliest deadline in nanoseconds since boot; u64.MAX_VALUE: none. */
export function timer_first_deadline(): u64 {
  return count == 0 ? u64.MAX_VALUE : at(1).deadline;
}

/** The node with the earliest deadline; only when there is one. */
export function timer_first(): TimerNode {
  return at(1);
}
