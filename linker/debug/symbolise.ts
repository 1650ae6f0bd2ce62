// Reads symbol tables (kernel/abi/symbols.ts) on the host: image offset → function, file, line, and their text.
// Called by phi for traps that the guest did not symbolise, and by tests as the oracle of the guest's decoder.

import { BuildError } from "../error.ts";
import { SYMBOLS_MAGIC, SYMBOLS_PROGRAM_AT, type SymbolEntry } from "./symbols.ts";

/** All entries of a table; a damaged table is a BuildError. */
export function readSymbols(table: Uint8Array): SymbolEntry[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const damaged = (): never => {
    throw new BuildError("The symbol table is damaged: build the module again.");
  };
  if (table.length < SYMBOLS_PROGRAM_AT || view.getUint32(0, true) !== SYMBOLS_MAGIC) return damaged();
  const count = view.getUint32(4, true);
  const stringsAt = SYMBOLS_PROGRAM_AT + view.getUint32(8, true);
  const end = stringsAt + view.getUint32(12, true);
  if (end > table.length) return damaged();
  let at = SYMBOLS_PROGRAM_AT;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= stringsAt) return damaged();
      const byte = table[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const text = (offset: number): string => {
    const from = stringsAt + offset;
    const to = table.indexOf(0, from);
    if (to < 0 || to >= end) return damaged();
    return Buffer.from(table.subarray(from, to)).toString("utf8");
  };
  const entries: SymbolEntry[] = [];
  let [offset, name, file, line] = [0, "", "", 0];
  for (let i = 0; i < count; i++) {
    const head = varint();
    offset += Math.floor(head / 2);
    if (head % 2) {
      name = text(varint());
      file = text(varint());
    }
    const zigzag = varint();
    line += zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    entries.push({ offset, function: name, file, line });
  }
  return entries;
}

/** The entry that covers an image offset. For a return address ask for the byte before it. */
export function symbolise(table: Uint8Array, offset: number): SymbolEntry | undefined {
  let found: SymbolEntry | undefined;
  for (const entry of readSymbols(table)) {
    if (entry.offset > offset) break;
    found = entry;
  }
  return found;
}

/** `lookup kernel/cap/table.ts:42`, or the name alone, or the offset. */
export function formatSymbol(entry: SymbolEntry | undefined, offset: number): string {
  if (entry === undefined || entry.function === "") return `+0x${offset.toString(16)}`;
  if (entry.file === "") return entry.function;
  return `${entry.function} ${entry.file}:${entry.line}`;
}
