// `phi run` as a process: streams, exit codes, traps and time-outs, in both isolation modes on both architectures.

import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { assemble, command, PROGRAM_MODES, phi, TESTED, temporaryDirectory } from "./support.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const directory = temporaryDirectory();
const programs = new Map<string, string>();

// Memory: an iovec at 0 (buffer, length), the count that calls answer at 8, text or buffer from 64.
const PROGRAMS: Readonly<Record<string, string>> = {
  hello: command(
    ["fd_write", "proc_exit"],
    `(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
     (drop (call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 8)))
     (call $proc_exit (i32.const 7))`,
    `(data (i32.const 0) "\\40\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 16) "\\44\\00\\00\\00\\04\\00\\00\\00")
     (data (i32.const 64) "out\\00err\\10")`,
  ),
  cat: command(
    ["fd_read", "fd_write"],
    `(loop $again
       (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 4096))
       (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
       (local.set $n (i32.load (i32.const 8)))
       (if (local.get $n) (then
         (i32.store (i32.const 4) (local.get $n))
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
         (br $again))))`,
  ),
  // the sum of all bytes, its lowest seven bits as its status
  sum: command(
    ["fd_read", "proc_exit"],
    `(local $sum i32) (local $at i32)
     (loop $again
       (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 60000))
       (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
       (local.set $n (i32.load (i32.const 8)))
       (if (i32.eqz (local.get $n)) (then (call $proc_exit (i32.and (local.get $sum) (i32.const 127)))))
       (local.set $at (i32.const 0))
       (loop $next
         (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=64 (local.get $at))))
         (local.set $at (i32.add (local.get $at) (i32.const 1)))
         (br_if $next (i32.lt_u (local.get $at) (local.get $n))))
       (br $again))`,
  ),
  chatter: command(
    ["fd_write"],
    `(loop $again
       (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
       (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
       (br $again))`,
    `(data (i32.const 0) "\\40\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 64) "on\\0a")`,
  ),
  unreachable: command(
    [],
    "(call $inner (i32.const 3))",
    `(func $inner (param $depth i32)
       (if (i32.eqz (local.get $depth)) (then unreachable))
       (call $inner (i32.sub (local.get $depth) (i32.const 1)))
       (i32.store (i32.const 0) (local.get $depth)))`,
  ),
  wild: command([], "(i32.store (i32.const -65536) (i32.const 1))"),
  recursion: command([], "(call $deeper)", "(func $deeper (call $deeper) (call $deeper))"),
  bare: '(module (func (export "_start")))',
  // the same call before and after there is a page: fault (21), then success (0)
  grows: `(module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 0)
    (func (export "_start") (local $first i32)
      (local.set $first (call $random (i32.const 0) (i32.const 8)))
      (drop (memory.grow (i32.const 1)))
      (call $exit (i32.add (local.get $first) (call $random (i32.const 0) (i32.const 8))))))`,
  endless: command([], "(loop $again (br $again))"),
  fault: command(
    ["fd_write", "proc_exit"],
    "(call $proc_exit (call $fd_write (i32.const 1) (i32.const 0x7ffffff0) (i32.const 1) (i32.const 8)))",
  ),
};

beforeAll(async () => {
  for (const [name, text] of Object.entries(PROGRAMS)) programs.set(name, await assemble(directory, name, text));
});

const run = (
  arch: string,
  isolation: string,
  name: string,
  more: readonly string[] = [],
  input: string | Uint8Array | number = "",
) => {
  const trust = isolation === "sfi" ? ["--trusted"] : [];
  return phi(
    [
      "run",
      "--arch",
      arch,
      "--isolation",
      isolation,
      ...trust,
      "--timeout",
      "240",
      ...more,
      programs.get(name) ?? name,
    ],
    input,
  );
};

describe.each(TESTED)("%s", (arch) => {
  describe.each(PROGRAM_MODES)("%s", (isolation) => {
    test("streams are kept apart, bytes are exact, the status is the program's", async () => {
      const { status, stdout, stderr } = await run(arch, isolation, "hello");
      expect({ status, stdout: stdout.toString(), stderr }).toEqual({ status: 7, stdout: "out", stderr: "err\x10" });
    });

    test("binary standard input of 100 KB passes unharmed, and ends", async () => {
      const input = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
      const { status, stdout } = await run(arch, isolation, "cat", [], input);
      expect(status).toBe(0);
      expect(stdout.equals(Buffer.from(input))).toBe(true);
    });

    test("a file on standard input is read as a whole, from where it was open", async () => {
      const bytes = Uint8Array.from({ length: 20_000_000 }, (_, index) => (index * 13 + (index >> 9)) & 0xff);
      const file = join(directory, `input-${arch}-${isolation}`);
      writeFileSync(file, bytes);
      const opened = openSync(file, "r");
      try {
        readSync(opened, Buffer.alloc(5));
        const sum = bytes.subarray(5).reduce((all, byte) => all + byte, 0);
        expect((await run(arch, isolation, "sum", [], opened)).status).toBe(sum % 128);
      } finally {
        closeSync(opened);
      }
      writeFileSync(file, bytes.subarray(0, 10_001));
      const again = openSync(file, "r");
      const { status, stdout } = await run(arch, isolation, "cat", [], again);
      closeSync(again);
      expect([status, stdout.equals(bytes.subarray(0, 10_001))]).toEqual([0, true]);
    });

    test("a trap exits with 134, its reason and a backtrace with function names", async () => {
      const { status, stdout, stderr } = await run(arch, isolation, "unreachable");
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 134, stdout: "" });
      expect(stderr).toMatch(/trap: unreachable executed/);
      expect(stderr).toMatch(/^\s+at inner/m);
    });

    test.each([
      ["wild", /memory access out of bounds/],
      ["recursion", /call stack exhausted/],
    ])("%s: stopped with its reason", async (name, reason) => {
      const { status, stderr } = await run(arch, isolation, name);
      expect(stderr).toMatch(reason);
      expect(status).toBe(134);
    });

    test("a module without memory runs, and one whose memory begins with no page and grows", async () => {
      expect(await run(arch, isolation, "bare")).toMatchObject({ status: 0, stderr: "" });
      expect(await run(arch, isolation, "grows")).toMatchObject({ status: 21, stderr: "" });
    });

    test("a pointer outside memory is errno 21, not a trap", async () => {
      expect((await run(arch, isolation, "fault")).status).toBe(21);
    });
  });

  test("a program that never ends is stopped: exit code 124 and a message", async () => {
    const { status, stderr } = await run(arch, "hw", "endless", ["--timeout", "4"]);
    expect(status).toBe(124);
    expect(stderr).toMatch(/time-out: the program did not end in 4 s/);
  });
});

