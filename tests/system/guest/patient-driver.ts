// A driver that has an event to deal with 60 ms after it began, when another one has the processor to itself: it gets to it, and says so.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import * as notification from "../../../services/lib/notification";
import * as startup from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const DELAY_NS: u64 = 60_000_000;
const console = Console.connect("console");
const text = new Text(memory.data(64), 64);

export function start(): void {
  const timer = notification.create_bound(startup.self());
  notification.set_timer(<u64>timer, notification.now_ns() + DELAY_NS, 1);
}

export function event(_bits: u64): void {
  text.clear().string("patient: at last").newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
