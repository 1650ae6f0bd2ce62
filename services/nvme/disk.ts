// The disk side of the NVMe driver: reads, writes, flushes and discards as commands of the NVM set (NVM Command Set 1.0, 3.2), data by PRP lists in a page of
// each slot's own. Called by index.ts and, through services/disk/server.ts, by callers. Invariant: what is in flight is answered by the
// controller, or the driver ends, and whoever waits is told E_PEER_FAULT.
import {
  DISK_CACHES_WRITES,
  DISK_DISCARDS,
  DISK_READ_ONLY,
  TRANSFER_FLUSH,
  TRANSFER_READ,
} from "../../build/interfaces/disk/constants";
import { finish, finish_all } from "../disk/requests";
import { close_disk, open_disk, SUBMIT_DISCARD } from "../disk/server";
import { address_of, end_driver, events, listen, quiet_device, shared, vectors } from "../lib/driver";
import { E_ABSENT, E_DEVICE, E_FORMAT, E_FULL, E_NO_MEMORY } from "../lib/errors";
import { now_ns, set_timer } from "../lib/notification";
import * as startup from "../lib/startup";
import {
  begin_controller,
  EVENT_TIMER,
  identify,
  open_controller,
  open_pairs,
  pairs,
  queue_count,
  QUEUES_MAX,
} from "./controller";
import { SLOTS } from "./pair";

const NAMESPACE: u32 = 1;
const PAGE: u32 = 4096;
const OPERATION_FLUSH: u32 = 0;
const OPERATION_WRITE: u32 = 1;
const OPERATION_READ: u32 = 2;
const OPERATION_DATASET: u32 = 9;
const DATASET_DISCARD: u32 = 4;

// Places of identify's answers.
const CONTROLLER_TRANSFER: u32 = 77;
const CONTROLLER_OPTIONS: u32 = 520;
const CONTROLLER_CACHE: u32 = 525;
const OPTION_DATASET: u32 = 4;
const NAMESPACE_BLOCKS: u32 = 0;
const NAMESPACE_FORMAT: u32 = 26;
const NAMESPACE_ATTRIBUTES: u32 = 99;
const NAMESPACE_FORMATS: u32 = 128;

/** Requests of one pair are numbered from pair << NUMBER_SHIFT. */
const NUMBER_SHIFT: u32 = 5;
const TRANSFER_BYTES_MAX: u32 = 1 << 20;

/** By pair: a page for each slot, the list of a transfer's pages or the range to discard. */
const pages = new StaticArray<usize>(<i32>QUEUES_MAX);
let block_shift: u32 = 9;
/** Between two looks at commands that are under way, where a line or patience asks for them. */
const LOOK_NS: u64 = 5_000_000;
/** Number of the image: a controller that finishes nothing for so many seconds is begun anew. Without it it has all the time it wants. */
const patience_ns: u64 = startup.number("patience_seconds", 0) * 1_000_000_000;
/** So often; after that it counts as gone. */
const RESETS_MAX: u32 = 8;
let resets: u32 = 0;
let is_watched = false;
/** Something was finished since the last look; since when nothing was. */
let finished = false;
let silent_since_ns: u64 = 0;
/** Bit n: pair n has commands that the controller was not shown. */
let unpublished: u32 = 0;

/** Claims and starts the controller; without one every call answers E_ABSENT. */
export function open(): void {
  if (open_controller() == 0 && begin() == 0) listen();
}

/** Asks the controller what it is, and serves it as a disk. */
function begin(): i64 {
  let answer = begin_controller();
  if (answer < 0) return answer;
  const controller = identify(0);
  if (controller < 0) return controller;
  const limit = load<u8>(<usize>controller, CONTROLLER_TRANSFER);
  const cache = load<u8>(<usize>controller, CONTROLLER_CACHE) & 1,
    options = load<u16>(<usize>controller, CONTROLLER_OPTIONS);
  const namespace = identify(NAMESPACE);
  if (namespace < 0) return namespace;
  const blocks = load<u64>(<usize>namespace, NAMESPACE_BLOCKS);
  const format = (<u32>load<u8>(<usize>namespace, NAMESPACE_FORMAT)) & 15;
  block_shift = (load<u32>(<usize>namespace + NAMESPACE_FORMATS + format * 4) >> 16) & 0xff;
  if (block_shift < 9 || block_shift > 12 || blocks == 0 || blocks >> 52 != 0) return E_FORMAT;
  let flags: u32 = (load<u8>(<usize>namespace, NAMESPACE_ATTRIBUTES) & 1) != 0 ? DISK_READ_ONLY : 0;
  if (cache != 0) flags |= DISK_CACHES_WRITES;
  if ((options & OPTION_DATASET) != 0) flags |= DISK_DISCARDS;
  const bytes = limit == 0 || limit > 8 ? TRANSFER_BYTES_MAX : min(PAGE << limit, TRANSFER_BYTES_MAX);
  answer = open_pairs();
  if (answer < 0) return answer;
  for (let pair: u32 = 0; pair < queue_count; pair++) {
    pages[pair] = shared(SLOTS * PAGE, PAGE);
    if (pages[pair] == 0) return E_NO_MEMORY;
  }
  open_disk(blocks, 1 << block_shift, flags, bytes >> block_shift, queue_count * SLOTS, submit, publish);
  return 0;
}

