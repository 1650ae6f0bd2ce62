// The initial memory of a large module, taken out of its C: the same bytes as WebAssembly's own segments, and nothing taken that an
// instruction could name or that would not fit.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { DATA_APART_BYTES, takeData } from "../../../linker/compile/data.ts";
import { buildHostProgram } from "../../../linker/host.ts";
import { wat } from "./wat.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** A sequence that is the same every time (xorshift32). */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const escaped = (bytes: readonly number[]): string =>
  bytes.map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");

const PAGES = 32;

/** Segments over each other, beside each other, of zeros, of nothing, up to memory's last byte. */
function segments(seed: number): string[] {
  const random = sequence(seed);
  const found: string[] = [`(data (i32.const ${PAGES * 65_536 - 3}) "abc")`];
  for (let bytes = 0; bytes < 2 * DATA_APART_BYTES; ) {
    const length = random(4) === 0 ? random(8) : random(4000);
    const zeros = random(3);
    const content = Array.from({ length }, () => (random(4) < zeros ? 0 : random(256)));
    found.push(`(data (i32.const ${random(PAGES * 65_536 - length)}) "${escaped(content)}")`);
    bytes += length;
  }
  return found;
}

const FILL = `(data (i32.const 8) "${"x".repeat(DATA_APART_BYTES)}")`;

test.each([1, 2, 3, 4])("memory holds what WebAssembly's own segments put there (%i)", async (seed) => {
  const wasm = await wat(`(module (memory (export "memory") ${PAGES}) ${segments(seed).join("\n")})`);
  const taken = takeData(wasm);
  if (taken === undefined) throw new Error("nothing was taken");
  expect(taken.wasm.length).toBeLessThan(100);
  expect(WebAssembly.validate(taken.wasm as BufferSource)).toBe(true);
  const ours = new Uint8Array(PAGES * 65_536);
  let from = 0;
  for (const [at, bytes] of taken.memory.runs) {
    ours.set(taken.memory.content.subarray(from, from + bytes), at);
    from += bytes;
  }
  expect(from).toBe(taken.memory.content.length);
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource);
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  expect(Buffer.compare(Buffer.from(ours), Buffer.from(memory.buffer))).toBe(0);
});

test.each([
  ["a passive segment", `(memory 2) ${FILL} (data "passive")`],
  ["an instruction that names a segment", `(memory 2) ${FILL} (func (data.drop 0))`],
  ["a place that a global tells", `(global $g i32 (i32.const 8)) (memory 2) ${FILL} (data (global.get $g) "x")`],
  ["a segment that ends behind memory", `(memory 2) ${FILL} (data (i32.const 131071) "xy")`],
  ["a place that is a negative number", `(memory 2) ${FILL} (data (i32.const -1) "x")`],
  ["segments far apart", `(memory 5000) ${FILL} (data (i32.const 300000000) "x")`],
  ["little data", `(memory 2) (data (i32.const 8) "little")`],
  ["no data", "(memory 2)"],
])("%s: left to the C", async (_what, text) => {
  expect(takeData(await wat(`(module ${text})`))).toBeUndefined();
});

test("a native program starts with that memory", async () => {
  const sum = `(func (export "run") (param i32) (result i32) (local $at i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const ${PAGES * 65_536}))))
    (local.get $sum))`;
  const wasm = await wat(`(module (memory ${PAGES}) ${segments(5).join("\n")} ${sum})`);
  expect(takeData(wasm)).toBeDefined();
  const program = await buildHostProgram({ root: ROOT, name: "initial-memory", wasm, run: "run" });
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource);
  const expected = (instance.exports["run"] as (n: number) => number)(0);
  const result = spawnSync(program, ["0"], { encoding: "utf8" });
  expect([result.status, Number.parseInt(result.stdout.trim().split(/\s+/)[0] ?? "", 10) | 0]).toEqual([0, expected]);
});
