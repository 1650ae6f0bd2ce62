// Built things, made when they are missing or stale: images, programs, and archives for one boot. The toolchain
// (linker/) is loaded only when a stamp says that something must be made. Used by every command that boots.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { loadAbi } from "../../linker/abi/constants.ts";
import { type ArchiveEntry, readArchive, writeArchive } from "../../linker/archive.ts";
import { nameInMode, WHOLE_MODES, type WholeMode } from "../../linker/image/isolation.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";
import { fingerprint, IMAGE_INPUTS, readStamp, writeStamp } from "./freshness.ts";
import { encodeParameters, type Parameter } from "./parameters.ts";
import { BUILD, ROOT, shown, writeWhole } from "./paths.ts";
import { beginProgress, type Progress } from "./terminal.ts";

export interface BuiltImage {
  /** ELF that the emulator loads. */
  readonly kernel: string;
  readonly archive: string;
  /** ELF with debug information of each module. */
  readonly modules: readonly { readonly name: string; readonly elf: string }[];
}

export interface BuiltProgram {
  readonly name: string;
  readonly path: string;
  readonly elf: string;
}

/** Names of images/*.ts. */
export function imageNames(): readonly string[] {
  return readdirSync(join(ROOT, "images"))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -".ts".length))
    .sort();
}

/** What PHI_ISOLATION asks for (`phi test --isolation`): every image in this mode; undefined: each as its page says. */
export function wholeMode(): WholeMode | undefined {
  const asked = process.env["PHI_ISOLATION"];
  const mode = WHOLE_MODES.find((one) => one === asked);
  if (mode !== undefined || asked === undefined || asked === "") return mode;
  throw new CliFailure(`PHI_ISOLATION is "${asked}"`, `Choose one of: ${WHOLE_MODES.join(", ")}.`, EXIT_USAGE);
}

/** Kernel and archive of an image; built when stale. `force` ignores the stamp (not the object cache). */
export async function ensureImage(
  name: string,
  architecture: Architecture,
  force = false,
  isolation = wholeMode(),
): Promise<BuiltImage> {
  if (!imageNames().includes(name)) {
    throw new CliFailure(`there is no image "${name}"`, `Choose one of: ${imageNames().join(", ")}.`, EXIT_USAGE);
  }
  const stamp = join(BUILD, architecture, "stamps", `image-${nameInMode(name, isolation)}.json`);
  const current = fingerprint(IMAGE_INPUTS);
  const fresh = force ? undefined : readStamp<BuiltImage>(stamp, current);
  if (fresh !== undefined) return fresh;
  return inProgress(`building image ${name} for ${architecture}`, async (progress) => {
    const { buildImage } = await import("../../linker/index.ts");
    const product = await buildImage(ROOT, name, { architecture, isolation }, (step) => progress.step(step));
    const modules = product.modules.map((module) => ({ name: module.name, elf: module.elf }));
    const value: BuiltImage = { kernel: product.kernel.elf, archive: product.archive, modules };
    writeStamp(stamp, { fingerprint: current, outputs: [value.kernel, value.archive], value });
    return value;
  });
}

/** The bytes of a program that somebody named. */
export function readProgram(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? "does not exist"
        : `cannot be read: ${(error as Error).message}`;
    throw new CliFailure(`${shown(resolve(file))} ${reason}`, "Give the path of a .wasm file.");
  }
}

/** A third-party program as a module, cached by its content. */
export async function ensureProgram(file: string, wasm: Uint8Array, architecture: Architecture): Promise<BuiltProgram> {
  const key = createHash("sha256").update(file).update("\0").update(wasm).digest("hex").slice(0, 32);
  const stamp = join(BUILD, architecture, "stamps", `program-${key}.json`);
  const current = fingerprint(["kernel/abi", "hal", "linker", "services/wasi/personality.ts", "package-lock.json"]);
  const fresh = readStamp<BuiltProgram>(stamp, current);
  if (fresh !== undefined) return fresh;
  await checkCommand(file, wasm);
  return inProgress(`translating ${file} for ${architecture}`, async (progress) => {
    const { buildModule } = await import("../../linker/index.ts");
    const options = { architecture, personality: "wasi" } as const;
    const product = await buildModule(ROOT, file, options, (step) => progress.step(step)).catch((error: unknown) => {
      throw isRefusal(error) ? refusal(file, (error as Error).message, IMPORTS_ADVICE) : error;
    });
    const value: BuiltProgram = { name: product.name, path: product.path, elf: product.elf };
    writeStamp(stamp, { fingerprint: current, outputs: [value.path], value });
    return value;
  });
}

/** A program to run exports `_start`; a library or reactor would boot and never do anything. */
async function checkCommand(file: string, wasm: Uint8Array): Promise<void> {
  const { inspectModule } = await import("../../linker/wasm/inspect.ts");
  const exports = inspected(() => inspectModule(wasm).exports, file);
  if (exports.some(({ name, kind }) => name === "_start" && kind === "function")) return;
  const names = exports.filter(({ kind }) => kind === "function").map(({ name }) => name);
  const found = names.length === 0 ? "no function" : names.slice(0, 5).join(", ");
  throw new CliFailure(
    `${shown(file)} exports no function _start (it exports ${found})`,
    "phi run takes WASI commands; build the program as one, not as a library or reactor.",
  );
}

/** What to do about a refused feature, where "leave it out" is not the whole answer. */
const ADVICE: Readonly<Record<string, string>> = {
  "component-model": "Build the program for wasm32-wasip1 (preview 1), not as a component (preview 2).",
  "imported-memory": "Link it with a memory of its own: without --import-memory and without threads.",
  threads: "Build it without threads: for wasm32-wasip1, without -pthread or --shared-memory.",
  memory64: "Build it for wasm32: a program here has at most 1 GiB of memory.",
  limits: "Build it with less: a program here has at most 1 GiB of memory and 10,000,000 entries in a table.",
};
const MODULE_ADVICE = "Only WebAssembly modules that import WASI preview 1 can.";
const FEATURE_ADVICE =
  "Build it without that. SIMD, bulk memory, reference types, tail calls and exceptions are there.";
const IMPORTS_ADVICE =
  "A command imports functions of WASI preview 1, declared as there, and exports _start, which takes nothing.";

function refusal(file: string, reason: string, advice: string): CliFailure {
  return new CliFailure(`${shown(file)} cannot be run: ${reason}`, advice);
}

/** The build's own judgement of the module; what a tool of it printed is something else. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "BuildError" && !(error as { details?: unknown }).details;
}

function inspected<T>(inspect: () => T, file: string): T {
  try {
    return inspect();
  } catch (error) {
    const { message, feature = "binary" } = error as Error & { feature?: string };
    throw refusal(file, message, ADVICE[feature] ?? (feature === "binary" ? MODULE_ADVICE : FEATURE_ADVICE));
  }
}

/** Copies an image's archive to `target` with more entries: those given, and the parameters. */
export function extendArchive(
  architecture: Architecture,
  base: string,
  target: string,
  parameters: readonly Parameter[],
  more: readonly ArchiveEntry[] = [],
): void {
  const abi = loadAbi(ROOT, architecture);
  const entries = readArchive(abi, readFileSync(base));
  const own: ArchiveEntry = { name: "parameters", kind: "parameters", bytes: encodeParameters(parameters) };
  writeWhole(target, writeArchive(abi, [...entries, ...more, own]));
}

async function inProgress<T>(text: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = beginProgress(text);
  try {
    const value = await work(progress);
    progress.done();
    return value;
  } catch (error) {
    progress.stop();
    throw error;
  }
}
