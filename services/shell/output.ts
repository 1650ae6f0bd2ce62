// What the shell prints: text is composed in the buffer shared with the console, so that a line travels without a copy.
// Invariant: whoever reads from the console (its bytes arrive in the same buffer) has called `show` before.
import { Console, STREAM_ERROR, STREAM_OUTPUT, TERMINAL_COLOURS } from "../../build/interfaces/console/client";
import { describe, E_PEER_FAULT } from "../lib/errors";
import { Text } from "../lib/text";

const ROOM_FOR_A_LINE: u32 = 1024;

/** The connection to the console; made before anything else in this file is used. */
export let console_client: Console = Console.connect("console");
const text = new Text(console_client.buffer, console_client.buffer_bytes);
const has_colours: bool = (console_client.terminal() & TERMINAL_COLOURS) != 0;
let stream: u32 = STREAM_OUTPUT;

/** The text of standard output; lines end with `end_line`. */
export function out(): Text {
  return to(STREAM_OUTPUT);
}

/** The text of standard error. */
export function error(): Text {
  return to(STREAM_ERROR);
}

/** Ends a line; full buffers are sent. */
export function end_line(): void {
  text.newline();
  if (text.capacity - text.length < ROOM_FOR_A_LINE) show();
}

/** Sends everything that was composed; once more if the console failed meanwhile. */
export function show(): void {
  if (text.length > 0 && console_client.write(stream, text.start, text.length) == E_PEER_FAULT) {
    console_client.write(stream, text.start, text.length);
  }
  text.clear();
}

/** `out().string(line)` and its end. */
export function say(line: string): void {
  out().string(line);
  end_line();
}

/** A line of standard error; answers 1, the status of a command that failed. */
export function complain(line: string): u32 {
  error().string(line);
  end_line();
  return 1;
}

/** `what: sentence of the error`; answers 1. */
export function complain_about(what: string, number: i64): u32 {
  error().string(what).string(": ").string(describe(number));
  end_line();
  return 1;
}

/** `what: NAME: sentence of the error`; answers 1. */
export function complain_of(what: string, name: usize, length: u32, number: i64): u32 {
  put_name(error().string(what).string(": "), name, length);
  text.string(": ").string(describe(number));
  end_line();
  return 1;
}

/** A name as others chose it: for what a terminal would obey there is a question mark. */
export function put_name(to: Text, name: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(name + i);
    to.byte(byte < 0x20 || byte == 0x7f ? 0x3f : byte);
  }
}

export const PLAIN: u32 = 0;
export const BOLD: u32 = 1;

/** Switches colour on terminals that have them: the SGR sequence of that number. */
export function colour(number: u32): void {
  if (has_colours) text.byte(0x1b).byte(0x5b).number(number).byte(0x6d);
}

/** Spaces until `width` characters are used behind `from` (a text length taken before): a table's column. */
export function pad_from(from: u32, width: u32): void {
  let characters: u32 = 0;
  for (let i = from; i < text.length; i++) if ((load<u8>(text.start + i) & 0xc0) != 0x80) characters++;
  for (; characters < width; characters++) text.byte(0x20);
}

/** A number right-aligned in `width` columns. */
export function number_in(value: u64, width: u32): void {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  for (; digits < width; digits++) text.byte(0x20);
  text.number(value);
}

/** A string left-aligned in `width` columns. */
export function string_in(value: string, width: u32): void {
  const from = text.length;
  text.string(value);
  pad_from(from, width);
}

/** Bytes in KiB below 10 MiB, in MiB from there on, right-aligned. */
export function size_in(bytes: u64, width: u32): void {
  const in_mebibytes = bytes >= 10 << 20;
  number_in(in_mebibytes ? bytes >> 20 : (bytes + 1023) >> 10, width - 4);
  text.string(in_mebibytes ? " MiB" : " KiB");
}

function to(wanted: u32): Text {
  if (stream != wanted) show();
  stream = wanted;
  return text;
}
