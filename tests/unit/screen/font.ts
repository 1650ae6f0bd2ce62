// Reads text off a screen: the font of services/screen rendered again, independently, and looked up cell by cell.
// Used by the screen's unit tests and by the system test of the USB image.
import { EXTRA, GLYPHS } from "../../../services/screen/glyphs.ts";

export const CELL_WIDTH = 8;
export const CELL_HEIGHT = 16;
/** What read back as this character is a glyph that the font does not have, or none at all. */
export const UNREADABLE = "\ufffd";
const FIRST = 0x20;
const LAST = 0x7e;

/** Rows of one glyph, 8 pixels each, the leftmost in bit 7. */
function bitmap(strokes: string): number[] {
  const rows = new Array<number>(CELL_HEIGHT).fill(0);
  const pen = strokes.startsWith("'") ? 0x80 : 0xc0;
  for (const stroke of strokes.replace("'", "").split(" ").filter(Boolean)) {
    const [x0, y0, x1, y1] = [...stroke].map((digit) => Number.parseInt(digit, 16)) as [number, number, number, number];
    for (const [x, y] of linePixels(x0, y0, x1, y1)) rows[y]! |= pen >> x;
  }
  return rows;
}

/** Bresenham's line in its usual two-direction integer form. */
function linePixels(x0: number, y0: number, x1: number, y1: number): [number, number][] {
  const pixels: [number, number][] = [];
  const [width, height] = [Math.abs(x1 - x0), -Math.abs(y1 - y0)];
  let error = width + height;
  for (let x = x0, y = y0; ; ) {
    pixels.push([x, y]);
    if (x === x1 && y === y1) return pixels;
    const twice = 2 * error;
    if (twice > height) {
      error += height;
      x += Math.sign(x1 - x0);
    }
    if (twice < width) {
      error += width;
      y += Math.sign(y1 - y0);
    }
  }
}

const CHARACTERS = GLYPHS.map((_, index) => {
  if (index <= LAST - FIRST) return String.fromCodePoint(FIRST + index);
  return String.fromCodePoint(EXTRA[index - (LAST - FIRST + 1)] ?? 0xfffd);
});
const BY_BITMAP = new Map(GLYPHS.map((strokes, index) => [bitmap(strokes).join(), CHARACTERS[index]!]));

/** Number of different glyph bitmaps: equal ones could not be told apart. */
export const DIFFERENT_GLYPHS = BY_BITMAP.size;
export const GLYPH_COUNT = GLYPHS.length;

/** Is the pixel part of a stroke? Paper is what the cell's corner at the bottom right shows: no glyph reaches it. */
export type PixelAt = (x: number, y: number) => number;

/** The text of a screen of that many pixels, one string a row, without blanks at the end. A cell that stands inverted (the cursor) reads
 * as what it shows. */
export function readScreen(width: number, height: number, pixelAt: PixelAt): string[] {
  const rows: string[] = [];
  for (let top = 0; top + CELL_HEIGHT <= height; top += CELL_HEIGHT) {
    let row = "";
    for (let left = 0; left + CELL_WIDTH <= width; left += CELL_WIDTH) row += readCell(left, top, pixelAt);
    rows.push(row.trimEnd());
  }
  return rows;
}

function readCell(left: number, top: number, pixelAt: PixelAt): string {
  const paper = pixelAt(left + CELL_WIDTH - 1, top + CELL_HEIGHT - 1);
  const rows: number[] = [];
  for (let y = 0; y < CELL_HEIGHT; y++) {
    let bits = 0;
    for (let x = 0; x < CELL_WIDTH; x++) bits = (bits << 1) | (pixelAt(left + x, top + y) === paper ? 0 : 1);
    rows.push(bits);
  }
  return BY_BITMAP.get(rows.join()) ?? UNREADABLE;
}
