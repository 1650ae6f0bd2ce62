// The device side of the virtio disk (Virtual I/O Device 1.2, 5.2): a request is a slot of three descriptors, of which the first and the last never
// change: header, data, status. Data lies in the client's region. Called by index.ts and, through services/disk/server.ts, by callers.
// Invariant: what is in flight is answered by the device, or by recover(), which has reset the device first.
import {
  DISK_CACHES_WRITES,
  DISK_DISCARDS,
  DISK_READ_ONLY,
  TRANSFER_FLUSH,
  TRANSFER_READ,
} from "../../build/interfaces/disk/constants";
import { finish, finish_all } from "../disk/requests";
import { close_disk, open_disk, resize_disk, SUBMIT_DISCARD } from "../disk/server";
import { E_ABSENT, E_DEVICE, E_FULL } from "../lib/errors";
import { now_ns, set_timer } from "../lib/notification";
import * as startup from "../lib/startup";
import {
  add_queue,
  address_of,
  arrange,
  EVENT_TIMER,
  events,
  features,
  listen,
  open_device,
  quiet_device,
  queue_size,
  renew_queue,
  restart_device,
  shared,
  transport,
} from "../lib/virtio/device";
import { DESCRIPTOR_NEXT, DESCRIPTOR_WRITE, Queue, queue_bytes } from "../lib/virtio/queue";
import { STATUS_NEEDS_RESET } from "../lib/virtio/transport";

const VIRTIO_BLK: u32 = 2;
const FEATURE_READ_ONLY: u64 = 1 << 5;
const FEATURE_BLOCK_SIZE: u64 = 1 << 6;
const FEATURE_FLUSH: u64 = 1 << 9;
const FEATURE_QUEUES: u64 = 1 << 12;
const FEATURE_DISCARD: u64 = 1 << 13;

const FIELD_CAPACITY: u32 = 0;
const FIELD_BLOCK_SIZE: u32 = 20;
const FIELD_QUEUES: u32 = 34;
const FIELD_DISCARD_SECTORS: u32 = 36;

const TYPE_IN: u32 = 0;
const TYPE_OUT: u32 = 1;
const TYPE_FLUSH: u32 = 4;
const TYPE_DISCARD: u32 = 11;
const STATUS_OK: u8 = 0;
/** What the status byte is before the device writes it: a device that does not is one that failed. */
const STATUS_UNWRITTEN: u8 = 0xff;

/** A slot's own memory: header, a segment to discard, the status byte. */
const HEADER_BYTES: u32 = 16;
const SEGMENT_AT: u32 = 16;
const SEGMENT_BYTES: u32 = 16;
const STATUS_AT: u32 = 32;
const SLOT_BYTES: u32 = 48;

const QUEUES_WANTED: u32 = 4;
const DESCRIPTORS_WANTED: u32 = 256;
const CHAIN: u32 = 3;
/** Requests of one queue are numbered from queue << NUMBER_SHIFT. */
const NUMBER_SHIFT: u32 = 7;
const SECTOR_BYTES: u32 = 512;
/** One descriptor holds the data of a request: 1 MiB. */
const TRANSFER_BYTES_MAX: u32 = 1 << 20;

/**
 * Number of the image: a device that finishes nothing of what it has for so many seconds is reset. Without it the device has all the time it
 * wants: where instructions are counted as time, hours may pass while the host writes one block.
 */
const patience_ns: u64 = startup.number("patience_seconds", 0) * 1_000_000_000;
/** So often; after that it counts as gone. */
const RESETS_MAX: u32 = 8;

const queues = new StaticArray<Queue>(<i32>QUEUES_WANTED);
const slots = new StaticArray<usize>(<i32>QUEUES_WANTED);
const sizes = new StaticArray<u32>(<i32>QUEUES_WANTED);
let queue_count: u32 = 0;
let sectors_per_block: u32 = 1;
let discard_max: u32 = 0;
/** Bit n: queue n has requests that the device was not shown. */
let unpublished: u32 = 0;
let is_watched = false;
/** Requests that the device has finished, and how many there were at the last look. */
let finished: u64 = 0;
let finished_before: u64 = 0;
let resets: u32 = 0;

