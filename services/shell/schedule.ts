// The command `schedule`: who decides when services and programs run, with which shares, and somebody else from now on.
import * as status from "../../kernel/abi/status";
import * as Init from "../../build/interfaces/init/constants";
import { E_NOT_FOUND } from "../lib/errors";
import { BOLD, colour, complain_about, end_line, error, number_in, out, PLAIN, say } from "./output";
import { put_unit_name } from "./processes";
import { init, unit_field } from "./state";
import { put_duration } from "./time";
import { word_count, word_is, word_length, word_start } from "./words";

const SCHEDULER_SLEEPS: u64 = 1;
const SCHEDULER_DECIDES: u64 = 2;

export function schedule(): u32 {
  if (word_count == 1) return show_shares();
  const none = word_is(1, "none");
  const result = init.schedule(none ? 0 : word_start(1), none ? 0 : word_length(1));
  if (result >= 0) return 0;
  if (result != E_NOT_FOUND) return complain_about("schedule", result);
  error().string("schedule: ").bytes(word_start(1), word_length(1));
  error().string(" is no scheduler of this image; `schedule` lists them.");
  end_line();
  return 1;
}

function show_shares(): u32 {
  let count: u32 = 0;
  for (let id = init.next(0); id > 0; id = init.next(id)) {
    const role = unit_field(id, Init.FIELD_SCHEDULER);
    if (role != SCHEDULER_SLEEPS && role != SCHEDULER_DECIDES) continue;
    count++;
    put_unit_name(out(), id);
    out().string(role == SCHEDULER_DECIDES ? " decides" : " sleeps");
    end_line();
  }
  if (count == 0) {
    say("This image has no scheduler: fixed priorities, round robin among equals.");
    return 0;
  }
  colour(BOLD);
  out().string("   ID NAME             WEIGHT BUDGET us PERIOD us TIME");
  colour(PLAIN);
  end_line();
  for (let id = init.next(0); id > 0; id = init.next(id)) {
    if (init.field(id, Init.FIELD_WEIGHT) < 0) continue;
    number_in(id, 5);
    out().byte(0x20);
    put_unit_name(out(), id);
    number_in(unit_field(id, Init.FIELD_WEIGHT), 7);
    number_in(unit_field(id, Init.FIELD_BUDGET_US), 10);
    number_in(unit_field(id, Init.FIELD_PERIOD_US), 10);
    out().byte(0x20);
    put_duration(out(), unit_field(id, status.STATUS_TIME_NS));
    end_line();
  }
  return 0;
}
