// Builds the symbol table (kernel/abi/symbols.ts) of a linked ELF: what its code offsets were in the sources.
// Called by the linker for the kernel image and every .phx. Lines come from DWARF, names from the TypeScript source
// where there is one and from the ELF's symbols otherwise; generated C has neither file nor line.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ElfFile } from "../elf.ts";
import { GENERATED_FILE } from "./directives.ts";
import { readLineTable } from "./dwarf.ts";
import { SourceFunctions } from "./functions.ts";
import { demangled, innermostFunctions } from "./innermost.ts";
import { readableName } from "./names.ts";
import { Bytes } from "./rewrite.ts";

export const SYMBOLS_MAGIC = 0x4d595350;
export const SYMBOLS_PROGRAM_AT = 16;

export interface SymbolEntry {
  readonly offset: number;
  readonly function: string;
  /** "" and 0: none. */
  readonly file: string;
  readonly line: number;
}

/** Where the paths of TypeScript sources start. */
const TREE = fileURLToPath(new URL("../..", import.meta.url));

interface Row {
  readonly offset: number;
  readonly file: string;
  readonly line: number;
  readonly end: boolean;
}

interface ElfFunction {
  readonly name: string;
  readonly offset: number;
}

const FUNCTION = 2;
const UNTYPED = 0;
const FLAG_EXECUTE = 4n;

/** Functions and the assembly's labels in executable sections, by rising offset; of several at one place the largest first. */
function functionsOf(elf: ElfFile, base: bigint): ElfFunction[] {
  const found = elf.symbols().filter(({ name, type, section, value }) => {
    const executable = ((elf.sections[section]?.flags ?? 0n) & FLAG_EXECUTE) !== 0n;
    // Other names are the assembler's own marks ($x).
    const named = /^[A-Za-z_]/.test(name) && (type === FUNCTION || type === UNTYPED);
    return executable && named && value >= base && value - base < 0x1_0000_0000n;
  });
  found.sort((a, b) => Number(a.value - b.value) || Number(b.bytes - a.bytes));
  return found.map(({ name, value }) => ({ name, offset: Number(value - base) }));
}

function contentOf(elf: ElfFile, name: string): Uint8Array {
  const section = elf.section(name);
  return section === undefined ? new Uint8Array(0) : elf.content(section);
}

function rowsOf(elf: ElfFile, base: bigint): Row[] {
  const rows: Row[] = [];
  const sections = {
    line: contentOf(elf, ".debug_line"),
    lineStrings: contentOf(elf, ".debug_line_str"),
    strings: contentOf(elf, ".debug_str"),
  };
  readLineTable(sections, base, (offset, file, line, end) => {
    // Line 0 means that the compiler merged places: the one before it is the best answer for a backtrace.
    if (line !== 0 || end) rows.push({ offset, file, line, end });
  });
  // An end and the next sequence's first row may share an offset: the row counts.
  return rows.sort((a, b) => a.offset - b.offset || Number(b.end) - Number(a.end));
}

/** What a row says: a place in a source, or the translated function that has none. */
function placeOf(row: Row | undefined): { file: string; line: number; inlined?: string } {
  if (row === undefined || row.end || row.file === "") return { file: "", line: 0 };
  if (!row.file.startsWith(GENERATED_FILE)) return row;
  const inlined = row.file.slice(GENERATED_FILE.length + 1);
  return { file: "", line: 0, ...(inlined === "" ? {} : { inlined }) };
}

/** What covers each offset at which something changes, by rising offset; `symbol` is the enclosing ELF symbol. */
function placesOf(elf: ElfFile, imageBase: bigint): (SymbolEntry & { readonly symbol: string })[] {
  const functions = functionsOf(elf, imageBase);
  const rows = rowsOf(elf, imageBase);
  const offsets = [...new Set([...functions, ...rows].map(({ offset }) => offset))].sort((a, b) => a - b);
  let nextFunction = 0;
  let nextRow = 0;
  let symbol = "";
  let row: Row | undefined;
  return offsets.map((offset) => {
    while (nextFunction < functions.length && (functions[nextFunction] as ElfFunction).offset <= offset) {
      // Of several symbols at one address the first is the largest: functions before labels.
      const { name, offset: start } = functions[nextFunction] as ElfFunction;
      if (nextFunction === 0 || start !== functions[nextFunction - 1]?.offset) symbol = name;
      row = undefined;
      nextFunction++;
    }
    while (nextRow < rows.length && (rows[nextRow] as Row).offset <= offset) row = rows[nextRow++];
    const { file, line, inlined } = placeOf(row);
    return { offset, function: inlined ?? readableName(symbol), file, line, symbol };
  });
}

