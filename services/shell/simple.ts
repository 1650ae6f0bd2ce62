// Commands that need a line or two each: echo, clear, date, uptime, exit, poweroff.
import * as status from "../../kernel/abi/status";
import { now_ns } from "../lib/notification";
import { counter } from "../lib/system";
import { complain, complain_about, end_line, out } from "./output";
import { info } from "./inspect";
import { clock, last_status, leave } from "./state";
import { put_date, put_duration } from "./time";
import { word_count, word_is, word_length, word_number, word_start } from "./words";

export function echo(): u32 {
  const is_open = word_is(1, "-n");
  const first: u32 = is_open ? 2 : 1;
  for (let i = first; i < word_count; i++) {
    if (i > first) out().byte(0x20);
    out().bytes(word_start(i), word_length(i));
  }
  if (!is_open) end_line();
  return 0;
}

export function clear(): u32 {
  out().byte(0x1b).string("[2J").byte(0x1b).string("[H");
  return 0;
}

export function date(): u32 {
  const time = clock.realtime();
  if (time < 0) return complain_about("date", time);
  put_date(out(), <u64>time);
  end_line();
  return 0;
}

export function uptime(): u32 {
  out().string("up ");
  put_duration(out(), now_ns());
  out()
    .string(", ")
    .number(info(status.INFO_DOMAINS))
    .string(" domains, ")
    .number(info(status.INFO_SWITCHES))
    .string(" switches, ");
  out().number(info(status.INFO_INTERRUPTS)).string(" interrupts");
  end_line();
  // Taken last: `phi bench` reads it as the cost of everything since power-on.
  out().string("counter at ").number(counter()).string(", at ").number(info(status.INFO_BOOT_COUNTER));
  out().string(" when the kernel began");
  end_line();
  return 0;
}

/** `exit` and `poweroff`: the main loop ends with this status. */
export function exit(): u32 {
  if (word_count == 1) return leave(word_is(0, "poweroff") ? 0 : last_status);
  const number = word_number(1);
  if (number < 0 || number > 255)
    return complain((word_is(0, "poweroff") ? "poweroff" : "exit") + ": the status is a number from 0 to 255.");
  return leave(<u32>number);
}
