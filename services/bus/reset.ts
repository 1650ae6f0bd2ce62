// Makes a device quiet, whatever its driver has told it to do: it masters the bus no more, and forgets its queues. Called before a device is handed out,
// and when its driver has gone. Invariant: bus mastering is off before anything else, and every wait is bounded.
import * as notification from "../lib/notification";
import { load_register, store_register } from "../lib/device";
import { self } from "../lib/startup";
import { E_DEVICE } from "../lib/errors";
import { CLASS_NVME, STRUCTURE_COMMON } from "../../build/interfaces/bus/constants";
import { class_of } from "./classes";
import { bar_registers } from "./handles";
import { COMMAND_MASTER, COMMAND_MEMORY, config_load, config_store, set_command } from "./pci/config";
import { write_bars } from "./pci/bars";
import { KIND_BLOCK, Unit, structure_bar, structure_bytes, structure_offset } from "./unit";

const VIRTIO_STATUS: u32 = 0x14;
const BLOCK_STATUS: u32 = 0x70;
const NVME_CONFIGURATION: u32 = 0x14;
const NVME_STATUS: u32 = 0x1c;
const NVME_ENABLE: u32 = 1;
const NVME_READY: u32 = 1;
/** Offsets in the PCI Express capability (PCI Express 5.0, 7.5.3), and its function-level reset (6.6.2). */
const EXPRESS_CAPABILITIES: u32 = 4;
const EXPRESS_CONTROL: u32 = 8;
const FUNCTION_RESET_POSSIBLE: u32 = 1 << 28;
const FUNCTION_RESET: u32 = 1 << 15;
const FUNCTION_RESET_NS: u64 = 100_000_000;
const CONTROL_MASK: u32 = 0xffff;
const LOOKS: u32 = 100;
const PAUSE_NS: u64 = 100_000;

let pause_notification: u64 = 0;

/** 0; E_DEVICE: it does not come to rest, and cannot be trusted to do anything. It masters the bus no more either way. */
export function quieten(unit: Unit): i64 {
  if (unit.kind == KIND_BLOCK) return settle(bar_registers(unit, 0), BLOCK_STATUS, 4, 0, BLOCK_STATUS, u32.MAX_VALUE);
  set_command(unit.target, COMMAND_MEMORY, COMMAND_MASTER);
  if (unit.virtio != 0 && structure_bytes(unit, STRUCTURE_COMMON) > VIRTIO_STATUS) {
    const status = structure_offset(unit, STRUCTURE_COMMON) + VIRTIO_STATUS;
    return settle(bar_registers(unit, structure_bar(unit, STRUCTURE_COMMON)), status, 1, 0, status, 0xff);
  }
  if (class_of(unit) == CLASS_NVME) {
    const device = bar_registers(unit, 0);
    const control = device < 0 ? device : load_register(<u64>device, NVME_CONFIGURATION, 4);
    if (control < 0) return control;
    return settle(device, NVME_CONFIGURATION, 4, (<u32>control) & ~NVME_ENABLE, NVME_STATUS, NVME_READY);
  }
  return reset_function(unit);
}

/** Stores a value, and looks until the bits of `mask` are 0 in another register (or the same). */
function settle(device: i64, register: u32, width: u32, value: u32, look_at: u32, mask: u32): i64 {
  if (device < 0) return device;
  const error = store_register(<u64>device, register, width, value);
  if (error < 0) return error;
  for (let look: u32 = 0; look < LOOKS; look++) {
    const seen = load_register(<u64>device, look_at, width);
    if (seen < 0) return seen;
    if (((<u32>seen) & mask) == 0) return 0;
    pause(PAUSE_NS);
  }
  return E_DEVICE;
}

/** Where a function knows how to; one that does not is quiet because it masters the bus no more. */
function reset_function(unit: Unit): i64 {
  if (unit.express == 0) return 0;
  if ((config_load(unit.target, unit.express + EXPRESS_CAPABILITIES) & FUNCTION_RESET_POSSIBLE) == 0) return 0;
  const control = config_load(unit.target, unit.express + EXPRESS_CONTROL) & CONTROL_MASK;
  config_store(unit.target, unit.express + EXPRESS_CONTROL, control | FUNCTION_RESET);
  pause(FUNCTION_RESET_NS);
  write_bars(unit);
  set_command(unit.target, COMMAND_MEMORY, COMMAND_MASTER);
  return 0;
}

/** Waits so long. */
export function pause(ns: u64): void {
  if (pause_notification == 0) {
    const made = notification.create(self());
    if (made < 0) return;
    pause_notification = <u64>made;
  }
  notification.wait(pause_notification, notification.now_ns() + ns);
}
