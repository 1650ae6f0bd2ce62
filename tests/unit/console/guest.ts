// Compiles an AssemblyScript file of guest/ and instantiates it in Node; used by the console's and shell's tests.
import { fileURLToPath } from "node:url";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export type Function = (...values: (number | bigint)[]) => number;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

async function compile(entry: string, memoryPages: number | undefined): Promise<WebAssembly.Module> {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry,
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: 64,
    simd: false,
    ...(memoryPages === undefined ? {} : { initialMemoryPages: memoryPages }),
  });
  return WebAssembly.compile(wasm as BufferSource);
}

/** The exports of a fresh instance of `entry` (relative to the tree's root) as functions. */
export async function guestFunctions(
  entry: string,
  imports: WebAssembly.Imports = {},
  memoryPages?: number,
): Promise<Record<string, Function>> {
  const module = compiled.get(entry) ?? compile(entry, memoryPages);
  compiled.set(entry, module);
  const instance = await WebAssembly.instantiate(await module, imports);
  return instance.exports as unknown as Record<string, Function>;
}
