// One node of the device tree while tree.ts walks over it: the properties that somebody here asks for.
// Invariant: an address in here is that of a property value which lies whole inside the structure block.

import { fdt_u32, fdt_u64, list_holds, text_is } from "./fdt";

export const NODE_DEPTH_MAX: u32 = 16;

/** What a node is by its place and name. */
export const ROLE_PLAIN: u32 = 0;
export const ROLE_CHOSEN: u32 = 1;
export const ROLE_CPUS: u32 = 2;
export const ROLE_RESERVED: u32 = 3;

@unmanaged
export class Node {
  role: u32;
  /** How many 32-bit cells an address and a size take in the children's `reg`. */
  address_cells: u32;
  size_cells: u32;
  phandle: u32;
  /** Children's addresses are not physical ones: the bus translates. */
  translates: u32;
  disabled: u32;
  is_memory: u32;
  is_cpu: u32;
  register_shift: u32;
  /** First interrupt; -1 = none. */
  interrupt: i32;
  /** PLIC: the number of lines. */
  lines: u32;
  unused: u32;
  // property values: address and bytes; 0 = absent
  compatible: u64;
  compatible_bytes: u64;
  registers: u64;
  registers_bytes: u64;
  interrupts_extended: u64;
  interrupts_extended_bytes: u64;
  ranges: u64;
  ranges_bytes: u64;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Node>());
    this.address_cells = 2;
    this.size_cells = 1;
    this.interrupt = -1;
  }

  /** Takes a property note of; false: its length breaks the format. */
  property(name: u64, name_length: u64, value: u64, bytes: u64): bool {
    if (text_is(name, name_length, "reg")) {
      this.registers = value;
      this.registers_bytes = bytes;
    } else if (text_is(name, name_length, "compatible")) {
      this.compatible = value;
      this.compatible_bytes = bytes;
    } else if (text_is(name, name_length, "device_type")) {
      this.is_memory = <u32>list_holds(value, bytes, "memory");
      this.is_cpu = <u32>list_holds(value, bytes, "cpu");
    } else if (text_is(name, name_length, "status")) {
      this.disabled = <u32>!(list_holds(value, bytes, "okay") || list_holds(value, bytes, "ok"));
    } else if (text_is(name, name_length, "interrupts-extended")) {
      this.interrupts_extended = value;
      this.interrupts_extended_bytes = bytes;
    } else if (text_is(name, name_length, "ranges")) {
      this.translates = <u32>(bytes != 0);
      this.ranges = value;
      this.ranges_bytes = bytes;
    } else if (text_is(name, name_length, "interrupts")) {
      if (bytes < 4) return false;
      this.interrupt = <i32>fdt_u32(value);
    } else {
      return this.number(name, name_length, value, bytes);
    }
    return true;
  }

  private number(name: u64, name_length: u64, value: u64, bytes: u64): bool {
    const cells = text_is(name, name_length, "#address-cells"), sizes = text_is(name, name_length, "#size-cells");
    const shift = text_is(name, name_length, "reg-shift"), lines = text_is(name, name_length, "riscv,ndev");
    const handle = text_is(name, name_length, "phandle");
    if (!(cells || sizes || shift || lines || handle)) return true;
    if (bytes != 4) return false;
    const number = fdt_u32(value);
    if (cells) this.address_cells = number;
    if (sizes) this.size_cells = number;
    if (shift) this.register_shift = number;
    if (lines) this.lines = number;
    if (handle) this.phandle = number;
    return !(shift && number > 4);
  }

  /** Bytes of one entry of a child's `reg`; 0: cells that this reader does not know. */
  @inline entry_bytes(): u64 {
    if (this.address_cells < 1 || this.address_cells > 2 || this.size_cells > 2) return 0;
    return <u64>(this.address_cells + this.size_cells) << 2;
  }

  /** Address in the `reg` entry of a child at `at`. */
  @inline entry_base(at: u64): u64 {
    return this.address_cells == 2 ? fdt_u64(at) : <u64>fdt_u32(at);
  }

  @inline entry_length(at: u64): u64 {
    const size_at = at + ((<u64>this.address_cells) << 2);
    return this.size_cells == 0 ? 0 : this.size_cells == 2 ? fdt_u64(size_at) : <u64>fdt_u32(size_at);
  }

  @inline is_compatible(name: string): bool {
    return this.compatible != 0 && list_holds(this.compatible, this.compatible_bytes, name);
  }
}

const nodes: usize = memory.data(128 * 17, 8);
if (offsetof<Node>() > 128) ERROR("a Node is larger than its place");

/** The open node at a depth; depth 0 is the tree itself, 1 its root. */
@inline
export function node_at(depth: u32): Node {
  return changetype<Node>(nodes + (depth << 7));
}
