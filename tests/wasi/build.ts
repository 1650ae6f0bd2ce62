// Compiles the AssemblyScript programs beside this file into WASI commands. The build's cache makes a second call cheap.
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { ROOT } from "../unit/wasi-service/companion.ts";

export const PROGRAMS = [
  "launch",
  "paths",
  "errnos",
  "time",
  "unstable",
  "memory",
  "hostile",
  "cost",
  "files",
  "handed",
  "steady",
] as const;
export type ProgramName = (typeof PROGRAMS)[number];

export async function buildProgram(name: ProgramName): Promise<Uint8Array> {
  const result = await compileAssemblyScript({
    root: ROOT,
    entry: `tests/wasi/programs/${name}.ts`,
    architecture: "x86_64",
    runtime: "minimal",
    memoryBase: 1024,
    simd: false,
  });
  return result.wasm;
}
