// Commands that show what the kernel recorded: log, trace. Both records are rings in regions that the kernel keeps
// writing; they are mapped read-only on first use. Layouts: kernel/log.ts, kernel/abi/trace.ts.
import * as region from "../lib/region";
import * as system from "../lib/system";
import * as Trace from "../../kernel/abi/trace";
import { STATUS_PLACE } from "../../kernel/abi/status";
import { KERNEL_LOG_BYTES, KERNEL_TRACE_BYTES } from "../../kernel/abi/layout";
import { BOLD, colour, complain, complain_about, end_line, number_in, out, PLAIN, say, string_in } from "./output";
import { init, system_handle, unit_field } from "./state";
import { word_count, word_is, word_number } from "./words";

/** Window places, clear of the buffers that init maps. */
const LOG_INDEX: usize = 0xb000_0000;
const TRACE_INDEX: usize = 0xb010_0000;
const LOG_HEADER_BYTES: u32 = 16;
const TRACE_SHOWN_OTHERWISE: u64 = 40;

let log_is_mapped: bool = false;
let trace_is_mapped: bool = false;

export function log(): u32 {
  if (!log_is_mapped) {
    const error = map(system.INFO_LOG_REGION, LOG_INDEX, KERNEL_LOG_BYTES);
    if (error < 0) return complain_about("log", error);
    log_is_mapped = true;
  }
  const written = load<u64>(LOG_INDEX);
  const capacity = load<u64>(LOG_INDEX, 8);
  let at: u64 = written > capacity ? written - capacity : 0;
  // The first line may be cut: begin behind its end.
  if (at > 0) while (at < written && log_byte(at, capacity) != 0x0a) at++;
  for (; at < written; at++) {
    const byte = log_byte(at, capacity);
    if (byte == 0x0a) end_line();
    else out().byte(byte);
  }
  return 0;
}

function log_byte(at: u64, capacity: u64): u8 {
  return load<u8>(LOG_INDEX + LOG_HEADER_BYTES + <usize>(at % capacity));
}

export function trace(): u32 {
  if (word_is(1, "on")) return switch_trace(system.INFO_TRACE_ON);
  if (word_is(1, "off")) return switch_trace(system.INFO_TRACE_OFF);
  const is_export = word_is(1, "export");
  if (word_count > 1 && !is_export && !word_is(1, "show"))
    return complain("trace: say `trace on`, `trace off`, `trace show [COUNT]` or `trace export`.");
  if (!trace_is_mapped) {
    const error = map(system.INFO_TRACE_REGION, TRACE_INDEX, KERNEL_TRACE_BYTES);
    if (error < 0) return complain_about("trace", error);
    trace_is_mapped = true;
  }
  if (is_export) return export_trace();
  return show_trace(word_count > 2 ? word_number(2) : TRACE_SHOWN_OTHERWISE);
}

function switch_trace(field: u64): u32 {
  const error = system.info(system_handle, field);
  return error < 0 ? complain_about("trace", error) : 0;
}

function show_trace(count: i64): u32 {
  if (count < 1) return complain("trace: COUNT is a number of events, for example `trace show 100`.");
  const written = load<u64>(TRACE_INDEX);
  const capacity = load<u64>(TRACE_INDEX, 8);
  if (written == 0) {
    say("Nothing has been recorded yet; `trace on` starts recording.");
    return 0;
  }
  const shown = min(min(written, capacity), <u64>count);
  colour(BOLD);
  out().string("           COUNTER  EVENT      DOMAIN  DETAIL");
  colour(PLAIN);
  end_line();
  for (let at = written - shown; at < written; at++) {
    put_event(TRACE_INDEX + Trace.TRACE_ENTRY_SIZE + <usize>(at % capacity) * Trace.TRACE_ENTRY_SIZE);
  }
  return 0;
}

/** Everything in the ring, for a program to read: `phi trace` makes a file of it (scripts/phi/trace.ts). */
function export_trace(): u32 {
  const written = load<u64>(TRACE_INDEX, Trace.TRACE_WRITTEN_AT);
  const capacity = load<u64>(TRACE_INDEX, Trace.TRACE_CAPACITY_AT);
  out().string("trace 1 ").number(load<u64>(TRACE_INDEX, Trace.TRACE_SCALE_AT)).byte(0x20);
  out().number(load<u64>(TRACE_INDEX, Trace.TRACE_BASE_AT)).byte(0x20).number(written);
  end_line();
  for (let id = init.next(0); id > 0; id = init.next(id)) {
    const text = out().string("domain ").number(unit_field(id, STATUS_PLACE)).byte(0x20);
    const length = init.name(id);
    if (length > 0) text.bytes(init.buffer, <u32>length);
    end_line();
  }
  for (let at = written - min(written, capacity); at < written; at++) {
    const entry = TRACE_INDEX + Trace.TRACE_ENTRY_SIZE + <usize>(at % capacity) * Trace.TRACE_ENTRY_SIZE;
    const event = load<u32>(entry, Trace.TRACE_EVENT_AT);
    out()
      .number(load<u64>(entry, Trace.TRACE_COUNTER_AT))
      .byte(0x20)
      .number(event & 0xffff)
      .byte(0x20);
    out()
      .number(event >> 16)
      .byte(0x20)
      .number(load<u32>(entry, Trace.TRACE_DOMAIN_AT))
      .byte(0x20);
    out().number(load<u64>(entry, Trace.TRACE_A_AT)).byte(0x20).number(load<u64>(entry, Trace.TRACE_B_AT));
    end_line();
  }
  return 0;
}

function put_event(entry: usize): void {
  const event = load<u32>(entry, Trace.TRACE_EVENT_AT) & 0xffff;
  const a = load<u64>(entry, Trace.TRACE_A_AT);
  const b = load<u64>(entry, Trace.TRACE_B_AT);
  const text = out();
  number_in(load<u64>(entry, Trace.TRACE_COUNTER_AT), 18);
  text.string("  ");
  string_in(event_name(event), 9);
  number_in(load<u32>(entry, Trace.TRACE_DOMAIN_AT), 8);
  text.string("  ");
  if (event == Trace.TRACE_SWITCH) text.string("to ").number(a).string(" for ").number(b);
  else if (event == Trace.TRACE_CALL) text.string("to ").number(a);
  else if (event == Trace.TRACE_RETURN) text.string("answer ").signed(<i64>a);
  else if (event == Trace.TRACE_INTERRUPT)
    text
      .string("vector ")
      .number(a)
      .string(" line ")
      .signed(<i64>b);
  else if (event == Trace.TRACE_TRAP) text.string("kind ").number(a).string(" address ").hexadecimal(b);
  else if (event == Trace.TRACE_SIGNAL) text.string("bits ").hexadecimal(a).string(" notification ").number(b);
  else text.number(a).byte(0x20).number(b);
  end_line();
}

function event_name(event: u32): string {
  if (event == Trace.TRACE_SWITCH) return "switch";
  if (event == Trace.TRACE_CALL) return "call";
  if (event == Trace.TRACE_INTERRUPT) return "interrupt";
  if (event == Trace.TRACE_TRAP) return "trap";
  if (event == Trace.TRACE_SIGNAL) return "signal";
  if (event == Trace.TRACE_START) return "start";
  if (event == Trace.TRACE_RETURN) return "return";
  return event == Trace.TRACE_END ? "end" : "unknown";
}

function map(field: u64, index: usize, bytes: u32): i64 {
  const handle = system.info(system_handle, field);
  if (handle < 0) return handle;
  return region.map(handle, index, 0, region.pages_for(bytes), region.REGION_READ);
}
