// One display of the device: what it has, the pixels that are shown on it, and which of them the device is to take over. Each answer of the
// device leads to the next command. Called by index.ts. Invariant: one command at a time; the device reaches the screen's pixels to read them, and
// no longer than it has a resource over them.
import { DISPLAY_COLUMNS_MAX, DISPLAY_ROWS_MAX, Screen } from "../../build/interfaces/screen/client";
import { NOTIFICATION_SIGNAL } from "../../kernel/abi/rights";
import { drop } from "../lib/capability";
import { map_region, unmap_region } from "../lib/dma";
import { E_STATE } from "../lib/errors";
import { now_ns, set_timer } from "../lib/notification";
import { pages_for } from "../lib/region";
import * as startup from "../lib/startup";
import { end_driver, EVENT_TIMER, events, open_device, transport } from "../lib/virtio/device";
import * as Command from "./commands";

const VIRTIO_GPU: u32 = 16;
const FIELD_EVENTS: u32 = 0;
const FIELD_EVENTS_CLEAR: u32 = 4;
const EVENT_DISPLAY: u32 = 1;
/** 32 bits a pixel, blue lowest, the highest byte unused. */
const FORMAT_BGRX: u32 = 2;
const PIXEL_BYTES: u32 = 4;
/** The one resource that there is. */
const RESOURCE: u32 = 1;
/** Of a display for which the screen has no memory so much is shown. */
const SMALL_WIDTH: u32 = 1024;
const SMALL_HEIGHT: u32 = 768;
/** So often it is looked whether the screen still knows this display: one that was started anew does not. */
const LOOK_NS: u64 = 2_000_000_000;

const screen = Screen.connect("screen");
/** Number of the image: a device that has not finished a command after so many seconds has failed. Without it, it has all the time it wants. */
const patience_ns: u64 = startup.number("patience_seconds", 0) * 1_000_000_000;

/** What is shown of the display; width 0: nothing. */
export let width: u32 = 0;
export let height: u32 = 0;
/** The display itself. */
let display: u32 = 0;
let display_width: u32 = 0;
let display_height: u32 = 0;
/** Rectangles that the device has taken over. */
export let rectangles: u64 = 0;
let region: u64 = 0;
let region_bytes: u64 = 0;
let address: u64 = 0;
let sent_ns: u64 = 0;
/** What is to be done when the device is done with its command. */
let asks: bool = false;
let has_changes: bool = false;
// The rectangle between its transfer and its flush.
let x: u32 = 0;
let y: u32 = 0;
let part_width: u32 = 0;
let part_height: u32 = 0;

export function open(): void {
  screen.patience_ms = 0;
  if (open_device(VIRTIO_GPU, 0) < 0 || Command.open_commands() < 0) return;
  asks = true;
  go_on();
  look();
}

/** The device says that its displays have changed. */
export function configuration_changed(): void {
  const changed = transport.field(FIELD_EVENTS, 4);
  if (changed < 0 || transport.status() < 0) return end_driver();
  if ((changed & EVENT_DISPLAY) == 0) return;
  transport.set_field(FIELD_EVENTS_CLEAR, 4, EVENT_DISPLAY);
  asks = true;
  go_on();
}

/** The screen says that pixels have changed. */
export function pixels_changed(): void {
  has_changes = true;
  go_on();
}

/** The timer: is the screen still the same one, and does the device still answer? */
export function look(): void {
  set_timer(events, now_ns() + LOOK_NS, EVENT_TIMER);
  if (Command.running != 0 && patience_ns != 0 && now_ns() - sent_ns > patience_ns) return end_driver();
  if (Command.running != 0) return;
  if (region != 0) pixels_changed();
  else show_pixels();
}

/** The device may be done with its command. */
export function finished(): void {
  const kind = Command.take();
  if (kind == 0) return;
  if (kind == Command.GET_DISPLAY_INFO) return take_info();
  if (kind == Command.RESOURCE_UNREF) return show_pixels();
  if (kind == Command.RESOURCE_CREATE_2D) return attach();
  if (kind == Command.RESOURCE_ATTACH_BACKING) return set_scanout();
  if (kind == Command.SET_SCANOUT) has_changes = true;
  else if (kind == Command.TRANSFER_TO_HOST_2D) return flush();
  else rectangles++;
  go_on();
}

