// What is taken for a disk image, and what is not overwritten: a sentence that says what is wrong and what to do, and the file untouched.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { create, get, put } from "../../../scripts/phi/disk.ts";
import { checkImage, checkNew, checkUnused, lockImage } from "../../../scripts/phi/disk-image.ts";

const PAGE = 4096;
const PAGES = 256;

let directory = "";
let image = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "disk-image-"));
  image = join(directory, "image");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A file with superblocks at the places that the format names; of `version`. */
function disk(version: number): Buffer {
  const bytes = Buffer.alloc(PAGES * PAGE);
  for (const page of [0, 1, PAGES - 2, PAGES - 1]) {
    bytes.write("PhiVDFS1", page * PAGE);
    bytes.writeUInt32LE(version, page * PAGE + 8);
    bytes.writeBigUInt64LE(BigInt(PAGES), page * PAGE + 16);
  }
  return bytes;
}

test.each([
  ["an empty file", Buffer.alloc(0), /is an empty file/],
  ["a few bytes", Buffer.from("some text"), /holds no VDFS disk/],
  ["zeros", Buffer.alloc(PAGES * PAGE), /holds no VDFS disk/],
  ["another version", disk(1), /version 1 .* reads version 2/],
  ["half of a disk", disk(2).subarray(0, (PAGES / 2) * PAGE), /cut short: 524288 of 1048576 bytes/],
])("%s is refused and stays as it is", (_what, bytes, message) => {
  writeFileSync(image, bytes);
  expect(() => checkImage(image)).toThrow(message);
  expect(readFileSync(image).equals(bytes)).toBe(true);
});

test("one good copy of the superblock at either end is enough", () => {
  const bytes = disk(2);
  writeFileSync(image, bytes.fill(0, 0, 2 * PAGE));
  checkImage(image);
  writeFileSync(image, disk(2).fill(0, (PAGES - 2) * PAGE));
  checkImage(image);
});

test("a copy whose version or size lies is passed over for a whole one", () => {
  for (const [at, what] of [
    [8, "version"],
    [17, "size"],
  ] as const) {
    const bytes = disk(2);
    bytes[at] = 0x43;
    writeFileSync(image, bytes);
    expect(() => checkImage(image), what).not.toThrow();
  }
});

test("what is missing, or no file, is refused", () => {
  expect(() => checkImage(image)).toThrow(/there is no/);
  expect(() => checkImage(directory)).toThrow(/is no file/);
  expect(() => checkNew(directory, true)).toThrow(/is no file/);
  expect(() => checkNew(join(directory, "none/image"), false)).toThrow(/cannot be written/);
});

test("a file that holds something is replaced only when asked to", () => {
  writeFileSync(image, "a letter");
  expect(() => checkNew(image, false)).toThrow(/exists/);
  checkNew(image, true);
  expect(readFileSync(image, "latin1")).toBe("a letter");
  truncateSync(image);
  checkNew(image, false);
});

test("an image that somebody has locked is not written", async () => {
  writeFileSync(image, disk(2));
  checkUnused(image);
  const holder = spawn("flock", [image, "sh", "-c", "echo held; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  expect(() => checkUnused(image)).toThrow(/is in use/);
  expect(() => checkNew(image, true)).toThrow(/is in use/);
  const ended = new Promise((resolve) => holder.once("close", resolve));
  holder.stdin.end();
  await ended;
  checkUnused(image);
});

test("an image is locked for one at a time, until its descriptor is closed", () => {
  writeFileSync(image, disk(2));
  const [first, second] = [openSync(image, "r+"), openSync(image, "r+")];
  lockImage(first, image);
  expect(() => lockImage(second, image)).toThrow(/is in use/);
  expect(() => checkUnused(image)).toThrow(/is in use/);
  closeSync(first);
  lockImage(second, image);
  closeSync(second);
  checkUnused(image);
});

test("an image is not overwritten by what is got out of it", async () => {
  await create(image, "1M");
  await put(image, [image], {});
  const before = readFileSync(image);
  for (const [path, to] of [
    ["image", image],
    ["/", directory],
  ] as const)
    await expect(get(image, path, to, {})).rejects.toThrow(/it is the disk image itself/);
  expect(readFileSync(image).equals(before)).toBe(true);
}, 240_000);
