// Four CPUs: instances run at the same time, call each other across CPUs, wake each other, lose pages and their lives while
// another CPU runs them. The guest (tests/system/guest/smp-init.ts) judges; its exit status is the number of what failed.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import { loadAbi } from "../../linker/abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "../../linker/archive.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { BuildTree } from "../../linker/files.ts";
import { buildModuleFile } from "../../linker/module.ts";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("four CPUs run, call, wake, revoke and kill without losing anything", { timeout: LIMIT_MS }, async () => {
    const { kernel } = await ensureImage("shell", arch);
    const abi = loadAbi(ROOT, arch);
    const entries: ArchiveEntry[] = [];
    for (const name of ["smp-init", "smp-worker", "smp-server"]) {
      const { wasm } = await compileAssemblyScript({
        root: ROOT,
        entry: `tests/system/guest/${name}.ts`,
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
    const archive = join(directory, `smp-${arch}.archive`);
    writeFileSync(archive, writeArchive(abi, entries));
    await using guest = boot({ arch, kernel, initrd: archive, smp: 4, timeout_ms: LIMIT_MS });
    expect(await guest.exitStatus(LIMIT_MS)).toBe(0);
  });
});
