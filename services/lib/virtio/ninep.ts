// The transport of 9P on virtio (Virtual I/O Device 1.2, 5.9 names the device; messages are 9P2000.L's): one message goes out, its answer comes
// in, one at a time. Called by services/ninep. Invariant: the answer's bytes are counted by what the device was given; what they mean is the
// caller's to check.
import { E_ABSENT, E_ARGUMENT, E_DEVICE, E_TIMEOUT } from "../errors";
import { now_ns } from "../notification";
import {
  add_queue,
  address_of,
  arrange,
  end_driver,
  open_device,
  queue_size,
  shared,
  transport,
  wait_for_device,
} from "./device";
import { DESCRIPTOR_NEXT, DESCRIPTOR_WRITE, Queue, queue_bytes } from "./queue";

const VIRTIO_9P: u32 = 9;
const FEATURE_TAG: u64 = 1;
const FIELD_TAG_BYTES: u32 = 0;
const FIELD_TAG: u32 = 2;
const DESCRIPTORS: u32 = 8;
const CHAIN: u32 = 2;
/** A host that answers nothing for so long does not answer. */
const PATIENCE_NS: u64 = 30_000_000_000;

/** Where the caller writes its message and finds the answer. */
export let message_out: usize = 0;
export let message_in: usize = 0;
let limit: u32 = 0;
let queue: Queue | null = null;

/** Claims the device; messages and answers have at most `message_bytes`. E_ABSENT: there is none. */
export function open_ninep(message_bytes: u32): i64 {
  let answer = open_device(VIRTIO_9P, FEATURE_TAG);
  if (answer < 0) return answer;
  const size = queue_size(0, DESCRIPTORS);
  if (size < CHAIN) return E_ABSENT;
  answer = arrange(queue_bytes(size) + 2 * message_bytes + 64);
  if (answer < 0) return answer;
  queue = add_queue(0, size, CHAIN);
  message_out = shared(message_bytes);
  message_in = shared(message_bytes);
  if (queue == null || message_in == 0) return E_DEVICE;
  limit = message_bytes;
  return transport.go();
}

/** The name that the host gave the directory, into `out`; its bytes. */
export function read_tag(out: usize, out_limit: u32): u32 {
  const length = transport.field(FIELD_TAG_BYTES, 2);
  if (length <= 0) return 0;
  const bytes = min(<u32>length, out_limit);
  for (let i: u32 = 0; i < bytes; i++) store<u8>(out + i, <u8>transport.field(FIELD_TAG + i, 1));
  return bytes;
}

/**
 * Sends the first `length` bytes at message_out and waits for the answer at message_in: its bytes. E_TIMEOUT: the host does not answer; the
 * message may still come to be, so that the connection is of no use any more. A device that breaks the rules ends the driver.
 */
export function exchange(length: u32): i64 {
  const ring = queue;
  if (ring == null) return E_ABSENT;
  if (length == 0 || length > limit) return E_ARGUMENT;
  const slot = ring.take_slot();
  if (slot < 0) return E_TIMEOUT;
  ring.set_part(slot, 0, address_of(message_out), length, DESCRIPTOR_NEXT);
  ring.set_part(slot, 1, address_of(message_in), limit, DESCRIPTOR_WRITE);
  ring.submit(slot, limit);
  if (ring.publish()) transport.notify(0);
  const deadline_ns = now_ns() + PATIENCE_NS;
  for (let taken = ring.take(); taken != slot; taken = ring.take()) {
    if (ring.is_broken) end_driver();
    if (taken >= 0)
      ring.free_slot(taken); // an answer that nobody waits for any more
    else if (!ring.arm() && (now_ns() > deadline_ns || wait_for_device(deadline_ns) < 0)) return E_TIMEOUT;
  }
  ring.free_slot(slot);
  return ring.written;
}
