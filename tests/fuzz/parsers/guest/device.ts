// A virtio 1.2 device behind either transport, as far as its driver sees it: honest until the input makes it lie. What its requests mean is
// the world's (`serve`). Called by driver.ts and drivers.ts.
import * as bytes from "./bytes";
import { is_master, is_poked, load_byte, load_number, reachable, store_number } from "./memory";
import { must } from "./say";

export const QUEUES: u32 = 9;
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;
const NEEDS_RESET: u32 = 64;
export const VERSION_1: u64 = 1 << 32;
export const EVENT_INDEX: u64 = 1 << 29;
const PARTS_MAX: u32 = 8;
const KEPT_MAX: u32 = 256;

export let identity: u32 = 0;
let offered: u64 = 0;
export let accepted: u64 = 0;
export let status: u32 = 0;
export const configuration = memory.data(256, 8);
let size_offered: u32 = 64;
let queue_total: u32 = 2;
/** Queue 0 takes what comes from outside, and the first of each further pair. */
let waits_for_input = false;

const sizes = new StaticArray<u32>(<i32>QUEUES);
const enabled = new StaticArray<u32>(<i32>QUEUES);
const vectors = new StaticArray<u32>(<i32>QUEUES);
const descriptors = new StaticArray<u64>(<i32>QUEUES);
const availables = new StaticArray<u64>(<i32>QUEUES);
const useds = new StaticArray<u64>(<i32>QUEUES);
const taken = new StaticArray<u32>(<i32>QUEUES);
const made = new StaticArray<u32>(<i32>QUEUES);
let select_device: u32 = 0;
let select_driver: u32 = 0;
let select_queue: u32 = 0;
export let isr: u32 = 0;
export let resets: u32 = 0;

/** What the input has the device do instead of the truth. */
export let is_gone = false;
let is_stuck = false;
export let keeps = false;
let lying_loads: u32 = 0;
let load_lie: u64 = 0;
let has_lie = false;
let lie_head: u32 = 0;
let lie_length: u32 = 0;
let lie_steps: u32 = 0;

/** The request that `serve` looks at: parts with address, bytes, and whether the device writes them. */
export const part_address = new StaticArray<u64>(8);
export const part_bytes = new StaticArray<u32>(8);
export const part_written = new StaticArray<u32>(8);
export let parts: u32 = 0;
/** Bytes of the largest part that the driver has lent for the device to write. */
export let largest_part: u32 = 0;

const kept_queue = new StaticArray<u32>(256);
const kept_head = new StaticArray<u32>(256);
export let kept: u32 = 0;

let serve: (queue: u32) => u32 = (_queue: u32): u32 => 0;
let raise: (vector: u32) => void = (_vector: u32): void => {};

export function plug(
  number: u32,
  features: u64,
  queues: u32,
  size: u32,
  input: bool,
  server: (queue: u32) => u32,
  raiser: (vector: u32) => void,
): void {
  identity = number;
  offered = features;
  queue_total = min(queues, QUEUES);
  size_offered = size;
  waits_for_input = input;
  serve = server;
  raise = raiser;
  reset();
}

function reset(): void {
  resets++;
  status = is_stuck ? 1 : 0;
  accepted = 0;
  isr = 0;
  kept = 0;
  for (let i: u32 = 0; i < QUEUES; i++) {
    sizes[i] = size_offered;
    enabled[i] = 0;
    vectors[i] = 0xffff;
    taken[i] = 0;
    made[i] = 0;
  }
}

export function lie_about_used(head: u32, length: u32, steps: u32): void {
  has_lie = true;
  lie_head = head;
  lie_length = length;
  lie_steps = steps;
}

export function lie_about_registers(count: u32, value: u64): void {
  lying_loads = count;
  load_lie = value;
}

export function pull(gone: bool, stuck: bool): void {
  is_gone = gone;
  is_stuck = stuck;
}

export function keep_requests(on: bool): void {
  keeps = on;
}

/** Honest from now on: but nothing that was said before is taken back. */
export function reform(): void {
  is_gone = is_stuck = keeps = has_lie = false;
  lying_loads = 0;
  if ((status & NEEDS_RESET) != 0) status &= ~NEEDS_RESET;
}

function mask(width: u32): u64 {
  return width >= 8 ? u64.MAX_VALUE : ((<u64>1) << (8 * width)) - 1;
}

