// Directories of a server of files: every function of preview 1 that changes something, with the errno for each misuse; what others do
// meanwhile; and that every node is given back. linux.test.ts compares sequences of the same functions with Linux.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { COMPILE_TIMEOUT_MS, Companion, type CompanionOptions, companionModule, Exit } from "./companion.ts";
import { DIRECTORY, FILE, FilesError, LINK, MemoryFiles } from "./files-server.ts";
import { FDFLAG, FILE_RIGHTS, type FileStatus, OFLAG, PREOPEN, Program, RIGHT } from "./program.ts";

const ERRNO = {
  OK: 0,
  BADF: 8,
  BUSY: 10,
  DQUOT: 19,
  EXIST: 20,
  FBIG: 22,
  ILSEQ: 25,
  INVAL: 28,
  IO: 29,
  ISDIR: 31,
  LOOP: 32,
  NAMETOOLONG: 37,
  NODEV: 43,
  NOENT: 44,
  NOSPC: 51,
  NOTDIR: 54,
  NOTEMPTY: 55,
  PERM: 63,
  ROFS: 69,
  STALE: 72,
  XDEV: 75,
  NOTCAPABLE: 76,
};
const MORE = 4;

let server: MemoryFiles;
let other: MemoryFiles;
let p: Program;

async function start(options: CompanionOptions = {}): Promise<Program> {
  return new Program(
    new Companion(await companionModule(), {
      directories: ["/\tstore", "/more\tmore"],
      servers: { store: server, more: other },
      realtime: 1_780_000_000_000_000_000n,
      ...options,
    }),
  );
}

beforeAll(companionModule, COMPILE_TIMEOUT_MS);

beforeEach(async () => {
  server = new MemoryFiles();
  other = new MemoryFiles();
  server.put("file", FILE, "content");
  server.put("dir", DIRECTORY);
  server.put("dir/inner", FILE, "inner");
  server.put("link", LINK, "file");
  server.put("to-dir", LINK, "dir");
  server.put("dangling", LINK, "nowhere");
  p = await start();
});

function made(path: string, oflags = OFLAG.CREAT, flags = 0): number {
  const fd = p.open(path, { oflags, flags });
  expect(fd).toBeGreaterThan(MORE);
  return fd;
}

function status(path: string, follow = false): FileStatus {
  const answer = p.pathStatus(path, follow);
  if (typeof answer === "number") throw new Error(`path_filestat_get answered ${answer}`);
  return answer;
}

