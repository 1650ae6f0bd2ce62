// Programs in the shell's foreground and beside it: input goes to the one in front, ^C ends it, ^D ends its input, and the shell
// has the terminal back afterwards.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensureImage, ensureProgram, extendArchive } from "../../scripts/phi/artifacts.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import { assemble, command, PROMPT, SPINNING, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const WRITE = (length: string): string =>
  `(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) ${length})
   (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`;

/** Copies its input to its output; ends with status 5 at the end of input. */
const COPY = command(
  ["fd_read", "fd_write", "proc_exit"],
  `(loop $l
     (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1024))
     (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
     (local.set $n (i32.load (i32.const 8)))
     (if (local.get $n) (then ${WRITE("(local.get $n)")} (br $l))))
   (call $proc_exit (i32.const 5))`,
);

describe.each(TESTED)("%s", (arch) => {
  const directory = temporaryDirectory();

  test("^C, ^D and & do what a person expects", { timeout: LIMIT_MS }, async () => {
    const image = await ensureImage("shell", arch);
    const programs = [];
    for (const [name, text] of Object.entries({ spin: SPINNING, copy: COPY })) {
      const file = await assemble(directory, `${name}-${arch}`, text);
      const { path } = await ensureProgram(file, readFileSync(file), arch);
      programs.push({ name, kind: "module" as const, bytes: readFileSync(path), sfi: false });
    }
    const archive = join(directory, `archive-${arch}`);
    extendArchive(arch, image.archive, archive, [["console", "tty"]], programs);
    const options = { prompt: PROMPT, timeout_ms: LIMIT_MS };
    await using guest = startMachine({ kernel: image.kernel, archive }, { arch }, options);
    await guest.waitForPrompt();

    await guest.sendLine("run spin");
    await guest.waitForLine(/^spinning/);
    await guest.send("\x03");
    await guest.waitForPrompt();
    expect(await guest.run("echo status $?")).toBe("status 130");

    await guest.sendLine("run copy");
    await guest.waitForLine("run copy");
    await guest.sendLine("to the program");
    // Once as the terminal's echo, once from the program.
    await guest.waitForLine(/^to the program/);
    await guest.waitForLine(/^to the program/);
    await guest.send("\x04");
    await guest.waitForPrompt();
    expect(await guest.run("echo status $?")).toBe("status 5");

    expect(await guest.run("run spin &")).toMatch(/^\[\d+\]/);
    await expect.poll(() => guest.run("ps"), { timeout: LIMIT_MS }).toMatch(/\bspin\b.*\bprogram\b/);
    // Output of others draws the prompt again, so from here on lines are awaited, not prompts.
    await guest.sendLine("kill spin; wait spin; echo status $?");
    await guest.waitForLine(/^status 137/);
    await guest.sendLine("ps; echo end of list");
    const { before } = await guest.waitFor(/\nend of list/);
    expect(before).toMatch(/\bshell\b/);
    expect(before).not.toMatch(/\bspin\b +program/);
    await guest.sendLine("poweroff");
    expect(await guest.exitStatus()).toBe(0);
  });
});
