// The IOMMU: Intel's VT-d (Virtualization Technology for Directed I/O, Architecture Specification 3.3), legacy mode. All units share
// one root table: 256 entries of 16 bytes, one a bus, each to a table of 256 contexts, one a device and function; a context names
// the page table of kernel/object/dma.ts by its entry of 512 GiB and the number by which units remember translations.
// Called by kernel/. Invariant: from its start on a unit lets through what contexts name and nothing else; what is taken out of a
// table is forgotten when iommu_forget, iommu_detach return.

import { E_ABSENT, E_NO_MEMORY } from "../kernel/abi/errors";
import { load32, load64, store32, store64 } from "../kernel/machine";
import { frame_allocate } from "../kernel/mm/frames";
import { panic } from "../kernel/panic";
import { write_back } from "./machine";
import { entry_address } from "./paging";

// Registers (chapter 11)
const VERSION: u64 = 0x00;
const CAPABILITY: u64 = 0x08;
const EXTENDED: u64 = 0x10;
const COMMAND: u64 = 0x18;
const STATUS: u64 = 0x1c;
const ROOT_TABLE: u64 = 0x20;
const CONTEXT_COMMAND: u64 = 0x28;
const FAULT_STATUS: u64 = 0x34;
const FAULT_CONTROL: u64 = 0x38;
const FAULT_DATA: u64 = 0x3c;
const FAULT_ADDRESS: u64 = 0x40;
const FAULT_ADDRESS_HIGH: u64 = 0x44;

const COMMAND_TRANSLATE: u32 = 1 << 31;
/** Translation, queued invalidation, interrupt remapping. */
const COMMAND_ALL: u32 = 0x8600_0000;
const COMMAND_ROOT: u32 = 1 << 30;
const CAPABILITY_WRITE_BUFFER: u64 = 1 << 4;
/** Tables of three levels, of four: bits 8 … 12 from the second on. */
const CAPABILITY_39_BITS: u64 = 1 << 9;
const CAPABILITY_48_BITS: u64 = 1 << 10;
const EXTENDED_COHERENT: u64 = 1;
const BUSY: u32 = 1 << 31;
const CONTEXT_ALL: u64 = 0xa000_0000_0000_0000;
const TRANSLATIONS_ALL: u64 = 0x9003_0000_0000_0000;
const TRANSLATIONS_OF_CONTEXT: u64 = 0xa003_0000_0000_0000;
const PRESENT: u64 = 1;
const WRITE: u64 = 2;
const WIDTH_39_BITS: u64 = 1;
const WIDTH_48_BITS: u64 = 2;

/** Addresses of devices end where one table of the third level does; a store between these two is an interrupt. */
const REACH: u64 = 1 << 39;
const MESSAGES: u64 = 0xfee0_0000;
export const MESSAGES_END: u64 = 0xfef0_0000;
const PAGE: u64 = 4096;
/** What boot/x86_64/paging.S maps. */
const MAPPED: u64 = 0x1_0000_0000;
const LOOKS_MAX: u32 = 10_000_000;

const UNITS_MAX: u32 = 8;
const units: usize = memory.data(8 * 8, 8);
let unit_count: u32 = 0;
let root_table: u64 = 0;
let context_count: u32 = 256;
let width: u64 = 0;
/** A unit that does not see what the processor's caches hold of the tables. */
let is_incoherent: bool = false;

export let fault_source: u32 = 0;
export let fault_address: u64 = 0;
export let fault_reason: u32 = 0;


@inline
function unit_at(i: u32): u64 {
  return load<u64>(units + (i << 3));
}

/** A unit that does not answer keeps what it remembers: nothing is safe then. */
function wait(at: u64, mask: u32, value: u32): void {
  for (let looks: u32 = 0; looks < LOOKS_MAX; looks++) {
    if ((load32(at) & mask) == value) return;
  }
  panic("the IOMMU does not answer");
}

function forget_contexts(unit: u64): void {
  store64(unit + CONTEXT_COMMAND, CONTEXT_ALL);
  wait(unit + CONTEXT_COMMAND + 4, BUSY, 0);
}

function forget_translations(unit: u64, what: u64): void {
  const at = unit + ((load64(unit + EXTENDED) >> 4) & 0x3ff0) + 8;
  store64(at, what);
  wait(at + 4, BUSY, 0);
}

