// Failures that a person can do something about, and the one place that prints them and picks the exit code.
// Every command throws CliFailure; anything else that reaches report() is a mistake of ours and says so.

import { closeSync, openSync } from "node:fs";

/** Exit codes of phi itself; programs under `phi run` bring their own. */
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
export const EXIT_TIMEOUT = 124;
export const EXIT_INTERRUPTED = 130;
export const EXIT_TRAP = 134;
/** Nobody reads any more, as shells report SIGPIPE. */
export const EXIT_PIPE_CLOSED = 141;

const DETAIL_LINES = 20;

export class CliFailure extends Error {
  readonly advice: string | undefined;
  readonly exitCode: number;

  /** `message`: one sentence of what is wrong. `advice`: one of what to do. */
  constructor(message: string, advice?: string, exitCode: number = EXIT_FAILURE) {
    super(message);
    this.name = "CliFailure";
    this.advice = advice;
    this.exitCode = exitCode;
  }
}

/** Prints a failure on standard error and returns the exit code for it. Stack traces only with PHI_DEBUG=1. */
export function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`phi: ${message}\n`);
  if (error instanceof CliFailure && error.advice !== undefined) process.stderr.write(`  ${error.advice}\n`);
  // BuildError of linker/: the tool's own output.
  const details = (error as { details?: unknown }).details;
  if (typeof details === "string" && details !== "")
    process.stderr.write(`${details.trimEnd().split("\n").slice(0, DETAIL_LINES).join("\n")}\n`);
  if (process.env["PHI_DEBUG"] === "1" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof CliFailure ? error.exitCode : EXIT_FAILURE;
}

/** Makes sure, before the work begins, that a file can be written when it is done. */
export function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, "a"));
  } catch (error) {
    throw new CliFailure(`${file} cannot be written: ${(error as Error).message}`, "Give a place that can be written.");
  }
}

/** Ends this process when what a command prints can be written no longer, unless the command itself listens for that (session.ts). */
export function endWithOutput(): void {
  for (const [stream, name] of [
    [process.stdout, "standard output"],
    [process.stderr, "standard error"],
  ] as const)
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (stream.listenerCount("error") > 1) return;
      if (error.code === "EPIPE") process.exit(EXIT_PIPE_CLOSED);
      const advice = "What the command printed is not all there; make room, or write somewhere else.";
      process.exit(report(new CliFailure(`${name} cannot be written: ${error.message}`, advice)));
    });
}
