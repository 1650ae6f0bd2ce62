// A running QEMU and what a test does with it: wait, send, run commands, look at the screen, read the verdict.
// Made by boot(). Invariant: after `exited` is settled no process, socket or temporary file of the guest is left.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architectureFacts } from "./architectures.ts";
import { parentDeathPrefix, watchChild, watchTemporary } from "./cleanup.ts";
import { type BootOptions, emulatorCommand } from "./command.ts";
import { afterEcho, withoutEscapes } from "./echo.ts";
import { HarnessError, lastLines } from "./errors.ts";
import { QmpClient } from "./qmp.ts";
import { parsePortablePixmap, type Screenshot } from "./screenshot.ts";
import { type Match, Transcript } from "./transcript.ts";

export interface GuestOptions extends BootOptions {
  /** The guest is killed, and whoever waits is told, when it lives longer than this. Default 60 s; Infinity = no limit. */
  readonly timeout_ms?: number;
  /** What the guest prints when it waits for a command; needed by run(). */
  readonly prompt?: string | RegExp;
  /** The guest echoes what it is sent: run() then tells the prompt that ends a command from one that was drawn again for others' output. */
  readonly echo?: boolean;
  /** How long a wait lasts that is not told. Default: as long as the guest may live; 30 s when that is for ever. */
  readonly wait_ms?: number;
  /** Ends a command line; default "\r", what a keyboard's Enter sends. */
  readonly lineEnd?: string;
  /** A command that prints the guest's own instruction counter, and the pattern whose first group is the number. */
  readonly counter?: { readonly command: string; readonly pattern: RegExp };
  /** Opens a QMP socket (screenshots). */
  readonly control?: boolean;
  /** false: output is only handed to onData listeners, not kept. Default true. */
  readonly keepOutput?: boolean;
}

/** How a guest ended. */
export interface GuestExit {
  /** The guest's own status, decoded from the machine's exit device; undefined when it gave none. */
  readonly status: number | undefined;
  /** The emulator's exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The life limit passed and the harness killed it. */
  readonly timedOut: boolean;
}

const DEFAULT_WAIT_MS = 30_000;
const DEFAULT_LIFE_MS = 60_000;

export class Guest {
  readonly options: GuestOptions;
  /** Settles when the emulator has ended. */
  readonly exited: Promise<GuestExit>;
  readonly #child: ChildProcess;
  readonly #transcript = new Transcript();
  readonly #directory: string | undefined;
  readonly #wait_ms: number;
  readonly #listeners: ((bytes: Buffer) => void)[] = [];
  #diagnostics = "";
  #exit: GuestExit | undefined;
  #timedOut = false;
  #qmp: Promise<QmpClient> | undefined;

