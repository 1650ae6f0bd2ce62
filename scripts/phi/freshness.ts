// Decides in milliseconds whether something built is still up to date, without loading the toolchain. A stamp keeps a
// fingerprint of all inputs (path, size, time of change) and the outputs' names; equal fingerprint and outputs present: fresh.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT, writeWhole } from "./paths.ts";

/** Everything a boot image is made from, relative to the root. */
export const IMAGE_INPUTS = ["boot", "hal", "kernel", "services", "images", "linker", "package-lock.json"] as const;

/** A hash over names, sizes and times of all files below the given paths. */
export function fingerprint(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) addPath(hash, path);
  return hash.digest("hex");
}

function addPath(hash: ReturnType<typeof createHash>, path: string): void {
  const status = statSync(join(ROOT, path), { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) {
    hash.update(`${path}\0${status.size}\0${status.mtimeMs}\n`);
    return;
  }
  for (const name of readdirSync(join(ROOT, path)).sort()) addPath(hash, join(path, name));
}

interface Stamp<T> {
  readonly fingerprint: string;
  readonly outputs: readonly string[];
  readonly value: T;
}

/** The stamped value if the fingerprint is the same and every output still exists. */
export function readStamp<T>(file: string, current: string): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const stamp = JSON.parse(readFileSync(file, "utf8")) as Stamp<T>;
    return stamp.fingerprint === current && stamp.outputs.every((path) => existsSync(path)) ? stamp.value : undefined;
  } catch {
    return undefined; // a damaged stamp only costs a rebuild
  }
}

export function writeStamp<T>(file: string, stamp: Stamp<T>): void {
  writeWhole(file, JSON.stringify(stamp));
}
