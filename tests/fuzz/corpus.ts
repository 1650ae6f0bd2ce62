// The kept corpus: tests/fuzz/corpus/inputs.txt, one input a line in base64, shortest first. Called by `phi fuzz` and the test.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEPT = "tests/fuzz/corpus/inputs.txt";

/** Unpacks the kept inputs into a directory, one file each; answers how many. */
export function unpackCorpus(root: string, directory: string): number {
  mkdirSync(directory, { recursive: true });
  const path = join(root, KEPT);
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  lines.forEach((line, index) => {
    writeFileSync(join(directory, `kept-${String(index).padStart(5, "0")}`), Buffer.from(line, "base64"));
  });
  return lines.length;
}

/** Makes the directory's inputs the kept ones. */
export function packCorpus(root: string, directory: string): number {
  const inputs = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  inputs.sort((left, right) => left.length - right.length || Buffer.compare(left, right));
  writeFileSync(join(root, KEPT), `${inputs.map((bytes) => bytes.toString("base64")).join("\n")}\n`);
  return inputs.length;
}