/** A command in a slot of one of the pairs: its number, or E_FULL. Blocks and addresses are good already. */
function submit(operation: u32, client: u32, address: u64, block: u64, count: u32): i32 {
  const number = queue_count == 1 ? 0 : client % queue_count;
  const pair = unchecked(pairs[number]);
  const slot = pair.take_slot();
  if (slot < 0) return <i32>E_FULL;
  const page = unchecked(pages[number]) + <u32>slot * PAGE;
  if (operation < TRANSFER_FLUSH) {
    const command = pair.command(slot, operation == TRANSFER_READ ? OPERATION_READ : OPERATION_WRITE, NAMESPACE);
    set_data(command, page, address, count << block_shift);
    store<u64>(command, block, 40);
    store<u32>(command, count - 1, 48);
  } else if (operation == SUBMIT_DISCARD) {
    store<u32>(page, 0);
    store<u32>(page, count, 4);
    store<u64>(page, block, 8);
    const command = pair.command(slot, OPERATION_DATASET, NAMESPACE);
    store<u64>(command, address_of(page), 24);
    store<u32>(command, DATASET_DISCARD, 44);
  } else {
    pair.command(slot, OPERATION_FLUSH, NAMESPACE);
  }
  unpublished |= 1 << number;
  return (number << NUMBER_SHIFT) | slot;
}

/** Where the data lies: the first page's part, then one page more, or a list of all the others (4.1.1). */
function set_data(command: usize, list: usize, address: u64, bytes: u32): void {
  store<u64>(command, address, 24);
  const first = PAGE - <u32>(address & (PAGE - 1));
  if (bytes <= first) return;
  let next = address + first;
  if (bytes - first <= PAGE) {
    store<u64>(command, next, 32);
    return;
  }
  store<u64>(command, address_of(list), 32);
  for (let left = <i32>(bytes - first); left > 0; left -= PAGE) {
    store<u64>(list, next);
    list += 8;
    next += PAGE;
  }
}

function publish(): void {
  for (let number: u32 = 0; unpublished != 0; number++) {
    if ((unpublished & (1 << number)) == 0) continue;
    unpublished ^= 1 << number;
    unchecked(pairs[number]).publish();
  }
  if (!is_watched && (patience_ns != 0 || vectors == 0)) start_watch();
}

function start_watch(): void {
  is_watched = true;
  finished = false;
  set_timer(events, now_ns() + LOOK_NS, EVENT_TIMER);
}

/** While commands are under way: a line may be lost, and a controller that finishes nothing for too long is begun anew. */
export function watch(): void {
  is_watched = false;
  complete();
  let is_busy = false;
  for (let number: u32 = 0; number < queue_count; number++) is_busy = is_busy || pairs[number].is_busy;
  const now = now_ns();
  if (finished || silent_since_ns == 0) silent_since_ns = now;
  if (!is_busy) silent_since_ns = 0;
  else if (patience_ns != 0 && now - silent_since_ns > patience_ns) recover();
  else start_watch();
}

/** Whoever has a command there is told, and the controller begins anew; too often, or in vain: it is gone. */
function recover(): void {
  silent_since_ns = 0;
  const answer = ++resets > RESETS_MAX ? E_ABSENT : begin();
  if (answer < 0) {
    quiet_device();
    close_disk(answer == E_ABSENT ? E_ABSENT : E_DEVICE);
  }
  finish_all(answer == E_ABSENT ? E_ABSENT : E_DEVICE);
}

/** The controller has finished something: whoever waits for it is answered. */
export function complete(): void {
  for (let number: u32 = 0; number < queue_count; number++) {
    const pair = unchecked(pairs[number]);
    let slot = pair.take();
    if (slot < 0 && !pair.is_broken) continue;
    for (; slot >= 0; slot = pair.take()) {
      const status = pair.status;
      pair.free_slot(slot);
      finished = true;
      finish((number << NUMBER_SHIFT) | slot, status == 0 ? 0 : E_DEVICE);
    }
    if (pair.is_broken) end_driver();
    pair.accept();
  }
}
