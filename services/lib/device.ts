// Device registers and interrupt lines, by capability. A driver uses offsets in bytes and never learns
// whether they are ports or memory. Every access is one access: neither merged nor repeated.
import * as phi from "./phi";
import { self } from "./startup";

/** A register of 1, 2, 4 or 8 bytes; an answer below zero is an error (a value is at most 32 bits wide in practice). */
// @ts-ignore: decorator
@inline
export function load_register(device: u64, offset_bytes: u32, width_bytes: u32): i64 {
  return phi.device_load(device, (<u64>offset_bytes) | ((<u64>width_bytes) << 32));
}

// @ts-ignore: decorator
@inline
export function store_register(device: u64, offset_bytes: u32, width_bytes: u32, value: u64): i64 {
  return phi.device_store(device, (<u64>offset_bytes) | ((<u64>width_bytes) << 32), value);
}

/** The line's interrupts set `bits` of the notification; each is masked until acknowledged. */
export function bind_interrupt(irq: u64, notification: u64, bits: u64): i64 {
  return phi.irq_bind(irq, notification, bits);
}

export function acknowledge(irq: u64): i64 {
  return phi.irq_ack(irq);
}

/**
 * An interrupt that a device raises by storing words r1 (where: reply_word(1)) and r2 (what: reply_word(2)): bound and acknowledged as a
 * line's. E_ABSENT: this machine has none. It is free again when its last capability goes.
 */
export function obtain_message(system: u64): i64 {
  return phi.irq_message(system);
}

/** An interrupt line that nobody has; E_STATE: somebody has it. */
export function obtain_line(system: u64, line: u32): i64 {
  return phi.irq_line(system, line);
}

/** Registers at a place in physical space, where no memory is and nothing that the kernel keeps; bytes 0: what the firmware handed over. */
export function obtain_range(system: u64, base: u64, bytes: u64): i64 {
  return phi.device_range(self(), system, base, bytes);
}

/** A capability to part of a device that this one reaches whole, for somebody who needs no more of it. Its offsets start at 0. */
export function derive_part(device: u64, offset_bytes: u32, length_bytes: u32, rights: u64): i64 {
  return phi.cap_derive(device, rights, (<u64>offset_bytes) | ((<u64>length_bytes) << 32));
}
