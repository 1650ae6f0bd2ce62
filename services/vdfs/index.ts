// VDFS: files by content on a disk, as a service. The store itself is in store/, the same in Node (host.ts).
import { on_client_gone } from "../lib/buffer";
import { begin_line, end_line } from "../lib/log";
import { describe } from "../lib/errors";
import { client_ended } from "./clients";
import { open_store } from "./mounted";

export { call } from "../../build/interfaces/vdfs/server";

export function start(): void {
  on_client_gone(client_ended);
  const opened = open_store();
  if (opened >= 0) return;
  begin_line("vdfs").string("no disk: ").string(describe(opened));
  end_line();
}
