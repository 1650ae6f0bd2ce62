// The boot image: kernel module + boot/<arch>/*.S → build/<arch>/phios.elf (and phios.bin where a flat image boots).
// Called by index.ts. Invariant: linked twice with the same addresses: the first link tells the symbol table, the
// second carries it; an undefined symbol, a soft-float helper or an oversized frame fails the build.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, assemblerSource, loadAbi } from "./abi/constants.ts";
import { type AssemblyScriptResult, compileAssemblyScript } from "./compile/assemblyscript.ts";
import { assemble, assembleFile, compileC } from "./compile/clang.ts";
import { generate } from "./compile/generate.ts";
import { ElfFile } from "./elf.ts";
import { BuildError } from "./error.ts";
import { BuildTree, contentKey, temporaryName, writeAtomically, writeIfChanged } from "./files.ts";
import { writeHeaders } from "./headers/write.ts";
import { kernelScript } from "./kernel-script.ts";
import { runtimeObject } from "./phx/link.ts";
import { type Progress, silent } from "./progress.ts";
import { checkFrames } from "./stack.ts";
import { buildSymbols } from "./symbols.ts";
import { toolchainKey } from "./toolchain.ts";
import { LLD, OBJCOPY, runTool } from "./tools.ts";

export interface KernelProduct {
  /** ELF with debug information: what the emulator and gdb load. */
  elf: string;
  /** Flat binary for boot loaders that take one (riscv64). */
  flat?: string;
}

/** The kernel's stacks are small: no function may take more than this. */
const KERNEL_FRAME_LIMIT = 2048;

/** The bytes of all .inc files that boot/<arch>/*.S may include. */
function includeKey(root: string, directory: string, abiText: string): string {
  const files = readdirSync(join(root, directory))
    .filter((name) => name.endsWith(".inc"))
    .sort();
  return contentKey(abiText, ...files.map((name) => readFileSync(join(root, directory, name))));
}

/** Writes build/<arch>/abi.inc and answers its text. */
export function writeAbiInclude(tree: BuildTree): string {
  const text = assemblerSource(loadAbi(tree.root, tree.architecture));
  writeIfChanged(tree.path("abi.inc"), text);
  return text;
}

async function bootObjects(tree: BuildTree): Promise<Promise<string>[]> {
  const directory = `boot/${tree.architecture}`;
  const key = includeKey(tree.root, directory, writeAbiInclude(tree));
  const files = readdirSync(join(tree.root, directory))
    .filter((name) => name.endsWith(".S"))
    .sort();
  return files.map((name) =>
    assembleFile(tree.root, `${directory}/${name}`, {
      architecture: tree.architecture,
      kind: "kernel",
      includeDirectories: [tree.directory, join(tree.root, directory)],
      includeKey: key,
      cacheDirectory: tree.cache,
    }),
  );
}

/** One object that holds the symbol table between kernel_symbols_start and kernel_symbols_end. */
function symbolsObject(tree: BuildTree, table: Uint8Array): Promise<string> {
  const words: string[] = [];
  for (let at = 0; at < table.length; at += 32) words.push(`.byte ${[...table.subarray(at, at + 32)].join(",")}`);
  const text = `.section .kernel_symbols, "a", @progbits\n.balign 8\n.globl kernel_symbols_start, kernel_symbols_end\nkernel_symbols_start:\n${words.join("\n")}\nkernel_symbols_end:\n`;
  return assemble({
    name: "kernel-symbols",
    text,
    architecture: tree.architecture,
    kind: "kernel",
    includeDirectories: [],
    includeKey: "",
    cacheDirectory: tree.cache,
  });
}

function checkSoftFloat(object: string): void {
  const elf = new ElfFile(new Uint8Array(readFileSync(object)));
  const helpers = elf
    .symbols()
    .filter(
      (symbol) =>
        symbol.section === 0 &&
        /^__(add|sub|mul|div|neg|eq|ne|lt|le|gt|ge|unord|float|fix|extend|trunc)\w*[sdt]f\w*$/.test(symbol.name),
    );
  if (helpers.length > 0) {
    throw new BuildError(
      `The kernel uses floating point (${helpers.map((symbol) => symbol.name).join(", ")}): kernel code has general registers only.`,
    );
  }
}

