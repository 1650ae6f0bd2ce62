// Compiles AssemblyScript of services/ for tests in Node and answers the module's bytes. Interfaces are generated first, as the build does.
import { fileURLToPath } from "node:url";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { generateInterfaces } from "../../../linker/interface/generate.ts";

/** Wasm pages up to 0x9100_0000: the memory reaches over the window, which is ordinary memory here. */
const WINDOW_PAGES = 0x9100;

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const compiled = new Map<string, Promise<WebAssembly.Module>>();

async function build(entry: string, extraSources: ReadonlyMap<string, string>): Promise<WebAssembly.Module> {
  generateInterfaces(ROOT);
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry,
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: 64,
    simd: false,
    extraSources,
    initialMemoryPages: WINDOW_PAGES,
  });
  return WebAssembly.compile(new Uint8Array(wasm));
}

/** The compiled module of an entry file relative to the tree's root; each is compiled once. */
export function guestModule(
  entry: string,
  extraSources: ReadonlyMap<string, string> = new Map(),
): Promise<WebAssembly.Module> {
  const module = compiled.get(entry) ?? build(entry, extraSources);
  compiled.set(entry, module);
  return module;
}
