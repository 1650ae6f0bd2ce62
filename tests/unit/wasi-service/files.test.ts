// Descriptors, packed directories and paths of the WASI companion against the errnos of the specification.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PackedDirectory, type PackedNode, packTree } from "../../../linker/pack/tree.ts";
import { COMPILE_TIMEOUT_MS, Companion, companionModule } from "./companion.ts";

const E = {
  OK: 0,
  AGAIN: 6,
  BADF: 8,
  EXIST: 20,
  FAULT: 21,
  ILSEQ: 25,
  INVAL: 28,
  ISDIR: 31,
  LOOP: 32,
  MFILE: 33,
  NAMETOOLONG: 37,
  NOENT: 44,
  NOSYS: 52,
  NOTDIR: 54,
  NOTSOCK: 57,
  PERM: 63,
  ROFS: 69,
  SPIPE: 70,
  NOTCAPABLE: 76,
} as const;
const RIGHT = {
  READ: 1n << 1n,
  SEEK: 1n << 2n,
  TELL: 1n << 5n,
  WRITE: 1n << 6n,
  READDIR: 1n << 14n,
  FILESTAT: 1n << 21n,
};
const READ_RIGHTS = RIGHT.READ | RIGHT.SEEK | RIGHT.TELL | RIGHT.FILESTAT | (1n << 7n) | (1n << 27n) | 1n | (1n << 4n);
const OFLAG = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };
const PATH = 0x100;
const RESULT = 0x80;
const PREOPEN = 3;

function directory(children: Record<string, PackedNode | string>): PackedDirectory {
  return {
    kind: "directory",
    modified: 7n,
    children: Object.entries(children).map(([name, node]) => ({
      name: Buffer.from(name),
      node:
        typeof node === "string"
          ? { kind: "file", content: Buffer.from(node), modified: 1_700_000_000_000_000_000n }
          : node,
    })),
  };
}

function link(target: string): PackedNode {
  return { kind: "link", target: Buffer.from(target) };
}

const TREE = packTree(
  directory({
    "hello.txt": "Hello, world!\n",
    empty: "",
    sub: directory({
      inner: "inner file",
      up: link("../hello.txt"),
      out: link("../../secret"),
      deep: directory({ leaf: "leaf" }),
    }),
    "to-file": link("hello.txt"),
    "to-sub": link("sub"),
    "to-sub-slash": link("sub/"),
    dangling: link("nowhere"),
    absolute: link("/etc/passwd"),
    "self-loop": link("self-loop"),
    "loop-a": link("loop-b"),
    "loop-b": link("loop-a"),
    void: link(""),
    ...Object.fromEntries(
      Array.from({ length: 42 }, (_, i) => [`chain-${i}`, link(i === 0 ? "hello.txt" : `chain-${i - 1}`)]),
    ),
    größe: "umlaut",
  }),
);

let c: Companion;

beforeAll(companionModule, COMPILE_TIMEOUT_MS);

beforeEach(async () => {
  c = new Companion(await companionModule(), { directories: ["/data"], trees: [TREE] });
});

function open(
  path: string | Uint8Array,
  options: { fd?: number; follow?: boolean; oflags?: number; rights?: bigint; inheriting?: bigint } = {},
): number {
  const length = c.put(PATH, path);
  const { fd = PREOPEN, follow = false, oflags = 0, rights = READ_RIGHTS, inheriting = 0n } = options;
  return c.call("path_open", fd, follow ? 1 : 0, PATH, length, oflags, rights, inheriting, 0, RESULT);
}

function opened(): number {
  return c.view().getUint32(RESULT, true);
}

function mustOpen(path: string, options: Parameters<typeof open>[1] = {}): number {
  expect(open(path, options)).toBe(E.OK);
  return opened();
}

/** fd_read into one vector at 0x1000. */
function read(fd: number, length: number): string {
  c.view().setUint32(0x200, 0x1000, true);
  c.view().setUint32(0x204, length, true);
  expect(c.call("fd_read", fd, 0x200, 1, RESULT)).toBe(E.OK);
  return c.program(0x1000, opened()).toString();
}

