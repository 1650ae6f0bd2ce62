// The text terminal on a framebuffer: what bytes make of the cells, and what the pixels show.
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuestFunction, guestFunctions } from "../console/guest.ts";
import { DIFFERENT_GLYPHS, GLYPH_COUNT, readScreen } from "./font.ts";

const MODULE = "tests/unit/screen/guest/screen.ts";
const DISPLAY_MODULE = "tests/unit/screen/guest/display.ts";
/** As far as the start-up page and the window of messages, which a service reads at its start. */
const STARTUP_PAGES = 0x8001;
const COMPILE_LIMIT_MS = 60_000;
const [COLUMNS, ROWS] = [40, 10];
const [E_RIGHTS, E_ARGUMENT, E_BUDGET] = [-2n, -3n, -7n];

let guest: Record<string, GuestFunction>;

function write(text: string | Uint8Array): void {
  for (const byte of Buffer.from(text)) guest["feed"]!(byte);
}

/** The framebuffer's text after a repaint. */
function screen(bytes = 4): string[] {
  guest["repaint"]!();
  const memory = (guest as unknown as { memory: WebAssembly.Memory }).memory;
  const pixels = new DataView(memory.buffer, guest["framebuffer"]!());
  return readScreen(COLUMNS * 8, ROWS * 16, (x, y) => {
    const at = (y * COLUMNS * 8 + x) * bytes;
    return pixels.getUint16(at, true) | (pixels.getUint8(at + 2) << 16);
  });
}

function ink(row: number, column: number): number {
  return (guest["cell"]!(row, column) >> 8) & 15;
}

beforeAll(() => guestFunctions(MODULE), COMPILE_LIMIT_MS);

beforeEach(async () => {
  guest = await guestFunctions(MODULE);
  expect(guest["start"]!(32)).toBe(1);
});

describe("screen", () => {
  it("has a different bitmap for every character", () => {
    expect(DIFFERENT_GLYPHS).toBe(GLYPH_COUNT);
  });

  it("shows every printable character, φ and Φ, readable from the pixels", () => {
    const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
    write(`${all}φΦ`);
    expect(screen().join("").replaceAll("\ufffd", "?")).toContain(all.slice(1).replaceAll(/ +$/g, ""));
    expect(screen()[2]).toContain("φΦ");
  });

  it("draws 24 bits a pixel as well, and refuses other formats", () => {
    expect(guest["start"]!(24)).toBe(1);
    write("24 bits");
    expect(screen(3)[0]).toBe("24 bits");
    expect(guest["start"]!(16)).toBe(0);
  });

  it("a display on which no character fits, or a larger one than there may be, is refused before any pixel is made", async () => {
    const [driver, wake] = [(1n << 56n) | (2n << 8n), 5n];
    const asked: bigint[] = [];
    const phi = {
      own_id: () => 1n,
      cap_delete: () => 0n,
      region_create: (...values: bigint[]) => {
        asked.push(...values);
        return E_BUDGET;
      },
    };
    const made = await guestFunctions(DISPLAY_MODULE, { phi } as unknown as WebAssembly.Imports, STARTUP_PAGES);
    const display = (width: number, height: number, badge = driver): bigint =>
      BigInt(made["display"]!(badge, width, height, wake));
    for (const [width, height] of [
      [2048, 15],
      [7, 480],
      [0, 0],
      [2049, 480],
      [640, 2049],
    ] as const)
      expect(display(width, height)).toBe(E_ARGUMENT);
    expect(display(640, 480, 2n << 8n)).toBe(E_RIGHTS);
    expect(asked).toEqual([]);
    expect(display(8, 16)).toBe(E_BUDGET);
  });

  it("wraps at the last column only when another character comes", () => {
    write("x".repeat(COLUMNS));
    expect(guest["cursor_row"]!()).toBe(0);
    write("\r\n");
    expect(guest["cursor_row"]!()).toBe(1);
    write(`${"y".repeat(COLUMNS)}z`);
    expect(screen().slice(0, 3)).toEqual(["x".repeat(COLUMNS), "y".repeat(COLUMNS), "z"]);
  });

  it("scrolls", () => {
    for (let i = 0; i < 25; i++) write(`line ${i}\r\n`);
    expect(screen()).toEqual([...Array.from({ length: 9 }, (_, i) => `line ${16 + i}`), ""]);
  });

  it("moves, erases and colours as ANSI sequences say", () => {
    write("abcdef\x1b[3DX\x1b[K\x1b[31mr\x1b[1mR\x1b[0mn\x1b[5;3Hdeep\x1b[2A\x1b[4Cup\x1b[BD");
    expect(screen().slice(0, 6)).toEqual(["abcXrRn", "", "          up", "            D", "  deep", ""]);
    expect([ink(0, 0), ink(0, 4), ink(0, 5), ink(0, 6)]).toEqual([7, 1, 9, 7]);
    write("\x1b[2J\x1b[Htop\x1b[?25l\x1b]");
    expect(screen()[0]).toBe("top");
    expect(screen()[4]).toBe("");
  });

  it("shows the line that the console draws again under the editor", () => {
    write("φ> meem\r\x1b[3Cme\x1b[K\r\x1b[3Cmem\x1b[K\x1b[2D");
    expect(screen()[0]).toBe("φ> mem");
    expect(guest["cursor_column"]!()).toBe(4);
  });

  it("stays whole under any bytes: the cursor on the screen, no trap", () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc
        .tuple(fc.nat(99999), fc.nat(300), fc.constantFrom(..."ABCDHJKmz"))
        .map(([a, b, c]) => Buffer.from(`\x1b[${a};${b}${c}`)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        for (const bytes of parts) write(bytes);
        guest["repaint"]!();
        expect(guest["cursor_row"]!()).toBeLessThan(ROWS);
        expect(guest["cursor_column"]!()).toBeLessThan(COLUMNS);
      }),
      { numRuns: 300 },
    );
  });
});
