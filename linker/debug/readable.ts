// Copies of linked ELF files in which functions have the names that a person wrote: `lookup`, `Table#insert`.
// Called by gdb.ts. Names are shortened in place in the two string tables that debuggers read; nothing moves.

import { ElfFile } from "../elf.ts";
import { readableName } from "./names.ts";

const TABLES = [".strtab", ".debug_str"];

/** The linker merges no tails of strings in these tables (lld does so with -O2 only), so each string stands alone. */
export function readableElf(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const elf = new ElfFile(copy);
  for (const name of TABLES) {
    const section = elf.section(name);
    if (section !== undefined) shortenStrings(elf.content(section));
  }
  return copy;
}

function shortenStrings(table: Uint8Array): void {
  const buffer = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
  for (let at = 0; at < buffer.length; ) {
    const end = buffer.indexOf(0, at);
    if (end < 0) return;
    const symbol = buffer.toString("latin1", at, end);
    const name = readableName(symbol);
    if (name !== symbol) buffer.fill(0, at + buffer.write(name, at, end - at), end);
    at = end + 1;
  }
}
