// The parameters entry: what a value may hold, and that lines stay lines.

import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeParameters } from "../../../scripts/phi/parameters.ts";

const decode = (value: string): string =>
  value.replace(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));

test("any value without zero bytes survives", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", ""))), (values) => {
      const encoded = new TextDecoder().decode(
        encodeParameters(values.map((value) => ["run.arg", value.toWellFormed()])),
      );
      const lines = encoded.split("\n").slice(0, -1);
      expect(lines.map((line) => decode(line.slice("run.arg=".length)))).toEqual(
        values.map((value) => value.toWellFormed()),
      );
    }),
  );
});

test("a zero byte is refused", () => {
  expect(() => encodeParameters([["run.arg", "a\0b"]])).toThrow(/zero byte/);
});
