// Computing against native code: AssemblyScript kernels against the same in C, and Lua as a WASI program against the same
// Lua built natively, all as processes of the build machine. Ratio of least user-mode processor times
// of N interleaved runs: waiting for a busy machine does not count.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { buildHostProgram } from "../../linker/host.ts";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD, ROOT } from "../../scripts/phi/paths.ts";
import { buildLua, buildNativeLua } from "../../scripts/programs/index.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { NATIVE_SOURCES } from "./native/sources.ts";

const run = promisify(execFile);
const DIRECTORY = join(BUILD, "bench");
const NODE_WASI = fileURLToPath(new URL("node-wasi.mjs", import.meta.url));
const COMPUTE_BAR = 1.05;
const LUA_BAR = 1.1;
const RUNS = 15;
const RUNS_QUICK = 7;
const RUNS_CLOSE = 40;

/** Parameters for which one run takes some 300 ms. */
const PARAMETERS: Readonly<Record<string, string>> = { sha256: "1000", mandelbrot: "1600", matmul: "60" };

async function nativeProgram(name: string): Promise<string> {
  mkdirSync(DIRECTORY, { recursive: true });
  const source = join(DIRECTORY, `${name}.c`);
  const program = join(DIRECTORY, `${name}-native`);
  writeFileSync(source, NATIVE_SOURCES[name] ?? "");
  await run("clang-19", ["-O2", "-o", program, source]);
  return program;
}

async function translatedProgram(name: string): Promise<string> {
  const entry = `tests/bench/programs/${name}.ts`;
  const base = { root: ROOT, entry, architecture: "x86_64", runtime: "stub", memoryBase: 1024, simd: true } as const;
  const { wasm } = await compileAssemblyScript(base);
  return buildHostProgram({ root: ROOT, name, wasm, run: "run" });
}

interface Contender {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** Processor time of one run in user mode, as the shell tells it, and what the program printed first. */
async function once({ program, arguments: list }: Contender): Promise<{ result: string; milliseconds: number }> {
  const script = 'TIMEFORMAT="%3U"; time "$0" "$@"';
  const { stdout, stderr } = await run("bash", ["-c", script, program, ...list]);
  const seconds = /(\d+\.\d{3})\s*$/.exec(stderr)?.[1];
  if (seconds === undefined) throw new CliFailure(`${program} was not timed`, stderr.slice(-500));
  return { result: stdout.split(/\s/)[0] ?? "", milliseconds: Number(seconds) * 1000 };
}

/** Least processor time of each contender; they take turns, so that a slow moment hits all alike. */
async function shortest(contenders: readonly Contender[], runs: number): Promise<readonly number[]> {
  const best = contenders.map(() => Number.POSITIVE_INFINITY);
  let result: string | undefined;
  for (let round = 0; round < runs; round++) {
    for (const [index, contender] of contenders.entries()) {
      const outcome = await once(contender);
      result ??= outcome.result;
      if (outcome.result !== result)
        throw new CliFailure(`${contender.program} computed ${outcome.result}, the others ${result}`);
      best[index] = Math.min(best[index], outcome.milliseconds);
    }
  }
  return best;
}

function ratio(name: string, value: number, bar: number | null): Figure {
  return { name, arch: "host", value: Math.round(value * 1000) / 1000, unit: "ratio to native", bar, better: "lower" };
}

export const KERNELS: readonly Benchmark[] = Object.keys(PARAMETERS).map((name) => ({
  names: [`compute.${name}`],
  quick: true,
  on: ["host"],
  measure: async (_arch, { quick }) => {
    const list = [PARAMETERS[name] ?? ""];
    const contenders = [await nativeProgram(name), await translatedProgram(name)].map((program) => ({
      program,
      arguments: list,
    }));
    const [native, translated] = await shortest(contenders, quick ? RUNS_QUICK : RUNS);
    return [ratio(`compute.${name}`, translated / native, COMPUTE_BAR)];
  },
}));

/** Calls, tables, strings, closures and floating point. */
const LUA_SCRIPT = `
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local sum = fib(30)
local sieve = {}
for i = 2, 200000 do sieve[i] = true end
for i = 2, 447 do if sieve[i] then for j = i * i, 200000, i do sieve[j] = false end end end
for i = 2, 200000 do if sieve[i] then sum = sum + i end end
local words = {}
for i = 1, 30000 do words[#words + 1] = string.format("%d:%s", i % 97, ("x"):rep(i % 7)) end
table.sort(words)
sum = sum + #table.concat(words)
local counter = { value = 0 }
function counter:add(n) self.value = self.value + n end
for i = 1, 2000000 do counter:add(i % 3) end
local made = {}
for i = 1, 300000 do made[i % 100] = function() return i end end
local x = 0.0
for i = 1, 4000000 do x = x + i * 0.5 end
sum = sum + counter.value + made[7]()
io.write(string.format("%d.%.6f\\n", sum, x))
`;

export const LUA: Benchmark = {
  names: ["lua.ratio", "lua.ratio-v8"],
  quick: false,
  on: ["host"],
  measure: async (_arch, { quick }) => {
    const silent = (): void => undefined;
    const wasm = await buildLua(silent);
    const ours = await buildHostProgram({ root: ROOT, name: "lua", wasm: readFileSync(wasm) });
    const list = ["-e", LUA_SCRIPT];
    const contenders: readonly Contender[] = [
      { program: await buildNativeLua(silent), arguments: list },
      { program: ours, arguments: list },
      { program: process.execPath, arguments: [NODE_WASI, wasm, ...list] },
    ];
    // The two that are close need many runs to be told apart; V8 does not.
    const [native, translated] = await shortest(contenders.slice(0, 2), quick ? RUNS_QUICK : RUNS_CLOSE);
    const [nativeBesideV8, , v8] = await shortest(contenders, RUNS_QUICK);
    return [ratio("lua.ratio", translated / native, LUA_BAR), ratio("lua.ratio-v8", v8 / nativeBesideV8, null)];
  },
};
