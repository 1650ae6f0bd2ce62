// Carries source lines from a module through the translation to C, and from there into native debug information.
// Before translation, insertLineMarkers puts `i32.const N; call $line` where the source map names a new line: it leaves
// the stack as it was, so it is valid anywhere. Afterwards replaceLineMarkers turns each call into `#line` directives.
// Invariant: the machine code is the same with and without markers; only its debug information differs.

import { inspectModule } from "../wasm/inspect.ts";
import { instructionStarts } from "../wasm/starts.ts";
import type { LineTable } from "./directives.ts";
import { readFunctionNames, writeFunctionNames } from "./names.ts";
import { appendElement, Bytes, CODE, customName, sectionsOf } from "./rewrite.ts";
import type { SourceMap } from "./sourcemap.ts";

/** The marker function's name in the module; directives.ts knows what the translator's escapes make of it. */
const MARKER_NAME = "phi:line";

const TYPE = 1;
const FUNCTION = 3;

export { GENERATED_FILE, replaceLineMarkers } from "./directives.ts";

export interface MarkedModule {
  readonly wasm: Uint8Array;
  readonly table: LineTable;
}

/** Marker numbers by (file, line), made as they are needed. */
class Markers {
  readonly fileOf: number[] = [];
  readonly lineOf: number[] = [];
  private readonly numbers = new Map<number, number>();

  number(file: number, line: number): number {
    const key = file * 0x100_0000 + line;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.fileOf.length;
      this.numbers.set(key, number);
      this.fileOf.push(file);
      this.lineOf.push(line);
    }
    return number;
  }
}

/** One body with its markers, from its first instruction on; the local declarations come before. */
function markBody(
  wasm: Uint8Array,
  range: { offset: number; length: number },
  map: SourceMap,
  first: number,
  markers: Markers,
  call: Uint8Array,
): Uint8Array {
  const starts = instructionStarts(wasm, range);
  const end = range.offset + range.length;
  const body = new Bytes(range.length * 2);
  let copied = range.offset;
  let current = -1;
  const emit = (at: number, number: number): void => {
    body.append(wasm.subarray(copied, at));
    copied = at;
    body.u8(0x41);
    body.s32(number);
    body.append(call);
    current = number;
  };
  let instruction = 0;
  for (let i = first; i < map.offsets.length && (map.offsets[i] as number) < end; i++) {
    if ((map.fileAt[i] as number) < 0) continue;
    const number = markers.number(map.fileAt[i] as number, map.lineAt[i] as number);
    if (number === current) continue;
    // A location before the first instruction (the declarations of locals) counts for the first instruction.
    while (instruction < starts.length && (starts[instruction] as number) < (map.offsets[i] as number)) instruction++;
    if (instruction === starts.length) break;
    emit(starts[instruction] as number, number);
  }
  body.append(wasm.subarray(copied, end));
  return body.view();
}

function markCode(wasm: Uint8Array, map: SourceMap, markers: Markers, markerFunction: number): Uint8Array {
  const { bodies } = inspectModule(wasm);
  const call = new Bytes(8);
  call.u8(0x10);
  call.u32(markerFunction);
  const code = new Bytes(wasm.length * 2);
  code.u32(bodies.length + 1);
  let first = 0;
  for (const range of bodies) {
    while (first < map.offsets.length && (map.offsets[first] as number) < range.offset) first++;
    const body = markBody(wasm, range, map, first, markers, call.view());
    code.u32(body.length);
    code.append(body);
  }
  code.append(Uint8Array.of(2, 0, 0x0b));
  return code.view();
}

/**
 * `wasm` must have passed inspectModule and must not be optimised afterwards. Custom sections other than the names are
 * dropped. A module without functions comes back unmarked.
 */
export function insertLineMarkers(wasm: Uint8Array, map: SourceMap): MarkedModule {
  const info = inspectModule(wasm);
  const markers = new Markers();
  if (info.functionCount === 0) return { wasm, table: { files: [], fileOf: [], lineOf: [] } };
  const index = info.imports.length + info.functionCount;
  const output = new Bytes(wasm.length * 2);
  output.append(wasm.subarray(0, 8));
  let names = new Map<number, string>();
  for (const section of sectionsOf(wasm)) {
    if (section.id === 0) {
      if (customName(section) === "name") names = readFunctionNames(section.content) ?? names;
    } else if (section.id === TYPE) {
      output.section(TYPE, appendElement(section.content, Uint8Array.of(0x60, 1, 0x7f, 0)).content);
    } else if (section.id === FUNCTION) {
      const type = new Bytes(5);
      type.u32(info.types.length);
      output.section(FUNCTION, appendElement(section.content, type.view()).content);
    } else if (section.id === CODE) {
      output.section(CODE, markCode(wasm, map, markers, index));
    } else {
      output.section(section.id, section.content);
    }
  }
  names.set(index, MARKER_NAME);
  output.section(0, writeFunctionNames(names));
  return { wasm: output.view().slice(), table: { files: map.files, fileOf: markers.fileOf, lineOf: markers.lineOf } };
}
