// All functions behind all bridges (PCI-to-PCI Bridge Architecture 1.2): those that firmware has set up, and then those that it has not. Called once, when
// discovery runs.
// Invariant: a bus is entered once; every loop is bounded by the number of buses, devices and functions.
import { pin_line, refuse } from "../found";
import { FAULT_NONE, KIND_FUNCTION, Unit, place_of, unit_add, unit_at, unit_count } from "../unit";
import { check_bars, place_bars, read_bars } from "./bars";
import { number_behind, number_bridge, number_seen, open_bridge } from "./bridges";
import { is_port, read_capabilities } from "./capabilities";
import {
  NOBODY,
  REGISTER_CLASS,
  REGISTER_COMMAND,
  REGISTER_HEADER,
  REGISTER_PIN,
  REGISTER_SUBSYSTEM,
  bus_behind,
  config_load,
  first_bus,
  last_bus,
} from "./config";

const DEVICES: u32 = 32;
const FUNCTIONS: u32 = 8;
const HEADER_MANY: u32 = 0x80;
const HEADER_BRIDGE: u32 = 1;
const HEADER_KIND: u32 = 0x7f;
const BARS_OF_BRIDGE: u32 = 2;
const BARS_OF_DEVICE: u32 = 6;
const VIRTIO_VENDOR: u32 = 0x1af4;
/** Device numbers of modern devices begin here; of transitional ones the subsystem tells. */
const VIRTIO_MODERN: u32 = 0x1040;
const VIRTIO_TRANSITIONAL: u32 = 0x1000;
const VIRTIO_LAST: u32 = 0x107f;

/** A bit for each bus that was entered. */
const entered = memory.data(32, 8);

/** `has_roots`: the machine may have more buses without a bridge above them, which the firmware's tables name in byte code alone. */
export function scan(has_roots: bool): void {
  scan_bus(first_bus(), null);
  for (let bus = first_bus() + 1; has_roots && bus <= last_bus(); bus++)
    if (!was_entered(bus) && has_devices(bus)) scan_bus(bus, null);
  const of_firmware = unit_count();
  is_numbering = true;
  for (let place: u32 = 0; place < of_firmware; place++) {
    const unit = unit_at(place);
    // the numbers behind a bridge of firmware's are all given
    if (unit.is_bridge && unit.above == 0 && bus_behind(unit.target) == 0) scan_unnumbered(unit);
  }
  for (let place: u32 = 0; place < of_firmware; place++) {
    const unit = unit_at(place);
    if (unit.kind == KIND_FUNCTION && unit.bus_below != 0) open_bridge(unit);
  }
  for (let place: u32 = 0; place < unit_count(); place++) {
    const unit = unit_at(place);
    if (unit.kind != KIND_FUNCTION || unit.is_bridge || unit.fault != FAULT_NONE) continue;
    unit.fault = place_bars(unit);
  }
}

function was_entered(bus: u32): bool {
  return (load<u8>(entered + (bus >> 3)) & (<u8>((<u32>1) << (bus & 7)))) != 0;
}

function has_devices(bus: u32): bool {
  let device: u32 = 0;
  while (device < DEVICES && config_load((bus << 8) | (device << 3), 0) == NOBODY) device++;
  return device < DEVICES;
}

/** Bridges that are met get numbers. */
let is_numbering = false;

function scan_unnumbered(unit: Unit): void {
  const bus = unit.target >> 8;
  const below = number_bridge(unit, bus);
  if (below == 0) return;
  scan_bus(below, unit);
  number_behind(unit, bus);
}

/** Depth is bounded: a bus below has a higher number than the one above. `above`: the bridge to it. */
function scan_bus(bus: u32, above: Unit | null): void {
  if (was_entered(bus)) return refuse();
  const at = entered + (bus >> 3);
  store<u8>(at, load<u8>(at) | (<u8>((<u32>1) << (bus & 7))));
  number_seen(bus);
  for (let device: u32 = 0; device < DEVICES; device++) {
    const first = (bus << 8) | (device << 3);
    if (config_load(first, 0) == NOBODY) continue;
    const has_many = ((config_load(first, REGISTER_HEADER) >> 16) & HEADER_MANY) != 0;
    const functions = has_many ? FUNCTIONS : 1;
    for (let i: u32 = 0; i < functions; i++) add_function(bus, first | i, above);
  }
}

function add_function(bus: u32, target: u32, above: Unit | null): void {
  const identity = config_load(target, 0);
  if (identity == NOBODY || (identity & 0xffff) == 0 || (identity & 0xffff) == 0xffff) return;
  const unit = unit_add(KIND_FUNCTION, target, identity);
  if (unit == null) return refuse();
  const header = (config_load(target, REGISTER_HEADER) >> 16) & HEADER_KIND;
  unit.top = above == null ? target : above.top;
  unit.above = above == null ? 0 : place_of(above) + 1;
  unit.is_hidden = <u32>(above != null && (above.is_hidden || !is_port(above.target)));
  unit.class_revision = config_load(target, REGISTER_CLASS);
  unit.is_bridge = <u32>(header == HEADER_BRIDGE);
  unit.virtio = virtio_number(target, identity);
  unit.line = line_of(unit, (config_load(target, REGISTER_PIN) >> 8) & 0xff);
  const command = config_load(target, REGISTER_COMMAND);
  if (header == HEADER_BRIDGE) {
    const below = bus_behind(target);
    if (below > bus && below <= last_bus()) scan_bus(below, unit);
    else if (below != 0) refuse();
    else if (is_numbering) scan_unnumbered(unit);
    return;
  }
  unit.fault = read_bars(unit, header == 0 ? BARS_OF_DEVICE : BARS_OF_BRIDGE, command);
  if (unit.fault == FAULT_NONE) unit.fault = check_bars(unit);
  if (unit.fault == FAULT_NONE) unit.fault = read_capabilities(unit);
  if (unit.fault != FAULT_NONE) refuse();
}

/** A pin behind a bridge is one of the bridge's, turned by the device's number (the bridge specification's 9.1). */
function line_of(unit: Unit, pin: u32): u32 {
  let at = unit;
  let turned = pin;
  while (at.above != 0 && turned != 0) {
    turned = ((turned - 1 + ((at.target >> 3) & 31)) & 3) + 1;
    at = unit_at(at.above - 1);
  }
  return pin_line((at.target >> 3) & 31, turned);
}

function virtio_number(target: u32, identity: u32): u32 {
  const device = identity >> 16;
  if ((identity & 0xffff) != VIRTIO_VENDOR || device < VIRTIO_TRANSITIONAL || device > VIRTIO_LAST) return 0;
  return device >= VIRTIO_MODERN ? device - VIRTIO_MODERN : config_load(target, REGISTER_SUBSYSTEM) >> 16;
}
