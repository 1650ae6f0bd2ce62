// A worker of tests/system/smp.test.ts. The page that all share: 0 go; its own words at 64 (number + 1): 0 role, 8 progress,
// 16 what came out wrong, 24 a capability, 32 rounds (0: for ever), 40 another capability, 48 done, 56 a second progress.
// The next page holds its number.
import * as phi from "../../../services/lib/phi";

const SHARED: usize = 0x8000_0000;
const NUMBER: usize = SHARED + 4096;
const WINDOW: usize = 0x8001_0000;
const MESSAGE: usize = 16;
const OLD: u64 = 0x1234_5678;
const FOREVER: u64 = u64.MAX_VALUE;

let mine: usize = 0;
/** What the compiler cannot look into: it reads memory again after it. */
let nothing_at: u32 = 0;
function nothing(): void {}


@inline function progress(): void {
  store<u64>(mine, load<u64>(mine, 8) + 1, 8);
}


@inline function wrong(): void {
  store<u64>(mine, load<u64>(mine, 16) + 1, 16);
}

/** Goes on only while two others and init run at the same time. */
function meet(): void {
  store<u64>(mine, 1, 8);
  for (;;) {
    let here = load<u64>(SHARED);
    for (let i: usize = 1; i <= 3; i++) here += load<u64>(SHARED + 64 * i, 8);
    if (here == 4) return;
    call_indirect<void>(nothing_at);
  }
}

function calls(number: u64): void {
  const endpoint = load<u64>(mine, 24),
    limit = load<u64>(mine, 32);
  for (let i: u64 = 1; limit == 0 || i <= limit; i++) {
    const sum = <i64>(3 * i + 3 + 8 + 15 + 6 * number);
    let answer = phi.call(endpoint, 1, i, i, 1, 2, 3, number);
    if (answer < 0) return;
    if (answer != sum) wrong();
    progress();
    answer = phi.call(endpoint, 3, i, i, 1, 2, 3, number);
    if (answer < 0) return;
    if (answer != sum) wrong();
    progress();
    answer = phi.call_words(endpoint, 2, i, i + 1, i + 2, i + 3, i + 4, 0);
    if (answer < 0) return;
    if (answer != 2 || load<u64>(MESSAGE, 8) != i + 1 || load<u64>(MESSAGE, 40) != i + 5) wrong();
    progress();
  }
}

function read(): void {
  if (phi.region_map(load<u64>(mine, 24), WINDOW, 0, 1, 3) != 0) wrong();
  for (;;) {
    call_indirect<void>(nothing_at);
    const value = load<u64>(WINDOW);
    if (value == OLD && load<u64>(mine, 56) == 0) progress();
    else if (value == 0) store<u64>(mine, load<u64>(mine, 56) + 1, 56);
    else wrong();
  }
}

function ping(number: u64): void {
  while (load<u64>(SHARED) == 0) call_indirect<void>(nothing_at);
  const there = load<u64>(mine, 24),
    back = load<u64>(mine, 40);
  for (let i = load<u64>(mine, 32); i != 0; i--) {
    if (number == 0 && phi.notify(there, 1) != 0) wrong();
    if (phi.wait(number == 0 ? back : there, FOREVER) != 1) wrong();
    if (number == 1 && phi.notify(back, 1) != 0) wrong();
    progress();
  }
}

function gates(): void {
  let last: u64 = 0;
  for (let i = load<u64>(mine, 32); i != 0; i--) {
    const now = phi.now();
    if (now < last) wrong();
    last = now;
    if (phi.yield_now() != 0) wrong();
    if (phi.cap_info(i << 32, 0) != -1) wrong();
    if (phi.cap_delete((i << 32) | 5) >= 0) wrong();
    progress();
  }
}

export function start(): void {
  const number = load<u64>(NUMBER);
  mine = SHARED + 64 * (<usize>number + 1);
  nothing_at = nothing.index;
  const role = load<u64>(mine);
  if (role == 1) meet();
  else if (role == 2) calls(number);
  else if (role == 4) read();
  else if (role == 5) ping(number);
  else if (role == 6) gates();
  else {
    store<u64>(mine, 1, 8);
    for (;;) call_indirect<void>(nothing_at);
  }
  store<u64>(mine, 1, 48);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