/** Claims and starts the device; without one every call answers E_ABSENT. */
export function open(): void {
  const wanted = FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH | FEATURE_QUEUES | FEATURE_DISCARD;
  if (open_device(VIRTIO_BLK, wanted) < 0) return;
  const offered = (features & FEATURE_QUEUES) != 0 ? transport.field(FIELD_QUEUES, 2) : 1;
  const asked = min(max<u32>(<u32>offered, 1), QUEUES_WANTED);
  let bytes: u32 = 0,
    depth: u32 = 0;
  while (queue_count < asked) {
    const size = queue_size(queue_count, DESCRIPTORS_WANTED);
    if (size < CHAIN) break;
    sizes[queue_count++] = size;
    bytes += queue_bytes(size) + (size / CHAIN) * SLOT_BYTES + 32;
    depth += size / CHAIN;
  }
  if (queue_count == 0 || arrange(bytes) < 0) return;
  for (let number: u32 = 0; number < queue_count; number++) {
    const queue = add_queue(number, sizes[number], CHAIN);
    if (queue == null) return;
    queues[number] = queue;
    slots[number] = shared(queue.slots * SLOT_BYTES);
    link(number);
  }
  const block_bytes = (features & FEATURE_BLOCK_SIZE) != 0 ? transport.field(FIELD_BLOCK_SIZE, 4) : 512;
  if (block_bytes < 512 || block_bytes > 4096 || (block_bytes & (block_bytes - 1)) != 0) return;
  sectors_per_block = <u32>block_bytes / SECTOR_BYTES;
  if ((features & FEATURE_DISCARD) != 0) discard_max = <u32>max<i64>(transport.field(FIELD_DISCARD_SECTORS, 4), 0);
  const blocks = transport.long_field(FIELD_CAPACITY) / sectors_per_block;
  if (blocks < 0 || listen() < 0 || transport.go() < 0) return;
  let flags: u32 = (features & FEATURE_READ_ONLY) != 0 ? DISK_READ_ONLY : 0;
  if ((features & FEATURE_FLUSH) != 0) flags |= DISK_CACHES_WRITES;
  if (discard_max != 0) flags |= DISK_DISCARDS;
  open_disk(blocks, <u32>block_bytes, flags, TRANSFER_BYTES_MAX / <u32>block_bytes, depth, submit, publish);
}

/** The parts of a queue's slots that never change, and the first wish for an interrupt. */
function link(number: u32): void {
  const queue = queues[number];
  for (let slot: u32 = 0; slot < queue.slots; slot++) {
    const address = address_of(slots[number] + slot * SLOT_BYTES);
    queue.set_part(slot, 0, address, HEADER_BYTES, DESCRIPTOR_NEXT);
    queue.set_part(slot, 2, address + STATUS_AT, 1, DESCRIPTOR_WRITE);
  }
  queue.arm();
}

/** A request in a slot of one of the queues: its number, or E_FULL. Blocks and addresses are good already. */
function submit(operation: u32, client: u32, address: u64, block: u64, count: u32): i32 {
  const number = queue_count == 1 ? 0 : client % queue_count;
  const queue = unchecked(queues[number]);
  const slot = queue.take_slot();
  if (slot < 0) return <i32>E_FULL;
  const place = unchecked(slots[number]) + <u32>slot * SLOT_BYTES;
  const bytes = count * sectors_per_block * SECTOR_BYTES;
  let writable: u32 = 1;
  store<u64>(place, block * sectors_per_block, 8);
  store<u8>(place + STATUS_AT, STATUS_UNWRITTEN);
  if (operation == TRANSFER_READ) {
    store<u32>(place, TYPE_IN);
    queue.set_part(slot, 1, address, bytes, DESCRIPTOR_NEXT | DESCRIPTOR_WRITE);
    writable += bytes;
  } else if (operation < TRANSFER_FLUSH) {
    store<u32>(place, TYPE_OUT);
    queue.set_part(slot, 1, address, bytes, DESCRIPTOR_NEXT);
  } else if (operation == TRANSFER_FLUSH) {
    store<u32>(place, TYPE_FLUSH);
    queue.set_part(slot, 1, address_of(place + STATUS_AT), 1, DESCRIPTOR_WRITE);
  } else {
    set_discard(queue, slot, place, block, min(count, discard_max / sectors_per_block));
  }
  queue.submit(slot, writable);
  unpublished |= 1 << number;
  return (number << NUMBER_SHIFT) | slot;
}

