// A service that faults are injected into (tests/faults/): answers from a table in its memory, by functions that a table in its
// memory names, at once or from an event after it has detached the call. Meets its fault in the midst of a call.
import * as phi from "../../../services/lib/phi";
import * as page from "./page";

const PAGE: usize = 0x8000_0000;
/** Bytes of linear memory in which bits are flipped: statics and the heap's first pages. */
const MEMORY_BYTES: u64 = 8192;
const PENDING: u32 = 8;

const table = new StaticArray<u32>(1024);
const steps = new StaticArray<(x: u32) => u32>(4);
const replies = new StaticArray<u64>(8);
const words = new StaticArray<u64>(8);
let bell: u64 = 0;

export function start(): void {
  page.table_fill(table);
  for (let i = 0; i < 4; i++) steps[i] = (x) => table[x & 1023];
  const created = phi.notification_create(load<u64>(PAGE, page.VICTIM_SELF));
  if (created < 0) unreachable();
  bell = <u64>created;
  phi.notification_bind(bell);
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
  if (method == 2) {
    for (let i = 0; i < <i32>PENDING; i++) {
      if (replies[i] != 0) continue;
      const reply = phi.detach();
      if (reply < 0) break;
      replies[i] = <u64>reply;
      words[i] = word;
      phi.notify(bell, 1);
      return 0;
    }
  }
  if (method == 3) {
    const next = load<u64>(PAGE, page.VICTIM_NEXT);
    if (next != 0) {
      const answer = phi.call(next, 1, word, 0, 0, 0, 0, 0);
      if (answer < 0) return answer;
    }
  }
  return <i64>compute(word);
}

export function event(_bits: u64): void {
  for (let i = 0; i < <i32>PENDING; i++) {
    const reply = replies[i];
    if (reply == 0) continue;
    replies[i] = 0;
    phi.reply(reply, <i64>compute(words[i]), 0, 0, 0, 0, 0);
  }
}

let zero: u32 = 0;

function meet(): void {
  const fault = load<u64>(PAGE, page.VICTIM_FAULT);
  if (fault == 0) return;
  store<u64>(PAGE, 0, page.VICTIM_FAULT);
  const argument = load<u64>(PAGE, page.VICTIM_ARGUMENT);
  if (fault == page.FAULT_UNREACHABLE) unreachable();
  else if (fault == page.FAULT_STORE) store<u8>(<usize>(0x1000_0000 + (argument & 0x5fff_ffff)), 1);
  else if (fault == page.FAULT_LOAD) zero += <u32>load<u8>(<usize>(0x1000_0000 + (argument & 0x5fff_ffff)));
  else if (fault == page.FAULT_DIVIDE) zero = <u32>argument / zero;
  else if (fault == page.FAULT_STACK) zero = deep(<u32>argument);
  else if (fault == page.FAULT_FUNCTION) steps[<i32>(argument & 3)] = changetype<(x: u32) => u32>(<usize>argument);
  else if (fault == page.FAULT_LOOP) loop_for_ever();
  else if (fault == page.FAULT_YIELD_LOOP) for (;;) phi.yield_now();
  else if (fault == page.FAULT_WAIT) phi.wait(load<u64>(PAGE, page.VICTIM_SELF) == 0 ? 0 : lonely(), u64.MAX_VALUE);
  else if (fault == page.FAULT_EXIT) phi.exit(<i32>(argument & 127));
  else flip(argument);
}

function lonely(): u64 {
  return <u64>phi.notification_create(load<u64>(PAGE, page.VICTIM_SELF));
}

function loop_for_ever(): void {
  for (;;) {
    zero = zero * 3 + 1;
    store<u32>(64, load<u32>(64));
  }
}

function deep(n: u32): u32 {
  const answer = deep(n * 5 + 1) + deep(n ^ zero);
  return answer * 3 + n;
}

function flip(argument: u64): void {
  const at = <usize>(argument % MEMORY_BYTES);
  const place = (<u32>(argument >> 32)) & 7;
  const bit: u32 = 1;
  store<u8>(at, <u8>((<u32>load<u8>(at)) ^ (bit << place)));
}
