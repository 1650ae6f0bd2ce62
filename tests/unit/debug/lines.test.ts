// Line markers: the marked module computes the same, and the generated C speaks of TypeScript lines.

import { expect, test } from "vitest";
import { replaceLineMarkers } from "../../../linker/debug/directives.ts";
import { insertLineMarkers } from "../../../linker/debug/lines.ts";
import { readableName, readFunctionNames } from "../../../linker/debug/names.ts";
import { sectionsOf } from "../../../linker/debug/rewrite.ts";
import { readSourceMap } from "../../../linker/debug/sourcemap.ts";
import { inspectModule } from "../../../linker/wasm/inspect.ts";
import { validateModule } from "../../../linker/wasm/validate.ts";
import { engine, module, section, text } from "../wasm/build.ts";

test("a source map's segments become offsets, files and lines from 1", () => {
  const map = readSourceMap('{"version":3,"sources":["a.ts","b.ts"],"mappings":"oBAAA,CCQF,E,CDDT"}');
  expect(map.offsets).toEqual([20, 21, 23, 24]);
  expect(map.fileAt).toEqual([0, 1, -1, 0]);
  expect(map.lineAt).toEqual([1, 9, 9, 8]);
});

test.each([
  '{"version":2,"sources":[],"mappings":""}',
  '{"version":3,"sources":["a.ts"],"mappings":"A!AA"}',
  '{"version":3,"sources":["a.ts"],"mappings":"ACAA"}',
  '{"version":3,"sources":["a.ts"],"mappings":"AADA"}',
  '{"version":3,"sources":["a.ts"],"mappings":"EAAA,DAAA"}',
  '{"version":3,"sources":["a.ts"],"mappings":"AAAA;AAAA"}',
])("a malformed source map is refused: %s", (json) => {
  expect(() => readSourceMap(json)).toThrow(/source map/);
});

// power(base, exponent): a loop with a block, a branch and a value on the stack across a marker.
const BODY = [
  1, 1, 0x7f, 0x41, 1, 0x21, 2, 0x02, 0x40, 0x03, 0x40, 0x20, 1, 0x45, 0x0d, 1, 0x20, 2, 0x20, 0, 0x6c, 0x21, 2, 0x20,
  1, 0x41, 1, 0x6b, 0x21, 1, 0x0c, 0, 0x0b, 0x0b, 0x20, 2, 0x0b,
];
const POWER = module(
  section(1, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
  section(3, 1, 0),
  section(7, 1, text("power"), 0, 0),
  section(10, 1, BODY.length, BODY),
  section(0, text("name"), 1, 8, 1, 0, text("power")),
);

type Power = (base: number, exponent: number) => number;
const power = (bytes: Uint8Array): Power => {
  const compiled = new engine.Module(bytes);
  const { Instance } = engine as unknown as { Instance: new (compiled: object) => { exports: { power: Power } } };
  return new Instance(compiled).exports.power;
};

/** A map with one location for every byte of the body, all on lines of their own. */
const everyByte = {
  files: ["power.ts"],
  offsets: Array.from({ length: POWER.length }, (_, i) => i),
  fileAt: Array<number>(POWER.length).fill(0),
  lineAt: Array.from({ length: POWER.length }, (_, i) => i + 1),
};

test("a marked module is valid, computes the same, and keeps indices and names", async () => {
  const marked = insertLineMarkers(POWER, everyByte);
  await validateModule(marked.wasm);
  const info = inspectModule(marked.wasm);
  expect(info.functionCount).toBe(2);
  expect(info.exports.map(({ name, index }) => [name, index])).toEqual([["power", 0]]);
  for (const [base, exponent] of [
    [2, 10],
    [3, 0],
    [-7, 3],
  ] as const) {
    expect(power(marked.wasm)(base, exponent)).toBe(power(POWER)(base, exponent));
  }
  const names = sectionsOf(marked.wasm).find((found) => found.id === 0);
  expect([...(readFunctionNames(names?.content ?? new Uint8Array()) ?? [])]).toEqual([
    [0, "power"],
    [1, "phi:line"],
  ]);
});

test("markers stand only before instructions, and once per line", () => {
  const oneLine = { ...everyByte, lineAt: everyByte.lineAt.map(() => 5) };
  const marked = insertLineMarkers(POWER, oneLine);
  expect(marked.table).toEqual({ files: ["power.ts"], fileOf: [0], lineOf: [5] });
  expect(inspectModule(marked.wasm).bodies[0]?.length).toBe(BODY.length + 4);
});

const GENERATED = `#include "out.h"
static inline int helper(int a) {
  return a;
}
void w2c_m_phi0x3Aline(w2c_m*, u32);

u32 w2c_m_f(w2c_m* instance, u32 var_p0, u32 var_p1, u32 var_p2, u32 var_p3, u32 var_p4, u32 var_p5, u32 var_p6, u32 var_p7,
    u32 var_p8) {
  u32 var_i0;
  var_i0 = 1u;
  w2c_m_phi0x3Aline(instance, var_i0);
  var_i0 = var_p0;
  var_i0 = 0u;
  w2c_m_phi0x3Aline(instance, var_i0);
  return var_i0;
}

void w2c_m_phi0x3Aline(w2c_m* instance, u32 var_p0) {
  FUNC_PROLOGUE;
}

void plain(void) {
}

static u32 w2c_module_g(w2c_m* instance, u32 var_p0) {
  return var_p0;
}
`;

test("markers in C become directives; the rest belongs to no source", () => {
  const c = replaceLineMarkers(GENERATED, { files: ["kernel/cap/table.ts"], fileOf: [0, 0], lineOf: [7, 42] });
  const lines = c.split("\n");
  const before = (part: string): string | undefined => lines[lines.findIndex((line) => line.includes(part)) - 1];
  expect(c.match(/phi0x3Aline/g)).toHaveLength(1);
  expect(before("u32 var_p8) {")).toBe('#line 42 "kernel/cap/table.ts"');
  expect(before("var_i0 = var_p0;")).toBe('#line 42 "kernel/cap/table.ts"');
  expect(before("return var_i0;")).toBe('#line 7 "kernel/cap/table.ts"');
  expect(lines[lines.indexOf("void plain(void) {") - 2]).toMatch(/^#line 21 "<generated>"$/);
  expect(c).not.toContain("var_i0 = 1u;");
  expect(before("static u32 w2c_module_g(w2c_m* instance, u32 var_p0) {")).toBe('#line 1 "<generated>/g"');
  expect(c.trimEnd().split("\n").at(-1)).toBe('#line 28 "<generated>"');
});

test("a marker that cannot be read fails the build", () => {
  const table = { files: ["a.ts"], fileOf: [0], lineOf: [1] };
  expect(() => replaceLineMarkers(GENERATED, table)).toThrow(/line marker/);
});

test.each([
  ["w2c_kernel_kernel0x2Fcap0x2Ftable0x2FTable0x23insert", "Table#insert"],
  ["w2c_kernel_kernel0x2Fcap0x2Ftable0x2Flookup", "lookup"],
  ["w2c_kernel_boot", "boot"],
  ["w2c_kernel_0x7Elib0x2Farray0x2FArray0x3C0x7Elib0x2Fstring0x2FString0x3E0x23push", "Array<…>#push"],
  ["w2c_module__start", "_start"],
  ["wrap_w2c_module_havingToWhere", "havingToWhere"],
  ["w2c_wasi__snapshot__preview1_fd_write", "fd_write"],
  ["gate_call", "gate_call"],
])("%s reads %s", (symbol, name) => {
  expect(readableName(symbol)).toBe(name);
});
