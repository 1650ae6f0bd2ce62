// Where init's own lines go: the console service's log stream, once it runs; until then they are held back, oldest first.
// A console that fails costs lines, never init: an error ends the attempt.
import * as capability from "../lib/capability";
import * as region from "../lib/region";
import { Text } from "../lib/text";
import { describe } from "../lib/errors";
import { ENDPOINT_CALL } from "../lib/endpoint";
import { Console, STREAM_ERROR, STREAM_LOG } from "../../build/interfaces/console/client";
import { LIFE_RUNNING } from "../../build/interfaces/init/constants";
import * as machine from "./machine";
import { power_off } from "../lib/system";
import { connect, connection_at } from "./connection";
import { unit_at } from "./unit";
import { CLIENT_BUFFERS } from "./window";

const ROLE_INIT: u32 = 127;
const BUFFER_BYTES: u32 = 16384;
const line = new Text(memory.data(1024, 8), 1024);
const held = new Text(memory.data(8192, 8), 8192);
let console_service: Console | null = null;
let console_place: u32 = 0;
let is_error_stream: bool = false;

/** Connects init itself to the console's unit; 0, or an error. */
export function connect_console(place: u32): i64 {
  const made = connect(place, 0, ROLE_INIT, BUFFER_BYTES);
  if (made < 0) return made;
  const connection = connection_at(<u32>made);
  const endpoint = capability.derive(unit_at(place).endpoint, ENDPOINT_CALL, connection.badge);
  if (endpoint < 0) return endpoint;
  const error = region.map(
    connection.region,
    CLIENT_BUFFERS,
    0,
    region.pages_for(BUFFER_BYTES),
    region.REGION_READ | region.REGION_WRITE,
  );
  if (error < 0) return error;
  console_service = new Console(<u64>endpoint, <usize>CLIENT_BUFFERS, BUFFER_BYTES);
  console_place = place;
  return 0;
}

/** init's client of the console; null when the image has none or it does not run. */
export function console_client(): Console | null {
  if (console_service == null || unit_at(console_place).life != LIFE_RUNNING) return null;
  return console_service;
}

/** Begins a line of the log. */
export function say(): Text {
  is_error_stream = false;
  return line.clear().string("init: ");
}

/** Begins a line of standard error: what befell the foreground program. */
export function say_error(): Text {
  is_error_stream = true;
  return line.clear();
}

/** Ends the line and sends it. */
export function said(): void {
  line.newline();
  flush_held();
  const client = console_client();
  if (client != null && held.length == 0) {
    if (client.write(is_error_stream ? STREAM_ERROR : STREAM_LOG, line.start, line.length) >= 0) return;
  }
  held.bytes(line.start, line.length);
}

/** Sends the lines that were held back. */
export function flush_held(): void {
  const client = console_client();
  if (client == null || held.length == 0) return;
  if (client.write(STREAM_LOG, held.start, held.length) >= 0) held.clear();
}

/** Says that something about a unit failed, with the error's sentence. */
export function say_failure(what: string, name: usize, length: u32, error: i64): void {
  say()
    .string(what)
    .byte(0x20)
    .bytes(name, length)
    .string(": ")
    .string(describe(error))
    .string(" (")
    .signed(error)
    .byte(0x29);
  said();
}

/** The console's place in the unit table; 0xffff_ffff = the image has none. */
export function console_unit(): u32 {
  return console_service == null ? 0xffff_ffff : console_place;
}

/** The end: everything written has left the machine, the status is told, the power goes off. Returns where nobody here can switch it off. */
export function finish(status: u32): void {
  flush_held();
  const client = console_client();
  if (client != null) {
    client.flush();
    client.exit_status(status);
    client.flush();
  }
  power_off(machine.system, status);
  if (by_bus != null) by_bus!();
  say().string("it is now safe to switch this machine off");
  said();
}

/** How the bus switches the machine off, once there is one. */
export function set_power_off(switch_off: () => void): void {
  by_bus = switch_off;
}

let by_bus: (() => void) | null = null;
