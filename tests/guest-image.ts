// Systems made of a test's own modules, of which the first is init: builds the archive and boots it. Called by the system tests,
// the hostile suite, fault injection (`phi faults` too) and the bench's root task.

import { writeFileSync } from "node:fs";
import { type Architecture, boot, type Guest } from "qemu-test-harness";
import { loadAbi } from "../linker/abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "../linker/archive.ts";
import { compileAssemblyScript } from "../linker/compile/assemblyscript.ts";
import { BuildTree } from "../linker/files.ts";
import { buildKernel, moduleEntry } from "../linker/index.ts";
import { buildModuleFile } from "../linker/module.ts";
import { wholeMode } from "../scripts/phi/artifacts.ts";
import { ROOT } from "../scripts/phi/paths.ts";

export interface TestModule {
  readonly name: string;
  /** Entry file, relative to the tree's root. */
  readonly entry: string;
}

/** One module as an archive entry; `sfi`: trusted in supervisor mode. */
export async function testModule(arch: Architecture, { name, entry }: TestModule, sfi = true): Promise<ArchiveEntry> {
  const { wasm, sourceMap } = await compileAssemblyScript({
    root: ROOT,
    entry,
    architecture: arch,
    runtime: "stub",
    memoryBase: loadAbi(ROOT, arch).number("SERVICE_MEMORY_BASE"),
    simd: false,
  });
  const tree = new BuildTree(ROOT, arch);
  const request = { tree, name, wasm, sourceMap, allowedImports: ["phi"], stackBytes: 65536 };
  return moduleEntry(await buildModuleFile(request), { sfi });
}

/** The modules as archive entries, in their order. */
export async function testModules(arch: Architecture, modules: readonly TestModule[]): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  for (const module of modules) entries.push(await testModule(arch, module));
  return entries;
}

export interface BootModulesOptions {
  readonly timeout_ms: number;
  /** Of a kernel that was built already. */
  readonly kernel?: string;
  readonly memory?: string;
  /** More than one CPU runs without counting instructions. */
  readonly smp?: number;
  readonly machine?: string;
  readonly extraArguments?: readonly string[];
}

/** Writes the archive and boots it; one CPU counts instructions: deterministic, and time is what was executed. */
export async function bootModules(
  arch: Architecture,
  entries: readonly ArchiveEntry[],
  archive: string,
  options: BootModulesOptions,
): Promise<Guest> {
  const kernel = options.kernel ?? (await buildKernel(ROOT, arch)).elf;
  const own = entries.map((entry, index) => (index === 0 && wholeMode() === "hw" ? { ...entry, sfi: false } : entry));
  writeFileSync(archive, writeArchive(loadAbi(ROOT, arch), own));
  return boot({ arch, initrd: archive, icount: options.smp === undefined, ...options, kernel });
}
