// The screen's terminal, cells and painter as a module that Node can drive; the framebuffer is 320 × 160 pixels of memory.
import * as Cells from "../../../../services/screen/cells";
import { paint, set_framebuffer } from "../../../../services/screen/paint";
import { rasterise } from "../../../../services/screen/raster";
import * as Terminal from "../../../../services/screen/terminal";

const pixels = memory.data(204800, 16);

export function start(bits: u32): bool {
  rasterise();
  Cells.set_size(40, 10, Terminal.blank_cell());
  return set_framebuffer(pixels, 320 * (bits / 8), bits);
}
export function feed(byte: u32): void {
  Terminal.feed(<u8>byte);
}
export function cell(row: u32, column: u32): u32 {
  return Cells.cell(row, column);
}
export function cursor_row(): u32 {
  return Terminal.cursor_row;
}
export function cursor_column(): u32 {
  return Terminal.cursor_column;
}
export function repaint(): void {
  paint();
}
export function framebuffer(): usize {
  return pixels;
}
