// Figures of the bench's own system, in which nothing runs but what is measured: tests/bench/guest/root.ts is its first domain.
// Lines `bench NAME VALUE instructions` on the serial line, under -icount: the same in every run.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, boot } from "qemu-test-harness";
import { loadAbi } from "../../linker/abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "../../linker/archive.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { BuildTree } from "../../linker/files.ts";
import { buildKernel, moduleEntry } from "../../linker/index.ts";
import { buildModuleFile } from "../../linker/module.ts";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD, ROOT } from "../../scripts/phi/paths.ts";

const LIMIT_MS = 240_000;
const STACK_BYTES = 65_536;

async function moduleOf(arch: Architecture, name: string): Promise<ArchiveEntry> {
  const { wasm, sourceMap } = await compileAssemblyScript({
    root: ROOT,
    entry: `tests/bench/guest/${name}.ts`,
    architecture: arch,
    runtime: "stub",
    memoryBase: loadAbi(ROOT, arch).number("SERVICE_MEMORY_BASE"),
    simd: false,
  });
  const tree = new BuildTree(ROOT, arch);
  const request = { tree, name: `bench-${name}`, wasm, sourceMap, allowedImports: ["phi"], stackBytes: STACK_BYTES };
  return moduleEntry(await buildModuleFile(request), { sfi: true });
}

/** Boots it and returns what it printed. */
export async function rootTaskOutput(arch: Architecture): Promise<string> {
  const kernel = (await buildKernel(ROOT, arch)).elf;
  mkdirSync(join(BUILD, "bench"), { recursive: true });
  const archive = join(BUILD, "bench", `${arch}-root.archive`);
  writeFileSync(
    archive,
    writeArchive(loadAbi(ROOT, arch), [await moduleOf(arch, "root"), await moduleOf(arch, "worker")]),
  );
  await using guest = boot({ arch, kernel, initrd: archive, icount: true, timeout_ms: LIMIT_MS });
  const status = await guest.exitStatus();
  if (status !== 0)
    throw new CliFailure(`the bench's root task ended with ${status} on ${arch}`, guest.output.slice(-2000));
  return guest.output;
}
