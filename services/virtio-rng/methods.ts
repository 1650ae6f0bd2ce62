// The method of interface.ts: one buffer of the device's for each caller, wiped when its bytes are handed on.
import { copy } from "../lib/buffer";
import { E_ABSENT, E_ARGUMENT } from "../lib/errors";
import { Buffers, open_buffers, opened_buffers } from "../lib/virtio/buffers";
import { Waiters } from "../lib/waiters";

const VIRTIO_RNG: u32 = 4;
const BUFFERS: u32 = 8;
const BUFFER_BYTES: u32 = 4096;
const COPY_SITE: u32 = 1;

let buffers: Buffers | null = null;
let lent: u32 = 0;
const waiters = new Waiters();

export function open(): i64 {
  const answer = open_buffers(VIRTIO_RNG, 0, 1, BUFFERS, BUFFER_BYTES);
  if (answer >= 0) buffers = opened_buffers(0);
  return answer;
}

export function fill(badge: u64, limit: u32, _out: usize, out_limit: u32): i64 {
  if (buffers == null) return E_ABSENT;
  if (limit == 0 || out_limit == 0) return E_ARGUMENT;
  const answer = waiters.wait(badge, limit);
  if (answer == 0) ask();
  return answer;
}

/** A buffer goes to the device for each caller who has none there yet. */
function ask(): void {
  const ring = buffers!;
  for (; lent < waiters.count; lent++) {
    const buffer = ring.take_free();
    if (buffer < 0) break;
    ring.lend(buffer);
  }
  ring.publish();
}

/** The device has filled some. */
export function deliver(): void {
  const ring = buffers!;
  for (let buffer = ring.take(); buffer >= 0; buffer = ring.take()) {
    const bytes = min(ring.length, waiters.limit);
    copy(waiters.place, ring.at(buffer), bytes, COPY_SITE);
    memory.fill(ring.at(buffer), 0, BUFFER_BYTES);
    waiters.answer(bytes);
    ring.free(buffer);
    lent--;
  }
  ask();
}
