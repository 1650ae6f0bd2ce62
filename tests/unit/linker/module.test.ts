// What the build refuses, by name, and what the rewritten C looks like.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { loadAbi } from "../../../linker/abi/constants.ts";
import { parseInterface } from "../../../linker/compile/interface.ts";
import { rewrite } from "../../../linker/compile/rewrite.ts";
import { partsOf, translate } from "../../../linker/compile/wasm2c.ts";
import { BuildTree } from "../../../linker/files.ts";
import { buildModuleFile } from "../../../linker/module.ts";
import { readPhx } from "../../../linker/phx/read.ts";
import type { Personality } from "../../../linker/runtime/thunks.ts";
import { wat } from "./wat.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

describe.each(["x86_64", "riscv64"] as const)("%s", (architecture) => {
  const tree = new BuildTree(ROOT, architecture);
  const build = (name: string, wasm: Uint8Array, allowedImports: string[] = ["phi"]) =>
    buildModuleFile({ tree, name, wasm, allowedImports, stackBytes: 65536 });

  test("a service becomes a .phx with its entries, gates and table", async () => {
    const wasm = await wat(`(module
      (import "phi" "now" (func $now (result i64)))
      (memory (export "memory") 2 5) (table 3 funcref) (elem (i32.const 1) $f) (global $g (mut i64) (i64.const 7))
      (type $t (func (result i64))) (func $f (type $t) (call $now))
      (func (export "start") (global.set $g (call_indirect (type $t) (i32.const 1))))
      (func (export "call") (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64) (i64.load (i32.wrap_i64 (local.get 2))))
      (func (export "event") (param i64) (global.set $g (local.get 0))))`);
    const product = await build("test-service", wasm);
    const abi = loadAbi(ROOT, architecture);
    const image = readPhx(abi, new Uint8Array(readFileSync(product.path)));
    expect(image.entries.start * image.entries.call * image.entries.event * image.entries.trampoline).not.toBe(0);
    expect(image.relocations.filter((item) => item.kind === "gate").map((item) => item.gate)).toContain(
      abi.number("GATE_NOW"),
    );
    expect(image).toMatchObject({
      memoryInitialPages: 2,
      memoryMaximumPages: 5,
      tableBytes: 96,
      slots: 1,
      name: "test-service",
    });
    expect(image.structBytes).toBeLessThan(2032);
    expect(existsSync(product.elf)).toBe(true);
  });

  test("vectors compile", async () => {
    const wasm = await wat(`(module (memory 1) (func (export "start")
      (v128.store (i32.const 0) (f64x2.nearest (f64x2.mul (v128.load (i32.const 16)) (f64x2.splat (f64.const 0.5)))))))`);
    expect(existsSync((await build("test-vectors", wasm)).path)).toBe(true);
  });

  test("an import that the image entry does not allow is named", async () => {
    const wasm = await wat(`(module (import "env" "read" (func)) (func (export "start")))`);
    await expect(build("test-import", wasm)).rejects.toThrow(
      "test-import imports env.read, which its image entry does not allow: it may import from phi",
    );
  });

  test("an unknown gate and a foreign import without a personality are named", async () => {
    await expect(build("test-gate", await wat(`(module (import "phi" "open" (func)))`))).rejects.toThrow(
      "phi.open, which is no gate",
    );
    const foreign = await wat(`(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))))`);
    await expect(build("test-foreign", foreign, ["wasi_snapshot_preview1"])).rejects.toThrow(
      "wasi_snapshot_preview1.fd_close, and nothing provides it",
    );
  });

  test("all that a program imports in vain is named at once", async () => {
    const wasm = await wat(`(module (import "wasi" "known" (func (param i32))) (import "env" "one" (func))
      (import "env" "two" (func (param i32))) (import "wasi" "unknown" (func)) (import "env" "one" (func (param i64))))`);
    const request = { tree, name: "test-lacking", wasm, allowedImports: ["wasi"], stackBytes: 65536 };
    const personality: Personality = ({ name }) => (name === "known" ? { method: 1 } : undefined);
    await expect(buildModuleFile({ ...request, personality })).rejects.toThrow(
      "test-lacking imports 3 functions that nothing provides: env.one, env.two, wasi.unknown.",
    );
    const many = Array.from({ length: 20 }, (_none, i) => `(import "env" "f${i}" (func))`).join(" ");
    await expect(buildModuleFile({ ...request, wasm: await wat(`(module ${many})`), personality })).rejects.toThrow(
      /imports 20 functions.*env\.f11 and 8 more\.$/,
    );
  });

  test("entries with other signatures than the kernel's are refused", async () => {
    await expect(
      build("test-call", await wat(`(module (func (export "call") (param i64) (result i64) (local.get 0)))`)),
    ).rejects.toThrow("The export call must be");
    await expect(build("test-event", await wat(`(module (func (export "event") (param i32)))`))).rejects.toThrow(
      "The export event must be",
    );
  });

  test("unsupported modules are refused with feature and offset, and leave nothing behind", async () => {
    await expect(build("test-memories", await wat(`(module (memory 1) (memory 1))`))).rejects.toThrow(
      /multi-memory is not supported.*offset 0x/,
    );
    await expect(build("test-noise", Uint8Array.of(1, 2, 3))).rejects.toThrow(/test-noise cannot be built/);
    await expect(build("test-types", brokenBody())).rejects.toThrow(
      /test-types cannot be built: the module is not valid: type mismatch.*offset 0x/,
    );
    for (const name of ["test-memories", "test-noise", "test-types"])
      expect(existsSync(tree.path("modules", `${name}.phx`))).toBe(false);
  });
});

