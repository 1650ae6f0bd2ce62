// The screen's methods as services/screen/interface.ts declares them, and its one event: time to repaint.
// Cells change at once, pixels at most every REPAINT_NS: a flood of text costs a flood of cells, not of pixels.
import * as Cells from "./cells";
import { paint } from "./paint";
import { feed } from "./terminal";
import { set_size_results } from "../../build/interfaces/screen/server";
import { E_ABSENT } from "../../kernel/abi/errors";
import { now_ns, set_timer } from "../lib/notification";

const REPAINT_NS: u64 = 20_000_000;
export const EVENT_TIMER: u64 = 1;

let notification: u64 = 0;
let is_present: bool = false;
let is_waiting: bool = false;

/** Before any call; `present` is false without a framebuffer that can be drawn. */
export function serve(timer: u64, present: bool): void {
  notification = timer;
  is_present = present;
}

export function write(badge: u64, data: usize, length: u32): i64 {
  if (is_present) show(data, length);
  return length;
}

export function size(badge: u64): i64 {
  if (!is_present) return E_ABSENT;
  set_size_results(Cells.columns, Cells.rows);
  return 0;
}

/** Text onto the screen; the pixels follow at the timer. */
export function show(data: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) feed(load<u8>(data + i));
  if (is_waiting) return;
  is_waiting = true;
  set_timer(notification, now_ns() + REPAINT_NS, EVENT_TIMER);
}

export function repaint(): void {
  is_waiting = false;
  paint();
}
