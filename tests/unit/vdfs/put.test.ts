// `phi disk put` on a disk that has too little room: what was there stays, nothing half is left, and the error says what it was about.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MemoryDisk } from "../../../scripts/vdfs/disk.ts";
import { ROOT_NODE, Store } from "../../../scripts/vdfs/store.ts";
import { emptyCount, putIn, resolve } from "../../../scripts/vdfs/tree.ts";

const PAGES = 256;
const COMPILE_MS = 240_000;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "put-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function source(name: string, content: Uint8Array | string): string {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

/** Bytes that nothing makes smaller. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >> 16;
  });
}

it(
  "replaces whole files, or nothing",
  async () => {
    const disk = new MemoryDisk(PAGES);
    const store = await Store.create(disk);
    store.format([7n, 8n]);
    const content = (name: string): string => Buffer.from(store.readAll(resolve(store, name).node)).toString();
    putIn(store, source("old", "what was there"), ROOT_NODE, "name", emptyCount());
    const large = source("large", noise(2 * PAGES * 4096));
    expect(() => putIn(store, large, ROOT_NODE, "name", emptyCount())).toThrow(/large: .*no room left \(-43\)/);
    expect(() => putIn(store, large, ROOT_NODE, "other", emptyCount())).toThrow(/no room left/);
    expect([store.list(ROOT_NODE).map(({ name }) => name), content("name")]).toEqual([["name"], "what was there"]);
    const count = emptyCount();
    putIn(store, source("new", "newer"), ROOT_NODE, "name", count);
    symlinkSync("name", join(directory, "link"));
    putIn(store, join(directory, "link"), ROOT_NODE, "link", count);
    expect([content("name"), content("link"), count]).toEqual([
      "newer",
      "name",
      { files: 1, directories: 0, links: 1, bytes: 5 },
    ]);
    // names such as those that are used until a file is whole are files of somebody's too
    const alike = [".phi-disk-put", ".phi-disk-put-0123456789abcdef"];
    for (const name of alike) store.write(store.create(ROOT_NODE, name), 0, Buffer.from(name));
    putIn(store, source(".phi-disk-put", "its own"), ROOT_NODE, "another", count);
    expect(alike.map(content)).toEqual(alike);
    expect(store.list(ROOT_NODE)).toHaveLength(5);
    expect(() => resolve(store, "name/x")).toThrow(/name\/x: .*needs a directory/);
  },
  COMPILE_MS,
);