/** The next command, if there is anything to do and the device is free. */
function go_on(): void {
  if (Command.running != 0) return;
  if (asks) {
    asks = false;
    Command.begin(Command.GET_DISPLAY_INFO);
    send();
  } else if (has_changes && region != 0) {
    transfer();
  }
}

function send(): void {
  sent_ns = now_ns();
  Command.send();
}

/** What the device says about its displays: another one is shown from now on, or none, or nothing has changed. */
function take_info(): void {
  const found = Command.first_display();
  const new_width = found < 0 ? 0 : min(Command.info_width, DISPLAY_COLUMNS_MAX),
    new_height = found < 0 ? 0 : min(Command.info_height, DISPLAY_ROWS_MAX);
  if (new_width == display_width && new_height == display_height && (found < 0 || <u32>found == display))
    return go_on();
  display = found < 0 ? 0 : <u32>found;
  display_width = new_width;
  display_height = new_height;
  begin_anew();
}

/** Other pixels, or another display: the old resource goes first, so that the device has no reason to read them any more. */
function begin_anew(): void {
  if (region == 0) return show_pixels();
  Command.begin(Command.RESOURCE_UNREF);
  Command.put(RESOURCE);
  Command.put(0);
  send();
}

function forget_pixels(): void {
  width = 0;
  height = 0;
  if (region == 0) return;
  if (address != 0) unmap_region(address, pages_for(region_bytes));
  drop(region);
  region = 0;
  address = 0;
}

/** Asks the screen for pixels to show, and makes a resource of them. */
function show_pixels(): void {
  forget_pixels();
  if (display_width == 0 || !take_pixels()) return;
  Command.begin(Command.RESOURCE_CREATE_2D);
  Command.put(RESOURCE);
  Command.put(FORMAT_BGRX);
  Command.put(width);
  Command.put(height);
  send();
}

/** False: the screen has none; it is asked again at the next look. */
function take_pixels(): bool {
  let answer = ask_for(display_width, display_height);
  if (answer < 0) answer = ask_for(min(display_width, SMALL_WIDTH), min(display_height, SMALL_HEIGHT));
  if (answer >= 0) {
    region = <u64>answer;
    answer = map_region(region, pages_for(region_bytes));
  }
  if (answer < 0) forget_pixels();
  else address = <u64>answer;
  return answer >= 0;
}

function ask_for(columns: u32, rows: u32): i64 {
  width = columns;
  height = rows;
  region_bytes = <u64>columns * rows * PIXEL_BYTES;
  return screen.display(columns, rows, events, NOTIFICATION_SIGNAL);
}

function attach(): void {
  Command.begin(Command.RESOURCE_ATTACH_BACKING);
  Command.put(RESOURCE);
  Command.put(1);
  Command.put_long(address);
  Command.put(<u32>region_bytes);
  Command.put(0);
  send();
}

function set_scanout(): void {
  Command.begin(Command.SET_SCANOUT);
  Command.put_rectangle(0, 0, width, height);
  Command.put(display);
  Command.put(RESOURCE);
  send();
}

/** The device takes over what has changed: into its resource first, then onto the display. */
function transfer(): void {
  has_changes = false;
  const answer = screen.changes();
  if (answer == E_STATE) return begin_anew();
  if (answer < 0 || screen.width == 0) return;
  x = min(screen.x, width - 1);
  y = min(screen.y, height - 1);
  part_width = min(screen.width, width - x);
  part_height = min(screen.height, height - y);
  Command.begin(Command.TRANSFER_TO_HOST_2D);
  Command.put_rectangle(x, y, part_width, part_height);
  Command.put_long((<u64>y * width + x) * PIXEL_BYTES);
  Command.put(RESOURCE);
  Command.put(0);
  send();
}

function flush(): void {
  Command.begin(Command.RESOURCE_FLUSH);
  Command.put_rectangle(x, y, part_width, part_height);
  Command.put(RESOURCE);
  Command.put(0);
  send();
}
