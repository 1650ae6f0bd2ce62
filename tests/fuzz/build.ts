// Builds the fuzzer: the kernel's C as in the image but for its hal and its bases, instrumented; the driver with the model;
// the emitted glue; libFuzzer. Called by `phi fuzz` and tests/system/fuzz.test.ts. Only on x86_64 Linux.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { loadAbi } from "../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { compileC } from "../../linker/compile/clang.ts";
import { type GeneratedModule, generate } from "../../linker/compile/generate.ts";
import { BuildTree, contentKey, temporaryName, writeIfChanged } from "../../linker/files.ts";
import { INLINE_MACHINE_FUNCTIONS } from "../../linker/headers/machine.ts";
import { type HeaderSet, writeHeaders } from "../../linker/headers/write.ts";
import { CLANG, runTool } from "../../linker/tools.ts";
import { fakeArchive } from "../unit/kernel/archive.ts";
import { fuzzMachineHeader, glue } from "./glue.ts";

const ARCHITECTURE = "x86_64";
/** Counters on edges only: comparisons of handles and addresses would tell libFuzzer nothing, and cost half of the time. */
const COVERAGE = ["-fsanitize-coverage=inline-8bit-counters,pc-table", "-gline-tables-only"];
const DRIVER_PAGES = 16;

/** One text of the kernel's sources changed before it is compiled: a bug that the fuzzer must find. */
export interface Seed {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The kernel's headers with the fuzzer's machine.h. */
function headers(tree: BuildTree, root: string): HeaderSet {
  const base = writeHeaders(tree, "kernel");
  const directory = tree.path("include", "fuzz");
  const machine = fuzzMachineHeader(loadAbi(root, ARCHITECTURE));
  for (const name of readdirSync(base.directory)) {
    writeIfChanged(join(directory, name), name === "machine.h" ? machine : readFileSync(join(base.directory, name)));
  }
  return { directory, key: contentKey(base.key, machine) };
}

function compileParts(
  tree: BuildTree,
  name: string,
  generated: GeneratedModule,
  set: HeaderSet,
  extra: string,
  flags: readonly string[],
): Promise<string>[] {
  return generated.parts.map((text, index) =>
    compileC({
      name: `${name}-${index}`,
      text: index === 0 ? `${text}${extra}` : text,
      architecture: ARCHITECTURE,
      kind: "host",
      extraFlags: flags,
      headers: set,
      includeDirectory: generated.directory,
      includeKey: generated.includeKey,
      cacheDirectory: tree.cache,
    }),
  );
}

/** asc's grammar has no types among imports. */
function forAsc(text: string): string {
  return text.replaceAll(/^(import|export) (type )?\{[^}]*\}/gm, (list) => list.replaceAll(/\btype /g, ""));
}

/** The unit tests' hal, its questions to the test turned into questions to the machine; model/bits.ts as asc wants it. */
function extraSources(root: string, seed?: Seed): Map<string, string> {
  const hal = join(root, "tests/unit/kernel/hal");
  const sources = new Map(
    readdirSync(hal).map((name) => [
      `hal/${name}`,
      readFileSync(join(hal, name), "utf8").replaceAll('@external("mock"', '@external("machine"'),
    ]),
  );
  for (const name of readdirSync(join(root, "tests/fuzz/model")))
    sources.set(`tests/fuzz/model/${name}`, forAsc(readFileSync(join(root, "tests/fuzz/model", name), "utf8")));
  sources.set("tests/fuzz/model/bits.ts", readFileSync(join(root, "tests/fuzz/guest/bits.ts"), "utf8"));
  if (seed !== undefined) {
    const text = readFileSync(join(root, seed.file), "utf8");
    if (!text.includes(seed.from)) throw new Error(`${seed.file} no longer has what ${seed.name} changes.`);
    sources.set(seed.file, text.replace(seed.from, seed.to));
  }
  return sources;
}

/** Builds build/x86_64/host/fuzz-… and answers its path. */
export async function buildFuzzer(root: string, seed?: Seed): Promise<string> {
  const tree = new BuildTree(root, ARCHITECTURE);
  const abi = loadAbi(root, ARCHITECTURE);
  const common = {
    root,
    architecture: ARCHITECTURE,
    runtime: "stub",
    simd: false,
    extraSources: extraSources(root, seed),
  } as const;
  const label = seed === undefined ? "fuzz" : `fuzz-${seed.name}`;
  const kernel = await compileAssemblyScript({
    ...common,
    entry: "tests/fuzz/guest/kernel.ts",
    memoryBase: abi.number("KERNEL_STATIC"),
  });
  const driver = await compileAssemblyScript({
    ...common,
    entry: "tests/fuzz/guest/driver.ts",
    memoryBase: 64,
    initialMemoryPages: DRIVER_PAGES,
    maximumMemoryPages: 4096,
  });
  const kernelC = await generate({
    tree,
    name: `${label}-kernel`,
    symbolName: "kernel",
    flavour: "kernel",
    wasm: kernel.wasm,
    sourceMap: kernel.sourceMap,
  });
  const driverC = await generate({
    tree,
    name: `${label}-driver`,
    symbolName: "driver",
    flavour: "module",
    wasm: driver.wasm,
    sourceMap: driver.sourceMap,
  });
  const state =
    "\nchar* const fuzz_kernel_state = (char*)&linker_instance;\nconst unsigned fuzz_kernel_bytes = sizeof(w2c_kernel);\n";
  const visible = (text: string): string => `\n#pragma GCC visibility push(default)${text}#pragma GCC visibility pop\n`;
  const objects = await Promise.all([
    ...compileParts(tree, `${label}-kernel`, kernelC, headers(tree, root), visible(state), COVERAGE),
    ...compileParts(tree, `${label}-driver`, driverC, writeHeaders(tree, "module"), "", ["-gline-tables-only"]),
  ]);
  const archive = fakeArchive(abi);
  const view = new DataView(archive.buffer);
  const entry = (i: number, field: string): bigint =>
    view.getBigUint64(
      abi.number("ARCHIVE_ENTRIES_AT") + i * abi.number("ARCHIVE_ENTRY_SIZE") + abi.number(field),
      true,
    );
  const text = glue({
    abi,
    archive,
    modules: [0, 1, 2].map((i) => [entry(i, "ENTRY_OFFSET_AT"), entry(i, "ENTRY_LENGTH_AT")] as const),
    imports: kernelC.interface.imports.filter((item) => !INLINE_MACHINE_FUNCTIONS.includes(item.name)),
  });
  const key = contentKey(text, ...objects).slice(0, 12);
  const output = tree.path("host", `${label}-${key}`);
  if (existsSync(output)) return output;
  mkdirSync(tree.path("host"), { recursive: true });
  const source = join(kernelC.directory, "glue.c");
  writeIfChanged(source, text);
  const temporary = temporaryName(output);
  await runTool(
    CLANG,
    [
      "-O1",
      "-w",
      "-gline-tables-only",
      "-fsanitize=fuzzer",
      "-fno-sanitize-coverage=trace-cmp,inline-8bit-counters,pc-table,trace-pc-guard,indirect-calls",
      source,
      ...objects,
      "-o",
      temporary,
    ],
    "Linking the fuzzer",
  );
  renameSync(temporary, output);
  return output;
}
