// Takes the initial memory of a large module out of its C: megabytes as hexadecimal text, and a declaration, a check and a copy for
// each of up to 100,000 segments, cost the compiler more than the code. Called by generate.ts; the bytes reach the module as an
// object that the assembler makes of a file. Invariant: memory after instantiation is the same, or the module is left as it came.
import { Bytes, readU32, sectionsOf } from "../debug/rewrite.ts";

const MEMORY = 5;
const DATA = 11;
const DATA_COUNT = 12;
const I32_CONST = 0x41;
const END = 0x0b;
const PAGE_BYTES = 65_536;

/** Below this an assembler of its own costs more than it saves. */
export const DATA_APART_BYTES = 65_536;
/** A memory image is made whole here, once: segments that lie further apart stay in the C. */
const IMAGE_BYTES_MAX = 0x1000_0000;
/** Zeros between two runs that are cheaper copied than told: a run's place and length take 8 bytes and a call. */
const GAP_BYTES = 64;

/** What memory holds when the module starts: zero but for these bytes. */
export interface InitialMemory {
  /** Contents of all runs, one after the other. */
  content: Uint8Array;
  /** Memory address and length of each run, rising. */
  runs: readonly (readonly [number, number])[];
}

interface Segment {
  at: number;
  bytes: Uint8Array;
}

/** Signed LEB128 of 32 bits, as an address. */
function readAddress(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  let shift = 0;
  let next = at;
  let byte = 0x80;
  for (; byte >= 0x80; shift += 7) {
    byte = bytes[next++] as number;
    value |= (byte & 0x7f) << shift;
  }
  if (shift < 32 && byte & 0x40) value |= -1 << shift;
  return { value: value >>> 0, next };
}

/** undefined: a segment is passive, of no constant place, or outside the memory that the module starts with. */
function segmentsOf(content: Uint8Array, memoryBytes: number): Segment[] | undefined {
  const segments: Segment[] = [];
  let { value: left, next: at } = readU32(content, 0);
  for (; left > 0; left--) {
    if (content[at] !== 0 || content[at + 1] !== I32_CONST) return undefined;
    const address = readAddress(content, at + 2);
    if (content[address.next] !== END) return undefined;
    const length = readU32(content, address.next + 1);
    if (address.value + length.value > memoryBytes) return undefined;
    at = length.next + length.value;
    if (length.value > 0) segments.push({ at: address.value, bytes: content.subarray(length.next, at) });
  }
  return segments;
}

/** Later segments lie over earlier ones, as they are copied in order. */
function imageOf(segments: readonly Segment[]): { start: number; image: Uint8Array } | undefined {
  const start = segments.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const end = segments.reduce((most, { at, bytes }) => Math.max(most, at + bytes.length), 0);
  if (end - start > IMAGE_BYTES_MAX) return undefined;
  const image = new Uint8Array(end - start);
  for (const { at, bytes } of segments) image.set(bytes, at - start);
  return { start, image };
}

function runsOf(start: number, image: Uint8Array): InitialMemory {
  const runs: [number, number][] = [];
  const content = new Bytes(image.length);
  for (let at = 0; at < image.length; ) {
    if (image[at] === 0) {
      at++;
      continue;
    }
    let end = at + 1;
    for (let ahead = end; ahead < image.length && ahead - end < GAP_BYTES; ahead++)
      if (image[ahead] !== 0) end = ahead + 1;
    runs.push([start + at, end - at]);
    content.append(image.subarray(at, end));
    at = end;
  }
  return { content: content.view(), runs };
}

function memoryBytes(content: Uint8Array): number {
  const { value: count, next } = readU32(content, 0);
  return count === 0 ? 0 : readU32(content, next + 1).value * PAGE_BYTES;
}

/** `wasm` must have passed inspectModule. Without a data count no instruction names a segment, so nobody misses them. */
export function takeData(wasm: Uint8Array): { wasm: Uint8Array; memory: InitialMemory } | undefined {
  const sections = sectionsOf(wasm);
  const contentOf = (id: number): Uint8Array | undefined => sections.find((section) => section.id === id)?.content;
  const data = contentOf(DATA);
  const memory = contentOf(MEMORY);
  if (data === undefined || data.length < DATA_APART_BYTES || memory === undefined) return undefined;
  if (contentOf(DATA_COUNT) !== undefined) return undefined;
  const segments = segmentsOf(data, memoryBytes(memory));
  const whole = segments === undefined ? undefined : imageOf(segments);
  if (whole === undefined) return undefined;
  const output = new Bytes(wasm.length - data.length);
  output.append(wasm.subarray(0, 8));
  for (const section of sections) if (section.id !== DATA) output.section(section.id, section.content);
  return { wasm: output.view(), memory: runsOf(whole.start, whole.image) };
}

/** The assembler's text for it: the contents are found as `file` in the include directories. */
export function dataSource(memory: InitialMemory, file: string): string {
  const runs = memory.runs.map(([at, bytes]) => `.long ${at}, ${bytes}`);
  return `.section .rodata.linker_data, "a", @progbits
.globl linker_data
.hidden linker_data
.globl linker_data_runs
.hidden linker_data_runs
.p2align 4
linker_data: .incbin "${file}"
.p2align 2
linker_data_runs:
${runs.join("\n")}
.long 0, 0
`;
}

/** C that copies the runs to `memory`, after what every part includes. */
export const DATA_LOADER = `
extern const u8 linker_data[];
extern const u32 linker_data_runs[];
static inline void linker_load_data(u8* memory) {
  const u8* from = linker_data;
  for (const u32* run = linker_data_runs; run[1] != 0; from += run[1], run += 2) memcpy(memory + run[0], from, run[1]);
}
`;
