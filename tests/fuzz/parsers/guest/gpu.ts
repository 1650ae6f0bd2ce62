// The world of the graphics driver: a virtio device with displays of any size that answers what the input says, and the service `screen`, which hands over pixels
// and says what has changed. Judges: commands come one at a time and in their order, name pixels that the device reaches and parts that its resource
// has, and the device keeps no pixels that the driver gives back.
import * as bytes from "./bytes";
import * as d from "./device";
import * as g from "./driver";
import * as host from "./host";
import * as m from "./memory";
import { finding, must, must_be_answer, tell } from "./say";
import { device_step, plug } from "./virtio";
import { E_BUDGET, E_PEER_GONE, E_STATE } from "../../../../kernel/abi/errors";
import * as screen from "../../../../build/interfaces/screen/constants";
import * as gpu from "../../../../build/interfaces/virtio-gpu/constants";
export * from "./driver";

const GPU: u32 = 16;
const ACCESS_PLATFORM: u64 = 1 << 33;
const HEADER_BYTES: u32 = 24;
const DISPLAY_BYTES: u32 = 24;
const DISPLAYS: u32 = 16;
const OK: u32 = 0x1100;
const ALICE: u64 = 0x101;
const LOOK_NS: u64 = 2_000_000_000;

/** The device's one resource; width 0: there is none. */
let width: u32 = 0;
let height: u32 = 0;
let backing: u64 = 0;
/** A display's size, its place, and whether it is on. */
let display_width: u32 = 640;
let display_height: u32 = 480;
let display_place: u32 = 0;
let display_on: u32 = 1;
/** The next answer: its type, 0: the right one. */
let wrong_type: u32 = 0;
/** The device has refused a command, or was not heard: what the driver thinks of its resource is its own affair. */
let has_refused = false;
/** What the screen gave out last, and whether it still knows the display. */
let screen_width: u32 = 0;
let screen_height: u32 = 0;
let is_known = true;

function is_judged(): bool {
  return !m.is_poked && !has_refused;
}

function word(i: u32): u32 {
  return <u32>m.load_number(d.part_address[0] + HEADER_BYTES + 4 * i, 4);
}

function must_be_part(x: u32, y: u32, columns: u32, rows: u32): void {
  if (!is_judged()) return;
  must(width != 0, "a part of a resource that there is not");
  must(columns != 0 && rows != 0, "a part without pixels");
  must(<u64>x + columns <= width && <u64>y + rows <= height, "a part beyond the resource, at", ((<u64>x) << 32) | y);
}

/** Does what the command says, as far as the device can. */
function obey(command: u32): void {
  switch (command) {
    case 0x100:
      return;
    case 0x101:
      if (is_judged()) {
        must(width == 0, "a resource is made that there is");
        must(word(2) != 0 && word(3) != 0, "a resource without pixels");
      }
      width = word(2);
      height = word(3);
      return;
    case 0x102:
      if (is_judged()) must(width != 0, "a resource ends that there is not");
      width = height = 0;
      backing = 0;
      return;
    case 0x103:
      if (is_judged()) must(word(4) == display_place || !is_honest, "a display is shown that is off", word(4));
      return must_be_part(word(0), word(1), word(2), word(3));
    case 0x104:
      return must_be_part(word(0), word(1), word(2), word(3));
    case 0x105: {
      must_be_part(word(0), word(1), word(2), word(3));
      const offset = m.load_number(d.part_address[0] + HEADER_BYTES + 16, 8);
      if (!is_judged()) return;
      must(offset == (<u64>word(1) * width + word(0)) * 4, "pixels are taken from elsewhere", offset);
      must(backing != 0, "pixels are taken from nowhere");
      m.load_byte(backing + offset);
      m.load_byte(backing + offset + ((<u64>word(3) - 1) * width + word(2)) * 4 - 1);
      return;
    }
    case 0x106: {
      backing = m.load_number(d.part_address[0] + HEADER_BYTES + 8, 8);
      if (!is_judged()) return;
      must(word(1) == 1, "pixels in pieces", word(1));
      must(word(4) == width * height * 4, "the pixels are not the resource's", word(4));
      m.reachable(backing, word(4));
      return;
    }
    default:
      if (!m.is_poked) finding("a command that the device has not", command);
  }
}

/** What the device says of its displays did not change since. */
let is_honest = true;

