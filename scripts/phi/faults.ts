// `phi faults`: fault injection in boots of a bounded length, each from its own seed, until so many faults have been injected. Every boot
// is a line of build/faults/<arch>-<hash of kernel and modules>.jsonl, so that a long campaign can be interrupted and taken up again.

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { buildFaults, type FaultModules, injectFaults } from "../../tests/faults/run.ts";
import { BUILD } from "./paths.ts";

export interface FaultOptions {
  readonly architectures: readonly Architecture[];
  readonly count: number;
}

export const WORK = join(BUILD, "faults");
/** Faults of one boot. */
const BOOT_FAULTS = 10_000;
const BOOT_LIMIT_MS = 1_800_000;
/** Statuses of init itself; anything else is the kernel's, or no verdict at all. */
const STATUS_OF_INIT_LAST = 100;

interface BootRecord {
  readonly seed: number;
  /** null: the emulator ended without one. */
  readonly status: number | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, readonly number[]>>;
}

/** The boots of a campaign so far. */
export function records<Boot>(file: string): Boot[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

export function total(boots: readonly Pick<BootRecord, "counts">[], name: string): number {
  return boots.reduce((sum, boot) => sum + (boot.counts[name] ?? 0), 0);
}

function isCrash({ status, counts }: BootRecord): boolean {
  return status === null || status > STATUS_OF_INIT_LAST || counts["injected"] === undefined;
}

const COLUMNS = ["kind", "injected", "trapped", "ended", "stuck", "wrong"];

/** Sums, then one line for each kind of fault. */
export function report(arch: Architecture, hash: string, boots: readonly BootRecord[]): string {
  const names = Object.keys(boots[0]?.counts ?? {});
  const figures = names.map((name) => `${name}=${total(boots, name)}`);
  const crashes = boots.filter(isCrash).length;
  const lines = [`${arch} ${hash}: boots=${boots.length} kernel-crashes=${crashes} ${figures.join(" ")}`];
  lines.push(`| ${COLUMNS.join(" | ")} |`);
  for (const kind of Object.keys(boots[0]?.kinds ?? {})) {
    const sums = [0, 1, 2, 3, 4].map((at) => boots.reduce((sum, boot) => sum + (boot.kinds[kind]?.[at] ?? 0), 0));
    lines.push(`| ${[kind, ...sums.map((sum) => sum.toLocaleString("en"))].join(" | ")} |`);
  }
  return `${lines.join("\n")}\n`;
}

async function boot(modules: FaultModules, count: number, seed: number, file: string): Promise<boolean> {
  const run = await injectFaults(modules, count, seed, WORK, BOOT_LIMIT_MS);
  rmSync(run.archive);
  const record: BootRecord = { seed, status: run.status ?? null, counts: run.counts, kinds: run.kinds };
  appendFileSync(file, `${JSON.stringify(record)}\n`);
  if (record.status === 0) return true;
  process.stdout.write(`${modules.arch}, seed ${seed}: status ${record.status}\n${run.output}\n`);
  return !isCrash(record);
}

async function campaign(arch: Architecture, count: number): Promise<boolean> {
  const modules = await buildFaults(arch);
  const file = join(WORK, `${arch}-${modules.hash}.jsonl`);
  for (;;) {
    const known = records<BootRecord>(file);
    const done = total(known, "injected");
    if (done >= count) break;
    process.stdout.write(`${arch}: ${done} of ${count}\n`);
    if (!(await boot(modules, Math.min(BOOT_FAULTS, count - done), known.length + 1, file))) break;
  }
  const all = records<BootRecord>(file);
  process.stdout.write(report(arch, modules.hash, all));
  return all.every((one) => one.status === 0);
}

/** One architecture's campaign after the other; 1 if one of them went wrong. */
export async function runCampaigns(
  { architectures, count }: FaultOptions,
  run: (arch: Architecture, count: number) => Promise<boolean>,
): Promise<number> {
  mkdirSync(WORK, { recursive: true });
  let isGood = true;
  for (const arch of architectures) isGood = (await run(arch, count)) && isGood;
  return isGood ? 0 : 1;
}

export function runFaults(options: FaultOptions): Promise<number> {
  return runCampaigns(options, campaign);
}
