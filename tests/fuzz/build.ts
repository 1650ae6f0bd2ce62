// Builds the fuzzer: the kernel's C as in the image but for its hal and its bases, instrumented; the driver with the model;
// the emitted glue; libFuzzer. Called by `phi fuzz` and tests/system/fuzz.test.ts. Only on x86_64 Linux.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAbi } from "../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { generate } from "../../linker/compile/generate.ts";
import { BuildTree, contentKey, writeIfChanged } from "../../linker/files.ts";
import { INLINE_MACHINE_FUNCTIONS } from "../../linker/headers/machine.ts";
import { type HeaderSet, writeHeaders } from "../../linker/headers/write.ts";
import { fakeArchive } from "../unit/kernel/archive.ts";
import { fuzzMachineHeader, glue } from "./glue.ts";
import { ARCHITECTURE, compileParts, linkFuzzer, type Seed, seeded } from "./link.ts";

/** Counters on edges only: comparisons of handles and addresses would tell libFuzzer nothing, and cost half of the time. */
const COVERAGE = ["-fsanitize-coverage=inline-8bit-counters,pc-table", "-gline-tables-only"];
const DRIVER_PAGES = 16;

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
  if (seed !== undefined) sources.set(seed.file, seeded(readFileSync(join(root, seed.file), "utf8"), seed));
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
    ...compileParts(tree, kernelC, {
      name: `${label}-kernel`,
      headers: headers(tree, root),
      flags: COVERAGE,
      extra: visible(state),
    }),
    ...compileParts(tree, driverC, {
      name: `${label}-driver`,
      headers: writeHeaders(tree, "module"),
      flags: ["-gline-tables-only"],
    }),
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
  return linkFuzzer(tree, { label, text, directory: kernelC.directory, objects });
}