describe("path_open", () => {
  it.each([
    ["hello.txt", E.OK],
    ["sub", E.OK],
    ["sub/", E.OK],
    ["sub///", E.OK],
    [".", E.OK],
    ["./", E.OK],
    ["sub/..", E.OK],
    ["sub/../hello.txt", E.OK],
    ["sub/.//deep/../../sub/deep/../deep///./leaf", E.OK],
    ["größe", E.OK],
    ["", E.NOENT],
    ["nowhere", E.NOENT],
    ["nowhere/", E.NOENT],
    ["nowhere/file", E.NOENT],
    ["hello.txt/", E.NOTDIR],
    ["hello.txt///", E.NOTDIR],
    ["hello.txt/.", E.NOTDIR],
    ["hello.txt/..", E.NOTDIR],
    ["hello.txt/x", E.NOTDIR],
    ["..", E.PERM],
    ["../", E.PERM],
    ["sub/../..", E.PERM],
    ["sub/../../data/hello.txt", E.PERM],
    ["/", E.PERM],
    ["/data/hello.txt", E.PERM],
    ["to-file", E.LOOP],
    ["to-file/", E.NOTDIR],
    ["to-sub", E.LOOP],
    ["to-sub/", E.OK],
    ["to-sub/inner", E.OK],
    ["to-sub-slash/inner", E.OK],
    ["sub/up", E.LOOP],
    ["dangling", E.LOOP],
    ["dangling/", E.NOENT],
    ["self-loop/x", E.LOOP],
    ["hello.txt\0", E.INVAL],
    ["a".repeat(255), E.NOENT],
    ["a".repeat(256), E.NAMETOOLONG],
    ["./".repeat(2047), E.OK],
    ["./".repeat(2048), E.NAMETOOLONG],
  ])("%j without following a last link answers %i", (path, errno) => {
    expect(open(path)).toBe(errno);
  });

  it.each([
    ["to-file", E.OK],
    ["to-sub", E.OK],
    ["to-sub-slash", E.OK],
    ["sub/up", E.OK],
    ["sub/out", E.PERM],
    ["absolute", E.PERM],
    ["dangling", E.NOENT],
    ["self-loop", E.LOOP],
    ["loop-a", E.LOOP],
    ["void", E.NOENT],
    ["chain-39", E.OK],
    ["chain-40", E.LOOP],
  ])("%j following links answers %i", (path, errno) => {
    expect(open(path, { follow: true })).toBe(errno);
  });

  it("refuses malformed UTF-8 as ilseq", () => {
    for (const bytes of [
      [0xff],
      [0xc0, 0xaf],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0x61, 0x80],
    ]) {
      expect(open(Uint8Array.from(bytes))).toBe(E.ILSEQ);
    }
  });

  it.each([
    ["hello.txt", OFLAG.DIRECTORY, E.NOTDIR],
    ["sub", OFLAG.DIRECTORY, E.OK],
    ["to-sub", OFLAG.DIRECTORY, E.NOTDIR],
    ["new", OFLAG.CREAT, E.ROFS],
    ["nowhere/new", OFLAG.CREAT, E.NOENT],
    ["hello.txt", OFLAG.CREAT, E.OK],
    ["hello.txt", OFLAG.CREAT | OFLAG.EXCL, E.EXIST],
    ["to-file", OFLAG.CREAT | OFLAG.EXCL, E.EXIST],
    ["hello.txt", OFLAG.TRUNC, E.ROFS],
    ["sub", OFLAG.CREAT, E.ISDIR],
    ["sub", OFLAG.TRUNC, E.ISDIR],
    ["sub", OFLAG.CREAT | OFLAG.DIRECTORY, E.INVAL],
    ["hello.txt", 16, E.INVAL],
  ])("%j with open flags %i answers %i", (path, oflags, errno) => {
    expect(open(path, { oflags })).toBe(errno);
  });

  it("refuses to open for writing", () => {
    expect(open("hello.txt", { rights: RIGHT.WRITE })).toBe(E.ROFS);
    expect(open("sub", { rights: RIGHT.WRITE })).toBe(E.ISDIR);
    expect(open("sub", { rights: RIGHT.READ | RIGHT.WRITE, oflags: OFLAG.DIRECTORY })).toBe(E.ISDIR);
  });

  it("confines to the directory that was opened, not to the preopened one", () => {
    const sub = mustOpen("sub", { rights: 1n << 13n, inheriting: RIGHT.READ });
    expect(open("deep/leaf", { fd: sub, rights: RIGHT.READ })).toBe(E.OK);
    expect(open("../hello.txt", { fd: sub, rights: RIGHT.READ })).toBe(E.PERM);
    expect(open("up", { fd: sub, rights: RIGHT.READ, follow: true })).toBe(E.PERM);
  });

  it("grants no right that the directory does not hand on", () => {
    const sub = mustOpen("sub", { rights: 1n << 13n, inheriting: RIGHT.READ });
    expect(open("inner", { fd: sub, rights: RIGHT.READ | RIGHT.SEEK })).toBe(E.NOTCAPABLE);
    const inner = mustOpen("inner", { fd: sub, rights: RIGHT.READ });
    expect(read(inner, 5)).toBe("inner");
    expect(c.call("fd_seek", inner, 0n, 0, RESULT)).toBe(E.NOTCAPABLE);
    const bare = mustOpen("sub", { rights: 0n });
    expect(open("inner", { fd: bare })).toBe(E.NOTCAPABLE);
    expect(c.call("fd_readdir", bare, 0x1000, 100, 0n, RESULT)).toBe(E.NOTCAPABLE);
  });

  it("checks descriptors before anything else", () => {
    expect(open("x", { fd: 99 })).toBe(E.BADF);
    expect(open("x", { fd: 0xffff_ffff })).toBe(E.BADF);
    expect(open("x", { fd: 1 })).toBe(E.NOTDIR);
    expect(open("x", { fd: mustOpen("hello.txt") })).toBe(E.NOTDIR);
  });

  it("answers fault for pointers outside memory", () => {
    expect(c.call("path_open", PREOPEN, 0, 65530, 10, 0, 0n, 0n, 0, RESULT)).toBe(E.FAULT);
    expect(c.call("path_open", PREOPEN, 0, 0xffff_fff0, 0x20, 0, 0n, 0n, 0, RESULT)).toBe(E.FAULT);
    const length = c.put(PATH, "hello.txt");
    expect(c.call("path_open", PREOPEN, 0, PATH, length, 0, 0n, 0n, 0, 65533)).toBe(E.FAULT);
    c.programPages = 2;
    expect(c.call("path_open", PREOPEN, 0, PATH, length, 0, 0n, 0n, 0, 65533)).toBe(E.OK);
  });

  it("takes the lowest free number and runs out of them", () => {
    expect([mustOpen("empty"), mustOpen("empty"), mustOpen("empty")]).toEqual([4, 5, 6]);
    expect(c.call("fd_close", 5)).toBe(E.OK);
    expect(mustOpen("empty")).toBe(5);
    for (let i = 7; i < 1024; i++) mustOpen("empty");
    expect(open("empty")).toBe(E.MFILE);
  });
});