describe("path_open", () => {
  it("makes, empties, excludes", () => {
    const fd = made("new");
    expect(p.write(fd, "hello")).toBe(5);
    expect(p.read(fd, 10, 0n)).toBe("hello");
    expect(p.open("new", { oflags: OFLAG.CREAT | OFLAG.EXCL })).toBe(-ERRNO.EXIST);
    expect(p.open("dangling", { oflags: OFLAG.CREAT | OFLAG.EXCL, follow: true })).toBe(-ERRNO.EXIST);
    expect(p.read(made("new", OFLAG.CREAT | OFLAG.TRUNC), 10)).toBe("");
    expect(p.open("dangling", { oflags: OFLAG.CREAT })).toBe(-ERRNO.LOOP);
  });

  it.each([
    ["new/", OFLAG.CREAT, -ERRNO.ISDIR],
    ["new///", OFLAG.CREAT, -ERRNO.ISDIR],
    ["dir", OFLAG.CREAT, -ERRNO.ISDIR],
    ["dir", OFLAG.TRUNC, -ERRNO.ISDIR],
    ["file/", 0, -ERRNO.NOTDIR],
    ["file/x", OFLAG.CREAT, -ERRNO.NOTDIR],
    ["nowhere/x", OFLAG.CREAT, -ERRNO.NOENT],
    ["../x", OFLAG.CREAT, -ERRNO.PERM],
    ["/x", OFLAG.CREAT, -ERRNO.PERM],
    ["x\0", OFLAG.CREAT, -ERRNO.INVAL],
    ["", OFLAG.CREAT, -ERRNO.NOENT],
    ["new", OFLAG.CREAT | OFLAG.DIRECTORY, -ERRNO.INVAL],
    ["dangling", OFLAG.DIRECTORY, -ERRNO.NOTDIR],
    ["a".repeat(256), OFLAG.CREAT, -ERRNO.NAMETOOLONG],
  ])("%j with %i answers %i", (path, oflags, answer) => {
    expect(p.open(path, { oflags })).toBe(answer);
    expect(server.held()).toBe(0);
  });

  it("refuses malformed UTF-8 wherever a path is taken", () => {
    const bad = Uint8Array.from([0x61, 0xff]);
    expect(p.open(bad, { oflags: OFLAG.CREAT })).toBe(-ERRNO.ILSEQ);
  });

  it("follows a dangling link to the file that it makes", () => {
    const fd = p.open("dangling", { oflags: OFLAG.CREAT, follow: true });
    expect(p.write(fd, "there")).toBe(5);
    expect(status("nowhere").size).toBe(5n);
  });

  it("opens the directory that a path goes back to, and gives it back once", () => {
    const again = p.open("dir/..", { rights: RIGHT.OPEN });
    const dir = p.open("dir", { rights: RIGHT.OPEN, inheriting: RIGHT.READ | RIGHT.OPEN });
    const same = p.open(".", { fd: dir, rights: RIGHT.OPEN, inheriting: RIGHT.READ });
    expect(server.held()).toBe(1);
    expect(p.close(dir)).toBe(ERRNO.OK);
    expect(server.held()).toBe(1);
    expect(p.read(p.open("inner", { fd: same, rights: RIGHT.READ }), 9)).toBe("inner");
    expect([p.close(same), p.close(again)]).toEqual([ERRNO.OK, ERRNO.OK]);
    expect(server.held()).toBe(1);
  });

  it("takes the name that somebody else made first, unless it must be new", () => {
    const overtake = (): void => {
      server.before = (method, name) => {
        if (method !== "create") return;
        server.before = () => {};
        server.put(name, FILE, "theirs");
      };
    };
    overtake();
    expect(p.read(made("mine"), 10)).toBe("theirs");
    overtake();
    expect(p.open("mine2", { oflags: OFLAG.CREAT | OFLAG.EXCL })).toBe(-ERRNO.EXIST);
  });

  it("ends inside, whatever is renamed and linked while it walks", () => {
    other.put("secret", FILE, "secret");
    server.put("dir/sub", DIRECTORY);
    const dir = p.open("dir", { rights: RIGHT.OPEN, inheriting: RIGHT.READ });
    let count = 0;
    server.before = (method, name) => {
      if (method !== "lookup" || name !== "sub") return;
      // The directory is gone to the top, and a link that leads out stands in its place, before `..` is taken.
      const moved = server.at("dir/sub");
      server.remove("dir/sub");
      server.root.children.set("moved", moved);
      server.put("dir/sub", LINK, "../..");
      count++;
    };
    expect(p.open("sub/../inner", { fd: dir, rights: RIGHT.READ })).toBe(-ERRNO.PERM);
    server.before = () => {};
    expect(count).toBe(1);
    expect(p.open("sub/file", { fd: dir, rights: RIGHT.READ })).toBe(-ERRNO.PERM);
    expect(p.close(dir)).toBe(ERRNO.OK);
    expect(server.held()).toBe(0);
  });

  it("does not write where the server says it may only be read", async () => {
    server.rights = 1n;
    p = await start();
    expect(p.open("file", { rights: RIGHT.WRITE })).toBe(-ERRNO.ROFS);
    expect(p.open("file", { rights: 0n, oflags: OFLAG.TRUNC })).toBe(-ERRNO.ROFS);
    expect(p.open("new", { oflags: OFLAG.CREAT })).toBe(-ERRNO.ROFS);
    expect([p.mkdir("new"), p.mkdir("dir"), p.unlink("file"), p.rmdir("nowhere")]).toEqual([
      ERRNO.ROFS,
      ERRNO.EXIST,
      ERRNO.ROFS,
      ERRNO.NOENT,
    ]);
    expect(p.read(p.open("file", { rights: RIGHT.READ }), 9)).toBe("content");
  });
});

