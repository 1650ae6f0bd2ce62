// Device registers for the kernel's device gates: all of them in memory. The caller has checked width
// and range.

import { load16, load32, load8, store16, store32, store64, store8 } from "../../kernel/machine";

/** Reads `width` (1, 2 or 4) bytes of a register. There is no port space here. */
export function device_load(is_port: u32, address: u64, width: u32): u32 {
  if (width == 1) return load8(address);
  return width == 2 ? load16(address) : load32(address);
}

/** Writes `width` (1, 2, 4 or 8) bytes of a register. */
export function device_store(is_port: u32, address: u64, width: u32, value: u64): void {
  if (width == 1) store8(address, <u32>value);
  else if (width == 2) store16(address, <u32>value);
  else if (width == 4) store32(address, <u32>value);
  else store64(address, value);
}
