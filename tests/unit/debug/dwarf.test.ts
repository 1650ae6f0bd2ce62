// DWARF line tables of strangers' modules: read by hand-assembled examples of versions 4 and 5, and under fuzz.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type LineSections, readLineTable } from "../../../linker/debug/dwarf.ts";
import { embeddedLines } from "../../../linker/debug/embedded.ts";
import { insertLineMarkers } from "../../../linker/debug/lines.ts";
import { inspectModule } from "../../../linker/wasm/inspect.ts";
import { module, section, text, unsigned } from "../wasm/build.ts";

const word = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
const zero = (value: string): number[] => [...new TextEncoder().encode(value), 0];
const OPERANDS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

/** A unit: line base -5, line range 14, opcode base 13. */
function unit(version: 4 | 5, tables: number[], program: number[]): number[] {
  const rest = [1, 1, 1, 0xfb, 14, 13, ...OPERANDS, ...tables];
  const body = [version, 0, ...(version === 5 ? [4, 0] : []), ...word(rest.length), ...rest, ...program];
  return [...word(body.length), ...body];
}

const TABLES_4 = [...zero("src/lib"), 0, ...zero("main.c"), 0, 0, 0, ...zero("list.c"), 1, 0, 0, 0];
const PATHS_5 = [1, 1, 0x08];
const FILES_5 = [2, 1, 0x08, 2, 0x0b];
const TABLES_5 = [
  ...PATHS_5,
  2,
  ...zero("/home/me"),
  ...zero("/home/me/src/lib"),
  ...FILES_5,
  3,
  ...zero("main.c"),
  0,
  ...zero("main.c"),
  0,
  ...zero("list.c"),
  1,
];
// address 4; line 10; row; special opcode: +2 bytes, +3 lines; file 2, +5 bytes; row; end
const PROGRAM = [0, 5, 2, ...word(4), 3, 9, 1, 13 + 2 * 14 + 8, 4, 2, 2, 5, 1, 2, 1, 0, 1, 1];

const sections = (line: number[]): LineSections => ({
  line: Uint8Array.from(line),
  lineStrings: new Uint8Array(0),
  strings: new Uint8Array(0),
});

test.each([
  [4 as const, TABLES_4],
  [5 as const, TABLES_5],
])("version %i", (version, tables) => {
  const rows: unknown[] = [];
  readLineTable(sections(unit(version, tables, PROGRAM)), 0n, (...row) => rows.push(row));
  expect(rows).toEqual([
    [4, "main.c", 10, false],
    [6, "main.c", 13, false],
    [11, "src/lib/list.c", 13, false],
    [12, "src/lib/list.c", 13, true],
  ]);
});

test("an address outside the image has no rows, and a unit of unknown version is passed over", () => {
  const rows: unknown[] = [];
  const dead = unit(4, TABLES_4, [0, 5, 2, ...word(-1), 1, 0, 1, 1]);
  const strange = unit(4, TABLES_4, PROGRAM);
  strange[4] = 9;
  const bytes = sections([...dead, ...strange, ...unit(4, TABLES_4, PROGRAM)]);
  readLineTable(bytes, 1n, (offset, file, line) => rows.push([offset, file, line]));
  expect(rows.slice(-4)).toEqual([
    [3, "main.c", 10],
    [5, "main.c", 13],
    [10, "src/lib/list.c", 13],
    [11, "src/lib/list.c", 13],
  ]);
});

/** () → () with five drops of constants: instructions at 4, 6, 7, … of the code section. */
const BODY = [0, ...Array.from({ length: 5 }, () => [0x41, 1, 0x1a]).flat(), 0x0b];
function withLines(line: readonly number[]): Uint8Array {
  return module(
    section(1, 1, 0x60, 0, 0),
    section(3, 1, 0),
    section(10, 1, unsigned(BODY.length), BODY),
    section(0, text(".debug_line"), line),
  );
}

test("a module's own lines become markers at the instructions that they name", () => {
  const wasm = withLines(unit(4, TABLES_4, PROGRAM));
  const map = embeddedLines(wasm);
  const code = (inspectModule(wasm).bodies[0]?.offset ?? 0) - 2;
  expect(map?.offsets).toEqual([4, 6, 11, 12].map((offset) => code + offset));
  const marked = insertLineMarkers(wasm, map ?? { files: [], offsets: [], fileAt: [], lineAt: [] });
  expect(marked.table).toEqual({ files: ["main.c", "src/lib/list.c"], fileOf: [0, 0, 1], lineOf: [10, 13, 13] });
  expect(inspectModule(marked.wasm).functionCount).toBe(2);
});

test("a module without lines has no map", () => {
  expect(embeddedLines(module(section(1, 0)))).toBeUndefined();
});

test("whatever the line table says, the marked module is a module", () => {
  const good = unit(5, TABLES_5, PROGRAM);
  const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(changes, fc.nat(good.length), (list, length) => {
      const bad = good.slice(0, length);
      for (const [at, value] of list) if (at < bad.length) bad[at] = value;
      const wasm = withLines(bad);
      const map = embeddedLines(wasm);
      if (map !== undefined) inspectModule(insertLineMarkers(wasm, map).wasm);
    }),
    { numRuns: 3000 },
  );
});
