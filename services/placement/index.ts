// The policy that chooses an accelerator for each job, by measured latency or by energy. It asks the image's accelerators
// ("accelerator.0" …) for their estimates; clients then submit to the chosen one themselves.
import { Accelerator } from "../../build/interfaces/accelerator/client";
import * as startup from "../lib/startup";
import { passes } from "../lib/state";
import { ACCELERATORS, pass, use } from "./methods";

export { call } from "../../build/interfaces/placement/server";

const VERSION: u32 = 1;

export function start(): void {
  passes(VERSION, pass);
  for (let index: u32 = 0; index < ACCELERATORS; index++) {
    const name = "accelerator." + index.toString();
    if (startup.capability(name) != 0) use(index, Accelerator.connect(name));
  }
}
