// Looks up code offsets in a symbol table that lies in this instance's memory or window (PHX_SYMBOLS_AT of a .phx).
// Called by init for backtraces. Never reads outside table … table + bytes, whatever the bytes are.

import {
  SYMBOLS_MAGIC,
  SYMBOLS_PROGRAM_AT,
  SYMBOLS_PROGRAM_BYTES_AT,
  SYMBOLS_STRING_BYTES_AT,
  symbols_begin,
  symbols_feed,
  symbols_file,
  symbols_found,
  symbols_function,
  symbols_line,
} from "../../kernel/abi/symbols";

let strings: usize = 0;
let string_bytes: u32 = 0;

/** True if the table knows the image offset; then the accessors below answer. A damaged table knows nothing. */
export function symbol_find(table: usize, bytes: u32, image_offset: u32): bool {
  if (bytes < SYMBOLS_PROGRAM_AT || load<u32>(table) != SYMBOLS_MAGIC) return false;
  const program_bytes = load<u32>(table + SYMBOLS_PROGRAM_BYTES_AT);
  string_bytes = load<u32>(table + SYMBOLS_STRING_BYTES_AT);
  if (<u64>SYMBOLS_PROGRAM_AT + program_bytes + string_bytes > <u64>bytes || string_bytes == 0) return false;
  const program = table + SYMBOLS_PROGRAM_AT;
  strings = program + program_bytes;
  if (load<u8>(strings + string_bytes - 1) != 0) return false;
  symbols_begin(image_offset);
  for (let at: u32 = 0; at < program_bytes; at++) {
    if (!symbols_feed(load<u8>(program + at))) break;
  }
  return symbols_found();
}


@inline function string_at(offset: u32): usize {
  return strings + (offset < string_bytes ? offset : string_bytes - 1);
}

/** Zero-terminated UTF-8 name of the function. */
export function symbol_function(): usize {
  return string_at(symbols_function());
}

/** Zero-terminated path of the source file; empty if it has none. */
export function symbol_file(): usize {
  return string_at(symbols_file());
}

/** Line from 1, or 0. */
export function symbol_line(): u32 {
  return symbols_line();
}
