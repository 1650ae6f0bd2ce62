// Interrupts of a device: messages that the bus programs into its table (PCI Local Bus 3.0, 6.8), or its line. A driver gets the Irq and never
// the table, so it can name no message but its own. Called by methods.ts for the device's owner.
import * as capability from "../../lib/capability";
import { load_register, obtain_line, obtain_message, store_register } from "../../lib/device";
import { E_ABSENT, E_ARGUMENT } from "../../lib/errors";
import { reply_word } from "../../lib/message";
import { range } from "../physical";
import { KIND_FUNCTION, Unit, VECTOR_MAX, bar_base, set_vector_handle, vector_handle } from "../unit";
import { COMMAND_NO_LINE, config_load, config_store, set_command } from "./config";

const TABLE_ENABLE: u32 = 1 << 31;
const TABLE_MASK_ALL: u32 = 1 << 30;
const ENTRY_BYTES: u32 = 16;
const ENTRY_CONTROL: u32 = 12;
const ENTRY_MASKED: u32 = 1;
const MESSAGE_ENABLE: u32 = 1 << 16;
const MESSAGE_WIDE: u32 = 1 << 23;
/** Which of several messages of one function: always one alone. */
const MESSAGE_MANY: u32 = 7 << 20;

let system: u64 = 0;
let has_messages: bool = false;

/** Does this machine have messages at all? */
export function open_messages(capability_to_system: u64): void {
  system = capability_to_system;
  const first = obtain_message(system);
  has_messages = first >= 0;
  if (first >= 0) capability.drop(<u64>first);
}

/** How many messages a driver can ask for; 0: the device has its line alone. */
export function vectors_of(unit: Unit): u32 {
  if (!has_messages || unit.kind != KIND_FUNCTION) return 0;
  if (unit.message_table != 0) return min(unit.message_count, VECTOR_MAX);
  return unit.message != 0 ? 1 : 0;
}

/** The bus' handle of the Irq of a vector, programmed and unmasked; or an error. */
export function interrupt_of(unit: Unit, vector: u32): i64 {
  const vectors = vectors_of(unit);
  if (vector >= max(vectors, 1)) return E_ARGUMENT;
  const known = vector_handle(unit, vector);
  if (known != 0) return <i64>known;
  if (vectors == 0 && unit.line == 0) return E_ABSENT;
  const irq = vectors == 0 ? obtain_line(system, unit.line) : obtain_message(system);
  if (irq < 0) return irq;
  let error: i64 = 0;
  if (vectors != 0) error = unit.message_table != 0 ? program_table(unit, vector) : program_message(unit);
  if (error < 0) {
    capability.drop(<u64>irq);
    return error;
  }
  set_vector_handle(unit, vector, <u64>irq);
  return irq;
}

/** Where to store and what are words 1 and 2 of obtain_message's answer. */
function program_table(unit: Unit, vector: u32): i64 {
  const address = reply_word(1),
    value = reply_word(2);
  const table = range(bar_base(unit, unit.message_bar) + unit.message_offset + vector * ENTRY_BYTES, ENTRY_BYTES);
  if (table < 0) return table;
  store_register(<u64>table, ENTRY_CONTROL, 4, ENTRY_MASKED);
  store_register(<u64>table, 0, 4, address & 0xffff_ffff);
  store_register(<u64>table, 4, 4, address >> 32);
  store_register(<u64>table, 8, 4, value);
  store_register(<u64>table, ENTRY_CONTROL, 4, 0);
  const error = load_register(<u64>table, ENTRY_CONTROL, 4);
  capability.drop(<u64>table);
  if (error < 0) return error;
  const control = config_load(unit.target, unit.message_table);
  config_store(unit.target, unit.message_table, (control & ~TABLE_MASK_ALL) | TABLE_ENABLE);
  set_command(unit.target, COMMAND_NO_LINE, 0);
  return 0;
}

function program_message(unit: Unit): i64 {
  const control = config_load(unit.target, unit.message),
    is_wide = (control & MESSAGE_WIDE) != 0;
  config_store(unit.target, unit.message + 4, <u32>reply_word(1));
  if (is_wide) config_store(unit.target, unit.message + 8, <u32>(reply_word(1) >> 32));
  config_store(unit.target, unit.message + (is_wide ? 12 : 8), <u32>reply_word(2));
  config_store(unit.target, unit.message, (control & ~MESSAGE_MANY) | MESSAGE_ENABLE);
  set_command(unit.target, COMMAND_NO_LINE, 0);
  return 0;
}

/** The device sends no more messages, and raises no line; the Irqs that were handed out are dead. */
export function silence(unit: Unit): void {
  if (unit.kind == KIND_FUNCTION) {
    if (unit.message_table != 0)
      config_store(unit.target, unit.message_table, config_load(unit.target, unit.message_table) & ~TABLE_ENABLE);
    if (unit.message != 0)
      config_store(unit.target, unit.message, config_load(unit.target, unit.message) & ~MESSAGE_ENABLE);
    set_command(unit.target, vectors_of(unit) == 0 ? 0 : COMMAND_NO_LINE, COMMAND_NO_LINE);
  }
  for (let vector: u32 = 0; vector < VECTOR_MAX; vector++) {
    const handle = vector_handle(unit, vector);
    if (handle == 0) continue;
    capability.revoke(handle);
    capability.drop(handle);
    set_vector_handle(unit, vector, 0);
  }
}
