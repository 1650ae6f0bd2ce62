// The shell image with one more service, made from a file of tests/system/guest. Called by tests of services that misbehave.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Guest } from "qemu-test-harness";
import shellImage from "../../images/shell.ts";
import { loadAbi } from "../../linker/abi/constants.ts";
import { readArchive, writeArchive } from "../../linker/archive.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { BuildTree } from "../../linker/files.ts";
import { encodeManifest } from "../../linker/image/encode.ts";
import { defineImage, type Service } from "../../linker/image/schema.ts";
import { moduleEntry } from "../../linker/index.ts";
import { buildModuleFile } from "../../linker/module.ts";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { PROMPT } from "./support.ts";

const GUEST_LIMIT_MS = 90_000;
let made = 0;

export function guestSource(name: string): string {
  return `tests/system/guest/${name}.ts`;
}

/** Boots it; `directory` takes the archive. */
export async function bootWithService(
  arch: Architecture,
  directory: string,
  name: string,
  service: Service,
): Promise<Guest> {
  const image = await ensureImage("shell", arch);
  const abi = loadAbi(ROOT, arch);
  const compiled = await compileAssemblyScript({
    root: ROOT,
    entry: guestSource(name),
    architecture: arch,
    runtime: "stub",
    memoryBase: abi.number("SERVICE_MEMORY_BASE"),
    simd: false,
  });
  const module = await buildModuleFile({
    tree: new BuildTree(ROOT, arch),
    name,
    wasm: compiled.wasm,
    sourceMap: compiled.sourceMap,
    allowedImports: ["phi"],
    stackBytes: 65536,
  });
  const services = { ...shellImage.services, [name]: service };
  const manifest = encodeManifest(defineImage({ ...shellImage, services }));
  const entries = readArchive(abi, readFileSync(image.archive)).map((entry) =>
    entry.kind === "manifest" ? { ...entry, bytes: manifest } : entry,
  );
  const archive = join(directory, `${arch}-${name}-${made++}.archive`);
  writeFileSync(archive, writeArchive(abi, [...entries, moduleEntry(module, { sfi: true })]));
  return startMachine({ kernel: image.kernel, archive }, { arch }, { prompt: PROMPT, timeout_ms: GUEST_LIMIT_MS });
}
