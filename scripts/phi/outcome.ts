// From a session's outcome to an exit code. A failure brings the guest's log with it, once, on standard error.

import { CliFailure, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED, EXIT_TIMEOUT } from "./failure.ts";
import type { Outcome, Session } from "./session.ts";

export function exitCode(outcome: Outcome, session: Session, verbose: boolean): number {
  if (outcome.kind === "status") return outcome.status & 0xff;
  if (outcome.kind === "pipe-closed") return EXIT_PIPE_CLOSED;
  if (outcome.kind === "interrupted") return EXIT_INTERRUPTED;
  if (outcome.kind === "output-failed") {
    const advice = "What the program wrote is not all there; make room, or write somewhere else.";
    throw new CliFailure(`the program's output cannot be written: ${outcome.detail}`, advice);
  }
  if (!verbose && session.log !== "")
    process.stderr.write(session.log.endsWith("\n") ? session.log : `${session.log}\n`);
  if (outcome.kind === "timeout") {
    throw new CliFailure(
      `time-out: ${outcome.detail}`,
      "Give a longer --timeout, or see the log with --verbose.",
      EXIT_TIMEOUT,
    );
  }
  throw new CliFailure(
    outcome.detail,
    session.log === "" ? "The guest printed no log." : "The guest's log stands above.",
  );
}
