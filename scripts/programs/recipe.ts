// What it takes to build one C program for wasm32-wasi, and natively for comparison: compile each source with clang-19,
// two at a time, link with wasi-libc. Recipes (lua.ts, sqlite.ts) say what; this says how. Objects are cached by content.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { Pool } from "qemu-test-harness";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";

const run = promisify(execFile);
const JOBS = 2;

export interface Recipe {
  readonly name: string;
  /** Absolute paths of C sources. */
  readonly sources: readonly string[];
  /** Files emitted into a directory of their own that is searched for headers first: name → text. */
  readonly headers: Readonly<Record<string, string>>;
  /** Header of `headers` that every source includes first. */
  readonly prelude?: string;
  /** WebAssembly assembly added to the program: what wasi-libc lacks. */
  readonly assembly?: string;
  readonly flags: readonly string[];
  readonly libraries: readonly string[];
}

/** Every program gets one MiB of stack in linear memory, the default of many tool chains. */
const STACK_BYTES = 1 << 20;
const WASI = [
  "--target=wasm32-wasi",
  "-O2",
  "-w",
  "-D_WASI_EMULATED_SIGNAL",
  "-D_WASI_EMULATED_PROCESS_CLOCKS",
  "-D_WASI_EMULATED_GETPID",
];
const EMULATION = ["-lwasi-emulated-signal", "-lwasi-emulated-process-clocks", "-lwasi-emulated-getpid"];

/** Builds build/programs/NAME.wasm; returns its path. Nothing is done when nothing changed. */
export async function buildForWasi(recipe: Recipe, say: (step: string) => void): Promise<string> {
  const directory = join(BUILD, "programs", recipe.name);
  mkdirSync(join(directory, "include"), { recursive: true });
  for (const [name, text] of Object.entries(recipe.headers)) writeFileSync(join(directory, "include", name), text);
  const flags = [...WASI, ...recipe.flags, "-isystem", join(directory, "include")];
  if (recipe.prelude !== undefined) flags.push("-include", join(directory, "include", recipe.prelude));
  const key = hash(recipe.headers, flags);
  const objects = await compileAll(recipe, directory, flags, key, say);
  if (recipe.assembly !== undefined) objects.push(await assemble(recipe.assembly, directory));
  const output = join(BUILD, "programs", `${recipe.name}.wasm`);
  const stamp = hash(objects, recipe.libraries);
  if (existsSync(output) && existsSync(`${output}.stamp`) && readFileSync(`${output}.stamp`, "utf8") === stamp)
    return output;
  say(`linking ${recipe.name}.wasm`);
  const link = ["--target=wasm32-wasi", ...objects, "-o", `${output}.tmp`, ...recipe.libraries, ...EMULATION];
  await clang([...link, "-Wl,--strip-debug", `-Wl,-z,stack-size=${STACK_BYTES}`], recipe.name);
  renameSync(`${output}.tmp`, output);
  writeFileSync(`${output}.stamp`, stamp);
  return output;
}

/** Builds the same sources for this machine, for comparisons; `flags` stand in place of the WASI ones. */
export async function buildNative(
  recipe: Recipe,
  flags: readonly string[],
  libraries: readonly string[],
  say: (step: string) => void,
): Promise<string> {
  const directory = join(BUILD, "programs", `${recipe.name}-native`);
  mkdirSync(directory, { recursive: true });
  const objects = await compileAll(recipe, directory, [...flags, "-O2", "-w"], hash(flags), say);
  const output = join(directory, recipe.name);
  await clang([...objects, "-o", `${output}.tmp`, ...libraries], recipe.name);
  renameSync(`${output}.tmp`, output);
  return output;
}

async function compileAll(
  recipe: Recipe,
  directory: string,
  flags: readonly string[],
  key: string,
  say: (step: string) => void,
): Promise<string[]> {
  return new Pool(JOBS).all(
    recipe.sources.map((source) => async () => {
      const object = join(
        directory,
        `${basename(source, ".c")}-${hash(key, readFileSync(source, "latin1")).slice(0, 16)}.o`,
      );
      if (existsSync(object)) return object;
      say(`compiling ${recipe.name}: ${basename(source)}`);
      await clang([...flags, "-c", source, "-o", `${object}.tmp`], recipe.name);
      renameSync(`${object}.tmp`, object);
      return object;
    }),
  );
}

async function assemble(assembly: string, directory: string): Promise<string> {
  const source = join(directory, "support.s");
  const object = join(directory, `support-${hash(assembly).slice(0, 16)}.o`);
  if (existsSync(object)) return object;
  writeFileSync(source, assembly);
  await clang(
    ["--target=wasm32-wasi", "-mexception-handling", "-Wa,--no-type-check", "-c", source, "-o", object],
    "support",
  );
  return object;
}

async function clang(list: readonly string[], what: string): Promise<void> {
  try {
    await run("clang-19", list, { maxBuffer: 1 << 26 });
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? String(error);
    throw new CliFailure(
      `clang-19 cannot build ${what}:\n${output.trim().split("\n").slice(0, 12).join("\n")}`,
      "Run `make setup` if a tool or library is missing.",
    );
  }
}

function hash(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