  /** Use boot(). */
  constructor(options: GuestOptions) {
    this.options = options;
    const limit_ms = options.timeout_ms ?? DEFAULT_LIFE_MS;
    this.#wait_ms = options.wait_ms ?? (Number.isFinite(limit_ms) ? limit_ms : DEFAULT_WAIT_MS);
    this.#directory = options.control ? mkdtempSync(join(tmpdir(), "qemu-guest-")) : undefined;
    const removeDirectory = watchTemporary(() => {
      if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    });
    const command = emulatorCommand(options, this.#path("qmp"));
    const [program = "", ...prefix] = [...parentDeathPrefix(), command.program];
    // A process group of its own: ^C on the terminal is for us to interpret, not for the emulator to die of.
    const list = [...prefix, ...command.arguments];
    this.#child = spawn(program, list, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    watchChild(this.#child);
    this.#child.stdin?.on("error", () => undefined); // the guest ended while we were sending; `exited` tells
    this.#child.stdout?.on("data", (bytes: Buffer) => {
      if (options.keepOutput !== false) this.#transcript.append(bytes);
      for (const listener of this.#listeners) listener(bytes);
    });
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#diagnostics = (this.#diagnostics + bytes.toString()).slice(-16_384);
    });
    const timer = Number.isFinite(limit_ms) ? setTimeout(() => this.#expire(), limit_ms) : undefined;
    this.exited = new Promise((resolve, reject) => {
      this.#child.once("error", (error) => {
        clearTimeout(timer);
        removeDirectory();
        reject(this.#startError(error));
      });
      this.#child.once("close", (code, signal) => {
        clearTimeout(timer);
        const noVerdict = code === null || this.#timedOut || this.#refused(code);
        const status = noVerdict ? undefined : architectureFacts(options.arch).decodeExit(code);
        this.#exit = { status, code, signal, timedOut: this.#timedOut };
        void this.#qmp?.then((client) => client.close()).catch(() => undefined);
        removeDirectory();
        this.#transcript.close(() => this.#exitError("while something was awaited"));
        resolve(this.#exit);
      });
    });
    this.exited.catch((error: Error) => this.#transcript.close(() => error));
  }

  /** Everything the guest printed so far. */
  get output(): string {
    return this.#transcript.text;
  }

  /** The same, undecoded. */
  get outputBytes(): Buffer {
    return this.#transcript.bytes;
  }

  /** What QEMU itself said on its standard error. */
  get diagnostics(): string {
    return this.#diagnostics;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Calls `listener` with every piece of output from now on. */
  onData(listener: (bytes: Buffer) => void): void {
    this.#listeners.push(listener);
  }

  /** Stops reading the guest's output (the UART then holds the guest back) until resumeOutput(). */
  pauseOutput(): void {
    this.#child.stdout?.pause();
  }

  resumeOutput(): void {
    this.#child.stdout?.resume();
  }

  /** Waits for a whole line that holds `pattern`. Lines before it are passed over. */
  waitForLine(pattern: string | RegExp, timeout_ms = this.#wait_ms): Promise<Match> {
    return this.#awaited(`a line with ${describe(pattern)}`, timeout_ms, (fail) =>
      this.#transcript.expectLine(pattern, timeout_ms, fail),
    );
  }

  /** Waits for `pattern` anywhere in what was not matched yet: prompts, for example. */
  waitFor(pattern: string | RegExp, timeout_ms = this.#wait_ms): Promise<Match> {
    return this.#awaited(describe(pattern), timeout_ms, (fail) => this.#transcript.expect(pattern, timeout_ms, fail));
  }

  /** Waits for the prompt given at boot. */
  async waitForPrompt(timeout_ms = this.#wait_ms): Promise<string> {
    return (await this.waitFor(this.#prompt(), timeout_ms)).before;
  }

  /** Sends bytes to the serial line; resolves when the emulator has taken them. */
  send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#exit !== undefined) {
        reject(this.#exitError("before it was sent something"));
        return;
      }
      this.#child.stdin?.write(data, (error) =>
        error ? reject(this.#exitError("while it was sent something")) : resolve(),
      );
    });
  }

  /** Sends a line, ended as the guest expects it. */
  sendLine(line: string): Promise<void> {
    return this.send(line + (this.options.lineEnd ?? "\r"));
  }

  /** Sends a command and returns what the guest printed until its next prompt, without the echo of the command. */
  async run(command: string, timeout_ms = this.#wait_ms): Promise<string> {
    const prompt = this.#prompt();
    await this.sendLine(command);
    const what = `the prompt after the command "${command}"`;
    const next = (): Promise<Match> =>
      this.#awaited(what, timeout_ms, (fail) => this.#transcript.expect(prompt, timeout_ms, fail));
    if (this.options.echo) {
      let printed = "";
      for (;;) {
        const { before, text } = await next();
        const answer = afterEcho(printed + before, command);
        if (answer !== undefined) return answer.trimEnd();
        printed += before + text;
      }
    }
    const match = await next();
    const lines = match.before.replaceAll("\r", "").split("\n");
    if (withoutEscapes(lines[0] ?? "").trimEnd() === command.trimEnd()) lines.shift();
    return lines.join("\n").trimEnd();
  }

  /** Waits for the guest to power off by itself and returns its status; no verdict is an error. */
  async exitStatus(timeout_ms = this.#wait_ms): Promise<number> {
    const exit = await this.#bounded(this.exited, timeout_ms, "the guest to power off");
    if (exit.status === undefined) throw this.#exitError("without a verdict");
    return exit.status;
  }

  /**
   * The guest's instruction counter, by its own `counter` command: QEMU 7.2 tells it to nobody else. With `icount` the
   * time-stamp counter (x86_64) and instret (riscv64) count executed instructions exactly, the same in every run.
   */
  async instructionCount(): Promise<number> {
    const { counter, icount } = this.options;
    if (counter === undefined || !icount) {
      throw new HarnessError("argument", "instructionCount() needs boot({ icount: true, counter })");
    }
    const answer = await this.run(counter.command);
    const count = Number(counter.pattern.exec(answer)?.[1]);
    if (!Number.isSafeInteger(count)) {
      throw new HarnessError(
        "protocol",
        `"${counter.command}" printed no number where ${counter.pattern} looks:
${lastLines(answer)}`,
      );
    }
    return count;
  }

  /** The guest's screen. Needs `control` and `display`. */
  async screenshot(): Promise<Screenshot> {
    const file = this.#path("screen.ppm");
    if (file === undefined)
      throw new HarnessError("argument", "screenshot() needs boot({ control: true, display: true })");
    await (await this.qmp()).execute("screendump", { filename: file });
    return parsePortablePixmap(readFileSync(file));
  }

  /** The connection to QEMU's machine protocol. Needs `control`. */
  qmp(): Promise<QmpClient> {
    const path = this.#path("qmp");
    if (path === undefined) return Promise.reject(new HarnessError("argument", "qmp() needs boot({ control: true })"));
    this.#qmp ??= QmpClient.connect(path);
    return this.#qmp;
  }

  /** Ends the emulator at once; resolves when it is gone. Harmless when it has ended already. */
  async kill(): Promise<GuestExit> {
    if (this.#exit === undefined) this.#child.kill("SIGKILL");
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** QEMU's own failures end with 1, as a guest's verdict may; but then QEMU says why. */
  #refused(code: number): boolean {
    const errors = this.#diagnostics
      .split("\n")
      .filter((line) => line.startsWith("qemu-system-") && !/: warning: /.test(line));
    return code === 1 && errors.some((line) => !/terminating on signal/.test(line));
  }

  #path(name: string): string | undefined {
    return this.#directory === undefined ? undefined : join(this.#directory, name);
  }

  #prompt(): string | RegExp {
    if (this.options.prompt === undefined)
      throw new HarnessError("argument", "run() and waitForPrompt() need boot({ prompt })");
    return this.options.prompt;
  }

  #expire(): void {
    this.#timedOut = true;
    this.#child.kill("SIGKILL");
  }

  #awaited<T>(what: string, timeout_ms: number, begin: (fail: () => Error) => Promise<T>): Promise<T> {
    if (this.#exit !== undefined && this.#transcript.pending === "")
      return Promise.reject(this.#exitError(`before ${what} came`));
    const waiting = begin(
      () =>
        new HarnessError(
          "timeout",
          `waited ${timeout_ms / 1000} s for ${what}; the guest's last lines:\n${lastLines(this.output)}`,
        ),
    );
    if (this.#exit !== undefined) this.#transcript.close(() => this.#exitError(`before ${what} came`));
    return waiting;
  }

  async #bounded<T>(promise: Promise<T>, timeout_ms: number, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new HarnessError(
              "timeout",
              `waited ${timeout_ms / 1000} s for ${what}; its last lines:\n${lastLines(this.output)}`,
            ),
          ),
        timeout_ms,
      );
    });
    return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
  }

  #exitError(when: string): HarnessError {
    const exit = this.#exit;
    const how = exit?.timedOut
      ? `was killed after its limit of ${(this.options.timeout_ms ?? DEFAULT_LIFE_MS) / 1000} s`
      : exit?.signal != null
        ? `was ended by ${exit.signal}`
        : `ended with emulator code ${exit?.code ?? "unknown"}, status ${exit?.status ?? "none"}`;
    const emulator = this.#diagnostics.trim() === "" ? "" : `\nthe emulator said:\n${lastLines(this.#diagnostics)}`;
    return new HarnessError(
      "exited",
      `the guest ${how} ${when}; its last lines:\n${lastLines(this.output)}${emulator}`,
    );
  }

  #startError(error: Error): HarnessError {
    const facts = architectureFacts(this.options.arch);
    return new HarnessError(
      "emulator",
      `${facts.emulator} cannot be started (${error.message}); install the Debian package ${facts.debianPackage}`,
    );
  }
}

/** Starts a guest. It runs until it powers off, is killed, or its time is up. */
export function boot(options: GuestOptions): Guest {
  return new Guest(options);
}

function describe(pattern: string | RegExp): string {
  return typeof pattern === "string" ? JSON.stringify(pattern) : String(pattern);
}
