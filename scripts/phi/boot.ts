// `phi boot`: builds an image, boots it, and either hands the terminal over or (--exec) runs shell commands and
// prints their output alone.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WholeMode } from "../../linker/image/isolation.ts";
import { ensureImage, extendArchive } from "./artifacts.ts";
import { CliFailure, EXIT_TIMEOUT } from "./failure.ts";
import { attach } from "./interactive.ts";
import { type MachineOptions, startMachine } from "./machine.ts";
import { exitCode } from "./outcome.ts";
import { Session } from "./session.ts";
import { leaveStandardErrorAlone } from "./terminal.ts";

export interface BootCommandOptions extends MachineOptions {
  readonly image: string;
  readonly exec?: string;
  /** Everything in this mode, whatever the image says. */
  readonly isolation?: WholeMode;
  readonly timeout_ms?: number;
  readonly verbose: boolean;
  /** With `exec`: the commands' standard input; without it they get none. */
  readonly input?: Uint8Array;
  /** With `exec`: takes the commands' output in place of our own. */
  readonly onOutput?: (bytes: Uint8Array) => void;
}

/** Boots and returns the exit code. */
export async function runBoot(options: BootCommandOptions): Promise<number> {
  if (options.exec !== undefined) leaveStandardErrorAlone();
  const image = await ensureImage(options.image, options.arch, false, options.isolation);
  const directory = mkdtempSync(join(tmpdir(), "phi-boot-"));
  try {
    if (options.exec === undefined) {
      const guest = startMachine(image, options);
      const exit = await attach(guest, options.timeout_ms);
      if (exit.expired)
        throw new CliFailure(`stopped after ${(options.timeout_ms ?? 0) / 1000} s`, undefined, EXIT_TIMEOUT);
      if (exit.quit) return 0;
      if (exit.status === undefined)
        throw new CliFailure(
          `the emulator ended without a verdict of the guest (code ${exit.code})`,
          guest.diagnostics.trim() || undefined,
        );
      return exit.status;
    }
    const archive = join(directory, "archive");
    extendArchive(options.arch, image.archive, archive, [
      ["console", "mux"],
      ["exec", options.exec],
    ]);
    const guest = startMachine({ kernel: image.kernel, archive }, options, { keepOutput: false });
    const session = new Session(guest, {
      timeout_ms: options.timeout_ms,
      verbose: options.verbose,
      onOutput: options.onOutput,
      forwardInput: false,
      input: options.input,
    });
    return exitCode(await session.run(), session, options.verbose);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
