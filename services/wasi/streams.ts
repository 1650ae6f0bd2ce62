// Standard input, output and error: the console service, through the buffer shared with it.
// The buffer's lower half is for what was read and not yet taken by the program, the upper half for output on its way:
// one copy between the program's memory and the console's.
import { Console, STREAM_ERROR, STREAM_OUTPUT, TERMINAL_TTY } from "../../build/interfaces/console/client";
import { E_CANCELLED, E_TIMEOUT } from "../lib/errors";
import { parameter_number } from "../lib/parameters";
import { capability, region, region_bytes } from "../lib/startup";
import { ERRNO_AGAIN, ERRNO_INTR, ERRNO_IO, ERRNO_SUCCESS } from "./errno";
import { guest_copy_to, guest_fill_from } from "./guest";
import { METHOD_FD_READ, METHOD_FD_WRITE } from "./methods";
import { FILETYPE_CHARACTER_DEVICE, FILETYPE_UNKNOWN } from "./types";
import { vector_length, vector_load, vector_pointer } from "./vectors";

export const STREAM_INPUT: u32 = 0;

/** Console without a buffer: replaced by streams_open. */
let console: Console = new Console(0, 0, 0);
let terminals: u64 = 0;
/** What was read and not yet taken by the program: from here, these bytes. */
let input: usize = 0;
let input_at: u32 = 0;
let input_end: u32 = 0;
/** The console answered "end of input", or never will be asked: that stays so. */
let input_ended: bool = false;

/** Bytes moved by the last stream_read or stream_write. */
export let stream_moved: u32 = 0;

/** Connects to the console; false when the start-up page has none, or one without a usable buffer. */
export function streams_open(): bool {
  if (capability("console") == 0) return false;
  console = Console.connect("console");
  if (console.buffer_bytes < 2) return false;
  const terminal = console.terminal();
  const all: u64 = terminal >= 0 && (terminal & TERMINAL_TTY) != 0 ? 7 : 0;
  terminals = parameter_number(region("parameters"), region_bytes("parameters"), "run.terminal", all);
  open_input();
  return true;
}

/** Input that was there as a whole before the program began came with the boot archive; there is no more. */
function open_input(): void {
  input = region("input");
  input_ended = input != 0;
  if (input_ended) input_end = <u32>region_bytes("input");
  else input = console.buffer;
}

export function stream_type(stream: u32): u32 {
  return ((terminals >> stream) & 1) != 0 ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN;
}

/** Writes a line of the companion's own to the log. */
export function stream_log(data: usize, length: u32): void {
  console.write(3, data, length);
}

/** Why the program cannot run: whoever started it reads its standard error, not the log. */
export function stream_complain(data: usize, length: u32): void {
  console.write(STREAM_ERROR, data, length);
}

// @ts-ignore: decorator
@inline
function half(): u32 {
  return console.buffer_bytes >> 1;
}

/** Writes `count` checked vectors to output or error, gathered into as few calls as the buffer allows. */
export function stream_write(stream: u32, array: u32, count: u32): u32 {
  const start = console.buffer + half();
  const room = console.buffer_bytes - half();
  const target = stream == 2 ? STREAM_ERROR : STREAM_OUTPUT;
  let used: u32 = 0;
  stream_moved = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (!vector_load(array, i)) break;
    let pointer = vector_pointer;
    let left = vector_length;
    while (left > 0) {
      const piece = min(left, room - used);
      guest_copy_to(start + used, pointer, piece, METHOD_FD_WRITE);
      used += piece;
      pointer += piece;
      left -= piece;
      if (used == room) {
        if (console.write(target, start, used) < 0) return failed_write();
        stream_moved += used;
        used = 0;
      }
    }
  }
  if (used > 0) {
    if (console.write(target, start, used) < 0) return failed_write();
    stream_moved += used;
  }
  return ERRNO_SUCCESS;
}

/** What went out before the console failed counts; an error only when nothing did. */
function failed_write(): u32 {
  return stream_moved > 0 ? ERRNO_SUCCESS : ERRNO_IO;
}

/** Reads into `count` checked vectors of `bytes` in all; waits for the first byte only, and not at all when `is_nonblocking`. */
export function stream_read(array: u32, count: u32, bytes: u32, is_nonblocking: bool): u32 {
  stream_moved = 0;
  if (bytes == 0) return ERRNO_SUCCESS;
  if (input_at == input_end) {
    if (is_nonblocking && !input_ended) {
      const ready = console.wait_input(0);
      if (ready == E_TIMEOUT) return ERRNO_AGAIN;
      if (ready < 0) return input_error(ready);
    }
    const error = fill(bytes);
    if (error != ERRNO_SUCCESS) return error;
  }
  for (let i: u32 = 0; i < count && input_at < input_end; i++) {
    if (!vector_load(array, i)) break;
    const piece = min(vector_length, input_end - input_at);
    guest_fill_from(vector_pointer, input + input_at, piece, METHOD_FD_READ);
    input_at += piece;
    stream_moved += piece;
  }
  return ERRNO_SUCCESS;
}

/** Takes more input from the console, and no more than the program asked for: the rest is the next reader's. */
function fill(wanted: u32): u32 {
  if (input_ended) return ERRNO_SUCCESS;
  const answer = console.read(min(wanted, half()));
  if (answer < 0) return input_error(answer);
  input_at = 0;
  input_end = min(<u32>answer, half());
  input_ended = answer == 0;
  return ERRNO_SUCCESS;
}

function input_error(error: i64): u32 {
  return error == E_CANCELLED ? ERRNO_INTR : ERRNO_IO;
}

/** Waits until input is there or the deadline has passed (0 = look only): bytes ready (1 at the end), 0, or a negative errno. */
export function stream_wait_input(deadline_ns: u64): i64 {
  if (input_at < input_end) return <i64>(input_end - input_at);
  if (input_ended) return 1;
  const answer = console.wait_input(deadline_ns);
  if (answer >= 0) return answer;
  return answer == E_TIMEOUT ? 0 : -(<i64>input_error(answer));
}

/** Room that output always has: one call's worth. */
export function stream_output_room(): u32 {
  return console.buffer_bytes - half();
}
