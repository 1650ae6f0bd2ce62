// What discovery found out about the machine: where configuration space lies, which windows devices' registers may lie in, lines, and
// the devices that are no PCI functions. Filled by tables/*.ts, read by everybody else. Invariant: fixed tables; what does not fit is counted.

/** Configuration space as memory: buses `first_bus` … `last_bus` from `base` on, 1 MiB each. 0 = there is none. */
export let ecam_base: u64 = 0;
export let ecam_first_bus: u32 = 0;
export let ecam_last_bus: u32 = 0;

/**
 * Registers of the IOMMU's first unit; 0 = none. It sees the accesses of all functions, or of those of the first bus in `scope` (a bit each), and of what
 * is below those in `scope_below`.
 */
export let iommu_registers: u64 = 0;
let iommu_sees_all: bool = false;
const scope = memory.data(32, 8);
const scope_below = memory.data(32, 8);

/** CPUs and interrupt controllers that the firmware's table counts, for people. */
export let processors: u32 = 0;
export let controllers: u32 = 0;

/** Tables and entries that were refused or left out. */
export let refused: u32 = 0;

export const WINDOW_MAX: u32 = 8;
const WINDOW_BYTES: u32 = 16;
const windows = memory.data(128, 8);
export let window_count: u32 = 0;

/** Devices that the tree names: base and line. */
export const BLOCK_MAX: u32 = 32;
const BLOCK_BYTES: u32 = 16;
const blocks = memory.data(512, 8);
export let block_count: u32 = 0;

/** Lines of PCI functions: device number and pin to line, the tree's interrupt-map. */
const LINE_PINS: u32 = 4;
const LINE_DEVICES: u32 = 32;
const pin_lines = memory.data(512, 4);
let pin_device_mask: u32 = 0;
let has_pin_lines: bool = false;

export function set_ecam(base: u64, first_bus: u32, last_bus: u32): void {
  ecam_base = base;
  ecam_first_bus = first_bus;
  ecam_last_bus = last_bus;
}

export function set_iommu(registers: u64, sees_all: bool): void {
  iommu_registers = registers;
  iommu_sees_all = sees_all;
}

/** The IOMMU sees a function of the first bus (device << 3 | function); of a bridge that stands for all below, that too. */
export function add_scope(target: u32, has_below: bool): void {
  put(scope, target);
  if (has_below) put(scope_below, target);
}

function put(set: usize, target: u32): void {
  const at = set + ((target & 0xff) >> 3);
  store<u8>(at, load<u8>(at) | (<u8>((<u32>1) << (target & 7))));
}

/** Do a function's accesses go by way of the IOMMU? `top`: itself, or the bridge of the first bus that it is below. */
export function iommu_sees(target: u32, top: u32): bool {
  if (iommu_registers == 0) return false;
  if (iommu_sees_all) return true;
  const set = top == target ? scope : scope_below;
  return top < 256 && (load<u8>(set + (top >> 3)) & (<u8>((<u32>1) << (top & 7)))) != 0;
}

export function set_controllers(cpus: u32, io_controllers: u32): void {
  processors = cpus;
  controllers = io_controllers;
}

export function refuse(): void {
  refused++;
}

/** A range of addresses that are the same on both sides of the host bridge. */
export function add_window(base: u64, bytes: u64): void {
  if (window_count == WINDOW_MAX || bytes == 0 || base + bytes < base) return refuse();
  const at = windows + window_count++ * WINDOW_BYTES;
  store<u64>(at, base);
  store<u64>(at, bytes, 8);
}

export function window_base(i: u32): u64 {
  return load<u64>(windows + i * WINDOW_BYTES);
}

export function window_bytes(i: u32): u64 {
  return load<u64>(windows + i * WINDOW_BYTES, 8);
}

/** A block of virtio-mmio registers, and its line. */
export function add_block(base: u64, line: u32): void {
  if (block_count == BLOCK_MAX) return refuse();
  const at = blocks + block_count++ * BLOCK_BYTES;
  store<u64>(at, base);
  store<u32>(at, line, 8);
}

export function block_base(i: u32): u64 {
  return load<u64>(blocks + i * BLOCK_BYTES);
}

export function block_line(i: u32): u32 {
  return load<u32>(blocks + i * BLOCK_BYTES, 8);
}

/** Pin 1 … 4 of a device on the first bus interrupts by this line. `mask`: which bits of the device number count. */
export function set_pin_line(device: u32, pin: u32, line: u32, mask: u32): void {
  if (device >= LINE_DEVICES || pin == 0 || pin > LINE_PINS) return refuse();
  pin_device_mask = mask;
  has_pin_lines = true;
  store<u32>(pin_lines + (device * LINE_PINS + pin - 1) * 4, line);
}

/** The line of a function's pin; 0: none is known. */
export function pin_line(device: u32, pin: u32): u32 {
  if (!has_pin_lines || pin == 0 || pin > LINE_PINS) return 0;
  return load<u32>(pin_lines + ((device & pin_device_mask & (LINE_DEVICES - 1)) * LINE_PINS + pin - 1) * 4);
}