describe.each(TESTED)("%s: a directory that its service refuses", (arch) => {
  test("ends the program with 134 and the reason on standard error, whatever the program would have said", async () => {
    const image = join(directory, `${arch}.img`);
    expect((await phi(["disk", "create", image, "1M"])).status).toBe(0);
    // everything but the superblocks
    writeFileSync(image, readFileSync(image).fill(0xff, 2 * 4096, 254 * 4096));
    const { status, stderr } = await run(arch, "hw", "bare", ["--disk", image]);
    expect(status).toBe(134);
    expect(stderr).toMatch(/the service that keeps a directory is not connected, or refuses it/);
  });
});

describe("refused before anything boots", () => {
  test("bytes that are no module", async () => {
    const file = join(directory, "noise.wasm");
    writeFileSync(file, "this is no module");
    const { status, stdout, stderr } = await phi(["run", file]);
    expect({ status, stdout: stdout.length }).toEqual({ status: 1, stdout: 0 });
    expect(stderr).toMatch(/noise/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("output that cannot be written is a failure, also when the program has ended", () => {
    const script = 'exec node scripts/phi.mjs run "$1" > /dev/full';
    const result = spawnSync("sh", ["-c", script, "sh", programs.get("hello") ?? ""], { cwd: ROOT, encoding: "utf8" });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/the program's output cannot be written: ENOSPC/);
  });

  test.each([
    ["output", '{ node scripts/phi.mjs run "$1"; echo status $? >&3; } 2> /dev/null | head -c 0'],
    ["error", '{ node scripts/phi.mjs run "$1" 2>&1 > /dev/null; echo status $? >&3; } | head -c 0'],
  ])("standard %s that nobody reads any more ends the program as SIGPIPE would", (_stream, script) => {
    const result = spawnSync("sh", ["-c", `${script}`, "sh", programs.get("chatter") ?? ""], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      encoding: "utf8",
    });
    expect(result.output[3]).toBe("status 141\n");
  });

  test("an import that nobody provides is named", async () => {
    const file = await assemble(
      directory,
      "stranger",
      '(module (import "env" "launch" (func)) (memory (export "memory") 1) (func (export "_start")))',
    );
    const { status, stderr } = await phi(["run", file]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/env\.launch/);
  });

  test.each([
    ["a component", Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /this is a component/, /wasm32-wasip1/],
    [
      "shared memory",
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 4, 1, 3, 1, 2),
      /threads are not supported/,
      /without threads/,
    ],
    ["somebody else's memory", '(module (import "env" "memory" (memory 1)))', /env\.memory/, /--import-memory/],
    ["2 GiB at the start", "(module (memory 32768))", /a memory of 2048 MiB.*at most 1024 MiB/, /memory/],
  ])("%s is refused with a reason and what to do", async (what, module, reason, advice) => {
    const name = what.replaceAll(/\W/g, "-");
    const file = typeof module === "string" ? await assemble(directory, name, module) : join(directory, `${name}.wasm`);
    if (typeof module !== "string") writeFileSync(file, module);
    const { status, stdout, stderr } = await phi(["run", file]);
    expect({ status, stdout: stdout.length }).toEqual({ status: 1, stdout: 0 });
    const [first, second, ...rest] = stderr
      .replaceAll(/^npm .*\n/gm, "")
      .trimEnd()
      .split("\n");
    expect(first).toMatch(reason);
    expect(second).toMatch(advice);
    expect(rest).toEqual([]);
  });

  test("a module without _start is no command", async () => {
    const file = await assemble(directory, "library", '(module (memory (export "memory") 1) (func (export "add")))');
    const { status, stderr } = await phi(["run", file]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/_start/);
  });

  test("a directory that does not exist", async () => {
    const { status, stderr } = await phi(["run", "--dir", join(directory, "nowhere"), programs.get("hello") ?? ""]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/there is no such directory/);
  });
});
