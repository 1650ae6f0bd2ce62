// The companion over a server of files against the Linux kernel: random sequences of operations on both give the same errnos, bytes, sizes,
// link counts and names. What would leave the directory is the companion's alone to refuse (`perm`), and is not tried on Linux.
import * as fs from "node:fs";
import { constants } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HostDirectory } from "../ninep/host.ts";
import { NinepService } from "../ninep/service.ts";
import { COMPILE_TIMEOUT_MS, Companion, companionModule } from "./companion.ts";
import { type FilesServer, MemoryFiles } from "./files-server.ts";
import { OFLAG, Program, RIGHT } from "./program.ts";

const NOTCAPABLE = 76;
const PERM = 63;
/** Errno names of Linux by the numbers of preview 1. */
const NAMES: Readonly<Record<number, string>> = {
  2: "EACCES",
  8: "EBADF",
  10: "EBUSY",
  20: "EEXIST",
  28: "EINVAL",
  31: "EISDIR",
  32: "ELOOP",
  37: "ENAMETOOLONG",
  44: "ENOENT",
  54: "ENOTDIR",
  55: "ENOTEMPTY",
  63: "EPERM",
};
const TYPES = { directory: 3, file: 4, link: 7 };
const RUNS = 400;
const TIMEOUT_MS = 120_000;

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "d", "d/a", "d/e", "d/e/a", "l", "m") },
  {
    weight: 3,
    arbitrary: fc.constantFrom("l/a", "m/a", "d/e/..", "d//a", "./a", "d/../a", "d/./e/../../b", "x/a", "a/b", "l/.."),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("a/", "d/", "l/", "x/", "d/e/", "m//", ".", "d/.", "./", "d/..", "a/.", "l/."),
  },
);
const target = fc.constantFrom("a", "d", "l", "m", "d/a", "../a", "../d/e", "d/", ".", "d/..", "nowhere");
const handle = fc.nat(5);
const text = fc.stringMatching(/^[a-z]{1,12}$/);
const size = fc.integer({ min: 1, max: 40 });

type Step =
  | { op: "open"; path: string; follow: boolean; oflags: number; access: number }
  | { op: "read" | "pread"; handle: number; bytes: number; at: number }
  | { op: "write" | "pwrite"; handle: number; text: string; at: number }
  | { op: "truncate"; handle: number; size: number }
  | { op: "close"; handle: number }
  | { op: "status"; handle: number }
  | { op: "mkdir" | "rmdir" | "unlink" | "readlink" | "list"; path: string }
  | { op: "pathStatus"; path: string; follow: boolean }
  | { op: "symlink"; target: string; path: string }
  | { op: "link" | "rename"; path: string; to: string };

const oflags = fc.constantFrom(
  0,
  0,
  OFLAG.CREAT,
  OFLAG.CREAT,
  OFLAG.CREAT | OFLAG.EXCL,
  OFLAG.TRUNC,
  OFLAG.DIRECTORY,
  9,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant("open" as const), path, follow: fc.boolean(), oflags, access: fc.nat(2) }),
  fc.record({ op: fc.constantFrom("read" as const, "pread" as const), handle, bytes: size, at: size }),
  fc.record({ op: fc.constantFrom("write" as const, "pwrite" as const), handle, text, at: size }),
  fc.record({ op: fc.constant("truncate" as const), handle, size }),
  fc.record({ op: fc.constantFrom("close" as const, "status" as const), handle }),
  fc.record({ op: fc.constantFrom("mkdir" as const, "mkdir" as const, "rmdir" as const, "unlink" as const), path }),
  fc.record({ op: fc.constantFrom("readlink" as const, "list" as const), path }),
  fc.record({ op: fc.constant("pathStatus" as const), path, follow: fc.boolean() }),
  fc.record({ op: fc.constant("symlink" as const), target, path }),
  fc.record({ op: fc.constantFrom("link" as const, "rename" as const, "rename" as const), path, to: path }),
);

type Answer = string | number | boolean | readonly string[];

/** ACCESS 0 read, 1 write, 2 both. */
const RIGHTS = [RIGHT.READ, RIGHT.WRITE | RIGHT.SIZE, RIGHT.READ | RIGHT.WRITE | RIGHT.SIZE];
const REST = RIGHT.SEEK | RIGHT.TELL | RIGHT.STATUS;

function named(errno: number): string {
  return NAMES[errno] ?? `errno ${errno}`;
}

/** Handles that are open on both sides: ours and Linux's descriptor, and what may be done with them. */
interface Handle {
  ours: number;
  theirs: number;
  isDirectory: boolean;
}

class Ours {
  readonly program: Program;
  constructor(program: Program) {
    this.program = program;
  }

