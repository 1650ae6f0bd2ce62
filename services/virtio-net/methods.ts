// The methods of interface.ts. Frames that nobody waits for stay in the buffers that the card wrote them to, in their order; when all are
// taken the card drops what comes. A frame is copied once each way, and counted.
import { set_counters_results, set_hardware_results } from "../../build/interfaces/virtio-net/server";
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN } from "../../build/interfaces/virtio-net/constants";
import { copy } from "../lib/buffer";
import { E_ABSENT, E_ARGUMENT, E_FULL } from "../lib/errors";
import { features, transport } from "../lib/virtio/device";
import { Waiters } from "../lib/waiters";
import { BUFFERS, FEATURE_ADDRESS, FEATURE_STATUS, pairs, queue_in, queue_out } from "./card";

const FIELD_STATUS: u32 = 6;
/** In front of each frame: virtio_net_hdr, all zeroes as nothing is offloaded. */
const HEADER_BYTES: u32 = 12;
const SITE_SEND: u32 = 2;
const SITE_RECEIVE: u32 = 3;

const waiters = new Waiters();
// Buffers with frames that nobody has taken, in the order in which they were found: number | pair << 8 | bytes << 16.
const frames = new StaticArray<u32>(<i32>BUFFERS);
let first: u32 = 0;
let held: u32 = 0;
let sent: u64 = 0;
let sent_bytes: u64 = 0;
let received: u64 = 0;
let received_bytes: u64 = 0;

export function hardware(_badge: u64): i64 {
  if (pairs == 0) return E_ABSENT;
  let address: u64 = 0;
  for (let i: u32 = 0; i < 6 && (features & FEATURE_ADDRESS) != 0; i++) {
    address |= ((<u64>transport.field(i, 1)) & 0xff) << (8 * i);
  }
  const link = (features & FEATURE_STATUS) != 0 ? (<u32>transport.field(FIELD_STATUS, 2)) & 1 : 1;
  set_hardware_results(address, link, pairs);
  return 0;
}

export function send(badge: u64, frame: usize, length: u32): i64 {
  if (pairs == 0) return E_ABSENT;
  const ring = queue_out(((<u32>badge) & 0xff) % pairs);
  if (length < FRAME_BYTES_MIN || length > FRAME_BYTES_MAX) return E_ARGUMENT;
  ring.reap();
  const buffer = ring.take_free();
  if (buffer < 0) return E_FULL;
  memory.fill(ring.at(buffer), 0, HEADER_BYTES);
  copy(ring.at(buffer) + HEADER_BYTES, frame, length, SITE_SEND);
  ring.send(buffer, HEADER_BYTES + length);
  ring.publish();
  sent++;
  sent_bytes += length;
  return length;
}

export function receive(badge: u64, limit: u32, _out: usize, out_limit: u32): i64 {
  if (pairs == 0) return E_ABSENT;
  if (min(limit, out_limit) < FRAME_BYTES_MAX) return E_ARGUMENT;
  const answer = waiters.wait(badge, limit);
  if (answer == 0) deliver();
  return answer;
}

export function counters(_badge: u64): i64 {
  if (pairs == 0) return E_ABSENT;
  set_counters_results(sent, sent_bytes, received, received_bytes);
  return 0;
}

/** The card is done with buffers of some queue. */
export function take_frames(): void {
  for (let pair: u32 = 0; pair < pairs; pair++) {
    const ring = queue_in(pair);
    queue_out(pair).reap();
    for (let buffer = ring.take(); buffer >= 0; buffer = ring.take()) {
      if (ring.length <= HEADER_BYTES) {
        ring.lend(buffer);
        continue;
      }
      frames[(first + held++) % BUFFERS] = (<u32>buffer) | (pair << 8) | (ring.length << 16);
      received++;
      received_bytes += ring.length - HEADER_BYTES;
    }
    ring.publish();
  }
  deliver();
}

/** Frames that are there go to callers who wait, and their buffers back to the card. */
function deliver(): void {
  while (held != 0 && waiters.count != 0) {
    const frame = frames[first];
    const ring = queue_in((frame >> 8) & 0xff),
      buffer = frame & 0xff;
    const bytes = min((frame >> 16) - HEADER_BYTES, waiters.limit);
    copy(waiters.place, ring.at(buffer) + HEADER_BYTES, bytes, SITE_RECEIVE);
    if (!waiters.answer(bytes)) continue; // the frame is the next caller's
    first = (first + 1) % BUFFERS;
    held--;
    ring.lend(buffer);
    ring.publish();
  }
}
