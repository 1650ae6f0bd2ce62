// The trace ring: 32-byte events with time-stamps in kernel memory that a holder of SYSTEM_TRACE maps
// read-only. Off at first; one predictable branch when off.
//
//   page-aligned ring at KERNEL_TRACE: entry 0 = { u64 events written since boot, u64 capacity, 0, 0 }
//   entry = { u64 counter, u32 event, u32 domain, u64 a, u64 b }

import { KERNEL_TRACE, KERNEL_TRACE_BYTES } from "./abi/layout";
import { cpu } from "./cpu";
import { counter } from "./machine";
import { is_none } from "./none";

export const TRACE_SWITCH: u32 = 1;
export const TRACE_CALL: u32 = 2;
export const TRACE_INTERRUPT: u32 = 3;
export const TRACE_TRAP: u32 = 4;
export const TRACE_SIGNAL: u32 = 5;
export const TRACE_START: u32 = 6;
export const TRACE_END: u32 = 7;

const ENTRY: u32 = 32;
const CAPACITY: u32 = KERNEL_TRACE_BYTES / ENTRY - 1;

let tracing: bool = false;
let written: u64 = 0;

export function trace_switch(on: bool): void {
  tracing = on;
}

@inline
export function trace(event: u32, a: u64, b: u64): void {
  if (tracing) record(event, a, b);
}

function record(event: u32, a: u64, b: u64): void {
  const at = <usize>(KERNEL_TRACE + ENTRY + <u32>(written % CAPACITY) * ENTRY);
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