/** Common configuration of PCI, by offset. */
export function load_common(offset: u32, width: u32): u64 {
  if (is_gone) return mask(width);
  if (lying_loads > 0) {
    lying_loads--;
    return load_lie & mask(width);
  }
  const queue = select_queue;
  const has = queue < queue_total;
  switch (offset) {
    case 4:
      return (offered >> (32 * select_device)) & 0xffff_ffff;
    case 18:
      return queue_total;
    case 20:
      return status;
    case 24:
      return has ? sizes[queue] : 0;
    case 26:
      return has ? vectors[queue] : 0xffff;
    case 28:
      return has ? enabled[queue] : 0;
    case 30:
      return queue;
    default:
      return 0;
  }
}

export function store_common(offset: u32, value: u64): void {
  if (is_gone) return;
  const queue = select_queue;
  if (offset == 0) select_device = (<u32>value) & 1;
  else if (offset == 8) select_driver = (<u32>value) & 1;
  else if (offset == 12) accepted |= (value & 0xffff_ffff) << (32 * select_driver);
  else if (offset == 20) set_status(<u32>value);
  else if (offset == 22) select_queue = <u32>value;
  else if (queue >= queue_total) return;
  else if (offset == 24) sizes[queue] = <u32>value;
  else if (offset == 26) vectors[queue] = <u32>value;
  else if (offset == 28) {
    enabled[queue] = <u32>value;
    taken[queue] = 0;
    made[queue] = 0;
  } else if (offset >= 32 && offset < 56) {
    const list = offset < 40 ? descriptors : offset < 48 ? availables : useds;
    if ((offset & 4) == 0) list[queue] = (list[queue] & 0xffff_ffff_0000_0000) | (value & 0xffff_ffff);
    else list[queue] = (list[queue] & 0xffff_ffff) | (value << 32);
  }
}

function set_status(value: u32): void {
  if (value == 0) return reset();
  const is_wrong = (accepted & ~offered) != 0 || (accepted & VERSION_1) == 0;
  must((accepted & ~offered) == 0 || lied_ever(), "features were accepted that the device has not", accepted);
  status = is_wrong ? value & ~FEATURES_OK : value;
}

let lied = false;
export function note_lie(): void {
  lied = true;
}
/** Of what its registers say: how many blocks a disk has, among it. */
export function lied_ever(): bool {
  return lied;
}

/** The registers where an MMIO device has them, as offsets of the common configuration; -1: another one. */
function common_of(offset: u32): i32 {
  switch (offset) {
    case 0x10:
      return 4;
    case 0x14:
      return 0;
    case 0x20:
      return 12;
    case 0x24:
      return 8;
    case 0x30:
      return 22;
    case 0x34:
    case 0x38:
      return 24;
    case 0x44:
      return 28;
    case 0x70:
      return 20;
    default:
      return offset >= 0x80 && offset < 0xa8 ? 32 + (((offset - 0x80) >> 4) << 3) + (offset & 4) : -1;
  }
}

export function load_mmio(offset: u32, width: u32): u64 {
  if (is_gone) return mask(width);
  if (offset >= 0x100) return load_field(offset - 0x100, width);
  const common = common_of(offset);
  if (common >= 0) return load_common(common, width);
  return offset == 0 ? 0x7472_6976 : offset == 4 ? 2 : offset == 8 ? identity : offset == 0x60 ? isr : 0;
}

export function store_mmio(offset: u32, value: u64): void {
  if (offset == 0x50) return run(<u32>value);
  if (offset == 0x64) isr &= ~(<u32>value);
  const common = common_of(offset);
  if (common >= 0 && offset != 0x34) store_common(common, value);
}

export function load_field(offset: u32, width: u32): u64 {
  if (is_gone) return mask(width);
  if (lying_loads > 0) {
    lying_loads--;
    return load_lie & mask(width);
  }
  let value: u64 = 0;
  for (let i: u32 = 0; i < width; i++)
    if (offset + i < 256) value |= (<u64>load<u8>(configuration + offset + i)) << (8 * i);
  return value;
}

export function take_isr(): u32 {
  const value = isr;
  isr = 0;
  return value;
}

function takes_in(queue: u32): bool {
  return queue == 0 || ((queue & 1) == 0 && queue + 1 < queue_total);
}

