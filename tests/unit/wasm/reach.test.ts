// The reach of a module decides how many slots it gets, and slots are what isolates it: every instruction that
// addresses memory must be seen, with every offset. Modules are assembled by hand, opcode by opcode.

import { expect, test } from "vitest";
import { inspectModule } from "../../../linker/wasm/inspect.ts";
import { module, section, unsigned, withBody } from "./build.ts";

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Opcode bytes and what follows the memory access. */
const ACCESSES: { code: number[]; after: number[] }[] = [
  ...range(0x28, 0x3e).map((code) => ({ code: [code], after: [] })),
  ...[...range(0x00, 0x0b), 0x5c, 0x5d].map((code) => ({ code: [0xfd, code], after: [] })),
  ...range(0x54, 0x5b).map((code) => ({ code: [0xfd, code], after: [0] })),
];

/** The access in code that is never executed still counts. */
function access({ code, after }: { code: number[]; after: number[] }, offset: number): Uint8Array {
  return withBody(0x00, code, 0, unsigned(offset), after);
}

test.each([
  [0, 1],
  [0x7fff_ffff, 1],
  [0x8000_0000, 2],
  [0xffff_ffff, 2],
])("every memory instruction: offset %i takes %i slots", (offset, slots) => {
  for (const instruction of ACCESSES) {
    const info = inspectModule(access(instruction, offset));
    expect([instruction.code, info.maxMemoryOffset, info.slots]).toEqual([instruction.code, BigInt(offset), slots]);
  }
});

test("the largest offset of all bodies counts, wherever it stands", () => {
  const body = (offset: number): number[] => {
    const code = [0, 0x00, 0x2d, 0, ...unsigned(offset), 0x1a, 0x0b];
    return [...unsigned(code.length), ...code];
  };
  for (const place of [0, 1, 2]) {
    const bodies = [0, 1, 2].map((i) => body(i === place ? 0x9000_0000 : 12 + i));
    const info = inspectModule(
      module(section(1, 1, 0x60, 0, 0), section(3, 3, 0, 0, 0), section(5, 1, 0, 1), section(10, 3, ...bodies)),
    );
    expect([info.maxMemoryOffset, info.slots]).toEqual([0x9000_0000n, 2]);
  }
});

test("an offset hidden behind immediates that look like other instructions is found", () => {
  const hidden = [0x28, 0, ...unsigned(0x8000_0000), 0x1a];
  for (const before of [
    [0x41, 0x0b, 0x1a],
    [0x44, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x1a],
    [0xfd, 0x0c, ...Array<number>(16).fill(0x0b), 0x1a],
    [0x02, 0x40, 0x41, 0, 0x0e, 2, 0, 0, 0, 0x0b],
    [0x42, 0x8b, 0x8b, 0x8b, 0x8b, 0x8b, 0x8b, 0x8b, 0x8b, 0x8b, 0x00, 0x1a],
  ]) {
    expect(inspectModule(withBody(before, 0x00, hidden)).slots).toBe(2);
  }
});

test("a module without memory accesses has no reach", () => {
  expect(inspectModule(module()).maxMemoryOffset).toBe(0n);
  expect(inspectModule(module()).slots).toBe(1);
});