/** A function of type () → i32 whose body leaves nothing on the stack. */
function brokenBody(): Uint8Array {
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b);
}

test("no access goes through a pointer that stores could change", async () => {
  const wasm =
    await wat(`(module (import "phi" "now" (func $now (result i64))) (memory 1) (table 2 funcref) (type $t (func))
    (func (export "start") (i64.store (i32.const 8) (call $now)) (call_indirect (type $t) (i32.const 1)) (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))))`);
  const generated = await translate(wasm, "module", "test", resolve(ROOT, "build/x86_64/scratch"), []);
  const result = rewrite(generated, {
    flavour: "module",
    architecture: "x86_64",
    name: "module",
    interface: parseInterface(generated.header),
    memoryLimitPages: 16384,
    tablesBelowMemory: 0x3000_0000n,
    inlineImports: [],
    loadsData: false,
  });
  const [text] = result.parts as [string];
  expect(text).not.toMatch(/mem\)->data\[/);
  expect(text).not.toContain('__asm__("" ::"r"(var))');
  expect(text).not.toMatch(/\.module_instance,/);
  expect(text).toContain("w2c_phi_now(0)");
  expect(text).toContain("LINKER_BULK_CHECK(dest, dest_addr, n)");
});

/** A module of one section, `bytes` long. */
function sectionModule(id: number, bytes: number): Uint8Array {
  const length = [bytes & 0x7f, (bytes >> 7) & 0x7f, (bytes >> 14) & 0x7f, bytes >> 21].map((byte, i) =>
    i < 3 ? byte | 0x80 : byte,
  );
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, id, ...length];
  const wasm = new Uint8Array(head.length + bytes);
  wasm.set(head);
  return wasm;
}

test("a large module is compiled in parts by its code, not by its data", () => {
  expect(
    [200_000, 400_000, 1_999_999, 2_000_001, 13_000_000].map((bytes) => partsOf(sectionModule(10, bytes))),
  ).toEqual([1, 2, 2, 3, 13]);
  expect(partsOf(sectionModule(11, 13_000_000))).toBe(2);
});

test("twelve parts are one program", async () => {
  const functions = Array.from({ length: 24 }, (_none, i) => `(func $f${i} (result i32) (i32.const ${i}))`).join(" ");
  const wasm = await wat(`(module ${functions} (func (export "start") (drop (call $f23))))`);
  const generated = await translate(wasm, "module", "twelve", resolve(ROOT, "build/x86_64/scratch"), [], 12);
  expect(generated.parts).toHaveLength(12);
  // the first has what there is once: the instance and its exports
  expect(generated.parts.map((part) => part.includes("wasm2c_module_instantiate"))).toEqual([
    true,
    ...Array.from({ length: 11 }, () => false),
  ]);
});