describe("reading files", () => {
  it("reads in pieces, to the end and past it", () => {
    const fd = mustOpen("hello.txt");
    expect(read(fd, 5)).toBe("Hello");
    expect(read(fd, 100)).toBe(", world!\n");
    expect(read(fd, 100)).toBe("");
    expect(c.call("fd_tell", fd, RESULT)).toBe(E.OK);
    expect(c.view().getBigUint64(RESULT, true)).toBe(14n);
  });

  it("scatters over vectors", () => {
    const fd = mustOpen("hello.txt");
    [0x1000, 3, 0x2000, 0, 0x3000, 4].forEach((value, i) => {
      c.view().setUint32(0x200 + i * 4, value, true);
    });
    expect(c.call("fd_read", fd, 0x200, 3, RESULT)).toBe(E.OK);
    expect(opened()).toBe(7);
    expect(c.program(0x1000, 3).toString() + c.program(0x3000, 4).toString()).toBe("Hello, ");
  });

  it("survives a read that lands on its own vectors", () => {
    const fd = mustOpen("hello.txt");
    [0x208, 8, 0x2000, 4].forEach((value, i) => {
      c.view().setUint32(0x200 + i * 4, value, true);
    });
    expect(c.call("fd_read", fd, 0x200, 2, RESULT)).toBe(E.OK);
    expect(opened()).toBe(8);
    expect(c.call("fd_tell", fd, RESULT)).toBe(E.OK);
  });

  it("preads without moving the position", () => {
    const fd = mustOpen("hello.txt");
    c.view().setUint32(0x200, 0x1000, true);
    c.view().setUint32(0x204, 5, true);
    expect(c.call("fd_pread", fd, 0x200, 1, 7n, RESULT)).toBe(E.OK);
    expect(c.program(0x1000, 5).toString()).toBe("world");
    expect(c.call("fd_pread", fd, 0x200, 1, 1000n, RESULT)).toBe(E.OK);
    expect(opened()).toBe(0);
    expect(c.call("fd_pread", fd, 0x200, 1, -1n, RESULT)).toBe(E.INVAL);
    expect(read(fd, 5)).toBe("Hello");
  });

  it("seeks from all three places, in both numberings", () => {
    const fd = mustOpen("hello.txt");
    const seek = (distance: bigint, whence: number): [number, bigint] => {
      const errno = c.call("fd_seek", fd, distance, whence, RESULT);
      return [errno, c.view().getBigUint64(RESULT, true)];
    };
    expect(seek(4n, 0)).toEqual([E.OK, 4n]);
    expect(seek(3n, 1)).toEqual([E.OK, 7n]);
    expect(seek(-1n, 2)).toEqual([E.OK, 13n]);
    expect(seek(100n, 0)).toEqual([E.OK, 100n]);
    expect(seek(-1n, 0)[0]).toBe(E.INVAL);
    expect(seek(-200n, 1)[0]).toBe(E.INVAL);
    expect(seek(0x7fff_ffff_ffff_ffffn, 1)[0]).toBe(E.INVAL);
    expect(seek(0n, 3)[0]).toBe(E.INVAL);
    expect(seek(0n, 1)).toEqual([E.OK, 100n]);
    expect(c.unstable("fd_seek", fd, 2n, 2, RESULT)).toBe(E.OK);
    expect(c.unstable("fd_seek", fd, 3n, 0, RESULT)).toBe(E.OK);
    expect(c.view().getBigUint64(RESULT, true)).toBe(5n);
    expect(c.unstable("fd_seek", fd, 0n, 1, RESULT)).toBe(E.OK);
    expect(c.view().getBigUint64(RESULT, true)).toBe(14n);
    expect(c.unstable("fd_seek", fd, 0n, 3, RESULT)).toBe(E.INVAL);
  });

  it("names the kind of descriptor that cannot do it", () => {
    c.view().setUint32(0x200, 0x1000, true);
    c.view().setUint32(0x204, 4, true);
    for (const [name, ...rest] of [
      ["fd_read", 0x200, 1, RESULT],
      ["fd_write", 0x200, 1, RESULT],
      ["fd_pread", 0x200, 1, 0n, RESULT],
      ["fd_pwrite", 0x200, 1, 0n, RESULT],
      ["fd_seek", 0n, 0, RESULT],
      ["fd_tell", RESULT],
      ["fd_allocate", 0n, 1n],
      ["fd_filestat_set_size", 0n],
    ] as const) {
      expect([name, c.call(name, PREOPEN, ...rest)]).toEqual([name, E.ISDIR]);
      expect([name, c.call(name, 77, ...rest)]).toEqual([name, E.BADF]);
    }
    for (const [name, ...rest] of [
      ["fd_pread", 0x200, 1, 0n, RESULT],
      ["fd_pwrite", 0x200, 1, 0n, RESULT],
      ["fd_seek", 0n, 0, RESULT],
      ["fd_tell", RESULT],
      ["fd_advise", 0n, 0n, 0],
      ["fd_allocate", 0n, 1n],
    ] as const) {
      expect([name, c.call(name, 1, ...rest)]).toEqual([name, E.SPIPE]);
    }
  });

  it("advises, syncs, and refuses to write", () => {
    const fd = mustOpen("hello.txt");
    expect(c.call("fd_advise", fd, 0n, 100n, 5)).toBe(E.OK);
    expect(c.call("fd_advise", fd, 0n, 100n, 6)).toBe(E.INVAL);
    expect(c.call("fd_advise", PREOPEN, 0n, 100n, 0)).toBe(E.BADF);
    expect(c.call("fd_sync", fd)).toBe(E.OK);
    expect(c.call("fd_datasync", fd)).toBe(E.OK);
    c.view().setUint32(0x200, 0x1000, true);
    c.view().setUint32(0x204, 4, true);
    expect(c.call("fd_write", fd, 0x200, 1, RESULT)).toBe(E.NOTCAPABLE);
    const all = mustOpen("hello.txt", { rights: READ_RIGHTS | (1n << 8n) | (1n << 22n) | (1n << 23n) });
    expect(c.call("fd_allocate", all, 0n, 10n)).toBe(E.ROFS);
    expect(c.call("fd_filestat_set_size", all, 0n)).toBe(E.ROFS);
    expect(c.call("fd_filestat_set_times", all, 0n, 0n, 5)).toBe(E.ROFS);
    expect(c.call("fd_filestat_set_times", all, 0n, 0n, 3)).toBe(E.INVAL);
  });
});

