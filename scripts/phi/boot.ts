// `phi boot`: builds an image, boots it, and either hands the terminal over or (--exec) runs shell commands and
// prints their output alone.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureImage, writeArchive } from "./artifacts.ts";
import { CliFailure, EXIT_INTERRUPTED, EXIT_TIMEOUT } from "./failure.ts";
import { attach } from "./interactive.ts";
import { type MachineOptions, startMachine } from "./machine.ts";
import { type Outcome, Session } from "./session.ts";

export interface BootCommandOptions extends MachineOptions {
  readonly image: string;
  readonly exec?: string;
  readonly timeout_ms?: number;
  readonly verbose: boolean;
}

/** Exit code of a shell whose reader went away, as shells report SIGPIPE. */
const EXIT_PIPE_CLOSED = 141;

/** Boots and returns the exit code. */
export async function runBoot(options: BootCommandOptions): Promise<number> {
  const image = await ensureImage(options.image, options.arch);
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
    writeArchive(image.archive, archive, [
      ["console", "mux"],
      ["exec", options.exec],
    ]);
    const guest = startMachine({ kernel: image.kernel, archive }, options, { keepOutput: false });
    const session = new Session(guest, {
      timeout_ms: options.timeout_ms,
      verbose: options.verbose,
      forwardInput: false,
    });
    return exitCode(await session.run(), session, options.verbose);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The exit code for an outcome; failures bring the guest's log with them. */
export function exitCode(outcome: Outcome, session: Session, verbose: boolean): number {
  if (outcome.kind === "status") return outcome.status & 0xff;
  if (outcome.kind === "pipe-closed") return EXIT_PIPE_CLOSED;
  if (outcome.kind === "interrupted") return EXIT_INTERRUPTED;
  if (!verbose) process.stderr.write(session.log);
  if (!session.log.endsWith("\n")) process.stderr.write("\n");
  if (outcome.kind === "timeout")
    throw new CliFailure(
      `time-out: ${outcome.detail}`,
      "Give a longer --timeout, or see the log with --verbose.",
      EXIT_TIMEOUT,
    );
  throw new CliFailure(outcome.detail, "The guest's log stands above.");
}
