// Writing parts of a WebAssembly module anew: a growing byte buffer, LEB128 numbers, sections, the name section.
// Called by lines.ts. Invariant: indices of functions and types never shift, only sizes change.

/** The code section's number. */
export const CODE = 10;

/** Bytes that grow at the end. */
export class Bytes {
  private buffer: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.buffer = new Uint8Array(Math.max(capacity, 64));
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + more));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  u32(value: number): void {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.u8((rest & 0x7f) | 0x80);
    this.u8(rest);
  }

  /** i32.const's immediate, for values of at least 0. */
  s32(value: number): void {
    let rest = value;
    for (; rest >= 0x40; rest >>= 7) this.u8((rest & 0x7f) | 0x80);
    this.u8(rest);
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.append(bytes);
  }

  /** A section or subsection: id, length, content. */
  section(id: number, content: Uint8Array): void {
    this.u8(id);
    this.u32(content.length);
    this.append(content);
  }

  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}

export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
  /** Byte offset of the content in the module. */
  readonly offset: number;
}

/** The sections of a module that inspectModule accepted. */
export function sectionsOf(wasm: Uint8Array): Section[] {
  const sections: Section[] = [];
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at] as number;
    const { value: length, next } = readU32(wasm, at + 1);
    sections.push({ id, content: wasm.subarray(next, next + length), offset: next });
    at = next + length;
  }
  return sections;
}

/** A LEB128 that is known to be well-formed. */
export function readU32(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  let next = at;
  for (;;) {
    const byte = bytes[next++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next };
    scale *= 128;
  }
}

/** Sections 1, 3 and 10 are vectors: the same vector with one element more. */
export function appendElement(content: Uint8Array, element: Uint8Array): { content: Uint8Array; index: number } {
  const { value: count, next } = readU32(content, 0);
  const bytes = new Bytes(content.length + element.length + 8);
  bytes.u32(count + 1);
  bytes.append(content.subarray(next));
  bytes.append(element);
  return { content: bytes.view(), index: count };
}

/** The name of a custom section. */
export function customName(section: Section): string {
  const { value: length, next } = readU32(section.content, 0);
  return new TextDecoder().decode(section.content.subarray(next, next + length));
}
