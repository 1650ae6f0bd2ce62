// The proof finds every seeded bug.
import { describe, expect, it } from "vitest";
import { BUGS, patchOf } from "./bugs.ts";
import { ENTRIES } from "./entries.ts";
import { kernelWasm, Proof, ROOT } from "./prove.ts";
import { testSolver } from "./prove-entries.ts";

const solver = testSolver();

describe("seeded bugs", () => {
  it.each(BUGS.filter((bug) => ENTRIES.includes(bug.entry)))("$name", async (bug) => {
    const patch = patchOf(bug, ROOT);
    const proof = Proof.of("x86_64", await kernelWasm("x86_64", patch), solver(), patch).brief();
    const found = proof.counterexamples(bug.entry, bug.finding);
    console.log(
      `${bug.name}: ${found[0]?.what ?? "not found"}\n  ${(found[0]?.values ?? []).slice(0, 6).join("\n  ")}`,
    );
    expect(found.map((one) => one.verdict)).toContain("counterexample");
  });
});
