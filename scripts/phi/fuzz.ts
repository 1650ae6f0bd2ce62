// `phi fuzz`: libFuzzer over the kernel's gates, with the model of tests/fuzz/model/ as judge, and over the services that read what firmware, devices, hosts
// and disks wrote, each in its world (tests/fuzz/parsers/). Runs for so many minutes of processor time, or replays one input and tells what it
// does, or shows that seeded bugs are found.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildFuzzer } from "../../tests/fuzz/build.ts";
import { KERNEL, packCorpus, unpackCorpus } from "../../tests/fuzz/corpus.ts";
import type { Seed } from "../../tests/fuzz/link.ts";
import { buildParserFuzzer } from "../../tests/fuzz/parsers/build.ts";
import { TARGETS } from "../../tests/fuzz/parsers/targets.ts";
import { SEEDS } from "../../tests/fuzz/seeds.ts";
import { CliFailure } from "./failure.ts";
import { BUILD, ROOT } from "./paths.ts";

export interface FuzzOptions {
  readonly minutes: number;
  /** One target; without it all share the minutes. */
  readonly target?: string;
  readonly list: boolean;
  readonly replay?: string;
  readonly seeds: boolean;
  /** Minimise what was found into the kept corpus. */
  readonly keep: boolean;
}

/** Something to fuzz: how it is built, and how long its inputs are. */
interface Fuzzed {
  readonly name: string;
  readonly what: string;
  readonly inputBytesMax: number;
  readonly seeds: readonly Seed[];
  readonly build: (seed?: Seed) => Promise<string>;
  /** Of the minutes that all share. */
  readonly share: number;
}

const WORK = join(BUILD, "fuzz");
/** Long enough for some 150 gates. */
const KERNEL_BYTES_MAX = 600;
const SEED_MINUTES = 5;
/** The kernel has more to try than all services together. */
const KERNEL_SHARE = 8;

const FUZZED: readonly Fuzzed[] = [
  {
    name: KERNEL,
    what: "sequences of gates; every answer is the model's",
    inputBytesMax: KERNEL_BYTES_MAX,
    seeds: SEEDS,
    build: (seed) => buildFuzzer(ROOT, seed),
    share: KERNEL_SHARE,
  },
  ...TARGETS.map((target) => ({
    name: target.name,
    what: target.what,
    inputBytesMax: target.inputBytesMax,
    seeds: target.seeds,
    build: (seed?: Seed) => buildParserFuzzer(ROOT, target, seed),
    share: 1,
  })),
];

function common(one: Fuzzed): string[] {
  return ["-handle_segv=0", `-max_len=${one.inputBytesMax}`, "-len_control=0", "-print_final_stats=1"];
}

function run(
  program: string,
  list: readonly string[],
  environment: Record<string, string>,
  isQuiet = false,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, list, {
      stdio: ["ignore", "inherit", isQuiet ? "ignore" : "inherit"],
      env: { ...process.env, ...environment },
    });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

const corpusOf = (one: Fuzzed): string => join(WORK, one.name, "corpus");

/** Fuzzes from the kept corpus; answers the program's status: 0 without a finding. */
async function fuzz(one: Fuzzed, program: string, minutes: number, isQuiet = false): Promise<number> {
  unpackCorpus(ROOT, corpusOf(one), one.name);
  const findings = join(WORK, one.name, "findings");
  mkdirSync(findings, { recursive: true });
  const list = [...common(one), `-artifact_prefix=${findings}/`, corpusOf(one)];
  return run(program, list, { FUZZ_CPU_SECONDS: String(Math.max(1, Math.round(minutes * 60))) }, isQuiet);
}

async function seeded(chosen: readonly Fuzzed[]): Promise<number> {
  let missed = 0,
    all = 0;
  for (const one of chosen) {
    for (const seed of one.seeds) {
      const found = (await fuzz(one, await one.build(seed), SEED_MINUTES, true)) !== 0;
      const verdict = found ? "found" : `not found in ${SEED_MINUTES} CPU minutes`;
      process.stdout.write(`${one.name} ${seed.name}: ${verdict}\n`);
      all++;
      if (!found) missed++;
    }
  }
  process.stdout.write(`${all - missed} of ${all} seeded bugs found\n`);
  return missed === 0 ? 0 : 1;
}

async function keep(one: Fuzzed, program: string): Promise<void> {
  const minimal = join(WORK, one.name, "minimal");
  rmSync(minimal, { recursive: true, force: true });
  mkdirSync(minimal, { recursive: true });
  if ((await run(program, [...common(one), "-set_cover_merge=1", minimal, corpusOf(one)], {})) !== 0)
    throw new CliFailure("libFuzzer could not minimise the corpus", "Replay what it names: npx phi fuzz --replay FILE");
  process.stdout.write(`${one.name}: ${packCorpus(ROOT, minimal, one.name)} inputs kept\n`);
}

function chosenBy(target: string | undefined): readonly Fuzzed[] {
  if (target === undefined) return FUZZED;
  const one = FUZZED.find(({ name }) => name === target);
  if (one === undefined)
    throw new CliFailure(`there is no target ${target}`, `Targets: ${FUZZED.map(({ name }) => name).join(", ")}.`);
  return [one];
}

/** One after the other; the first finding ends it. */
async function fuzzAll(chosen: readonly Fuzzed[], options: FuzzOptions): Promise<number> {
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  for (const one of chosen) {
    const program = await one.build();
    process.stdout.write(`${one.name}: ${one.what}\n`);
    const minutes = (options.minutes * one.share) / shares;
    const status = minutes > 0 ? await fuzz(one, program, minutes) : 0;
    if (status !== 0) {
      process.stdout.write(`a finding: npx phi fuzz --target ${one.name} --replay FILE tells what it does\n`);
      return status;
    }
    if (options.keep) await keep(one, program);
  }
  return 0;
}

export async function runFuzz(options: FuzzOptions): Promise<number> {
  const chosen = chosenBy(options.target);
  if (options.list) {
    for (const { name, what, seeds } of chosen)
      process.stdout.write(`${name.padEnd(16)}${what} (${seeds.length} seeded bugs)\n`);
    return 0;
  }
  if (options.seeds) return seeded(chosen);
  if (options.replay !== undefined) {
    if (!existsSync(options.replay))
      throw new CliFailure(`there is no ${options.replay}`, "Name a file that a finding wrote.");
    const one = chosenBy(options.target ?? KERNEL)[0] as Fuzzed;
    return run(await one.build(), [...common(one), options.replay], { FUZZ_TOLD: "1" });
  }
  return fuzzAll(chosen, options);
}
