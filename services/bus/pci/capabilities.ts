// A function's list of capabilities (PCI Local Bus 3.0, 6.7), and what is read of it: messages, PCI Express, and virtio's structures (virtio 1.2,
// 4.1.4). Invariant: the list is followed as far as a list without a cycle can be long; what lies outside its BAR makes the whole function unusable.
import {
  FAULT_CAPABILITIES,
  FAULT_NONE,
  FAULT_STRUCTURE,
  BAR_MAX,
  STRUCTURE_MAX,
  Unit,
  bar_bytes,
  set_structure,
  structure_bytes,
} from "../unit";
import { REGISTER_CAPABILITIES, REGISTER_COMMAND, STATUS_CAPABILITIES, config_load } from "./config";

const LIST_FIRST: u32 = 0x40;
const LIST_MAX: u32 = 48;
const MESSAGE: u32 = 0x05;
const VENDOR: u32 = 0x09;
const EXPRESS: u32 = 0x10;
const MESSAGE_TABLE: u32 = 0x11;
/** Kinds of PCI Express functions (PCI Express Base 3.0, 7.8.2): root port, and the two sides of a switch. */
const PORT_FIRST: u32 = 4;
const PORT_LAST: u32 = 6;
const TABLE_ENTRY: u32 = 16;
const TABLE_COUNT_MASK: u32 = 0x7ff;
const BAR_MASK: u32 = 7;
const NOTIFY: u32 = 2;
const NOTIFY_BYTES: u32 = 20;
const STRUCTURE_BYTES: u32 = 16;

/** Takes note of a function's capabilities; its BARs are known. FAULT_NONE, or what is wrong. */
export function read_capabilities(unit: Unit): u32 {
  if ((config_load(unit.target, REGISTER_COMMAND) & STATUS_CAPABILITIES) == 0) return FAULT_NONE;
  let register = config_load(unit.target, REGISTER_CAPABILITIES) & 0xfc;
  for (let i: u32 = 0; register != 0; i++) {
    if (register < LIST_FIRST || i == LIST_MAX) return FAULT_CAPABILITIES;
    const word = config_load(unit.target, register);
    const fault = read_capability(unit, register, word);
    if (fault != FAULT_NONE) return fault;
    register = (word >> 8) & 0xfc;
  }
  return FAULT_NONE;
}

/** Is the bridge a port of PCI Express, which hands accesses on under the name of whoever makes them? */
export function is_port(target: u32): bool {
  if ((config_load(target, REGISTER_COMMAND) & STATUS_CAPABILITIES) == 0) return false;
  let register = config_load(target, REGISTER_CAPABILITIES) & 0xfc;
  for (let i: u32 = 0; register >= LIST_FIRST && i < LIST_MAX; i++) {
    const word = config_load(target, register),
      kind = (word >> 20) & 15;
    if ((word & 0xff) == EXPRESS) return kind >= PORT_FIRST && kind <= PORT_LAST;
    register = (word >> 8) & 0xfc;
  }
  return false;
}

function read_capability(unit: Unit, register: u32, word: u32): u32 {
  const kind = word & 0xff;
  if (kind == MESSAGE) unit.message = register;
  else if (kind == EXPRESS) unit.express = register;
  else if (kind == MESSAGE_TABLE) return read_table(unit, register, word >> 16);
  else if (kind == VENDOR && unit.virtio != 0) return read_structure(unit, register, word);
  return FAULT_NONE;
}

function read_table(unit: Unit, register: u32, control: u32): u32 {
  if (register > 0x100 - 12) return FAULT_CAPABILITIES;
  const place = config_load(unit.target, register + 4),
    count = (control & TABLE_COUNT_MASK) + 1,
    number = place & BAR_MASK;
  if (number >= BAR_MAX || <u64>(place & ~BAR_MASK) + count * TABLE_ENTRY > bar_bytes(unit, number))
    return FAULT_STRUCTURE;
  unit.message_table = register;
  unit.message_count = count;
  unit.message_bar = number;
  unit.message_offset = place & ~BAR_MASK;
  return FAULT_NONE;
}

/** One of virtio's structures; the first of a kind counts, as the specification has it. */
function read_structure(unit: Unit, register: u32, word: u32): u32 {
  const bytes = (word >> 16) & 0xff,
    kind = word >> 24;
  if (kind == 0 || kind > STRUCTURE_MAX || structure_bytes(unit, kind) != 0) return FAULT_NONE;
  if (bytes < (kind == NOTIFY ? NOTIFY_BYTES : STRUCTURE_BYTES) || register + bytes > 0x100) return FAULT_CAPABILITIES;
  const number = config_load(unit.target, register + 4) & 0xff,
    offset = config_load(unit.target, register + 8),
    length = config_load(unit.target, register + 12);
  if (number >= BAR_MAX || length == 0 || <u64>offset + length > bar_bytes(unit, number)) return FAULT_STRUCTURE;
  if (kind == NOTIFY) unit.notify_multiplier = config_load(unit.target, register + 16);
  set_structure(unit, kind, number, offset, length);
  return FAULT_NONE;
}
