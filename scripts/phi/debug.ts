// `phi debug`: boots an image, waits until it takes commands, and opens gdb on it, with the symbols of kernel and modules.
// The guest's console shows on the same terminal while it runs; `phi-send TEXT` in gdb types a line for the shell.

import { spawn, spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture, Guest } from "qemu-test-harness";
import { gdbCommands } from "../../linker/debug/gdb.ts";
import { ensureImage } from "./artifacts.ts";
import { CliFailure } from "./failure.ts";
import { PROMPT } from "./interactive.ts";
import { startMachine } from "./machine.ts";
import { ROOT } from "./paths.ts";

export interface DebugOptions {
  readonly arch: Architecture;
  readonly image: string;
  readonly port: number;
  /** File of gdb commands to run in place of a prompt. */
  readonly batch?: string;
}

const READY_LIMIT_MS = 60_000;

/** Returns gdb's exit code. */
export async function runDebug(options: DebugOptions): Promise<number> {
  if (options.batch !== undefined && !existsSync(options.batch))
    throw new CliFailure(`there is no ${options.batch}`, "Give a file of gdb commands.");
  const image = await ensureImage(options.image, options.arch);
  const directory = mkdtempSync(join(tmpdir(), "phi-debug-"));
  const guest = startMachine(image, { arch: options.arch }, { gdbPort: options.port });
  // gdb interprets ^C itself: it stops the guest.
  const ignore = (): void => undefined;
  const keys = openKeys(directory, guest);
  process.on("SIGINT", ignore);
  try {
    if (options.image === "shell") await guest.waitFor(PROMPT, READY_LIMIT_MS);
    guest.onData((bytes) => process.stdout.write(bytes));
    const own = join(directory, "phi-send.gdb");
    writeFileSync(own, sendCommand(keys.path));
    const stub = `localhost:${options.port}`;
    const commands = gdbCommands({ architecture: options.arch, root: ROOT, stub });
    const batch = options.batch === undefined ? [] : ["-batch", "-x", options.batch];
    process.stderr.write(
      "phi: `phi-send TEXT` types a line for the guest's shell; `phi-modules` loads symbols of new modules\n",
    );
    return await gdb(["-q", "-x", own, "-x", commands, ...batch]);
  } finally {
    process.off("SIGINT", ignore);
    keys.close();
    await guest.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A named pipe whose content goes to the guest as typed keys. */
function openKeys(directory: string, guest: Guest): { path: string; close: () => void } {
  const path = join(directory, "keys");
  if (spawnSync("mkfifo", [path]).status !== 0) throw new CliFailure(`cannot make a named pipe in ${directory}`);
  // Opened for both, so that it does not end when gdb closes its side.
  const stream = createReadStream(path, { flags: "r+" });
  stream.on("data", (bytes) => void guest.send(bytes).catch(() => undefined)); // the guest has ended: gdb says so
  const close = (): void => {
    stream.destroy();
    // The read that waits for the pipe ends only with a byte, and Node only with the read.
    writeFileSync(path, "\0");
  };
  return { path, close };
}

function sendCommand(keys: string): string {
  return `python
class PhiSend(gdb.Command):
    """Type a line for the guest's shell: phi-send TEXT. The guest reads it when it runs."""
    def __init__(self):
        super().__init__("phi-send", gdb.COMMAND_RUNNING)
    def invoke(self, argument, from_tty):
        with open(${JSON.stringify(keys)}, "w") as pipe:
            pipe.write(argument + "\\r")
PhiSend()
end
`;
}

function gdb(list: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("gdb-multiarch", list, { cwd: ROOT, stdio: "inherit" });
    child.once("error", () => reject(new CliFailure("gdb-multiarch cannot be started", "Run `make setup`.")));
    child.once("close", (code) => resolve(code ?? 1));
  });
}
