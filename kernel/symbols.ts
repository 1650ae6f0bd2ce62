// Names for addresses of kernel text, from the table that linker/ puts into the kernel's image
// (kernel/abi/symbols.ts). Only a panic reads it, byte by byte through the page table.

import * as table from "./abi/symbols";
import { KERNEL_BASE } from "../hal/layout";
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
  for (let at = address, c = byte(at); c != 0; c = byte(++at)) log_byte(c);
}

/** Prints `function file:line` of a native address in kernel text, or `?`. */
export function symbol_print(address: u64): void {
  const base = symbols_address();
  if (base == 0 || word(base) != table.SYMBOLS_MAGIC || address < KERNEL_BASE) {
    log("?");
    return;
  }
  const program = base + table.SYMBOLS_PROGRAM_AT;
  const bytes = word(base + table.SYMBOLS_PROGRAM_BYTES_AT);
  table.symbols_begin(<u32>(address - KERNEL_BASE));
  for (let at: u32 = 0; at < bytes; at++) {
    if (!table.symbols_feed(byte(program + at))) break;
  }
  if (!table.symbols_found()) {
    log("?");
    return;
  }
  const strings = program + bytes;
  text(strings + table.symbols_function());
  if (table.symbols_line() == 0) return;
  log_byte(32);
  text(strings + table.symbols_file());
  log_byte(58);
  log_number(table.symbols_line());
}
