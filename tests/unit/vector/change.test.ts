// What changes an index and what must survive it: insertion and removal in any order against a model, commits and what comes
// without one, a cache of a few pages, failing reads and writes.

import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ERROR } from "../../../scripts/vdfs/errors.ts";
import {
  COMPILE_TIMEOUT_MS,
  clustered,
  distanceOf,
  KIND,
  METRIC,
  Pages,
  randomNumbers,
  VectorError,
  type VectorIndex,
  VectorMachine,
} from "./machine.ts";

const DIMENSIONS = 12;
/** Of damaged indices; docs/fuzzing.md. */
const RUNS = Number(process.env.PHI_VECTOR_DAMAGES ?? 400);

let machine: VectorMachine;
beforeAll(async () => {
  machine = await VectorMachine.make();
}, COMPILE_TIMEOUT_MS);

/** The exact search finds exactly the model's vectors; the graph's finds most of them. */
function expectSame(index: VectorIndex, model: ReadonlyMap<string, Float32Array>, random: () => number): void {
  expect(index.size).toBe(model.size);
  const question = Float32Array.from({ length: DIMENSIONS }, random);
  const expected = [...model]
    .map(([name, vector]) => ({ name, distance: distanceOf(METRIC.l2, vector, question) }))
    .sort((a, b) => a.distance - b.distance);
  expect(index.search(question, 1000, 0).map(({ name }) => name)).toEqual(
    expected.map(({ name }) => name).slice(0, 1000),
  );
  const found = index.search(question, 5, 50).map(({ name }) => name);
  expect(found.every((name) => model.has(name))).toBe(true);
  expect(found).toHaveLength(Math.min(5, model.size));
  expect(found[0]).toBe(expected[0]?.name);
}

describe("insertion and removal", () => {
  it("any sequence leaves what a map would hold", () => {
    const step = fc.record({ name: fc.integer({ min: 0, max: 40 }), remove: fc.boolean(), seed: fc.integer() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer(), (steps, seed) => {
        const home = new Pages();
        const index = machine.create({ dimensions: DIMENSIONS, metric: METRIC.l2, links: 6, breadth: 40 }, home);
        const model = new Map<string, Float32Array>();
        for (const { name: number, remove, seed: own } of steps) {
          const name = `name ${number}`;
          const vector = Float32Array.from({ length: DIMENSIONS }, randomNumbers(own));
          if (remove) expect(index.remove(name)).toBe(model.delete(name) ? 0 : ERROR.NOT_FOUND);
          else if (model.has(name)) expect(index.insert(name, vector)).toBe(ERROR.EXISTS);
          else {
            expect(index.insert(name, vector)).toBeGreaterThanOrEqual(0);
            model.set(name, vector);
          }
        }
        expectSame(index, model, randomNumbers(seed));
        index.close();
      }),
      { numRuns: 60 },
    );
  });

  it("half of the vectors removed and others in their place: what is there is found as before", () => {
    const vectors = clustered(2400, DIMENSIONS, 1);
    const home = new Pages();
    const index = machine.create({ dimensions: DIMENSIONS, metric: METRIC.l2, links: 8, breadth: 80 }, home);
    const model = new Map<string, Float32Array>();
    for (const [place, vector] of vectors.slice(0, 1600).entries()) {
      index.insert(`v${place}`, vector);
      model.set(`v${place}`, vector);
    }
    for (let place = 0; place < 1600; place += 2) {
      expect(index.remove(`v${place}`)).toBe(0);
      model.delete(`v${place}`);
    }
    const measure = (): number => {
      let hits = 0;
      for (const [, question] of [...model].slice(0, 100)) {
        const expected = [...model]
          .map(([name, vector]) => ({ name, distance: distanceOf(METRIC.l2, vector, question) }))
          .sort((a, b) => a.distance - b.distance)
          .slice(0, 10)
          .map(({ name }) => name);
        hits += index.search(question, 10, 60).filter(({ name }) => expected.includes(name)).length;
      }
      return hits / 1000;
    };
    expect(measure()).toBeGreaterThan(0.95);
    for (const [place, vector] of vectors.entries()) {
      if (place < 1600) continue;
      expect(index.insert(`v${place}`, vector)).toBeLessThan(1600);
      model.set(`v${place}`, vector);
    }
    expect(measure()).toBeGreaterThan(0.95);
    index.close();
  });
});

