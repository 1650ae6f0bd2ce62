// A reader of the 64-bit little-endian ELF files that lld writes: sections, symbols, relocations. Called by the
// .phx writer, the thunk emitter and the stack check. Invariant: an offset outside the file is an error.
import { BuildError } from "./error.ts";

export interface ElfSection {
  index: number;
  name: string;
  type: number;
  flags: bigint;
  address: bigint;
  offset: number;
  bytes: number;
  link: number;
  info: number;
}

export interface ElfSymbol {
  name: string;
  value: bigint;
  bytes: bigint;
  section: number;
  /** STT_…: 2 is a function. */
  type: number;
}

export interface ElfRelocation {
  /** Address (linked file) or section offset (object). */
  offset: bigint;
  type: number;
  symbol: number;
  addend: bigint;
}

const SECTION_SYMBOLS = 2;
const SECTION_RELA = 4;
const SECTION_NOBITS = 8;

export class ElfFile {
  readonly bytes: Uint8Array;
  readonly sections: ElfSection[] = [];
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 64 || this.view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) {
      throw new BuildError("Not a 64-bit little-endian ELF file.");
    }
    const table = Number(this.view.getBigUint64(40, true));
    const entryBytes = this.view.getUint16(58, true);
    const count = this.view.getUint16(60, true);
    const nameSection = this.view.getUint16(62, true);
    const names: number[] = [];
    for (let index = 0; index < count; index++) {
      const at = table + index * entryBytes;
      names.push(this.view.getUint32(at, true));
      this.sections.push({
        index,
        name: "",
        type: this.view.getUint32(at + 4, true),
        flags: this.view.getBigUint64(at + 8, true),
        address: this.view.getBigUint64(at + 16, true),
        offset: Number(this.view.getBigUint64(at + 24, true)),
        bytes: Number(this.view.getBigUint64(at + 32, true)),
        link: this.view.getUint32(at + 40, true),
        info: this.view.getUint32(at + 44, true),
      });
    }
    const strings = this.sections[nameSection];
    if (strings === undefined) throw new BuildError("The ELF file has no section names.");
    for (const section of this.sections) section.name = this.text(strings.offset + (names[section.index] as number));
  }

  private text(at: number): string {
    let end = at;
    while (this.bytes[end] !== 0) {
      end += 1;
      if (end >= this.bytes.length) throw new BuildError("The ELF file ends inside a name.");
    }
    return Buffer.from(this.bytes.subarray(at, end)).toString("utf8");
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  content(section: ElfSection): Uint8Array {
    if (section.type === SECTION_NOBITS) return new Uint8Array(section.bytes);
    return this.bytes.subarray(section.offset, section.offset + section.bytes);
  }

  symbols(): ElfSymbol[] {
    const table = this.sections.find((section) => section.type === SECTION_SYMBOLS);
    if (table === undefined) return [];
    const strings = this.sections[table.link] as ElfSection;
    const found: ElfSymbol[] = [];
    for (let at = table.offset; at < table.offset + table.bytes; at += 24) {
      found.push({
        name: this.text(strings.offset + this.view.getUint32(at, true)),
        type: (this.bytes[at + 4] as number) & 15,
        section: this.view.getUint16(at + 6, true),
        value: this.view.getBigUint64(at + 8, true),
        bytes: this.view.getBigUint64(at + 16, true),
      });
    }
    return found;
  }

  /** Entries of one relocation section. */
  relocations(section: ElfSection): ElfRelocation[] {
    const found: ElfRelocation[] = [];
    for (let at = section.offset; at < section.offset + section.bytes; at += 24) {
      const info = this.view.getBigUint64(at + 8, true);
      found.push({
        offset: this.view.getBigUint64(at, true),
        type: Number(info & 0xffff_ffffn),
        symbol: Number(info >> 32n),
        addend: this.view.getBigInt64(at + 16, true),
      });
    }
    return found;
  }

  relocationSections(): ElfSection[] {
    return this.sections.filter((section) => section.type === SECTION_RELA && section.bytes > 0);
  }

  /** Function address → stack frame in bytes, from `.stack_sizes` of a linked file. */
  stackFrames(): Map<bigint, number> {
    const frames = new Map<bigint, number>();
    for (const section of this.sections) {
      if (section.name !== ".stack_sizes") continue;
      const end = section.offset + section.bytes;
      let at = section.offset;
      while (at < end) {
        const address = this.view.getBigUint64(at, true);
        at += 8;
        let value = 0;
        let factor = 1;
        for (;;) {
          const byte = this.bytes[at++] as number;
          value += (byte & 127) * factor;
          factor *= 128;
          if (byte < 128) break;
        }
        frames.set(address, value);
      }
    }
    return frames;
  }
}
