// The screen's methods as services/screen/interface.ts declares them, and its one event: time to repaint.
// Cells change at once, pixels at most every REPAINT_NS: a flood of text costs a flood of cells, not of pixels.
import * as Cells from "./cells";
import * as Paint from "./paint";
import { GLYPH_COLUMNS, GLYPH_ROWS } from "./raster";
import { adopt_pixels, owner, show_on, tell } from "./surface";
import { feed } from "./terminal";
import { DISPLAY_COLUMNS_MAX, DISPLAY_ROWS_MAX, ROLE_DISPLAY } from "../../build/interfaces/screen/constants";
import { set_changes_results, set_size_results } from "../../build/interfaces/screen/server";
import { REGION_PIN } from "../../kernel/abi/rights";
import { role_of } from "../lib/buffer";
import { drop } from "../lib/capability";
import { OFFER_CALLER, offer } from "../lib/endpoint";
import { E_ABSENT, E_ARGUMENT, E_RIGHTS, E_STATE } from "../lib/errors";
import { now_ns, set_timer } from "../lib/notification";
import { REGION_READ } from "../lib/region";

const REPAINT_NS: u64 = 20_000_000;
export const EVENT_TIMER: u64 = 1;

let notification: u64 = 0;
let is_waiting: bool = false;

/** Before any call. */
export function serve(timer: u64): void {
  notification = timer;
}

export function write(_badge: u64, data: usize, length: u32): i64 {
  show(data, length);
  return length;
}

export function size(_badge: u64): i64 {
  adopt_pixels();
  if (!Paint.is_present) return E_ABSENT;
  set_size_results(Cells.columns, Cells.rows);
  return 0;
}

export function display(badge: u64, width: u32, height: u32, wake: u64): i64 {
  const answer = accept_display(badge, width, height, wake);
  if (answer < 0 && wake != 0) drop(wake);
  return answer < 0 ? answer : offer(OFFER_CALLER, <u64>answer, REGION_READ | REGION_PIN);
}

function accept_display(badge: u64, width: u32, height: u32, wake: u64): i64 {
  if (role_of(badge) != ROLE_DISPLAY) return E_RIGHTS;
  // One cell at least is painted: a smaller display's pixels end before it does.
  if (wake == 0 || width < GLYPH_COLUMNS || height < GLYPH_ROWS) return E_ARGUMENT;
  if (width > DISPLAY_COLUMNS_MAX || height > DISPLAY_ROWS_MAX) return E_ARGUMENT;
  adopt_pixels();
  return show_on(badge, width, height, wake);
}

export function changes(badge: u64): i64 {
  if (badge != owner) return E_STATE;
  set_changes_results(Paint.changed_x, Paint.changed_y, Paint.changed_width, Paint.changed_height);
  Paint.change_none();
  return 0;
}

/** Text onto the screen; the pixels follow at the timer. */
export function show(data: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) feed(load<u8>(data + i));
  if (is_waiting || !Paint.is_present) return;
  is_waiting = true;
  set_timer(notification, now_ns() + REPAINT_NS, EVENT_TIMER);
}

export function repaint(): void {
  is_waiting = false;
  Paint.paint();
  if (Paint.changed_width != 0) tell();
}
