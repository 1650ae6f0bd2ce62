// Generated code against Node's engine: the same module, once by the linker's flags and runtime as a program of this
// machine, once by V8. What one traps on, the other must trap on.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { buildHostProgram } from "../../../linker/host.ts";
import { wat } from "./wat.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** Result of `run(argument)` on this machine; "trap" for an end by trap number or signal. */
async function native(name: string, text: string, ...parameters: number[]): Promise<string[]> {
  const program = await buildHostProgram({ root: ROOT, name, wasm: await wat(text), run: "run" });
  return parameters.map((parameter) => {
    const result = spawnSync(program, [String(parameter >>> 0)], { encoding: "utf8", timeout: 10_000 });
    if (result.error !== undefined) return "no end";
    return result.status === 0 ? (result.stdout.split(" ")[0] as string) : "trap";
  });
}

async function engine(text: string, ...parameters: number[]): Promise<string[]> {
  const module = await WebAssembly.compile((await wat(text)) as BufferSource);
  return parameters.map((parameter) => {
    const { run } = new WebAssembly.Instance(module).exports as { run: (value: number) => number | bigint };
    try {
      const result = run(parameter);
      return String(typeof result === "bigint" ? BigInt.asUintN(64, result) : result >>> 0);
    } catch {
      return "trap";
    }
  });
}

async function compare(name: string, text: string, ...parameters: number[]): Promise<void> {
  expect(await native(name, text, ...parameters)).toEqual(await engine(text, ...parameters));
}

test("copies and fills of every length and overlap", async () => {
  await compare(
    "test-copy",
    `(module (memory 1)
    (func (export "run") (param $seed i32) (result i64) (local $i i32) (local $from i32) (local $to i32) (local $bytes i32) (local $hash i64)
      (loop $fill
        (i32.store8 (local.get $i) (i32.mul (local.get $i) (i32.add (local.get $seed) (i32.const 167))))
        (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
      (local.set $i (i32.const 0))
      (loop $copies
        (local.set $from (i32.rem_u (i32.mul (local.get $i) (i32.const 37)) (i32.const 700)))
        (local.set $to (i32.rem_u (i32.mul (local.get $i) (i32.const 91)) (i32.const 711)))
        (local.set $bytes (i32.rem_u (local.get $i) (i32.const 560)))
        (memory.copy (local.get $to) (local.get $from) (local.get $bytes))
        (memory.fill (i32.add (i32.const 2000) (local.get $to)) (local.get $i) (i32.rem_u (local.get $i) (i32.const 577)))
        (br_if $copies (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4000))))
      (local.set $i (i32.const 0))
      (loop $sum
        (local.set $hash (i64.add (i64.mul (local.get $hash) (i64.const 1099511628211)) (i64.load8_u (local.get $i))))
        (br_if $sum (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
      (local.get $hash)))`,
    1,
    2,
    3,
  );
});

test("an access outside memory traps, a bulk one too, and memory grows", async () => {
  await compare(
    "test-bounds",
    `(module (memory 1 3)
    (func (export "run") (param $case i32) (result i32)
      (if (i32.eq (local.get $case) (i32.const 0)) (then (return (i32.load (i32.const 65532)))))
      (if (i32.eq (local.get $case) (i32.const 1)) (then (return (i32.load (i32.const 70000)))))
      (if (i32.eq (local.get $case) (i32.const 2)) (then (memory.fill (i32.const 65530) (i32.const 1) (i32.const 8))))
      (if (i32.eq (local.get $case) (i32.const 3)) (then (memory.copy (i32.const 0) (i32.const 65530) (i32.const 8))))
      (if (i32.eq (local.get $case) (i32.const 4)) (then (drop (memory.grow (i32.const 1))) (return (i32.load (i32.const 70000)))))
      (if (i32.eq (local.get $case) (i32.const 5)) (then (return (memory.grow (i32.const 3)))))
      (if (i32.eq (local.get $case) (i32.const 6)) (then (return (i32.load offset=0x7fffffff (i32.const -1)))))
      (i32.const 9)))`,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
  );
});

test("indirect calls check table bounds, null and type", async () => {
  await compare(
    "test-indirect",
    `(module (memory 1)
    (type $unary (func (param i32) (result i32))) (type $none (func (result i32)))
    (table 5 funcref) (elem (i32.const 1) $double $seven)
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $seven (type $none) (i32.const 7))
    (func (export "run") (param $case i32) (result i32) (call_indirect (type $unary) (local.get $case) (local.get $case))))`,
    0,
    1,
    2,
    3,
    5,
    -1,
  );
});

