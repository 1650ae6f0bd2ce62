// Reads DWARF line tables (.debug_line, versions 2 to 5): the rows (address, file, line) of every unit.
// Called on our own ELF files and on modules that bring debug information (sourcemap-from-dwarf).
// Source: DWARF Debugging Information Format, version 5, section 6.2. Malformed input ends the reading, never more.

export interface LineSections {
  readonly line: Uint8Array;
  /** .debug_line_str and .debug_str; empty when absent. */
  readonly lineStrings: Uint8Array;
  readonly strings: Uint8Array;
}

/** One row: from `offset` on, until the next row. `end`: from here on, nothing. Line 0: no source. */
export type RowVisitor = (offset: number, file: string, line: number, end: boolean) => void;

class DwarfEnd extends Error {}

class Cursor {
  readonly view: DataView;
  at: number;
  readonly end: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
    this.end = Math.min(end, bytes.length);
  }

  private take(count: number): number {
    const at = this.at;
    if (count > this.end - at) throw new DwarfEnd();
    this.at += count;
    return at;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  signed(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
  }

  skip(count: number): void {
    this.take(count);
  }

  text(): string {
    const start = this.at;
    while (this.u8() !== 0);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.at - 1 - start).toString("utf8");
  }
}

interface Header {
  readonly version: number;
  readonly instructionBytes: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operands: readonly number[];
  /** Index as the version counts them: from 0 in version 5, from 1 before. */
  readonly files: readonly string[];
}

const FORM_STRING = 0x08;
const FORM_LINE_STRP = 0x1f;
const FORM_STRP = 0x0e;
const FIXED_FORMS: Readonly<Record<number, number>> = { 11: 1, 5: 2, 6: 4, 7: 8, 30: 16 };

function formText(cursor: Cursor, form: number, sections: LineSections): string {
  if (form === FORM_STRING) return cursor.text();
  const pool = form === FORM_LINE_STRP ? sections.lineStrings : form === FORM_STRP ? sections.strings : undefined;
  if (pool === undefined) throw new DwarfEnd();
  return new Cursor(pool, cursor.u32(), pool.length).text();
}

function formNumber(cursor: Cursor, form: number): number {
  const bytes = FIXED_FORMS[form];
  if (bytes === 1) return cursor.u8();
  if (bytes === 2) return cursor.u16();
  if (bytes === 4) return cursor.u32();
  if (bytes !== undefined) cursor.skip(bytes);
  else if (form === 0x0f) return cursor.unsigned();
  else if (form === 0x09) cursor.skip(cursor.unsigned());
  else throw new DwarfEnd();
  return 0;
}

/** Version 5: a described table of paths, each with the index of its directory. */
function pathTable(cursor: Cursor, sections: LineSections): { path: string; directory: number }[] {
  const formats = Array.from({ length: cursor.u8() }, () => ({ content: cursor.unsigned(), form: cursor.unsigned() }));
  const count = cursor.unsigned();
  const entries: { path: string; directory: number }[] = [];
  for (let i = 0; i < count; i++) {
    const entry = { path: "", directory: 0 };
    for (const { content, form } of formats) {
      if (content === 1) entry.path = formText(cursor, form, sections);
      else if (content === 2) entry.directory = formNumber(cursor, form);
      else formNumber(cursor, form);
    }
    entries.push(entry);
    if (formats.length === 0) break;
  }
  return entries;
}

/** Paths below the compilation directory become relative to it. */
function joined(directories: readonly string[], directory: number, path: string): string {
  if (path.startsWith("/")) return path;
  const parent = directories[directory] ?? "";
  const whole = directory === 0 || parent === "" ? path : `${parent}/${path}`;
  const root = directories[0] ?? "";
  const relative = root !== "" && whole.startsWith(`${root}/`) ? whole.slice(root.length + 1) : whole;
  return relative.replace(/^(\.\/)+/, "");
}

function filesOf(cursor: Cursor, version: number, sections: LineSections): string[] {
  if (version >= 5) {
    const directories = pathTable(cursor, sections).map((entry) => entry.path);
    return pathTable(cursor, sections).map((entry) => joined(directories, entry.directory, entry.path));
  }
  const directories = [""];
  for (let name = cursor.text(); name !== ""; name = cursor.text()) directories.push(name);
  const files = [""];
  for (let name = cursor.text(); name !== ""; name = cursor.text()) {
    files.push(joined(directories, cursor.unsigned(), name));
    cursor.unsigned();
    cursor.unsigned();
  }
  return files;
}

function readHeader(cursor: Cursor, sections: LineSections): Header {
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new DwarfEnd();
  if (version >= 5) cursor.skip(2);
  const programStart = cursor.u32() + cursor.at;
  const instructionBytes = cursor.u8();
  if (version >= 4) cursor.skip(1);
  cursor.skip(1);
  const lineBase = (cursor.u8() << 24) >> 24;
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (lineRange === 0 || opcodeBase === 0) throw new DwarfEnd();
  const operands = Array.from({ length: opcodeBase - 1 }, () => cursor.u8());
  const files = filesOf(cursor, version, sections);
  cursor.at = programStart;
  return { version, instructionBytes, lineBase, lineRange, opcodeBase, operands, files };
}

function runProgram(cursor: Cursor, header: Header, base: bigint, visit: RowVisitor): void {
  let offset = 0;
  let file = 1;
  let line = 1;
  // Code that the linker threw away has an address below the image, or none.
  let alive = false;
  const row = (end: boolean): void => {
    if (alive) visit(offset, header.files[file] ?? "", line, end);
  };
  const advance = (operation: number): void => {
    offset += operation * header.instructionBytes;
  };
  while (cursor.at < cursor.end) {
    const code = cursor.u8();
    if (code >= header.opcodeBase) {
      const adjusted = code - header.opcodeBase;
      advance(Math.floor(adjusted / header.lineRange));
      line += header.lineBase + (adjusted % header.lineRange);
      row(false);
    } else if (code === 0) {
      const length = cursor.unsigned();
      const next = cursor.at + length;
      const extended = cursor.u8();
      if (extended === 1) {
        row(true);
        offset = 0;
        file = 1;
        line = 1;
        alive = false;
      } else if (extended === 2) {
        const address = length === 9 ? cursor.u64() : BigInt(cursor.u32());
        alive = address >= base && address - base < 0x1_0000_0000n;
        offset = alive ? Number(address - base) : 0;
      }
      cursor.at = next;
    } else if (code === 1) {
      row(false);
    } else if (code === 2) {
      advance(cursor.unsigned());
    } else if (code === 3) {
      line += cursor.signed();
    } else if (code === 4) {
      file = cursor.unsigned();
    } else if (code === 8) {
      advance(Math.floor((255 - header.opcodeBase) / header.lineRange));
    } else if (code === 9) {
      offset += cursor.u16();
    } else {
      for (let left = header.operands[code - 1] ?? 0; left > 0; left--) cursor.unsigned();
    }
  }
}

/** Visits the rows of all units; offsets are relative to `base`. Rows come in rising order within a sequence only. */
export function readLineTable(sections: LineSections, base: bigint, visit: RowVisitor): void {
  let at = 0;
  while (at + 4 <= sections.line.length) {
    const unit = new Cursor(sections.line, at, sections.line.length);
    const length = unit.u32();
    if (length >= 0xffff_fff0) return;
    at = unit.at + length;
    try {
      const cursor = new Cursor(sections.line, unit.at, at);
      runProgram(cursor, readHeader(cursor, sections), base, visit);
    } catch (error) {
      if (!(error instanceof DwarfEnd)) throw error;
    }
  }
}
