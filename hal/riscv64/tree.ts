// What the kernel wants of the device tree: one pass over it, a node at a time, then questions.
// tree_read is called once, by boot.ts; the other files of this hal ask for the answers.
// Invariant: a tree that breaks the format's rules is refused as a whole; a device that is odd (no registers, on a
// bus that translates addresses) is left out.

import {
  DEVICE_KIND_PCI_CONFIGURATION, DEVICE_KIND_PCI_MEMORY, DEVICE_KIND_RTC_GOLDFISH, DEVICE_KIND_UART,
} from "../kernel/abi/formats";
import {
  FDT_BEGIN_NODE, FDT_END, FDT_END_NODE, fdt_first, fdt_inside, fdt_name_length, FDT_NOP, FDT_PROPERTY,
  fdt_property_name, fdt_u32, fdt_u64, text_is, text_length, text_starts,
} from "./fdt";
import { Node, node_at, NODE_DEPTH_MAX, ROLE_CHOSEN, ROLE_CPUS, ROLE_RESERVED } from "./node";
import { RangeList, tell_device, told_memory, told_reserved } from "../kernel/start/told";

/** Interrupt number of a hart's external interrupt to supervisor mode, in interrupts-extended. */
const SUPERVISOR_EXTERNAL: u32 = 9;
const NONE: u32 = u32.MAX_VALUE;
/** One of a PCI bridge's ranges: three cells of address, of which the first tells the space, two of the parent's, two of length. */
const PCI_RANGE_BYTES: u64 = 28;
const PCI_SPACE: u32 = 0x300_0000;
const PCI_SPACE_MEMORY: u32 = 0x200_0000;
let boot_hart: u64 = 0;
/** phandle of the boot hart's interrupt controller; NONE = not met. */
let hart_controller: u32 = NONE;
let test_device: u64 = 0;
let timebase_hz: u64 = 0;
let plic_base: u64 = 0;
let plic_lines: u32 = 0;
let plic_contexts: u64 = 0;
let plic_contexts_bytes: u64 = 0;
let archive_base: u64 = 0;
let archive_end: u64 = 0;
let seed: u64 = 0;
let seed_bytes: u64 = 0;

/** The emulator's test device, or 0. */
@inline export function tree_test_device(): u64 { return test_device; }
@inline export function tree_timebase_hz(): u64 { return timebase_hz; }
/** 0 = no interrupt controller that we know. */
@inline export function tree_plic_base(): u64 { return plic_base; }
@inline export function tree_plic_lines(): u32 { return plic_lines; }
@inline export function tree_archive_base(): u64 { return archive_base; }
@inline export function tree_archive_end(): u64 { return archive_end; }
@inline export function tree_seed(): u64 { return seed; }
@inline export function tree_seed_bytes(): u64 { return seed_bytes; }

/** The PLIC's context for supervisor mode of the boot hart: its place in interrupts-extended. */
export function tree_plic_context(): u64 {
  for (let i: u64 = 0; (i << 3) + 8 <= plic_contexts_bytes; i++) {
    const at = plic_contexts + (i << 3);
    if (fdt_u32(at) == hart_controller && fdt_u32(at + 4) == SUPERVISOR_EXTERNAL) return i;
  }
  return u64.MAX_VALUE;
}

/** Reads the structure block of the opened tree. False: it breaks the format. */
export function tree_read(hart: u64): bool {
  boot_hart = hart;
  node_at(0).clear();
  let at = fdt_first();
  let depth: u32 = 0;
  for (;;) {
    if (!fdt_inside(at, 4)) return false;
    const token = fdt_u32(at);
    at += 4;
    if (token == FDT_NOP) continue;
    if (token == FDT_END) break;
    if (token == FDT_BEGIN_NODE) {
      const length = fdt_name_length(at);
      if (length == u64.MAX_VALUE || ++depth > NODE_DEPTH_MAX) return false;
      begin(depth, at, length);
      at = (at + length + 4) & ~3;
    } else if (token == FDT_END_NODE) {
      if (depth == 0 || !finish(node_at(depth), node_at(depth - 1), depth)) return false;
      depth--;
    } else if (token == FDT_PROPERTY) {
      if (depth == 0 || !fdt_inside(at, 8)) return false;
      const bytes = <u64>fdt_u32(at), name = fdt_property_name(fdt_u32(at + 4));
      if (name == 0 || !fdt_inside(at + 8, bytes)) return false;
      if (!property(node_at(depth), name, at + 8, bytes)) return false;
      at = (at + 8 + bytes + 3) & ~3;
    } else {
      return false;
    }
  }
  return depth == 0;
}

function begin(depth: u32, name: u64, length: u64): void {
  const node = node_at(depth);
  node.clear();
  if (depth != 2) return;
  if (text_is(name, length, "chosen")) node.role = ROLE_CHOSEN;
  else if (text_is(name, length, "cpus")) node.role = ROLE_CPUS;
  else if (text_is(name, length, "reserved-memory")) node.role = ROLE_RESERVED;
}

