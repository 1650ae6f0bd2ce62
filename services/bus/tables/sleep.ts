// The values of \_S5 (ACPI 6.4, 7.4.2), which the DSDT's byte code gives as a package of constants. No interpreter: the package is found by its name and
// read by its one possible form, a piece of the table at a time. Called by power.ts. Invariant: nothing counts of a table whose checksum is wrong.
import * as capability from "../../lib/capability";
import { copy_from, copy_physical, range } from "../physical";
import { byte_at, word_at } from "./bytes";

const DSDT: u32 = 0x5444_5344;
const HEADER_BYTES: u32 = 36;
/** The longest byte code that is believed. */
const CODE_MAX: u32 = 0x10_0000;
/** A piece, and what is looked at of the one behind it: no package of \_S5 is as long. */
const PIECE: u32 = 4096;
const OVERLAP: u32 = 32;

const NAME_S5: u32 = 0x5f35_535f; // "_S5_"
const OP_NAME: u32 = 0x08;
const OP_ROOT: u32 = 0x5c;
const OP_PACKAGE: u32 = 0x12;
const OP_ZERO: u32 = 0x00;
const OP_ONE: u32 = 0x01;
const OP_BYTE: u32 = 0x0a;
const OP_WORD: u32 = 0x0b;
const SLEEP_TYPE_MAX: u32 = 7;

const code = memory.data(4128, 8);
if (PIECE + OVERLAP != 4128) ERROR("the place of a piece has another size");
/** Where the next constant of the package begins. */
let cursor: u32 = 0;

/** The two sleep types that switch the machine off, first | second << 8; −1: the table at that address has none, or does not hold together. */
export function sleep_types(address: u64): i32 {
  if (copy_physical(address, HEADER_BYTES, code) < 0 || word_at(code, 0) != DSDT) return -1;
  const bytes = word_at(code, 4),
    lead = <u32>(address & 3);
  if (bytes < HEADER_BYTES || bytes > CODE_MAX) return -1;
  const device = range(address - lead, <u64>lead + bytes);
  if (device < 0) return -1;
  let sum: u8 = 0,
    types: i32 = -1,
    is_whole = true;
  for (let at: u32 = 0; at < bytes && is_whole; at += PIECE) {
    const count = min(bytes - at, PIECE + OVERLAP);
    is_whole = copy_from(<u64>device, lead + at, count, code) == 0;
    for (let i: u32 = 0; i < min(count, PIECE); i++) sum += load<u8>(code + i);
    if (types < 0) types = types_in(at == 0 ? HEADER_BYTES - 1 : 0, count);
  }
  capability.drop(<u64>device);
  return is_whole && sum == 0 ? types : -1;
}

function types_in(first: u32, count: u32): i32 {
  for (let at = first + 2; at + 8 <= count; at++) {
    if (word_at(code, at) != NAME_S5 || byte_at(code, at + 4) != OP_PACKAGE) continue;
    const before = byte_at(code, at - 1);
    if (before != OP_NAME && !(before == OP_ROOT && byte_at(code, at - 2) == OP_NAME)) continue;
    // The package's length has as many more bytes as its first one's upper two bits say; then the number of elements.
    cursor = at + 6 + (byte_at(code, at + 5) >> 6) + 1;
    const one = constant(count),
      other = constant(count);
    if (one >= 0 && other >= 0) return one | (other << 8);
  }
  return -1;
}

/** A constant of at most SLEEP_TYPE_MAX; −1: none. */
function constant(count: u32): i32 {
  if (cursor + 3 > count) return -1;
  const operation = byte_at(code, cursor++);
  let value = operation;
  if (operation == OP_BYTE) {
    value = byte_at(code, cursor++);
  } else if (operation == OP_WORD) {
    value = byte_at(code, cursor) | (byte_at(code, cursor + 1) << 8);
    cursor += 2;
  } else if (operation != OP_ZERO && operation != OP_ONE) {
    return -1;
  }
  return value > SLEEP_TYPE_MAX ? -1 : <i32>value;
}
