// Device registers on behalf of a driver. Called by kernel/gates/device.ts, which has checked range and alignment.
// Invariant: one access of exactly the width that was asked for; one that the device refuses is an error, not a trap.

import * as machine from "../kernel/machine";

/** No device of this architecture lies in port space. */
export function device_load(is_port: bool, address: u64, width_bytes: u32): i64 {
  return machine.device_load(address, width_bytes);
}

export function device_store(is_port: bool, address: u64, width_bytes: u32, value: u64): i64 {
  return machine.device_store(address, width_bytes, value);
}
