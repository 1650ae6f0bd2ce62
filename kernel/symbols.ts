// Names for addresses of kernel text, from the table that linker/ puts into the kernel's image.
// Only a panic reads it. Layout and decoder: kernel/abi/symbols.ts.

import { KERNEL_BASE } from "../hal/layout";
import {
  SYMBOLS_MAGIC,
  SYMBOLS_PROGRAM_AT,
  SYMBOLS_PROGRAM_BYTES_AT,
  symbols_begin,
  symbols_feed,
  symbols_file,
  symbols_found,
  symbols_function,
  symbols_line,
} from "./abi/symbols";
import { log, log_byte, log_number } from "./log";
import { kernel_root, load32, load8, symbols_address } from "./machine";
import { translate } from "./mm/pagetable";

@inline
function word(address: u64): u32 {
  return load32(translate(kernel_root(), address));
}

@inline
function byte(address: u64): u32 {
  return load8(translate(kernel_root(), address));
}

function text(address: u64): void {
  for (let at = address; byte(at) != 0; at++) log_byte(byte(at));
}

/** Prints `function file:line` of a native address in kernel text, or `?`. */
export function symbol_print(address: u64): void {
  const table = symbols_address();
  if (table == 0 || word(table) != SYMBOLS_MAGIC || address < KERNEL_BASE) return log("?");
  const program = table + SYMBOLS_PROGRAM_AT;
  const strings = program + word(table + SYMBOLS_PROGRAM_BYTES_AT);
  symbols_begin(<u32>(address - KERNEL_BASE));
  for (let at = program; at < strings; at++) {
    if (!symbols_feed(byte(at))) break;
  }
  if (!symbols_found()) return log("?");
  text(strings + symbols_function());
  if (symbols_file() == 0) return;
  log_byte(32);
  text(strings + symbols_file());
  log_byte(58);
  log_number(symbols_line());
}
