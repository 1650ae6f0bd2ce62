// Messages of 9P2000.L (Linux's Documentation/filesystems/9p.rst and the diod project's protocol.md describe them): written field by field at
// message_out, answers read field by field at message_in. Called by session.ts alone.
// Invariant: no field is read beyond what the device delivered; an answer that is not the one to the message sent is E_DEVICE.
import { copy } from "../lib/buffer";
import { E_DEVICE, E_TIMEOUT } from "../lib/errors";
import { end_driver } from "../lib/virtio/device";
import { exchange, message_in, message_out } from "../lib/virtio/ninep";
import { error_of } from "./errno";

/** Bytes of a message at most: the largest buffer of a client and a header. */
export const MESSAGE_BYTES: u32 = 65536 + 4096;

/** Size, type and tag open every message. */
const HEADER_BYTES: u32 = 7;
const TYPE_AT: usize = 4;
const TAG_AT: usize = 5;
const ANSWER_ERROR: u8 = 7;
/** One message is out at a time. */
const TAG: u16 = 1;
const TAG_NONE: u16 = 0xffff;
export const MESSAGE_VERSION: u8 = 100;

let written: u32 = 0;
let at: u32 = 0;
let end: u32 = 0;
let is_short: bool = false;

/** Begins a message. */
export function begin(type: u8): void {
  store<u8>(message_out, type, TYPE_AT);
  store<u16>(message_out, type == MESSAGE_VERSION ? TAG_NONE : TAG, TAG_AT);
  written = HEADER_BYTES;
}

export function put16(value: u32): void {
  store<u16>(message_out + written, <u16>value);
  written += 2;
}

export function put32(value: u32): void {
  store<u32>(message_out + written, value);
  written += 4;
}

export function put64(value: u64): void {
  store<u64>(message_out + written, value);
  written += 8;
}

/** A string: names and targets are checked before they come here. */
export function put_text(text: usize, length: u32): void {
  put16(length);
  memory.copy(message_out + written, text, length);
  written += length;
}

/** Bytes of a client's. `site` counts the copy. */
export function put_data(data: usize, length: u32, site: u32): void {
  put32(length);
  copy(message_out + written, data, length, site);
  written += length;
}

/** Sends the message and waits: 0 when the answer's fields can be taken, or what the host said, or E_DEVICE. */
export function send(): i64 {
  store<u32>(message_out, written);
  const sent_type = load<u8>(message_out, TYPE_AT);
  const sent_tag = load<u16>(message_out, TAG_AT);
  const received = exchange(written);
  // A host that does not answer may do so when somebody else waits: only a new session is sound.
  if (received == E_TIMEOUT) end_driver();
  if (received < <i64>HEADER_BYTES) return E_DEVICE;
  const size = load<u32>(message_in);
  const type = load<u8>(message_in, TYPE_AT);
  if (size < HEADER_BYTES || <i64>size > received || load<u16>(message_in, TAG_AT) != sent_tag) return E_DEVICE;
  at = HEADER_BYTES;
  end = size;
  is_short = false;
  if (type == ANSWER_ERROR) {
    const number = take32();
    return is_short ? E_DEVICE : error_of(number);
  }
  return type == sent_type + 1 ? 0 : E_DEVICE;
}

/** After the last field: 0, or E_DEVICE when the answer ended before it. */
export function taken(): i64 {
  return is_short ? E_DEVICE : 0;
}

function next(bytes: u32): usize {
  if (end - at < bytes) {
    is_short = true;
    return 0;
  }
  at += bytes;
  return message_in + at - bytes;
}

export function take8(): u32 {
  const place = next(1);
  return place == 0 ? 0 : load<u8>(place);
}

export function take16(): u32 {
  const place = next(2);
  return place == 0 ? 0 : load<u16>(place);
}

export function take32(): u32 {
  const place = next(4);
  return place == 0 ? 0 : load<u32>(place);
}

export function take64(): u64 {
  const place = next(8);
  return place == 0 ? 0 : load<u64>(place);
}

/** The next `length` bytes of the answer, where they lie; 0: there are not so many. */
export function take_bytes(length: u32): usize {
  return next(length);
}

/** Bytes of the answer that are left. */
export function left(): u32 {
  return end - at;
}
