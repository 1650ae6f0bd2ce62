// The index against brute force in double precision: every metric, both kinds, all sizes of vectors; filters; bad arguments.

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

let machine: VectorMachine;
beforeAll(async () => {
  machine = await VectorMachine.make();
}, COMPILE_TIMEOUT_MS);

function fill(index: VectorIndex, vectors: readonly Float32Array[]): void {
  for (const [place, vector] of vectors.entries()) expect(index.insert(`v${place}`, vector)).toBe(place);
}

function nearest(vectors: readonly Float32Array[], metric: number, question: Float32Array, count: number): string[] {
  return vectors
    .map((vector, place) => ({ name: `v${place}`, distance: distanceOf(metric, vector, question) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

function recall(found: readonly { name: string }[], expected: readonly string[]): number {
  return found.filter(({ name }) => expected.includes(name)).length / expected.length;
}

const CASES = Object.entries(METRIC).flatMap(([name, metric]) =>
  Object.entries(KIND).map(([kindName, kind]) => ({ what: `${name}, ${kindName}`, metric, kind })),
);

describe("nearest neighbours", () => {
  it.each(CASES)("$what: finds what brute force finds, at its distance", ({ metric, kind }) => {
    const vectors = clustered(1500, 48, 7);
    const index = machine.create({ dimensions: 48, metric, kind, links: 12, breadth: 100 }, new Pages());
    fill(index, vectors);
    let sum = 0;
    const random = randomNumbers(8);
    for (let asked = 0; asked < 40; asked++) {
      const question = (vectors[asked * 37] as Float32Array).map((value) => value + 0.2 * random());
      const expected = nearest(vectors, metric, question, 10);
      const found = index.search(question, 10, 80);
      sum += recall(found, expected);
      for (const { name, distance } of found)
        expect(distance).toBeCloseTo(distanceOf(metric, vectors[Number(name.slice(1))] as Float32Array, question), 3);
      expect(index.search(question, 10, 0).map(({ name }) => name)).toEqual(expected);
    }
    expect(sum / 40).toBeGreaterThan(0.93);
    index.close();
  });

  it.each([1, 2, 3, 7, 15, 16, 17, 100, 784, 4096])("takes vectors of %i dimensions", (dimensions) => {
    for (const kind of Object.values(KIND)) {
      const vectors = clustered(60, dimensions, dimensions);
      const index = machine.create({ dimensions, kind, metric: METRIC.l2 }, new Pages());
      fill(index, vectors);
      for (const [place, vector] of vectors.entries()) {
        const [best] = index.search(vector, 1, 60);
        expect(distanceOf(METRIC.l2, vectors[Number(best?.name.slice(1))] as Float32Array, vector)).toBeLessThan(1e-6);
        expect([...index.values(place)]).toEqual([...vector]);
      }
      index.close();
    }
  });

  it("answers what there is when more is asked for, and nothing of an empty index", () => {
    const index = machine.create({ dimensions: 4 }, new Pages());
    expect(index.search([1, 2, 3, 4], 5, 10)).toEqual([]);
    index.insert("one", [1, 0, 0, 0]);
    index.insert("two", [0, 1, 0, 0]);
    expect(index.search([0, 1, 0, 0], 5, 10).map(({ name }) => name)).toEqual(["two", "one"]);
    index.close();
  });
});

describe("unusual vectors", () => {
  it("a vector of zeros, constant vectors and many equal ones are kept and found", () => {
    for (const kind of Object.values(KIND))
      for (const metric of Object.values(METRIC)) {
        const index = machine.create({ dimensions: 5, kind, metric }, new Pages());
        expect(index.insert("zero", [0, 0, 0, 0, 0])).toBe(0);
        for (let i = 1; i <= 200; i++) expect(index.insert(`same${i}`, [2, 2, 2, 2, 2])).toBe(i);
        expect(index.search([2, 2, 2, 2, 2], 10, 50).every(({ name }) => name.startsWith("same"))).toBe(true);
        expect(index.search([0, 0, 0, 0, 0], 201, 300)).toHaveLength(201);
        index.close();
      }
  });

  it.each(CASES)("$what: many equal ones do not hide the others", ({ metric, kind }) => {
    const copies = 300;
    const others = clustered(1200, 32, 12);
    const index = machine.create({ dimensions: 32, metric, kind, links: 16, breadth: 100 }, new Pages());
    const vectors = [...Array.from({ length: copies }, () => others[0] as Float32Array), ...others.slice(1)];
    fill(index, vectors);
    let sum = 0;
    for (let asked = 1; asked <= 40; asked++) {
      const question = others[asked * 25] as Float32Array;
      sum += recall(index.search(question, 10, 80), nearest(vectors, metric, question, 10));
    }
    expect(sum / 40).toBeGreaterThan(0.9);
    const question = others[0] as Float32Array;
    const [best] = nearest(vectors, metric, question, 1).map((name) => vectors[Number(name.slice(1))] as Float32Array);
    const [found] = index.search(question, 1, 80);
    expect(found?.distance).toBeCloseTo(distanceOf(metric, best as Float32Array, question), 3);
    index.close();
  });

  it("numbers that are not finite, or too large to be squared, are refused: in the index and in a question", () => {
    const index = machine.create({ dimensions: 3 }, new Pages());
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30]) {
      expect(index.insert("bad", [1, value, 1])).toBe(ERROR.ARGUMENT);
      expect(() => index.search([1, value, 1], 1, 10)).toThrow(VectorError);
    }
    expect(index.size).toBe(0);
    expect(index.insert("bad", [1, 1e17, 1])).toBe(0);
    index.close();
  });

  it("shapes out of range are refused", () => {
    for (const shape of [
      { dimensions: 0 },
      { dimensions: 4097 },
      { dimensions: 8, metric: 0 },
      { dimensions: 8, metric: 4 },
      { dimensions: 8, kind: 3 },
      { dimensions: 8, links: 1 },
      { dimensions: 8, links: 65 },
      { dimensions: 8, links: 16, breadth: 15 },
      { dimensions: 8, breadth: 5000 },
    ])
      expect(() => machine.create(shape, new Pages())).toThrow(VectorError);
  });

  it("names: empty, too long and taken ones are refused; all others are found", () => {
    const index = machine.create({ dimensions: 2 }, new Pages());
    expect(index.insert("", [1, 2])).toBe(ERROR.ARGUMENT);
    expect(index.insert("x".repeat(256), [1, 2])).toBe(ERROR.ARGUMENT);
    for (let i = 0; i < 300; i++)
      expect(index.insert(`n${i}`.padEnd(1 + (i % 255), "é".slice(0, 1)).slice(0, 120) + i, [i, 1])).toBe(i);
    expect(index.insert("0", [1, 2])).toBeGreaterThanOrEqual(0);
    expect(index.insert("0", [1, 2])).toBe(ERROR.EXISTS);
    expect(index.find("0")).toBe(300);
    expect(index.find("absent")).toBe(-1);
    index.close();
  });
});

describe("filters", () => {
  it.each([1, 2, 3, 8])(
    "by inner product in %i dimensions: nothing that passes is missed for longer vectors that do not",
    (dimensions) => {
      const vectors = clustered(1500, dimensions, 11);
      const index = machine.create({ dimensions, metric: METRIC.inner, links: 16 }, new Pages());
      for (const [place, vector] of vectors.entries())
        index.insert(`${place % 20 === 0 ? "in/" : "out/"}${place}`, vector);
      const random = randomNumbers(12);
      for (let i = 0; i < 20; i++) {
        const question = Float32Array.from({ length: dimensions }, random);
        const among = vectors.filter((_, place) => place % 20 === 0);
        const expected = among.map((vector) => distanceOf(METRIC.inner, vector, question)).sort((a, b) => a - b);
        const found = index.search(question, 10, 80, "in/");
        for (const [place, { distance }] of found.entries()) expect(distance).toBeCloseTo(expected[place] as number, 4);
        expect(found).toHaveLength(10);
      }
      index.close();
    },
  );

  it.each([2, 20, 500])("by prefix and by tag, one in %i: as brute force among those", (one) => {
    const vectors = clustered(1500, 24, 3);
    const index = machine.create({ dimensions: 24, metric: METRIC.l2 }, new Pages());
    const tag = index.tag("odd");
    const other = index.tag("other");
    for (const [place, vector] of vectors.entries())
      index.insert(`${place % one === 0 ? "in/" : "out/"}${place}`, vector, place % one === 1 ? tag | other : other);
    const random = randomNumbers(5);
    for (let i = 0; i < 10; i++) {
      const question = Float32Array.from({ length: 24 }, random);
      const among = (rest: number): string[] =>
        vectors
          .flatMap((vector, place) =>
            place % one === rest ? [{ place, distance: distanceOf(METRIC.l2, vector, question) }] : [],
          )
          .sort((a, b) => a.distance - b.distance)
          .slice(0, 3)
          .map(({ place }) => `${rest === 0 ? "in/" : "out/"}${place}`);
      const byPrefix = index.search(question, 3, 60, "in/");
      const byTag = index.search(question, 3, 60, "", tag);
      expect(byPrefix.every(({ name }) => name.startsWith("in/"))).toBe(true);
      expect(recall(byPrefix, among(0))).toBeGreaterThan(0.6);
      expect(recall(byTag, among(1))).toBeGreaterThan(0.6);
      expect(index.search(question, 3, 60, "out/", tag).map(({ name }) => name)).toEqual(byTag.map(({ name }) => name));
    }
    expect(index.search(vectors[0] as Float32Array, 3, 60, "nothing")).toEqual([]);
    index.close();
  });
});
