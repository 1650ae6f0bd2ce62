// The screen as cells of text: what is wanted, and what the framebuffer shows. A cell is one u32:
//   bits 0 … 7 glyph, 8 … 11 ink (0 … 15), 12 … 15 paper
// Rows live in a ring, so that scrolling moves no cell. Invariant: 1 ≤ columns ≤ 256, 1 ≤ rows ≤ 128.
import { State } from "../lib/state";

export const COLUMNS_MAX: u32 = 256;
export const ROWS_MAX: u32 = 128;
// Touched only as far as the screen is large.
const wanted = memory.data(131072);
/** A cell of ones is unknown: it differs from every wanted one. */
const shown = memory.data(131072);

export let columns: u32 = 80;
export let rows: u32 = 25;
let first_row: u32 = 0;
let blank: u32 = 0;

/** An empty screen of that size; `empty` is the cell of a blank. */
export function set_size(wanted_columns: u32, wanted_rows: u32, empty: u32): void {
  columns = min(max(wanted_columns, 1), COLUMNS_MAX);
  rows = min(max(wanted_rows, 1), ROWS_MAX);
  first_row = 0;
  blank = empty;
  for (let row: u32 = 0; row < rows; row++) erase(row, 0, columns);
  forget_shown();
}

/**
 * Another size: what fits of the rows stays, the topmost go when there are fewer than down to `last_row`, the cursor's. Answers how many went.
 */
export function resize(wanted_columns: u32, wanted_rows: u32, last_row: u32): u32 {
  const old_columns = columns,
    old_rows = rows;
  // what is shown is unknown afterwards, so its place can hold the rows meanwhile
  for (let row: u32 = 0; row < old_rows; row++)
    memory.copy(shown + ((row * COLUMNS_MAX) << 2), place(row, 0), old_columns << 2);
  columns = min(max(wanted_columns, 1), COLUMNS_MAX);
  rows = min(max(wanted_rows, 1), ROWS_MAX);
  const gone = last_row < rows ? 0 : last_row - rows + 1;
  first_row = 0;
  for (let row: u32 = 0; row < rows; row++) {
    erase(row, 0, columns);
    if (row + gone >= old_rows) continue;
    memory.copy(place(row, 0), shown + (((row + gone) * COLUMNS_MAX) << 2), min(columns, old_columns) << 2);
  }
  forget_shown();
  return gone;
}

/** Nothing of what is wanted is on the screen. */
export function forget_shown(): void {
  memory.fill(shown, 0xff, (rows * COLUMNS_MAX) << 2);
}

/** The text, row by row, to or from another instance; what that one's framebuffer shows is unknown to this one. */
export function pass(state: State): void {
  columns = max(state.count(columns, COLUMNS_MAX), 1);
  rows = max(state.count(rows, ROWS_MAX), 1);
  if (!state.is_saving) first_row = 0;
  for (let row: u32 = 0; row < rows; row++) state.bytes(place(row, 0), columns << 2);
  if (!state.is_saving) forget_shown();
}

export function set_cell(row: u32, column: u32, cell: u32): void {
  store<u32>(place(row, column), cell);
}

export function cell(row: u32, column: u32): u32 {
  return load<u32>(place(row, column));
}

export function erase(row: u32, from: u32, to: u32): void {
  for (let column = from; column < to; column++) set_cell(row, column, blank);
}

/** Everything moves up by a row; the last one is empty. */
export function scroll(): void {
  first_row = (first_row + 1) % rows;
  erase(rows - 1, 0, columns);
}

export function shown_cell(row: u32, column: u32): u32 {
  return load<u32>(shown + ((row * COLUMNS_MAX + column) << 2));
}

export function set_shown(row: u32, column: u32, cell: u32): void {
  store<u32>(shown + ((row * COLUMNS_MAX + column) << 2), cell);
}

function place(row: u32, column: u32): usize {
  return wanted + ((((first_row + row) % rows) * COLUMNS_MAX + column) << 2);
}