describe("pages", () => {
  it("a committed index is the same after it was opened again, by a machine that never saw it", async () => {
    const vectors = clustered(700, DIMENSIONS, 2);
    for (const kind of Object.values(KIND)) {
      const home = new Pages();
      const index = machine.create({ dimensions: DIMENSIONS, metric: METRIC.l2, kind }, home);
      const tag = index.tag("tagged");
      for (const [place, vector] of vectors.entries()) index.insert(`v${place}`, vector, place % 3 === 0 ? tag : 0n);
      for (let place = 0; place < 700; place += 7) index.remove(`v${place}`);
      expect(index.commit()).toBe(0);
      const other = (await VectorMachine.make()).open(home.copy());
      expect(other.size).toBe(600);
      for (const question of clustered(10, DIMENSIONS, 9)) {
        expect(other.search(question, 10, 50)).toEqual(index.search(question, 10, 50));
        expect(other.search(question, 10, 50, "v1", tag)).toEqual(index.search(question, 10, 50, "v1", tag));
      }
      // both go on the same way
      const more = clustered(50, DIMENSIONS, 4);
      for (const [place, vector] of more.entries())
        expect(other.insert(`w${place}`, vector)).toBe(index.insert(`w${place}`, vector));
      expect(other.search(more[3] as Float32Array, 5, 50)).toEqual(index.search(more[3] as Float32Array, 5, 50));
      index.close();
    }
  });

  it("what was not committed is not there, and what was is untouched", () => {
    const vectors = clustered(300, DIMENSIONS, 5);
    // eight pages in memory: most of the changes below leave it before the commit that never comes
    const home = new Pages();
    const index = machine.create({ dimensions: DIMENSIONS, metric: METRIC.l2, cacheBytes: 0 }, home);
    for (const [place, vector] of vectors.slice(0, 200).entries()) index.insert(`v${place}`, vector);
    expect(index.commit()).toBe(0);
    const before = index.search(vectors[0] as Float32Array, 10, 50);
    for (const [place, vector] of vectors.slice(200).entries()) index.insert(`w${place}`, vector);
    for (let place = 0; place < 200; place += 2) index.remove(`v${place}`);
    const again = machine.open(home.copy());
    expect(again.size).toBe(200);
    expect(again.find("w0")).toBe(-1);
    expect(again.search(vectors[0] as Float32Array, 10, 50)).toEqual(before);
    index.close();
  });

  it("with eight pages in memory the answers are the same, and a search reads only what it touches", () => {
    const vectors = clustered(3000, 40, 6);
    const home = new Pages();
    const large = machine.create({ dimensions: 40 }, home);
    for (const [place, vector] of vectors.entries()) large.insert(`v${place}`, vector);
    large.commit();
    const small = machine.open(home.copy(), 0);
    for (const question of clustered(5, 40, 7))
      expect(small.search(question, 10, 40)).toEqual(large.search(question, 10, 40));
    const copied = home.copy();
    const cold = machine.open(copied);
    cold.search(vectors[17] as Float32Array, 3, 10);
    expect(copied.reads).toBeLessThan(home.durable.size / 2);
    for (const [place, vector] of clustered(40, 40, 8).entries())
      expect(small.insert(`w${place}`, vector)).toBe(large.insert(`w${place}`, vector));
    expect(small.search(vectors[5] as Float32Array, 10, 40)).toEqual(large.search(vectors[5] as Float32Array, 10, 40));
  });

  it("a page that cannot be read or written is the answer, and the committed index stays good", () => {
    const vectors = clustered(400, DIMENSIONS, 3);
    const home = new Pages();
    const index = machine.create({ dimensions: DIMENSIONS, metric: METRIC.l2, cacheBytes: 0 }, home);
    for (const [place, vector] of vectors.slice(0, 300).entries()) index.insert(`v${place}`, vector);
    index.commit();
    let failures = 0;
    for (let after = 0; after < 120; after += 3) {
      const pages = home.copy();
      const own = machine.open(pages, 0);
      pages.failAfter = after;
      try {
        own.search(vectors[after] as Float32Array, 5, 30);
      } catch (error) {
        expect((error as VectorError).error).toBe(ERROR.DEVICE);
        failures++;
      }
      const answers = vectors.slice(300).map((vector, place) => own.insert(`w${place}`, vector));
      expect(answers).toContain(ERROR.DEVICE);
      own.close();
      const again = machine.open(pages.copy());
      expect(again.size).toBe(300);
      again.close();
    }
    expect(failures).toBeGreaterThan(3);
  });
});

describe("damaged pages", () => {
  it("a header that claims more pages than there may be is refused, not believed", () => {
    const home = new Pages();
    const index = machine.create({ dimensions: DIMENSIONS }, home);
    index.insert("one", new Float32Array(DIMENSIONS));
    index.commit();
    const header = new DataView((home.durable.get(Pages.key(0, 0)) as Uint8Array).buffer);
    header.setUint32(32, 1 << 26, true);
    expect(() => machine.open(home.copy(), 0)).toThrow(VectorError);
  });

  it("a vector of another length than the index has is refused", () => {
    const index = machine.create({ dimensions: DIMENSIONS }, new Pages());
    expect(() => index.insert("one", new Float32Array(DIMENSIONS + 1))).toThrow(VectorError);
    expect(() => index.search(new Float32Array(1), 5, 30)).toThrow(VectorError);
  });

  it("any bytes in them give an answer, an error or fewer results: never a trap, never a vector that is not there", () => {
    const vectors = clustered(500, DIMENSIONS, 11);
    const home = new Pages();
    const index = machine.create({ dimensions: DIMENSIONS, metric: METRIC.l2 }, home);
    for (const [place, vector] of vectors.entries()) index.insert(`v${place}`, vector);
    for (let place = 0; place < 500; place += 5) index.remove(`v${place}`);
    index.commit();
    const keys = [...home.durable.keys()];
    let errors = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 4095 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (changes, isHeader) => {
          const pages = home.copy();
          for (const [which, at, value] of changes) {
            const page = pages.durable.get(
              isHeader ? Pages.key(0, 0) : (keys[which % keys.length] as number),
            ) as Uint8Array;
            page[isHeader ? at % 80 : at] = value;
          }
          errors += tryAll(pages, vectors) ? 1 : 0;
        },
      ),
      { numRuns: RUNS },
    );
    expect(errors).toBeGreaterThan(20);
  });
});

/** Uses an index in every way; true: there was an error. Anything but an error number is a failure of the test. */
function tryAll(pages: Pages, vectors: readonly Float32Array[]): boolean {
  try {
    const own = machine.open(pages);
    const answers = [
      ...vectors.slice(0, 6).map((vector) => own.search(vector, 5, 30).length),
      own.search(vectors[7] as Float32Array, 5, 30, "v1").length,
      own.find("v7"),
      own.remove("v8"),
      ...vectors.slice(0, 6).map((vector, place) => own.insert(`w${place}`, vector)),
      own.commit(),
    ];
    own.close();
    return answers.some((answer) => answer < -1);
  } catch (error) {
    if (error instanceof VectorError) return true;
    throw error;
  }
}