function property(node: Node, name: u64, value: u64, bytes: u64): bool {
  const length = text_length(name);
  if (node.role == ROLE_CHOSEN) return chosen_property(name, length, value, bytes);
  if (node.role == ROLE_CPUS && text_is(name, length, "timebase-frequency")) {
    if (bytes != 4 && bytes != 8) return false;
    timebase_hz = number(value, bytes);
  }
  return node.property(name, length, value, bytes);
}

@inline
function number(value: u64, bytes: u64): u64 {
  return bytes == 8 ? fdt_u64(value) : <u64>fdt_u32(value);
}

function chosen_property(name: u64, length: u64, value: u64, bytes: u64): bool {
  if (text_starts(name, "linux,initrd-")) {
    if (bytes != 4 && bytes != 8) return false;
    if (text_is(name, length, "linux,initrd-start")) archive_base = number(value, bytes);
    if (text_is(name, length, "linux,initrd-end")) archive_end = number(value, bytes);
  } else if (text_is(name, length, "rng-seed")) {
    seed = value;
    seed_bytes = bytes;
  }
  return true;
}

/** A node has ended: all its properties are known. */
function finish(node: Node, parent: Node, depth: u32): bool {
  if (node.disabled || parent.disabled) {
    node.disabled = 1;
    return true;
  }
  if (depth > 1 && parent.role == ROLE_RESERVED) return add_ranges(node, parent, told_reserved());
  if (node.is_memory) return add_ranges(node, parent, told_memory());
  // A hart's interrupt controller is a child of its cpu node, which is still open.
  if (parent.is_cpu && node.is_compatible("riscv,cpu-intc") && hart_of(parent, node_at(depth - 2)) == boot_hart) {
    hart_controller = node.phandle;
  }
  if (on_translating_bus(depth) || node.compatible == 0 || node.registers_bytes == 0) return true;
  return add_device(node, parent);
}

/** One of the node's parents maps its children's addresses elsewhere. */
function on_translating_bus(depth: u32): bool {
  for (let above: u32 = 1; above < depth; above++) if (node_at(above).translates) return true;
  return false;
}

function hart_of(cpu: Node, cpus: Node): u64 {
  const bytes = cpus.entry_bytes();
  return bytes != 0 && cpu.registers_bytes >= bytes ? cpus.entry_base(cpu.registers) : u64.MAX_VALUE;
}

function add_ranges(node: Node, parent: Node, list: RangeList): bool {
  const step = parent.entry_bytes();
  if (node.registers == 0) return true; // reserved memory without a place: for systems that place it themselves
  if (step == 0 || node.registers_bytes % step != 0) return false;
  for (let i: u64 = 0; i < node.registers_bytes; i += step) {
    if (!list.add(parent.entry_base(node.registers + i), parent.entry_length(node.registers + i))) return false;
  }
  return true;
}

function add_device(node: Node, parent: Node): bool {
  const step = parent.entry_bytes();
  if (step == 0) return true;
  if (node.registers_bytes < step) return false;
  const base = parent.entry_base(node.registers), bytes = parent.entry_length(node.registers);
  if (node.is_compatible("sifive,test0")) {
    test_device = base;
  } else if (node.is_compatible("sifive,plic-1.0.0") || node.is_compatible("riscv,plic0")) {
    plic_base = base;
    plic_lines = node.lines;
    plic_contexts = node.interrupts_extended;
    plic_contexts_bytes = node.interrupts_extended_bytes;
    return plic_lines < 1024;
  } else if (node.is_compatible("ns16550a") || node.is_compatible("ns16550")) {
    add(DEVICE_KIND_UART, node, base, bytes);
  } else if (node.is_compatible("google,goldfish-rtc")) {
    add(DEVICE_KIND_RTC_GOLDFISH, node, base, bytes);
  } else if (node.is_compatible("pci-host-ecam-generic")) {
    add(DEVICE_KIND_PCI_CONFIGURATION, node, base, bytes);
    add_pci_memory(node, parent);
  }
  return true;
}

/** The host bridge's range of 32-bit memory, if addresses are the same on both sides of it. */
function add_pci_memory(node: Node, parent: Node): void {
  if (parent.address_cells != 2 || node.size_cells != 2) return;
  for (let at = node.ranges; at + PCI_RANGE_BYTES <= node.ranges + node.ranges_bytes; at += PCI_RANGE_BYTES) {
    const base = fdt_u64(at + 4);
    if ((fdt_u32(at) & PCI_SPACE) != PCI_SPACE_MEMORY || fdt_u64(at + 12) != base || (base & 0xffff) != 0) continue;
    add(DEVICE_KIND_PCI_MEMORY, node, base, fdt_u64(at + 20));
    return;
  }
}

function add(kind: u32, node: Node, base: u64, bytes: u64): void {
  if (bytes <= u32.MAX_VALUE) tell_device(kind, base, <u32>bytes, false, (<u32>1) << <u32>node.register_shift, node.interrupt);
}
