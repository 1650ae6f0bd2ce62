// A client of tests/system/messages.test.ts. Its page: 0 endpoint, 8 what to do, 16 a number, 24 handle by which it tells init, 32 … what it
// got, 96 its Domain handle. Whoever works against others writes the order in which they end to the board.
import * as phi from "../../../services/lib/phi";

const PAGE: usize = 0x8000_0000;
const BOARD: usize = 0x8000_1000;
const MESSAGE: usize = 16;
const MILLISECOND: u64 = 1_000_000;

let endpoint: u64 = 0;

function got(place: u32, value: i64): void {
  store<i64>(PAGE + 32 + ((<usize>place) << 3), value);
}

export function start(): void {
  endpoint = load<u64>(PAGE);
  const what = load<u64>(PAGE, 8),
    number = load<u64>(PAGE, 16);
  if (what == 1) crowd(number);
  if (what == 2) timed();
  if (what == 3) ranked(number);
  if (what == 4) travel();
  if (what == 5) got(0, phi.call(endpoint, number, 0, 0, 0, 0, 0, 0));
  phi.notify(load<u64>(PAGE, 24), 1);
}

function crowd(number: u64): void {
  const answer = phi.call_words(endpoint, 2, number, 0, 0, 0, 0, 0);
  const good = answer == <i64>(number * 3 + 1) && load<u64>(MESSAGE, 8) == number && load<u64>(MESSAGE, 40) == 5;
  phi.call(endpoint, 3, good ? 1 : 0, 0, 0, 0, 0, 0);
}

function until(method: u64, word: u64): i64 {
  const deadline = phi.now() + MILLISECOND;
  const answer = phi.call_until(endpoint, method, word, 0, 0, 0, 0, deadline);
  return answer == -9 && phi.now() < deadline ? -100 : answer;
}

/** In time; detached; while the handler works for ever; then the server is busy for ever, so: in the queue. */
function timed(): void {
  got(0, until(1, 5));
  got(1, until(5, 0));
  got(2, until(2, 9));
  got(3, phi.call(endpoint, 1, 20, 22, 0, 0, 0, 0));
  got(4, until(4, 0));
  got(5, until(1, 5));
}

/** 1: is in the server for long; 2: works for longer by itself; 3: has something short to ask. */
function ranked(number: u64): void {
  let x: u64 = 1;
  if (number == 1) phi.call(endpoint, 4, 3_000_000, 0, 0, 0, 0, 0);
  if (number == 2) {
    for (let i: u64 = 0; i < 10_000_000; i++) {
      x = x * 25214903917 + 11;
      store<u64>(PAGE, x, 200);
    }
  }
  if (number == 3) phi.call(endpoint, 1, 1, 1, 0, 0, 0, 0);
  const place = load<u64>(BOARD);
  store<u64>(BOARD + 8 + <usize>(place << 3), number);
  store<u64>(BOARD, place + 1);
}

/** A capability goes there, another comes back, and messages go through it until it is full. */
function travel(): void {
  const own = <u64>phi.notification_create(load<u64>(PAGE, 96));
  got(0, phi.offer(endpoint, own, 1));
  got(1, phi.call(endpoint, 6, 0, 0, 0, 0, 0, 0));
  got(2, phi.wait(own, 0));
  const mailbox = phi.accept(endpoint);
  got(3, mailbox < 0 ? mailbox : 0);
  let sent: u64 = 0;
  while (sent < 10 && phi.mailbox_send(<u64>mailbox, sent + 1, 0, 0, 0) == 0) sent++;
  got(4, <i64>sent);
  got(5, phi.mailbox_send(<u64>mailbox, 99, 0, 0, 0));
  got(6, phi.mailbox_receive(<u64>mailbox));
  got(7, phi.call(endpoint, 6, 0, 0, 0, 0, 0, 0));
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
