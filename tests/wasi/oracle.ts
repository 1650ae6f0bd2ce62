// Runs a WASI command with Node's own implementation (node:wasi), the oracle that ΦOS is compared with. Each run is a child
// process: proc_exit ends it, and its streams are real pipes and files.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Run {
  arguments: readonly string[];
  variables?: Readonly<Record<string, string>>;
  /** Guest name → host path. */
  directories?: Readonly<Record<string, string>>;
  input?: Uint8Array;
}

export interface RunResult {
  status: number;
  output: Buffer;
  error: Buffer;
}

const RUNNER = `
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";
const [path, version, options] = process.argv.slice(2);
const wasi = new WASI({ version, ...JSON.parse(options), returnOnExit: false });
const module = new WebAssembly.Module(readFileSync(path));
const imports = version === "unstable" ? { wasi_unstable: wasi.wasiImport } : wasi.getImportObject();
const instance = await WebAssembly.instantiate(module, imports);
process.exitCode = wasi.start(instance);
`;

/** `scratch` is a directory for the runner and the program. */
export function runWithNode(scratch: string, name: string, wasm: Uint8Array, run: Run): RunResult {
  mkdirSync(scratch, { recursive: true });
  const runner = join(scratch, "runner.mjs");
  const program = join(scratch, `${name}.wasm`);
  writeFileSync(runner, RUNNER);
  writeFileSync(program, wasm);
  const isUnstable = WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>)).some(
    (entry) => entry.module === "wasi_unstable",
  );
  const options = JSON.stringify({ args: run.arguments, env: run.variables ?? {}, preopens: run.directories ?? {} });
  const result = spawnSync(
    process.execPath,
    ["--no-warnings", runner, program, isUnstable ? "unstable" : "preview1", options],
    {
      input: Buffer.from(run.input ?? []),
      maxBuffer: 256 * 1024 * 1024,
      timeout: 500_000,
    },
  );
  if (result.error !== undefined) throw result.error;
  return { status: result.status ?? -1, output: result.stdout, error: result.stderr };
}
