// Gates of devices and interrupts: a driver reaches exactly the registers and lines that it was given.

import { E_ABSENT, E_ADDRESS, E_ARGUMENT, E_NO_MEMORY, E_STATE } from "../abi/errors";
import * as rights from "../abi/rights";
import { device_load, device_store } from "../../hal/device";
import { range_kept } from "../../hal/boot";
import { irq_count, message_address, message_count, message_data } from "../../hal/interrupts";
import { capability_first } from "../cap/derive";
import { Capability, capability_at, lookup, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { bits_legal } from "../ipc/notification";
import { irq_acknowledge, irq_bind, irq_message, irq_object } from "../irq";
import { is_none } from "../none";
import { Device, Irq } from "../object/object";
import { told, told_memory } from "../start/told";
import { notification_with, object_make, words_write } from "./common";

const IRQ_ALL: u32 = rights.IRQ_ACK | rights.IRQ_BIND | rights.RIGHT_REVOKE | rights.RIGHT_SHARE;
/** Physical space above is not for devices: every architecture's direct map has room for what lies below. */
const DEVICES_END: u64 = 1 << 36;

export function gate_irq_bind(irq_handle: u64, notification_handle: u64, bits: u64): i64 {
  const irq = lookup_object<Irq>(current(), irq_handle, rights.TYPE_IRQ, rights.IRQ_BIND);
  if (is_none(irq)) return lookup_error();
  const notification = notification_with(notification_handle, rights.NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  if (!bits_legal(bits)) return E_ARGUMENT;
  irq_bind(irq, notification, bits);
  return 0;
}

export function gate_irq_ack(irq_handle: u64): i64 {
  const irq = lookup_object<Irq>(current(), irq_handle, rights.TYPE_IRQ, rights.IRQ_ACK);
  if (is_none(irq)) return lookup_error();
  irq_acknowledge(irq);
  return 0;
}

/** An interrupt that a device raises by a store: words r1 where, r2 what. It is the caller's until its last capability goes. */
export function gate_irq_message(system: u64): i64 {
  const domain = current();
  if (is_none(lookup(domain, system, rights.TYPE_SYSTEM, rights.SYSTEM_MESSAGES))) return lookup_error();
  if (message_count() == 0) return E_ABSENT;
  if (domain.memory_pages == 0) return E_ADDRESS;
  const irq = irq_message();
  if (is_none(irq)) return E_NO_MEMORY;
  const handle = capability_first(domain, irq, IRQ_ALL, 0);
  if (handle >= 0) words_write(domain, message_address(irq.line), message_data(irq.line), 0, 0, 0);
  return handle;
}

/** An interrupt line that nobody holds: a line belongs to one driver. */
export function gate_irq_line(system: u64, line: u64): i64 {
  const domain = current();
  if (is_none(lookup(domain, system, rights.TYPE_SYSTEM, rights.SYSTEM_DEVICES))) return lookup_error();
  if (line >= <u64>irq_count()) return E_ARGUMENT;
  const irq = irq_object(<u32>line);
  if (is_none(irq)) return E_NO_MEMORY;
  return irq.holders != 0 ? E_STATE : capability_first(domain, irq, IRQ_ALL, 0);
}

/** A Device over a range that holds neither memory nor what the kernel keeps; of no bytes: over what the firmware handed over, to read. */
export function gate_device_range(self: u64, system: u64, base: u64, bytes: u64): i64 {
  if (is_none(lookup(current(), system, rights.TYPE_SYSTEM, rights.SYSTEM_DEVICES))) return lookup_error();
  const is_firmware = bytes == 0;
  if (is_firmware) {
    base = told().firmware_base;
    bytes = told().firmware_bytes;
    if (bytes == 0) return E_ABSENT;
  } else if (
    base >= DEVICES_END ||
    bytes > u32.MAX_VALUE ||
    base + bytes > DEVICES_END ||
    range_kept(base, base + bytes) ||
    told_memory().touches(base, base + bytes)
  ) {
    return E_ADDRESS;
  }
  const all = rights.DEVICE_LOAD | (is_firmware ? 0 : rights.DEVICE_STORE) | rights.RIGHT_REVOKE | rights.RIGHT_SHARE;
  const handle = object_make(self, rights.TYPE_DEVICE, all);
  if (handle < 0) return handle;
  const device = changetype<Device>(capability_at(<u32>handle).object);
  device.base = base;
  device.bytes = <u32>bytes;
  return handle;
}

/**
 * The address of the register that an access names; u64.MAX_VALUE: it is not aligned, or not all of it inside what the capability
 * reaches: the device, or the part of it that its badge says: offset | bytes << 32.
 */
function register_at(capability: Capability, offset: u64, width: u32): u64 {
  if (width != 1 && width != 2 && width != 4 && width != 8) return u64.MAX_VALUE;
  const device = changetype<Device>(capability.object),
    badge = capability.badge;
  const bytes = badge == 0 ? <u64>device.bytes : badge >> 32,
    at = (badge & 0xffff_ffff) + offset;
  if (at % width != 0 || offset + width > bytes || at + width > <u64>device.bytes) return u64.MAX_VALUE;
  return device.base + at;
}

export function gate_device_load(handle: u64, where: u64): i64 {
  const capability = lookup(current(), handle, rights.TYPE_DEVICE, rights.DEVICE_LOAD);
  if (is_none(capability)) return lookup_error();
  const width = <u32>(where >> 32),
    address = register_at(capability, where & 0xffff_ffff, width);
  if (address == u64.MAX_VALUE || width == 8) return E_ARGUMENT;
  return device_load(changetype<Device>(capability.object).is_port != 0, address, width);
}

export function gate_device_store(handle: u64, where: u64, value: u64): i64 {
  const capability = lookup(current(), handle, rights.TYPE_DEVICE, rights.DEVICE_STORE);
  if (is_none(capability)) return lookup_error();
  const width = <u32>(where >> 32),
    address = register_at(capability, where & 0xffff_ffff, width);
  if (address == u64.MAX_VALUE) return E_ARGUMENT;
  return device_store(changetype<Device>(capability.object).is_port != 0, address, width, value);
}
