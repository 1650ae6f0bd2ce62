// The trace ring: 32-byte events with time-stamps in kernel memory that a holder of SYSTEM_TRACE maps
// read-only. Off at first; one predictable branch when off.
//
//   page-aligned ring at KERNEL_TRACE; layout in abi/trace.ts

import * as layout from "./abi/trace";
import { KERNEL_TRACE, KERNEL_TRACE_BYTES } from "./abi/layout";
import { cpu } from "./cpu";
import { plain_bound_update } from "./ipc/plain";
import { counter } from "./machine";
import { is_none } from "./none";
import { counter_to_ns } from "../hal/timer";

export * from "./abi/trace";

const CAPACITY: u32 = KERNEL_TRACE_BYTES / layout.TRACE_ENTRY_SIZE - 1;
const SCALE_TICKS: u64 = 1 << 32;

let on: bool = false;
let written: u64 = 0;

export function trace_switch(wanted: bool): void {
  if (wanted && !on) {
    store<u64>(<usize>(KERNEL_TRACE + layout.TRACE_CAPACITY_AT), CAPACITY);
    store<u64>(<usize>(KERNEL_TRACE + layout.TRACE_SCALE_AT), counter_to_ns(SCALE_TICKS));
    store<u64>(<usize>(KERNEL_TRACE + layout.TRACE_BASE_AT), counter());
  }
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
  const place = <u32>(written % CAPACITY) + 1;
  const at = <usize>(KERNEL_TRACE + place * layout.TRACE_ENTRY_SIZE);
  const block = cpu();
  const domain = block.domain;
  store<u64>(at, counter(), layout.TRACE_COUNTER_AT);
  store<u32>(at, event | (block.number << 16), layout.TRACE_EVENT_AT);
  store<u32>(at, is_none(domain) ? 0 : domain.index, layout.TRACE_DOMAIN_AT);
  store<u64>(at, a, layout.TRACE_A_AT);
  store<u64>(at, b, layout.TRACE_B_AT);
  written++;
  store<u64>(<usize>(KERNEL_TRACE + layout.TRACE_WRITTEN_AT), written);
}
