// A third-party program that traps: `phi run` exits with 134 and names the function in which it happened, from the
// module's name section, even where compilers have inlined it.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import wabt from "wabt";
import { ARCHITECTURES } from "../../linker/abi/constants.ts";
import { ROOT } from "../../scripts/phi/paths.ts";

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "phi-backtrace-"));
const program = join(directory, "broken.wasm");

const SOURCE = `(module
  (memory (export "memory") 1)
  (func $read_beyond (param i32) (result i32) (i32.load (local.get 0)))
  (func $walk (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $walk (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $read_beyond (i32.const 0x7ffffff0)))))
  (func (export "_start") (drop (call $walk (i32.const 5)))))`;

beforeAll(async () => {
  const { parseWat } = await wabt();
  const module = parseWat("broken.wat", SOURCE);
  writeFileSync(program, module.toBinary({ write_debug_names: true }).buffer);
  module.destroy();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Failure {
  code: number;
  stdout: string;
  stderr: string;
}

test.each(ARCHITECTURES)(
  "%s: reason, function and status of a trap",
  async (arch) => {
    const command = [join(ROOT, "scripts/phi.mjs"), "run", "--arch", arch, program];
    const failure = await run(process.execPath, command, { timeout: 200_000 }).then(
      () => undefined,
      (error: unknown) => error as Failure,
    );
    expect(failure?.code).toBe(134);
    expect(failure?.stdout).toBe("");
    expect(failure?.stderr).toContain("memory access out of bounds");
    const places = [...(failure?.stderr ?? "").matchAll(/^ +at (\S+)/gm)].map((match) => match[1]);
    expect(places[0]).toBe("read_beyond");
    expect(places).toContain("walk");
  },
  120_000,
);
