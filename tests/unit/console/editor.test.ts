// The line editor against a small terminal and, at random, against a model in TypeScript.
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuestFunction, guestFunctions } from "./guest.ts";
import { Terminal } from "./terminal.ts";

const COMPILE_LIMIT_MS = 60_000;
const MODULE = "tests/unit/console/guest/editor.ts";
const DONE = 1;
const END = 2;
const PARTIAL = 3;
const INTERRUPT = 4;

let guest: Record<string, GuestFunction>;
let terminal: Terminal;

function pump(): void {
  for (let byte = guest["terminal_take"]!(); byte >= 0; byte = guest["terminal_take"]!()) terminal.write([byte]);
}

/** Types text, answers what the last byte did. */
function type(text: string): number {
  let result = 0;
  for (const byte of Buffer.from(text)) result = guest["feed"]!(byte);
  pump();
  return result;
}

function line(): string {
  const bytes = Array.from({ length: guest["line_length"]!() }, (_, i) => guest["line_byte"]!(i));
  return Buffer.from(bytes).toString("utf8");
}

/** Types a line and takes it as the console does. */
function enter(text: string): string {
  expect(type(`${text}\r`)).toBe(DONE);
  const entered = line();
  guest["clear"]!();
  return entered;
}

function prompt(text: string): void {
  for (const byte of Buffer.from(text)) guest["output_passed"]!(byte);
  terminal.write(Buffer.from(text));
}

beforeAll(() => guestFunctions(MODULE), COMPILE_LIMIT_MS);

beforeEach(async () => {
  guest = await guestFunctions(MODULE);
  guest["configure"]!(40, 1, 1);
  terminal = new Terminal();
});

