// Device registers on behalf of a driver. Called by kernel/gates/device.ts, which has checked range and alignment.
// Invariant: one access of exactly the width that was asked for.

import { load16, load32, load8, store16, store32, store64, store8 } from "../kernel/machine";

/** No device of this architecture lies in port space. */
export function device_load(is_port: bool, address: u64, width_bytes: u32): u32 {
  if (width_bytes == 1) return load8(address);
  if (width_bytes == 2) return load16(address);
  return load32(address);
}

export function device_store(is_port: bool, address: u64, width_bytes: u32, value: u64): void {
  if (width_bytes == 1) store8(address, <u32>value);
  else if (width_bytes == 2) store16(address, <u32>value);
  else if (width_bytes == 4) store32(address, <u32>value);
  else store64(address, value);
}
