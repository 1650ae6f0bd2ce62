// The build as a library: kernel, services, third-party programs and whole images. Called by the `phi` command-line tool
// and by tests. Invariant: every product under build/<arch>/ is complete, and is not made again while its inputs are
// the same.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Architecture, loadAbi } from "./abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "./archive.ts";
import { compileAssemblyScript } from "./compile/assemblyscript.ts";
import { BuildError } from "./error.ts";
import { BuildTree, contentKey, writeIfChanged } from "./files.ts";
import { encodeManifest, modulesOf } from "./image/encode.ts";
import { nameInMode, type WholeMode, withIsolation } from "./image/isolation.ts";
import type { Image } from "./image/schema.ts";
import { generateInterfaces } from "./interface/generate.ts";
import { buildKernel, type KernelProduct } from "./kernel.ts";
import { buildModuleFile, type ModuleProduct } from "./module.ts";
import { loadPersonality } from "./personality.ts";
import { type Progress, silent } from "./progress.ts";

export type { Architecture } from "./abi/constants.ts";
export { ARCHITECTURES } from "./abi/constants.ts";
export type { ArchiveEntry } from "./archive.ts";
export { BuildError } from "./error.ts";
export type { KernelProduct } from "./kernel.ts";
export { buildKernel } from "./kernel.ts";
export type { ModuleProduct } from "./module.ts";
export type { Progress } from "./progress.ts";

/** Native stack limits: mapped as they are touched. */
const SERVICE_STACK_BYTES = 256 * 1024;
const PROGRAM_STACK_BYTES = 8 * 1024 * 1024;

export interface ProgramOptions {
  architecture: Architecture;
  /** Folder in services/ whose personality.ts provides the foreign imports. */
  personality?: string;
  /** Name in the archive; default: the file's name without its extension. */
  name?: string;
}

/** Compiles services/<name>/index.ts to build/<arch>/modules/<name>.phx. */
export async function buildService(
  root: string,
  name: string,
  architecture: Architecture,
  progress: Progress = silent,
): Promise<ModuleProduct> {
  const tree = new BuildTree(root, architecture);
  const abi = loadAbi(root, architecture);
  generateInterfaces(root);
  const compiled = await compileAssemblyScript({
    root,
    entry: `services/${name}/index.ts`,
    architecture,
    runtime: "minimal",
    memoryBase: abi.number("SERVICE_MEMORY_BASE"),
    simd: true,
  });
  return buildModuleFile({
    tree,
    name,
    wasm: compiled.wasm,
    sourceMap: compiled.sourceMap,
    allowedImports: ["phi"],
    stackBytes: SERVICE_STACK_BYTES,
    progress,
  });
}

/** Compiles a third-party module to build/<arch>/modules/<name>-<hash>.phx. It may import what its personality provides, and no gates. */
export async function buildModule(
  root: string,
  wasmPath: string,
  options: ProgramOptions,
  progress: Progress = silent,
): Promise<ModuleProduct> {
  const tree = new BuildTree(root, options.architecture);
  const personality = options.personality === undefined ? undefined : await loadPersonality(root, options.personality);
  let wasm: Uint8Array;
  try {
    wasm = new Uint8Array(readFileSync(wasmPath));
  } catch (error) {
    throw new BuildError(`${wasmPath} cannot be read: ${(error as Error).message}.`);
  }
  const name =
    options.name ??
    basename(wasmPath)
      .replace(/\.wasm$/, "")
      .replaceAll(/[^A-Za-z0-9_.-]/g, "_")
      .slice(0, 40);
  return buildModuleFile({
    tree,
    name,
    wasm,
    fileName: `${name}-${contentKey(wasm).slice(0, 12)}`,
    allowedImports: personality?.modules ?? [],
    ...(personality === undefined ? {} : { personality: personality.target }),
    stackBytes: PROGRAM_STACK_BYTES,
    progress,
  });
}

export interface ImageOptions {
  architecture: Architecture;
  /** Entries after the image's own: programs, directories, parameters. */
  entries?: readonly ArchiveEntry[];
  /** Where the archive goes; default build/<arch>/images/<name>.archive, <name>-<isolation>.archive. */
  archivePath?: string;
  /** Everything in this mode, whatever the image says. */
  isolation?: WholeMode | undefined;
}

export interface ImageProduct {
  kernel: KernelProduct;
  archive: string;
  modules: ModuleProduct[];
}

/** The archive entry of a built module. */
export function moduleEntry(product: ModuleProduct, options: { sfi: boolean; name?: string }): ArchiveEntry {
  return {
    name: options.name ?? product.name,
    kind: "module",
    bytes: new Uint8Array(readFileSync(product.path)),
    sfi: options.sfi,
  };
}

/** The typed image images/<name>.ts. */
export async function loadImage(root: string, name: string): Promise<Image> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new BuildError(`${JSON.stringify(name)} is no image name.`);
  const path = join(root, "images", `${name}.ts`);
  try {
    readFileSync(path);
  } catch {
    throw new BuildError(`There is no image ${name}: images/${name}.ts does not exist.`);
  }
  return ((await import(path)) as { default: Image }).default;
}

/** Builds the kernel, every module of the image and its boot archive. */
export async function buildImage(
  root: string,
  name: string,
  options: ImageOptions,
  progress: Progress = silent,
): Promise<ImageProduct> {
  const { architecture, isolation } = options;
  const tree = new BuildTree(root, architecture);
  const image = withIsolation(await loadImage(root, name), isolation);
  const wanted = modulesOf(image);
  const [kernel, ...modules] = await Promise.all([
    buildKernel(root, architecture, progress),
    ...wanted.map((item) => buildService(root, item.module, architecture, progress)),
  ]);
  progress(`image ${name} (${architecture})`);
  const entries: ArchiveEntry[] = modules.map((product, index) =>
    moduleEntry(product, { sfi: wanted[index]?.trusted === true }),
  );
  entries.push({ name: "manifest", kind: "manifest", bytes: encodeManifest(image) }, ...(options.entries ?? []));
  const archive = options.archivePath ?? tree.path("images", `${nameInMode(name, isolation)}.archive`);
  writeIfChanged(archive, writeArchive(loadAbi(root, architecture), entries));
  return { kernel, archive, modules };
}
