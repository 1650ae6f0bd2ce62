// Reads what symbolising needs from a linked 64-bit little-endian ELF: sections and function symbols.
// Called by symbols.ts and gdb.ts on files that our own linker wrote, so a malformed one is a BuildError.

import { BuildError } from "../error.ts";

export interface ElfFunction {
  readonly name: string;
  readonly address: bigint;
  readonly bytes: number;
}

interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: bigint;
  readonly content: Uint8Array;
}

const NO_BITS = 8;
const SYMBOL_TABLE = 2;
const SYMBOL_FUNCTION = 2;
const SYMBOL_UNTYPED = 0;
const FLAG_EXECUTE = 4n;

function text(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < bytes.length && bytes[end] !== 0) end++;
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString("utf8");
}

export class Elf {
  readonly sections: readonly ElfSection[];
  private readonly executable = new Set<number>();

  constructor(bytes: Uint8Array, path: string) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) {
      throw new BuildError(`${path} is not a 64-bit little-endian ELF file.`);
    }
    const table = Number(view.getBigUint64(40, true));
    const count = view.getUint16(60, true);
    const headers = Array.from({ length: count }, (_, i) => table + i * 64);
    const part = (header: number): Uint8Array => {
      if (view.getUint32(header + 4, true) === NO_BITS) return new Uint8Array(0);
      const offset = Number(view.getBigUint64(header + 24, true));
      return bytes.subarray(offset, offset + Number(view.getBigUint64(header + 32, true)));
    };
    const names = part(headers[view.getUint16(62, true)] as number);
    this.sections = headers.map((header, i) => {
      if (view.getBigUint64(header + 8, true) & FLAG_EXECUTE) this.executable.add(i);
      return {
        name: text(names, view.getUint32(header, true)),
        type: view.getUint32(header + 4, true),
        address: view.getBigUint64(header + 16, true),
        content: part(header),
      };
    });
  }

  /** Content of a section, empty when there is none of that name. */
  content(name: string): Uint8Array {
    return this.sections.find((section) => section.name === name)?.content ?? new Uint8Array(0);
  }

  /** Functions and untyped labels of executable sections, by rising address. */
  functions(): ElfFunction[] {
    const strings = this.content(".strtab");
    const symbols = this.sections.find((section) => section.type === SYMBOL_TABLE)?.content ?? new Uint8Array(0);
    const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
    const found: ElfFunction[] = [];
    for (let at = 0; at + 24 <= symbols.length; at += 24) {
      const type = view.getUint8(at + 4) & 15;
      if (type !== SYMBOL_FUNCTION && type !== SYMBOL_UNTYPED) continue;
      if (!this.executable.has(view.getUint16(at + 6, true))) continue;
      const name = text(strings, view.getUint32(at, true));
      // Empty names, and the assembler's local and mapping symbols ($x, .L…).
      if (!/^[A-Za-z_]/.test(name)) continue;
      found.push({ name, address: view.getBigUint64(at + 8, true), bytes: Number(view.getBigUint64(at + 16, true)) });
    }
    return found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : b.bytes - a.bytes));
  }

  symbol(name: string): bigint | undefined {
    const strings = this.content(".strtab");
    const symbols = this.sections.find((section) => section.type === SYMBOL_TABLE)?.content ?? new Uint8Array(0);
    const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
    for (let at = 0; at + 24 <= symbols.length; at += 24) {
      if (text(strings, view.getUint32(at, true)) === name) return view.getBigUint64(at + 8, true);
    }
    return undefined;
  }
}
