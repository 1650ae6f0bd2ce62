// The boot image: kernel module + boot/<arch>/*.S → build/<arch>/phios.elf (and phios.bin where a flat image boots).
// Called by index.ts. Invariant: linked twice with the same addresses: the first link tells the symbol table, the
// second carries it; an undefined symbol, a soft-float helper or an oversized frame fails the build.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type AbiConstants, type Architecture, assemblerSource, loadAbi } from "./abi/constants.ts";
import { compileAssemblyScript } from "./compile/assemblyscript.ts";
import { assemble, assembleFile, compileC } from "./compile/clang.ts";
import { type GeneratedModule, generate } from "./compile/generate.ts";
import { ElfFile } from "./elf.ts";
import { BuildError } from "./error.ts";
import { BuildTree, contentKey, temporaryName, writeIfChanged } from "./files.ts";
import { writeHeaders } from "./headers/write.ts";
import { runtimeObject } from "./phx/link.ts";
import { type Progress, silent } from "./progress.ts";
import { checkFrames } from "./stack.ts";
import { buildSymbols } from "./symbols.ts";
import { LLD, OBJCOPY, runTool } from "./tools.ts";

export interface KernelProduct {
  /** ELF with debug information: what the emulator and gdb load. */
  elf: string;
  /** Flat binary for boot loaders that take one (riscv64). */
  flat?: string;
  /** Deepest single stack frame, in bytes. */
  largestFrame: number;
}

/** An assembler-visible entry of the ELF header; PVH and multiboot2 have their own. */
const ENTRY: Record<Architecture, string> = { x86_64: "entry_pvh", riscv64: "image_head" };

function linkerScript(abi: AbiConstants): string {
  const hexadecimal = (name: string): string => `0x${abi.value(name).toString(16)}`;
  return `/* Emitted by linker/kernel.ts. Early code at its physical address, all else in the high half. */
ENTRY(${ENTRY[abi.architecture]})
KERNEL_OFFSET = ${hexadecimal("KERNEL_BASE")} - ${hexadecimal("KERNEL_PHYSICAL")};
PHDRS {
  boot PT_LOAD FLAGS(5);
  text PT_LOAD FLAGS(5);
  rodata PT_LOAD FLAGS(4);
  data PT_LOAD FLAGS(6);
  memory PT_LOAD FLAGS(6);
  note PT_NOTE FLAGS(4);
}
SECTIONS {
  . = ${hexadecimal("KERNEL_PHYSICAL")};
  image_start = .;
  .head : { KEEP(*(.head)) } :boot
  .multiboot2 : { KEEP(*(.multiboot2)) } :boot
  .note.Xen : { KEEP(*(.note.Xen)) } :boot :note
  .boot : { KEEP(*(.boot .boot.*)) } :boot
  . = ALIGN(4096) + KERNEL_OFFSET;
  kernel_text_start = .;
  .text : AT(ADDR(.text) - KERNEL_OFFSET) { KEEP(*(.text)) *(.text.*) . = ALIGN(4096); } :text
  kernel_text_end = .;
  kernel_rodata_start = .;
  .rodata : AT(ADDR(.rodata) - KERNEL_OFFSET) { KEEP(*(.rodata)) as_domain_table = .; KEEP(*(.rodata.as_domain)) as_domain_table_end = .; KEEP(*(.rodata.user_special)) *(.rodata.* .srodata .srodata.* .data.rel.ro .data.rel.ro.*) } :rodata
  .rodata.zsymbols : AT(ADDR(.rodata.zsymbols) - KERNEL_OFFSET) { KEEP(*(.kernel_symbols)) . = ALIGN(4096); } :rodata
  kernel_rodata_end = .;
  kernel_data_start = .;
  .data : AT(ADDR(.data) - KERNEL_OFFSET) { KEEP(*(.data)) *(.data.* .sdata .sdata.*) . = ALIGN(8); } :data
  kernel_bss_start = .;
  .bss : AT(ADDR(.bss) - KERNEL_OFFSET) { *(.bss .sbss .bss.linker* .bss.* .sbss.*) . = ALIGN(4096); } :data
  kernel_bss_end = .;
  kernel_data_end = .;
  kernel_memory_physical = . - KERNEL_OFFSET;
  image_end = kernel_memory_physical + ${hexadecimal("KERNEL_INITIAL_BYTES")};
  .kernel_memory ${hexadecimal("KERNEL_MEMORY_BASE")} (NOLOAD) : AT(kernel_memory_physical) { . += ${hexadecimal("KERNEL_INITIAL_BYTES")}; } :memory
  /DISCARD/ : { *(.comment .eh_frame .note.GNU-stack .note.gnu.property .riscv.attributes) }
}
`;
}

/** The bytes of all .inc files that boot/<arch>/*.S may include. */
function includeKey(root: string, directory: string, abiText: string): string {
  const files = readdirSync(join(root, directory)).filter((name) => name.endsWith(".inc")).sort();
  return contentKey(abiText, ...files.map((name) => readFileSync(join(root, directory, name))));
}

/** Writes build/<arch>/abi.inc and answers its text. */
export function writeAbiInclude(tree: BuildTree): string {
  const text = assemblerSource(loadAbi(tree.root, tree.architecture));
  writeIfChanged(tree.path("abi.inc"), text);
  return text;
}

