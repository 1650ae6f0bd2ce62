// Where the pixels are: the boot loader's framebuffer, or a region made for the display of a driver that called. Called by methods.ts and index.ts.
// Invariant: the region is the screen's own, so that a driver that ends leaves the text and the pixels as they are for the next one.
import { drop } from "../lib/capability";
import { notify } from "../lib/notification";
import * as region from "../lib/region";
import { self } from "../lib/startup";
import { State } from "../lib/state";
import { DISPLAY_CHANGED } from "../../build/interfaces/screen/constants";
import { cursor_row, place_cursor } from "./terminal";
import { resize } from "./cells";
import * as Paint from "./paint";
import { GLYPH_COLUMNS, GLYPH_ROWS } from "./raster";

/** Window place of the pixels of a display. */
const DISPLAY_INDEX: usize = 0xc000_0000;
const PIXEL_BYTES: u32 = 4;

let pixels: u64 = 0;
let pixels_bytes: u64 = 0;
let width: u32 = 0;
let height: u32 = 0;
/** Badge of the driver whose display is shown, and what it is woken by; 0: nobody. */
export let owner: u64 = 0;
let wake: u64 = 0;
/** The pixels are in this instance's window. */
let is_mapped: bool = true;

/** The text gets the columns and rows that fit so many pixels; what was written stays. */
export function fit_text(columns_px: u32, rows_px: u32): void {
  place_cursor(cursor_row - resize(columns_px / GLYPH_COLUMNS, rows_px / GLYPH_ROWS, cursor_row));
}

/** The region of a display of that size, the same again if it has not changed; or an error. */
export function show_on(badge: u64, new_width: u32, new_height: u32, notification: u64): i64 {
  if (pixels == 0 || new_width != width || new_height != height) {
    const error = make_pixels(new_width, new_height);
    if (error < 0) return error;
  }
  if (wake != 0) drop(wake);
  wake = notification;
  owner = badge;
  Paint.change_all(width, height);
  return <i64>pixels;
}

function make_pixels(new_width: u32, new_height: u32): i64 {
  if (pixels != 0) {
    Paint.set_framebuffer(0, 0, 0);
    region.unmap(self(), DISPLAY_INDEX, region.pages_for(pixels_bytes));
    drop(pixels);
    pixels = 0;
  }
  const bytes = <u64>new_width * new_height * PIXEL_BYTES,
    pages = region.pages_for(bytes);
  const made = region.create_contiguous(self(), pages);
  if (made < 0) return made;
  const error = map_pixels(<u64>made, pages);
  if (error < 0) {
    drop(<u64>made);
    return error;
  }
  pixels = <u64>made;
  pixels_bytes = bytes;
  width = new_width;
  height = new_height;
  paint_on_display();
  fit_text(width, height);
  Paint.paint();
  return 0;
}

function map_pixels(handle: u64, pages: u64): i64 {
  return region.map(handle, DISPLAY_INDEX, 0, pages, region.REGION_READ | region.REGION_WRITE);
}

function paint_on_display(): void {
  Paint.set_framebuffer(DISPLAY_INDEX, width * PIXEL_BYTES, PIXEL_BYTES * 8);
}

/** Whose display it is, and its pixels, to or from another instance, which cannot map them until it has its predecessor's capabilities. */
export function pass(state: State): void {
  pixels = state.u64(pixels);
  pixels_bytes = state.u64(pixels_bytes);
  width = state.u32(width);
  height = state.u32(height);
  owner = state.u64(owner);
  wake = state.u64(wake);
  is_mapped = state.is_saving || pixels == 0;
}

/** At every call and event; the first one after a take-over maps the display's pixels. */
export function adopt_pixels(): void {
  if (is_mapped) return;
  is_mapped = true;
  if (map_pixels(pixels, region.pages_for(pixels_bytes)) < 0) {
    pixels = 0;
    owner = 0; // its driver is told E_STATE, and asks for a display again
    return;
  }
  paint_on_display();
}

/** Pixels have changed: the display's driver is woken. */
export function tell(): void {
  if (wake != 0) notify(wake, DISPLAY_CHANGED);
}

/** A client has ended: its display is not shown any more, but the pixels stay for its successor. */
export function forget_owner(badge: u64): void {
  if (badge != owner) return;
  owner = 0;
  drop(wake);
  wake = 0;
}
