// `phi faults`: fault injection in runs of a bounded length, each from its own seed, until so many faults have been injected.
// Every run is a line of build/faults/<arch>.jsonl, so that a long campaign can be interrupted and taken up again.

import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { injectFaults } from "../../tests/faults/run.ts";
import { BUILD } from "./paths.ts";

export interface FaultOptions {
  readonly architectures: readonly Architecture[];
  readonly count: number;
}

const WORK = join(BUILD, "faults");
/** Faults of one boot. */
const RUN_FAULTS = 20_000;
const RUN_LIMIT_MS = 3_600_000;

type Counts = Record<string, number>;

function records(file: string): (Counts & { status: number })[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function sum(list: readonly Counts[]): Counts {
  const total: Counts = {};
  for (const counts of list)
    for (const [name, value] of Object.entries(counts)) total[name] = (total[name] ?? 0) + value;
  return total;
}

async function campaign(arch: Architecture, count: number): Promise<boolean> {
  const file = join(WORK, `${arch}.jsonl`);
  for (;;) {
    const known = records(file);
    const done = sum(known)["injected"] ?? 0;
    if (done >= count) break;
    const seed = known.length + 1;
    const run = await injectFaults(arch, Math.min(RUN_FAULTS, count - done), seed, WORK, RUN_LIMIT_MS);
    appendFileSync(file, `${JSON.stringify({ seed, ...run.counts, status: run.status })}\n`);
    process.stdout.write(`${arch}: ${done + (run.counts["injected"] ?? 0)} of ${count}, status ${run.status}\n`);
    if (run.counts["injected"] === undefined) {
      process.stdout.write(`${run.output}\n`);
      return false;
    }
  }
  const all = records(file);
  const { seed: _seed, status: _status, ...total } = sum(all);
  const crashed = all.filter((run) => run.status > 100).length;
  const figures = Object.entries(total).map(([name, value]) => `${name}=${value}`);
  process.stdout.write(`${arch}: ${figures.join(" ")} kernel-crashes=${crashed} runs=${all.length}\n`);
  return all.every((run) => run.status === 0);
}

export async function runFaults(options: FaultOptions): Promise<number> {
  mkdirSync(WORK, { recursive: true });
  let isGood = true;
  for (const arch of options.architectures) isGood = (await campaign(arch, options.count)) && isGood;
  return isGood ? 0 : 1;
}
