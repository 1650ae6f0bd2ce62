// Strokes to bitmaps: 16 bytes a glyph, one a row, the leftmost pixel in bit 7. Done once at start.
import { EXTRA, GLYPHS } from "./glyphs";

export const GLYPH_COLUMNS: u32 = 8;
export const GLYPH_ROWS: u32 = 16;
const FIRST: u32 = 0x20;
const LAST: u32 = 0x7e;
const GLYPH_LIMIT: u32 = 112;

const bitmaps = memory.data(1792);

export function rasterise(): void {
  assert(<u32>GLYPHS.length <= GLYPH_LIMIT);
  for (let glyph = 0; glyph < GLYPHS.length; glyph++) draw(bitmaps + glyph * GLYPH_ROWS, GLYPHS[glyph]);
}

/** The number of a character's glyph. */
export function glyph_of(point: u32): u32 {
  if (point >= FIRST && point <= LAST) return point - FIRST;
  for (let i = 0; i < EXTRA.length; i++) if (<u32>EXTRA[i] == point) return LAST - FIRST + 1 + i;
  return GLYPHS.length - 1;
}

/** One row of a glyph. */
// @ts-ignore: decorator
@inline
export function glyph_row(glyph: u32, row: u32): u32 {
  return load<u8>(bitmaps + glyph * GLYPH_ROWS + row);
}

function draw(bitmap: usize, strokes: string): void {
  const is_thin = strokes.length > 0 && strokes.charCodeAt(0) == 0x27;
  const pen: u32 = is_thin ? 0x80 : 0xc0;
  for (let at = is_thin ? 1 : 0; at + 4 <= strokes.length; at += 5) {
    line(bitmap, pen, digit(strokes, at), digit(strokes, at + 1), digit(strokes, at + 2), digit(strokes, at + 3));
  }
}

/** A straight line, a pixel a step along its longer side (Bresenham 1965, with the error doubled). */
function line(bitmap: usize, pen: u32, x: i32, y: i32, to_x: i32, to_y: i32): void {
  const step_x = to_x < x ? -1 : 1;
  const step_y = to_y < y ? -1 : 1;
  const width = abs(to_x - x);
  const height = abs(to_y - y);
  let error = width - height;
  for (;;) {
    store<u8>(bitmap + y, <u8>(load<u8>(bitmap + y) | (pen >> x)));
    if (x == to_x && y == to_y) return;
    const doubled = 2 * error;
    if (doubled > -height) {
      error -= height;
      x += step_x;
    }
    if (doubled < width) {
      error += width;
      y += step_y;
    }
  }
}

function digit(text: string, at: i32): i32 {
  const code = text.charCodeAt(at);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
