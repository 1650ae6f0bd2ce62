// Builds an archive of test modules in which the first is init, for fault injection and for the hostile suite, and boots it.
// Called by `phi faults` and tests/system/.

import { readFileSync, writeFileSync } from "node:fs";
import { type Architecture, boot, type Guest } from "qemu-test-harness";
import { loadAbi } from "../../linker/abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "../../linker/archive.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { BuildTree } from "../../linker/files.ts";
import { buildKernel } from "../../linker/kernel.ts";
import { buildModuleFile } from "../../linker/module.ts";
import { ROOT } from "../../scripts/phi/paths.ts";

export interface TestModule {
  readonly name: string;
  /** Entry file, relative to the tree's root. */
  readonly entry: string;
}

/** The modules as archive entries, all of them trusted in supervisor mode. */
export async function testModules(arch: Architecture, modules: readonly TestModule[]): Promise<ArchiveEntry[]> {
  const abi = loadAbi(ROOT, arch);
  const entries: ArchiveEntry[] = [];
  for (const { name, entry } of modules) {
    const { wasm } = await compileAssemblyScript({
      root: ROOT,
      entry,
      architecture: arch,
      runtime: "stub",
      memoryBase: abi.number("SERVICE_MEMORY_BASE"),
      simd: false,
    });
    const { path } = await buildModuleFile({
      tree: new BuildTree(ROOT, arch),
      name,
      wasm,
      allowedImports: ["phi"],
      stackBytes: 65536,
    });
    entries.push({ name, kind: "module", bytes: new Uint8Array(readFileSync(path)), sfi: true });
  }
  return entries;
}

/** Boots the archive under instruction counting: deterministic, and time is what was executed. */
export async function bootModules(
  arch: Architecture,
  entries: readonly ArchiveEntry[],
  archive: string,
  timeout_ms: number,
): Promise<Guest> {
  const kernel = (await buildKernel(ROOT, arch)).elf;
  writeFileSync(archive, writeArchive(loadAbi(ROOT, arch), entries));
  return boot({ arch, kernel, initrd: archive, icount: true, timeout_ms });
}
