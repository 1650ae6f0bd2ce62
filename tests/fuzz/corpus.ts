// The kept corpus, one input a line in base64: tests/fuzz/corpus/inputs.txt, shortest first, as libFuzzer minimised it, and found.txt,
// which show bugs that were real, whatever they cover. Called by `phi fuzz` and the test.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEPT = "tests/fuzz/corpus/inputs.txt";
const FOUND = "tests/fuzz/corpus/found.txt";

function inputs(root: string, file: string): string[] {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

/** Unpacks the kept inputs into a directory, one file each; answers how many. */
export function unpackCorpus(root: string, directory: string): number {
  mkdirSync(directory, { recursive: true });
  const lines = [...inputs(root, FOUND), ...inputs(root, KEPT)];
  lines.forEach((line, index) => {
    writeFileSync(join(directory, `kept-${String(index).padStart(5, "0")}`), Buffer.from(line, "base64"));
  });
  return lines.length;
}

/** Makes the directory's inputs the kept ones. */
export function packCorpus(root: string, directory: string): number {
  const kept = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  kept.sort((left, right) => left.length - right.length || Buffer.compare(left, right));
  writeFileSync(join(root, KEPT), `${kept.map((bytes) => bytes.toString("base64")).join("\n")}\n`);
  return kept.length;
}
