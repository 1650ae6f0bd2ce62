// A guest in multiplexed mode, seen as a process: its standard streams are ours, its log is kept aside, its exit status
// is answered. Used by `phi run` and `phi boot --exec`.
// Invariant: whatever happens the guest is gone when run() settles, and the reason is in the outcome.

import type { Guest } from "qemu-test-harness";
import { type Channel, END_OF_INPUT, encodeInput, INTERRUPT, MuxDecoder } from "./mux.ts";

export interface SessionOptions {
  /** Limit for the whole session; undefined: none. */
  readonly timeout_ms?: number;
  /** Log goes to standard error as it comes. */
  readonly verbose?: boolean;
  /** Takes standard output in place of our own. */
  readonly onOutput?: (bytes: Uint8Array) => void;
  /** false: the guest gets end of input at once. */
  readonly forwardInput: boolean;
  /** What the guest gets as its whole input, in place of ours. */
  readonly input?: Uint8Array | undefined;
}

export type Outcome =
  | { readonly kind: "status"; readonly status: number }
  /** The emulator ended without telling a status. */
  | { readonly kind: "vanished"; readonly detail: string }
  | { readonly kind: "timeout"; readonly detail: string }
  | { readonly kind: "interrupted" }
  /** Nobody reads our standard output or error any more. */
  | { readonly kind: "pipe-closed" }
  /** What the program wrote could not be kept. */
  | { readonly kind: "output-failed"; readonly detail: string };

/** A guest that is not ready after this long has failed; emulated start-up takes about a second. */
const READY_LIMIT_MS = 60_000;
/** Time the guest has to power off after it told its status. */
const POWER_OFF_LIMIT_MS = 5_000;
const LOG_KEPT_BYTES = 256 * 1024;

export class Session {
  readonly #guest: Guest;
  readonly #options: SessionOptions;
  #log = "";
  #ready = false;
  #interrupts = 0;
  #outcome: Outcome | undefined;
  /** Set when our own streams failed, which can be told after the program has ended. */
  #broken: Outcome | undefined;
  #settle: (outcome: Outcome) => void = () => undefined;

  constructor(guest: Guest, options: SessionOptions) {
    this.#guest = guest;
    this.#options = options;
  }

  /** What kernel and services logged, at most the last 256 KiB. */
  get log(): string {
    return this.#log;
  }

  async run(): Promise<Outcome> {
    const settled = new Promise<Outcome>((resolve) => {
      this.#settle = (outcome) => {
        this.#outcome ??= outcome;
        resolve(this.#outcome);
      };
    });
    const decoder = new MuxDecoder({
      data: (channel, bytes) => this.#data(channel, bytes),
      ready: () => this.#begin(),
      exit: (status) => this.#settle({ kind: "status", status }),
    });
    this.#guest.onData((bytes) => decoder.push(bytes));
    const timers = [this.#limit(READY_LIMIT_MS, () => !this.#ready, "the system was not ready")];
    if (this.#options.timeout_ms !== undefined) {
      timers.push(this.#limit(this.#options.timeout_ms, () => true, "the program did not end"));
    }
    const interrupt = (): void => this.#interrupt();
    const broken = (error: NodeJS.ErrnoException): void => {
      this.#broken ??=
        error.code === "EPIPE" ? { kind: "pipe-closed" } : { kind: "output-failed", detail: error.message };
      this.#settle(this.#broken);
    };
    process.on("SIGINT", interrupt);
    process.stdout.on("error", broken);
    process.stderr.on("error", broken);
    this.#guest.exited.then(
      () => this.#settle({ kind: "vanished", detail: this.#vanishedDetail() }),
      (error: Error) => this.#settle({ kind: "vanished", detail: error.message }),
    );
    try {
      const outcome = await settled;
      if (outcome.kind === "status") await this.#powerOff();
      return this.#broken ?? outcome;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      process.off("SIGINT", interrupt);
      process.stdin.destroy();
      await this.#guest.kill().catch(() => undefined);
      process.stdout.off("error", broken);
      process.stderr.off("error", broken);
    }
  }

  #data(channel: Channel, bytes: Uint8Array): void {
    if (channel === "log") {
      const text = Buffer.from(bytes).toString("utf8");
      this.#log = (this.#log + text).slice(-LOG_KEPT_BYTES);
      if (this.#options.verbose) process.stderr.write(text);
      return;
    }
    if (channel === "stdout" && this.#options.onOutput !== undefined) {
      this.#options.onOutput(bytes);
      return;
    }
    const stream = channel === "stdout" ? process.stdout : process.stderr;
    // The bytes belong to the reader's buffer; a stream that is behind holds the guest back by way of the UART.
    if (!stream.write(Uint8Array.from(bytes))) {
      this.#guest.pauseOutput();
      stream.once("drain", () => this.#guest.resumeOutput());
    }
  }

  #begin(): void {
    if (this.#ready) return;
    this.#ready = true;
    if (this.#options.input !== undefined) {
      this.#send(encodeInput(this.#options.input));
      this.#send(END_OF_INPUT);
      return;
    }
    if (!this.#options.forwardInput) {
      this.#send(END_OF_INPUT);
      return;
    }
    process.stdin.on("data", (bytes: Buffer) => {
      process.stdin.pause();
      void this.#guest.send(encodeInput(bytes)).then(
        () => process.stdin.resume(),
        () => undefined, // the guest has ended: run() tells why
      );
    });
    process.stdin.on("end", () => this.#send(END_OF_INPUT));
    process.stdin.on("error", () => this.#send(END_OF_INPUT));
  }

  #send(frame: Uint8Array): void {
    this.#guest.send(frame).catch(() => undefined); // as above
  }

  /** The first ^C goes to the program; the second, or one before anything runs, ends everything. */
  #interrupt(): void {
    this.#interrupts++;
    if (this.#interrupts > 1 || !this.#ready) this.#settle({ kind: "interrupted" });
    else this.#send(INTERRUPT);
  }

  #limit(limit_ms: number, applies: () => boolean, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      if (applies()) this.#settle({ kind: "timeout", detail: `${what} in ${limit_ms / 1000} s` });
    }, limit_ms);
  }

  async #powerOff(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => {
      timer = setTimeout(resolve, POWER_OFF_LIMIT_MS);
    });
    await Promise.race([this.#guest.exited, limit]).catch(() => undefined);
    clearTimeout(timer);
  }

  #vanishedDetail(): string {
    const said = this.#guest.diagnostics.trim();
    return said === "" ? "the machine powered off without an exit status" : `the emulator stopped: ${said}`;
  }
}
