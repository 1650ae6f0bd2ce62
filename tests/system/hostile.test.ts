// Hostile programs beside a shell that must go on answering: endless loops, memory hogs, wild pointers, endless recursion, forged
// and stale handles, and more programs than fit. Each test ends by showing that the services and the shell are as before.

import { join } from "node:path";
import type { Guest } from "qemu-test-harness";
import { beforeAll, describe, expect, test } from "vitest";
import type { ArchiveEntry } from "../../linker/archive.ts";
import { buildModule, moduleEntry } from "../../linker/index.ts";
import { ensureImage, extendArchive } from "../../scripts/phi/artifacts.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { testModule } from "../guest-image.ts";
import { guestSource } from "./extra-service.ts";
import { assemble, command, PROMPT, SPINNING, TESTED, temporaryDirectory } from "./support.ts";

const BUILD_LIMIT_MS = 300_000;
const directory = temporaryDirectory();

const PROGRAMS: Readonly<Record<string, string>> = {
  hello: command(["proc_exit"], "(call $proc_exit (i32.const 7))"),
  endless: command([], "(loop $again (br $again))"),
  spinning: SPINNING,
  wild: command([], "(i32.store (i32.const 0x7ffffff0) (i32.const 1))"),
  recursion: command([], "(call $deeper)", "(func $deeper (call $deeper) (call $deeper))"),
  // Takes memory until there is none, touches all of it, and stays.
  hog: command(
    [],
    `(loop $more
       (local.set $n (memory.grow (i32.const 16)))
       (if (i32.ne (local.get $n) (i32.const -1)) (then
         (memory.fill (i32.shl (local.get $n) (i32.const 16)) (i32.const 1) (i32.const 0x100000))
         (br $more))))
     (loop $stay (br $stay))`,
  ),
};

async function entries(arch: (typeof TESTED)[number]): Promise<ArchiveEntry[]> {
  const made: ArchiveEntry[] = [];
  for (const [name, text] of Object.entries(PROGRAMS)) {
    const file = await assemble(directory, name, text);
    const product = await buildModule(ROOT, file, { architecture: arch, personality: "wasi" });
    made.push(moduleEntry(product, { sfi: false }));
  }
  // Programs that call gates themselves, in user mode.
  for (const name of ["forger", "bomber"]) made.push(await testModule(arch, { name, entry: guestSource(name) }, false));
  return made;
}

/** The status of a shell command. */
async function statusOf(guest: Guest, line: string): Promise<string> {
  return /status=(\d+)/.exec(await guest.run(`${line}; echo status=$?`))?.[1] ?? "none";
}

async function expectHealthy(guest: Guest, restartsOfClock = 0): Promise<void> {
  const units = await guest.run("ps");
  for (const name of ["init", "console", "clock", "shell"]) {
    const restarts = name === "clock" ? restartsOfClock : 0;
    expect(units).toMatch(new RegExp(`\\b${name}\\b +service +(idle|busy) .* ${restarts} \\d\\d:`));
  }
  expect(await guest.run("date")).toMatch(/^20\d\d-/);
  expect(await statusOf(guest, "run hello")).toBe("7");
}

describe.each(TESTED)("%s", (arch) => {
  let archive = "";
  let kernel = "";

  beforeAll(async () => {
    const image = await ensureImage("shell", arch);
    kernel = image.kernel;
    archive = join(directory, `${arch}.archive`);
    extendArchive(arch, image.archive, archive, [], await entries(arch));
  }, BUILD_LIMIT_MS);

  async function shell(): Promise<Guest> {
    const guest = startMachine({ kernel, archive }, { arch }, { prompt: PROMPT, timeout_ms: 280_000 });
    await guest.waitForPrompt();
    return guest;
  }

  test("wild pointers and endless recursion end their own program with status 134", async () => {
    await using guest = await shell();
    expect(await guest.run("run wild")).toContain("wild: trap: memory access out of bounds");
    expect(await guest.run("run recursion")).toContain("recursion: trap: call stack exhausted");
    expect(await statusOf(guest, "run wild")).toBe("134");
    await expectHealthy(guest);
  });

  test("forged and stale handles: no gate obeys", async () => {
    await using guest = await shell();
    expect(await statusOf(guest, "run forger")).toBe("0");
    await expectHealthy(guest);
  });

  test("a program has no right to make anything: no thread, no region, no object", async () => {
    await using guest = await shell();
    expect(await statusOf(guest, "run bomber")).toBe("200");
    await expectHealthy(guest);
  });

  test("an endless loop leaves the shell responsive, and kill ends it", async () => {
    await using guest = await shell();
    await guest.run("run endless &");
    await expectHealthy(guest);
    await guest.run("kill endless");
    expect(await statusOf(guest, "wait endless")).toBe("137");
    expect(await guest.run("ps")).not.toMatch(/endless|wasi/);
  });

  test("^C ends the program in the foreground with status 130, and a program ends with its companion", async () => {
    await using guest = await shell();
    await guest.sendLine("run spinning; echo status=$?");
    await guest.waitForLine(/^spinning/);
    await guest.send("\x03");
    await guest.waitFor("status=130");
    await guest.waitForPrompt();
    await guest.run("run endless &");
    await guest.run("kill wasi");
    expect(await statusOf(guest, "wait endless")).toBe("134");
    await expectHealthy(guest);
  });

  test("a program that takes all memory it can get leaves enough for the others", async () => {
    await using guest = await shell();
    await guest.run("run hog &");
    await guest.run("run hog &");
    await expectHealthy(guest);
    await guest.run("restart clock");
    await guest.run("kill hog");
    await guest.run("wait hog");
    await guest.run("kill hog");
    await guest.run("wait hog");
    expect(await guest.run("ps")).not.toMatch(/hog/);
    await expectHealthy(guest, 1);
  });

  test("more programs than fit are refused with a reason, and all can be ended", async () => {
    await using guest = await shell();
    let refused = "";
    let started = 0;
    for (; started < 40; started++) {
      refused = await guest.run("run endless &");
      if (/budget|memory|room/.test(refused)) break;
    }
    expect(refused).toMatch(/budget|memory|room/);
    expect(started).toBeGreaterThan(1);
    for (let i = 0; i < started; i++) await guest.run("kill endless; wait endless");
    expect(await guest.run("ps")).not.toMatch(/endless/);
    await expectHealthy(guest);
  });
});
