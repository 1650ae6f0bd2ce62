// The console service, whole, against a 16550 and a kernel in TypeScript.
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { INIT, Kernel, STREAM } from "./kernel.ts";

const COMPILE_LIMIT_MS = 60_000;
const SHELL = 0x201n;
const PROGRAM = 0x302n;
const OTHER = 0x504n;
const KEYBOARD = (2n << 56n) | 0x403n;
const E_CANCELLED = -16n;
const E_TIMEOUT = -9n;
const E_ARGUMENT = -3n;
const E_RIGHTS = -2n;
const E_METHOD = -32n;
const WAIT_INPUT = 3n;
const FLUSH = 4n;
const SET_MODE = 5n;
const SET_FOREGROUND = 6n;
const EXIT_STATUS = 7n;
const TERMINAL = 8n;
const TYPE = 9n;
const LINE = 1n;
const ECHO = 2n;
const HISTORY = 4n;
const INTERRUPT = 8n;

let kernel: Kernel;

beforeAll(() => Kernel.start("console=tty\n"), COMPILE_LIMIT_MS);

async function boot(parameters: string): Promise<void> {
  kernel = await Kernel.start(parameters);
  kernel.attach(SHELL);
  kernel.attach(PROGRAM);
  kernel.attach(KEYBOARD);
  kernel.attach(OTHER);
}

