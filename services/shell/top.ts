// Command top: who took the processor's time in the last interval, the busiest first. Times are the kernel's own of each
// thread; a call runs on its caller's thread, so a service's time is what its own events took, a client's includes its calls.
import * as status from "../../kernel/abi/status";
import * as Init from "../../build/interfaces/init/constants";
import {
  MODE_ECHO,
  MODE_HISTORY,
  MODE_INTERRUPT,
  MODE_LINE,
  TERMINAL_TTY,
} from "../../build/interfaces/console/client";
import { E_TIMEOUT } from "../lib/errors";
import * as notification from "../lib/notification";
import * as startup from "../lib/startup";
import {
  BOLD,
  colour,
  complain,
  console_client,
  end_line,
  number_in,
  out,
  PLAIN,
  show,
  size_in,
  string_in,
} from "./output";
import { put_unit_name } from "./processes";
import { init, unit_field } from "./state";
import { word_count, word_number } from "./words";
import { state_name } from "./names";

const SECOND_NS: u64 = 1_000_000_000;
const SECONDS_OTHERWISE: u64 = 2;
const STATUS_INTERRUPTED: u32 = 130;
/** Units at one time: init's own limit. */
const ROWS: u32 = 48;


@unmanaged
class Row {
  id: u64;
  /** Nanoseconds and calls at the last look. */
  time: u64;
  calls: u64;
  /** The same of the interval before it. */
  time_taken: u64;
  calls_taken: u64;
}

const ROW_SIZE: u32 = 40;
const rows = memory.data(1920, 8);
const before = memory.data(1920, 8);
let count: u32 = 0;

function row(table: usize, i: u32): Row {
  return changetype<Row>(table + i * ROW_SIZE);
}

export function top(): u32 {
  const seconds = word_count > 1 ? word_number(1) : <i64>SECONDS_OTHERWISE;
  const has_terminal = (console_client.terminal() & TERMINAL_TTY) != 0;
  const wanted = word_count > 2 ? word_number(2) : has_terminal ? i64.MAX_VALUE : 1;
  if (seconds < 1 || seconds > 3600 || wanted < 1)
    return complain("top: SECONDS is 1 to 3600 and COUNT at least 1, for example `top 5 3`.");
  if (has_terminal) console_client.set_mode(MODE_INTERRUPT);
  const result = watch(<u64>seconds * SECOND_NS, wanted, has_terminal);
  if (has_terminal) console_client.set_mode(MODE_LINE | MODE_ECHO | MODE_HISTORY | MODE_INTERRUPT);
  return result;
}

function watch(interval_ns: u64, wanted: i64, has_terminal: bool): u32 {
  look();
  let last = notification.now_ns();
  for (let shown: i64 = 0; shown < wanted; shown++) {
    const input = has_terminal ? console_client.wait_input(last + interval_ns) : pause(last + interval_ns);
    if (input != E_TIMEOUT) {
      if (input > 0) console_client.read(64);
      return input < 0 ? STATUS_INTERRUPTED : 0;
    }
    look();
    const now = max(notification.now_ns(), last + 1);
    show_table(now - last, has_terminal);
    last = now;
  }
  return 0;
}

let sleeper: u64 = 0;

/** Waits without a terminal: standard input may have ended long ago. */
function pause(deadline_ns: u64): i64 {
  if (sleeper == 0) {
    const made = notification.create(startup.self());
    if (made < 0) return made;
    sleeper = <u64>made;
  }
  return notification.wait(sleeper, deadline_ns);
}

/** Reads times and calls of all units; what they were before stays for the difference. */
function look(): void {
  memory.copy(before, rows, ROWS * ROW_SIZE);
  const known = count;
  count = 0;
  for (let id = init.next(0); id > 0 && count < ROWS; id = init.next(id)) {
    const entry = row(rows, count++);
    entry.id = id;
    entry.time = unit_field(id, status.STATUS_TIME_NS);
    entry.calls = unit_field(id, Init.FIELD_CALLS);
    entry.time_taken = entry.time;
    entry.calls_taken = entry.calls;
    for (let i: u32 = 0; i < known; i++) {
      const was = row(before, i);
      if (was.id != <u64>id || was.time > entry.time || was.calls > entry.calls) continue;
      entry.time_taken = entry.time - was.time;
      entry.calls_taken = entry.calls - was.calls;
    }
  }
}

/** The place of the row with the most time that is below `limit`, and after place `after` among equals. */
function busiest(limit: u64, after: i32): i32 {
  let best: i32 = -1;
  for (let i: i32 = 0; i < <i32>count; i++) {
    const taken = row(rows, i).time_taken;
    if (taken > limit || (taken == limit && i <= after)) continue;
    if (best < 0 || taken > row(rows, best).time_taken) best = i;
  }
  return best;
}

function show_table(interval_ns: u64, has_terminal: bool): void {
  if (has_terminal) out().string("\x1b[H\x1b[J");
  colour(BOLD);
  out().string("   ID NAME            STATE      PRIORITY   SHARE   CALLS/S    MEMORY");
  colour(PLAIN);
  end_line();
  let limit = u64.MAX_VALUE;
  let place = -1;
  let idle = interval_ns;
  for (let i: u32 = 0; i < count; i++) {
    place = busiest(limit, place);
    if (place < 0) break;
    const entry = row(rows, place);
    limit = entry.time_taken;
    idle -= min(idle, entry.time_taken);
    const text = out();
    number_in(entry.id, 5);
    text.byte(0x20);
    put_unit_name(text, entry.id);
    string_in(state_name(unit_field(entry.id, Init.FIELD_LIFE), unit_field(entry.id, status.STATUS_STATE)), 11);
    number_in(unit_field(entry.id, status.STATUS_PRIORITY), 8);
    share_in(entry.time_taken, interval_ns);
    number_in((entry.calls_taken * SECOND_NS) / interval_ns, 10);
    size_in(unit_field(entry.id, status.STATUS_MEMORY), 10);
    end_line();
  }
  string_in("      nobody", 39);
  share_in(idle, interval_ns);
  end_line();
  show();
}

/** Tenths of a per cent of one processor, in eight columns. */
function share_in(time: u64, interval_ns: u64): void {
  const tenths = (time * 1000) / interval_ns;
  number_in(tenths / 10, 5);
  out()
    .byte(0x2e)
    .number(tenths % 10)
    .byte(0x25);
}
