// A guest on the person's terminal: keys go in as they are typed, output comes out as it is. Where standard input is no terminal, it is
// the shell's script: it goes in once the shell asks, and when it is at its end so is the shell's input, whoever reads. Used by `phi boot`.
// Invariant: the terminal leaves raw mode whichever way this ends.

import type { Guest, GuestExit } from "qemu-test-harness";
import { colours } from "./terminal.ts";

const CONTROL_A = 0x01;
const END_OF_TRANSMISSION = "\x04";
/** What the shell prints when it waits for a line. */
export const PROMPT = "φ> ";

/** Connects the terminal and waits for the guest's end. `timeout_ms` kills it. */
export async function attach(
  guest: Guest,
  timeout_ms: number | undefined,
): Promise<GuestExit & { quit: boolean; expired: boolean }> {
  const terminal = process.stdin.isTTY === true;
  let quit = false;
  let expired = false;
  let commandKey = false;
  guest.onData((bytes) => {
    if (!process.stdout.write(bytes)) {
      guest.pauseOutput();
      process.stdout.once("drain", () => guest.resumeOutput());
    }
  });
  const stop = (): void => {
    quit = true;
    void guest.kill();
  };
  const expire = (): void => {
    expired = true;
    void guest.kill();
  };
  // ^A x ends the machine, as it does in QEMU; ^A ^A is one ^A for the guest.
  const keys = (bytes: Buffer): Buffer => {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (commandKey) {
        commandKey = false;
        if (byte === "x".charCodeAt(0)) stop();
        else if (byte === CONTROL_A) passed.push(byte);
      } else if (byte === CONTROL_A) commandKey = true;
      else passed.push(byte);
    }
    return Buffer.from(passed);
  };
  const send = (bytes: Buffer | string): void => void guest.send(bytes).catch(() => undefined); // ended: told below
  const timer = timeout_ms === undefined ? undefined : setTimeout(expire, timeout_ms);
  process.on("SIGINT", stop);
  if (terminal) {
    process.stderr.write(colours.dim("(^A x ends the machine)\r\n"));
    process.stdin.setRawMode(true);
  }
  if (terminal) {
    process.stdin.on("data", (bytes: Buffer) => send(keys(bytes)));
    process.stdin.on("end", () => send(END_OF_TRANSMISSION));
  } else {
    forwardScript(guest, send);
  }
  try {
    return { ...(await guest.exited), quit, expired };
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", stop);
    if (terminal) process.stdin.setRawMode(false);
    process.stdin.destroy();
  }
}

/**
 * Passes standard input on from the first prompt: the serial line is set up afresh until then, and loses what came before. An end of input is for
 * one reader; a program may have taken it, or it ended a line without a line feed: after the end, each prompt gets another.
 */
function forwardScript(guest: Guest, send: (bytes: Buffer | string) => void): void {
  const prompt = Buffer.from(PROMPT);
  let tail = Buffer.alloc(0);
  let asked = false;
  let ended = false;
  guest.onData((bytes) => {
    const seen = Buffer.concat([tail, bytes]);
    tail = seen.subarray(Math.max(0, seen.length - prompt.length + 1));
    if (!seen.includes(prompt)) return;
    if (ended) send(END_OF_TRANSMISSION);
    if (asked) return;
    asked = true;
    process.stdin.on("data", (input: Buffer) => {
      process.stdin.pause();
      void guest.send(input).then(
        () => process.stdin.resume(),
        () => undefined, // ended: attach() tells
      );
    });
    const end = (): void => {
      ended = true;
      send(END_OF_TRANSMISSION);
    };
    process.stdin.on("end", end);
    process.stdin.on("error", end);
  });
}