describe("line editor", () => {
  it("echoes what is typed and gives the line at Enter, whichever end the terminal sends", () => {
    expect(type("ps")).toBe(0);
    expect(terminal.line).toBe("ps");
    expect(type("\r")).toBe(DONE);
    guest["clear"]!();
    expect(type("\n")).toBe(0); // the LF of a CR LF pair is no second line
    expect(type("\n")).toBe(DONE);
  });

  it("deletes whole characters of UTF-8", () => {
    type("aφ€😀");
    for (const left of ["aφ€", "aφ", "a", "", ""]) {
      type("\x7f");
      expect(line()).toBe(left);
      expect(terminal.line).toBe(left);
    }
  });

  it("edits in the middle", () => {
    prompt("φ> ");
    type("kill shell\x1b[D\x1b[D\x1b[3~\x01re\x1b[C\x1b[C");
    expect(line()).toBe("rekill shel");
    expect(terminal.line).toBe("φ> rekill shel");
    expect(terminal.column).toBe("φ> reki".length);
    type("\x0b");
    expect(line()).toBe("reki");
    type(" one two\x17");
    expect(line()).toBe("reki one ");
    type("\x1b[1;5D\x15");
    expect(line()).toBe("one ");
    expect(terminal.line).toBe("φ> one");
  });

  it.each(["\x1b", "\x1b[", "\x1bO", "\x1b[1;2", "\x1b[?25"])(
    "forgets a sequence that %j began at the next control character",
    (begun) => {
      type(`gone${begun}\x15kept${begun}\x1b[Dp`);
      expect(line()).toBe("keppt");
      type(`\x05\x15last${begun}`);
      expect(type("\r")).toBe(DONE);
      expect(line()).toBe("last");
    },
  );

  it("recalls lines and keeps the draft", () => {
    for (const text of ["first", "second", "second", ""]) enter(text);
    type("draft\x1b[A");
    expect(line()).toBe("second");
    type("\x1b[A");
    expect(line()).toBe("first");
    type("\x1b[A");
    expect(line()).toBe("first");
    type("\x1b[B\x1b[B");
    expect(line()).toBe("draft");
    expect(terminal.line).toBe("draft");
  });

  it("recalls nothing where lines are not remembered", () => {
    enter("secret-free");
    guest["configure"]!(40, 1, 0);
    type("x\x1b[A");
    expect(line()).toBe("x");
  });

  it("forgets the oldest lines first when the history is full", () => {
    for (let i = 0; i < 40; i++) enter(`${i} ${"x".repeat(500)}`);
    type("\x1b[A".repeat(100));
    expect(line()).toMatch(/^2[0-9] x/);
  });

  it("tells an empty line's ^D from a partial line's, and ^C", () => {
    expect(type("\x04")).toBe(END);
    expect(type("abc\x04")).toBe(PARTIAL);
    expect(line()).toBe("abc");
    expect(type("\x03")).toBe(INTERRUPT);
    expect(line()).toBe("");
    expect(terminal.rows[0]!.join("")).toBe("abc^C");
  });

  it("shows a window of a line longer than the terminal", () => {
    prompt("φ> ");
    type(`${"0123456789".repeat(10)}`);
    expect(terminal.column).toBeLessThan(40);
    expect(terminal.line.length).toBeLessThanOrEqual(40);
    expect(terminal.line.endsWith("56789")).toBe(true);
    type("\x01");
    expect(terminal.line.startsWith("φ> 0123456789")).toBe(true);
    expect(terminal.column).toBe(3);
  });

  it("makes way for other output and comes back", () => {
    prompt("φ> ");
    type("mem\x1b[D");
    guest["hide"]!();
    pump();
    expect(terminal.line).toBe("");
    guest["show"]!();
    pump();
    expect(terminal.line).toBe("φ> mem");
    expect(terminal.column).toBe(5);
  });

  it("leaves a long open line alone: it ends it instead of drawing it again", () => {
    prompt("long ".repeat(25));
    type("ab\x7f");
    expect(line()).toBe("a");
    terminal = new Terminal();
    guest["hide"]!();
    pump();
    expect([terminal.row, terminal.line]).toEqual([1, ""]);
  });

  it("clears the screen under ^L and keeps prompt and line", () => {
    prompt("φ> ");
    type("help\x0c");
    expect(terminal.row).toBe(0);
    expect(terminal.line).toBe("φ> help");
  });

  it("shows nothing without echo, but edits", () => {
    guest["configure"]!(40, 0, 0);
    type("sesamee\x7f\x01x");
    expect(line()).toBe("xsesame");
    expect(terminal.line).toBe("");
  });

  it("rings the bell at the limit and swallows unknown sequences", () => {
    type("y".repeat(1030));
    expect(line().length).toBe(1024);
    expect(terminal.bells).toBe(6);
    type("\x15\x1b[200~\x1b[?25h\x1b[15~ok\x00\x1c");
    expect(line()).toBe("ok");
  });

  it("equals the model under random keys, on line, cursor and screen", () => {
    const keys = [
      "a",
      "φ",
      "€",
      "😀",
      " ",
      "\x7f",
      "\x1b[D",
      "\x1b[C",
      "\x01",
      "\x05",
      "\x0b",
      "\x15",
      "\x17",
      "\x1b[3~",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...keys), { maxLength: 120 }), (presses) => {
        type("\x05\x15");
        terminal = new Terminal();
        let text: string[] = [];
        let at = 0;
        for (const key of presses) {
          type(key);
          if (key === "\x7f") text.splice(Math.max(0, at - 1), at > 0 ? 1 : 0);
          else if (key === "\x1b[3~") text.splice(at, 1);
          else if (key === "\x0b") text.splice(at);
          else if (key === "\x15") text = text.slice(at);
          if (key === "\x7f" || key === "\x1b[D") at = Math.max(0, at - 1);
          else if (key === "\x1b[C") at = Math.min(text.length, at + 1);
          else if (key === "\x01" || key === "\x15") at = 0;
          else if (key === "\x05") at = text.length;
          else if (key === "\x17") {
            let from = at;
            while (from > 0 && text[from - 1] === " ") from--;
            while (from > 0 && text[from - 1] !== " ") from--;
            text.splice(from, at - from);
            at = from;
          } else if (!/^[\x00-\x1f\x7f]/.test(key)) text.splice(at++, 0, key);
        }
        expect(line()).toBe(text.join(""));
        expect(guest["cursor"]!()).toBe(Buffer.byteLength(text.slice(0, at).join("")));
        const shown = [...terminal.line.trimEnd()];
        expect(shown.length).toBeLessThanOrEqual(40);
        expect(text.join("")).toContain(shown.join("").trim());
      }),
      { numRuns: 200 },
    );
  });
});