test("division, conversion and rounding at their edges", async () => {
  await compare(
    "test-numbers",
    `(module (memory 1)
    (func (export "run") (param $case i32) (result i64)
      (if (i32.eq (local.get $case) (i32.const 0)) (then (return (i64.extend_i32_s (i32.div_s (i32.const 0x80000000) (i32.const -1))))))
      (if (i32.eq (local.get $case) (i32.const 1)) (then (return (i64.div_u (i64.const 1) (i64.extend_i32_u (i32.sub (local.get $case) (i32.const 1)))))))
      (if (i32.eq (local.get $case) (i32.const 2)) (then (return (i64.trunc_f64_s (f64.const 1e300)))))
      (if (i32.eq (local.get $case) (i32.const 3)) (then (return (i64.trunc_sat_f64_s (f64.const -1e300)))))
      (if (i32.eq (local.get $case) (i32.const 4)) (then (return (i64.reinterpret_f64 (f64.nearest (f64.const -2.5))))))
      (if (i32.eq (local.get $case) (i32.const 5)) (then (return (i64.reinterpret_f64 (f64.min (f64.const -0) (f64.const 0))))))
      (if (i32.eq (local.get $case) (i32.const 6)) (then (return (i64.reinterpret_f64 (f64.ceil (f64.const -0.25))))))
      (i64.extend_i32_u (i32.rem_s (i32.const 0x80000000) (i32.const -1)))))`,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
  );
});

test("an exception unwinds to the matching handler, or traps", async () => {
  await compare(
    "test-throw",
    `(module (memory 1)
    (tag $small (param i32)) (tag $large (param i32))
    (func $thrower (param $case i32)
      (if (i32.eq (local.get $case) (i32.const 1)) (then (throw $small (i32.const 11))))
      (if (i32.eq (local.get $case) (i32.const 2)) (then (throw $large (i32.const 22)))))
    (func $inner (param $case i32) (result i32)
      (try (result i32) (do (call $thrower (local.get $case)) (i32.const 1)) (catch $small)))
    (func (export "run") (param $case i32) (result i32)
      (if (i32.eq (local.get $case) (i32.const 3)) (then (throw $small (i32.const 5))))
      (try (result i32) (do (call $inner (local.get $case))) (catch_all (i32.const 99)))))`,
    0,
    1,
    2,
    3,
  );
});

test("vectors", async () => {
  await compare(
    "test-vectors",
    `(module (memory 1)
    (func (export "run") (param $n i32) (result i64) (local $v v128) (local $i i32)
      (loop $l
        (local.set $v (i32x4.add (local.get $v) (i32x4.mul (i32x4.splat (local.get $i)) (v128.const i32x4 1 2 3 -4))))
        (v128.store (i32.const 64) (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $v) (local.get $v)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (i64.add (i64x2.extract_lane 0 (v128.load (i32.const 64)))
        (i64x2.extract_lane 1 (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.convert_i32x4_s (local.get $v))))))))`,
    1,
    5,
    1000,
  );
});

test("tail calls take no stack: in a circle, by a table, to an exported function", async () => {
  await compare(
    "test-tail-calls",
    `(module (memory 1) (table 2 funcref) (elem (i32.const 0) $odd $even)
    (type $step (func (param i32 i64 f64 i32 i64 i32 i64 i32 i64) (result i64)))
    (func $odd (type $step)
      (if (i32.eqz (local.get 0)) (then (return (i64.add (local.get 1) (i64.mul (i64.trunc_f64_s (local.get 2)) (local.get 8))))))
      (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 3))
        (f64.add (local.get 2) (f64.const 0.5)) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
        (i64.add (local.get 8) (i64.const 1)) (i32.const 1)))
    (func $even (type $step)
      (if (i32.eqz (local.get 0)) (then (return (i64.const 9))))
      (return_call $odd (i32.sub (local.get 0) (i32.const 1)) (i64.sub (local.get 1) (i64.const 2)) (local.get 2)
        (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8)))
    (func (export "run") (param i32) (result i64)
      (return_call $odd (local.get 0) (i64.const 1) (f64.const 2) (i32.const 3) (i64.const 4) (i32.const 5) (i64.const 6)
        (i32.const 7) (i64.const 8))))`,
    0,
    1,
    7,
    4_000_000,
  );
});

test("a load that nobody uses traps in the conformance flavour", async () => {
  const wasm = await wat(
    `(module (memory 1) (func (export "run") (param i32) (result i32) (drop (i32.load (local.get 0))) (i32.const 1)))`,
  );
  const program = await buildHostProgram({ root: ROOT, name: "test-strict", wasm, run: "run", conformance: true });
  expect(spawnSync(program, ["16"]).status).toBe(0);
  expect(spawnSync(program, ["70000"]).status).not.toBe(0);
});

test.each([
  [
    "alone",
    `(func $down (param i32) (result i32) (i32.add (i32.const 1) (call $down (i32.add (local.get 0) (i32.const 1)))))`,
  ],
  ["in tail position", `(func $down (param i32) (result i32) (call $down (i32.add (local.get 0) (i32.const 1))))`],
  [
    "of two",
    `(func $down (param i32) (result i32) (call $up (local.get 0))) (func $up (param i32) (result i32) (call $down (local.get 0)))`,
  ],
  [
    "through a table",
    `(type $f (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $down)
    (func $down (type $f) (call_indirect (type $f) (local.get 0) (i32.const 0)))`,
  ],
])("endless recursion traps: %s", async (_what, functions) => {
  const text = `(module (memory 1) ${functions} (export "run" (func $down)))`;
  expect(await native("test-recursion", text, 0)).toEqual(["trap"]);
});