  run(step: Step, open: Handle | undefined): Answer {
    const p = this.program;
    const done = (errno: number): Answer => (errno === 0 ? true : named(errno));
    switch (step.op) {
      case "open": {
        const fd = p.open(step.path, { ...step, rights: (RIGHTS[step.access] ?? 0n) | REST });
        return fd < 0 ? named(-fd) : fd;
      }
      case "read":
      case "pread": {
        const answer = p.read(open?.ours ?? 99, step.bytes, step.op === "read" ? undefined : BigInt(step.at));
        return typeof answer === "number" ? named(answer) : `'${answer}`;
      }
      case "write":
      case "pwrite": {
        const answer = p.write(open?.ours ?? 99, step.text, step.op === "write" ? undefined : BigInt(step.at));
        return answer < 0 ? named(-answer) : answer;
      }
      case "truncate":
        return done(p.c.call("fd_filestat_set_size", open?.ours ?? 99, BigInt(step.size)));
      case "close":
        return done(p.close(open?.ours ?? 99));
      case "status":
      case "pathStatus": {
        const answer = step.op === "status" ? p.status(open?.ours ?? 99) : p.pathStatus(step.path, step.follow);
        if (typeof answer === "number") return named(answer);
        return answer.type === TYPES.directory ? "directory" : `${answer.type} ${answer.size} ${answer.links}`;
      }
      case "mkdir":
        return done(p.mkdir(step.path));
      case "rmdir":
        return done(p.rmdir(step.path));
      case "unlink":
        return done(p.unlink(step.path));
      case "symlink":
        return done(p.symlink(step.target, step.path));
      case "link":
        return done(p.link(step.path, step.to));
      case "rename":
        return done(p.rename(step.path, step.to));
      case "readlink": {
        const answer = p.readlink(step.path);
        return typeof answer === "number" ? named(answer) : `'${answer}`;
      }
      case "list": {
        const fd = p.open(step.path, { oflags: OFLAG.DIRECTORY, follow: true, rights: 1n << 14n });
        if (fd < 0) return named(-fd);
        const names = p.listAll(fd, 100).map((entry) => entry.name);
        p.close(fd);
        return names.filter((name) => name !== "." && name !== "..").sort();
      }
    }
  }
}

function theirs(root: string, step: Step, open: Handle | undefined): Answer {
  const at = (name: string): string => `${root}/${name}`;
  const fd = open?.theirs ?? -1;
  switch (step.op) {
    case "open": {
      const flags = [constants.O_RDONLY, constants.O_WRONLY, constants.O_RDWR][step.access] ?? 0;
      const bits = [
        [OFLAG.CREAT, constants.O_CREAT],
        [OFLAG.DIRECTORY, constants.O_DIRECTORY],
        [OFLAG.EXCL, constants.O_EXCL],
        [OFLAG.TRUNC, constants.O_TRUNC],
      ].reduce((sum, [ours = 0, linux = 0]) => sum | ((step.oflags & ours) !== 0 ? linux : 0), flags);
      return fs.openSync(at(step.path), bits | (step.follow ? 0 : constants.O_NOFOLLOW));
    }
    case "read":
    case "pread": {
      const buffer = Buffer.alloc(step.bytes);
      const length = fs.readSync(fd, buffer, 0, step.bytes, step.op === "read" ? null : step.at);
      return `'${buffer.toString("latin1", 0, length)}`;
    }
    case "write":
    case "pwrite":
      return fs.writeSync(
        fd,
        Buffer.from(step.text, "latin1"),
        0,
        step.text.length,
        step.op === "write" ? null : step.at,
      );
    case "truncate":
      fs.ftruncateSync(fd, step.size);
      return true;
    case "close":
      fs.closeSync(fd);
      return true;
    case "status":
      return described(fs.fstatSync(fd));
    case "pathStatus":
      return described(step.follow ? fs.statSync(at(step.path)) : fs.lstatSync(at(step.path)));
    case "mkdir":
      fs.mkdirSync(at(step.path));
      return true;
    case "rmdir":
      fs.rmdirSync(at(step.path));
      return true;
    case "unlink":
      fs.unlinkSync(at(step.path));
      return true;
    case "symlink":
      fs.symlinkSync(step.target, at(step.path));
      return true;
    case "link":
      fs.linkSync(at(step.path), at(step.to));
      return true;
    case "rename":
      fs.renameSync(at(step.path), at(step.to));
      return true;
    case "readlink":
      return `'${fs.readlinkSync(at(step.path))}`;
    case "list":
      return fs.readdirSync(at(step.path)).sort();
  }
}

