// Drivers of services/ with fault points in them, as modules of an archive. Called by run.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { loadAbi } from "../../../linker/abi/constants.ts";
import type { ArchiveEntry } from "../../../linker/archive.ts";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { BuildTree } from "../../../linker/files.ts";
import { moduleEntry } from "../../../linker/index.ts";
import { generateInterfaces } from "../../../linker/interface/generate.ts";
import { buildModuleFile } from "../../../linker/module.ts";
import { validateModule } from "../../../linker/wasm/validate.ts";
import { ROOT } from "../../../scripts/phi/paths.ts";
import { instrument } from "./instrument.ts";

const STACK_BYTES = 256 * 1024;
const POINTS = [
  ...["fault_i32", "fault_i64", "store_i32_4", "store_i32_1", "store_i32_2", "store_i64_8", "store_i64_4"],
  // Exported, they stay functions of their own, in which no point is put.
  ...["begin", "look", "look_again", "know", "take_order", "note", "broken", "strayed"],
];

/** The driver's own entries, behind a look at whether faults are ordered. One that waits for its device itself has no events. */
function entry(folder: string): string {
  const has_events = /export function event\b/.test(readFileSync(join(ROOT, "services", folder, "index.ts"), "utf8"));
  return `import * as driver from "../../../services/${folder}/index";
import { begin, look, look_again } from "./guest/point";
export { ${POINTS.join(", ")} } from "./guest/point";
export function start(): void { begin(); driver.start(); }
export function event(bits: u64): void { look_again();${has_events ? " driver.event(bits);" : ""} }
export function call(badge: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64 {
  look(badge);
  return driver.call(badge, method, w0, w1, w2, w3, w4, w5);
}
`;
}

export interface FaultyDriver {
  readonly entry: ArchiveEntry;
  readonly sites: number;
}

/** services/<folder> as module `faulty-<folder>`. */
export async function buildFaultyDriver(arch: Architecture, folder: string): Promise<FaultyDriver> {
  generateInterfaces(ROOT);
  const path = `tests/faults/drivers/${folder}.ts`;
  const compiled = await compileAssemblyScript({
    root: ROOT,
    entry: path,
    architecture: arch,
    runtime: "minimal",
    memoryBase: loadAbi(ROOT, arch).number("SERVICE_MEMORY_BASE"),
    simd: false,
    extraSources: new Map([[path, entry(folder)]]),
  });
  const { wasm, sites } = instrument(compiled.wasm);
  await validateModule(wasm);
  const name = `faulty-${folder}`;
  const tree = new BuildTree(ROOT, arch);
  const product = await buildModuleFile({ tree, name, wasm, allowedImports: ["phi"], stackBytes: STACK_BYTES });
  return { entry: moduleEntry(product, { sfi: true }), sites };
}
