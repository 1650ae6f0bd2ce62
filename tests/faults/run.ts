// Fault injection: so many faults, from one seed, in one boot. Called by `phi faults` and tests/system/faults.test.ts.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import type { ArchiveEntry } from "../../linker/archive.ts";
import { buildKernel } from "../../linker/index.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { bootModules, testModules } from "../guest-image.ts";

export interface FaultCounts {
  readonly [name: string]: number;
}

export interface FaultRun {
  /** The guest's own status: 0 if nothing is amiss; 101 and more: a panic; undefined: the emulator ended without one. */
  readonly status: number | undefined;
  readonly counts: FaultCounts;
  /** For each kind of fault: injected, and of those trapped, ended, stuck, wrong. */
  readonly kinds: Readonly<Record<string, readonly number[]>>;
  readonly output: string;
  /** The boot archive, which stays until somebody removes it. */
  readonly archive: string;
}

export interface FaultModules {
  readonly arch: Architecture;
  readonly kernel: string;
  readonly entries: readonly ArchiveEntry[];
  /** Of the kernel and the modules. */
  readonly hash: string;
}

const NAMES = ["init", "victim", "client"];

/** The first half of SHA-256 of a kernel, and of modules in their order. */
export function campaignHash(kernel: string, entries: readonly ArchiveEntry[]): string {
  const hash = createHash("sha256").update(readFileSync(kernel));
  for (const entry of entries) hash.update(entry.bytes);
  return hash.digest("hex").slice(0, 32);
}

/** What a guest counted, as it told it last: `injected=… NAME=…` behind its name; nothing if it never came to tell. */
export function countsOf(output: string, guest: string): FaultCounts {
  const line = [...output.matchAll(new RegExp(`${guest}: (injected=.*)`, "g"))].at(-1)?.[1] ?? "";
  return Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map((pair) => [pair[1], Number(pair[2])]));
}

/** Builds the kernel and the modules: once for any number of runs. */
export async function buildFaults(arch: Architecture): Promise<FaultModules> {
  const modules = NAMES.map((name) => ({ name: `faults-${name}`, entry: `tests/faults/guest/${name}.ts` }));
  const entries = await testModules(arch, modules);
  const kernel = (await buildKernel(ROOT, arch)).elf;
  return { arch, kernel, entries, hash: campaignHash(kernel, entries) };
}

export async function injectFaults(
  { arch, kernel, entries }: FaultModules,
  count: number,
  seed: number,
  directory: string,
  timeout_ms: number,
): Promise<FaultRun> {
  const parameters = new BigUint64Array([BigInt(count), BigInt.asUintN(64, BigInt(seed) * 0x9e37_79b9_7f4a_7c15n)]);
  const bytes = new Uint8Array(parameters.buffer);
  const archive = join(directory, `faults-${arch}-${seed}.archive`);
  const all: ArchiveEntry[] = [...entries, { name: "parameters", kind: "parameters", bytes }];
  await using guest = await bootModules(arch, all, archive, { kernel, timeout_ms });
  const { status } = await guest.exited;
  const { output } = guest;
  const counts = countsOf(output, "faults");
  const table = /kinds: (.*)/.exec(output)?.[1] ?? "";
  const kinds = Object.fromEntries(
    [...table.matchAll(/(\w+)=([\d/]+)/g)].map((pair) => [pair[1], (pair[2] ?? "").split("/").map(Number)]),
  );
  return { status, counts, kinds, output, archive };
}
