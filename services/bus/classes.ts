// Which class of driver a device is for, and what people call it. Called by claims and by the listing.
import {
  CLASS_EDU,
  CLASS_NVME,
  CLASS_VIRTIO_9P,
  CLASS_VIRTIO_BLK,
  CLASS_VIRTIO_CONSOLE,
  CLASS_VIRTIO_GPU,
  CLASS_VIRTIO_INPUT,
  CLASS_VIRTIO_NET,
  CLASS_VIRTIO_RNG,
} from "../../build/interfaces/bus/constants";
import { FAULT_NONE, NO_UNIT, Unit, unit_at, unit_count } from "./unit";

const NVME_CLASS: u32 = 0x01_0802;
const EDU_IDENTITY: u32 = 0x11e8_1234;

/** CLASS_… of interface.ts; 0: no driver here is for it. */
export function class_of(unit: Unit): u32 {
  if (unit.virtio != 0) return virtio_class(unit.virtio);
  if (unit.class_revision >> 8 == NVME_CLASS) return CLASS_NVME;
  return unit.identity == EDU_IDENTITY ? CLASS_EDU : 0;
}

/** By the device numbers of virtio 1.2, chapter 5. */
function virtio_class(number: u32): u32 {
  switch (number) {
    case 1:
      return CLASS_VIRTIO_NET;
    case 2:
      return CLASS_VIRTIO_BLK;
    case 3:
      return CLASS_VIRTIO_CONSOLE;
    case 4:
      return CLASS_VIRTIO_RNG;
    case 9:
      return CLASS_VIRTIO_9P;
    case 16:
      return CLASS_VIRTIO_GPU;
    case 18:
      return CLASS_VIRTIO_INPUT;
    default:
      return 0;
  }
}

/** The place of device number `order` of a class that can be used; NO_UNIT. */
export function find_unit(wanted: u32, order: u32): u32 {
  // class 0 is every device that no driver is for, and role 0 may list alone
  if (wanted == 0) return NO_UNIT;
  for (let place: u32 = 0; place < unit_count(); place++) {
    const unit = unit_at(place);
    if (unit.fault != FAULT_NONE || class_of(unit) != wanted) continue;
    if (order-- == 0) return place;
  }
  return NO_UNIT;
}

export function class_name(wanted: u32): string {
  if (wanted == CLASS_VIRTIO_NET) return "virtio-net";
  if (wanted == CLASS_VIRTIO_BLK) return "virtio-blk";
  if (wanted == CLASS_VIRTIO_CONSOLE) return "virtio-console";
  if (wanted == CLASS_VIRTIO_RNG) return "virtio-rng";
  if (wanted == CLASS_VIRTIO_GPU) return "virtio-gpu";
  if (wanted == CLASS_VIRTIO_INPUT) return "virtio-input";
  if (wanted == CLASS_VIRTIO_9P) return "virtio-9p";
  if (wanted == CLASS_NVME) return "nvme";
  return wanted == CLASS_EDU ? "edu" : "";
}

/** What a function is by its base class and subclass (PCI Code and ID Assignment 1.11). */
export function kind_name(class_code: u32): string {
  switch (class_code >> 8) {
    case 0x0106:
      return "sata";
    case 0x0108:
      return "nvm";
    case 0x0200:
      return "ethernet";
    case 0x0300:
      return "display";
    case 0x0600:
      return "host bridge";
    case 0x0601:
      return "isa bridge";
    case 0x0604:
      return "pci bridge";
    case 0x0c03:
      return "usb";
    case 0x0c05:
      return "smbus";
    default:
      return "device";
  }
}
