// The screen service: a text terminal on the framebuffer that the boot loader set up, or on a display whose driver calls. Granted by the image: the
// region `framebuffer` with its four numbers, and SYSTEM_LOG, so that the kernel's lines from before its start are shown too.
import * as Cells from "./cells";
import * as Terminal from "./terminal";
import * as Surface from "./surface";
import { rasterise } from "./raster";
import { EVENT_TIMER, repaint, serve, show } from "./methods";
import { set_framebuffer } from "./paint";
import { KERNEL_LOG_BYTES } from "../../kernel/abi/layout";
import { on_client_gone } from "../lib/buffer";
import { create_bound, notify } from "../lib/notification";
import * as region from "../lib/region";
import { is_successor } from "../lib/replace";
import * as startup from "../lib/startup";
import { passes, State } from "../lib/state";
import * as system from "../lib/system";

export { call } from "../../build/interfaces/screen/server";

/** Window place of the kernel's log, clear of the buffers and the framebuffer that init maps. */
const LOG_INDEX: usize = 0xb800_0000;
const LOG_HEADER_BYTES: u32 = 16;
/** Until a display is known: what it most likely has, so that few lines are too long. */
const COLUMNS: u32 = 160;
const ROWS: u32 = 50;
const VERSION: u32 = 1;

let events: u64 = 0;

export function start(): void {
  const notification = create_bound(startup.self());
  assert(notification > 0);
  events = <u64>notification;
  serve(events);
  on_client_gone(Surface.forget_owner);
  rasterise();
  Cells.set_size(COLUMNS, ROWS, Terminal.blank_cell());
  const stride = <u32>startup.number("framebuffer.stride", 0);
  if (set_framebuffer(startup.region("framebuffer"), stride, <u32>startup.number("framebuffer.bits", 0)))
    Surface.fit_text(<u32>startup.number("framebuffer.width", 0), <u32>startup.number("framebuffer.height", 0));
  passes(VERSION, pass, begin);
  if (!is_successor()) show_log();
}

function pass(state: State): void {
  Cells.pass(state);
  Terminal.pass(state);
  Surface.pass(state);
}

/** In another's place: the first event takes its display over and paints all of it. */
function begin(): i64 {
  return notify(events, EVENT_TIMER);
}

export function event(_bits: u64): void {
  Surface.adopt_pixels();
  repaint();
}

/** What the kernel said before anybody mirrored it: line feeds become carriage return and line feed. */
function show_log(): void {
  const handle = system.info(startup.capability("system"), system.INFO_LOG_REGION);
  if (handle < 0) return;
  if (region.map(handle, LOG_INDEX, 0, region.pages_for(KERNEL_LOG_BYTES), region.REGION_READ) < 0) return;
  const line_end = memory.data<u8>([0x0d, 0x0a]);
  const length = <u32>min<u64>(load<u64>(LOG_INDEX), load<u64>(LOG_INDEX, 8));
  let from: u32 = 0;
  for (let at: u32 = 0; at < length; at++) {
    if (load<u8>(LOG_INDEX + LOG_HEADER_BYTES + at) != 0x0a) continue;
    show(LOG_INDEX + LOG_HEADER_BYTES + from, at - from);
    show(line_end, 2);
    from = at + 1;
  }
}
