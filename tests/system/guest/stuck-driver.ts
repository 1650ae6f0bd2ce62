// A driver that stops answering 20 ms after it began: init has to find that out.
import { Bus } from "../../../build/interfaces/bus/client";
import * as notification from "../../../services/lib/notification";
import * as startup from "../../../services/lib/startup";

const DELAY_NS: u64 = 20_000_000;
const bus = Bus.connect("bus");

export function start(): void {
  bus.claim();
  const timer = notification.create_bound(startup.self());
  notification.set_timer(<u64>timer, notification.now_ns() + DELAY_NS, 1);
}

/** Without end; a gate each time, or a compiler leaves the loop out. */
export function event(_bits: u64): void {
  while (notification.now_ns() != 0) {}
}
