// Inspection of hostile input: it ends, with an answer or a ModuleError, and agrees with independent readers.

import { compileString } from "assemblyscript/asc";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import wabt from "wabt";
import { inspectModule, ModuleError } from "../../../linker/wasm/inspect.ts";
import { validateModule } from "../../../linker/wasm/validate.ts";
import { engine, HEADER } from "./build.ts";

const SOURCE = `
  const names: string[] = ["capability", "region", "endpoint"];
  class Node { constructor(public value: i32, public next: Node | null) {} }
  let head: Node | null = null;
  export function push(value: i32): i32 { head = new Node(value, head); return names.length; }
  export function sum(): f64 { let total: f64 = 0; let node = head; while (node) { total += node.value; node = node.next; } return sqrt(total); }
  export function blend(a: usize): void { v128.store(a, i32x4.add(v128.load(a, 16), v128.load(a, 0x1234))); memory.copy(a, a + 64, 64); }
  export function pick(index: i32): i32 { const f: (x: i32) => i32 = index > 3 ? (x: i32): i32 => x * 2 : (x: i32): i32 => x + 7; return f(index); }
`;

let real: Uint8Array;

beforeAll(async () => {
  const { binary, stderr } = await compileString(SOURCE, {
    optimizeLevel: 3,
    runtime: "minimal",
    enable: ["simd"],
    debug: true,
  });
  if (!binary) throw new Error(stderr.toString());
  real = binary;
}, 60_000);

/** Runs inspection; anything but an answer or a ModuleError fails the test. */
function inspected(bytes: Uint8Array): ReturnType<typeof inspectModule> | ModuleError {
  try {
    return inspectModule(bytes);
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
}

test("random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void inspected(bytes)),
    { numRuns: 2000 },
  );
});

test("random sections behind a good header", () => {
  const sections = fc.array(fc.tuple(fc.integer({ min: 0, max: 14 }), fc.uint8Array({ maxLength: 60 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(sections, (list) => {
      inspected(Uint8Array.from([...HEADER, ...list.flatMap(([id, content]) => [id, content.length, ...content])]));
    }),
    { numRuns: 3000 },
  );
});

const mutation = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });

test("a mutated module that V8 accepts is accepted, or refused by the name of a feature", () => {
  fc.assert(
    fc.property(mutation, (changes) => {
      const bytes = real.slice();
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      const answer = inspected(bytes);
      if (answer instanceof ModuleError && answer.feature === "binary") expect(engine.validate(bytes)).toBe(false);
    }),
    { numRuns: 3000 },
  );
});

test("a truncated module is refused at or before its end, unless it ends at a section's edge", () => {
  for (let length = 0; length < real.length; length++) {
    const answer = inspected(real.subarray(0, length));
    if (answer instanceof ModuleError) expect(answer.offset).toBeLessThanOrEqual(length);
  }
});

test("full validation of mutated modules ends with a ModuleError or an answer", async () => {
  await fc.assert(
    fc.asyncProperty(mutation, async (changes) => {
      const bytes = real.slice();
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      if (inspected(bytes) instanceof ModuleError) return;
      await validateModule(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(ModuleError));
    }),
    { numRuns: 300 },
  );
});

test("the largest offset is the one that wabt's disassembly shows", async () => {
  const tool = await wabt();
  const module = tool.readWasm(real, { simd: true, bulk_memory: true, reference_types: true });
  const listing = module.toText({});
  module.destroy();
  const offsets = [...listing.matchAll(/offset=(\d+)/g)].map((match) => Number(match[1]));
  expect(offsets.length).toBeGreaterThan(10);
  expect(inspectModule(real).maxMemoryOffset).toBe(BigInt(Math.max(...offsets)));
});

test("30 MB take less than two seconds of processor time", () => {
  const body = [0, ...Array.from({ length: 1000 }, () => [0x20, 0, 0x28, 2, 0x80, 0x80, 1, 0x1a]).flat(), 0x0b];
  const one = [...Buffer.from([(body.length % 128) | 0x80, body.length >> 7]), ...body];
  const count = Math.ceil(30_000_000 / one.length);
  const leb = [(count % 128) | 0x80, count >> 7];
  const types = Array<number>(count).fill(0);
  const size = (length: number): number[] =>
    [0, 7, 14, 21, 28].map((shift, i) => ((length >> shift) & 127) | (i < 4 ? 0x80 : 0));
  const code = count * one.length + 2;
  const bytes = new Uint8Array(HEADER.length + 30 + types.length + code + 20);
  let at = 0;
  const put = (part: ArrayLike<number>): void => {
    bytes.set(part, at);
    at += part.length;
  };
  put(HEADER);
  put([1, 5, 1, 0x60, 1, 0x7f, 0]);
  put([3, ...size(types.length + 2), ...leb, ...types]);
  put([5, 3, 1, 0, 1]);
  put([10, ...size(code), ...leb]);
  for (let i = 0; i < count; i++) put(one);
  const start = process.cpuUsage();
  expect(inspectModule(bytes.subarray(0, at)).maxMemoryOffset).toBe(16384n);
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
});
