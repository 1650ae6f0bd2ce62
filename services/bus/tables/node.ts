// A node of the device tree while tree.ts walks over it, and what becomes of it. Values are offsets into the tree's copy; 0: the node has none.
import { add_block, add_window, refuse, set_ecam, set_pin_line } from "../found";
import { cell, cells, list_holds, text_is } from "./tree";

export const DEPTH_MAX: u32 = 16;
const NODE_BYTES: u32 = 64;
/** One entry of a host bridge's ranges: three cells of PCI address, two of the parent's, two of length. */
const RANGE_BYTES: u32 = 28;
const RANGE_SPACE: u32 = 0x300_0000;
const RANGE_MEMORY_32: u32 = 0x200_0000;
const RANGE_MEMORY_64: u32 = 0x300_0000;
/** One entry of its interrupt-map: three cells of function, the pin, the controller's handle, its line. */
const MAP_BYTES: u32 = 24;
const DEVICE_SHIFT: u32 = 11;
const DEVICE_MASK: u32 = 31;
const BUS_BYTES: u64 = 1 << 20;
const BUSES: u64 = 256;
const BELOW: u64 = 1 << 36;


@unmanaged
export class Node {
  address_cells: u32;
  size_cells: u32;
  /** Children's addresses are not physical ones. */
  translates: u32;
  is_disabled: u32;
  compatible: u32;
  compatible_bytes: u32;
  registers: u32;
  registers_bytes: u32;
  ranges: u32;
  ranges_bytes: u32;
  map: u32;
  map_bytes: u32;
  map_mask: u32;
  line: u32;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, NODE_BYTES);
    this.address_cells = 2;
    this.size_cells = 1;
  }

  /** Takes a property note of; false: its length breaks the format. */
  property(name: u32, value: u32, bytes: u32): bool {
    if (text_is(name, "#address-cells")) {
      if (bytes != 4) return false;
      this.address_cells = cell(value);
    } else if (text_is(name, "#size-cells")) {
      if (bytes != 4) return false;
      this.size_cells = cell(value);
    } else if (text_is(name, "reg")) {
      this.registers = value;
      this.registers_bytes = bytes;
    } else if (text_is(name, "compatible")) {
      this.compatible = value;
      this.compatible_bytes = bytes;
    } else if (text_is(name, "status")) {
      this.is_disabled = <u32>!(list_holds(value, bytes, "okay") || list_holds(value, bytes, "ok"));
    } else if (text_is(name, "interrupts")) {
      if (bytes < 4) return false;
      this.line = cell(value);
    } else if (text_is(name, "ranges")) {
      this.ranges = value;
      this.ranges_bytes = bytes;
      this.translates = <u32>(bytes != 0);
    } else if (text_is(name, "interrupt-map")) {
      this.map = value;
      this.map_bytes = bytes;
    } else if (text_is(name, "interrupt-map-mask")) {
      if (bytes < 4) return false;
      this.map_mask = cell(value);
    }
    return true;
  }

  is_compatible(text: string): bool {
    return this.compatible != 0 && list_holds(this.compatible, this.compatible_bytes, text);
  }
}

const nodes = memory.data(64 * 17, 8);
if (offsetof<Node>() > 64) ERROR("a Node is larger than its place");

/** The open node at a depth; 0 is the tree itself. */
export function node_at(depth: u32): Node {
  return changetype<Node>(nodes + depth * NODE_BYTES);
}

/** A node whose properties are all known. Its parent's children have physical addresses of one or two cells, or it is left out. */
export function take_node(node: Node, parent: Node): void {
  const is_bridge = node.is_compatible("pci-host-ecam-generic");
  if (node.is_disabled || (!is_bridge && !node.is_compatible("virtio,mmio"))) return;
  const entry = (parent.address_cells + parent.size_cells) * 4;
  const is_known = !parent.translates && parent.address_cells - 1 < 2 && parent.size_cells - 1 < 2;
  if (!is_known || node.registers_bytes < entry) return refuse();
  const size_at = node.registers + parent.address_cells * 4;
  const base = parent.address_cells == 2 ? cells(node.registers) : <u64>cell(node.registers);
  const bytes = parent.size_cells == 2 ? cells(size_at) : <u64>cell(size_at);
  if (base >= BELOW || bytes == 0 || bytes >= BELOW) return refuse();
  if (is_bridge) take_bridge(node, parent, base, bytes);
  else add_block(base, node.line);
}

function take_bridge(node: Node, parent: Node, base: u64, bytes: u64): void {
  if ((base & (BUS_BYTES - 1)) != 0 || bytes < BUS_BYTES || parent.address_cells != 2 || node.size_cells != 2)
    return refuse();
  set_ecam(base, 0, <u32>min(bytes / BUS_BYTES, BUSES) - 1);
  for (let at: u32 = 0; at + RANGE_BYTES <= node.ranges_bytes; at += RANGE_BYTES) {
    const range = node.ranges + at,
      flags = cell(range),
      space = flags & RANGE_SPACE;
    if (space != RANGE_MEMORY_32 && space != RANGE_MEMORY_64) continue;
    // Addresses that differ on both sides would take a translation that no board here needs.
    if (cells(range + 4) != cells(range + 12)) refuse();
    else add_window(cells(range + 12), cells(range + 20));
  }
  for (let at: u32 = 0; at + MAP_BYTES <= node.map_bytes; at += MAP_BYTES) {
    const entry = node.map + at;
    const mask = (node.map_mask >> DEVICE_SHIFT) & DEVICE_MASK;
    set_pin_line((cell(entry) >> DEVICE_SHIFT) & DEVICE_MASK, cell(entry + 12), cell(entry + 20), mask);
  }
}
