// VDFS: files by content on a disk, as a service. The store itself is in store/, the same in Node (host.ts).
import { on_client_gone } from "../lib/buffer";
import { Console, STREAM_LOG } from "../../build/interfaces/console/client";
import { capability } from "../lib/startup";
import { begin_line, end_line, set_log_sink } from "../lib/log";
import { describe } from "../lib/errors";
import { client_ended } from "./clients";
import { open_store } from "./mounted";

export { call } from "../../build/interfaces/vdfs/server";

let console: Console | null = null;

function say(data: usize, length: u32): void {
  console!.write(STREAM_LOG, data, length);
}

export function start(): void {
  if (capability("console") != 0) {
    console = Console.connect("console");
    set_log_sink(say);
  }
  on_client_gone(client_ended);
  const opened = open_store();
  if (opened >= 0) return;
  begin_line("vdfs").string("no disk: ").string(describe(opened));
  end_line();
}
