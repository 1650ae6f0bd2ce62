// Gates of devices and interrupts: a driver reaches exactly the registers and lines that it was given.

import { E_ARGUMENT } from "../abi/errors";
import {
  DEVICE_LOAD,
  DEVICE_STORE,
  IRQ_ACK,
  IRQ_BIND,
  NOTIFICATION_SIGNAL,
  TYPE_DEVICE,
  TYPE_IRQ,
} from "../abi/rights";
import { device_load, device_store } from "../../hal/device";
import { lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { bits_legal } from "../ipc/notification";
import { irq_acknowledge, irq_bind } from "../irq";
import { is_none } from "../none";
import { Device, Irq } from "../object/object";
import { notification_with } from "./notification";

export function gate_irq_bind(irq_handle: u64, notification_handle: u64, bits: u64): i64 {
  const irq = lookup_object<Irq>(current(), irq_handle, TYPE_IRQ, IRQ_BIND);
  if (is_none(irq)) return lookup_error();
  const notification = notification_with(notification_handle, NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  if (!bits_legal(bits)) return E_ARGUMENT;
  irq_bind(irq, notification, bits);
  return 0;
}

export function gate_irq_ack(irq_handle: u64): i64 {
  const irq = lookup_object<Irq>(current(), irq_handle, TYPE_IRQ, IRQ_ACK);
  if (is_none(irq)) return lookup_error();
  irq_acknowledge(irq);
  return 0;
}

/** The register range and width of an access: aligned, and inside the device. */
@inline
function legal(device: Device, offset: u64, width: u32): bool {
  if (width != 1 && width != 2 && width != 4 && width != 8) return false;
  return offset % width == 0 && offset + width <= <u64>device.bytes;
}

export function gate_device_load(handle: u64, where: u64): i64 {
  const device = lookup_object<Device>(current(), handle, TYPE_DEVICE, DEVICE_LOAD);
  if (is_none(device)) return lookup_error();
  const offset = where & 0xffff_ffff,
    width = <u32>(where >> 32);
  if (!legal(device, offset, width) || width == 8) return E_ARGUMENT;
  return <i64>device_load(device.is_port != 0, device.base + offset, width);
}

export function gate_device_store(handle: u64, where: u64, value: u64): i64 {
  const device = lookup_object<Device>(current(), handle, TYPE_DEVICE, DEVICE_STORE);
  if (is_none(device)) return lookup_error();
  const offset = where & 0xffff_ffff,
    width = <u32>(where >> 32);
  if (!legal(device, offset, width)) return E_ARGUMENT;
  device_store(device.is_port != 0, device.base + offset, width, value);
  return 0;
}
