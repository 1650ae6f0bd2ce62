// A service that faults are injected into (tests/faults/): answers from a table in its memory, by functions that a table in its
// memory names, at once or from an event after it has detached the call. Meets its fault in the midst of a call.
import { set_reply_word } from "../../../services/lib/message";
import * as phi from "../../../services/lib/phi";
import * as page from "./page";

const PAGE: usize = 0x8000_0000;
const PENDING: u32 = 8;

const table = new StaticArray<u32>(256);
const steps = new StaticArray<(x: u32) => u32>(4);
const replies = new StaticArray<u64>(8);
const words = new StaticArray<u64>(8);
/** The notification behind `event`: in memory, so that its handle too is flipped. */
const bell = new StaticArray<u64>(1);

export function start(): void {
  page.table_fill(table);
  for (let i = 0; i < 4; i++) steps[i] = (x) => table[x & 255];
  const created = phi.notification_create(load<u64>(PAGE, page.VICTIM_SELF));
  if (created < 0) unreachable();
  bell[0] = <u64>created;
  phi.notification_bind(bell[0]);
  finished();
}

function finished(): void {
  store<u64>(PAGE, load<u64>(PAGE, page.VICTIM_DONE) + 1, page.VICTIM_DONE);
}

function compute(word: u64): u64 {
  let x = <u32>word;
  for (let k = 0; k < 48; k++) {
    if (k == ((<i32>word) & 31)) meet();
    x = steps[k & 3](x) ^ (x >> 5);
  }
  return <u64>x;
}

export function call(_badge: u64, method: u64, word: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  if (method == 2 && detached(word)) return 0;
  if (method == 3) {
    const next = load<u64>(PAGE, page.VICTIM_NEXT);
    if (next != 0) {
      const answer = phi.call(next, 1, word, 0, 0, 0, 0, 0);
      if (answer < 0) {
        finished();
        return answer;
      }
    }
  }
  const answer = compute(word);
  set_reply_word(1, page.word_of(answer));
  finished();
  return <i64>answer;
}

/** Keeps the call for the event that it sends itself; false: no room. */
function detached(word: u64): bool {
  for (let i = 0; i < <i32>PENDING; i++) {
    if (replies[i] != 0) continue;
    const reply = phi.detach();
    if (reply < 0) return false;
    replies[i] = <u64>reply;
    words[i] = word;
    phi.notify(bell[0], 1);
    finished();
    return true;
  }
  return false;
}

export function event(_bits: u64): void {
  for (let i = 0; i < <i32>PENDING; i++) {
    const reply = replies[i];
    if (reply == 0) continue;
    replies[i] = 0;
    const answer = compute(words[i]);
    phi.reply(reply, <i64>answer, page.word_of(answer), 0, 0, 0, 0);
  }
  finished();
}

let zero: u32 = 0;

function meet(): void {
  const fault = load<u32>(PAGE, page.VICTIM_FAULT);
  if (fault == 0) return;
  store<u64>(PAGE, 0, page.VICTIM_FAULT);
  store<u64>(PAGE, fault, page.VICTIM_MET);
  const argument = load<u64>(PAGE, page.VICTIM_ARGUMENT);
  if (fault == page.FAULT_UNREACHABLE) unreachable();
  else if (fault == page.FAULT_STORE) store<u8>(<usize>(0x1000_0000 + (argument & 0x5fff_ffff)), 1);
  else if (fault == page.FAULT_LOAD) zero += <u32>load<u8>(<usize>(0x1000_0000 + (argument & 0x5fff_ffff)));
  else if (fault == page.FAULT_DIVIDE) zero = <u32>argument / zero;
  else if (fault == page.FAULT_STACK) zero = deep(<u32>argument);
  else if (fault == page.FAULT_FUNCTION) steps[<i32>(argument & 3)] = changetype<(x: u32) => u32>(<usize>argument);
  else if (fault == page.FAULT_LOOP) loop_for_ever();
  else if (fault == page.FAULT_YIELD_LOOP) for (;;) phi.yield_now();
  else if (fault == page.FAULT_WAIT) phi.wait(lonely(), u64.MAX_VALUE);
  else if (fault == page.FAULT_EXIT) phi.exit(<i32>(argument & 127));
  else flip(argument);
}

function lonely(): u64 {
  return <u64>phi.notification_create(load<u64>(PAGE, page.VICTIM_SELF));
}

function loop_for_ever(): void {
  for (;;) {
    zero = zero * 3 + 1;
    store<u32>(8, load<u32>(8));
  }
}

function deep(n: u32): u32 {
  const answer = deep(n * 5 + 1) + deep(n ^ zero);
  return answer * 3 + n;
}

/** Anywhere in what the program uses of its memory, from the reply words to the last array that it made. */
function flip(argument: u64): void {
  const at = <usize>(argument % <u64>(changetype<usize>(bell) + sizeof<u64>()));
  const place = (<u32>(argument >> 32)) & 7;
  const bit: u32 = 1;
  store<u8>(at, <u8>((<u32>load<u8>(at)) ^ (bit << place)));
}