/** Names of functions that were inlined: of a TypeScript source from its text, of any other from debug information. */
function namedPlaces(elfPath: string, imageBase: bigint, root: string): SymbolEntry[] {
  const places = placesOf(new ElfFile(readFileSync(elfPath)), imageBase);
  const sources = new SourceFunctions(root);
  const isForeign = ({ file, symbol }: (typeof places)[number]): boolean =>
    file !== "" && !file.endsWith(".ts") && symbol.startsWith("w2c_");
  const foreign = places.filter(isForeign);
  const innermost = innermostFunctions(
    elfPath,
    foreign.map(({ offset }) => imageBase + BigInt(offset)),
  );
  const names = new Map(foreign.map(({ offset }, index) => [offset, readableName(innermost[index] as string)]));
  const functions = places.map(
    (place) => names.get(place.offset) ?? sources.nameAt(place.file, place.line) ?? place.function,
  );
  const readable = demangled(functions);
  return places.map(({ offset, file, line }, index) => ({ offset, function: readable[index] as string, file, line }));
}

/** The covering entries of a linked ELF, by rising offset, each different from the one before it. */
export function symbolEntries(elfPath: string, imageBase: bigint, root = TREE): SymbolEntry[] {
  const entries: SymbolEntry[] = [];
  for (const entry of namedPlaces(elfPath, imageBase, root)) {
    const last = entries[entries.length - 1];
    if (last && last.function === entry.function && last.file === entry.file && last.line === entry.line) continue;
    entries.push(entry);
  }
  return entries;
}

/** Strings by first use, deduplicated; offset 0 is the empty one. */
class Strings {
  readonly bytes = new Bytes(4096);
  private readonly offsets = new Map<string, number>();

  constructor() {
    this.offset("");
  }

  offset(text: string): number {
    let offset = this.offsets.get(text);
    if (offset === undefined) {
      offset = this.bytes.length;
      this.offsets.set(text, offset);
      this.bytes.append(new TextEncoder().encode(text));
      this.bytes.u8(0);
    }
    return offset;
  }
}

export function encodeSymbols(entries: readonly SymbolEntry[]): Uint8Array {
  const strings = new Strings();
  const program = new Bytes(entries.length * 4);
  let previous: SymbolEntry = { offset: 0, function: "", file: "", line: 0 };
  for (const entry of entries) {
    const named = entry.function !== previous.function || entry.file !== previous.file;
    program.u32((entry.offset - previous.offset) * 2 + Number(named));
    if (named) {
      program.u32(strings.offset(entry.function));
      program.u32(strings.offset(entry.file));
    }
    const delta = entry.line - previous.line;
    program.u32(delta < 0 ? -delta * 2 - 1 : delta * 2);
    previous = entry;
  }
  const table = new Uint8Array(SYMBOLS_PROGRAM_AT + program.length + strings.bytes.length);
  const view = new DataView(table.buffer);
  view.setUint32(0, SYMBOLS_MAGIC, true);
  view.setUint32(4, entries.length, true);
  view.setUint32(8, program.length, true);
  view.setUint32(12, strings.bytes.length, true);
  table.set(program.view(), SYMBOLS_PROGRAM_AT);
  table.set(strings.bytes.view(), SYMBOLS_PROGRAM_AT + program.length);
  return table;
}

/** `imageBase` is the address that image offset 0 has in the ELF. */
export function buildSymbolTable(elfPath: string, imageBase: bigint, root = TREE): Uint8Array {
  return encodeSymbols(symbolEntries(elfPath, imageBase, root));
}
