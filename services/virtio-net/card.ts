// The queues of a network card (Virtual I/O Device 1.2, 5.1): pairs of one that takes frames in and one that sends them, and where the card has several
// pairs, the control queue by which it is told how many are used. Called by index.ts and methods.ts.
// Invariant: a pair that is used here is one that the card has agreed to; every card has the first.
import { E_ABSENT } from "../lib/errors";
import { now_ns } from "../lib/notification";
import { add_buffers, Buffers, buffers_bytes } from "../lib/virtio/buffers";
import {
  add_queue,
  address_of,
  arrange,
  features,
  listen,
  open_device,
  queue_size,
  shared,
  transport,
  wait_for_device,
} from "../lib/virtio/device";
import { DESCRIPTOR_NEXT, DESCRIPTOR_WRITE, queue_bytes } from "../lib/virtio/queue";

const VIRTIO_NET: u32 = 1;
export const FEATURE_ADDRESS: u64 = 1 << 5;
export const FEATURE_STATUS: u64 = 1 << 16;
const FEATURE_CONTROL: u64 = 1 << 17;
const FEATURE_PAIRS: u64 = 1 << 22;
const FIELD_PAIRS: u32 = 8;
const PAIRS_MAX: u32 = 4;
/** Frames in each direction, over all pairs. */
export const BUFFERS: u32 = 64;
const BUFFER_BYTES: u32 = 2048;

/** Command of the control queue: class, what, pairs u16; the card writes one byte behind it, 0 if it agrees. */
const CONTROL_DESCRIPTORS: u32 = 4;
const CONTROL_CHAIN: u32 = 2;
const COMMAND_BYTES: u32 = 4;
const COMMAND_PAIRS: u32 = 4;
const ANSWER_UNWRITTEN: u8 = 0xff;
const PATIENCE_NS: u64 = 1_000_000_000;

const incoming = new StaticArray<Buffers | null>(<i32>PAIRS_MAX);
const outgoing = new StaticArray<Buffers | null>(<i32>PAIRS_MAX);
/** How many pairs are used; 0: there is no card. */
export let pairs: u32 = 0;

/** The queue of a pair by which frames come in. */
export function queue_in(pair: u32): Buffers {
  return unchecked(incoming[pair])!;
}

/** The one by which they go out. */
export function queue_out(pair: u32): Buffers {
  return unchecked(outgoing[pair])!;
}

/** Takes the card with as many pairs as it has and can be used: 0, or an error. */
export function open_card(): i64 {
  let answer = open_device(VIRTIO_NET, FEATURE_ADDRESS | FEATURE_STATUS | FEATURE_CONTROL | FEATURE_PAIRS);
  if (answer < 0) return answer;
  const has_several = (features & FEATURE_CONTROL) != 0 && (features & FEATURE_PAIRS) != 0;
  const offered = has_several ? <u32>max<i64>(transport.field(FIELD_PAIRS, 2), 1) : 1;
  // the control queue comes behind all that the card has
  const control = 2 * offered;
  const control_size = offered > 1 ? queue_size(control, CONTROL_DESCRIPTORS) : 0;
  const wanted: u32 = control_size < CONTROL_CHAIN ? 1 : min(offered, PAIRS_MAX);
  const count = BUFFERS / wanted;
  answer = arrange(2 * wanted * buffers_bytes(count, BUFFER_BYTES) + queue_bytes(CONTROL_DESCRIPTORS) + 64);
  if (answer < 0) return answer;
  for (let pair: u32 = 0; pair < wanted; pair++) {
    incoming[pair] = add_buffers(2 * pair, count, BUFFER_BYTES);
    outgoing[pair] = add_buffers(2 * pair + 1, count, BUFFER_BYTES);
    if (incoming[pair] == null || outgoing[pair] == null) return E_ABSENT;
  }
  const agreed = wanted > 1 ? negotiate(control, control_size, wanted) : start(1);
  if (agreed <= 0) return agreed;
  for (let pair: u32 = 0; pair < <u32>agreed; pair++) queue_in(pair).lend_all();
  pairs = <u32>agreed;
  // last: the events of a card that was not taken would find no queues
  return listen();
}

/** The card works from here on: `count`, or an error. */
function start(count: u32): i64 {
  const answer = transport.go();
  return answer < 0 ? answer : count;
}

/** Starts the card and tells it how many pairs are used: `wanted`, or 1 if it does not agree in time; or an error. */
function negotiate(number: u32, size: u32, wanted: u32): i64 {
  const queue = add_queue(number, size, CONTROL_CHAIN);
  const command = shared(COMMAND_BYTES),
    reply = shared(1);
  if (queue == null || reply == 0) return E_ABSENT;
  const answer = start(wanted);
  if (answer < 0) return answer;
  store<u32>(command, COMMAND_PAIRS | (wanted << 16));
  store<u8>(reply, ANSWER_UNWRITTEN);
  const slot = <u32>queue.take_slot();
  queue.set_part(slot, 0, address_of(command), COMMAND_BYTES, DESCRIPTOR_NEXT);
  queue.set_part(slot, 1, address_of(reply), 1, DESCRIPTOR_WRITE);
  queue.submit(slot, 1);
  queue.arm();
  if (queue.publish()) transport.notify(number);
  const deadline_ns = now_ns() + PATIENCE_NS;
  while (queue.take() < 0) {
    if (queue.is_broken) return 1;
    if (!queue.arm() && (now_ns() > deadline_ns || wait_for_device(deadline_ns) < 0)) return 1;
  }
  return load<u8>(reply) == 0 ? wanted : 1;
}
