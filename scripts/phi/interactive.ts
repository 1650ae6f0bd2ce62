// A guest on the person's terminal: keys go in as they are typed, output comes out as it is. Used by `phi boot`.
// Invariant: the terminal leaves raw mode whichever way this ends.

import type { Guest, GuestExit } from "qemu-test-harness";
import { colours } from "./terminal.ts";

const CONTROL_A = 0x01;
const END_OF_TRANSMISSION = "\x04";

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
  process.stdin.on("data", (bytes: Buffer) => send(terminal ? keys(bytes) : bytes));
  process.stdin.on("end", () => send(END_OF_TRANSMISSION));
  try {
    return { ...(await guest.exited), quit, expired };
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", stop);
    if (terminal) process.stdin.setRawMode(false);
    process.stdin.destroy();
  }
}
