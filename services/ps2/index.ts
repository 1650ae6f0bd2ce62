// The driver of a PC's own keyboard: what is typed there goes to the console as the terminal's own keys. Granted by the image: `data` with `data.irq`, `command`, and the
// endpoint `console` with the role of a keyboard. It serves nobody. Without a controller, or with one that does not answer, it ends its work at once.
import { Console, STREAM_LOG } from "../../build/interfaces/console/client";
import { key, BYTES_MAX } from "../keyboard/keys";
import { acknowledge, bind_interrupt } from "../lib/device";
import { begin_line, end_line, set_log_sink } from "../lib/log";
import { create_bound } from "../lib/notification";
import * as startup from "../lib/startup";
import { MOUSE_BYTE, NO_BYTE, open, take } from "./controller";
import { code, scan, value } from "./scancodes";

const EVENT_INTERRUPT: u64 = 1;
/** A keyboard sends some hundred bytes a second; a controller that never runs empty is not listened to any more. */
const BYTES_AN_EVENT: u32 = 256;
const TYPED_BYTES: u32 = 64;
const ENDLESS = "the keyboard's controller never runs empty: it is not listened to any more";

const console = Console.connect("console");
const typed = memory.data(64);
let irq: u64 = 0;

export function start(): void {
  set_log_sink((data: usize, length: u32): void => {
    console.write(STREAM_LOG, data, length);
  });
  const data = startup.capability("data");
  const command = startup.capability("command");
  if (data == 0 || command == 0) return;
  if (!open(data, command)) return fail("the keyboard's controller does not answer: type on the serial line");
  const notification = create_bound(startup.self());
  assert(notification > 0);
  irq = startup.capability("data.irq");
  bind_interrupt(irq, notification, EVENT_INTERRUPT);
  if (!receive()) fail(ENDLESS);
}

/** What came while the line was masked made no interrupt: it is looked for again. */
export function event(_bits: u64): void {
  if (!receive()) return fail(ENDLESS);
  acknowledge(irq);
  receive();
}

/** Types what the keyboard sent. False: there was no end to it. */
function receive(): bool {
  let length: u32 = 0;
  let count: u32 = 0;
  for (; count < BYTES_AN_EVENT; count++) {
    const byte = take();
    if (byte == NO_BYTE) break;
    if (byte == MOUSE_BYTE) continue;
    scan(<u32>byte);
    if (code != 0) length += key(code, value, typed + length);
    if (length + BYTES_MAX <= TYPED_BYTES) continue;
    console.type(typed, length);
    length = 0;
  }
  if (length != 0) console.type(typed, length); // keys for which there is no room are lost, as on any terminal
  return count < BYTES_AN_EVENT;
}

function fail(what: string): void {
  begin_line("ps2").string(what);
  end_line();
}
