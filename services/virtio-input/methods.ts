// The methods of interface.ts. Events go from the device's buffers into a ring as they come, so that the device always has buffers; when the
// ring is full the newest are lost, and counted.
import { EVENT_BYTES } from "../../build/interfaces/virtio-input/constants";
import { E_ABSENT, E_ARGUMENT } from "../lib/errors";
import { Buffers, open_buffers, opened_buffers } from "../lib/virtio/buffers";
import { transport } from "../lib/virtio/device";
import { Waiters } from "../lib/waiters";

const VIRTIO_INPUT: u32 = 18;
const QUEUE_EVENTS: u32 = 0;
const BUFFERS: u32 = 64;
const FIELD_SELECT: u32 = 0;
const FIELD_SUBSELECT: u32 = 1;
const FIELD_BYTES: u32 = 2;
const FIELD_DATA: u32 = 8;
const DATA_BYTES: u32 = 128;
const SELECT_NAME: u32 = 1;
const SELECT_CODES: u32 = 0x11;
const RING_EVENTS: u32 = 512;

let buffers: Buffers | null = null;
const waiters = new Waiters();
const ring = memory.data(4096, 8);
let first: u32 = 0;
let held: u32 = 0;
let dropped: u64 = 0;

if (RING_EVENTS * EVENT_BYTES > 4096) ERROR("the ring is too small");

export function open(): i64 {
  const answer = open_buffers(VIRTIO_INPUT, 0, 1, BUFFERS, EVENT_BYTES);
  if (answer < 0) return answer;
  const made = opened_buffers(QUEUE_EVENTS);
  made.lend_all();
  buffers = made;
  return 0;
}

/** What the device says about itself under a selector, into `out`. */
function ask(select: u32, subselect: u32, out: usize, limit: u32): i64 {
  if (buffers == null) return E_ABSENT;
  transport.set_field(FIELD_SELECT, 1, select);
  transport.set_field(FIELD_SUBSELECT, 1, subselect);
  const bytes = min((<u32>transport.field(FIELD_BYTES, 1)) & 0xff, min(limit, DATA_BYTES));
  for (let i: u32 = 0; i < bytes; i++) store<u8>(out + i, <u8>transport.field(FIELD_DATA + i, 1));
  return bytes;
}

export function name(_badge: u64, out: usize, out_limit: u32): i64 {
  return ask(SELECT_NAME, 0, out, out_limit);
}

export function codes(_badge: u64, kind: u32, out: usize, out_limit: u32): i64 {
  return kind > 0xff ? E_ARGUMENT : ask(SELECT_CODES, kind, out, out_limit);
}

export function events(badge: u64, limit: u32, _out: usize, out_limit: u32): i64 {
  if (buffers == null) return E_ABSENT;
  if (min(limit, out_limit) < EVENT_BYTES) return E_ARGUMENT;
  const answer = waiters.wait(badge, limit);
  if (answer == 0) deliver();
  return answer;
}

export function lost(_badge: u64): u64 {
  return dropped;
}

/** The device has written events. */
export function take_events(): void {
  const lent = buffers!;
  for (let buffer = lent.take(); buffer >= 0; buffer = lent.take()) {
    if (lent.length == EVENT_BYTES && held < RING_EVENTS) {
      const place = ((first + held++) % RING_EVENTS) * EVENT_BYTES;
      store<u64>(ring + place, load<u64>(lent.at(buffer)));
    } else if (lent.length == EVENT_BYTES) dropped++;
    lent.lend(buffer);
  }
  lent.publish();
  deliver();
}

function deliver(): void {
  while (held != 0 && waiters.count != 0) {
    const count = min(held, waiters.limit / EVENT_BYTES);
    const out = waiters.place;
    for (let i: u32 = 0; i < count; i++) {
      store<u64>(out + i * EVENT_BYTES, load<u64>(ring + ((first + i) % RING_EVENTS) * EVENT_BYTES));
    }
    if (!waiters.answer(count * EVENT_BYTES)) continue; // the events are the next caller's
    first = (first + count) % RING_EVENTS;
    held -= count;
  }
}
