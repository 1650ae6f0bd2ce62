// Progress and colours on standard error. On a terminal: a spinner; elsewhere one plain line a step, so that
// logs of continuous integration stay readable. Standard output is never touched.

import ora from "ora";
import picocolors from "picocolors";

export const colours = picocolors.createColors(process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined);

export interface Progress {
  /** Says what is being done now. */
  step(text: string): void;
  /** Ends with a success line, or with none. */
  done(text?: string): void;
  /** Ends because of a failure, whose message the caller prints. */
  stop(): void;
}

let quiet = false;

/** No progress lines where there is no terminal: standard error belongs to the program that is run. */
export function leaveStandardErrorAlone(): void {
  quiet = true;
}

/** Begins a piece of work that may take long. */
export function beginProgress(text: string): Progress {
  // A terminal that does not know its width (0 columns) cannot be drawn on.
  const drawable = process.stderr.isTTY === true && process.stderr.columns > 0;
  if (!drawable || process.env["CI"] !== undefined) return plainProgress(text);
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  return {
    step: (next) => {
      spinner.text = next;
    },
    done: (last) => {
      if (last === undefined) spinner.stop();
      else spinner.succeed(last);
    },
    stop: () => {
      spinner.stop();
    },
  };
}

function plainProgress(first: string): Progress {
  const say = (text: string): void => {
    if (!quiet) process.stderr.write(`phi: ${text}\n`);
  };
  say(first);
  return {
    step: say,
    done: (last) => {
      if (last !== undefined) say(last);
    },
    stop: () => undefined,
  };
}
