// `phi fuzz`: libFuzzer over sequences of gates, with the model of tests/fuzz/model/ as judge. Runs for so many minutes of
// processor time, or replays one input and tells what it does, or shows that seeded bugs are found.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildFuzzer } from "../../tests/fuzz/build.ts";
import { packCorpus, unpackCorpus } from "../../tests/fuzz/corpus.ts";
import { SEEDS } from "../../tests/fuzz/seeds.ts";
import { CliFailure } from "./failure.ts";
import { BUILD, ROOT } from "./paths.ts";

export interface FuzzOptions {
  readonly minutes: number;
  readonly replay?: string;
  readonly seeds: boolean;
  /** Minimise what was found into the kept corpus. */
  readonly keep: boolean;
}

const WORK = join(BUILD, "fuzz");
const CORPUS = join(WORK, "corpus");
/** Long enough for some 150 gates. */
const INPUT_BYTES_MAX = 600;
const SEED_MINUTES = 5;
const COMMON = ["-handle_segv=0", `-max_len=${INPUT_BYTES_MAX}`, "-len_control=0", "-print_final_stats=1"];

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

/** Fuzzes from the kept corpus; answers the program's status: 0 without a finding. */
export async function fuzz(program: string, minutes: number, isQuiet = false): Promise<number> {
  unpackCorpus(ROOT, CORPUS);
  const findings = join(WORK, "findings");
  mkdirSync(findings, { recursive: true });
  const list = [...COMMON, `-artifact_prefix=${findings}/`, CORPUS];
  return run(program, list, { FUZZ_CPU_SECONDS: String(Math.round(minutes * 60)) }, isQuiet);
}

async function seeded(): Promise<number> {
  let missed = 0;
  for (const seed of SEEDS) {
    const found = (await fuzz(await buildFuzzer(ROOT, seed), SEED_MINUTES, true)) !== 0;
    process.stdout.write(`${seed.name}: ${found ? "found" : `not found in ${SEED_MINUTES} CPU minutes`}\n`);
    if (!found) missed++;
  }
  process.stdout.write(`${SEEDS.length - missed} of ${SEEDS.length} seeded bugs found\n`);
  return missed === 0 ? 0 : 1;
}

async function keep(program: string): Promise<void> {
  const minimal = join(WORK, "minimal");
  rmSync(minimal, { recursive: true, force: true });
  mkdirSync(minimal, { recursive: true });
  if ((await run(program, [...COMMON, "-set_cover_merge=1", minimal, CORPUS], {})) !== 0)
    throw new CliFailure("libFuzzer could not minimise the corpus", "Replay what it names: npx phi fuzz --replay FILE");
  process.stdout.write(`${packCorpus(ROOT, minimal)} inputs kept\n`);
}

export async function runFuzz(options: FuzzOptions): Promise<number> {
  if (options.seeds) return seeded();
  const program = await buildFuzzer(ROOT);
  if (options.replay !== undefined) {
    if (!existsSync(options.replay))
      throw new CliFailure(`there is no ${options.replay}`, "Name a file that a finding wrote.");
    return run(program, [...COMMON, options.replay], { FUZZ_TOLD: "1" });
  }
  const status = options.minutes > 0 ? await fuzz(program, options.minutes) : 0;
  if (status !== 0) process.stdout.write("a finding: npx phi fuzz --replay FILE tells its gates\n");
  else if (options.keep) await keep(program);
  return status;
}
