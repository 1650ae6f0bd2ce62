// The console service: owns the UART and its interrupt, serves services/console/interface.ts to any number of clients.
// Granted by the image: `uart` (a: device kind | register stride << 8), `uart.irq`, `interrupt` (a notification of init's; a: bits),
// `system`, and perhaps the endpoint `screen`. Boot parameters: `console` (tty, mux), `columns`, `colours` (none). Without a UART it runs all the same: output vanishes, input never comes.
import { Console, EVENT_INTERRUPT } from "./service";
import { Mirror } from "./mirror";
import { Uart } from "./uart";
import { Screen } from "../../build/interfaces/screen/client";
import { client_gone, serve } from "./methods";
import { forget_predecessor, hand_over } from "./takeover";
import { on_client_gone } from "../lib/buffer";
import { bind_interrupt } from "../lib/device";
import { create_bound } from "../lib/notification";
import { parameter_is, parameter_number } from "../lib/parameters";
import { is_successor } from "../lib/replace";
import * as startup from "../lib/startup";
import * as system from "../lib/system";

export { call } from "../../build/interfaces/console/server";

const COLUMNS_OTHERWISE: u64 = 80;
const COLUMNS_MIN: u64 = 20;
const COLUMNS_MAX: u64 = 250;

let console: Console | null = null;

export function start(): void {
  const notification = create_bound(startup.self());
  assert(notification > 0);
  const parameters = startup.region("parameters");
  const parameters_bytes = startup.region_bytes("parameters");
  const is_mux = parameter_is(parameters, parameters_bytes, "console", "mux");
  const irq = startup.capability("uart.irq");
  const stride = <u32>(startup.capability_a("uart") >> 8);
  const uart = new Uart(startup.capability("uart"), stride == 0 ? 1 : stride);
  const made = new Console(
    uart,
    new Mirror(is_mux ? null : Screen.connect("screen")),
    is_mux,
    irq,
    notification,
    startup.capability("interrupt"),
    startup.capability_a("interrupt"),
  );
  const columns = parameter_number(parameters, parameters_bytes, "columns", COLUMNS_OTHERWISE);
  made.output.editor.columns = <u32>min(max(columns, COLUMNS_MIN), COLUMNS_MAX);
  made.output.has_colours = !parameter_is(parameters, parameters_bytes, "colours", "none");
  console = made;
  serve(made);
  on_client_gone(client_gone);
  hand_over(made, irq, notification);
  if (is_successor()) return; // the line is another's until take_over
  system.info(
    startup.capability("system"),
    made.output.is_mux ? system.INFO_CONSOLE_MULTIPLEXED : system.INFO_CONSOLE_TAKEN,
  );
  uart.start();
  bind_interrupt(irq, notification, EVENT_INTERRUPT);
  made.receive();
  made.output.ready();
}

export function event(bits: u64): void {
  forget_predecessor();
  console!.event(bits);
}
