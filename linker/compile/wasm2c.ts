// WebAssembly to C: runs npm wabt's wasm2c in a process of its own. Called by compile/module.ts.
// Invariant: the generated files of a module lie in a directory of their own, complete or absent.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CODE, sectionsOf } from "../debug/rewrite.ts";
import { BuildError } from "../error.ts";
import { runTool } from "../tools.ts";

export interface GeneratedC {
  /** The public header: struct, imports, exports. */
  header: string;
  /** Shared preamble when the code is split, else "". */
  implementationHeader: string;
  /** Function bodies: one text, or several to compile in parallel. */
  parts: string[];
}

/** Above this size of Wasm the C is split, so that both processors compile. */
const SPLIT_ABOVE_BYTES = 300_000;
/** Code that a part has of a large module: the compiler's memory grows with the part, and a part is a step that can be told. */
const PART_BYTES = 1_000_000;

const WORKER = fileURLToPath(new URL("wasm2c-worker.mjs", import.meta.url));
/** KiB of native stack: the worker recurses as deeply as blocks nest. Below the usual limit of 8 MiB. */
const STACK_KIB = 7000;

/** wasm2c has these off by default, and some cost code in modules that do not use them. */
const FEATURE_FLAGS: ReadonlyMap<string, string> = new Map([
  ["exceptions", "--enable-exceptions"],
  ["tail-call", "--enable-tail-call"],
  ["extended-const", "--enable-extended-const"],
]);

/** wasm2c validates what it reads: its first message, "in.wasm:0000018: error: text", is the module's fault. */
function readable(error: BuildError, label: string): BuildError {
  const plain = error.details.replaceAll(/\u001b\[[0-9;]*m/g, "");
  const fault = /([0-9a-f]{7,}): error: (.*)/.exec(plain);
  if (fault === null) return error;
  return new BuildError(
    `${label} cannot be built: the module is not valid: ${fault[2]} (offset 0x${Number.parseInt(fault[1] as string, 16).toString(16)})`,
  );
}

/** How many texts a module's C is split into. Data and debug information cost the compiler little: its code counts. */
export function partsOf(wasm: Uint8Array): number {
  if (wasm.length <= SPLIT_ABOVE_BYTES) return 1;
  const code = sectionsOf(wasm).find((section) => section.id === CODE)?.content.length ?? 0;
  return Math.max(2, Math.ceil(code / PART_BYTES));
}

/** Translates one module; `label` names it in messages. `name` becomes part of every symbol: w2c_<name>_<export>. */
export async function translate(
  wasm: Uint8Array,
  name: string,
  label: string,
  scratchDirectory: string,
  features: readonly string[],
  outputs = partsOf(wasm),
): Promise<GeneratedC> {
  mkdirSync(scratchDirectory, { recursive: true });
  const directory = mkdtempSync(join(scratchDirectory, "wasm2c-"));
  try {
    writeFileSync(join(directory, "in.wasm"), wasm);
    const featureFlags = features.map((feature) => FEATURE_FLAGS.get(feature)).filter((flag) => flag !== undefined);
    const flags = [
      `--stack-size=${STACK_KIB}`,
      WORKER,
      "in.wasm",
      "-n",
      name,
      ...featureFlags,
      ...(outputs > 1 ? [`--num-outputs=${outputs}`] : []),
      "-o",
      "out.c",
    ];
    await runTool(process.execPath, flags, `Translating ${label} to C`, directory).catch((error: unknown) => {
      throw error instanceof BuildError ? readable(error, label) : error;
    });
    const read = (file: string): string => readFileSync(join(directory, file), "utf8");
    if (!existsSync(join(directory, "out.h"))) throw new BuildError(`wasm2c wrote no header for ${name}.`);
    const files = readdirSync(directory)
      .filter((file) => file.endsWith(".c"))
      .sort();
    return {
      header: read("out.h"),
      implementationHeader: outputs > 1 ? read("out-impl.h") : "",
      parts: files.map(read),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
