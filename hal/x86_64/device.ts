// Device registers, in port space or memory, for the kernel's device gates. The caller has checked
// width and range.

import { load16, load32, load8, store16, store32, store64, store8 } from "../kernel/machine";
import { port_load, port_store } from "./machine";

/** Reads `width` (1, 2 or 4) bytes of a register. */
export function device_load(is_port: bool, address: u64, width: u32): u32 {
  if (is_port) return port_load(width, <u32>address);
  if (width == 1) return load8(address);
  return width == 2 ? load16(address) : load32(address);
}

/** Writes `width` bytes of a register; 8 is two ports' worth and goes to memory only. */
export function device_store(is_port: bool, address: u64, width: u32, value: u64): void {
  if (is_port) port_store(width, <u32>address, <u32>value);
  else if (width == 1) store8(address, <u32>value);
  else if (width == 2) store16(address, <u32>value);
  else if (width == 4) store32(address, <u32>value);
  else store64(address, value);
}
