// Computing against native code: AssemblyScript kernels against the same in C, and Lua as a WASI program against the same
// Lua built natively, all as processes of the build machine. Ratio of the shortest of N interleaved runs.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
const COMPUTE_BAR = 1.05;
const LUA_BAR = 1.1;
const RUNS = 15;
const RUNS_QUICK = 7;

/** Parameters for which one run takes about 60 ms. */
const PARAMETERS: Readonly<Record<string, string>> = { sha256: "200", mandelbrot: "640", matmul: "8" };

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
  return buildHostProgram({ root: ROOT, name, wasm, foreign: false, run: "run" });
}

interface Contender {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** Nanoseconds of one run, told by the program itself on its last line ("RESULT NANOSECONDS"), and the result. */
async function once({ program, arguments: list }: Contender): Promise<{ result: string; nanoseconds: number }> {
  const { stdout } = await run(program, [...list]);
  const found = /(\S+) (\d+)\s*$/.exec(stdout);
  if (found === null) throw new CliFailure(`${program} printed no time`, stdout.slice(-500));
  return { result: found[1] ?? "", nanoseconds: Number(found[2]) };
}

/** Shortest time of each contender; they take turns, so that a slow moment hits all alike. */
async function shortest(contenders: readonly Contender[], runs: number): Promise<readonly number[]> {
  const best = contenders.map(() => Number.POSITIVE_INFINITY);
  let result: string | undefined;
  for (let round = 0; round < runs; round++) {
    for (const [index, contender] of contenders.entries()) {
      const outcome = await once(contender);
      result ??= outcome.result;
      if (outcome.result !== result)
        throw new CliFailure(`${contender.program} computed ${outcome.result}, the others ${result}`);
      best[index] = Math.min(best[index], outcome.nanoseconds);
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

/** Calls, tables, strings, closures and floating point, the result printed with the processor time it took. */
const LUA_SCRIPT = `
local before = os.clock()
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local sum = fib(27)
local sieve = {}
for i = 2, 200000 do sieve[i] = true end
for i = 2, 447 do if sieve[i] then for j = i * i, 200000, i do sieve[j] = false end end end
for i = 2, 200000 do if sieve[i] then sum = sum + i end end
local words = {}
for i = 1, 30000 do words[#words + 1] = string.format("%d:%s", i % 97, ("x"):rep(i % 7)) end
table.sort(words)
sum = sum + #table.concat(words)
local x = 0.0
for i = 1, 1000000 do x = x + math.sin(i) * (i % 3) end
io.write(string.format("%d.%.6f %d\\n", sum, x, math.floor((os.clock() - before) * 1e9)))
`;

export const LUA: Benchmark = {
  names: ["lua.ratio"],
  quick: false,
  on: ["host"],
  measure: async (_arch, { quick }) => {
    const silent = (): void => undefined;
    const translated = await buildHostProgram({
      root: ROOT,
      name: "lua",
      wasm: readFileSync(await buildLua(silent)),
      foreign: true,
    });
    const list = ["-e", LUA_SCRIPT];
    const contenders = [await buildNativeLua(silent), translated].map((program) => ({ program, arguments: list }));
    const [native, ours] = await shortest(contenders, quick ? RUNS_QUICK : RUNS);
    return [ratio("lua.ratio", ours / native, LUA_BAR)];
  },
};
