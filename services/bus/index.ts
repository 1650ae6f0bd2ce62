// The bus service: finds the machine's devices by the firmware's tables and by PCI's configuration space, and hands each driver its own, no more.
// What its clients may have is in their roles (interface.ts); what it may have itself is its System capability's right to devices.
import { Console, STREAM_LOG } from "../../build/interfaces/console/client";
import { on_client_gone } from "../lib/buffer";
import { set_log_sink } from "../lib/log";
import { EVENT_REFUSED } from "./events";
import { take_refusals } from "./fence";
import { wake_drivers } from "./lines";
import { client_gone, stop } from "./methods";

export { call } from "../../build/interfaces/bus/server";

const console = Console.connect("console");

function say(data: usize, length: u32): void {
  console.write(STREAM_LOG, data, length);
}

export function start(): void {
  set_log_sink(say);
  on_client_gone(client_gone);
}

export function event(bits: u64): void {
  if ((bits & EVENT_REFUSED) != 0) take_refusals(stop);
  wake_drivers(bits);
}
