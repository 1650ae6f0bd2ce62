// FADT (ACPI 6.4, 5.2.9) and what it takes of the DSDT: the ports by which the machine is switched off, and the values of \_S5, which the
// DSDT's byte code gives as a package of constants. No interpreter: the package is found by its name and read by its one possible form.
import { set_power } from "../found";
import { COPY_MAX, copy_physical } from "../physical";
import { adds_up, byte_at, long_at, word_at } from "./bytes";

const DSDT_AT: u32 = 40;
const PM1A_AT: u32 = 64;
const PM1B_AT: u32 = 68;
const LENGTH_MIN: u32 = 76;
const DSDT_NEW_AT: u32 = 140;
const DSDT: u32 = 0x5444_5344;
const HEADER_BYTES: u32 = 36;
const PORT_MAX: u32 = 0xffff;

const NAME_S5: u32 = 0x5f35_535f; // "_S5_"
const OP_NAME: u32 = 0x08;
const OP_ROOT: u32 = 0x5c;
const OP_PACKAGE: u32 = 0x12;
const OP_ZERO: u32 = 0x00;
const OP_ONE: u32 = 0x01;
const OP_BYTE: u32 = 0x0a;
const OP_WORD: u32 = 0x0b;
const SLEEP_TYPE_MAX: u32 = 7;
const SLEEP_TYPE_SHIFT: u32 = 10;
const SLEEP_ENABLE: u32 = 1 << 13;

const code = memory.data(0x1_0000, 8);
/** Where the next constant of the package begins. */
let cursor: u32 = 0;

/** False: the table is too short, or its ports are none. Without a readable \_S5 the machine is switched off by hand. */
export function read_fadt(table: usize, length: u32): bool {
  if (length < LENGTH_MIN) return false;
  const port = word_at(table, PM1A_AT),
    second = word_at(table, PM1B_AT);
  if (port > PORT_MAX || second > PORT_MAX) return false;
  if (port == 0) return true;
  let address = <u64>word_at(table, DSDT_AT);
  if (length >= DSDT_NEW_AT + 8 && long_at(table, DSDT_NEW_AT) != 0) address = long_at(table, DSDT_NEW_AT);
  const bytes = copy_code(address);
  if (bytes == 0) return false;
  const values = sleep_values(code, bytes);
  if (values < 0) return true;
  const first = ((<u32>values) & 0xff) << SLEEP_TYPE_SHIFT,
    other = (((<u32>values) >> 8) & 0xff) << SLEEP_TYPE_SHIFT;
  set_power(port, second, first | SLEEP_ENABLE, other | SLEEP_ENABLE);
  return true;
}

function copy_code(address: u64): u32 {
  if (copy_physical(address, HEADER_BYTES, code) < 0 || word_at(code, 0) != DSDT) return 0;
  const bytes = word_at(code, 4);
  if (bytes < HEADER_BYTES || bytes > COPY_MAX || copy_physical(address, bytes, code) < 0) return 0;
  return word_at(code, 4) == bytes && adds_up(code, bytes) ? bytes : 0;
}

/** The two sleep types of \_S5, first | second << 8; −1: there is no such package. */
export function sleep_values(start: usize, bytes: u32): i32 {
  for (let at: u32 = HEADER_BYTES + 2; at + 8 <= bytes; at++) {
    if (word_at(start, at) != NAME_S5 || byte_at(start, at + 4) != OP_PACKAGE) continue;
    const before = byte_at(start, at - 1);
    if (before != OP_NAME && !(before == OP_ROOT && byte_at(start, at - 2) == OP_NAME)) continue;
    // The package's length has as many more bytes as its first one's upper two bits say; then the number of elements.
    cursor = at + 6 + (byte_at(start, at + 5) >> 6) + 1;
    const first = constant(start, bytes),
      second = constant(start, bytes);
    if (first >= 0 && second >= 0) return first | (second << 8);
  }
  return -1;
}

/** A constant of at most SLEEP_TYPE_MAX; −1: none. */
function constant(start: usize, bytes: u32): i32 {
  if (cursor + 3 > bytes) return -1;
  const operation = byte_at(start, cursor++);
  let value = operation;
  if (operation == OP_BYTE) {
    value = byte_at(start, cursor++);
  } else if (operation == OP_WORD) {
    value = byte_at(start, cursor) | (byte_at(start, cursor + 1) << 8);
    cursor += 2;
  } else if (operation != OP_ZERO && operation != OP_ONE) {
    return -1;
  }
  return value > SLEEP_TYPE_MAX ? -1 : <i32>value;
}
