// A scheduler service: it decides when the threads that init attaches to it run, by fair share or by earliest deadline
// (number "policy": 0, 1). Two services of an image may be of this module, one for each policy; one of them lives at a time.
import * as notification from "../lib/notification";
import * as startup from "../lib/startup";
import { engine_run, engine_start } from "./engine";

export function start(): void {
  notification.bind(startup.capability("news"));
  engine_start(startup.capability("scheduler"), startup.region("ring"), startup.number("policy", 0) == 1);
  engine_run();
}

export function event(_bits: u64): void {
  engine_run();
}
