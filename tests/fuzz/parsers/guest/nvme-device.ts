// An NVMe controller (Base specification 2.0) as far as its driver sees it: honest until the input makes it lie. Judges what the driver asks of it: queues and
// data in memory that it reaches, identifiers that are not under way, blocks that the disk has. Called by nvme.ts.
import * as bytes from "./bytes";
import { is_poked, load_byte, load_number, poke, reachable, store_byte, store_number } from "./memory";
import { must, tell } from "./say";

export const QUEUES: u32 = 5;
const COMMAND_BYTES: u32 = 64;
const COMPLETION_BYTES: u32 = 16;
const PAGE: u32 = 4096;
const KEPT_MAX: u32 = 128;
const IDENTIFIERS: u32 = 64;
const DOORBELLS: u32 = 0x1000;
/** The least entries of an admin queue that the driver makes, 64; ready within 10 s. */
const CAPABILITIES: u64 = 0x1400_003f;

let capabilities: u64 = CAPABILITIES;
let configuration: u32 = 0;
let ready: u32 = 0;
let fatal: u32 = 0;
let admin_sizes: u32 = 0;
let admin_commands: u64 = 0;
let admin_completions: u64 = 0;
export let resets: u32 = 0;

// Queues by number; size 0: there is none. Of commands: the head; of completions: tail, phase, how far the driver has looked, and the vector.
const command_sizes = new StaticArray<u32>(5);
const command_places = new StaticArray<u64>(5);
const heads = new StaticArray<u32>(5);
const completions_of = new StaticArray<u32>(5);
const completion_sizes = new StaticArray<u32>(5);
const completion_places = new StaticArray<u64>(5);
const tails = new StaticArray<u32>(5);
const phases = new StaticArray<u32>(5);
const looked = new StaticArray<u32>(5);
const vectors = new StaticArray<u32>(5);
/** Identifiers under way, by queue. */
const under_way = new StaticArray<u64>(5);

export let is_gone = false;
let is_stuck = false;
export let keeps = false;
let lying_loads: u32 = 0;
let load_lie: u64 = 0;
let status: u32 = 0;
let has_lie = false;
let lie_identifier: u32 = 0;
let lie_is_old = false;

const kept = memory.data(128 * 64, 8);
const kept_queue = new StaticArray<u32>(128);
export let kept_count: u32 = 0;
/** Commands of the disk that were completed well. */
export let well: u32 = 0;

/** What identify answers, and what of it the driver was told. */
export const namespace_page = memory.data(4096, 8);
export const controller_page = memory.data(4096, 8);
let told_blocks: u64 = 0;
let told_shift: u32 = 9;
let told_limit: u32 = 0;

let raise: (vector: u32) => void = (_vector: u32): void => {};

export function plug(blocks: u64, register: u64, raiser: (vector: u32) => void): void {
  capabilities = register == 0 ? CAPABILITIES : register;
  raise = raiser;
  store<u64>(namespace_page, blocks);
  store<u32>(namespace_page, 9 << 16, 128);
  store<u16>(controller_page, 4, 520);
  store<u8>(controller_page, 1, 525);
}

export function is_line_high(): bool {
  for (let queue: u32 = 0; queue < QUEUES; queue++) if (tails[queue] != looked[queue]) return true;
  return false;
}

function ones(width: u32): u64 {
  return width >= 8 ? u64.MAX_VALUE : ((<u64>1) << (8 * width)) - 1;
}

export function load_register(offset: u32, width: u32): u64 {
  if (is_gone) return ones(width);
  if (lying_loads > 0) {
    lying_loads--;
    return load_lie & ones(width);
  }
  if (offset == 0) return capabilities & 0xffff_ffff;
  if (offset == 4) return capabilities >> 32;
  if (offset == 0x14) return configuration;
  return offset == 0x1c ? ready | fatal : 0;
}

function half_of(old: u64, value: u64, is_high: bool): u64 {
  return is_high ? (old & 0xffff_ffff) | (value << 32) : (old & 0xffff_ffff_0000_0000) | (value & 0xffff_ffff);
}

export function store_register(offset: u32, value: u64): void {
  if (is_gone) return;
  const shift = <u32>(capabilities >> 32),
    stride: u32 = 4 << (shift & 15);
  if (offset == 0x14) configure(<u32>value);
  else if (offset == 0x24) admin_sizes = <u32>value;
  else if (offset == 0x28 || offset == 0x2c) admin_commands = half_of(admin_commands, value, offset == 0x2c);
  else if (offset == 0x30 || offset == 0x34) admin_completions = half_of(admin_completions, value, offset == 0x34);
  else if (offset >= DOORBELLS) doorbell((offset - DOORBELLS) / stride, <u32>value);
}

