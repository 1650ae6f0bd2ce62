// What gdb's commands assume about the kernel's object table, against the kernel's own class.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { CODE_BASE_AT, CODE_FILE_FRAME_AT, CODE_TYPE_AT } from "../../../linker/debug/gdb.ts";
import { engine } from "../wasm/build.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

const PROBE = `import { Code } from "./kernel/object/object";
export function type_at(): i32 { return offsetof<Code>("type"); }
export function file_frame_at(): i32 { return offsetof<Code>("file_frame"); }
export function base_at(): i32 { return offsetof<Code>("base"); }
`;

test("the fields of a code object lie where gdb looks for them", async () => {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry: "probe.ts",
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: 64,
    simd: false,
    extraSources: new Map([["probe.ts", PROBE]]),
  });
  const { Module, Instance } = engine as unknown as {
    Module: { new (bytes: Uint8Array): object; imports(module: object): { module: string; name: string }[] };
    Instance: new (module: object, imports: object) => { exports: Record<string, () => number> };
  };
  const compiled = new Module(wasm);
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module, name } of Module.imports(compiled)) {
    imports[module] = { ...imports[module], [name]: () => 0 };
  }
  const { exports } = new Instance(compiled, imports);
  const offsets = ["type_at", "file_frame_at", "base_at"].map((name) => exports[name]?.());
  expect(offsets).toEqual([CODE_TYPE_AT, CODE_FILE_FRAME_AT, CODE_BASE_AT]);
}, 60_000);
