// Bytes to cells: the part of a terminal that decodes UTF-8 and ANSI sequences and moves the cursor. Used by methods.ts.
// An unknown sequence is swallowed. Invariant: the cursor lies on the screen.
import * as Cells from "./cells";
import { glyph_of } from "./raster";
import { State } from "../lib/state";

const INK: u32 = 7;
const BRIGHT: u32 = 8;

const STATE_TEXT: u32 = 0;
const STATE_ESCAPE: u32 = 1;
const STATE_SEQUENCE: u32 = 2;
const NUMBER_LIMIT: u32 = 4;

export let cursor_row: u32 = 0;
export let cursor_column: u32 = 0;

let state: u32 = STATE_TEXT;
let ink: u32 = INK;
let is_bright: bool = false;
let point: u32 = 0;
let continuation: u32 = 0;
/** The line is full: the next character starts a new one. */
let wraps: bool = false;
const numbers = memory.data(16, 4);
let number_count: u32 = 0;

/** A blank cell in the ordinary colours. */
export function blank_cell(): u32 {
  return glyph_of(0x20) | (INK << 8);
}

/** The cell drawn where the cursor stands. */
export function cursor_cell(cell: u32): u32 {
  return (cell & 0xff) | (((cell >> 12) & 15) << 8) | (((cell >> 8) & 15) << 12);
}

/** Cursor, colours and a sequence that has begun, to or from another instance; the size is known by then. */
export function pass(state_of: State): void {
  cursor_row = min(state_of.u32(cursor_row), Cells.rows - 1);
  cursor_column = min(state_of.u32(cursor_column), Cells.columns - 1);
  state = state_of.count(state, STATE_SEQUENCE);
  ink = state_of.count(ink, INK);
  is_bright = state_of.flag(is_bright);
  point = state_of.u32(point);
  continuation = state_of.count(continuation, 3);
  wraps = state_of.flag(wraps);
  state_of.bytes(numbers, 16);
  number_count = state_of.count(number_count, NUMBER_LIMIT - 1);
}

export function feed(byte: u8): void {
  if (state == STATE_TEXT) return text(byte);
  if (state == STATE_ESCAPE) {
    state = byte == 0x5b ? STATE_SEQUENCE : STATE_TEXT;
    number_count = 0;
    store<u32>(numbers, 0);
    return;
  }
  if (byte >= 0x30 && byte <= 0x39) return digit(byte - 0x30);
  if (byte == 0x3b) {
    if (number_count + 1 < NUMBER_LIMIT) store<u32>(numbers + (++number_count << 2), 0);
    return;
  }
  if (byte < 0x40) return;
  state = STATE_TEXT;
  sequence(byte);
}

function text(byte: u8): void {
  if (byte >= 0x80) return part(byte);
  continuation = 0;
  if (byte == 0x1b) state = STATE_ESCAPE;
  else if (byte == 0x0d) move_to(cursor_row, 0);
  else if (byte == 0x0a) line_feed();
  else if (byte == 0x08) move_to(cursor_row, cursor_column == 0 ? 0 : cursor_column - 1);
  else if (byte == 0x09) move_to(cursor_row, (cursor_column + 8) & ~7);
  else if (byte >= 0x20 && byte != 0x7f) character(byte);
}

/** A byte of a longer UTF-8 character. */
function part(byte: u8): void {
  if (byte < 0xc0) {
    if (continuation == 0) return;
    point = (point << 6) | (byte & 0x3f);
    if (--continuation == 0) character(point);
    return;
  }
  continuation = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  point = (<u32>byte) & ((<u32>0x3f) >> continuation);
}

function character(code: u32): void {
  if (wraps) {
    move_to(cursor_row, 0);
    line_feed();
  }
  Cells.set_cell(cursor_row, cursor_column, glyph_of(code) | ((is_bright ? ink | BRIGHT : ink) << 8));
  if (cursor_column + 1 < Cells.columns) cursor_column++;
  else wraps = true;
}

function line_feed(): void {
  wraps = false;
  if (cursor_row + 1 < Cells.rows) cursor_row++;
  else Cells.scroll();
}

/** The screen has another size: the cursor goes to that row, in its column if there is one. */
export function place_cursor(row: u32): void {
  move_to(row, cursor_column);
}

function move_to(row: u32, column: u32): void {
  wraps = false;
  cursor_row = min(row, Cells.rows - 1);
  cursor_column = min(column, Cells.columns - 1);
}

function digit(value: u32): void {
  const at = numbers + (number_count << 2);
  store<u32>(at, min<u32>(load<u32>(at) * 10 + value, 9999));
}

function number(index: u32, otherwise: u32): u32 {
  const value = index <= number_count ? load<u32>(numbers + (index << 2)) : 0;
  return value == 0 ? otherwise : value;
}

function sequence(letter: u8): void {
  if (letter == 0x6d) return colours(); // m
  if (letter == 0x4b) return Cells.erase(cursor_row, cursor_column, Cells.columns); // K
  if (letter == 0x4a) return erase_display(); // J
  if (letter == 0x48) return move_to(number(0, 1) - 1, number(1, 1) - 1); // H
  if (letter == 0x41) return move_to(cursor_row - min(cursor_row, number(0, 1)), cursor_column); // A
  if (letter == 0x42) return move_to(cursor_row + number(0, 1), cursor_column); // B
  if (letter == 0x43) return move_to(cursor_row, cursor_column + number(0, 1)); // C
  if (letter == 0x44) return move_to(cursor_row, cursor_column - min(cursor_column, number(0, 1))); // D
}

/** J: from the cursor on; 2J: all. */
function erase_display(): void {
  const all = number(0, 0) == 2;
  Cells.erase(cursor_row, all ? 0 : cursor_column, Cells.columns);
  for (let row: u32 = all ? 0 : cursor_row + 1; row < Cells.rows; row++) Cells.erase(row, 0, Cells.columns);
}

function colours(): void {
  for (let i: u32 = 0; i <= number_count; i++) {
    const value = load<u32>(numbers + (i << 2));
    if (value == 0) {
      ink = INK;
      is_bright = false;
    } else if (value == 1) is_bright = true;
    else if (value >= 30 && value <= 37) ink = value - 30;
    else if (value == 39) ink = INK;
  }
}
