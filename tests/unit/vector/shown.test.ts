// Pages that their keeper shows instead of having them copied: an index finds, inserts and removes as over any others, never writes where they are, and asks
// for them again when they are gone.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  COMPILE_TIMEOUT_MS,
  clustered,
  distanceOf,
  KIND,
  METRIC,
  randomNumbers,
  ShownPages,
  VectorMachine,
} from "./machine.ts";

const DIMENSIONS = 120;
let machine: VectorMachine;
beforeAll(async () => {
  machine = await VectorMachine.make();
}, COMPILE_TIMEOUT_MS);

describe("pages that are shown", () => {
  it.each([KIND.f32, KIND.quantised])("are searched where they are: none is read (kind %i)", (kind) => {
    const home = new ShownPages(machine, 1 << 22);
    const vectors = clustered(2000, DIMENSIONS, 5);
    const shape = { dimensions: DIMENSIONS, metric: METRIC.l2, kind, links: 8, breadth: 60 };
    const made = machine.create(shape, home);
    for (const [place, vector] of vectors.entries()) expect(made.insert(`v${place}`, vector)).toBe(place);
    expect(made.commit()).toBe(0);
    made.close();
    const index = machine.open(home, 0);
    home.reads = 0;
    for (let place = 0; place < 2000; place += 37)
      expect(index.search(vectors[place] as Float32Array, 1, 60)[0]?.name).toBe(`v${place}`);
    expect(home.reads).toBe(0);
    expect(home.shown).toBeGreaterThan(20);
    // gone, and asked for again
    home.vanish();
    index.forgetShown();
    expect(index.search(vectors[77] as Float32Array, 1, 60)[0]?.name).toBe("v77");
    expect(home.shown).toBeGreaterThan(2);
    index.close();
  });

  it("hold any sequence of insertions, removals and commits, with frames and room for some pages only", () => {
    const step = fc.record({
      name: fc.integer({ min: 0, max: 90 }),
      what: fc.integer({ min: 0, max: 9 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 80, maxLength: 250 }),
        fc.integer({ min: 0, max: 30 }),
        (steps, pages) => {
          const home = new ShownPages(machine, pages * 4096);
          const shape = { dimensions: DIMENSIONS, metric: METRIC.l2, links: 6, breadth: 40, cacheBytes: 0 };
          let index = machine.create(shape, home);
          const model = new Map<string, Float32Array>();
          for (const { name: number, what, seed } of steps) {
            // long names fill pages
            const name = `name ${number} `.repeat(28);
            const vector = Float32Array.from({ length: DIMENSIONS }, randomNumbers(seed));
            if (what === 9) {
              expect(index.commit()).toBe(0);
              if (seed % 2 === 0) {
                index.close();
                index = machine.open(home, 0);
              }
            } else if (what < 3) expect(index.remove(name) === 0).toBe(model.delete(name));
            else if (!model.has(name)) {
              expect(index.insert(name, vector)).toBeGreaterThanOrEqual(0);
              model.set(name, vector);
            }
          }
          const question = Float32Array.from({ length: DIMENSIONS }, randomNumbers(9));
          // vectors that are equal come in any order
          const found = index.search(question, 1000, 0);
          expect(found.map(({ name }) => name).sort()).toEqual([...model.keys()].sort());
          for (const { name, distance } of found)
            expect(distance).toBeCloseTo(distanceOf(METRIC.l2, model.get(name) as Float32Array, question), 2);
          expect(index.commit()).toBe(0);
          index.close();
        },
      ),
      { numRuns: 100 },
    );
  });
});