/** What the device does not take in one piece is left as it is: discarding is a hint. */
function set_discard(queue: Queue, slot: u32, place: usize, block: u64, count: u32): void {
  store<u32>(place, TYPE_DISCARD);
  store<u64>(place, 0, 8);
  store<u64>(place, block * sectors_per_block, SEGMENT_AT);
  store<u32>(place, count * sectors_per_block, SEGMENT_AT + 8);
  store<u32>(place, 0, SEGMENT_AT + 12);
  queue.set_part(slot, 1, address_of(place + SEGMENT_AT), SEGMENT_BYTES, DESCRIPTOR_NEXT);
}

function publish(): void {
  for (let number: u32 = 0; unpublished != 0; number++) {
    if ((unpublished & (1 << number)) == 0) continue;
    unpublished ^= 1 << number;
    if (unchecked(queues[number]).publish()) transport.notify(number);
  }
  if (patience_ns != 0 && !is_watched) start_watch();
}

function start_watch(): void {
  is_watched = true;
  finished_before = finished;
  set_timer(events, now_ns() + patience_ns, EVENT_TIMER);
}

/** The device has finished something: whoever waits for it is answered. */
export function complete(): void {
  for (let number: u32 = 0; number < queue_count; number++) {
    const queue = unchecked(queues[number]);
    do {
      for (let slot = queue.take(); slot >= 0; slot = queue.take()) {
        const status = load<u8>(unchecked(slots[number]) + <u32>slot * SLOT_BYTES + STATUS_AT);
        queue.free_slot(slot);
        finished++;
        finish((number << NUMBER_SHIFT) | slot, status == STATUS_OK ? 0 : E_DEVICE);
      }
    } while (!queue.is_broken && queue.arm());
    if (queue.is_broken) return recover();
  }
}

/** The disk has another size, or the device is in trouble, or is gone. */
export function look_at_configuration(): void {
  const status = transport.status();
  if (status < 0) return give_up(status);
  if ((status & STATUS_NEEDS_RESET) != 0) return recover();
  const sectors = transport.long_field(FIELD_CAPACITY);
  if (sectors >= 0) resize_disk(<u64>sectors / sectors_per_block);
}

/** With patience that ends, somebody looks now and then whether what is in flight gets on. */
export function watch(): void {
  is_watched = false;
  let in_flight: u32 = 0;
  for (let number: u32 = 0; number < queue_count; number++) in_flight += queues[number].in_flight;
  if (in_flight == 0) return;
  const status = transport.status();
  if (status < 0) return give_up(status);
  if (finished == finished_before) return recover();
  start_watch();
}

/** Resets the device, tells everybody whose request was with it, and goes on; too often, or in vain: it is gone. */
function recover(): void {
  if (++resets > RESETS_MAX) return give_up(E_ABSENT);
  const answer = restart_device();
  if (answer < 0) return give_up(answer);
  finish_all(E_DEVICE);
  for (let number: u32 = 0; number < queue_count; number++) {
    if (renew_queue(number, sizes[number], queues[number]) < 0) return give_up(E_ABSENT);
    slots[number] = shared(queues[number].slots * SLOT_BYTES);
    link(number);
  }
  if (transport.go() < 0) give_up(E_ABSENT);
}

function give_up(error: i64): void {
  transport.fail();
  quiet_device();
  close_disk(error == E_ABSENT ? E_ABSENT : E_DEVICE);
  finish_all(error == E_ABSENT ? E_ABSENT : E_DEVICE);
}
