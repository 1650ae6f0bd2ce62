// What the guest printed, and who waits for a part of it. Fed by guest.ts with raw bytes; used by Guest's wait methods.
// Invariant: each byte can satisfy an expectation once: a match moves the cursor past itself.

import { StringDecoder } from "node:string_decoder";

export interface Match {
  /** Everything between the last match and this one. */
  readonly before: string;
  /** The matched text. */
  readonly text: string;
  /** Groups of a regular expression; element 0 is the whole match. */
  readonly groups: readonly string[];
}

interface Waiter {
  readonly attempt: () => Match | undefined;
  readonly resolve: (match: Match) => void;
  readonly reject: (reason: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Transcript {
  #text = "";
  #cursor = 0;
  #waiters: Waiter[] = [];
  #chunks: Buffer[] = [];
  readonly #decoder = new StringDecoder("utf8");

  /** All text so far. */
  get text(): string {
    return this.#text;
  }

  /** All bytes so far, undecoded. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Text after the last match. */
  get pending(): string {
    return this.#text.slice(this.#cursor);
  }

  append(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#text += this.#decoder.write(bytes);
    this.#settle();
  }

  /** Waits for text after the cursor; `fail` makes the error when `timeout_ms` have passed. */
  expect(pattern: string | RegExp, timeout_ms: number, fail: () => Error): Promise<Match> {
    return this.#wait(() => this.#take(pattern), timeout_ms, fail);
  }

  /** Waits for a complete line after the cursor that holds the pattern; the match is the whole line. */
  expectLine(pattern: string | RegExp, timeout_ms: number, fail: () => Error): Promise<Match> {
    return this.#wait(() => this.#takeLine(pattern), timeout_ms, fail);
  }

  /** Rejects everyone who still waits: the guest is gone. */
  close(reason: () => Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(reason());
    }
  }

  #wait(attempt: () => Match | undefined, timeout_ms: number, fail: () => Error): Promise<Match> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((waiter) => waiter.timer !== timer);
        reject(fail());
      }, timeout_ms);
      this.#waiters.push({ attempt, resolve, reject, timer });
      this.#settle();
    });
  }

  /** Waiters are served in the order they came; a later one never overtakes. */
  #settle(): void {
    for (let first = this.#waiters[0]; first !== undefined; first = this.#waiters[0]) {
      const match = first.attempt();
      if (match === undefined) return;
      this.#waiters.shift();
      clearTimeout(first.timer);
      first.resolve(match);
    }
  }

  #take(pattern: string | RegExp): Match | undefined {
    const found = find(this.pending, pattern);
    if (found === undefined) return undefined;
    const before = this.pending.slice(0, found.at);
    this.#cursor += found.at + found.groups[0].length;
    return { before, text: found.groups[0], groups: found.groups };
  }

  #takeLine(pattern: string | RegExp): Match | undefined {
    const pending = this.pending;
    let start = 0;
    for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n", start)) {
      const line = pending.slice(start, end).replace(/\r$/, "");
      const found = find(line, pattern);
      if (found !== undefined) {
        const before = pending.slice(0, start);
        this.#cursor += end + 1;
        return { before, text: line, groups: found.groups };
      }
      start = end + 1;
    }
    return undefined;
  }
}

function find(text: string, pattern: string | RegExp): { at: number; groups: [string, ...string[]] } | undefined {
  if (typeof pattern === "string") {
    const at = text.indexOf(pattern);
    return at < 0 ? undefined : { at, groups: [pattern] };
  }
  // Without the flags g and y, whose lastIndex would make the search depend on earlier ones.
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text);
  if (match === null) return undefined;
  return { at: match.index, groups: [match[0], ...match.slice(1).map((group) => group ?? "")] };
}
