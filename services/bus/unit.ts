// The table of devices: PCI functions and virtio register blocks, in the order of their places. Discovery fills it; claims hand out what is in it.
// Invariant: a handle in here is the bus' own, and revoking it ends what a driver got of it.

export const UNIT_MAX: u32 = 64;
const UNIT_BYTES: u32 = 512;
export const NO_UNIT: u32 = 0xffff_ffff;

/** Values of `kind`. */
export const KIND_FUNCTION: u32 = 1;
export const KIND_BLOCK: u32 = 2;

/** Values of `fault`: why nobody gets the device. */
export const FAULT_NONE: u32 = 0;
export const FAULT_CAPABILITIES: u32 = 1;
export const FAULT_SIZE: u32 = 2;
export const FAULT_OVERLAP: u32 = 3;
export const FAULT_PLACE: u32 = 4;
export const FAULT_STRUCTURE: u32 = 5;
export const FAULT_HIDDEN: u32 = 6;

export const BAR_MAX: u32 = 6;
/** Values of a base register's flags, besides its size: 64 bits wide, and so the next one is its upper half. */
export const BAR_WIDE: u32 = 4;
/** Messages that one device can have. */
export const VECTOR_MAX: u32 = 16;
export const STRUCTURE_MAX: u32 = 4;


@unmanaged
export class Unit {
  kind: u32;
  /** bus << 8 | device << 3 | function; of a block its number. */
  target: u32;
  /** vendor | device << 16 of configuration space; of a block virtio's vendor and its device number. */
  identity: u32;
  /** class << 8 | revision, as configuration space has it. */
  class_revision: u32;
  /** virtio's device number; 0: no virtio device. */
  virtio: u32;
  fault: u32;
  line: u32;
  is_bridge: u32;
  /** Of a bridge that firmware has not numbered: the number that the bus behind it got; 0: none. */
  bus_below: u32;
  /** The place of the bridge it is below, from 1; 0: none. */
  above: u32;
  /** The function of the first bus that it is or is below. */
  top: u32;
  /** A bridge above it is no PCI Express port: others cannot tell whose its accesses are. */
  is_hidden: u32;
  /** Registers of capabilities in configuration space; 0: it has none such. */
  express: u32;
  message: u32;
  message_table: u32;
  /** Of the message table: how many, in which BAR, where. */
  message_count: u32;
  message_bar: u32;
  message_offset: u32;
  /** virtio: bytes between the doorbells of two queues. */
  notify_multiplier: u32;
  /** Its DMA goes by way of the IOMMU. */
  is_fenced: u32;
  /** Badge of the connection that has it; 0: nobody. */
  owner: u64;
  /** The bus' handles of what the owner was handed; 0: not asked for yet. */
  dma: u64;
  /** Of a driver that shares its line: its notification, and the bits that wake it; 0: none. */
  wake: u64;
  wake_bits: u64;
  /** It was woken, and has not said that it looked. */
  has_to_look: u64;
  // and three tables in place: see below
  tables: u64;
}

const TABLES: u32 = <u32>offsetof<Unit>("tables");
const BAR_BYTES: u32 = 32;
const STRUCTURES_AT: u32 = TABLES + BAR_MAX * BAR_BYTES;
const STRUCTURE_BYTES: u32 = 12;
const VECTORS_AT: u32 = STRUCTURES_AT + STRUCTURE_MAX * STRUCTURE_BYTES;
if (VECTORS_AT + VECTOR_MAX * 8 > 512) ERROR("a Unit is larger than its place");

const units = memory.data(64 * 512, 16);
let count: u32 = 0;

export function unit_count(): u32 {
  return count;
}

// @ts-ignore: decorator
@inline
export function unit_at(place: u32): Unit {
  return changetype<Unit>(units + place * UNIT_BYTES);
}

export function place_of(unit: Unit): u32 {
  return <u32>((changetype<usize>(unit) - units) / UNIT_BYTES);
}

/** A new one, all zero; 0: the table is full. */
export function unit_add(kind: u32, target: u32, identity: u32): Unit | null {
  if (count == UNIT_MAX) return null;
  const unit = unit_at(count++);
  unit.kind = kind;
  unit.target = target;
  unit.identity = identity;
  return unit;
}

function bar(unit: Unit, number: u32): usize {
  return changetype<usize>(unit) + TABLES + number * BAR_BYTES;
}
export function bar_base(unit: Unit, number: u32): u64 {
  return load<u64>(bar(unit, number));
}
/** 0: there are no registers behind this number. */
export function bar_bytes(unit: Unit, number: u32): u64 {
  return load<u64>(bar(unit, number), 8);
}
export function bar_handle(unit: Unit, number: u32): u64 {
  return load<u64>(bar(unit, number), 16);
}
export function bar_flags(unit: Unit, number: u32): u32 {
  return load<u32>(bar(unit, number), 24);
}
export function set_bar(unit: Unit, number: u32, base: u64, bytes: u64, flags: u32): void {
  store<u64>(bar(unit, number), base);
  store<u64>(bar(unit, number), bytes, 8);
  store<u32>(bar(unit, number), flags, 24);
}
export function set_bar_handle(unit: Unit, number: u32, handle: u64): void {
  store<u64>(bar(unit, number), handle, 16);
}

function structure(unit: Unit, kind: u32): usize {
  return changetype<usize>(unit) + STRUCTURES_AT + (kind - 1) * STRUCTURE_BYTES;
}
export function structure_bar(unit: Unit, kind: u32): u32 {
  return load<u32>(structure(unit, kind));
}
export function structure_offset(unit: Unit, kind: u32): u32 {
  return load<u32>(structure(unit, kind), 4);
}
/** 0: the device has none of this kind. */
export function structure_bytes(unit: Unit, kind: u32): u32 {
  return load<u32>(structure(unit, kind), 8);
}
export function set_structure(unit: Unit, kind: u32, number: u32, offset: u32, bytes: u32): void {
  store<u32>(structure(unit, kind), number);
  store<u32>(structure(unit, kind), offset, 4);
  store<u32>(structure(unit, kind), bytes, 8);
}

export function vector_handle(unit: Unit, vector: u32): u64 {
  return load<u64>(changetype<usize>(unit) + VECTORS_AT + vector * 8);
}
export function set_vector_handle(unit: Unit, vector: u32, handle: u64): void {
  store<u64>(changetype<usize>(unit) + VECTORS_AT + vector * 8, handle);
}
