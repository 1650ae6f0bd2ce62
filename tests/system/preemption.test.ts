// Interrupts at every place of the gates: a server and two clients of equal priority, in every combination of isolation
// modes, under a timer that drifts over their calls. Registers, floating-point state, arguments and reply words survive.

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
  test("interrupted calls between any two modes answer as if nothing had happened", { timeout: LIMIT_MS }, async () => {
    const { kernel } = await ensureImage("shell", arch);
    const abi = loadAbi(ROOT, arch);
    const entries: ArchiveEntry[] = [];
    for (const name of ["preemption-init", "preemption-server", "preemption-worker"]) {
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
    const archive = join(directory, `preemption-${arch}.archive`);
    writeFileSync(archive, writeArchive(abi, entries));
    // Deterministic: the same interrupts at the same instructions in every run.
    await using guest = boot({ arch, kernel, initrd: archive, icount: true, timeout_ms: LIMIT_MS });
    expect(await guest.exitStatus()).toBe(0);
  });
});
