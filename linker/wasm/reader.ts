// A bounded cursor over a module's bytes: integers, names, vectors of the binary format.
// Invariant: it never reads at or past `end`, and every failure is a ModuleError with the offset.

import { ModuleError } from "./error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  /** Named in errors. */
  section: string;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, section = "") {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.section = section;
  }

  invalid(reason: string, offset = this.at): never {
    throw new ModuleError("binary", offset, reason, this.section);
  }

  refuse(feature: string, reason: string, offset = this.at): never {
    throw new ModuleError(feature, offset, reason, this.section);
  }

  u8(): number {
    if (this.at >= this.end) this.invalid("unexpected end of data");
    return this.bytes[this.at++] as number;
  }

  skip(count: number): void {
    if (count > this.end - this.at) this.invalid("unexpected end of data", this.end);
    this.at += count;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    const start = this.at - 1;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.u8();
    if (last > 0x0f) this.invalid("an unsigned 32-bit number is too long or too large", start);
    return (value | (last << 28)) >>> 0;
  }

  /** Signed LEB128 of at most `bits` (32, 33 or 64) bits; the value is passed over. */
  skipSigned(bits: number): void {
    const start = this.at;
    const whole = Math.floor((bits - 1) / 7);
    for (let i = 0; i < whole; i++) if (this.u8() < 0x80) return;
    const used = bits - whole * 7;
    const last = this.u8();
    const sign = (last >> (used - 1)) & 1;
    const spare = (last & 0x7f) >> used;
    if (last >= 0x80 || spare !== (sign ? 0x7f >> used : 0)) {
      this.invalid(`a signed ${bits}-bit number is too long or too large`, start);
    }
  }

  /** Signed LEB128 of at most 33 bits (block types), whose absolute value fits a double. */
  s33(): number {
    const start = this.at;
    this.skipSigned(33);
    let value = 0;
    let scale = 1;
    for (let at = start; at < this.at; at++, scale *= 128) value += ((this.bytes[at] as number) & 0x7f) * scale;
    const negative = ((this.bytes[this.at - 1] as number) & 0x40) !== 0;
    return negative ? value - scale : value;
  }

  /** The count of a vector whose elements take at least `elementBytes` each: bounds every loop by the input. */
  count(what: string, elementBytes = 1): number {
    const start = this.at;
    const count = this.u32();
    if (count * elementBytes > this.end - this.at) {
      this.invalid(`${count} ${what} cannot fit the ${this.end - this.at} bytes that follow`, start);
    }
    return count;
  }

  name(): string {
    const start = this.at;
    const length = this.u32();
    const from = this.at;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(from, this.at));
    } catch {
      return this.invalid("a name is not valid UTF-8", start);
    }
  }
}