describe("bytes", () => {
  it("go through a buffer that is smaller than they are", async () => {
    p = await start({ filesBufferBytes: 8192 });
    const fd = made("large");
    const text = Array.from({ length: 3000 }, (_, i) => `${i},`).join("");
    expect(p.write(fd, text)).toBe(text.length);
    expect(p.seek(fd, 0n, 0)).toBe(0n);
    expect(p.read(fd, text.length + 10)).toBe(text);
    expect(p.read(fd, 10)).toBe("");
  });

  it("are appended wherever the position is, until the flag goes", () => {
    const fd = made("log", OFLAG.CREAT, FDFLAG.APPEND);
    expect([p.write(fd, "one"), p.seek(fd, 0n, 0), p.write(fd, "two")]).toEqual([3, 0n, 3]);
    expect(p.seek(fd, 0n, 1)).toBe(6n);
    expect(p.write(fd, "X", 0n)).toBe(1);
    expect(p.seek(fd, 0n, 1)).toBe(6n);
    expect(p.c.call("fd_fdstat_set_flags", fd, 0)).toBe(ERRNO.OK);
    expect([p.seek(fd, 1n, 0), p.write(fd, "YZ"), p.read(fd, 9, 0n)]).toEqual([1n, 2, "XYZtwo"]);
  });

  it("are durable when SYNC or DSYNC says so, and when fd_sync answers", () => {
    const syncs = (): number => server.calls.get("sync") ?? 0;
    expect(p.write(made("a", OFLAG.CREAT, FDFLAG.SYNC), "x")).toBe(1);
    expect(p.write(made("b", OFLAG.CREAT, FDFLAG.DSYNC), "x")).toBe(1);
    expect(syncs()).toBe(2);
    const fd = made("c");
    expect(p.write(fd, "x")).toBe(1);
    expect(syncs()).toBe(2);
    expect([p.c.call("fd_sync", fd), p.c.call("fd_datasync", fd), p.c.call("fd_sync", PREOPEN)]).toEqual([0, 0, 0]);
    expect(syncs()).toBe(5);
  });

  it("are durable, and so is every name removed or moved in that directory, once a program has synced there", () => {
    const syncs = (): number => server.calls.get("sync") ?? 0;
    const file = p.open("file");
    expect([p.unlink("link"), p.rename("dangling", "dir/moved"), syncs()]).toEqual([0, 0, 0]);
    expect([p.c.call("fd_sync", file), syncs()]).toEqual([0, 1]);
    expect([p.unlink("to-dir"), syncs()]).toEqual([0, 2]);
    // both directories
    expect([p.rename("dir/moved", "back"), syncs()]).toEqual([0, 4]);
    expect([p.rename("back", "again"), syncs()]).toEqual([0, 5]);
    expect([p.unlink("nowhere"), syncs(), other.calls.get("sync")]).toEqual([ERRNO.NOENT, 5, undefined]);
    server.before = (method) => {
      if (method === "sync") throw new FilesError("E_DEVICE");
    };
    expect(p.unlink("again")).toBe(ERRNO.IO);
  });

  it("are durable everywhere when init has said that the program has ended", () => {
    expect(p.c.raw(49)).toBe(0n);
    expect([server.calls.get("sync"), other.calls.get("sync")]).toEqual([1, 1]);
    other.before = (method) => {
      if (method === "sync") throw new FilesError("E_DEVICE");
    };
    expect(p.c.raw(49)).toBe(BigInt(ERRNO.IO));
  });

  it("leave a hole that reads as zeros", () => {
    const fd = made("hole");
    expect([p.seek(fd, 10n, 0), p.write(fd, "end")]).toEqual([10n, 3]);
    expect(p.read(fd, 20, 0n)).toBe(`${"\0".repeat(10)}end`);
  });

  it("are refused past the largest offset", () => {
    const fd = made("far");
    expect(p.write(fd, "xy", 0x7fff_ffff_ffff_fffen)).toBe(-ERRNO.FBIG);
    expect(p.write(fd, "xy", -1n)).toBe(-ERRNO.INVAL);
    expect(p.read(fd, 1, -1n)).toBe(ERRNO.INVAL);
  });

  it("stay readable after the last name is gone, until the descriptor is closed", () => {
    const fd = p.open("file");
    expect(p.unlink("file")).toBe(ERRNO.OK);
    expect(p.write(fd, "new con")).toBe(7);
    expect(p.read(fd, 20, 0n)).toBe("new con");
    expect(p.close(fd)).toBe(ERRNO.OK);
    expect(server.held()).toBe(0);
  });
});