describe("what a descriptor or path is", () => {
  function filestat(layout: "preview1" | "unstable" = "preview1"): Record<string, bigint | number> {
    const v = c.view();
    const at = layout === "preview1" ? 0x420 : 0x418;
    return {
      dev: v.getBigUint64(0x400, true),
      ino: v.getBigUint64(0x408, true),
      type: v.getUint8(0x410),
      links: layout === "preview1" ? v.getBigUint64(0x418, true) : v.getUint32(0x414, true),
      size: v.getBigUint64(at, true),
      mtim: v.getBigUint64(at + 16, true),
    };
  }

  it("fills filestat in both layouts", () => {
    const fd = mustOpen("hello.txt");
    expect(c.call("fd_filestat_get", fd, 0x400)).toBe(E.OK);
    const first = filestat();
    expect(first).toMatchObject({ dev: 1n, type: 4, links: 1n, size: 14n, mtim: 1_700_000_000_000_000_000n });
    expect(c.unstable("fd_filestat_get", fd, 0x400)).toBe(E.OK);
    expect(filestat("unstable")).toMatchObject({
      dev: 1n,
      ino: first.ino,
      type: 4,
      links: 1,
      size: 14n,
      mtim: 1_700_000_000_000_000_000n,
    });
    expect(c.call("fd_filestat_get", fd, 65536 - 63)).toBe(E.FAULT);
    expect(c.unstable("fd_filestat_get", fd, 65536 - 56)).toBe(E.OK);
  });

  it.each([
    ["hello.txt", 0, E.OK, 4],
    ["sub", 0, E.OK, 3],
    ["to-file", 0, E.OK, 7],
    ["to-file", 1, E.OK, 4],
    ["dangling", 0, E.OK, 7],
    ["dangling", 1, E.NOENT, 0],
    ["self-loop", 1, E.LOOP, 0],
    ["nowhere", 0, E.NOENT, 0],
    ["..", 0, E.PERM, 0],
  ])("path_filestat_get %j, lookup %i: errno %i, type %i", (path, lookup, errno, type) => {
    const length = c.put(PATH, path);
    expect(c.call("path_filestat_get", PREOPEN, lookup, PATH, length, 0x400)).toBe(errno);
    if (errno === E.OK) expect(filestat().type).toBe(type);
  });

  it("tells the preopened directory's name, and no other's", () => {
    expect(c.call("fd_prestat_get", PREOPEN, RESULT)).toBe(E.OK);
    expect([c.view().getUint32(RESULT, true), c.view().getUint32(RESULT + 4, true)]).toEqual([0, 5]);
    expect(c.call("fd_prestat_dir_name", PREOPEN, 0x1000, 5)).toBe(E.OK);
    expect(c.program(0x1000, 5).toString()).toBe("/data");
    expect(c.call("fd_prestat_dir_name", PREOPEN, 0x1000, 6)).toBe(E.OK);
    expect(c.call("fd_prestat_dir_name", PREOPEN, 0x1000, 4)).toBe(E.NAMETOOLONG);
    for (const fd of [0, 1, 2, 4, 5000]) expect(c.call("fd_prestat_get", fd, RESULT)).toBe(E.BADF);
  });

  it("moves and closes descriptors", () => {
    const fd = mustOpen("hello.txt");
    expect(read(fd, 2)).toBe("He");
    expect(c.call("fd_renumber", fd, 50)).toBe(E.BADF);
    expect(c.call("fd_renumber", fd, PREOPEN)).toBe(E.OK);
    expect(c.call("fd_prestat_get", PREOPEN, RESULT)).toBe(E.BADF);
    expect(read(PREOPEN, 2)).toBe("ll");
    expect(c.call("fd_close", fd)).toBe(E.BADF);
    expect(c.call("fd_renumber", PREOPEN, PREOPEN)).toBe(E.OK);
    expect(c.call("fd_close", PREOPEN)).toBe(E.OK);
    expect(c.call("fd_close", PREOPEN)).toBe(E.BADF);
  });

  it("shrinks rights, never widens them", () => {
    const fd = mustOpen("hello.txt");
    const rights = (): bigint => {
      expect(c.call("fd_fdstat_get", fd, 0x400)).toBe(E.OK);
      return c.view().getBigUint64(0x408, true);
    };
    expect(rights()).toBe(READ_RIGHTS);
    expect(c.call("fd_fdstat_set_rights", fd, READ_RIGHTS | RIGHT.WRITE, 0n)).toBe(E.NOTCAPABLE);
    expect(c.call("fd_fdstat_set_rights", fd, RIGHT.READ, 1n)).toBe(E.NOTCAPABLE);
    expect(c.call("fd_fdstat_set_rights", fd, RIGHT.SEEK, 0n)).toBe(E.OK);
    expect(rights()).toBe(RIGHT.SEEK);
    expect(c.call("fd_read", fd, 0x200, 0, RESULT)).toBe(E.NOTCAPABLE);
    expect(c.call("fd_fdstat_set_flags", fd, 1)).toBe(E.NOTCAPABLE);
  });

  it("reads links, cut to the buffer", () => {
    const readlink = (path: string, size: number): [number, string] => {
      const length = c.put(PATH, path);
      c.view().setUint32(RESULT, 0, true);
      const errno = c.call("path_readlink", PREOPEN, PATH, length, 0x1000, size, RESULT);
      return [errno, c.program(0x1000, opened()).toString()];
    };
    expect(readlink("to-file", 100)).toEqual([E.OK, "hello.txt"]);
    expect(readlink("to-file", 5)).toEqual([E.OK, "hello"]);
    expect(readlink("to-file", 0)).toEqual([E.OK, ""]);
    expect(readlink("absolute", 100)).toEqual([E.OK, "/etc/passwd"]);
    expect(readlink("hello.txt", 100)[0]).toBe(E.INVAL);
    expect(readlink("nowhere", 100)[0]).toBe(E.NOENT);
  });
});

