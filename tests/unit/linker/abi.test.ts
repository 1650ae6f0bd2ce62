// The ABI's numbers as the host tools read them, and the gate table against kernel/abi/gates.ts.

import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ARCHITECTURES, assemblerSource, loadAbi, parseConstants } from "../../../linker/abi/constants.ts";
import { gateNumber, importableGates } from "../../../linker/runtime/gates.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("literals, separators, negatives and references to earlier names", () => {
  const values = new Map<string, bigint>();
  parseConstants(
    "export const A: u32 = 0x1_0000;\nexport const B: i64 = -3;\nexport const C: u32 = A;\nconst D = 1;\n",
    "a.ts",
    values,
  );
  expect([...values]).toEqual([
    ["A", 0x10000n],
    ["B", -3n],
    ["C", 0x10000n],
  ]);
});

test.each([
  ["export const A: u32 = 1 + 1;", /a\.ts:1: A = 1 \+ 1 is neither/],
  ["export const A = 1;", /a\.ts:1: an ABI constant must read/],
  ["\nexport const A: u32 = 1;\nexport const A: u32 = 2;", /a\.ts:3: A was 1/],
])("refused with file and line: %s", (text, message) => {
  expect(() => parseConstants(text, "a.ts", new Map())).toThrow(message);
});

describe.each(ARCHITECTURES)("%s", (architecture) => {
  const abi = loadAbi(ROOT, architecture);

  test("the assembler gets every number", () => {
    const text = assemblerSource(abi);
    expect(text).toContain(`.set KERNEL_MEMORY_BASE, 0x${abi.value("KERNEL_MEMORY_BASE").toString(16)}\n`);
    expect(text.split("\n").filter((line) => line.startsWith(".set ")).length).toBe(abi.values.size);
  });

  test("every gate of the kernel is importable, but those that the runtime uses itself", () => {
    const known = importableGates().map((name) => `GATE_${name.toUpperCase()}`);
    const declared = [...abi.withPrefix("GATE_").keys()];
    expect(declared.filter((name) => !known.includes(name)).sort()).toEqual([
      "GATE_CALL_PERSONALITY",
      "GATE_COUNT",
      "GATE_RETURN",
    ]);
    expect(known.filter((name) => !declared.includes(name))).toEqual([]);
  });

  test("a gate with another signature is refused by name", () => {
    const item = { module: "phi", name: "notify", symbol: "s", parameters: ["i32" as const], result: "i64" as const };
    expect(() => gateNumber(abi, item)).toThrow("phi.notify as (i32) → i64; the gate is (i64, i64) → i64");
    expect(() => gateNumber(abi, { ...item, name: "open" })).toThrow("phi.open, which is no gate");
  });
});
