// Splits a command line into words. `;` ends a command, `#` at a word's start begins a comment, '…' takes everything as it
// is, "…" and \ protect blanks, `$?` is the last status. Used by the shell; words lie in static memory until the next parse.

export const WORD_LIMIT: u32 = 64;
const ARENA_BYTES: u32 = 4096;

export const PARSE_OK: i32 = 0;
/** A quotation mark has no partner. */
export const PARSE_OPEN_QUOTE: i32 = 1;
export const PARSE_TOO_LONG: i32 = 2;

const arena = memory.data(4096);
const starts = memory.data(256);
const lengths = memory.data(256);

let used: u32 = 0;
let opened: bool = false;
/** Words of the command parsed last. */
export let word_count: u32 = 0;
/** Where the next command starts. */
export let next_at: u32 = 0;
/** The command ended with `&`: it runs beside the shell. */
export let in_background: bool = false;

// @ts-ignore: decorator
@inline
export function word_start(index: u32): usize {
  return load<u32>(starts + (index << 2));
}

// @ts-ignore: decorator
@inline
export function word_length(index: u32): u32 {
  return load<u32>(lengths + (index << 2));
}

/** Parses one command of the line from `at` on; PARSE_ number. The line's end is reached when next_at == length. */
export function parse_command(line: usize, length: u32, at: u32, last_status: u32): i32 {
  used = 0;
  opened = false;
  word_count = 0;
  in_background = false;
  let quote: u8 = 0;
  while (at < length) {
    const byte = load<u8>(line + at++);
    if (quote != 0) {
      if (byte == quote) quote = 0;
      else if (quote == 0x22 && byte == 0x5c && at < length) put(load<u8>(line + at++));
      else if (quote == 0x22 && byte == 0x24 && at < length && load<u8>(line + at) == 0x3f)
        at = put_status(at, last_status);
      else put(byte);
      continue;
    }
    if (byte == 0x3b || byte == 0x0a) break;
    if (byte == 0x20 || byte == 0x09) close();
    else if (byte == 0x26 && !opened) in_background = true;
    else if (byte == 0x23 && !opened) while (at < length && load<u8>(line + at) != 0x0a) at++;
    else {
      open();
      if (byte == 0x27 || byte == 0x22) quote = byte;
      else if (byte == 0x5c && at < length) put(load<u8>(line + at++));
      else if (byte == 0x24 && at < length && load<u8>(line + at) == 0x3f) at = put_status(at, last_status);
      else put(byte);
    }
  }
  close();
  next_at = at;
  if (quote != 0) return PARSE_OPEN_QUOTE;
  return used > ARENA_BYTES || word_count > WORD_LIMIT ? PARSE_TOO_LONG : PARSE_OK;
}

/** True when a word is exactly this ASCII text. */
export function word_is(index: u32, text: string): bool {
  if (index >= word_count || word_length(index) != <u32>text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (load<u8>(word_start(index) + i) != <u8>text.charCodeAt(i)) return false;
  }
  return true;
}

/** A word as a decimal number, or -1. */
export function word_number(index: u32): i64 {
  const length = index < word_count ? word_length(index) : 0;
  if (length == 0 || length > 18) return -1;
  let value: i64 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = <u32>load<u8>(word_start(index) + i) - 0x30;
    if (digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Words from `index` on as zero-terminated strings, one behind the other: where they start. They end at words_end(). */
export function words_from(index: u32): usize {
  return index < word_count ? word_start(index) : arena + used;
}

export function words_end(): usize {
  return arena + used;
}

function open(): void {
  if (opened) return;
  opened = true;
  if (word_count < WORD_LIMIT) store<u32>(starts + (word_count << 2), <u32>(arena + used));
}

function close(): void {
  if (!opened) return;
  opened = false;
  if (word_count < WORD_LIMIT)
    store<u32>(lengths + (word_count << 2), <u32>(arena + used) - <u32>word_start(word_count));
  put(0);
  word_count++;
}

function put(byte: u8): void {
  if (used < ARENA_BYTES) store<u8>(arena + used, byte);
  used = min(used + 1, ARENA_BYTES + 1);
}

/** `$?`: answers the place behind the question mark. */
function put_status(at: u32, status: u32): u32 {
  let scale: u32 = 1;
  while (status / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) put(<u8>(0x30 + ((status / scale) % 10)));
  return at + 1;
}