function configure(value: u32): void {
  configuration = value;
  if ((value & 1) == 0) resets++;
  if (is_stuck) return;
  kept_count = 0;
  for (let queue: u32 = 0; queue < QUEUES; queue++) {
    command_sizes[queue] = 0;
    completion_sizes[queue] = 0;
    tails[queue] = looked[queue] = 0;
    under_way[queue] = 0;
  }
  ready = value & 1;
  if (ready == 0) return;
  fatal = 0;
  open_completions(0, admin_completions, (admin_sizes >> 16) + 1, 0);
  open_commands(0, admin_commands, (admin_sizes & 0xfff) + 1, 0);
}

function is_judged(): bool {
  return !is_poked;
}

function open_completions(queue: u32, place: u64, size: u32, vector: u32): void {
  if (is_judged()) {
    must(size >= 2 && <u64>size <= (capabilities & 0xffff) + 1, "a queue of completions of a wrong size", size);
    must((place & (PAGE - 1)) == 0, "a queue that begins within a page", place);
  }
  if (!reachable(place, size * COMPLETION_BYTES)) return;
  completion_sizes[queue] = size;
  completion_places[queue] = place;
  vectors[queue] = vector;
  tails[queue] = looked[queue] = 0;
  phases[queue] = 1;
}

function open_commands(queue: u32, place: u64, size: u32, completions: u32): void {
  if (is_judged()) {
    must(size >= 2 && <u64>size <= (capabilities & 0xffff) + 1, "a queue of commands of a wrong size", size);
    must(completions < QUEUES && completion_sizes[completions] != 0, "commands without completions, queue", queue);
  }
  if (!reachable(place, size * COMMAND_BYTES)) return;
  command_sizes[queue] = size;
  command_places[queue] = place;
  completions_of[queue] = completions % QUEUES;
  heads[queue] = 0;
}

function doorbell(number: u32, value: u32): void {
  const queue = number >> 1;
  if (queue >= QUEUES || ready == 0) return;
  if ((number & 1) != 0) {
    if (completion_sizes[queue] != 0) looked[queue] = value % completion_sizes[queue];
    return;
  }
  const size = command_sizes[queue];
  if (is_judged()) must(value < size, "a tail that its queue has not", value);
  if (size == 0) return;
  while (heads[queue] != value % size) {
    const at = command_places[queue] + heads[queue] * COMMAND_BYTES;
    if (!reachable(at, COMMAND_BYTES)) return;
    heads[queue] = (heads[queue] + 1) % size;
    take(queue, at);
  }
}

function take(queue: u32, at: u64): void {
  const identifier = <u32>load_number(at + 2, 2);
  if (is_judged()) {
    must(identifier < IDENTIFIERS, "a command with the identifier", identifier);
    const bit = (<u64>1) << identifier;
    must((under_way[queue] & bit) == 0, "an identifier is given twice", identifier);
    under_way[queue] |= bit;
  }
  if (kept_count == KEPT_MAX) return;
  const place = kept + kept_count * COMMAND_BYTES;
  for (let i: u32 = 0; i < COMMAND_BYTES; i++) store<u8>(place + i, <u8>load_byte(at + i));
  kept_queue[kept_count++] = queue;
  if (!keeps) finish(kept_count - 1);
}

/** Completes a command that is under way. */
export function finish(choice: u32): void {
  if (kept_count == 0) return;
  const place = choice % kept_count,
    queue = kept_queue[place],
    at = kept + place * COMMAND_BYTES;
  memory.copy(current, at, COMMAND_BYTES);
  kept_queue[place] = kept_queue[--kept_count];
  memory.copy(at, kept + kept_count * COMMAND_BYTES, COMMAND_BYTES);
  const identifier = load<u16>(current, 2);
  let result: u32 = 0;
  if (queue == 0) result = administer();
  else if (status == 0) transfer();
  complete(queue, identifier, result);
}
const current = memory.data(64, 8);

function administer(): u32 {
  const operation = load<u8>(current),
    place = load<u64>(current, 24),
    first = load<u32>(current, 40),
    second = load<u32>(current, 44),
    queue = first & 0xffff;
  if (operation == 6) identify(place, first);
  else if (operation == 9) return granted;
  else if (queue == 0 || queue >= QUEUES) must(!is_judged(), "a queue that the driver cannot have", queue);
  else if (operation == 5) open_completions(queue, place, (first >> 16) + 1, second >> 16);
  else if (operation == 1) open_commands(queue, place, (first >> 16) + 1, second >> 16);
  else must(!is_judged(), "an admin command that the driver does not know", operation);
  return 0;
}
/** How many queues more than one the controller says that there are. */
let granted: u32 = 0x3_0003;
export function grant(count: u32): void {
  granted = count;
}

