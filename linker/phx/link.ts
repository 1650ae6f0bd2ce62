// Links a module's objects, its thunks and the runtime to an ELF at image offset 0, and takes the .phx from it.
// Called by module.ts. Invariant: the only run-time relocations are image offsets and gates, both inside relro.
import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { type AbiConstants, loadAbi } from "../abi/constants.ts";
import { assemble, assembleFile } from "../compile/clang.ts";
import { ElfFile, type ElfSection } from "../elf.ts";
import { BuildError } from "../error.ts";
import { type BuildTree, temporaryName, writeIfChanged } from "../files.ts";
import { type ThunkPlan, thunkSource } from "../runtime/thunks.ts";
import { checkFrames, MODULE_FRAME_LIMIT } from "../stack.ts";
import { buildSymbols } from "../symbols.ts";
import { LLD, runTool } from "../tools.ts";
import type { PhxImage, PhxRelocation } from "./format.ts";
import { MODULE_SCRIPT } from "./script.ts";

const RELATIVE_RELOCATION: Record<string, number> = { x86_64: 8, riscv64: 3 };

/** Line tables of functions that were dropped get an address that no code has; lld's choice would be the image's start. */
const NO_DEAD_LINES = ["-z", "dead-reloc-in-nonalloc=.debug_line=0xffffffffffffffff"];

export interface LinkRequest {
  tree: BuildTree;
  name: string;
  fileName: string;
  objects: readonly string[];
  plan: ThunkPlan;
  memory: { initialPages: number; maximumPages: number };
  tableBytes: number;
  stackBytes: number;
  slots: 1 | 2;
}

/** memcpy and its kin for one kind of code. */
export async function runtimeObject(tree: BuildTree, kind: "kernel" | "module"): Promise<string> {
  return assembleFile(tree.root, `linker/runtime/${tree.architecture}.S`, {
    architecture: tree.architecture,
    kind,
    includeDirectories: [],
    includeKey: "",
    cacheDirectory: tree.cache,
    definitions: { LINKER_KERNEL: kind === "kernel" ? 1 : 0 },
  });
}

function thunkObject(tree: BuildTree, plan: ThunkPlan, variant: "sfi" | "hw"): Promise<string> {
  return assemble({
    name: `thunks-${variant}`,
    text: thunkSource(loadAbi(tree.root, tree.architecture), plan, variant),
    architecture: tree.architecture,
    kind: "module",
    includeDirectories: [],
    includeKey: "",
    cacheDirectory: tree.cache,
    // branches inside the page are resolved by the assembler
    extraFlags: tree.architecture === "riscv64" ? ["-mno-relax"] : [],
  });
}

function required(elf: ElfFile, name: string): ElfSection {
  const section = elf.section(name);
  if (section === undefined) throw new BuildError(`The linked module has no section ${name}.`);
  return section;
}

/** The hw variant's bytes, padded to the sfi variant's pages; both must agree on every symbol's place. */
function hwThunks(object: string, linked: ElfFile): Uint8Array {
  const elf = new ElfFile(new Uint8Array(readFileSync(object)));
  const section = required(elf, ".thunks");
  const relocated = elf.relocationSections().find((item) => item.info === section.index);
  if (relocated !== undefined)
    throw new BuildError("The hw thunks need relocation: linker/runtime/thunks.ts is wrong.");
  const target = required(linked, ".thunks");
  const places = new Map(linked.symbols().map((symbol) => [symbol.name, symbol.value - target.address]));
  for (const symbol of elf.symbols()) {
    if (symbol.type === 2 && places.get(symbol.name) !== undefined && places.get(symbol.name) !== symbol.value) {
      throw new BuildError(`The thunk ${symbol.name} lies at different places in its two variants.`);
    }
  }
  const bytes = new Uint8Array(target.bytes);
  bytes.set(elf.content(section));
  return bytes;
}