describe("fd_readdir", () => {
  interface Entry {
    next: bigint;
    ino: bigint;
    type: number;
    name: string;
  }
  function list(fd: number, size: number, cookie = 0n): { used: number; entries: Entry[] } {
    expect(c.call("fd_readdir", fd, 0x2000, size, cookie, RESULT)).toBe(E.OK);
    const used = opened();
    const entries: Entry[] = [];
    let at = 0x2000;
    while (at + 24 <= 0x2000 + used) {
      const length = c.view().getUint32(at + 16, true);
      if (at + 24 + length > 0x2000 + used) break;
      entries.push({
        next: c.view().getBigUint64(at, true),
        ino: c.view().getBigUint64(at + 8, true),
        type: c.view().getUint8(at + 20),
        name: c.program(at + 24, length).toString(),
      });
      at += 24 + length;
    }
    return { used, entries };
  }

  it("lists everything once at any buffer size", () => {
    const whole = list(PREOPEN, 16384).entries;
    expect(whole.slice(0, 2).map((entry) => [entry.name, entry.type])).toEqual([
      [".", 3],
      ["..", 3],
    ]);
    expect(whole.map((entry) => entry.name)).toContain("größe");
    expect(whole.length).toBe(2 + 12 + 42 + 1);
    for (const size of [40, 64, 100, 1000]) {
      const names: string[] = [];
      let cookie = 0n;
      for (;;) {
        const { used, entries } = list(PREOPEN, size, cookie);
        names.push(...entries.map((entry) => entry.name));
        cookie = entries.at(-1)?.next ?? cookie;
        if (used < size) break;
        expect(entries.length).toBeGreaterThan(0);
      }
      expect(names).toEqual(whole.map((entry) => entry.name));
    }
  });

  it("fills a buffer that is too small for one entry", () => {
    expect(list(PREOPEN, 10).used).toBe(10);
    expect(list(PREOPEN, 0).used).toBe(0);
    expect(list(PREOPEN, 100, 1_000_000n).used).toBe(0);
    expect(list(PREOPEN, 100, 0xffff_ffff_ffff_ffffn).used).toBe(0);
  });

  it("agrees with filestat about inodes and types", () => {
    for (const entry of list(PREOPEN, 16384).entries) {
      const length = c.put(PATH, entry.name);
      if (entry.name === "..") continue;
      expect(c.call("path_filestat_get", PREOPEN, 0, PATH, length, 0x400)).toBe(E.OK);
      expect([c.view().getBigUint64(0x408, true), c.view().getUint8(0x410)]).toEqual([entry.ino, entry.type]);
    }
  });

  it("is for directories", () => {
    expect(c.call("fd_readdir", 1, 0x2000, 100, 0n, RESULT)).toBe(E.NOTDIR);
    expect(c.call("fd_readdir", 9, 0x2000, 100, 0n, RESULT)).toBe(E.BADF);
    expect(c.call("fd_readdir", PREOPEN, 65530, 100, 0n, RESULT)).toBe(E.FAULT);
  });
});

