// What the shell's commands share: its connections and the status of the last command.
// The connections are made once, when the module starts; handle 0 stands for one that the image does not give.
import { Clock } from "../../build/interfaces/clock/client";
import { Init } from "../../build/interfaces/init/client";
import { FIELD_KIND } from "../../build/interfaces/init/constants";
import * as startup from "../lib/startup";
import { word_count, word_length, word_number, word_start } from "./words";

export const init: Init = Init.connect("init");
export const clock: Clock = Clock.connect("clock");
/** The System capability: figures, log, trace, power. */
export const system_handle: u64 = startup.capability("system");

/** Status of the command before this one: `$?`. */
export let last_status: u32 = 0;
/** Set by `exit` and `poweroff`: no further command is read. */
export let is_leaving: bool = false;

export function set_last_status(status: u32): void {
  last_status = status;
}

export function leave(status: u32): u32 {
  is_leaving = true;
  return status;
}

/** The unit that a word names, by id or by name: its id, or E_NOT_FOUND. */
export function unit_of_word(index: u32): i64 {
  if (index >= word_count) return 0;
  const id = word_number(index);
  if (id <= 0) return init.find(word_start(index), word_length(index));
  const kind = init.field(id, FIELD_KIND);
  return kind < 0 ? kind : id;
}

/** A figure about a unit; 0 when init does not tell. */
export function unit_field(id: u64, field: u32): u64 {
  const value = init.field(id, field);
  return value < 0 ? 0 : <u64>value;
}