describe("sizes and times", () => {
  const allocate = (fd: number, offset: bigint, length: bigint): number => p.c.call("fd_allocate", fd, offset, length);
  const resize = (fd: number, size: bigint): number => p.c.call("fd_filestat_set_size", fd, size);

  it("grow, shrink, and never by allocating less", () => {
    const fd = made("sized");
    expect([resize(fd, 100n), status("sized").size]).toEqual([0, 100n]);
    expect([allocate(fd, 10n, 10n), status("sized").size]).toEqual([0, 100n]);
    expect([allocate(fd, 90n, 20n), status("sized").size]).toEqual([0, 110n]);
    expect([resize(fd, 3n), status("sized").size]).toEqual([0, 3n]);
    expect([allocate(fd, 0n, 0n), allocate(fd, -1n, 1n), resize(fd, -1n)]).toEqual(Array(3).fill(ERRNO.INVAL));
    expect([allocate(fd, 0x7fff_ffff_ffff_ffffn, 1n), resize(fd, 1n << 60n)]).toEqual([ERRNO.FBIG, ERRNO.FBIG]);
    const bare = p.open("sized", { rights: RIGHT.WRITE });
    expect([allocate(bare, 0n, 1n), resize(bare, 1n)]).toEqual([ERRNO.NOTCAPABLE, ERRNO.NOTCAPABLE]);
  });

  it("are set each for itself, to a time or to now", () => {
    const fd = p.open("file");
    const set = (flags: number): number => p.c.call("fd_filestat_set_times", fd, 5n, 6n, flags);
    const before = status("file");
    expect([set(4), status("file")]).toEqual([0, { ...before, modified: 6n }]);
    expect([set(1), status("file")]).toEqual([0, { ...before, accessed: 5n, modified: 6n }]);
    expect([set(3), set(12), set(16)]).toEqual(Array(3).fill(ERRNO.INVAL));
    expect(set(8)).toBe(ERRNO.OK);
    expect(status("file").modified).toBeGreaterThan(1_600_000_000_000_000_000n);
  });

  it("are a link's own unless it is followed", () => {
    expect(p.pathTimes("link", 1n, 2n, 5)).toBe(ERRNO.OK);
    expect([status("link").modified, status("file").modified]).not.toContain(3n);
    expect(status("link").modified).toBe(2n);
    expect(status("file").modified).not.toBe(2n);
    expect(p.pathTimes("link", 1n, 9n, 4, true)).toBe(ERRNO.OK);
    expect([status("link").modified, status("file").modified]).toEqual([2n, 9n]);
    expect(p.pathTimes("dangling", 0n, 0n, 4, true)).toBe(ERRNO.NOENT);
    expect(p.pathTimes("file", 0n, 0n, 15)).toBe(ERRNO.INVAL);
  });
});