describe("what would write", () => {
  const NEW = 0x300;
  function at(path: string, place = PATH): [number, number] {
    return [place, c.put(place, path)];
  }

  it.each([
    ["path_create_directory", "new", E.ROFS],
    ["path_create_directory", "sub", E.EXIST],
    ["path_create_directory", "nowhere/new", E.NOENT],
    ["path_create_directory", "../new", E.PERM],
    ["path_remove_directory", "sub", E.ROFS],
    ["path_remove_directory", "nowhere", E.NOENT],
    ["path_unlink_file", "hello.txt", E.ROFS],
    ["path_unlink_file", "hello.txt/", E.NOTDIR],
    ["path_unlink_file", "nowhere", E.NOENT],
  ])("%s %j answers %i", (name, path, errno) => {
    expect(c.call(name, PREOPEN, ...at(path))).toBe(errno);
  });

  it("covers links, names and times", () => {
    expect(c.call("path_symlink", ...at("target", NEW), PREOPEN, ...at("new"))).toBe(E.ROFS);
    expect(c.call("path_symlink", ...at("target", NEW), PREOPEN, ...at("sub"))).toBe(E.EXIST);
    expect(c.call("path_symlink", ...at("", NEW), PREOPEN, ...at("new"))).toBe(E.NOENT);
    expect(c.call("path_symlink", 65530, 20, PREOPEN, ...at("new"))).toBe(E.FAULT);
    expect(c.call("path_link", PREOPEN, 0, ...at("hello.txt"), PREOPEN, ...at("new", NEW))).toBe(E.ROFS);
    expect(c.call("path_link", PREOPEN, 0, ...at("nowhere"), PREOPEN, ...at("new", NEW))).toBe(E.NOENT);
    expect(c.call("path_link", PREOPEN, 0, ...at("hello.txt"), 77, ...at("new", NEW))).toBe(E.BADF);
    expect(c.call("path_rename", PREOPEN, ...at("hello.txt"), PREOPEN, ...at("new", NEW))).toBe(E.ROFS);
    expect(c.call("path_rename", PREOPEN, ...at("nowhere"), PREOPEN, ...at("new", NEW))).toBe(E.NOENT);
    expect(c.call("path_filestat_set_times", PREOPEN, 0, ...at("hello.txt"), 0n, 0n, 5)).toBe(E.ROFS);
    expect(c.call("path_filestat_set_times", PREOPEN, 0, ...at("hello.txt"), 0n, 0n, 15)).toBe(E.INVAL);
    expect(c.call("path_filestat_set_times", PREOPEN, 1, ...at("dangling"), 0n, 0n, 5)).toBe(E.NOENT);
  });
});