function serve(queue: u32): u32 {
  if (queue != 0 || d.parts < 2 || d.part_written[0] != 0) return 0;
  if (!m.is_poked) must(d.parts == 2 && d.kept == 0, "more than one command at a time");
  const command = <u32>m.load_number(d.part_address[0], 4),
    place = d.part_address[1];
  tell("command", command, word(0), word(2));
  const is_refused = wrong_type != 0 && wrong_type != OK + (command == 0x100 ? 1 : 0);
  const type = wrong_type != 0 ? wrong_type : OK + (command == 0x100 ? 1 : 0);
  wrong_type = 0;
  if (!is_refused) obey(command);
  m.store_number(place, 4, type);
  if (command != 0x100) return HEADER_BYTES;
  for (let i: u32 = 0; i < DISPLAYS; i++) {
    const at = place + HEADER_BYTES + i * DISPLAY_BYTES;
    const is_there = i == display_place;
    m.store_number(at + 8, 4, is_there ? display_width : 0);
    m.store_number(at + 12, 4, is_there ? display_height : 0);
    m.store_number(at + 16, 4, is_there ? display_on : 0);
  }
  is_honest = true;
  return HEADER_BYTES + DISPLAYS * DISPLAY_BYTES;
}

/** The screen: the image's own, so it answers what its interface allows, or an error. */
function answer_screen(method: u64, columns: u64, rows: u64): i64 {
  const choice = bytes.byte();
  if (method == screen.METHOD_DISPLAY) {
    must(columns <= screen.DISPLAY_COLUMNS_MAX && rows <= screen.DISPLAY_ROWS_MAX, "the screen is asked for", columns);
    if (choice > 200) return choice > 228 ? E_BUDGET : E_PEER_GONE;
    if (columns == 0 || rows == 0 || !g.hand_region((columns * rows * 4 + 4095) / 4096)) return E_BUDGET;
    screen_width = <u32>columns;
    screen_height = <u32>rows;
    is_known = true;
    return 0;
  }
  if (!is_known || choice > 240) return E_STATE;
  if (choice > 224) g.words(0, 0, 0, 0, 0);
  else if (choice > 200) g.words(bytes.word(), bytes.word(), bytes.word(), bytes.word() | 1, 0);
  else g.words(bytes.below(screen_width), bytes.below(screen_height), bytes.byte() + 1, bytes.byte() + 1, 0);
  return 0;
}

export function setup(): void {
  g.driver_setup();
  g.open_peer("screen", answer_screen);
}

function size_of_display(): u32 {
  const choice = bytes.byte();
  return choice < 128 ? choice * 16 : choice < 192 ? <u32>bytes.odd_number() : choice & 3;
}

function step(): void {
  const what = bytes.byte() & 31;
  if (device_step(what)) {
    // a device that was pulled, or lies about its registers, is heard of no more
    if (what == 21 || what == 23) has_refused = true;
    return;
  }
  switch (what) {
    case 0:
    case 1:
      display_width = size_of_display();
      display_height = size_of_display();
      display_place = bytes.byte() & 15;
      display_on = bytes.byte() & 1;
      is_honest = false;
      return;
    case 2:
    case 3:
      store<u32>(d.configuration, 1);
      return d.change(false);
    case 4:
      wrong_type = bytes.half();
      return;
    case 5:
      is_known = false;
      return;
    case 6:
    case 7:
    case 8:
    case 9:
      return g.signal(screen.DISPLAY_CHANGED);
    case 10:
      return g.advance(LOOK_NS);
    default:
      must_be_answer(g.ask(ALICE, bytes.byte() < 200 ? gpu.METHOD_DISPLAY : <u64>bytes.byte(), 0, 0, 0, 0, 0));
  }
}

export function run(): void {
  bytes.rewind();
  const way = bytes.below(3),
    look = bytes.byte();
  let features = d.VERSION_1 | d.EVENT_INDEX | (way == g.WAY_MESSAGES ? ACCESS_PLATFORM : 0);
  if ((look & 1) != 0) features = bytes.long();
  if ((look & 2) != 0) d.read_configuration(16);
  plug(way, GPU, features, 2, (look & 4) != 0 ? bytes.half() : 64, false, serve);
  if ((look & 8) != 0) d.keep_requests(true);
  g.driver_begin(way);
  for (let i: u32 = 0; i < 200 && !bytes.is_over() && host.ended() == 0; i++) step();
}
