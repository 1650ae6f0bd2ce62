// A scheduler service for tests/system/supervision.test.ts: as soon as it hears of its threads it spins, more urgent than almost everybody.
import * as notification from "../../../services/lib/notification";
import * as startup from "../../../services/lib/startup";

let rounds: u64 = 0;

export function start(): void {
  notification.bind(startup.capability("news"));
}

export function event(_bits: u64): void {
  for (;;) store<u64>(8, ++rounds);
}