function identify(place: u64, what: u32): void {
  const page = what == 1 ? controller_page : namespace_page;
  if (!reachable(place, PAGE)) return;
  for (let i: u32 = 0; i < PAGE; i += 8) store_number(place + i, 8, load<u64>(page + i));
  if (what == 1) {
    told_limit = load<u8>(page, 77);
    return;
  }
  told_blocks = load<u64>(page);
  told_shift = load<u8>(page + 128 + (load<u8>(page, 26) & 15) * 4, 2);
}

/** What a command of the disk means: each page of its data is touched. */
function transfer(): void {
  const operation = load<u8>(current),
    block = load<u64>(current, 40),
    place = load<u64>(current, 24);
  if (is_judged())
    must(load<u32>(current, 4) == 1, "a command to a namespace that there is not", load<u32>(current, 4));
  if (operation == 0) return;
  if (operation == 9) {
    if (!reachable(place, 16)) return;
    const from = load_number(place + 8, 8),
      length = load_number(place + 4, 4);
    if (is_judged())
      must(from <= told_blocks && length <= told_blocks - from, "blocks beyond the disk are discarded", from);
    return;
  }
  if (is_judged()) must(operation <= 2, "a command that the driver does not know", operation);
  if (told_shift > 51) return;
  const count = <u64>(load<u32>(current, 48) & 0xffff) + 1,
    length = count << told_shift;
  if (is_judged()) {
    must(block <= told_blocks && count <= told_blocks - block, "a transfer beyond the disk", block);
    if (told_limit != 0 && told_limit <= 8)
      must(length <= (<u64>PAGE) << told_limit, "a transfer of more than the controller takes", length);
  }
  const second = load<u64>(current, 32);
  const first = min<u64>(length, PAGE - (place & (PAGE - 1)));
  if (!touch(place, first, operation)) return;
  let left = length - first;
  if (left == 0) return;
  if (left <= PAGE) {
    touch(second, left, operation);
    return;
  }
  for (let entry: u64 = 0; left > 0 && entry < 512; entry++) {
    if (!reachable(second + 8 * entry, 8)) return;
    const next = load_number(second + 8 * entry, 8),
      piece = min<u64>(left, PAGE);
    if (is_judged()) must((next & (PAGE - 1)) == 0, "a page of a list that is none", next);
    if (!touch(next, piece, operation)) return;
    left -= piece;
  }
}

function touch(place: u64, length: u64, operation: u32): bool {
  if (!reachable(place, length)) return false;
  if (operation == 2) {
    store_byte(place, operation);
    store_byte(place + length - 1, operation);
  }
  return true;
}

function complete(queue: u32, identifier: u32, result: u32): void {
  let is_old = false;
  under_way[queue] &= ~((<u64>1) << (identifier & 63));
  if (has_lie) {
    has_lie = false;
    identifier = lie_identifier;
    is_old = lie_is_old;
  }
  post(completions_of[queue], queue, identifier, queue == 0 ? 0 : status, result, is_old);
}

function post(ring: u32, queue: u32, identifier: u32, state: u32, result: u32, is_old: bool): void {
  const size = completion_sizes[ring];
  if (size == 0 || !reachable(completion_places[ring], size * COMPLETION_BYTES)) return;
  const at = completion_places[ring] + tails[ring] * COMPLETION_BYTES;
  const phase = is_old ? phases[ring] ^ 1 : phases[ring];
  store_number(at, 4, result);
  store_number(at + 8, 4, (queue << 16) | heads[queue]);
  store_number(at + 12, 4, (identifier & 0xffff) | (phase << 16) | (state << 17));
  if (queue != 0 && (state & 0x7fff) == 0) well++;
  if (!is_old) {
    tails[ring] = (tails[ring] + 1) % size;
    if (tails[ring] == 0) phases[ring] ^= 1;
  }
  raise(vectors[ring]);
}

/** A completion of no command, or of one that is under way and goes on. */
export function complete_nothing(queue: u32, identifier: u32): void {
  poke();
  tell("the controller completes", queue, identifier, 0);
  if (command_sizes[queue % QUEUES] != 0) post(completions_of[queue % QUEUES], queue % QUEUES, identifier, 0, 0, false);
}

/** Of the next command something else is said. */
export function lie(identifier: u32, is_old: bool): void {
  poke();
  has_lie = true;
  lie_identifier = identifier;
  lie_is_old = is_old;
}

export function lie_about_registers(count: u32, value: u64): void {
  poke();
  lying_loads = count;
  load_lie = value;
}

export function fail_with(value: u32): void {
  status = value & 0x7fff;
}

export function pull(gone: bool, stuck: bool): void {
  is_gone = gone;
  is_stuck = stuck;
}

export function say_fatal(): void {
  fatal ^= 2;
}

export function keep_commands(on: bool): void {
  keeps = on;
}

/** Honest from now on, but nothing that was said before is taken back. */
export function reform(): void {
  is_gone = is_stuck = keeps = has_lie = false;
  lying_loads = status = fatal = 0;
}