/** Serves what is available in a queue, and interrupts. */
export function run(queue: u32): void {
  if (!is_master || queue >= queue_total || enabled[queue] == 0 || (status & DRIVER_OK) == 0 || is_gone) return;
  const before = made[queue];
  for (let i: u32 = 0; i < 256; i++) {
    // what comes in comes when the input says so
    const is_late = keeps || (waits_for_input && takes_in(queue));
    if (is_late && kept == KEPT_MAX) break;
    const head = next(queue);
    if (head < 0) break;
    if (is_late) {
      if (!is_poked) read_chain(queue, head); // how large its parts are
      kept_queue[kept] = queue;
      kept_head[kept++] = head;
    } else if (read_chain(queue, head)) use(queue, head, serve(queue));
  }
  if ((accepted & EVENT_INDEX) != 0) store_number(useds[queue] + 4 + 8 * sizes[queue], 2, taken[queue]);
  interrupt(queue, before);
}

/** Finishes a request that was kept. */
export function finish_kept(place: u32): void {
  if (kept == 0 || !is_master) return;
  const at = place % kept,
    queue = kept_queue[at],
    head = kept_head[at];
  kept--;
  kept_queue[at] = kept_queue[kept];
  kept_head[at] = kept_head[kept];
  const before = made[queue];
  if (read_chain(queue, head)) use(queue, head, serve(queue));
  interrupt(queue, before);
}

/** Head of the next available chain; -1: there is none. */
function next(queue: u32): i32 {
  const ring = availables[queue],
    size = sizes[queue];
  if (size == 0 || !reachable(ring, 6 + 2 * size)) return -1;
  if (load_number(ring + 2, 2) == taken[queue]) return -1;
  const head = <u32>load_number(ring + 4 + 2 * (taken[queue] % size), 2);
  taken[queue] = (taken[queue] + 1) & 0xffff;
  return <i32>head;
}

/** The parts of a chain; false: the device itself has spoilt it. */
function read_chain(queue: u32, head: u32): bool {
  const size = sizes[queue];
  parts = 0;
  let at = head,
    is_writing = false,
    more = true;
  while (more) {
    const is_bad = parts == PARTS_MAX || at >= size;
    if (is_bad || !reachable(descriptors[queue] + 16 * at, 16)) {
      must(is_poked, "a chain without an end in queue", queue);
      return false;
    }
    const place = descriptors[queue] + 16 * at,
      flags = <u32>load_number(place + 12, 2);
    part_address[parts] = load_number(place, 8);
    part_bytes[parts] = <u32>load_number(place + 8, 4);
    part_written[parts] = (flags >> 1) & 1;
    if (!is_poked && part_written[parts] != 0) largest_part = max(largest_part, part_bytes[parts]);
    if (!is_poked) {
      must(part_bytes[parts] != 0, "a part without bytes in queue", queue);
      must(!is_writing || part_written[parts] != 0, "a part to read behind one to write in queue", queue);
    }
    is_writing = is_writing || part_written[parts] != 0;
    if (!reachable(part_address[parts], part_bytes[parts])) return false;
    parts++;
    more = (flags & 1) != 0;
    at = <u32>load_number(place + 14, 2);
  }
  return true;
}

function use(queue: u32, head: u32, written: u32): void {
  let length = written,
    steps: u32 = 1;
  if (has_lie) {
    has_lie = false;
    head = lie_head;
    length = lie_length;
    steps = lie_steps;
  }
  const size = sizes[queue],
    ring = useds[queue];
  if (!reachable(ring, 6 + 8 * size)) return;
  const place = ring + 4 + 8 * (made[queue] % size);
  store_number(place, 4, head);
  store_number(place + 4, 4, length);
  made[queue] = (made[queue] + steps) & 0xffff;
  store_number(ring + 2, 2, made[queue]);
}

function interrupt(queue: u32, before: u32): void {
  if (made[queue] == before) return;
  const ring = availables[queue],
    size = sizes[queue];
  let is_wanted: bool;
  if ((accepted & EVENT_INDEX) == 0) is_wanted = (load_byte(ring) & 1) == 0;
  else {
    const wish = <u32>load_number(ring + 4 + 2 * size, 2);
    is_wanted = ((made[queue] - wish - 1) & 0xffff) < ((made[queue] - before) & 0xffff);
  }
  if (!is_wanted) return;
  isr |= 1;
  raise(0);
}

/** The configuration has changed, or the device is in trouble. */
export function change(needs_reset: bool): void {
  if (needs_reset) status |= NEEDS_RESET;
  isr |= 2;
  raise(1);
}

/** Which bytes of the configuration the input says. */
export function read_configuration(count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u8>(configuration + i, <u8>bytes.byte());
}
