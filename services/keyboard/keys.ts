// Key codes (Linux's input layer, input-event-codes.h) to what a terminal sends: a US keyboard. Fed by index.ts, key by key.
// Invariant: a key that goes down sends at most BYTES_MAX bytes, one that goes up none.

/** By key code: the character of the key; zero: it has none. */
const PLAIN: string = "\0\x1b1234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
const SHIFTED: string = '\0\x1b!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:"~\0|ZXCVBNM<>?\0*\0 ';
/** The keypad, from KEYPAD on, and keys whose sequence ends with a letter or is a number and `~`, from HOME on. */
const KEYPAD: u32 = 71;
const KEYPAD_KEYS: string = "789-456+1230.";
const HOME: u32 = 102;
const CURSOR_KEYS: string = "HA5DCFB623";
const CONTROL_LEFT: u32 = 29;
const CONTROL_RIGHT: u32 = 97;
const SHIFT_LEFT: u32 = 42;
const SHIFT_RIGHT: u32 = 54;
const ALT_LEFT: u32 = 56;
const ALT_RIGHT: u32 = 100;
const CAPITALS: u32 = 58;
const KEYPAD_ENTER: u32 = 96;
const KEYPAD_SLASH: u32 = 98;

const ESCAPE: u8 = 0x1b;
export const BYTES_MAX: u32 = 8;

/** Keys that are held, each side by itself. */
const HELD_SHIFT: u32 = 3;
const HELD_CONTROL: u32 = 12;
const HELD_ALT: u32 = 48;

let held: u32 = 0;
let are_capitals = false;
let out: usize = 0;
let length: u32 = 0;

/** No key is held: another keyboard, or another driver. */
export function forget_keys(): void {
  held = 0;
}

/** A key goes up (0), down (1) or repeats (2): what it sends goes to `to`; answers the bytes. */
export function key(code: u32, value: u32, to: usize): u32 {
  out = to;
  length = 0;
  const bit = held_bit(code);
  if (bit != 0) held = value == 0 ? held & ~bit : held | bit;
  else if (code == CAPITALS) are_capitals = are_capitals != (value == 1);
  else if (value != 0) press(code);
  return length;
}

function held_bit(code: u32): u32 {
  if (code == SHIFT_LEFT) return 1;
  if (code == SHIFT_RIGHT) return 2;
  if (code == CONTROL_LEFT) return 4;
  if (code == CONTROL_RIGHT) return 8;
  if (code == ALT_LEFT) return 16;
  return code == ALT_RIGHT ? 32 : 0;
}

function press(code: u32): void {
  if (code - HOME < <u32>CURSOR_KEYS.length) return cursor_key(<u8>CURSOR_KEYS.charCodeAt(code - HOME));
  let byte = character(code);
  if (byte == 0) return;
  if ((held & HELD_CONTROL) != 0 && byte >= 0x40 && byte < 0x7f) byte &= 0x1f;
  if ((held & HELD_ALT) != 0) put(ESCAPE);
  put(byte);
}

function character(code: u32): u8 {
  if (code - KEYPAD < <u32>KEYPAD_KEYS.length) return <u8>KEYPAD_KEYS.charCodeAt(code - KEYPAD);
  if (code == KEYPAD_ENTER) return 0x0d;
  if (code == KEYPAD_SLASH) return 0x2f;
  if (code >= <u32>PLAIN.length) return 0;
  const plain = <u8>PLAIN.charCodeAt(code);
  const is_letter = plain >= 0x61 && plain <= 0x7a;
  const is_shifted = ((held & HELD_SHIFT) != 0) != (is_letter && are_capitals);
  return is_shifted ? <u8>SHIFTED.charCodeAt(code) : plain;
}

/** CSI and a letter, with 1;5 between them when a control key is held; or CSI, a digit and `~`. */
function cursor_key(key: u8): void {
  put(ESCAPE);
  put(0x5b);
  const is_letter = key >= 0x41;
  if (is_letter && (held & HELD_CONTROL) != 0) {
    put(0x31);
    put(0x3b);
    put(0x35);
  }
  put(key);
  if (!is_letter) put(0x7e);
}

function put(byte: u8): void {
  store<u8>(out + length++, byte);
}
