// The boot parameters: UTF-8 lines `key=value` that the command-line tool put into the boot archive (docs/images.md).
// In a value `\n` stands for a line end and `\\` for a backslash. Read in place; nothing is allocated.

let found_length: u32 = 0;

/** First byte of the value of the key's first occurrence, not unescaped; 0 when there is none. Then value_length(); the rest begins behind it. */
export function find_parameter(start: usize, bytes: u64, key: string): usize {
  const end = start + <usize>bytes;
  let line = start;
  while (line < end) {
    let next = line;
    while (next < end && load<u8>(next) != 0x0a) next++;
    if (line_has_key(line, next, key)) {
      const value = line + key.length + 1;
      found_length = <u32>(next - value);
      return value;
    }
    line = next + 1;
  }
  return 0;
}

/** Bytes of the value that find_parameter found last. */
export function value_length(): u32 {
  return found_length;
}

/** True when the parameter is there and its value equals an ASCII text. */
export function parameter_is(start: usize, bytes: u64, key: string, text: string): bool {
  const value = find_parameter(start, bytes, key);
  if (value == 0 || found_length != <u32>text.length) return false;
  for (let i = 0; i < text.length; i++) if (load<u8>(value + i) != <u8>text.charCodeAt(i)) return false;
  return true;
}

/** The value as a decimal number; `otherwise` when it is absent or not one. */
export function parameter_number(start: usize, bytes: u64, key: string, otherwise: u64): u64 {
  const value = find_parameter(start, bytes, key);
  if (value == 0 || found_length == 0 || found_length > 20) return otherwise;
  let number: u64 = 0;
  for (let i: u32 = 0; i < found_length; i++) {
    const digit = <u32>load<u8>(value + i) - 0x30;
    if (digit > 9) return otherwise;
    number = number * 10 + digit;
  }
  return number;
}

/** Copies a value without its escapes; answers the bytes written (at most the value's own length). */
export function unescape_parameter(destination: usize, value: usize, length: u32): u32 {
  let written: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    let byte = load<u8>(value + i);
    if (byte == 0x5c && i + 1 < length) {
      const next = load<u8>(value + ++i);
      byte = next == 0x6e ? 0x0a : next;
    }
    store<u8>(destination + written++, byte);
  }
  return written;
}

function line_has_key(line: usize, end: usize, key: string): bool {
  const length = <usize>key.length;
  if (end - line <= length || load<u8>(line + length) != 0x3d) return false;
  for (let i: usize = 0; i < length; i++) if (load<u8>(line + i) != <u8>key.charCodeAt(<i32>i)) return false;
  return true;
}
