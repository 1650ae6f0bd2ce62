// The foreground program: it has the console's input, and ^C ends it. One at a time; a second one started meanwhile takes the
// input over and gives it back when it ends.
import { console_client, console_unit } from "./output";
import { connection_at, find_connection } from "./connection";
import { LIFE_RUNNING, UNIT_PROGRAM } from "../../build/interfaces/init/constants";
import { NO_UNIT, UNIT_MAX, unit_at } from "./unit";

/** Gives the console's input to a program, by way of its companion's connection. */
export function take_input(program: u32, companion: u32): void {
  const unit = unit_at(program);
  unit.is_foreground = 1;
  const client = console_client();
  const place = find_connection(console_unit(), companion);
  if (client == null || place == 0xffff_ffff) return;
  const before = client.set_foreground(connection_at(place).badge);
  unit.previous_foreground = before > 0 ? <u64>before : 0;
}

/** The program has ended: whoever had the input before has it again. */
export function release_input(program: u32): void {
  const unit = unit_at(program);
  if (unit.is_foreground == 0) return;
  unit.is_foreground = 0;
  const client = console_client();
  if (client != null) client.set_foreground(unit.previous_foreground);
}

/** The newest foreground program that runs; NO_UNIT. */
export function foreground_program(): u32 {
  let found = NO_UNIT;
  for (let place: u32 = 0; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != UNIT_PROGRAM || unit.life != LIFE_RUNNING || unit.is_foreground == 0) continue;
    if (found == NO_UNIT || unit.id > unit_at(found).id) found = place;
  }
  return found;
}
