// Builds the fuzzer of a service: the service's C as in its module, instrumented; the world that it lives in, in AssemblyScript; the emitted glue;
// libFuzzer. Called by `phi fuzz --target` and tests/system/fuzz.test.ts. Only on x86_64 Linux.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { loadAbi } from "../../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { type GeneratedModule, generate } from "../../../linker/compile/generate.ts";
import { BuildTree } from "../../../linker/files.ts";
import { writeHeaders } from "../../../linker/headers/write.ts";
import { generateInterfaces } from "../../../linker/interface/generate.ts";
import { ARCHITECTURE, compileParts, linkFuzzer, type Seed, seeded } from "../link.ts";
import { type ModuleShape, parserGlue } from "./glue.ts";
import type { Target } from "./targets.ts";

/** Comparisons too: signatures and magic numbers are what parsers wait for. */
const COVERAGE = ["-fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp", "-gline-tables-only"];
/** The world is a module like the service; its own names must not meet the service's. */
const WORLD = [
  "-gline-tables-only",
  "-Dphx_start=world_start",
  "-Dphx_struct_size=world_struct_size",
  "-Dw2c_phi_trap=world_trap",
  "-Dw2c_phi_memory_grow=world_grow",
];

interface Part {
  readonly label: string;
  readonly symbolName: string;
  readonly entry: string;
  readonly flags: readonly string[];
  readonly extraSources: ReadonlyMap<string, string>;
  readonly simd: boolean;
}

async function module(
  tree: BuildTree,
  part: Part,
): Promise<{ generated: GeneratedModule; objects: Promise<string>[] }> {
  const { wasm, sourceMap } = await compileAssemblyScript({
    root: tree.root,
    entry: part.entry,
    architecture: ARCHITECTURE,
    runtime: "minimal",
    memoryBase: 64,
    simd: part.simd,
    extraSources: part.extraSources,
  });
  const { label: name, symbolName } = part;
  const generated = await generate({ tree, name, symbolName, flavour: "module", wasm, sourceMap });
  const objects = compileParts(tree, generated, { name, headers: writeHeaders(tree, "module"), flags: part.flags });
  return { generated, objects };
}

const shape = ({ interface: { imports, exports }, memory, tableBytes }: GeneratedModule): ModuleShape => ({
  imports,
  exports,
  initialPages: memory.initialPages,
  tableBytes,
});

/** Sources with one text changed. */
function changed(root: string, list: readonly Seed[]): Map<string, string> {
  const sources = new Map<string, string>();
  for (const seed of list)
    sources.set(seed.file, seeded(sources.get(seed.file) ?? readFileSync(join(root, seed.file), "utf8"), seed));
  return sources;
}

/** Builds build/x86_64/host/fuzz-TARGET-… and answers its path. */
export async function buildParserFuzzer(root: string, target: Target, seed?: Seed): Promise<string> {
  const tree = new BuildTree(root, ARCHITECTURE);
  generateInterfaces(root);
  const label = seed === undefined ? `fuzz-${target.name}` : `fuzz-${target.name}-${seed.name}`;
  const service = await module(tree, {
    label,
    symbolName: "guest",
    entry: target.service,
    flags: COVERAGE,
    extraSources: changed(root, [...(target.changes ?? []), ...(seed === undefined ? [] : [seed])]),
    simd: target.simd === true,
  });
  const world = await module(tree, {
    label: `fuzz-world-${basename(target.world, ".ts")}`,
    symbolName: "world",
    entry: target.world,
    flags: WORLD,
    extraSources: new Map(),
    simd: false,
  });
  const objects = await Promise.all([...service.objects, ...world.objects]);
  const text = parserGlue({
    abi: loadAbi(root, ARCHITECTURE),
    service: shape(service.generated),
    world: shape(world.generated),
    parameter: target.parameter ?? 0,
  });
  return linkFuzzer(tree, { label, text, directory: service.generated.directory, objects });
}
