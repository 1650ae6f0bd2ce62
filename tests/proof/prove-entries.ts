// The proof of the kernel's entry points for one architecture, as tests. Called by a test file for each, so that they run side by side.
// An entry point that is proved prints its row; one that is not prints the counterexample in field names.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Architecture } from "../../linker/abi/constants.ts";
import { ENTRIES, LONGER, OPEN } from "./entries.ts";
import { kernelWasm, Proof, row } from "./prove.ts";
import { Solver } from "./solver.ts";

/** What looks at nothing, or only calls by contract, has one way through it. */
const STRAIGHT = new Set(["gate_own_id", "gate_now", "gate_counter", "gate_exit"]);

/** A solver of the test file's own, ended behind its tests. */
export function testSolver(): () => Solver {
  let solver: Solver;
  beforeAll(async () => {
    solver = await Solver.create();
  });
  afterAll(() => solver.close());
  return () => solver;
}

export function proveEntries(architecture: Architecture): void {
  const solver = testSolver();
  describe(`proof of the kernel for ${architecture}`, () => {
    let proof: Proof;
    beforeAll(async () => {
      proof = Proof.of(architecture, await kernelWasm(architecture), solver()).brief();
    });

    it("every entry point is either proved or listed with what stands in the way", () => {
      const { module } = proof;
      const exported = [...module.exports.keys()].filter((name) => name !== "memory");
      expect([...ENTRIES, ...LONGER, ...Object.keys(OPEN)].sort()).toEqual(exported.sort());
    });

    it.each(ENTRIES)("%s", (entry) => {
      const outcome = proof.entry(entry);
      console.log(`${architecture} ${row(outcome)}`);
      expect(
        outcome.findings.map((one) => `${one.what} in ${one.where}: ${one.verdict}\n${one.values.join("\n")}`),
      ).toEqual([]);
      expect(outcome.paths).toBeGreaterThan(STRAIGHT.has(entry) ? 0 : 1);
    });
  });
}
