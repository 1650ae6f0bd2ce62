// What is said to be reachable has values, and what contradicts itself has none.
import { expect, it } from "vitest";
import { Memory } from "./memory.ts";
import { Path } from "./path.ts";
import { kernelWasm, Proof } from "./prove.ts";
import { testSolver } from "./prove-entries.ts";
import { empty, Reach, reachedText } from "./reach.ts";
import { apply, compare, constant, equal, fresh, type Term } from "./term.ts";

const solver = testSolver();

function end(...conditions: readonly Term[]): Path {
  const path = new Path(Memory.initial([]));
  for (const one of conditions) path.assume(one);
  return path;
}

it("tells ends that can be reached from those that cannot", () => {
  const x = fresh("x", 32);
  const below = compare("ult", x, constant(3, 32));
  const above = compare("ult", constant(5, 32), x);
  const reach = new Reach(solver());
  reach.count("some", [end(below), end(above), end(below, above)]);
  reach.count("none", [end(below, above)]);
  expect(reach.of("some")).toEqual({ reachable: 2, undecided: 0, impossible: 1 });
  const [own, none] = ["some", "none"].map((name) => reach.of(name)) as [
    NonNullable<ReturnType<typeof reach.of>>,
    never,
  ];
  const ends = { own, bodies: new Map([["none", none]]) };
  expect(empty(ends)).toEqual(["none"]);
  expect(reachedText(ends)).toContain("2 reachable, 0 undecided, 1 impossible; 0 of 1 bodies");
});

it("asks the invariant's sentences of what an end reads", () => {
  const read = apply("a word", fresh("y", 32), 32);
  solver().axioms = (term) => (term.args.includes(read) ? [equal(read, constant(1, 32))] : []);
  const isTwo = equal(read, constant(2, 32));
  expect(solver().reaches([isTwo])).toBe(false);
  solver().axioms = () => [];
  expect(solver().reaches([equal(read, constant(3, 32))])).toBe(true);
});

// each row's would take five times as long as the rows: `phi proof --reach` asks for them
it.each(["cpu_arrive", "gate_cap_derive"])(
  "finds a way to an end of %s, and of all that it stands on",
  async (entry) => {
    const proof = Proof.of("x86_64", await kernelWasm("x86_64"), solver())
      .brief()
      .reached();
    const ends = proof.endsOf(proof.entry(entry));
    expect(ends.own.reachable).toBeGreaterThan(1);
    expect(ends.bodies.size).toBeGreaterThan(0);
    expect(empty(ends)).toEqual([]);
  },
);
