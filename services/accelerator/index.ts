// The processor as an accelerator. The image's number "variant" says how it computes (kernels.ts), "milliwatts" what it takes
// meanwhile; docs/accelerators.md. One job is done in each event, so that submitting goes on while jobs wait.
import { on_client_gone } from "../lib/buffer";
import { create_bound, notify } from "../lib/notification";
import * as startup from "../lib/startup";
import { measure } from "./cost";
import { set_wake, variant, wake } from "./methods";
import { drop_client, pass, WORK, work } from "./queue";
import { passes } from "../lib/state";

export { call } from "../../build/interfaces/accelerator/server";

const VERSION: u32 = 2;

export function start(): void {
  const notification = create_bound(startup.self());
  if (notification < 0) unreachable(); // without it no job would ever be done
  set_wake(<u64>notification);
  on_client_gone(drop_client);
  measure(variant);
  passes(VERSION, pass, begin);
}

/** In another's place: its jobs are looked at. */
function begin(): i64 {
  return notify(wake, WORK);
}

export function event(_bits: u64): void {
  if (work(variant)) notify(wake, WORK);
}