async function link(tree: BuildTree, objects: readonly string[], output: string): Promise<void> {
  const script = tree.path("kernel.ld");
  writeIfChanged(script, kernelScript(loadAbi(tree.root, tree.architecture)));
  const flags = [
    "-static",
    "--gc-sections",
    "--no-undefined",
    "--build-id=none",
    "-z",
    "max-page-size=4096",
    "-z",
    "noexecstack",
    "--no-relax-gp",
  ];
  await runTool(LLD, [...flags, "-T", script, "-o", output, ...objects], `Linking the kernel for ${tree.architecture}`);
}

/** kernel/index.ts as WebAssembly, also kept as build/<arch>/kernel.wasm. */
export async function compileKernelSource(
  tree: BuildTree,
  extraSources?: ReadonlyMap<string, string>,
): Promise<AssemblyScriptResult> {
  const compiled = await compileAssemblyScript({
    root: tree.root,
    entry: "kernel/index.ts",
    architecture: tree.architecture,
    runtime: "stub",
    memoryBase: loadAbi(tree.root, tree.architecture).number("KERNEL_STATIC"),
    simd: false,
    ...(extraSources === undefined ? {} : { extraSources }),
  });
  writeIfChanged(tree.path("kernel.wasm"), compiled.wasm);
  writeIfChanged(tree.path("kernel.wasm.map"), compiled.sourceMap);
  return compiled;
}

async function kernelObject(tree: BuildTree, compiled: AssemblyScriptResult): Promise<string> {
  const generated = await generate({
    tree,
    name: "kernel",
    symbolName: "kernel",
    flavour: "kernel",
    wasm: compiled.wasm,
    sourceMap: compiled.sourceMap,
  });
  if (generated.parts.length !== 1)
    throw new BuildError("The kernel's C was split: it must stay one translation unit.");
  const object = await compileC({
    name: "kernel",
    text: generated.parts[0] as string,
    architecture: tree.architecture,
    kind: "kernel",
    headers: writeHeaders(tree, "kernel"),
    includeDirectory: generated.directory,
    includeKey: generated.includeKey,
    cacheDirectory: tree.cache,
  });
  checkSoftFloat(object);
  return object;
}

/** Links twice: the first link tells the symbol table that the second one carries. */
async function linkImage(
  tree: BuildTree,
  objects: readonly string[],
  product: { elf: string; flat?: string },
): Promise<void> {
  const temporary = temporaryName(product.elf);
  try {
    await link(tree, [...objects, await symbolsObject(tree, new Uint8Array())], temporary);
    const table = await buildSymbols(temporary, loadAbi(tree.root, tree.architecture).value("KERNEL_BASE"));
    await link(tree, [...objects, await symbolsObject(tree, table)], temporary);
    checkFrames(new ElfFile(new Uint8Array(readFileSync(temporary))), "the kernel", KERNEL_FRAME_LIMIT);
    if (product.flat !== undefined) {
      await runTool(OBJCOPY, ["-O", "binary", temporary, `${temporary}.bin`], "Making the flat kernel image");
      renameSync(`${temporary}.bin`, product.flat);
    }
    renameSync(temporary, product.elf);
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.bin`, { force: true });
  }
}

export async function buildKernel(
  root: string,
  architecture: Architecture,
  progress: Progress = silent,
): Promise<KernelProduct> {
  const tree = new BuildTree(root, architecture);
  mkdirSync(tree.directory, { recursive: true });
  const compiled = await compileKernelSource(tree);
  const product: KernelProduct = {
    elf: tree.path("phios.elf"),
    ...(architecture === "riscv64" ? { flat: tree.path("phios.bin") } : {}),
  };
  const stamp = tree.path("phios.inputs");
  const boot = join(root, "boot", architecture);
  if (!existsSync(boot)) throw new BuildError(`There is no boot/${architecture}: nothing can boot.`);
  const bootFiles = readdirSync(boot)
    .sort()
    .map((name) => readFileSync(join(boot, name)));
  const inputs = contentKey(await toolchainKey(root, architecture), compiled.wasm, compiled.sourceMap, ...bootFiles);
  const files = [stamp, ...Object.values(product)];
  if (files.some((path) => !existsSync(path)) || readFileSync(stamp, "utf8") !== inputs) {
    progress(`kernel (${architecture})`);
    rmSync(stamp, { force: true });
    const [module, runtime, ...assembled] = await Promise.all([
      kernelObject(tree, compiled),
      runtimeObject(tree, "kernel"),
      ...(await bootObjects(tree)),
    ]);
    await linkImage(tree, [...assembled, module, runtime], product);
    writeAtomically(stamp, inputs);
  }
  return product;
}
