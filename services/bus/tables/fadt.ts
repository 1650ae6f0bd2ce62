// FADT (ACPI 6.4, 5.2.9): the registers by which the machine is switched off, and where the byte code lies that names the values for them (sleep.ts). Read at
// discovery; used by power.ts, once. Invariant: a register is a port or lies in physical space, below where every architecture's devices end.
import { byte_at, long_at, word_at } from "./bytes";

const DSDT_AT: u32 = 40;
const COMMAND_AT: u32 = 48;
const ENABLE_AT: u32 = 52;
const CONTROL_A_AT: u32 = 64;
const CONTROL_B_AT: u32 = 68;
const LENGTH_MIN: u32 = 76;
const FLAGS_AT: u32 = 112;
const DSDT_NEW_AT: u32 = 140;
const CONTROL_A_NEW_AT: u32 = 172;
const CONTROL_B_NEW_AT: u32 = 184;
const SLEEP_AT: u32 = 244;
/** A generic address (ACPI 6.4, 5.2.3.2): address space, three numbers of its access, then the address. */
const ADDRESS_BYTES: u32 = 12;
const SPACE_MEMORY: u32 = 0;
const SPACE_PORTS: u32 = 1;
const PORT_MAX: u64 = 0xffff;
const BELOW: u64 = 1 << 36;
/** No fixed registers: one that sleeps, in their place. */
const REDUCED: u32 = 1 << 20;

/** Set in the place of a register that is a port. */
export const IN_PORTS: u64 = 1 << 63;

/** Physical address of the byte code; 0: no FADT was read. */
export let byte_code: u64 = 0;
/** The control registers of power management, 16 bits each, and of a machine without them the sleep control register, 8 bits; 0: there is none. */
export let control_a: u64 = 0;
export let control_b: u64 = 0;
export let sleep_control: u64 = 0;
/** Port by which firmware hands the registers over, and what to store there; 0: they are ours. */
export let enable_port: u32 = 0;
export let enable_value: u32 = 0;

/** False: the table is too short, or a register of it lies nowhere. Of several tables the last one counts, and no other. */
export function read_fadt(table: usize, length: u32): bool {
  byte_code = control_a = control_b = sleep_control = 0;
  enable_port = enable_value = 0;
  if (length < LENGTH_MIN) return false;
  const code_new = long_of(table, length, DSDT_NEW_AT),
    is_reduced = length >= FLAGS_AT + 4 && (word_at(table, FLAGS_AT) & REDUCED) != 0;
  is_sound = true;
  if (is_reduced) {
    sleep_control = register(table, length, SLEEP_AT, 0);
  } else {
    control_a = register(table, length, CONTROL_A_NEW_AT, word_at(table, CONTROL_A_AT));
    control_b = register(table, length, CONTROL_B_NEW_AT, word_at(table, CONTROL_B_AT));
    enable_port = word_at(table, COMMAND_AT);
    enable_value = byte_at(table, ENABLE_AT);
  }
  byte_code = code_new != 0 ? code_new : <u64>word_at(table, DSDT_AT);
  if (is_sound && <u64>enable_port <= PORT_MAX && byte_code < BELOW) return true;
  byte_code = 0;
  return false;
}

let is_sound: bool = true;

function long_of(table: usize, length: u32, at: u32): u64 {
  return length >= at + 8 ? long_at(table, at) : 0;
}

/** The generic address at an offset, or the port that older tables have in its place; 0: neither is there. */
function register(table: usize, length: u32, at: u32, port: u32): u64 {
  const address = length >= at + ADDRESS_BYTES ? long_at(table, at + 4) : 0;
  if (address == 0) {
    if (<u64>port > PORT_MAX) is_sound = false;
    return port == 0 ? 0 : IN_PORTS | (<u64>port);
  }
  const space = byte_at(table, at);
  if (space == SPACE_PORTS && address <= PORT_MAX) return IN_PORTS | address;
  if (space != SPACE_MEMORY || address >= BELOW) is_sound = false;
  return address;
}