describe("on a terminal", () => {
  beforeEach(async () => {
    await boot("console=tty\ncolumns=60\n");
    kernel.call(SHELL, SET_MODE, LINE | ECHO | HISTORY | INTERRUPT);
  });

  it("says what it is", async () => {
    expect(kernel.call(SHELL, TERMINAL).answer).toBe((60n << 16n) | 3n);
    expect(kernel.sent()).toBe("");
    await boot("console=tty\ncolours=none\n");
    expect(kernel.call(SHELL, TERMINAL).answer).toBe((80n << 16n) | 1n);
  });

  it("gives a line to the reader that waits, edited and echoed", () => {
    kernel.write(SHELL, STREAM.output, "φ> ");
    const read = kernel.read(SHELL);
    kernel.type("helxy\x7f\x7flp");
    expect(read.answer).toBeUndefined();
    kernel.type("\r");
    expect(kernel.taken(SHELL, read)).toBe("hellp\n");
    expect(kernel.sent()).toMatch(/^φ> helxy\r\x1b\[3Chelx\x1b\[K\r\x1b\[3Chel\x1b\[Klp\r\n$/);
  });

  it("takes what a keyboard types as what comes by the line, of a keyboard alone", () => {
    const read = kernel.read(SHELL);
    expect(kernel.put(KEYBOARD, TYPE, "left\x7f").answer).toBe(5n);
    kernel.type("t");
    expect(kernel.put(PROGRAM, TYPE, "no\r").answer).toBe(E_RIGHTS);
    expect(kernel.put(KEYBOARD, TYPE, "!\r").answer).toBe(2n);
    expect(kernel.taken(SHELL, read)).toBe("left!\n");
    const taken = Array.from({ length: 40 }, () => Number(kernel.put(KEYBOARD, TYPE, "y\r".repeat(1000)).answer));
    expect(taken.at(-1)).toBe(0);
  });

  it("keeps what is typed ahead, one line a read", () => {
    kernel.read(SHELL).isGone = true;
    kernel.type("one\rtwo\rthr");
    for (const line of ["one\n", "two\n"]) expect(kernel.taken(SHELL, kernel.read(SHELL))).toBe(line);
    const third = kernel.read(SHELL);
    expect(third.answer).toBeUndefined();
    kernel.type("ee\n");
    expect(kernel.taken(SHELL, third)).toBe("three\n");
  });

  it("turns line feeds into carriage return and line feed", () => {
    expect(kernel.write(PROGRAM, STREAM.output, "a\nb\n").answer).toBe(4n);
    expect(kernel.sent()).toBe("a\r\nb\r\n");
  });

  it("draws the line being typed again behind another client's output", () => {
    kernel.read(SHELL);
    kernel.write(SHELL, STREAM.output, "φ> ");
    kernel.type("me");
    kernel.sent();
    kernel.write(PROGRAM, STREAM.log, "log line\n");
    expect(kernel.sent()).toBe("\r\x1b[Klog line\r\n\rφ> me\x1b[K");
  });

  it("draws a prompt again that nobody reads behind yet, for others' output, and for a new reader's of its own", () => {
    kernel.write(SHELL, STREAM.output, "φ> ");
    kernel.sent();
    kernel.write(PROGRAM, STREAM.log, "log line\n");
    expect(kernel.sent()).toBe("\r\x1b[Klog line\r\n\rφ> \x1b[K");
    kernel.write(OTHER, STREAM.output, "half");
    expect(kernel.sent()).toBe("\r\x1b[Khalf\r\n\rφ> \x1b[K");
    kernel.write(SHELL, STREAM.output, "more> ");
    expect(kernel.sent()).toBe("more> ");
    kernel.read(SHELL);
    kernel.type("me");
    kernel.sent();
    kernel.write(PROGRAM, STREAM.log, "log line\n");
    expect(kernel.sent()).toBe("\r\x1b[Klog line\r\n\rφ> more> me\x1b[K");
  });

  it("a prompt of somebody who is gone is nobody's", () => {
    kernel.write(SHELL, STREAM.output, "φ> ");
    kernel.attach(SHELL + 0x300n); // another client in its slot
    kernel.sent();
    kernel.write(PROGRAM, STREAM.log, "\nlog line\n");
    expect(kernel.sent()).toBe("\r\nlog line\r\n");
  });

  it("^C cancels the shell's read; with another client in front init is told", () => {
    const read = kernel.read(SHELL);
    kernel.type("abc\x03");
    expect(read.answer).toBe(E_CANCELLED);
    expect(kernel.notified).toBe(0n);
    expect(kernel.call(INIT, SET_FOREGROUND, PROGRAM).answer).toBe(SHELL);
    kernel.type("unread\r\x03");
    expect(kernel.notified).toBe(0x40n);
    kernel.read(PROGRAM).isGone = true;
    kernel.type("x\r");
    expect(kernel.taken(PROGRAM, kernel.read(PROGRAM))).toBe("x\n");
  });

  it("remembers a ^C that came between two reads", () => {
    kernel.read(SHELL);
    kernel.type("ls\r");
    kernel.type("\x03");
    expect(kernel.read(SHELL).answer).toBe(E_CANCELLED);
    expect(kernel.read(SHELL).answer).toBeUndefined();
  });

  it("^D ends the input once, and hands over a partial line", () => {
    const end = kernel.read(SHELL);
    kernel.type("\x04");
    expect(end.answer).toBe(0n);
    const partial = kernel.read(SHELL);
    kernel.type("par\x04");
    expect(kernel.taken(SHELL, partial)).toBe("par");
    const next = kernel.read(SHELL);
    expect(next.answer).toBeUndefined();
    kernel.type("t\r");
    expect(kernel.taken(SHELL, next)).toBe("t\n");
  });

  it("gives the input to the client in front alone, and to the next reader when that one is gone", () => {
    const shell = kernel.read(SHELL);
    expect(kernel.call(SHELL, SET_FOREGROUND, PROGRAM).answer).toBe(E_RIGHTS);
    kernel.call(INIT, SET_FOREGROUND, PROGRAM);
    const program = kernel.read(PROGRAM);
    kernel.type("for the program\r");
    expect(shell.answer).toBeUndefined();
    expect(kernel.taken(PROGRAM, program)).toBe("for the program\n");
    kernel.read(PROGRAM);
    const next = PROGRAM + 0x100n; // another client in the slot of the program that has ended
    kernel.attach(next);
    expect(kernel.replies.size).toBe(1);
    kernel.type("back\r");
    expect(kernel.taken(next, kernel.read(next))).toBe("back\n");
    kernel.call(INIT, SET_FOREGROUND, SHELL);
    kernel.type("for the shell\r");
    expect(kernel.taken(SHELL, shell)).toBe("for the shell\n");
  });

  it("loses nothing when a reader died: the next one gets its bytes", () => {
    const dead = kernel.read(SHELL);
    dead.isGone = true;
    kernel.type("kept\r");
    expect(kernel.taken(SHELL, kernel.read(SHELL))).toBe("kept\n");
  });

  it("waits for input until a deadline", () => {
    expect(kernel.call(SHELL, WAIT_INPUT, 0n).answer).toBe(E_TIMEOUT);
    const wait = kernel.call(SHELL, WAIT_INPUT, 1000n);
    expect(kernel.deadline).toBe(1000n);
    kernel.advance(999n);
    expect(wait.answer).toBeUndefined();
    kernel.advance(1n);
    expect(wait.answer).toBe(E_TIMEOUT);
    const second = kernel.call(SHELL, WAIT_INPUT, 5000n);
    kernel.type("ab\r");
    expect(second.answer).toBe(3n);
    expect(kernel.deadline).toBeUndefined();
  });

  it("answers a writer when a slow line has taken its bytes, others behind it in order", () => {
    kernel.uart.lineRoom = 100;
    const text = "x".repeat(40_000);
    const first = kernel.write(PROGRAM, STREAM.output, text);
    const second = kernel.write(SHELL, STREAM.output, "end\n");
    expect(first.answer).toBeUndefined();
    for (let i = 0; i < 10_000 && second.answer === undefined; i++) {
      kernel.uart.drain(16);
      kernel.interrupt();
    }
    expect(first.answer).toBe(40_000n);
    expect(second.answer).toBe(4n);
    kernel.uart.drain(100_000);
    kernel.interrupt();
    kernel.uart.drain(0);
    while (kernel.uart.interrupts) kernel.interrupt();
    expect(kernel.sent()).toBe(`${text}end\r\n`);
  });

  it("flush reports a line that takes nothing any more instead of hanging", () => {
    kernel.uart.lineRoom = 0;
    kernel.write(SHELL, STREAM.output, "lost");
    const clock = setIntervalClock(kernel);
    expect(kernel.call(SHELL, FLUSH).answer).toBe(-36n);
    clock();
  });

  it("refuses bad arguments", () => {
    expect(kernel.call(SHELL, 1n, 4n, 0n).answer).toBe(E_ARGUMENT);
    expect(kernel.call(SHELL, 1n, 1n, 0x1_0001_0000_0000n).answer).toBe(E_ARGUMENT);
    expect(kernel.call(SHELL, SET_MODE, 16n).answer).toBe(E_ARGUMENT);
    expect(kernel.call(SHELL, 99n).answer).toBe(E_METHOD);
  });
});

/** Every look at the clock takes a millisecond. */
function setIntervalClock(of: Kernel): () => void {
  let now = of.now;
  Object.defineProperty(of, "now", { configurable: true, get: () => (now += 1_000_000n) });
  return () => Object.defineProperty(of, "now", { configurable: true, writable: true, value: now });
}

describe("multiplexed", () => {
  beforeEach(() => boot("console=mux\n"));

  it("is ready, then keeps streams apart", () => {
    expect(kernel.sent()).toBe("\x10l\x10r");
    kernel.write(PROGRAM, STREAM.output, "out\n");
    kernel.write(PROGRAM, STREAM.error, "err\n");
    kernel.write(SHELL, STREAM.log, "log\n");
    expect(kernel.sent()).toBe("\x10oout\n\x10eerr\n\x10llog\n");
  });

  it("sends the status behind all output", () => {
    kernel.write(PROGRAM, STREAM.output, "bye");
    expect(kernel.call(PROGRAM, EXIT_STATUS, 134n).answer).toBe(0n);
    expect(kernel.sent()).toBe("\x10l\x10r\x10obye\x10x134;");
  });

  it("neither echoes nor waits for a line end", () => {
    kernel.sent();
    const read = kernel.read(PROGRAM);
    kernel.type("ab");
    expect(kernel.taken(PROGRAM, read)).toMatch(/^ab?$/);
    expect(kernel.sent()).toBe("");
  });

  it("ends the input for good", () => {
    kernel.type("x\x10Dignored");
    expect(kernel.taken(PROGRAM, kernel.read(PROGRAM))).toBe("x");
    expect(kernel.read(PROGRAM).answer).toBe(0n);
    expect(kernel.read(PROGRAM).answer).toBe(0n);
  });

  it("gives a shell lines, the last one without its end", () => {
    kernel.call(SHELL, SET_MODE, LINE | INTERRUPT);
    kernel.type("help\nps");
    expect(kernel.taken(SHELL, kernel.read(SHELL))).toBe("help\n");
    const rest = kernel.read(SHELL);
    expect(rest.answer).toBeUndefined();
    kernel.type("\x10D");
    expect(kernel.taken(SHELL, rest)).toBe("ps");
  });

  it("stops reading the UART while its ring is full and loses no byte at any speed", () => {
    const data = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3).map((byte) =>
      byte === 0x10 ? 0x11 : byte,
    );
    kernel.type(data);
    expect(kernel.uart.unread).toBe(100_000 - 32_768);
    let received = "";
    while (received.length < data.length) {
      received += kernel.taken(PROGRAM, kernel.read(PROGRAM, 10_000));
      kernel.interrupt();
    }
    expect(received).toBe(Buffer.from(data).toString("latin1"));
  });

  it("carries any bytes in both directions, in any pieces", () => {
    kernel.sent();
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }), (pieces) => {
        let echoed = "";
        for (const piece of pieces) {
          kernel.type(Uint8Array.from([...piece].flatMap((byte) => (byte === 0x10 ? [0x10, 0x10] : [byte]))));
          let got = "";
          while (got.length < piece.length) got += kernel.taken(PROGRAM, kernel.read(PROGRAM));
          kernel.write(PROGRAM, STREAM.output, Buffer.from(got, "latin1"));
          echoed += got;
        }
        const wire = Buffer.from(kernel.uart.wire.splice(0)).toString("latin1");
        // from left to right: a doubled DLE may stand before an o that is data
        expect(wire.replaceAll(/\x10([o\x10])/g, (_, what) => (what === "o" ? "" : what))).toBe(echoed);
        expect(echoed).toBe(Buffer.concat(pieces).toString("latin1"));
      }),
      { numRuns: 60, examples: [[[Uint8Array.from([16, 111, 0])]]] },
    );
  });

  it("takes few register accesses a byte", () => {
    const before = kernel.uart.accesses;
    kernel.write(PROGRAM, STREAM.output, "y".repeat(32_000));
    expect((kernel.uart.accesses - before) / 32_000).toBeLessThan(1.1);
    const between = kernel.uart.accesses;
    for (let i = 0; i < 2_000; i++) kernel.type("0123456789abcdef");
    expect(kernel.taken(PROGRAM, kernel.read(PROGRAM, 32_000))).toHaveLength(32_000);
    expect((kernel.uart.accesses - between) / 32_000).toBeLessThan(1.4);
  });
});
