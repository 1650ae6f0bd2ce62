// poll_oneoff: waits for the first of several subscriptions: clocks, input, output. Files and output are always ready, so a
// wait ends by a deadline or by the console's input. Subscriptions are read again after the wait; each event is written
// only after its own subscription was read, and events are shorter, so the two arrays may be the same.
import { create, FOREVER, now_ns, wait } from "../lib/notification";
import { self } from "../lib/startup";
import { clock_learn_offset, clock_offset_ns } from "./clocks";
import { descriptor, descriptor_find, KIND_FILE, KIND_STREAM } from "./descriptors";
import { ERRNO_BADF, ERRNO_FAULT, ERRNO_INVAL, ERRNO_NOTCAPABLE, ERRNO_NOTSUP, ERRNO_SUCCESS } from "./errno";
import {
  guest_load16,
  guest_load32,
  guest_load64,
  guest_load8,
  guest_reaches,
  guest_store32,
  guest_store64,
} from "./guest";
import { STREAM_INPUT, stream_output_room, stream_wait_input } from "./streams";
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  EVENT_CLOCK,
  EVENT_FD_READ,
  EVENT_FD_WRITE,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
  RIGHT_POLL_FD_READWRITE,
  SUBSCRIPTION_ABSTIME,
} from "./types";
import { found_size, volume_status } from "./volume";

const EVENT_SIZE: u32 = 32;
const SUBSCRIPTION_SIZE: u32 = 48;
/** wasi_unstable has a 64-bit identifier in front of the clock's number. */
const UNSTABLE_SUBSCRIPTION_SIZE: u32 = 56;
const TAG_AT: u32 = 8;
const UNION_AT: u32 = 16;

const STATE_READY: u32 = 0;
const STATE_WAITS_TIME: u32 = 1;
const STATE_WAITS_INPUT: u32 = 2;

/** Nobody signals it: waiting on it is sleeping. */
let sleeper: u64 = 0;

// What the last `examine` found.
let subscription_error: u32 = 0;
let subscription_deadline_ns: u64 = 0;
let subscription_bytes: u64 = 0;

let call_start_ns: u64 = 0;
let size: u32 = 0;

/** Makes the notification to sleep on; false when the kernel refuses. */
export function poll_open(): bool {
  const made = create(self());
  sleeper = <u64>made;
  return made > 0;
}

export function poll_oneoff(subscriptions: u32, events: u32, count: u32, result: u32, is_unstable: bool): u32 {
  if (count == 0) return ERRNO_INVAL;
  size = is_unstable ? UNSTABLE_SUBSCRIPTION_SIZE : SUBSCRIPTION_SIZE;
  if (!guest_reaches(subscriptions, <u64>count * size)) return ERRNO_FAULT;
  if (!guest_reaches(events, <u64>count * EVENT_SIZE) || !guest_reaches(result, 4)) return ERRNO_FAULT;
  call_start_ns = now_ns();
  let deadline_ns = FOREVER;
  let is_ready = false;
  let wants_input = false;
  for (let i: u32 = 0; i < count; i++) {
    const at = subscriptions + i * size;
    if (guest_load8(at, TAG_AT) > EVENT_FD_WRITE) return ERRNO_INVAL;
    const state = examine(at);
    if (state == STATE_READY) is_ready = true;
    else if (state == STATE_WAITS_INPUT) wants_input = true;
    else deadline_ns = min(deadline_ns, subscription_deadline_ns);
  }
  let input: i64 = 0;
  if (wants_input) {
    input = stream_wait_input(is_ready ? 0 : deadline_ns);
    if (input < 0) return <u32>-input;
  } else if (!is_ready) wait(sleeper, deadline_ns);
  guest_store32(result, 0, collect(subscriptions, events, count, <u64>input));
  return ERRNO_SUCCESS;
}

/** Writes an event for every subscription that is ready now; answers how many. */
function collect(subscriptions: u32, events: u32, count: u32, input: u64): u32 {
  const now = now_ns();
  let written: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = subscriptions + i * size;
    const tag = guest_load8(at, TAG_AT);
    const state = tag > EVENT_FD_WRITE ? STATE_WAITS_INPUT : examine(at);
    let bytes = subscription_bytes;
    if (state == STATE_WAITS_TIME && subscription_deadline_ns > now) continue;
    if (state == STATE_WAITS_INPUT) {
      if (input == 0) continue;
      bytes = input;
    }
    const user_data = guest_load64(at, 0);
    const event = events + written * EVENT_SIZE;
    guest_store64(event, 0, user_data);
    guest_store64(event, 8, <u64>(subscription_error | (tag << 16)));
    guest_store64(event, 16, bytes);
    guest_store64(event, 24, 0);
    written++;
  }
  return written;
}

/** What one subscription waits for. */
function examine(at: u32): u32 {
  subscription_error = ERRNO_SUCCESS;
  subscription_bytes = 0;
  const tag = guest_load8(at, TAG_AT);
  return tag == EVENT_CLOCK ? examine_clock(at) : examine_descriptor(guest_load32(at, UNION_AT), tag);
}

function examine_clock(at: u32): u32 {
  const clock_at = at + UNION_AT + (size - SUBSCRIPTION_SIZE);
  const clock = guest_load32(clock_at, 0);
  const timeout_ns = guest_load64(clock_at, 8);
  const is_absolute = (guest_load16(clock_at, 24) & SUBSCRIPTION_ABSTIME) != 0;
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return refuse(ERRNO_INVAL);
  if (!is_absolute) {
    subscription_deadline_ns = timeout_ns > FOREVER - call_start_ns ? FOREVER : call_start_ns + timeout_ns;
  } else if (clock == CLOCK_MONOTONIC) subscription_deadline_ns = timeout_ns;
  else {
    if (!clock_learn_offset()) return refuse(ERRNO_NOTSUP);
    const offset_ns = clock_offset_ns();
    subscription_deadline_ns = timeout_ns > offset_ns ? timeout_ns - offset_ns : 0;
  }
  return subscription_deadline_ns <= call_start_ns ? STATE_READY : STATE_WAITS_TIME;
}

function examine_descriptor(fd: u32, tag: u32): u32 {
  if (descriptor_find(fd) != ERRNO_SUCCESS) return refuse(ERRNO_BADF);
  if ((descriptor.rights & RIGHT_POLL_FD_READWRITE) == 0) return refuse(ERRNO_NOTCAPABLE);
  const is_read = tag == EVENT_FD_READ;
  if (descriptor.kind == KIND_STREAM) {
    if ((descriptor.rights & (is_read ? RIGHT_FD_READ : RIGHT_FD_WRITE)) == 0) return refuse(ERRNO_BADF);
    if (is_read && <u32>descriptor.node == STREAM_INPUT) return STATE_WAITS_INPUT;
    subscription_bytes = stream_output_room();
  } else if (is_read && descriptor.kind == KIND_FILE) {
    const error = volume_status(descriptor.volume, descriptor.node);
    if (error != ERRNO_SUCCESS) return refuse(error);
    subscription_bytes = found_size > descriptor.offset ? found_size - descriptor.offset : 0;
  }
  return STATE_READY;
}

/** An event at once that tells the error. */
function refuse(error: u32): u32 {
  subscription_error = error;
  return STATE_READY;
}