function relocations(abi: AbiConstants, elf: ElfFile, plan: ThunkPlan): PhxRelocation[] {
  const relro = required(elf, ".relro");
  const start = relro.address;
  const end = start + BigInt(relro.bytes);
  const found: PhxRelocation[] = [];
  for (const section of elf.relocationSections()) {
    if (section.name !== ".rela.dyn") continue;
    for (const item of elf.relocations(section)) {
      if (item.type !== RELATIVE_RELOCATION[abi.architecture] || item.offset < start || item.offset + 8n > end) {
        throw new BuildError(
          `The module needs a run-time relocation of type ${item.type} at image offset 0x${item.offset.toString(16)}; only addresses in relro can be relocated.`,
        );
      }
      found.push({ offset: Number(item.offset - start), kind: "image", gate: 0 });
    }
  }
  const table = elf.symbols().find((symbol) => symbol.name === "phx_gate_table");
  if (table === undefined) throw new BuildError("The linked module has no gate table.");
  for (const [index, gate] of plan.table.entries()) {
    found.push({ offset: Number(table.value - start) + index * 8, kind: "gate", gate });
  }
  return found.sort((left, right) => left.offset - right.offset);
}

function entry(elf: ElfFile, name: string): number {
  const symbol = elf.symbols().find((item) => item.name === name && item.section !== 0);
  return symbol === undefined ? 0 : Number(symbol.value);
}

function structBytes(elf: ElfFile): number {
  const at = entry(elf, "phx_struct_size");
  const rodata = required(elf, ".rodata");
  const content = elf.content(rodata);
  return new DataView(content.buffer, content.byteOffset, content.byteLength).getUint32(
    at - Number(rodata.address),
    true,
  );
}

/** Links to build/<arch>/modules/<name>.elf, which stays for symbolisers, and answers the image. */
export async function linkModule(request: LinkRequest): Promise<PhxImage> {
  const { tree, plan } = request;
  const abi = loadAbi(tree.root, tree.architecture);
  const [sfi, hw, runtime] = await Promise.all([
    thunkObject(tree, plan, "sfi"),
    thunkObject(tree, plan, "hw"),
    runtimeObject(tree, "module"),
  ]);
  const script = tree.path("module.ld");
  writeIfChanged(script, MODULE_SCRIPT);
  const elfPath = tree.path("modules", `${request.fileName}.elf`);
  const temporary = temporaryName(elfPath);
  mkdirSync(dirname(elfPath), { recursive: true });
  const roots = ["phx_start", "phx_call", "phx_event", "phx_struct_size", "phx_trampoline"].flatMap((name) => [
    "-u",
    name,
  ]);
  const flags = [
    "-pie",
    "--no-dynamic-linker",
    "--apply-dynamic-relocs",
    "--gc-sections",
    "--no-undefined",
    "--build-id=none",
    "-z",
    "norelro",
    ...NO_DEAD_LINES,
    "-z",
    "max-page-size=4096",
    "--no-relax-gp",
  ];
  try {
    await runTool(
      LLD,
      [...flags, ...roots, "-T", script, "-o", temporary, ...request.objects, sfi, runtime],
      `Linking ${request.name}`,
    );
    const elf = new ElfFile(new Uint8Array(readFileSync(temporary)));
    if ((elf.section(".got")?.bytes ?? 0) > 0)
      throw new BuildError(`The module ${request.name} has a global offset table: a symbol is not hidden.`);
    checkFrames(elf, request.name, MODULE_FRAME_LIMIT);
    const symbols = await buildSymbols(temporary, 0n);
    renameSync(temporary, elfPath);
    return {
      name: request.name,
      text: elf.content(required(elf, ".text")),
      thunksSfi: elf.content(required(elf, ".thunks")),
      thunksHw: hwThunks(hw, elf),
      rodata: elf.content(required(elf, ".rodata")),
      relro: elf.content(required(elf, ".relro")),
      relocations: relocations(abi, elf, plan),
      entries: {
        start: entry(elf, "phx_start"),
        call: entry(elf, "phx_call"),
        event: entry(elf, "phx_event"),
        trampoline: entry(elf, "phx_trampoline"),
      },
      structBytes: structBytes(elf),
      memoryInitialPages: request.memory.initialPages,
      memoryMaximumPages: request.memory.maximumPages,
      tableBytes: request.tableBytes,
      stackBytes: request.stackBytes,
      slots: request.slots,
      symbols,
    };
  } finally {
    rmSync(temporary, { force: true });
  }
}
