// What a compiler may put into a WASI command beyond the first version of WebAssembly, and the ends of what a person may hand to one:
// on ΦOS, in both modes on both architectures, what the specification says; node:wasi agrees.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import wabt from "wabt";
import { PROGRAM_MODES, phi, TESTED, temporaryDirectory } from "../system/support.ts";
import { ROOT } from "../unit/wasi-service/companion.ts";
import { runWithNode } from "./oracle.ts";

const directory = temporaryDirectory();
const FEATURES = { bulk_memory: true, exceptions: true, reference_types: true, simd: true, tail_call: true };

const IMPORTS = `(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $arguments (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $again (param i32 i32 i32 i32) (result i32)))`;
/** At 0 an iovec of the four bytes at 16; answers go to 8. */
const HELLO = `(data (i32.const 0) "\\10\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 16) "hi\\n")`;

const command = (body: string, memory = "1"): string =>
  `(module ${IMPORTS} (memory (export "memory") ${memory}) ${HELLO} ${body})`;

/** What each prints, and the status that tells what it worked out. */
const EXPECTED: Readonly<Record<string, readonly [status: number, output: string, error: string]>> = {
  "tail calls into imports, directly and through a table": [88, "hi\n", "hi\n"],
  "exceptions with values, rethrown": [41, "", ""],
  "a table that grows": [26, "", ""],
  vectors: [15, "", ""],
  "the last byte of 1 GiB": [5, "", ""],
  "an import that is there twice": [0, "hi\n", "hi\n"],
};

const PROGRAMS: Readonly<Record<string, string>> = {
  "tail calls into imports, directly and through a table": command(`(table 1 funcref) (elem (i32.const 0) $write)
    (type $output (func (param i32 i32 i32 i32) (result i32)))
    (func $by_table (param i32) (result i32)
      (return_call_indirect (type $output) (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 0)))
    (func $direct (param i32) (result i32)
      (return_call $write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func $chain (param i32) (result i32) (return_call $by_table (local.get 0)))
    (func $other_chain (param i32) (result i32) (return_call $direct (local.get 0)))
    (func (export "_start")
      (call $exit (i32.add (i32.mul (call $chain (i32.const 77)) (i32.const 10))
        (i32.add (call $other_chain (i32.const 77)) (i32.add (call $chain (i32.const 1)) (call $other_chain (i32.const 2)))))))`),
  "exceptions with values, rethrown": command(`(tag $e (param i32 i64 f64)) (tag $other)
    (func $down (param i32)
      (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 20) (i64.const 5) (f64.const 6))))
      (call $down (i32.sub (local.get 0) (i32.const 1))))
    (func (export "_start") (local $sum i32)
      (try
        (do (try (do (call $down (i32.const 100))) (catch $other (call $exit (i32.const 1)))
          (catch_all (local.set $sum (i32.const 10)) (rethrow 0))))
        (catch $e (i32.trunc_f64_s) (local.set $sum (i32.add (local.get $sum))) (i32.wrap_i64)
          (local.set $sum (i32.add (local.get $sum))) (local.set $sum (i32.add (local.get $sum)))))
      (call $exit (local.get $sum)))`),
  "a table that grows": command(`(table $t 2 10 funcref) (type $value (func (result i32)))
    (func $a (type $value) (i32.const 21)) (elem declare func $a)
    (func (export "_start") (drop (table.grow $t (ref.func $a) (i32.const 3)))
      (call $exit (i32.add (call_indirect $t (type $value) (i32.const 4)) (table.size $t))))`),
  vectors: command(`(func (export "_start") (call $exit
    (i32x4.extract_lane 2 (i32x4.mul (v128.const i32x4 1 2 3 4) (i32x4.splat (i32.const 5))))))`),
  "the last byte of 1 GiB": command(
    `(func (export "_start") (i32.store8 (i32.const 0x3fffffff) (i32.const 5)) (call $exit (i32.load8_u (i32.const 0x3fffffff))))`,
    "16384",
  ),
  "an import that is there twice": command(`(func (export "_start")
    (call $exit (i32.add (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (call $again (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))))`),
};

