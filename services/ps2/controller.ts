// The keyboard's port of an 8042 controller, as PCs have had it since the AT, and as firmware plays it for USB keyboards. Invariant: whatever the controller answers, a wait ends after TRIES looks.
import { load_register, store_register } from "../lib/device";

/** Bits of the status. */
const HAS_BYTE: i64 = 1;
const IS_BUSY: i64 = 2;
const IS_OF_MOUSE: i64 = 0x20;

const READ_CONFIGURATION: u64 = 0x20;
const WRITE_CONFIGURATION: u64 = 0x60;
const DISABLE_MOUSE: u64 = 0xa7;
const DISABLE_KEYBOARD: u64 = 0xad;
const ENABLE_KEYBOARD: u64 = 0xae;
/** To the keyboard itself: send keys. What it answers comes as a byte that is no key's. */
const SCAN: u64 = 0xf4;
/** Bits of the configuration: interrupt of the keyboard, of the mouse, clocks off, keys as the AT's predecessor numbered them (set 1). */
const KEYBOARD_INTERRUPTS: u64 = 1;
const MOUSE_INTERRUPTS: u64 = 2;
const KEYBOARD_OFF: u64 = 0x10;
const MOUSE_OFF: u64 = 0x20;
const TRANSLATES: u64 = 0x40;

/** A controller needs some milliseconds at most; a look at its port takes about one microsecond. */
const TRIES: u32 = 50_000;
/** More than any controller holds. */
const HELD_MAX: u32 = 64;

/** Answers of take(): there is none; it was the mouse's. */
export const NO_BYTE: i32 = -1;
export const MOUSE_BYTE: i32 = -2;

let data: u64 = 0;
/** Loads answer the status. */
let commands: u64 = 0;

/** Makes the keyboard send interrupts and keys of set 1. False: nothing answers as a controller would. */
export function open(data_register: u64, command_register: u64): bool {
  data = data_register;
  commands = command_register;
  if (!command(DISABLE_KEYBOARD) || !command(DISABLE_MOUSE)) return false;
  for (let i: u32 = 0; i < HELD_MAX && take() != NO_BYTE; i++) {}
  if (!command(READ_CONFIGURATION) || !wait_for(HAS_BYTE, HAS_BYTE)) return false;
  const found = <u64>load_register(data, 0, 1);
  const wanted = (found | KEYBOARD_INTERRUPTS | MOUSE_OFF | TRANSLATES) & ~(MOUSE_INTERRUPTS | KEYBOARD_OFF);
  if (!command(WRITE_CONFIGURATION) || !send(wanted & 0xff)) return false;
  return command(ENABLE_KEYBOARD) && send(SCAN);
}

/** The next byte of the keyboard, or NO_BYTE, or MOUSE_BYTE. */
export function take(): i32 {
  const status = load_register(commands, 0, 1);
  if ((status & HAS_BYTE) == 0) return NO_BYTE;
  const byte = (<i32>load_register(data, 0, 1)) & 0xff;
  return (status & IS_OF_MOUSE) != 0 ? MOUSE_BYTE : byte;
}

function command(byte: u64): bool {
  return wait_for(IS_BUSY, 0) && store_register(commands, 0, 1, byte) >= 0;
}

function send(byte: u64): bool {
  return wait_for(IS_BUSY, 0) && store_register(data, 0, 1, byte) >= 0;
}

function wait_for(mask: i64, wanted: i64): bool {
  for (let i: u32 = 0; i < TRIES; i++) if ((load_register(commands, 0, 1) & mask) == wanted) return true;
  return false;
}
