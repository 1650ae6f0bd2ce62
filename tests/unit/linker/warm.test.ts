// A compiler that is kept from one module to the next: what it writes depends on nothing that came before, an error of a module's is that
// module's alone, and one that ends says so.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { askCompiler } from "../../../linker/compile/warm.ts";
import { ROOT } from "../../../scripts/phi/paths.ts";

const LIMIT_MS = 240_000;
const directory = mkdtempSync(join(tmpdir(), "phi-warm-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const GOOD = "export function add(a: i32, b: i32): i32 { return a + b; }";
const OTHER = `
  class Pair { constructor(public a: f64, public b: f64) {} }
  export function sum(n: i32): f64 { let s = 0.0; for (let i = 0; i < n; i++) { const p = new Pair(i, 2); s += p.a * p.b; } return s; }`;

let requests = 0;

/** Error and module of a source. */
async function compile(text: string, options: readonly string[] = []): Promise<[error: string | null, wasm: string]> {
  const file = join(directory, `${requests++}`);
  const request = {
    ...{ root: ROOT, architecture: "x86_64", architectures: ["x86_64", "riscv64"], extraSources: { "entry.ts": text } },
    parameters: ["entry.ts", "--outFile", "out.wasm", "--sourceMap", "--runtime", "minimal", ...options],
    ...{ wasmPath: `${file}.wasm`, sourceMapPath: `${file}.map` },
  };
  writeFileSync(file, JSON.stringify(request));
  const { error } = await askCompiler(file, "Compiling entry.ts");
  return [error, error === null ? readFileSync(request.wasmPath).toString("base64") : ""];
}

test("a module is the same whatever was compiled before it", { timeout: LIMIT_MS }, async () => {
  const first = await compile(GOOD);
  const other = await compile(OTHER, ["--optimizeLevel", "3", "--enable", "simd"]);
  expect(await compile(GOOD)).toEqual(first);
  const [error] = await compile("export function broken(): i32 { return nobody; }");
  expect(error).not.toBeNull();
  // by a fresh compiler, for the error ended the other one
  expect(await compile(OTHER, ["--optimizeLevel", "3", "--enable", "simd"])).toEqual(other);
  expect(await compile(GOOD)).toEqual(first);
  expect(first[0]).toBeNull();
  expect(other[0]).toBeNull();
});

test("a compiler that ends is told with what it said, and the next request has another", {
  timeout: LIMIT_MS,
}, async () => {
  await expect(askCompiler(join(directory, "no such request"), "Compiling nothing")).rejects.toThrow(
    /Compiling nothing failed: the compiler ended with status 1/,
  );
  expect((await compile(GOOD))[0]).toBeNull();
});

test("a compiler that somebody ended while it had nothing to do is not asked", { timeout: LIMIT_MS }, async () => {
  const first = await compile(GOOD);
  const compilers = children().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("asc-worker"));
  expect(compilers.length).toBeGreaterThan(0);
  for (const pid of compilers) process.kill(pid, "SIGKILL");
  await expect.poll(() => compilers.filter((pid) => children().includes(pid)), { timeout: 60_000 }).toEqual([]);
  expect(await compile(GOOD)).toEqual(first);
});

/** Processes that this one started. */
function children(): number[] {
  const threads = readdirSync("/proc/self/task");
  const lists = threads.map((thread) => readFileSync(`/proc/self/task/${thread}/children`, "utf8"));
  return lists
    .join(" ")
    .split(/\s+/)
    .filter((pid) => pid !== "")
    .map(Number);
}
