// The server of tests/system/messages.test.ts. Its page: 0 handle of the notification that becomes its events, 8 handle by which it tells
// init, 16 replies parked at most at once, 24 good reports, 32 bad ones, 40 answers that found nobody, 48 its own Domain handle.
import { OFFER_CALLER } from "../../../kernel/abi/ipc";
import * as phi from "../../../services/lib/phi";

const PAGE: usize = 0x8000_0000;
export const PARKED_MAX: u32 = 1024;

/** Reply handles and what their callers sent. */
const replies = memory.data(1024 * 8, 8);
const numbers = memory.data(1024 * 8, 8);
let parked: u32 = 0;
let random: u64 = 0x9e37_79b9_7f4a_7c15;
let mailbox: u64 = 0;

function add(at: usize, value: u64): void {
  store<u64>(PAGE + at, load<u64>(PAGE + at) + value);
}

export function start(): void {
  if (phi.notification_bind(load<u64>(PAGE)) < 0) phi.exit(1);
}

export function call(_badge: u64, method: u64, w0: u64, w1: u64, _2: u64, _3: u64, _4: u64, w5: u64): i64 {
  if (method == 1) return <i64>(w0 + w1);
  if (method == 2) return park(w0);
  if (method == 3) return report(w0);
  if (method == 4) return spin(w0);
  if (method == 5) return <i64>(w5 >> 32 != 0 ? 1 : 0); // has the caller said until when it waits?
  if (method == 6) return take();
  return -32;
}

/** The caller waits until `event`. */
function park(number: u64): i64 {
  const reply = phi.detach();
  if (reply < 0 || parked == PARKED_MAX) return -34;
  store<u64>(replies + ((<usize>parked) << 3), <u64>reply);
  store<u64>(numbers + ((<usize>parked) << 3), number);
  parked++;
  if (load<u64>(PAGE, 16) < <u64>parked) store<u64>(PAGE, parked, 16);
  return 0;
}

function report(good: u64): i64 {
  add(good == 1 ? 24 : 32, 1);
  return 0;
}

/** Works for so many rounds; 0: for ever. */
function spin(rounds: u64): i64 {
  let x: u64 = 1;
  for (let i: u64 = 0; rounds == 0 || i < rounds; i++) {
    x = x * 25214903917 + 11;
    store<u64>(PAGE, x, 64);
  }
  return 7;
}

/** Accepts what the caller offers, uses it, and gives a capability to a mailbox back. */
function take(): i64 {
  const taken = phi.accept(OFFER_CALLER);
  if (taken < 0) return taken;
  const said = phi.notify(<u64>taken, 4);
  if (said < 0) return said;
  if (phi.wait(<u64>taken, 0) != -2) return -3; // it came without WAIT
  if (mailbox == 0) mailbox = <u64>phi.mailbox_create(load<u64>(PAGE, 48), 3);
  return phi.offer(OFFER_CALLER, mailbox, 1);
}

/** Bit 1: everybody who waits gets his answer, in random order. Bit 2: says how many messages came, in the right order. */
export function event(bits: u64): void {
  if (bits & 1) {
    while (parked > 0) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      const i = <usize>(random % <u64>parked);
      parked--;
      const reply = load<u64>(replies + (i << 3)),
        number = load<u64>(numbers + (i << 3));
      store<u64>(replies + (i << 3), load<u64>(replies + ((<usize>parked) << 3)));
      store<u64>(numbers + (i << 3), load<u64>(numbers + ((<usize>parked) << 3)));
      if (phi.reply(reply, <i64>(number * 3 + 1), number, 2, 3, 4, 5) != 0) add(40, 1);
    }
  }
  if (bits & 2) {
    let expected: u64 = 1;
    while (phi.mailbox_receive(mailbox) >= 0) {
      if (load<u64>(32) == expected) expected++; // r2 = w0
    }
    store<u64>(PAGE, expected - 1, 72);
  }
  phi.notify(load<u64>(PAGE, 8), 2);
}
