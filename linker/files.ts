// Files of the build: atomic writes, content hashes, the layout of build/. Called by all of linker/.
// Invariant: a file under build/ is either absent or complete: it is written aside and renamed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Architecture } from "./abi/constants.ts";

let serial = 0;

/** A name beside `path` that no other process or call uses. */
export function temporaryName(path: string): string {
  serial += 1;
  return `${path}.${process.pid}.${serial}.new`;
}

export function writeAtomically(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes only when the content differs, so that time stamps mean something. Answers whether it wrote. */
export function writeIfChanged(path: string, content: Uint8Array | string): boolean {
  if (existsSync(path)) {
    const old = readFileSync(path);
    if (old.equals(typeof content === "string" ? Buffer.from(content) : content)) return false;
  }
  writeAtomically(path, content);
  return true;
}

/** SHA-256 of all parts, each prefixed by its length, as hexadecimal: the key of the object cache. */
export function contentKey(...parts: (Uint8Array | string)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

/** Where the products of one architecture lie. */
export class BuildTree {
  readonly root: string;
  readonly architecture: Architecture;

  constructor(root: string, architecture: Architecture) {
    this.root = root;
    this.architecture = architecture;
  }

  get directory(): string {
    return join(this.root, "build", this.architecture);
  }

  get cache(): string {
    return join(this.root, "build/cache");
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }
}
