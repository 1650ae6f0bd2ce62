// AssemblyScript to WebAssembly through asc's API, Binaryen's optimiser included. Called for the kernel, services
// and test modules. Invariant: the same sources and options give the same bytes; `hal/X.ts` means hal/<arch>/X.ts.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ARCHITECTURES, type Architecture } from "../abi/constants.ts";
import { BuildError } from "../error.ts";
import { contentKey, temporaryName, writeAtomically } from "../files.ts";
import { askCompiler } from "./warm.ts";

export interface AssemblyScriptOptions {
  root: string;
  /** Entry file, relative to root: `kernel/index.ts`. */
  entry: string;
  architecture: Architecture;
  runtime: "stub" | "minimal";
  memoryBase: number;
  simd: boolean;
  /** Virtual files by path relative to root; they win over the disk. */
  extraSources?: ReadonlyMap<string, string>;
  /** Pages of 64 KiB: limits of the linear memory, when they are not asc's choice. */
  initialMemoryPages?: number;
  maximumMemoryPages?: number;
  noAssert?: boolean;
}

export interface AssemblyScriptResult {
  wasm: Uint8Array<ArrayBuffer>;
  sourceMap: string;
  /** Every file that was read, relative to root: what the output depends on. */
  sources: string[];
}

/** Where asc's `abort` ends: the trap that a Wasm `unreachable` is. The backtrace tells the place. */
const PRELUDE = "linker-prelude.ts";
const PRELUDE_TEXT = `// @ts-ignore: decorator
@global @inline function __phi_abort(message: string | null, file: string | null, line: u32, column: u32): void { unreachable(); }
// @ts-ignore: decorator
@global @inline function __phi_seed(): f64 { return unreachable(); }
`;
/** A file's time of change may lag behind the clock by a tick of the host's kernel. */
const CLOCK_GRAIN_MS = 20;

function parameters(options: AssemblyScriptOptions): string[] {
  const list = [
    options.entry,
    PRELUDE,
    "--outFile",
    "out.wasm",
    "--sourceMap",
    "--debug",
    "--optimizeLevel",
    "3",
    "--shrinkLevel",
    "0",
    "--runtime",
    options.runtime,
    "--memoryBase",
    String(options.memoryBase),
    "--use",
    "abort=__phi_abort",
    "--use",
    "seed=__phi_seed",
  ];
  if (options.simd) list.push("--enable", "simd");
  if (options.noAssert) list.push("--noAssert");
  if (options.initialMemoryPages !== undefined) list.push("--initialMemory", String(options.initialMemoryPages));
  if (options.maximumMemoryPages !== undefined) list.push("--maximumMemory", String(options.maximumMemoryPages));
  return list;
}

/** The earlier result for the same entry and options, if no source that it read has changed since. */
function cached(options: AssemblyScriptOptions, base: string): AssemblyScriptResult | null {
  if (!existsSync(`${base}.json`)) return null;
  const record = JSON.parse(readFileSync(`${base}.json`, "utf8")) as { sources: Record<string, string> };
  for (const [path, key] of Object.entries(record.sources)) {
    const full = join(options.root, path);
    if (!existsSync(full) || contentKey(readFileSync(full)) !== key) return null;
  }
  return {
    wasm: new Uint8Array(readFileSync(`${base}.wasm`)),
    sourceMap: readFileSync(`${base}.map`, "utf8"),
    sources: Object.keys(record.sources),
  };
}

/** Compiles one module; unchanged sources are answered from build/cache/. */
export async function compileAssemblyScript(options: AssemblyScriptOptions): Promise<AssemblyScriptResult> {
  if (!existsSync(join(options.root, options.entry)) && !options.extraSources?.has(options.entry)) {
    throw new BuildError(`There is no ${options.entry}: nothing to compile.`);
  }
  const extraSources = { ...Object.fromEntries(options.extraSources ?? []), [PRELUDE]: PRELUDE_TEXT };
  const request = {
    root: options.root,
    architecture: options.architecture,
    architectures: ARCHITECTURES,
    parameters: parameters(options),
    extraSources,
  };
  // a service is the same module on every architecture: only the kernel reads hal/
  const isPortable = options.entry.startsWith("services/");
  const key = contentKey(
    JSON.stringify({ ...request, root: "", architecture: isPortable ? "" : options.architecture }),
    readFileSync(join(options.root, "package-lock.json")),
  );
  const base = join(options.root, "build/cache/assemblyscript", key);
  const known = cached(options, base);
  if (known !== null) return known;

  mkdirSync(dirname(base), { recursive: true });
  const temporary = temporaryName(base);
  const paths = { wasmPath: `${temporary}.wasm`, sourceMapPath: `${temporary}.map` };
  const begun_ms = Date.now() - CLOCK_GRAIN_MS;
  try {
    writeFileSync(temporary, JSON.stringify({ ...request, ...paths }));
    const answer = await askCompiler(temporary, `Compiling ${options.entry}`);
    if (answer.error !== null)
      throw new BuildError(`${options.entry} does not compile: ${answer.error}`, answer.messages);
    const foreign = answer.sources.find((path) => isPortable && path.startsWith("hal/"));
    if (foreign !== undefined)
      throw new BuildError(`${options.entry} reads ${foreign}: services must not depend on an architecture.`);
    const wasm = new Uint8Array(readFileSync(paths.wasmPath));
    const sourceMap = readFileSync(paths.sourceMapPath, "utf8");
    // A source that changed meanwhile may not be what was compiled: kept under its new hash, the output would be wrong for ever.
    const isSettled = answer.sources.every((path) => statSync(join(options.root, path)).mtimeMs < begun_ms);
    if (isSettled) {
      renameSync(paths.wasmPath, `${base}.wasm`);
      renameSync(paths.sourceMapPath, `${base}.map`);
      const sources = Object.fromEntries(
        answer.sources.map((path) => [path, contentKey(readFileSync(join(options.root, path)))]),
      );
      writeAtomically(`${base}.json`, JSON.stringify({ sources }));
    }
    return { wasm, sourceMap, sources: answer.sources };
  } finally {
    for (const path of [temporary, paths.wasmPath, paths.sourceMapPath]) rmSync(path, { force: true });
  }
}
