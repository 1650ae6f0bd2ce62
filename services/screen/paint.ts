// Cells to pixels: repaints the cells of the framebuffer that differ from what is wanted. 32 and 24 bits a pixel.
// The framebuffer is never read: reading video memory is slow on real machines.
import * as Cells from "./cells";
import { cursor_cell, cursor_column, cursor_row } from "./terminal";
import { GLYPH_COLUMNS, GLYPH_ROWS, glyph_row } from "./raster";

// Red, green, blue of the sixteen inks: a muted palette of our own; 0 is the paper.
// prettier-ignore
const PALETTE: StaticArray<u32> = [
  0x10141a, 0xc0504d, 0x5fa35f, 0xc9a23f, 0x5b8bd0, 0xa873b8, 0x4fa8b0, 0xc8ccd0,
  0x50565e, 0xf0716d, 0x7fd07f, 0xf0c860, 0x82b0f5, 0xd090e0, 0x70d5de, 0xffffff,
];

let pixels: usize = 0;
let stride_bytes: u32 = 0;
let pixel_bytes: u32 = 0;
/** There is something to draw on. */
export let is_present: bool = false;
/** The pixels that have changed since change_none(): a rectangle around them; none if its width is 0. */
export let changed_x: u32 = 0;
export let changed_y: u32 = 0;
export let changed_width: u32 = 0;
export let changed_height: u32 = 0;

/** False: a format that this service cannot draw. */
export function set_framebuffer(start: usize, stride: u32, bits: u32): bool {
  pixels = start;
  stride_bytes = stride;
  pixel_bytes = bits / 8;
  is_present = start != 0 && (bits == 32 || bits == 24);
  return is_present;
}

export function change_none(): void {
  changed_width = 0;
  changed_height = 0;
}

/** All of so many pixels. */
export function change_all(width: u32, height: u32): void {
  changed_x = 0;
  changed_y = 0;
  changed_width = width;
  changed_height = height;
}

/** A cell's pixels. */
function change(x: u32, y: u32): void {
  if (changed_width == 0) {
    changed_x = x;
    changed_y = y;
  }
  const right = max(changed_x + changed_width, x + GLYPH_COLUMNS),
    bottom = max(changed_y + changed_height, y + GLYPH_ROWS);
  changed_x = min(changed_x, x);
  changed_y = min(changed_y, y);
  changed_width = right - changed_x;
  changed_height = bottom - changed_y;
}

/** Makes the screen show what is wanted, the cursor as an inverted cell. */
export function paint(): void {
  if (!is_present) return;
  for (let row: u32 = 0; row < Cells.rows; row++) {
    for (let column: u32 = 0; column < Cells.columns; column++) {
      let cell = Cells.cell(row, column);
      if (row == cursor_row && column == cursor_column) cell = cursor_cell(cell);
      if (cell == Cells.shown_cell(row, column)) continue;
      Cells.set_shown(row, column, cell);
      paint_cell(row, column, cell);
      change(column * GLYPH_COLUMNS, row * GLYPH_ROWS);
    }
  }
}

function paint_cell(row: u32, column: u32, cell: u32): void {
  const ink = unchecked(PALETTE[(cell >> 8) & 15]);
  const paper = unchecked(PALETTE[(cell >> 12) & 15]);
  let line = pixels + row * GLYPH_ROWS * stride_bytes + column * GLYPH_COLUMNS * pixel_bytes;
  for (let y: u32 = 0; y < GLYPH_ROWS; y++) {
    const bits = glyph_row(cell & 0xff, y);
    let at = line;
    for (let mask: u32 = 0x80; mask != 0; mask >>= 1) {
      put_pixel(at, (bits & mask) != 0 ? ink : paper);
      at += pixel_bytes;
    }
    line += stride_bytes;
  }
}

// @ts-ignore: decorator
@inline
function put_pixel(at: usize, colour: u32): void {
  if (pixel_bytes == 4) return store<u32>(at, colour);
  store<u16>(at, <u16>colour);
  store<u8>(at, <u8>(colour >> 16), 2);
}