/** Prints how many arguments it has, their bytes and a sum of those, as binary; then copies standard input to standard output. */
const HANDED = command(
  `(func $sum (param $at i32) (param $bytes i32) (result i32) (local $sum i32)
    (loop $next (if (local.get $bytes) (then
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 33)) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
      (br $next))))
    (local.get $sum))
  (func $out (param $at i32) (param $bytes i32) (local $errno i32)
    (loop $next (if (local.get $bytes) (then
      (i32.store (i32.const 32) (local.get $at)) (i32.store (i32.const 36) (local.get $bytes))
      (if (local.tee $errno (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 8)))
        (then (call $exit (local.get $errno))))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
      (local.set $bytes (i32.sub (local.get $bytes) (i32.load (i32.const 8))))
      (br $next)))))
  (func (export "_start")
    (if (call $sizes (i32.const 40) (i32.const 44)) (then (call $exit (i32.const 90))))
    (if (call $arguments (i32.const 65536) (i32.const 1048576)) (then (call $exit (i32.const 91))))
    (i32.store (i32.const 48) (call $sum (i32.const 1048576) (i32.load (i32.const 44))))
    (call $out (i32.const 40) (i32.const 12))
    (loop $next
      (i32.store (i32.const 32) (i32.const 65536)) (i32.store (i32.const 36) (i32.const 1000000))
      (if (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 92))))
      (if (i32.load (i32.const 8)) (then (call $out (i32.const 65536) (i32.load (i32.const 8))) (br $next)))))`,
  "100",
);

const files = new Map<string, string>();
const modules = new Map<string, Uint8Array>();

beforeAll(async () => {
  const tools = await wabt();
  for (const [name, text] of [...Object.entries(PROGRAMS), ["handed", HANDED] as const]) {
    const wasm = new Uint8Array(tools.parseWat(name, text, FEATURES).toBinary({}).buffer);
    const file = join(directory, `${name.replaceAll(/\W/g, "-")}.wasm`);
    writeFileSync(file, wasm);
    files.set(name, file);
    modules.set(name, wasm);
  }
});

const SECONDS = ["--timeout", "100"];
const PLACES = TESTED.flatMap((arch) => PROGRAM_MODES.map((isolation) => [arch, isolation] as const));
const clean = (text: string): string => text.replaceAll(/^phi: .*\n/gm, "");
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.each(PLACES)("%s %s", (arch, isolation) => {
  const trust = isolation === "sfi" ? ["--trusted"] : [];
  const options = ["--arch", arch, "--isolation", isolation, ...trust, ...SECONDS];

  it.each(Object.keys(PROGRAMS))(
    "%s",
    async (name) => {
      const result = await phi(["run", ...options, files.get(name) as string]);
      expect([result.status, result.stdout.toString(), clean(result.stderr)]).toEqual(EXPECTED[name]);
    },
    300_000,
  );
});

// Node itself does not survive every gigabyte on a busy machine.
it.each(Object.keys(PROGRAMS).filter((name) => !name.includes("GiB")))("node:wasi agrees: %s", (name) => {
  const oracle = runWithNode(directory, "oracle", modules.get(name) as Uint8Array, { arguments: [name] });
  expect([oracle.status, oracle.output.toString(), oracle.error.toString()]).toEqual(EXPECTED[name]);
});

describe.each(TESTED)("%s", (arch) => {
  it("tens of thousands of arguments and binary input come through", async () => {
    const list = ["", "x".repeat(100_000), "ü\n\\", ...Array.from({ length: 30_000 }, (_none, i) => String(i))];
    const input = Uint8Array.from({ length: 200_001 }, (_none, i) => (i * 2_654_435_761) >>> 13);
    const strings = Buffer.from(["handed.wasm", ...list].map((text) => `${text}\0`).join(""));
    const sum = strings.reduce((before, byte) => (Math.imul(before, 33) + byte) | 0, 0);
    const result = await phi(["run", "--arch", arch, ...SECONDS, files.get("handed") as string, ...list], input);
    expect([result.status, clean(result.stderr)]).toEqual([0, ""]);
    const told = [0, 4, 8].map((at) => result.stdout.readInt32LE(at));
    expect(told).toEqual([list.length + 1, strings.length, sum]);
    const echo = result.stdout.subarray(12);
    expect([echo.length, digest(echo)]).toEqual([input.length, digest(input)]);
  }, 300_000);
});

/** Run with a larger stack than usual, a shell may hand over so much. */
const TOO_MUCH = `ulimit -s 65536; value=$(head -c 100000 /dev/zero | tr '\\0' v); count=0; file=$1; set --
while [ $count -lt 45 ]; do set -- "$@" --env "V$count=$value"; count=$((count + 1)); done
exec node scripts/phi.mjs run "$@" "$file"`;

it("more than 4 MiB of arguments and variables are refused, not lost", () => {
  const result = spawnSync("sh", ["-c", TOO_MUCH, "sh", files.get("vectors") as string], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect([result.status, result.stdout]).toEqual([2, ""]);
  expect(result.stderr).toMatch(/arguments, variables and names of directories take \d+ bytes; at most 4194272/);
}, 120_000);
