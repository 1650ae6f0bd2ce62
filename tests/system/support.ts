// What the system tests share: which architectures to test, a booted shell, the phi command as a child process, and small
// WASI programs written as WebAssembly text.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ARCHITECTURES, type Architecture, type Guest, type GuestOptions } from "qemu-test-harness";
import { afterAll, expect } from "vitest";
import wabt from "wabt";
import { ensureImage, wholeMode } from "../../scripts/phi/artifacts.ts";
import { PROMPT } from "../../scripts/phi/interactive.ts";
import { startMachine } from "../../scripts/phi/machine.ts";

/** What `phi test --arch` asked for; all otherwise. */
export const TESTED: readonly Architecture[] = ARCHITECTURES.filter((name) =>
  (process.env["PHI_TEST_ARCHITECTURES"] ?? ARCHITECTURES.join(",")).split(",").includes(name),
);

/** CPUs of the machines on which the suites run: `PHI_TEST_SMP=4 make test` runs them with four. */
export const CPUS = Number(process.env["PHI_TEST_SMP"] ?? "1");

/** Modes in which programs can run: a companion in user mode serves no program in supervisor mode. */
export const PROGRAM_MODES = wholeMode() === "hw" ? (["hw"] as const) : (["hw", "sfi"] as const);

export { PROMPT };

/** Emulation on a busy machine is slow; a guest that takes this long has hung. */
const GUEST_LIMIT_MS = 280_000;
const LOGGED_LIMIT_MS = 240_000;

/** Boots the shell image with a terminal on its serial line and waits for the prompt. */
export async function bootShell(arch: Architecture, options: Partial<GuestOptions> = {}): Promise<Guest> {
  const image = await ensureImage("shell", arch);
  const guest = startMachine(image, { arch, smp: CPUS }, { prompt: PROMPT, timeout_ms: GUEST_LIMIT_MS, ...options });
  await guest.waitForPrompt();
  return guest;
}

export interface Finished {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const PHI = fileURLToPath(new URL("../../scripts/phi.mjs", import.meta.url));

/** Runs `phi` with the given input and waits for its end. */
export function phi(list: readonly string[], input: string | Uint8Array | number = ""): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PHI, ...list], {
      stdio: [typeof input === "number" ? input : "pipe", "pipe", "pipe"],
      env: { ...process.env, CI: "true" },
    });
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (bytes: Buffer) => stdout.push(bytes));
    child.stderr?.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    child.stdin?.on("error", () => undefined); // a program may end before it has read its input
    if (typeof input !== "number") child.stdin?.end(input);
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout: Buffer.concat(stdout), stderr }));
  });
}

/**
 * Waits until services said `pattern` after the first `from` characters of the output. What they say comes before a prompt or after it, as the machine
 * has time: waitFor() after run() would miss what run() already passed over.
 */
export async function logged(guest: Guest, pattern: RegExp, from = 0): Promise<void> {
  await expect.poll(() => guest.output.slice(from), { timeout: LOGGED_LIMIT_MS }).toMatch(pattern);
}

/** Lines of the log come between: the command is repeated until its own output is what came back. */
export async function said(guest: Guest, command: string, pattern: RegExp): Promise<void> {
  await expect.poll(() => guest.run(command), { timeout: LOGGED_LIMIT_MS }).toMatch(pattern);
}

/** A directory that is removed after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "phi-test-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Assembles WebAssembly text into `directory`/`name`.wasm. */
export async function assemble(directory: string, name: string, text: string): Promise<string> {
  const module = (await wabt()).parseWat(`${name}.wat`, text);
  const file = join(directory, `${name}.wasm`);
  writeFileSync(file, module.toBinary({ write_debug_names: true }).buffer);
  return file;
}

const IMPORTS: Readonly<Record<string, string>> = {
  fd_read: "(param i32 i32 i32 i32) (result i32)",
  fd_write: "(param i32 i32 i32 i32) (result i32)",
  proc_exit: "(param i32)",
};

/** A WASI command: imports by name, one page of memory, and the body of `_start`; `more` stands beside it in the module. */
export function command(imports: readonly string[], body: string, more = ""): string {
  const list = imports.map((name) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${IMPORTS[name]}))`);
  return `(module ${list.join("\n")} (memory (export "memory") 1) ${more} (func (export "_start") (local $n i32) ${body}))`;
}

/** Says that it runs, and runs for ever: what is typed before it says so is the shell's own. */
export const SPINNING = command(
  ["fd_write"],
  `(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 9))
   (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (loop $again (br $again))`,
  '(data (i32.const 64) "spinning\\n")',
);
