// The command `devices` (and `lspci`): what the bus service has found, a line each. An image without a bus has none to show.
import { Bus } from "../../build/interfaces/bus/client";
import { E_NOT_FOUND } from "../lib/errors";
import * as startup from "../lib/startup";
import { complain, complain_about, end_line, out, say } from "./output";

const bus = Bus.connect("bus");

export function devices(): u32 {
  if (startup.capability("bus") == 0) return complain("devices: this image has no bus service.");
  let place: u32 = 0;
  for (; ; place++) {
    const length = bus.list(place);
    if (length == E_NOT_FOUND) break;
    if (length < 0) return complain_about("devices", length);
    out().bytes(bus.buffer, <u32>length);
    end_line();
  }
  if (place == 0) say("This machine tells of no devices.");
  return 0;
}
