// What is wrong with a file that is no disk of this version, in a sentence, from its superblocks (docs/vdfs-format.md) alone. `phi disk` and
// `phi run --disk` ask before anything is read or booted. It never writes, and never advises what would lose what the file may still hold.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { PAGE_BYTES } from "./disk.ts";

export interface Diagnosis {
  readonly fault: string;
  readonly advice: string;
}

const MAGIC = "PhiVDFS1";
const VERSION = 2;
const VERSION_AT = 8;
const PAGES_AT = 16;
const PAGES_MIN = 128;
const FIELDS_BYTES = 24;

/** undefined: the file looks like a disk. */
export function diagnoseImage(path: string): Diagnosis | undefined {
  const descriptor = openSync(path, "r");
  try {
    return diagnose(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function diagnose(descriptor: number, bytes: number): Diagnosis | undefined {
  const pages = Math.floor(bytes / PAGE_BYTES);
  const copies = [0, 1, pages - 2, pages - 1].map((page) => fields(descriptor, page));
  const named = copies.filter((copy) => copy.toString("latin1", 0, MAGIC.length) === MAGIC);
  const isWhole = (copy: Buffer): boolean =>
    copy.readUInt32LE(VERSION_AT) === VERSION && copy.readBigUInt64LE(PAGES_AT) <= BigInt(pages);
  // one copy that can be right is enough: which one is, the store finds out by their checks
  if (pages >= PAGES_MIN && named.some(isWhole)) return undefined;
  const superblock = named[0];
  const advice = "Give an image that phi disk create made.";
  if (superblock === undefined)
    return {
      fault: bytes === 0 ? "is an empty file" : "holds no VDFS disk (no superblock begins with its name)",
      advice,
    };
  const version = superblock.readUInt32LE(VERSION_AT);
  if (version !== VERSION) {
    const how = "Get its files out with the phi that wrote it (phi disk get), and put them into a new image.";
    return { fault: `is of version ${version} of the disk format; this phi reads version ${VERSION}`, advice: how };
  }
  const whole = superblock.readBigUInt64LE(PAGES_AT);
  return {
    fault: `is cut short: ${bytes} of ${whole * BigInt(PAGE_BYTES)} bytes are there`,
    advice: "Copy it again from where it is whole; nothing of it was changed.",
  };
}

function fields(descriptor: number, page: number): Buffer {
  const bytes = Buffer.alloc(FIELDS_BYTES);
  if (page >= 0) readSync(descriptor, bytes, 0, FIELDS_BYTES, page * PAGE_BYTES);
  return bytes;
}
