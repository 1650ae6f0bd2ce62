// Device registers, in port space or memory, for the kernel's device gates. The caller has checked
// width and range. Invariant: one access; one that the processor refuses is an error, not a trap.

import * as machine from "../kernel/machine";
import { port_load, port_store } from "./machine";

/** Reads `width` (1, 2 or 4) bytes of a register. */
export function device_load(is_port: bool, address: u64, width: u32): i64 {
  return is_port ? <i64>port_load(width, <u32>address) : machine.device_load(address, width);
}

/** Writes `width` bytes of a register; 8 is two ports' worth and goes to memory only. */
export function device_store(is_port: bool, address: u64, width: u32, value: u64): i64 {
  if (!is_port) return machine.device_store(address, width, value);
  port_store(width, <u32>address, <u32>value);
  return 0;
}