/** Starts the unit whose registers lie there; one that runs already tells of refusals by the new message from now on. */
export function iommu_start(registers: u64, message: u64, data: u32): i64 {
  if (registers >= MAPPED) return E_ABSENT;
  const version = load32(registers + VERSION),
    capability = load64(registers + CAPABILITY),
    extended = load64(registers + EXTENDED);
  const wanted = capability & CAPABILITY_39_BITS ? WIDTH_39_BITS : capability & CAPABILITY_48_BITS ? WIDTH_48_BITS : 0;
  const last_fault = fault_at(registers, capability) + (((capability >> 40) & 0xff) << 4);
  if (version >> 8 != 0 || version >> 4 == 0 || wanted == 0 || capability & CAPABILITY_WRITE_BUFFER) return E_ABSENT;
  if (last_fault + 16 > registers + PAGE || ((extended >> 4) & 0x3ff0) + 16 > PAGE) return E_ABSENT;
  if (!iommu_keeps(registers, registers + PAGE)) {
    if (unit_count == UNITS_MAX || (unit_count != 0 && wanted != width)) return E_ABSENT;
    if (root_table == 0) root_table = frame_allocate();
    if (root_table == 0) return E_NO_MEMORY;
    width = wanted;
    context_count = min(context_count, 16 << (((<u32>capability) & 7) << 1));
    if (!(extended & EXTENDED_COHERENT)) is_incoherent = true;
    store32(registers + COMMAND, 0); // whatever the firmware used it for
    wait(registers + STATUS, COMMAND_ALL, 0);
    if (is_incoherent) write_back();
    store64(registers + ROOT_TABLE, root_table);
    store32(registers + COMMAND, COMMAND_ROOT);
    wait(registers + STATUS, COMMAND_ROOT, COMMAND_ROOT);
    forget_contexts(registers);
    forget_translations(registers, TRANSLATIONS_ALL);
    store32(registers + COMMAND, COMMAND_TRANSLATE);
    wait(registers + STATUS, COMMAND_TRANSLATE, COMMAND_TRANSLATE);
    store<u64>(units + (unit_count++ << 3), registers);
  }
  store32(registers + FAULT_DATA, data);
  store32(registers + FAULT_ADDRESS, <u32>message);
  store32(registers + FAULT_ADDRESS_HIGH, <u32>(message >> 32));
  store32(registers + FAULT_CONTROL, 0);
  return 0;
}

/** How many contexts there may be, number 0 among them, which is nobody's; 0: no IOMMU runs. */
export function iommu_contexts(): u32 {
  return unit_count == 0 ? 0 : context_count;
}

/** Does the range touch a unit's registers? */
export function iommu_keeps(base: u64, end: u64): bool {
  for (let i: u32 = 0; i < unit_count; i++) {
    if (unit_at(i) < end && base < unit_at(i) + PAGE) return true;
  }
  return false;
}

/** Can a device be let reach memory at these addresses? */
export function iommu_reaches(address: u64, bytes: u64): bool {
  if (address > REACH || bytes > REACH - address) return false;
  return address + bytes <= MESSAGES || address >= MESSAGES_END;
}

/** An entry of a context's table; tables themselves are the processor's. */
export function iommu_leaf(physical: u64, writable: bool): u64 {
  return physical | PRESENT | (writable ? WRITE : 0);
}

/** Physical address of the device's context; 0: there is none, or no frame to make it in. */
function context_at(source: u32, make: bool): u64 {
  const at = root_table + ((<u64>(source >> 8)) << 4);
  let table = load64(at);
  if (!(table & PRESENT)) {
    table = make ? frame_allocate() : 0;
    if (table == 0) return 0;
    store64(at, table | PRESENT);
  }
  return entry_address(table) + ((<u64>(source & 0xff)) << 4);
}

function context_set(at: u64, low: u64, number: u32): void {
  store64(at, 0);
  store64(at + 8, width | ((<u64>number) << 8));
  store64(at, low);
  if (is_incoherent) write_back();
  for (let i: u32 = 0; i < unit_count; i++) forget_contexts(unit_at(i));
  iommu_forget(number);
}

/** The device reaches by the page table at `root`, whose first entry names the one at `below`, what that names. False: no frame. */
export function iommu_attach(source: u32, number: u32, root: u64, below: u64): bool {
  const at = below == 0 ? 0 : context_at(source, true);
  if (at == 0) return false;
  context_set(at, (width == WIDTH_39_BITS ? below : root) | PRESENT, number);
  return true;
}

/** It reaches nothing. */
export function iommu_detach(source: u32, number: u32): void {
  context_set(context_at(source, false), 0, number);
}

/** What units remember of the context's table is forgotten when this returns, and stores on the way have arrived. */
export function iommu_forget(number: u32): void {
  if (is_incoherent) write_back();
  for (let i: u32 = 0; i < unit_count; i++) {
    forget_translations(unit_at(i), TRANSLATIONS_OF_CONTEXT | ((<u64>number) << 32));
  }
}


@inline
function fault_at(unit: u64, capability: u64): u64 {
  return unit + ((capability >> 20) & 0x3ff0);
}

/** Takes one record of a refused access out of a unit; false: there is none, and the next one rings. */
export function iommu_fault(): bool {
  for (let i: u32 = 0; i < unit_count; i++) {
    const unit = unit_at(i),
      capability = load64(unit + CAPABILITY);
    const first = fault_at(unit, capability);
    for (let at = first; at <= first + (((capability >> 40) & 0xff) << 4); at += 16) {
      const high = load64(at + 8);
      if (high >> 63 == 0) continue;
      fault_source = (<u32>high) & 0xffff;
      fault_address = entry_address(load64(at));
      fault_reason = ((<u32>(high >> 32)) & 0xff) | ((high >> 62) & 1 ? 0 : 0x100);
      store32(at + 12, BUSY);
      return true;
    }
    store32(unit + FAULT_STATUS, 1);
  }
  return false;
}
