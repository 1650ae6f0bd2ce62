// A host's side of 9P2000.L: answers of the right shape to whatever is asked, filled and then spoilt by the input. Called by drivers.ts.
// Invariant: `delivered` is what the client's data can be of, at most.
import * as bytes from "./bytes";
import { is_poked, load_number, load_byte, store_byte } from "./memory";
import { must } from "./say";

const MESSAGE_MAX: u32 = 0x1_1000;
const answer = memory.data(0x11000, 8);
let at: u32 = 0;
/** Bytes of all answers since the last call of a client's. */
export let delivered: u32 = 0;
/** May who calls now change anything? */
let may_change = true;
/** Some answer since then was not what the host's files are. */
export let is_spoilt = false;
/** Every byte of them. */
export const CONTENT: u32 = 0x5a;
export function begin_call(changes: bool): void {
  delivered = 0;
  is_spoilt = false;
  may_change = changes;
}

/** Tlcreate, Tsymlink, Tsetattr, Tlink, Tmkdir, Trenameat, Tunlinkat, Twrite. */
const CHANGES: StaticArray<u32> = [14, 16, 26, 70, 72, 74, 76, 118];

function put(value: u64, width: u32): void {
  for (let i: u32 = 0; i < width; i++) store<u8>(answer + at++, <u8>(value >> (8 * i)));
}

/** A file's, directory's or link's. */
function qid(kind: u32): void {
  put(kind == 1 ? 0x80 : kind == 2 ? 2 : 0, 1);
  put(0, 4);
  put(bytes.byte() & 7, 8);
}

function text(length: u32): void {
  put(length, 2);
  for (let i: u32 = 0; i < length; i++) put(97 + (i & 15), 1);
}

/** The host sends more than it was asked for, in a message that is as long as it says. */
let is_generous = false;

function entries(asked: u32): void {
  const count = bytes.below(5),
    start = at;
  put(0, 4);
  for (let i: u32 = 0; i < count; i++) {
    const length = bytes.below(40);
    if (at - start - 4 + 24 + length > asked && !is_generous) break;
    qid(i & 1);
    put(bytes.byte(), 8);
    put(0, 1);
    text(length);
  }
  store<u32>(answer + start, at - start - 4);
}

function body(type: u32, request: u64): void {
  const asked = <u32>load_number(request + 19, 4);
  switch (type) {
    case 100:
      put(load_number(request + 7, 4), 4);
      put(8, 2);
      put(0x4c2e_3030_3032_5039, 8); // "9P2000.L", low byte first
      return;
    case 104:
      return qid(1);
    case 110:
      put(load_number(request + 15, 2), 2);
      if (load_number(request + 15, 2) != 0) qid(bytes.below(3));
      return;
    case 12:
    case 14:
      qid(0);
      return put(0, 4);
    case 16:
    case 72:
      return qid(type == 72 ? 1 : 2);
    case 22:
      return text(bytes.byte() & 127);
    case 24:
      put(0x7ff, 8);
      qid(bytes.below(3));
      put(0o100644, 4);
      put(0, 8);
      put(bytes.byte(), 8);
      put(0, 8);
      put(bytes.odd_number(), 8);
      for (let i = 0; i < 10; i++) put(bytes.byte() == 255 ? u64.MAX_VALUE : 1, 8);
      put(0, 16);
      return;
    case 40:
      return entries(asked);
    case 116: {
      const wanted = bytes.byte() * 8,
        count = is_generous ? min<u32>(asked, 0x1_0000) + wanted + 1 : min(asked, wanted);
      put(count, 4);
      for (let i: u32 = 0; i < count; i++) put(CONTENT, 1);
      return;
    }
    case 118:
      return put(asked, 4);
  }
}

/** Answers the request in `out` to the part `back`; bytes that the device says it wrote. */
export function answer_ninep(out: u64, out_bytes: u32, back: u64, back_bytes: u32): u32 {
  if (out_bytes < 7) return 0;
  const type = load_byte(out + 4);
  if (!is_poked && !may_change)
    must(!CHANGES.includes(type), "a client that may only read changes something, by", type);
  at = 0;
  put(0, 4);
  put(type + 1, 1);
  put(load_number(out + 5, 2), 2);
  const control = bytes.byte();
  is_generous = control >= 144 && control < 160;
  if (control >= 160 && control < 176) {
    store<u8>(answer + 4, 7);
    put(bytes.byte(), 4);
  } else body(type, out);
  store<u32>(answer, at);
  let length = at;
  is_spoilt = is_spoilt || (control >= 176 && (control < 240 || (control & 2) != 0));
  if (control >= 176 && control < 240) {
    const place = bytes.byte(),
      value = bytes.byte();
    for (let i: u32 = 0; i <= (control & 3); i++) if (place + i < length) store<u8>(answer + place + i, <u8>value);
  } else if (control >= 240) {
    const cut = bytes.byte();
    length = length > cut ? length - cut : 0;
    if ((control & 1) != 0 && length >= 4) store<u32>(answer, length);
    if ((control & 2) != 0) length = back_bytes; // stale bytes are delivered along with it
  }
  length = min(min(length, back_bytes), MESSAGE_MAX);
  for (let i: u32 = 0; i < min(length, at); i++) store_byte(back + i, load<u8>(answer + i));
  delivered += length;
  return length;
}
