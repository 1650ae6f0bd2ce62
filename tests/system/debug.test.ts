// gdb on a booted guest: a breakpoint on a TypeScript line of the kernel and of a service stops there, `list` shows the
// TypeScript, and the backtrace names TypeScript functions. On both architectures, through what `phi debug` uses.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { boot, type Guest } from "qemu-test-harness";
import { expect, test } from "vitest";
import { ARCHITECTURES } from "../../linker/abi/constants.ts";
import { gdbCommands } from "../../linker/debug/gdb.ts";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { ROOT } from "../../scripts/phi/paths.ts";

const run = promisify(execFile);

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Number of the first line that holds this text, so that the test survives edits above it. */
function lineWith(path: string, text: string): number {
  const line = readFileSync(join(ROOT, path), "utf8")
    .split("\n")
    .findIndex((candidate) => candidate.includes(text));
  if (line < 0) throw new Error(`${path} has no line with "${text}": choose another line for this test`);
  return line + 1;
}

/** The shell image, with its gdb stub at a port of its own. */
async function bootForGdb(arch: (typeof ARCHITECTURES)[number]): Promise<{ guest: Guest; port: number }> {
  const image = await ensureImage("shell", arch);
  const port = await freePort();
  const { kernel, archive: initrd } = image;
  return { port, guest: boot({ arch, kernel, initrd, gdbPort: port, prompt: "φ>", timeout_ms: LIMIT_MS }) };
}

/** gdb reads symbols for long on a busy machine. */
const LIMIT_MS = 200_000;

const SERVICE = { path: "services/console/service.ts", text: "this.receive();" };
const KERNEL = { path: "kernel/ipc/notification.ts", text: "notification.bits |= bits;" };

test.each(ARCHITECTURES)(
  "%s: breakpoints on TypeScript lines of kernel and service",
  async (arch) => {
    const { guest, port } = await bootForGdb(arch);
    try {
      await guest.waitForPrompt(LIMIT_MS);
      const commands = gdbCommands({ architecture: arch, root: ROOT, stub: `localhost:${port}` });
      const stops = [KERNEL, SERVICE].flatMap(({ path, text }) => [
        "-ex",
        "delete",
        "-ex",
        `break ${path}:${lineWith(path, text)}`,
        "-ex",
        "continue",
        "-ex",
        "echo STOPPED\\n",
        "-ex",
        "backtrace 4",
        "-ex",
        "list",
      ]);
      const gdb = run("gdb-multiarch", ["-nx", "-batch", "-x", commands, ...stops, "-ex", "kill"], {
        timeout: LIMIT_MS,
      });
      // Input makes the UART interrupt: the kernel signals a notification, the console receives.
      const typing = setInterval(() => void guest.send("x").catch(() => undefined), 200);
      const { stdout } = await gdb.finally(() => clearInterval(typing));
      const [, ...parts] = stdout.split("STOPPED\n");
      for (const [index, { path, text }] of [KERNEL, SERVICE].entries()) {
        const line = lineWith(path, text);
        const source = readFileSync(join(ROOT, path), "utf8").split("\n");
        expect(parts[index]).toMatch(new RegExp(`#0 .*${path}:${line}`));
        expect(parts[index]).toContain(`${line}\t${source[line - 1]}`);
        expect(parts[index]).toContain(`${line + 1}\t${source[line]}`);
      }
      expect(parts[1]).toMatch(/#0 .*\bevent \(/);
      expect(stdout).not.toContain("w2c_");
    } finally {
      await guest.kill();
    }
  },
  2 * LIMIT_MS,
);

/** An instruction that no processor has, in place of the one at the breakpoint. */
const BROKEN = { x86_64: "set {short}$pc = 0x0b0f", riscv64: "set {int}$pc = 0" };

test.each(ARCHITECTURES)(
  "%s: a kernel panic names function, file and line, and fails the machine",
  async (arch) => {
    const { guest, port } = await bootForGdb(arch);
    try {
      await guest.waitForPrompt(LIMIT_MS);
      const commands = gdbCommands({ architecture: arch, root: ROOT, stub: `localhost:${port}` });
      const line = lineWith(KERNEL.path, KERNEL.text);
      const steps = [`break ${KERNEL.path}:${line}`, "continue", "delete", BROKEN[arch], "continue"];
      const list = ["-nx", "-batch", "-x", commands, ...steps.flatMap((step) => ["-ex", step])];
      const gdb = run("gdb-multiarch", list, { timeout: LIMIT_MS }).catch(() => undefined); // the machine ends under it
      const typing = setInterval(() => void guest.send("x").catch(() => undefined), 200);
      await guest.waitForLine("kernel panic: exception 34", LIMIT_MS).finally(() => clearInterval(typing));
      await guest.waitForLine(`at signalled ${KERNEL.path}:${line}`);
      expect(await guest.exitStatus()).toBe(101);
      await gdb;
    } finally {
      await guest.kill();
    }
  },
  2 * LIMIT_MS,
);