function described(status: fs.Stats): string {
  if (status.isDirectory()) return "directory";
  return `${status.isSymbolicLink() ? TYPES.link : TYPES.file} ${status.size} ${status.nlink}`;
}

function paths(step: Step): string[] {
  return [...("path" in step ? [step.path] : []), ...("to" in step ? [step.to] : [])];
}

/** Whether a walk from `root` gets above it, by `..` or by a link: told here without going there. */
function leaves(root: string, path: string): boolean {
  const rest = path.split("/");
  let at = root;
  for (let steps = 0; rest.length > 0 && steps < 200; steps++) {
    const name = rest.shift() ?? "";
    if (name === "" || name === ".") continue;
    if (name === ".." && at === root) return true;
    const next = name === ".." ? dirname(at) : join(at, name);
    const status = fs.lstatSync(next, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() === true) rest.unshift(...fs.readlinkSync(next).split("/"));
    else if (status?.isDirectory() === true) at = next;
    else return false;
  }
  return false;
}

/** What the companion may answer where Linux answers this: the same, but for what docs/wasi.md says. */
function alike(step: Step, linux: Answer): Answer[] {
  if (step.op === "rmdir" && linux === "ENOTEMPTY" && step.path.endsWith("..")) return ["EINVAL"];
  if (step.op === "symlink" && linux === "EEXIST" && /[a-z]\/+$/.test(step.path)) return ["EEXIST", "ENOTDIR"];
  return [linux];
}

let scratch = "";

beforeAll(async () => {
  scratch = fs.mkdtempSync(join(tmpdir(), "phi-linux-"));
  await companionModule();
}, COMPILE_TIMEOUT_MS);

afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A server to compare with Linux: it begins a run with nothing, and tells how many nodes it holds after. */
interface Compared {
  readonly server: FilesServer;
  clear(): void;
  held(): number;
}

function inMemory(): Compared {
  const server = new MemoryFiles();
  return { server, clear: () => server.clear(), held: () => server.held() };
}

/** services/ninep with a host of its own; the host's root fid stays. */
async function onHost(): Promise<Compared> {
  const root = join(scratch, "shared");
  fs.mkdirSync(root);
  const host = new HostDirectory(root);
  return {
    server: await NinepService.start(host),
    clear: () => {
      for (const name of fs.readdirSync(root)) fs.rmSync(join(root, name), { recursive: true });
    },
    held: () => [...host.fids.values()].filter((fid) => fid.path !== root).length,
  };
}

it.each([
  ["a store", inMemory],
  ["a host's directory by 9P", onHost],
] as const)(
  "%s answers what Linux answers, and gets every node back",
  async (_name, begin) => {
    const module = await companionModule();
    const { server, clear, held } = await begin();
    // One companion for all runs: a new 4 GiB memory for each would take longer than the test.
    const c = new Companion(module, { directories: ["/\tstore"], servers: { store: server }, filesBufferBytes: 8192 });
    const ours = new Ours(new Program(c));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const root = fs.mkdtempSync(join(scratch, "inside-"));
        for (let fd = 4; fd < 70; fd++) ours.program.close(fd); // what a failed run left open
        clear();
        const handles: Handle[] = [];
        const story: string[] = [];
        for (const one of steps) {
          const open = "handle" in one ? handles[one.handle % Math.max(handles.length, 1)] : undefined;
          if ("handle" in one && open === undefined) continue;
          // Bytes through a directory: errors of WASI's own, which writable.test.ts has.
          if (open?.isDirectory === true && one.op !== "close" && one.op !== "status") continue;
          const mine = ours.run(one, open);
          story.push(`${JSON.stringify(one)} -> ${mine}`);
          if (mine === named(PERM) && paths(one).some((name) => leaves(root, name))) continue;
          const linux = ((): Answer => {
            try {
              return theirs(root, one, open);
            } catch (error) {
              return (error as NodeJS.ErrnoException).code ?? String(error);
            }
          })();
          if (one.op === "open" && typeof mine === "number" && typeof linux === "number") {
            handles.push({ ours: mine, theirs: linux, isDirectory: fs.fstatSync(linux).isDirectory() });
            continue;
          }
          if (one.op === "close") handles.splice(handles.indexOf(open as Handle), 1);
          // Linux says EBADF or EINVAL where a right was not asked for at the opening.
          const lacks = mine === named(NOTCAPABLE) && (linux === "EBADF" || linux === "EINVAL");
          if (!lacks) expect(alike(one, linux), story.join("\n")).toContainEqual(mine);
        }
        for (const { ours: fd, theirs: other } of handles) {
          ours.program.close(fd);
          fs.closeSync(other);
        }
        expect(held(), story.join("\n")).toBe(0);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
