// The kept corpora, one input a line in base64: the kernel's tests/fuzz/corpus/inputs.txt, shortest first, as libFuzzer minimised it, and found.txt,
// which show bugs that were real, whatever they cover; a service's TARGET.txt; and seeds.txt, by target and seeded bug an input that shows it.
// Called by `phi fuzz` and the tests.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The kernel as a target. */
export const KERNEL = "kernel";
const CORPUS = "tests/fuzz/corpus";
const FOUND = `${CORPUS}/found.txt`;
const SEEDS = `${CORPUS}/seeds.txt`;

const kept = (target: string): string => `${CORPUS}/${target === KERNEL ? "inputs" : target}.txt`;

function inputs(root: string, file: string): string[] {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

/** What shows the seeded bugs of a target: by the bug's name an input in base64. */
export function seedInputs(root: string, target: string): ReadonlyMap<string, string> {
  const lines = inputs(root, SEEDS).map((line) => line.split(" "));
  return new Map(lines.filter(([of]) => of === target).map(([, bug = "", input = ""]) => [bug, input]));
}

/** Unpacks the kept inputs into a directory, one file each; answers how many. */
export function unpackCorpus(root: string, directory: string, target: string): number {
  mkdirSync(directory, { recursive: true });
  const found = target === KERNEL ? inputs(root, FOUND) : [];
  const lines = [...found, ...seedInputs(root, target).values(), ...inputs(root, kept(target))];
  lines.forEach((line, index) => {
    writeFileSync(join(directory, `kept-${String(index).padStart(5, "0")}`), Buffer.from(line, "base64"));
  });
  return lines.length;
}

/** Makes the directory's inputs the kept ones. */
export function packCorpus(root: string, directory: string, target: string): number {
  const found = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  found.sort((left, right) => left.length - right.length || Buffer.compare(left, right));
  writeFileSync(join(root, kept(target)), `${found.map((bytes) => bytes.toString("base64")).join("\n")}\n`);
  return found.length;
}
