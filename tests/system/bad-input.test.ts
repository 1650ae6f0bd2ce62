// Bad machines and bad archives: always a message on the console and a non-zero exit, never a hang.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type GuestExit } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { bootShell, phi, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
/** Refusals come at once; this is what a slow emulator may need for them. */
const LIMIT_MS = 200_000;

describe.each(TESTED)("%s", (arch) => {
  async function outcome(initrd: string | undefined, memory = "64M"): Promise<{ exit: GuestExit; output: string }> {
    const { kernel } = await ensureImage("shell", arch);
    const guest = boot({ arch, kernel, initrd, memory, timeout_ms: LIMIT_MS });
    const exit = await guest.exited;
    return { exit, output: guest.output };
  }

  async function archiveWith(name: string, change: (bytes: Buffer) => Buffer): Promise<string> {
    const { archive } = await ensureImage("shell", arch);
    const file = join(directory, `${arch}-${name}`);
    writeFileSync(file, change(readFileSync(archive)));
    return file;
  }

  function refused({ exit, output }: { exit: GuestExit; output: string }, message: RegExp): void {
    expect(exit.timedOut).toBe(false);
    expect(exit.status).toBeGreaterThan(0);
    expect(output).toMatch(message);
  }

  test("no archive", async () => {
    refused(await outcome(undefined), /archive/i);
  });

  test("a truncated archive", async () => {
    refused(
      await outcome(await archiveWith("truncated", (bytes) => bytes.subarray(0, bytes.length >> 1))),
      /truncated/i,
    );
  });

  test("an archive of noise", async () => {
    refused(await outcome(await archiveWith("noise", (bytes) => Buffer.alloc(bytes.length, 0x5a))), /archive/i);
  });

  test("an archive whose table is damaged", async () => {
    const damaged = archiveWith("table", (bytes) => {
      bytes[80] ^= 0xff;
      return bytes;
    });
    refused(await outcome(await damaged), /archive/i);
  });

  test("16 MiB of memory are enough for the prompt", async () => {
    await using guest = await bootShell(arch, { memory: "16M" });
    expect(await guest.run("echo alive")).toBe("alive");
  });

  test("4 GiB and 8 GiB of memory", async () => {
    for (const memory of ["4G", "8G"]) {
      await using guest = await bootShell(arch, { memory });
      expect(await guest.run("echo alive")).toBe("alive");
    }
  });

  test("--mem too small is a message and a failure", async () => {
    const { status, stderr } = await phi([
      "boot",
      "--arch",
      arch,
      "--mem",
      "2M",
      "--exec",
      "echo x",
      "--timeout",
      "40",
    ]);
    expect(status).toBeGreaterThan(0);
    expect(stderr).toMatch(/memory|too small|exceeds|too big/i);
  });
});
