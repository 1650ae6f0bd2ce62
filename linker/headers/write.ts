// Writes the emitted headers under build/<arch>/include/<flavour>/. Called once per build by linker/compile/.
// Invariant: unchanged headers are not rewritten; their text is part of every object's cache key.
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { loadAbi } from "../abi/constants.ts";
import { type BuildTree, contentKey, writeIfChanged } from "../files.ts";
import { ALLOCA_HEADER, ASSERT_HEADER, MATH_HEADER, STDLIB_HEADER, STRING_HEADER } from "./library.ts";
import { machineHeader } from "./machine.ts";
import { EXCEPTIONS_HEADER, runtimeHeader } from "./runtime.ts";

const SIMD_HEADERS = "/usr/include/simde";

function linkOnce(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

export interface HeaderSet {
  directory: string;
  /** Hash over all names and texts. */
  key: string;
}

export function writeHeaders(tree: BuildTree, flavour: "kernel" | "module"): HeaderSet {
  const files: Record<string, string> = {
    "wasm-rt.h": runtimeHeader(flavour),
    "wasm-rt-exceptions.h": EXCEPTIONS_HEADER,
    "math.h": MATH_HEADER,
    "string.h": STRING_HEADER,
    "assert.h": ASSERT_HEADER,
    "alloca.h": ALLOCA_HEADER,
    "stdlib.h": STDLIB_HEADER,
  };
  if (flavour === "kernel") files["machine.h"] = machineHeader(loadAbi(tree.root, tree.architecture));
  const directory = tree.path("include", flavour);
  for (const [name, text] of Object.entries(files)) writeIfChanged(join(directory, name), text);
  // vectors: Debian's libsimde-dev, seen without the rest of the machine's own headers
  if (flavour === "module" && existsSync(SIMD_HEADERS)) linkOnce(SIMD_HEADERS, join(directory, "simde"));
  return { directory, key: contentKey(...Object.entries(files).flat()) };
}
