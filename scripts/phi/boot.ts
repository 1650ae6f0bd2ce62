// `phi boot`: builds an image, boots it, and either hands the terminal over or (--exec) runs shell commands and
// prints their output alone.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Architecture } from "qemu-test-harness";
import type { ArchiveEntry } from "../../linker/archive.ts";
import type { WholeMode } from "../../linker/image/isolation.ts";
import { ensureImage, ensureProgram, extendArchive, readProgram } from "./artifacts.ts";
import { CliFailure, EXIT_TIMEOUT } from "./failure.ts";
import { attach } from "./interactive.ts";
import { type MachineOptions, startMachine } from "./machine.ts";
import { exitCode } from "./outcome.ts";
import type { Parameter } from "./parameters.ts";
import { Session } from "./session.ts";
import { leaveStandardErrorAlone } from "./terminal.ts";

export interface BootCommandOptions extends MachineOptions {
  readonly image: string;
  readonly exec?: string;
  /** Everything in this mode, whatever the image says. */
  readonly isolation?: WholeMode;
  /** Files of WASI commands that `run` can start. */
  readonly programs?: readonly string[];
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
    const archive = join(directory, "archive");
    const programs = await Promise.all((options.programs ?? []).map((file) => programEntry(file, options.arch)));
    if (options.exec === undefined) {
      extendArchive(options.arch, image.archive, archive, terminalParameters(options), programs);
      const guest = startMachine({ kernel: image.kernel, archive }, options);
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
    const parameters: Parameter[] = [
      ["console", "mux"],
      ["exec", options.exec],
    ];
    extendArchive(options.arch, image.archive, archive, parameters, programs);
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

/** What the guest should know of the terminal that it writes to; a display of its own has the usual width. */
function terminalParameters(options: BootCommandOptions): Parameter[] {
  const { isTTY, columns } = process.stdout;
  const parameters: Parameter[] = [];
  if (!isTTY || process.env["NO_COLOR"] !== undefined) parameters.push(["colours", "none"]);
  const hasDisplay = options.devices?.some((device) => device.kind === "gpu") ?? false;
  if (isTTY && columns > 0 && !hasDisplay) parameters.push(["columns", String(columns)]);
  return parameters;
}

/** An archive's entry for the program of that file, translated. */
async function programEntry(file: string, arch: Architecture): Promise<ArchiveEntry> {
  const program = await ensureProgram(resolve(file), readProgram(file), arch);
  return { name: basename(file, ".wasm"), kind: "module", bytes: readFileSync(program.path), sfi: false };
}
