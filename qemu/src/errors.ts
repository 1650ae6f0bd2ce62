// The one error of the harness. Every failure of a guest is reported as a HarnessError whose message says what
// was awaited or refused and ends with the guest's last lines, so that a failed test can be read without a rerun.

/** What went wrong, for programs; the message is for people. */
export type HarnessErrorKind =
  | "timeout" // something awaited did not come in time
  | "exited" // the guest ended while something was awaited
  | "emulator" // QEMU itself could not be started, or complained
  | "argument" // the caller asked for something that makes no sense
  | "protocol"; // the QMP peer answered something unexpected

export class HarnessError extends Error {
  readonly kind: HarnessErrorKind;

  constructor(kind: HarnessErrorKind, message: string) {
    super(message);
    this.name = "HarnessError";
    this.kind = kind;
  }
}

/** The last `count` lines of a text, indented, or a remark that there were none. */
export function lastLines(text: string, count = 15): string {
  const lines = text.trimEnd().split("\n");
  if (lines.length === 1 && lines[0] === "") return "  (the guest printed nothing)";
  return lines
    .slice(-count)
    .map((line) => `  | ${line.replace(/\r$/, "")}`)
    .join("\n");
}
