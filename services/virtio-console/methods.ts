// The methods of interface.ts. Input that nobody waits for stays in the device's buffers; when all are full the host waits.
import { set_size_results } from "../../build/interfaces/virtio-console/server";
import { copy } from "../lib/buffer";
import { E_ABSENT, E_ARGUMENT, E_FULL, E_METHOD } from "../lib/errors";
import { Buffers, open_buffers, opened_buffers } from "../lib/virtio/buffers";
import { features, transport } from "../lib/virtio/device";
import { Waiters } from "../lib/waiters";

const VIRTIO_CONSOLE: u32 = 3;
const FEATURE_SIZE: u64 = 1;
const FIELD_COLUMNS: u32 = 0;
const FIELD_ROWS: u32 = 2;
const QUEUE_IN: u32 = 0;
const QUEUE_OUT: u32 = 1;
const BUFFERS: u32 = 16;
const BUFFER_BYTES: u32 = 1024;
const SITE_WRITE: u32 = 1;
const SITE_READ: u32 = 2;

let incoming: Buffers | null = null;
let outgoing: Buffers | null = null;
const waiters = new Waiters();
// Buffers with input that nobody has taken, in their order: number | first byte << 8 | end << 20.
const pieces = new StaticArray<u32>(<i32>BUFFERS);
let first: u32 = 0;
let held: u32 = 0;

export function open(): i64 {
  const answer = open_buffers(VIRTIO_CONSOLE, FEATURE_SIZE, 2, BUFFERS, BUFFER_BYTES);
  if (answer < 0) return answer;
  const into = opened_buffers(QUEUE_IN);
  into.lend_all();
  incoming = into;
  outgoing = opened_buffers(QUEUE_OUT);
  return 0;
}

export function write(_badge: u64, data: usize, length: u32): i64 {
  const ring = outgoing;
  if (ring == null) return E_ABSENT;
  ring.reap();
  let done: u32 = 0;
  while (done < length) {
    const buffer = ring.take_free();
    if (buffer < 0) break;
    const bytes = min(length - done, BUFFER_BYTES);
    copy(ring.at(buffer), data + done, bytes, SITE_WRITE);
    ring.send(buffer, bytes);
    done += bytes;
  }
  ring.publish();
  return done == 0 && length != 0 ? E_FULL : <i64>done;
}

export function read(badge: u64, limit: u32, _out: usize, out_limit: u32): i64 {
  if (incoming == null) return E_ABSENT;
  if (limit == 0 || out_limit == 0) return E_ARGUMENT;
  const answer = waiters.wait(badge, limit);
  if (answer == 0) deliver();
  return answer;
}

export function size(_badge: u64): i64 {
  if (incoming == null) return E_ABSENT;
  if ((features & FEATURE_SIZE) == 0) return E_METHOD;
  set_size_results(<u32>transport.field(FIELD_COLUMNS, 2), <u32>transport.field(FIELD_ROWS, 2));
  return 0;
}

/** The device is done with buffers of either queue. */
export function take_input(): void {
  const ring = incoming!;
  outgoing!.reap();
  for (let buffer = ring.take(); buffer >= 0; buffer = ring.take()) {
    if (ring.length == 0) ring.lend(buffer);
    else pieces[(first + held++) % BUFFERS] = (<u32>buffer) | (ring.length << 20);
  }
  deliver();
}

function deliver(): void {
  const ring = incoming!;
  while (held != 0 && waiters.count != 0) {
    const piece = pieces[first];
    const buffer = piece & 0xff,
      start = (piece >> 8) & 0xfff,
      end = piece >> 20;
    const bytes = min(end - start, waiters.limit);
    copy(waiters.place, ring.at(buffer) + start, bytes, SITE_READ);
    if (!waiters.answer(bytes)) continue; // the input is the next caller's
    pieces[first] = buffer | ((start + bytes) << 8) | (end << 20);
    if (start + bytes < end) continue;
    first = (first + 1) % BUFFERS;
    held--;
    ring.lend(buffer);
  }
  ring.publish();
}
