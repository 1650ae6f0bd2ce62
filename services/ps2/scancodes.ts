// Scan codes of set 1 to the key codes that services/keyboard/keys.ts knows (Linux's, which are set 1's own numbers but for keys with a prefix).
// Invariant: one byte makes at most one event; a byte that means nothing leaves none.

const LAST_KEY: u32 = 88;
const UP: u32 = 0x80;
const PREFIX: u32 = 0xe0;
/** Pause alone begins with this; two bytes follow, and nothing goes up. */
const PREFIX_OF_PAUSE: u32 = 0xe1;

export const RELEASED: u32 = 0;
export const PRESSED: u32 = 1;
export const REPEATED: u32 = 2;

/** The last event's key code; 0: the byte made none. */
export let code: u32 = 0;
/** RELEASED, PRESSED, REPEATED. */
export let value: u32 = 0;

let is_prefixed: bool = false;
let to_pass: u32 = 0;
/** By key code: it is down. */
const down = memory.data(128);

/** A byte of the keyboard: `code` and `value` tell what it made. */
export function scan(byte: u32): void {
  code = 0;
  if (to_pass > 0) {
    to_pass--;
    return;
  }
  if (byte == PREFIX_OF_PAUSE) to_pass = 2;
  const was_prefixed = is_prefixed;
  is_prefixed = byte == PREFIX;
  if (byte == PREFIX || byte == PREFIX_OF_PAUSE) return;
  const number = byte & ~UP;
  code = was_prefixed ? prefixed(number) : number <= LAST_KEY ? number : 0;
  if (code == 0) return;
  if ((byte & UP) != 0) value = RELEASED;
  else value = load<u8>(down + code) != 0 ? REPEATED : PRESSED;
  store<u8>(down + code, <u8>(value != RELEASED));
}

/** Keys that the first PCs had not. Shifts that the keyboard makes up around some of them are no keys. */
function prefixed(number: u32): u32 {
  if (number == 0x1c) return 96; // the keypad's Enter
  if (number == 0x1d) return 97; // the right Control key
  if (number == 0x35) return 98; // the keypad's slash
  if (number == 0x38) return 100; // the right Alt key
  // Home, up, page up; left, right; end, down, page down, insert, delete
  if (number >= 0x47 && number <= 0x49) return 102 + number - 0x47;
  if (number == 0x4b) return 105;
  if (number == 0x4d) return 106;
  return number >= 0x4f && number <= 0x53 ? 107 + number - 0x4f : 0;
}