describe("names", () => {
  it("link: another name for the same thing", () => {
    expect(p.link("file", "dir/second")).toBe(ERRNO.OK);
    expect(status("dir/second")).toEqual(status("file"));
    expect(status("file").links).toBe(2n);
    expect(p.link("link", "third")).toBe(ERRNO.OK);
    expect(status("third").type).toBe(7);
    expect(p.link("link", "fourth", true)).toBe(ERRNO.OK);
    expect(status("fourth").type).toBe(4);
    expect(p.link("dir", "fifth")).toBe(ERRNO.PERM);
    expect(p.link("file", "dangling")).toBe(ERRNO.EXIST);
    expect(p.link("file", "fifth/")).toBe(ERRNO.NOENT);
    expect(p.link("dangling", "fifth", true)).toBe(ERRNO.NOENT);
    expect(p.link("file", "file")).toBe(ERRNO.EXIST);
    expect(p.link("file", "away", false, PREOPEN, MORE)).toBe(ERRNO.XDEV);
    expect(p.link("file", "x", false, PREOPEN, 99)).toBe(ERRNO.BADF);
    expect(server.held() + other.held()).toBe(0);
  });

  it("symlink: any relative target", () => {
    expect(p.symlink("../outside", "new")).toBe(ERRNO.OK);
    expect(p.readlink("new")).toBe("../outside");
    expect(p.readlink("new", 4)).toBe("../o");
    expect(p.open("new", { follow: true })).toBe(-ERRNO.PERM);
    expect(p.symlink("/", "absolute")).toBe(ERRNO.PERM);
    expect(p.symlink("", "empty")).toBe(ERRNO.NOENT);
    expect(p.symlink("a\0b", "nul")).toBe(ERRNO.INVAL);
    expect(p.symlink("x".repeat(4096), "long")).toBe(ERRNO.NAMETOOLONG);
    expect(p.symlink("source", "target/")).toBe(ERRNO.NOENT);
    expect(p.symlink("source", "dir/")).toBe(ERRNO.EXIST);
    expect(p.symlink("source", "file/")).toBe(ERRNO.NOTDIR);
    expect(p.symlink("source", "dangling")).toBe(ERRNO.EXIST);
    expect(server.held()).toBe(0);
  });

  it("rename: replaces, refuses to lose anything", () => {
    server.put("empty", DIRECTORY);
    server.put("empty2", DIRECTORY);
    expect(p.rename("empty/", "empty2")).toBe(ERRNO.OK);
    expect(p.rename("empty2", "dir")).toBe(ERRNO.NOTEMPTY);
    expect(p.rename("empty2", "file")).toBe(ERRNO.NOTDIR);
    expect(p.rename("file", "empty2")).toBe(ERRNO.ISDIR);
    expect(p.rename("dir", "dir/inside")).toBe(ERRNO.INVAL);
    expect(p.rename("file/", "new")).toBe(ERRNO.NOTDIR);
    expect(p.rename("file", "new/")).toBe(ERRNO.NOTDIR);
    expect(p.rename("to-dir/", "new")).toBe(ERRNO.NOTDIR);
    expect(p.rename("empty2", "new/")).toBe(ERRNO.OK);
    expect(p.rename(".", "new2")).toBe(ERRNO.BUSY);
    expect(p.rename("nowhere", "new2")).toBe(ERRNO.NOENT);
    expect(p.rename("file", "away", PREOPEN, MORE)).toBe(ERRNO.XDEV);
    expect(p.rename("file", "dir/inner")).toBe(ERRNO.OK);
    expect(p.read(p.open("dir/inner"), 20)).toBe("content");
  });

  it("remove: what is of the kind that is to go", () => {
    expect([p.unlink("dir"), p.unlink("dir/"), p.unlink("file/"), p.unlink("to-dir/")]).toEqual([
      ERRNO.ISDIR,
      ERRNO.ISDIR,
      ERRNO.NOTDIR,
      ERRNO.NOTDIR,
    ]);
    expect([p.rmdir("file"), p.rmdir("file/"), p.rmdir("to-dir"), p.rmdir("dir"), p.rmdir(".")]).toEqual([
      ERRNO.NOTDIR,
      ERRNO.NOTDIR,
      ERRNO.NOTDIR,
      ERRNO.NOTEMPTY,
      ERRNO.INVAL,
    ]);
    expect([p.unlink("dir/inner"), p.rmdir("dir/"), p.unlink("to-dir")]).toEqual([0, 0, 0]);
    expect([...server.root.children.keys()]).toEqual(["file", "link", "dangling"]);
  });

  it("need each their own right", () => {
    const bare = p.open("dir", { rights: RIGHT.OPEN, inheriting: FILE_RIGHTS });
    expect(p.mkdir("x", bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.rmdir("x", bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.unlink("inner", bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.symlink("x", "y", bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.link("inner", "y", false, bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.rename("inner", "y", bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.rename("file", "y", PREOPEN, bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.pathStatus("inner", false, bare)).toBe(ERRNO.NOTCAPABLE);
    expect(p.open("x", { fd: bare, oflags: OFLAG.CREAT })).toBe(-ERRNO.NOTCAPABLE);
    expect(p.open("inner", { fd: bare, rights: 0n, oflags: OFLAG.TRUNC })).toBe(-ERRNO.NOTCAPABLE);
    expect(p.read(p.open("inner", { fd: bare, rights: RIGHT.READ }), 9)).toBe("inner");
  });
});

describe("fd_readdir", () => {
  it("lists each name once at any buffer size, with the inodes of filestat", async () => {
    server.clear();
    for (let i = 0; i < 1000; i++) server.put(`file.${i}`, FILE);
    p = await start({ filesBufferBytes: 8192 });
    const root = p.open(".", { rights: 1n << 14n, oflags: OFLAG.DIRECTORY });
    for (const bytes of [256, 20_000]) {
      const names = p.listAll(root, bytes).map((entry) => entry.name);
      expect([names.length, new Set(names).size]).toEqual([1002, 1002]);
    }
    const [dot, , file] = p.listAll(root, 256);
    expect([dot?.name, dot?.inode]).toEqual([".", (p.status(PREOPEN) as FileStatus).inode]);
    expect([file?.inode, file?.type]).toEqual([status("file.0").inode, 4]);
  });
});

describe("errors of the server", () => {
  const failing = (error: string, times = Number.POSITIVE_INFINITY): void => {
    let left = times;
    server.before = (method) => {
      if (method === "lookup" || left-- <= 0) return;
      throw new FilesError(error);
    };
  };

  it.each([
    ["E_NO_SPACE", ERRNO.NOSPC],
    ["E_QUOTA", ERRNO.DQUOT],
    ["E_DAMAGED", ERRNO.IO],
    ["E_DEVICE", ERRNO.IO],
    ["E_ABSENT", ERRNO.NODEV],
    ["E_HANDLE", ERRNO.STALE],
    ["E_PEER_FAULT", ERRNO.IO],
    ["E_DEADLOCK", ERRNO.IO],
  ])("%s is errno %i", (error, errno) => {
    const fd = p.open("file");
    failing(error);
    expect(p.write(fd, "x")).toBe(-errno);
    expect(p.read(fd, 1)).toBe(errno);
    expect(p.c.call("fd_sync", fd)).toBe(errno);
    expect(p.status(fd)).toBe(errno);
    expect(p.open("new", { oflags: OFLAG.CREAT })).toBe(-errno);
  });

  it("are not seen when the server only had to be started again", () => {
    const fd = p.open("file");
    failing("E_PEER_FAULT", 2);
    expect(p.read(fd, 20)).toBe("content");
    failing("E_PEER_FAULT", 2);
    expect(p.write(fd, "!")).toBe(1);
    failing("E_PEER_FAULT", 1);
    expect(p.open("new", { oflags: OFLAG.CREAT })).toBe(-ERRNO.IO);
  });

  it("leave what was written before the disk was full", async () => {
    p = await start({ filesBufferBytes: 8192 });
    const fd = made("full");
    server.capacity = 10_000;
    expect(p.write(fd, "x".repeat(20_000))).toBe(8192);
    expect(p.write(fd, "x".repeat(20_000))).toBe(-ERRNO.NOSPC);
    expect(p.read(fd, 3, 0n)).toBe("xxx");
  });
});

describe("the launch block", () => {
  it("may name a directory inside what the service keeps", async () => {
    p = await start({ directories: ["/deep\tstore\tto-dir/."] });
    expect(p.read(p.open("inner"), 9)).toBe("inner");
    expect(p.open("../file")).toBe(-ERRNO.PERM);
    const name = p.c.view();
    expect(p.c.call("fd_prestat_get", PREOPEN, 0x80)).toBe(ERRNO.OK);
    expect(name.getUint32(0x84, true)).toBe(5);
  });

  it.each([
    ["/data\tnobody", 7],
    ["/data\tstore\tnowhere", 8],
    ["/data\tstore\tfile", 8],
    ["/data\tstore\t..", 8],
  ])("%j ends the companion with status %i", async (directory, code) => {
    await expect(start({ directories: [directory] })).rejects.toEqual(new Exit(code));
  });
});
