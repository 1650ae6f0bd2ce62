// Trees between the host and a store, where names are no text, times are before 1970, some things are no files, and a disk is damaged.
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MemoryDisk, PAGE_BYTES } from "../../../scripts/vdfs/disk.ts";
import { ERROR } from "../../../scripts/vdfs/errors.ts";
import { bytesOf, nameOf, shown } from "../../../scripts/vdfs/names.ts";
import { type Entry, KIND, ROOT_NODE, Store } from "../../../scripts/vdfs/store.ts";
import { emptyCount, getOut, putIn, removeTree, resolve, scrub } from "../../../scripts/vdfs/tree.ts";

const COMPILE_MS = 240_000;
const DEPTH = 20_000;
const ROOT_ENTRY: Entry = { name: "", node: ROOT_NODE, kind: KIND.directory };
/** Two that are one when what is no UTF-8 is replaced; and what has been made of others before. */
const NAMES = [
  Buffer.of(0x66, 0xff),
  Buffer.of(0x66, 0xfe),
  Buffer.from("f\u00ff"),
  Buffer.from("f\ufffd"),
  Buffer.from("\u{10480}"),
];

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "trees-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function freshStore(): Promise<{ readonly store: Store; readonly disk: MemoryDisk }> {
  const disk = new MemoryDisk(256);
  const store = await Store.create(disk);
  store.format([7n, 8n]);
  return { store, disk };
}

it("names are strings and bytes again, and one line when they are shown", () => {
  for (const name of NAMES) expect(bytesOf(nameOf(name))).toEqual(name);
  expect(new Set(NAMES.map(nameOf)).size).toBe(NAMES.length);
  expect(bytesOf(`ü/${nameOf(NAMES[0] as Buffer)}`)).toEqual(Buffer.concat([Buffer.from("ü/"), NAMES[0] as Buffer]));
  expect(shown(`a\nb\x1b[31m ü ${nameOf(NAMES[0] as Buffer)}`)).toBe("a\\x0ab\\x1b[31m ü f\\xff");
});

it(
  "files of any name and of any time go in and come out",
  async () => {
    const source = Buffer.from(join(directory, "source/"));
    mkdirSync(source);
    for (const [number, name] of NAMES.entries()) writeFileSync(Buffer.concat([source, name]), `content ${number}`);
    writeFileSync(Buffer.concat([source, Buffer.from("old")]), "");
    utimesSync(Buffer.concat([source, Buffer.from("old")]), new Date(-1e12), new Date(-1e12));
    symlinkSync(Buffer.of(0x74, 0xff), Buffer.concat([source, Buffer.of(0x6c, 0xff)]));
    const server = createServer();
    await new Promise<void>((listening) => server.listen(join(directory, "source/socket"), listening));
    const { store } = await freshStore();
    const skipped: string[] = [];
    putIn(store, join(directory, "source"), ROOT_NODE, "tree", emptyCount(), (path) => skipped.push(path));
    await new Promise((closed) => server.close(closed));
    expect(skipped).toEqual([join(directory, "source/socket")]);
    expect(store.status(resolve(store, "tree/old").node).modified).toBe(0n);

    const out = join(directory, "out");
    expect(getOut(store, resolve(store, "tree"), "tree", out, emptyCount())).toEqual([]);
    const path = (name: Buffer): Buffer => Buffer.concat([Buffer.from(`${out}/`), name]);
    expect(NAMES.map((name) => readFileSync(path(name), "utf8"))).toEqual(
      NAMES.map((_name, number) => `content ${number}`),
    );
    expect(readlinkSync(path(Buffer.of(0x6c, 0xff)), { encoding: "buffer" })).toEqual(Buffer.of(0x74, 0xff));
    expect(readdirSync(out)).toHaveLength(NAMES.length + 2);
  },
  COMPILE_MS,
);

it(
  "what is damaged is left out and named, and the rest comes out",
  async () => {
    const { store, disk } = await freshStore();
    mkdirSync(join(directory, "source/deep"), { recursive: true });
    const mark = "in this page there will be another bit";
    writeFileSync(join(directory, "source/deep/bad"), mark.padEnd(PAGE_BYTES));
    for (const name of ["deep/good", "last"]) writeFileSync(join(directory, "source", name), name);
    putIn(store, join(directory, "source"), ROOT_NODE, "tree", emptyCount());
    store.call("checkpoint");
    const into = new Uint8Array(PAGE_BYTES);
    for (const page of disk.written()) {
      disk.read(page, into);
      if (Buffer.from(into).includes(mark)) disk.damage(page, (bytes) => bytes.reverse());
    }
    const hurt = await Store.create(disk);
    hurt.mount(true);
    const out = join(directory, "out");
    const count = emptyCount();
    expect(getOut(hurt, ROOT_ENTRY, "", out, count)).toEqual([{ path: "tree/deep/bad", error: ERROR.DAMAGED }]);
    expect(readdirSync(out, { recursive: true }).sort()).toEqual(["tree", "tree/deep", "tree/deep/good", "tree/last"]);
    expect(count).toEqual({ files: 2, directories: 3, links: 0, bytes: "deep/good".length + "last".length });
  },
  COMPILE_MS,
);

it(
  "a tree that is deeper than any call stack is verified and removed; a host's paths end before it does",
  async () => {
    const disk = new MemoryDisk(8192);
    const store = await Store.create(disk);
    store.format([7n, 8n]);
    let node = ROOT_NODE;
    for (let depth = 0; depth < DEPTH; depth++) node = store.create(node, "d", KIND.directory);
    store.create(node, "bottom");
    const count = emptyCount();
    expect(scrub(store, ROOT_ENTRY, count)).toEqual([]);
    expect(count).toEqual({ files: 1, directories: DEPTH + 1, links: 0, bytes: 0 });
    expect(() => getOut(store, resolve(store, "d"), "d", join(directory, "out"), emptyCount())).toThrow(/ENAMETOOLONG/);
    execFileSync("rm", ["-r", join(directory, "out")]); // Node's own recursion does not reach the end
    removeTree(store, ROOT_NODE, "d");
    expect(store.list(ROOT_NODE)).toEqual([]);
  },
  COMPILE_MS,
);
