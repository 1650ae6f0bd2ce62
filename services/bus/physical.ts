// Bytes of physical space: what firmware left there. Called while discovery runs; a copy is made once, and parsers see only the copy,
// so nothing changes under them. Invariant: no more than COPY_MAX bytes a table, and nothing that the kernel refuses.
import * as capability from "../lib/capability";
import { load_register, obtain_range } from "../lib/device";

/** The longest table that is believed. */
export const COPY_MAX: u32 = 0x1_0000;
const WORD: u32 = 4;

let system: u64 = 0;

/** `capability` to System with the right to devices. */
export function open_physical(capability: u64): void {
  system = capability;
}

/** A Device over [base, base + bytes); bytes 0: over what the firmware handed over. Or an error. */
export function range(base: u64, bytes: u64): i64 {
  return obtain_range(system, base, bytes);
}

/** Copies from a Device; `offset` and `bytes` may be odd. 0, or the error of the access that was refused. */
export function copy_from(device: u64, offset: u32, bytes: u32, to: usize): i64 {
  for (let done: u32 = 0; done < bytes; ) {
    const at = offset + done;
    const width: u32 = (at & (WORD - 1)) == 0 && bytes - done >= WORD ? WORD : 1;
    const value = load_register(device, at, width);
    if (value < 0) return value;
    if (width == WORD) store<u32>(to + done, <u32>value);
    else store<u8>(to + done, <u8>value);
    done += width;
  }
  return 0;
}

/** Copies bytes at a physical address. 0, or an error: memory, or what the kernel keeps, lies there. */
export function copy_physical(base: u64, bytes: u32, to: usize): i64 {
  const lead = <u32>(base & (WORD - 1));
  const device = range(base - lead, <u64>(lead + bytes));
  if (device < 0) return device;
  const error = copy_from(<u64>device, lead, bytes, to);
  capability.drop(<u64>device);
  return error;
}
