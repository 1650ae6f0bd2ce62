// A client of tests/system/preemption.test.ts: calls the server for ever, computes in floating point between, and counts what
// came out wrong. Its page: 0 endpoint, 8 seed, 16 rounds, 24 wrong answers.
import * as phi from "../../../services/lib/phi";

const PAGE: usize = 0x8000_0000;
const MESSAGE: usize = 16;

function wrong(): void {
  store<u64>(PAGE, load<u64>(PAGE, 24) + 1, 24);
}

export function start(): void {
  const endpoint = load<u64>(PAGE),
    seed = load<u64>(PAGE, 8);
  let x: f64 = <f64>seed,
    y: f64 = <f64>seed;
  for (let i: u64 = 1; ; i++) {
    if (phi.call(endpoint, 1, i, i, 1, 2, 3, 4) != <i64>(3 * i + 3 + 8 + 15 + 24)) wrong();
    if (phi.call(endpoint, 3, i, 1, 0, 0, 0, seed) != <i64>(i + 2 + 6 * seed)) wrong();
    if (phi.call_words(endpoint, 2, i, i + 1, i + 2, i + 3, i + 4, 0) != 2) wrong();
    if (load<u64>(MESSAGE, 8) != i + 1 || load<u64>(MESSAGE, 40) != i + 5) wrong();
    if (phi.call(endpoint + 1, 1, i, 0, 0, 0, 0, 0) != -1) wrong();
    for (let k = 0; k < 50; k++) x = x * 1.0000001 + 0.5;
    for (let k = 0; k < 50; k++) y = y * 1.0000001 + 0.5;
    if (x != y) wrong();
    if (x > 1e9) {
      x = <f64>seed;
      y = <f64>seed;
    }
    store<u64>(PAGE, i, 16);
  }
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
