// Checks the Spin models of this directory: each must hold as it is, and fail in every one of its BUG_n variants, or the
// model would not notice the mistake that the variant makes. Called by spin.test.ts.
// A variant is a macro that the model mentions as BUG_1, BUG_2, …; `/* BUG_1: sentence */` says what is wrong in it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "../../linker/tools.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SCRATCH = fileURLToPath(new URL("../../build/spin", import.meta.url));

export interface Variant {
  model: string;
  /** "" for the model as it is. */
  bug: string;
  sentence: string;
}

export interface Outcome extends Variant {
  errors: number;
  states: number;
  transitions: number;
  depth: number;
  elapsed_ms: number;
}

export function models(): string[] {
  return readdirSync(HERE)
    .filter((name) => name.endsWith(".pml"))
    .sort();
}

/** The model as it is, then its seeded bugs. */
export function variants(model: string): Variant[] {
  const text = readFileSync(join(HERE, model), "utf8");
  const bugs = [...new Set(text.match(/\bBUG_\d+\b/g) ?? [])];
  return [
    { model, bug: "", sentence: "" },
    ...bugs.map((bug) => ({ model, bug, sentence: new RegExp(`${bug}: (.*?) *\\*/`).exec(text)?.[1] ?? "" })),
  ];
}

function figure(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`pan printed no ${pattern.source}:\n${text}`);
  return Number(found);
}

/** Explores every reachable state. A search that was cut short (depth, memory) is an error, not a result. */
export async function check(variant: Variant): Promise<Outcome> {
  mkdirSync(SCRATCH, { recursive: true });
  const directory = mkdtempSync(join(SCRATCH, "run-"));
  const begun_ms = Date.now();
  try {
    const label = `${variant.model} ${variant.bug}`;
    const define = variant.bug === "" ? [] : [`-D${variant.bug}`];
    await runTool("spin", [...define, "-a", join(HERE, variant.model)], `Spin on ${label}`, directory);
    await runTool(
      "clang-19",
      ["-O1", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
      `Compiling ${label}`,
      directory,
    );
    const text = await runTool(join(directory, "pan"), ["-m1000000", "-n"], `Searching ${label}`, directory);
    if (/search depth too small|out of memory/.test(text))
      throw new Error(`${label}: the search was cut short:\n${text}`);
    return {
      ...variant,
      errors: figure(text, /errors: (\d+)/),
      states: figure(text, /([\d.e+]+) states, stored/),
      transitions: figure(text, /([\d.e+]+) transitions/),
      depth: figure(text, /depth reached (\d+)/),
      elapsed_ms: Date.now() - begun_ms,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function row(outcome: Outcome): string {
  const verdict = outcome.errors === 0 ? "holds" : "fails";
  const name = `${outcome.model} ${outcome.bug}`.padEnd(24);
  const numbers = `${String(outcome.states).padStart(9)} states ${String(outcome.transitions).padStart(10)} transitions`;
  return `${name} ${numbers}  depth ${String(outcome.depth).padStart(6)}  ${verdict}  ${outcome.sentence}`;
}
