// Messages between real instances, in every combination of isolation modes: calls that time out or are cancelled wherever they are, priority
// inversion, capabilities and mailboxes that travel, and 1,000 callers whose replies one service has detached.

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

const LIMIT_MS = 300_000;
/** 1,000 instances and what they promise to need. */
const MEMORY = "512M";
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("messages arrive, are refused or end, and nobody is left waiting", { timeout: LIMIT_MS }, async () => {
    const { kernel } = await ensureImage("shell", arch);
    const abi = loadAbi(ROOT, arch);
    const entries: ArchiveEntry[] = [];
    for (const name of ["messages-init", "messages-server", "messages-client"]) {
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
    const archive = join(directory, `messages-${arch}.archive`);
    writeFileSync(archive, writeArchive(abi, entries));
    await using guest = boot({
      arch,
      kernel,
      initrd: archive,
      icount: true,
      memory: MEMORY,
      timeout_ms: LIMIT_MS,
    });
    const status = await guest.exitStatus();
    // The scene and the combination of modes that failed: tests/system/guest/messages-init.ts.
    expect({ scene: (status ?? -4) >> 2, combination: (status ?? 0) & 3, said: guest.output }).toMatchObject({
      scene: 0,
    });
  });
});
