// Stamps: fresh only while the inputs' fingerprint is the same and the outputs exist.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readStamp, writeStamp } from "../../../scripts/phi/freshness.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "freshness-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a stamp answers its value until fingerprint or outputs change", () => {
  const stamp = join(directory, "stamp");
  const output = join(directory, "output");
  writeFileSync(output, "x");
  expect(readStamp(stamp, "a")).toBeUndefined();
  writeStamp(stamp, { fingerprint: "a", outputs: [output], value: 7 });
  expect(readStamp(stamp, "a")).toBe(7);
  expect(readStamp(stamp, "b")).toBeUndefined();
  rmSync(output);
  expect(readStamp(stamp, "a")).toBeUndefined();
});

test("a damaged stamp is not fresh", () => {
  const stamp = join(directory, "stamp");
  writeFileSync(stamp, '{"fingerprint":"a","outp');
  expect(readStamp(stamp, "a")).toBeUndefined();
});
