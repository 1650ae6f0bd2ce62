// `phi proof`: proves entry points of the compiled kernel and prints a row for each, with the counterexample in field names
// where there is one; `--bugs` seeds mistakes instead, and fails when one is not found.

import type { Architecture } from "qemu-test-harness";
import { BUGS, patchOf } from "../../tests/proof/bugs.ts";
import { ENTRIES, LONGER, OPEN } from "../../tests/proof/entries.ts";
import { kernelWasm, Proof, ROOT, row } from "../../tests/proof/prove.ts";
import { reachedText } from "../../tests/proof/reach.ts";
import { Solver } from "../../tests/proof/solver.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";

export interface ProofOptions {
  readonly architectures: readonly Architecture[];
  readonly entry?: string;
  readonly bugs: boolean;
  readonly list: boolean;
  /** Of every end: can it be reached? */
  readonly reach: boolean;
}

const PROVED = [...ENTRIES, ...LONGER];
const VALUES_SHOWN = 12;

export async function runProof(options: ProofOptions): Promise<number> {
  if (options.list) {
    for (const entry of PROVED) process.stdout.write(`${entry.padEnd(26)} proved\n`);
    for (const [entry, why] of Object.entries(OPEN)) process.stdout.write(`${entry.padEnd(26)} not proved: ${why}\n`);
    process.stdout.write(`${PROVED.length} entry points are proved, ${Object.keys(OPEN).length} are not\n`);
    return 0;
  }
  for (const entry of options.entry?.split(",") ?? []) {
    if (PROVED.includes(entry) || entry in OPEN) continue;
    throw new CliFailure(`the kernel has no entry point "${entry}"`, "phi proof --list names them.", EXIT_USAGE);
  }
  const solver = await Solver.create();
  try {
    return options.bugs ? await seeded(solver, options.entry) : await proved(solver, options);
  } finally {
    solver.close();
  }
}

async function proved(solver: Solver, options: ProofOptions): Promise<number> {
  let open = 0;
  for (const architecture of options.architectures) {
    const proof = Proof.of(architecture, await kernelWasm(architecture), solver);
    if (options.reach) proof.reached();
    process.stdout.write(`${architecture}\n`);
    for (const entry of options.entry?.split(",") ?? PROVED) {
      const outcome = proof.entry(entry);
      process.stdout.write(`  ${row(outcome)}\n`);
      if (options.reach) process.stdout.write(`    ${reachedText(proof.endsOf(outcome))}\n`);
      for (const finding of outcome.findings) {
        open++;
        process.stdout.write(`    ${finding.verdict}: ${finding.what} (${finding.where}, byte ${finding.at})\n`);
        for (const value of finding.values.slice(0, VALUES_SHOWN)) process.stdout.write(`      ${value}\n`);
      }
    }
  }
  process.stdout.write(open === 0 ? "everything above is proved\n" : `${open} findings\n`);
  return open === 0 ? 0 : 1;
}

async function seeded(solver: Solver, entry?: string): Promise<number> {
  let missed = 0;
  const bugs = BUGS.filter((bug) => entry === undefined || bug.entry === entry);
  for (const bug of bugs) {
    const patch = patchOf(bug, ROOT);
    const proof = Proof.of("x86_64", await kernelWasm("x86_64", patch), solver, patch);
    const [found] = proof.counterexamples(bug.entry, bug.finding);
    if (found === undefined) missed++;
    process.stdout.write(
      `${found === undefined ? "MISSED" : "found "} ${bug.name}: ${bug.entry}: ${found?.what ?? "nothing"}\n`,
    );
    for (const value of (found?.values ?? []).slice(0, VALUES_SHOWN / 2)) process.stdout.write(`         ${value}\n`);
  }
  process.stdout.write(`${bugs.length - missed} of ${bugs.length} seeded bugs found\n`);
  return missed === 0 ? 0 : 1;
}