async function assembleBoot(tree: BuildTree): Promise<string[]> {
  const directory = `boot/${tree.architecture}`;
  if (!existsSync(join(tree.root, directory))) throw new BuildError(`There is no ${directory}: nothing can boot.`);
  const key = includeKey(tree.root, directory, writeAbiInclude(tree));
  const files = readdirSync(join(tree.root, directory)).filter((name) => name.endsWith(".S")).sort();
  return Promise.all(files.map((name) => assembleFile(tree.root, `${directory}/${name}`, {
    architecture: tree.architecture,
    kind: "kernel",
    includeDirectories: [tree.directory, join(tree.root, directory)],
    includeKey: key,
    cacheDirectory: tree.cache,
  })));
}

/** One object that holds the symbol table between kernel_symbols_start and kernel_symbols_end. */
function symbolsObject(tree: BuildTree, table: Uint8Array): Promise<string> {
  const words: string[] = [];
  for (let at = 0; at < table.length; at += 32) words.push(`.byte ${[...table.subarray(at, at + 32)].join(",")}`);
  const text = `.section .kernel_symbols, "a", @progbits\n.balign 8\n.globl kernel_symbols_start, kernel_symbols_end\nkernel_symbols_start:\n${words.join("\n")}\nkernel_symbols_end:\n`;
  return assemble({ name: "kernel-symbols", text, architecture: tree.architecture, kind: "kernel", includeDirectories: [], includeKey: "", cacheDirectory: tree.cache });
}

function checkSoftFloat(object: string): void {
  const elf = new ElfFile(new Uint8Array(readFileSync(object)));
  const helpers = elf.symbols().filter((symbol) => symbol.section === 0 && /^__(add|sub|mul|div|neg|eq|ne|lt|le|gt|ge|unord|float|fix|extend|trunc)\w*[sdt]f\w*$/.test(symbol.name));
  if (helpers.length > 0) {
    throw new BuildError(`The kernel uses floating point (${helpers.map((symbol) => symbol.name).join(", ")}): kernel code has general registers only.`);
  }
}

async function link(tree: BuildTree, objects: readonly string[], output: string): Promise<void> {
  const script = tree.path("kernel.ld");
  writeIfChanged(script, linkerScript(loadAbi(tree.root, tree.architecture)));
  const flags = ["-static", "--gc-sections", "--no-undefined", "--build-id=none", "-z", "max-page-size=4096", "-z", "noexecstack", "--no-relax-gp"];
  await runTool(LLD, [...flags, "-T", script, "-o", output, ...objects], `Linking the kernel for ${tree.architecture}`);
}

/** The kernel module's C and object, without the boot assembly. */
export async function compileKernelModule(tree: BuildTree, extraSources?: ReadonlyMap<string, string>): Promise<{ object: string; generated: GeneratedModule; wasm: Uint8Array }> {
  const abi = loadAbi(tree.root, tree.architecture);
  const compiled = await compileAssemblyScript({
    root: tree.root,
    entry: "kernel/index.ts",
    architecture: tree.architecture,
    runtime: "stub",
    memoryBase: abi.number("KERNEL_STATIC"),
    simd: false,
    ...(extraSources === undefined ? {} : { extraSources }),
  });
  writeIfChanged(tree.path("kernel.wasm"), compiled.wasm);
  writeIfChanged(tree.path("kernel.wasm.map"), compiled.sourceMap);
  const generated = await generate({ tree, name: "kernel", symbolName: "kernel", flavour: "kernel", wasm: compiled.wasm, sourceMap: compiled.sourceMap });
  if (generated.parts.length !== 1) throw new BuildError("The kernel's C was split: it must stay one translation unit.");
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
  return { object, generated, wasm: compiled.wasm };
}

export async function buildKernel(root: string, architecture: Architecture, progress: Progress = silent): Promise<KernelProduct> {
  const tree = new BuildTree(root, architecture);
  progress(`kernel (${architecture})`);
  const [module, boot, runtime] = await Promise.all([compileKernelModule(tree), assembleBoot(tree), runtimeObject(tree, "kernel")]);
  const objects = [...boot, module.object, runtime];
  const elf = tree.path("phios.elf");
  const flat = tree.path("phios.bin");
  const inputs = contentKey(linkerScript(loadAbi(root, architecture)), ...objects);
  const stamp = tree.path("phios.inputs");
  const hasFlat = architecture === "riscv64";
  mkdirSync(tree.directory, { recursive: true });
  if (!existsSync(elf) || (hasFlat && !existsSync(flat)) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== inputs) {
    rmSync(stamp, { force: true });
    const temporary = temporaryName(elf);
    try {
      await link(tree, [...objects, await symbolsObject(tree, new Uint8Array())], temporary);
      const table = await buildSymbols(temporary, loadAbi(root, architecture).value("KERNEL_BASE"));
      await link(tree, [...objects, await symbolsObject(tree, table)], temporary);
      if (hasFlat) {
        await runTool(OBJCOPY, ["-O", "binary", temporary, `${temporary}.bin`], "Making the flat kernel image");
        renameSync(`${temporary}.bin`, flat);
      }
      renameSync(temporary, elf);
    } finally {
      rmSync(temporary, { force: true });
      rmSync(`${temporary}.bin`, { force: true });
    }
    writeIfChanged(stamp, inputs);
  }
  const largestFrame = checkFrames(new ElfFile(new Uint8Array(readFileSync(elf))), "the kernel", 2048);
  return hasFlat ? { elf, flat, largestFrame } : { elf, largestFrame };
}
