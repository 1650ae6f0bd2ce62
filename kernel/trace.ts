// The trace ring: 32-byte events with time-stamps in kernel memory that a holder of SYSTEM_TRACE maps
// read-only. Off at first; one predictable branch when off.
//
//   page-aligned ring at KERNEL_TRACE; layout in abi/trace.ts

import { TRACE_ENTRY_SIZE } from "./abi/trace";
import { KERNEL_TRACE, KERNEL_TRACE_BYTES } from "./abi/layout";
import { cpu } from "./cpu";
import { plain_bound_update } from "./ipc/plain";
import { counter } from "./machine";
import { is_none } from "./none";

export {
  TRACE_CALL,
  TRACE_END,
  TRACE_INTERRUPT,
  TRACE_SIGNAL,
  TRACE_START,
  TRACE_SWITCH,
  TRACE_TRAP,
} from "./abi/trace";

const CAPACITY: u32 = KERNEL_TRACE_BYTES / TRACE_ENTRY_SIZE - 1;

let on: bool = false;
let written: u64 = 0;

export function trace_switch(wanted: bool): void {
  on = wanted;
  plain_bound_update();
}

/** Is it on? Shortest paths that record nothing step aside then. */
@inline
export function tracing(): bool {
  return on;
}


@inline
export function trace(event: u32, a: u64, b: u64): void {
  if (on) record(event, a, b);
}

function record(event: u32, a: u64, b: u64): void {
  const at = <usize>(KERNEL_TRACE + TRACE_ENTRY_SIZE + <u32>(written % CAPACITY) * TRACE_ENTRY_SIZE);
  const domain = cpu().domain;
  store<u64>(at, counter());
  store<u32>(at, event, 8);
  store<u32>(at, is_none(domain) ? 0 : domain.index, 12);
  store<u64>(at, a, 16);
  store<u64>(at, b, 24);
  written++;
  store<u64>(<usize>KERNEL_TRACE, written);
  store<u64>(<usize>KERNEL_TRACE, CAPACITY, 8);
}
