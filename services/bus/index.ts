// The bus service: finds the machine's devices by the firmware's tables and by PCI's configuration space, and hands each driver its own, no more.
// What its clients may have is in their roles (interface.ts); what it may have itself is its System capability's right to devices.
import { Console, STREAM_LOG } from "../../build/interfaces/console/client";
import { on_client_gone } from "../lib/buffer";
import { set_log_sink } from "../lib/log";
import { take_refusals } from "./fence";
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

/** The IOMMU has refused something. */
export function event(_bits: u64): void {
  take_refusals(stop);
}
