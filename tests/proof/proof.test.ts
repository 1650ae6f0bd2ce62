// The proof of the kernel's entry points, on both architectures, and that it finds every seeded bug.
// An entry point that is proved prints its row; one that is not prints the counterexample in field names.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARCHITECTURES, loadAbi } from "../../linker/abi/constants.ts";
import { BUGS, patchOf } from "./bugs.ts";
import { CONTRACTS } from "./contracts.ts";
import { ENTRIES, LONGER, OPEN } from "./entries.ts";
import { readSources } from "./layout.ts";
import { kernelWasm, Proof, ROOT, row } from "./prove.ts";
import { Solver } from "./solver.ts";

/** What looks at nothing has one way through it. */
const STRAIGHT = new Set(["gate_own_id", "gate_now", "gate_counter"]);

let solver: Solver;
beforeAll(async () => {
  solver = await Solver.create();
});
afterAll(() => solver.close());

// A function that the compiler has made part of its caller on one of them is executed there.
it("every contract is of a function of the kernel on some architecture", async () => {
  const names = new Set<string>();
  for (const architecture of ARCHITECTURES) {
    const { module } = Proof.of(architecture, await kernelWasm(architecture), solver);
    for (const { name } of module.functions) names.add(name);
  }
  const generic = Object.keys(CONTRACTS).filter((name) => name.startsWith("kernel/"));
  expect(generic.filter((name) => !names.has(name))).toEqual([]);
});

describe.each(ARCHITECTURES)("proof of the kernel for %s", (architecture) => {
  let proof: Proof;
  beforeAll(async () => {
    proof = Proof.of(architecture, await kernelWasm(architecture), solver);
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

describe("seeded bugs", () => {
  it.each(BUGS.filter((bug) => ENTRIES.includes(bug.entry)))("$name", async (bug) => {
    const patch = patchOf(bug, ROOT);
    const proof = Proof.of("x86_64", await kernelWasm("x86_64", patch), solver, patch);
    const { findings } = proof.entry(bug.entry);
    const found = findings.filter((one) => one.what.includes(bug.finding));
    console.log(
      `${bug.name}: ${found[0]?.what ?? "not found"}\n  ${(found[0]?.values ?? []).slice(0, 6).join("\n  ")}`,
    );
    expect(found.map((one) => one.verdict)).toContain("counterexample");
  });
});

describe("layout", () => {
  it("agrees with the offsets that the assembly uses", () => {
    const { classes } = readSources(ROOT);
    const abi = loadAbi(ROOT, "x86_64");
    const offset = (className: string, field: string): number | undefined =>
      classes.get(className)?.fields.find((one) => one.name === field)?.offset;
    const shared: [string, string, string][] = [
      ["Domain", "caller", "DOMAIN_CALLER"],
      ["Domain", "state", "DOMAIN_KERNEL"],
      ["Domain", "reply_pending", "DOMAIN_WORDS"],
      ["Cpu", "domain", "CPU_DOMAIN"],
      ["Cpu", "trap_cause", "CPU_TRAP_CAUSE"],
      ["Capability", "handle", "CAPABILITY_HANDLE_AT"],
      ["Capability", "object", "CAPABILITY_OBJECT_AT"],
      ["Capability", "badge", "CAPABILITY_BADGE_AT"],
      ["Object", "version", "OBJECT_VERSION_AT"],
      ["Endpoint", "server", "ENDPOINT_SERVER_AT"],
    ];
    for (const [className, field, constant] of shared)
      expect(offset(className, field), constant).toBe(abi.number(constant));
  });
});
