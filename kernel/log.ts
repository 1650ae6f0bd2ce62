// The kernel's log: a byte ring that a holder of SYSTEM_LOG maps read-only, and, until a driver owns
// the UART, the hal's polled console. A panic speaks on the console again.
//
//   at KERNEL_LOG: u64 bytes written since boot; u64 capacity; then the ring from byte 16

import { KERNEL_LOG, KERNEL_LOG_BYTES } from "./abi/layout";
import { console_put } from "../hal/console";

const HEADER: u32 = 16;
/** docs/console-protocol.md: DLE, and the log channel's letter. */
const MULTIPLEX_ESCAPE: u32 = 0x10;
const MULTIPLEX_LOG: u32 = 0x6c;
const CAPACITY: u32 = KERNEL_LOG_BYTES - HEADER;

let ring_ready: bool = false;
let on_console: bool = true;
let written: u64 = 0;

/** The ring's memory is mapped from now on. */
export function log_start(): void {
  ring_ready = true;
  store<u64>(<usize>KERNEL_LOG, CAPACITY, 8);
}

let multiplexed: bool = false;

/** A driver owns the UART from now on. */
export function console_taken(multiplexes: bool): void {
  on_console = false;
  multiplexed = multiplexes;
}

/** The kernel speaks again, whoever owns the UART: on a line of its own, in the log channel. */
export function console_seize(): void {
  if (!on_console) log_byte(10);
  on_console = true;
  if (!multiplexed) return;
  console_put(MULTIPLEX_ESCAPE);
  console_put(MULTIPLEX_LOG);
}

export function log_byte(byte: u32): void {
  if (ring_ready) {
    store<u8>(<usize>(KERNEL_LOG + HEADER + <u32>(written % CAPACITY)), <u8>byte);
    written++;
    store<u64>(<usize>KERNEL_LOG, written);
  }
  if (on_console) {
    if (byte == 10) console_put(13);
    console_put(byte);
  }
}

/** Writes a literal: its UTF-16 code units; only ASCII is used here. */
export function log(text: string): void {
  const length = text.length;
  for (let i = 0; i < length; i++) log_byte(text.charCodeAt(i));
}

export function log_line(text: string): void {
  log(text);
  log_byte(10);
}

export function log_number(value: u64): void {
  if (value >= 10) log_number(value / 10);
  log_byte(48 + <u32>(value % 10));
}

export function log_hex(value: u64): void {
  log("0x");
  let shift: i32 = 60;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) {
    const digit = <u32>((value >> shift) & 15);
    log_byte(digit < 10 ? 48 + digit : 87 + digit);
  }
}
