// The host's side of docs/console-protocol.md: takes the guest's byte stream apart into channels and frames what goes
// the other way. Used by session.ts. Invariant: an escape may be split over any number of reads.

const DLE = 0x10;

export type Channel = "stdout" | "stderr" | "log";

const CHANNELS: Readonly<Record<string, Channel>> = { o: "stdout", e: "stderr", l: "log" };
/** Longest status is 4294967295. */
const STATUS_DIGITS_MAX = 10;

export interface MuxEvents {
  /** Bytes of a channel, escapes removed. */
  data(channel: Channel, bytes: Uint8Array): void;
  /** The guest takes input from now on. */
  ready(): void;
  /** The program, or the last command, has ended; standard output is complete. */
  exit(status: number): void;
}

export class MuxDecoder {
  readonly #events: MuxEvents;
  #channel: Channel = "log";
  #escaped = false;
  /** Digits of an exit frame under way. */
  #status: string | undefined;

  constructor(events: MuxEvents) {
    this.#events = events;
  }

  push(bytes: Uint8Array): void {
    let start = 0;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index];
      if (this.#status !== undefined) {
        this.#statusByte(byte);
        start = index + 1;
      } else if (this.#escaped) {
        this.#escaped = false;
        // A literal DLE begins the next piece: it is data, its escape is not.
        start = byte === DLE ? index : index + 1;
        if (byte !== DLE) this.#escape(String.fromCharCode(byte));
      } else if (byte === DLE) {
        this.#flush(bytes, start, index);
        this.#escaped = true;
        start = index + 1;
      }
    }
    if (!this.#escaped && this.#status === undefined) this.#flush(bytes, start, bytes.length);
  }

  #flush(bytes: Uint8Array, start: number, end: number): void {
    if (end > start) this.#events.data(this.#channel, bytes.subarray(start, end));
  }

  #escape(letter: string): void {
    const channel = CHANNELS[letter];
    if (channel !== undefined) this.#channel = channel;
    else if (letter === "r") this.#events.ready();
    else if (letter === "x") this.#status = "";
  }

  #statusByte(byte: number): void {
    const digits = this.#status ?? "";
    const letter = String.fromCharCode(byte);
    if (/[0-9]/.test(letter) && digits.length < STATUS_DIGITS_MAX) {
      this.#status = digits + letter;
      return;
    }
    // Anything but digits and the semicolon is a mistake of the guest: the frame is dropped.
    this.#status = undefined;
    this.#channel = "log";
    if (letter === ";" && digits !== "") this.#events.exit(Number(digits));
  }
}

/** Standard input for the guest: a literal DLE is doubled. */
export function encodeInput(bytes: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of bytes) if (byte === DLE) count++;
  if (count === 0) return bytes;
  const encoded = new Uint8Array(bytes.length + count);
  let at = 0;
  for (const byte of bytes) {
    if (byte === DLE) encoded[at++] = DLE;
    encoded[at++] = byte;
  }
  return encoded;
}

export const END_OF_INPUT = Uint8Array.of(DLE, "D".charCodeAt(0));
export const INTERRUPT = Uint8Array.of(DLE, "C".charCodeAt(0));
