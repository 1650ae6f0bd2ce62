// The clock service: wall-clock time. Reads whichever chip the image grants (`cmos`, `goldfish`) once and counts on from
// there; the boot parameter `realtime` (ns since 1970) wins over both. With none of them its calls answer E_ABSENT.
import { is_sensible, read_cmos, read_goldfish } from "./registers";
import { set_now } from "./methods";
import { parameter_number } from "../lib/parameters";
import { nothing_to_hand_over, nothing_to_save, replaceable } from "../lib/replace";
import * as startup from "../lib/startup";

export { call } from "../../build/interfaces/clock/server";

const SECOND_NS: u64 = 1_000_000_000;

export function start(): void {
  replaceable(nothing_to_save, nothing_to_hand_over);
  const told_ns = parameter_number(startup.region("parameters"), startup.region_bytes("parameters"), "realtime", 0);
  if (told_ns != 0) return set_now(<i64>told_ns);
  const cmos = startup.capability("cmos");
  const goldfish = startup.capability("goldfish");
  const seconds = cmos != 0 ? read_cmos(cmos) : goldfish != 0 ? read_goldfish(goldfish) : 0;
  if (is_sensible) set_now(<i64>(seconds * SECOND_NS));
}
