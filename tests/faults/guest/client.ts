// A client of the fault injection (tests/faults/): calls one victim after the other for ever, knows what each must answer, and
// counts what came. An error that says so is an answer; only E_PEER_FAULT and E_PEER_GONE are to be expected here.
import * as phi from "../../../services/lib/phi";
import * as page from "./page";

const PAGE: usize = 0x8000_0000;
const E_PEER_FAULT: i64 = -4;
const E_PEER_GONE: i64 = -5;
const table = new StaticArray<u32>(1024);

function count(field: usize): void {
  store<u64>(PAGE + field, load<u64>(PAGE + field) + 1);
}

export function start(): void {
  page.table_fill(table);
  let x = load<u64>(PAGE, page.CLIENT_SEED);
  for (;;) {
    x = x * 6364136223846793005 + 1442695040888963407;
    const victim = (x >> 33) & 3,
      method = 1 + ((x >> 40) % 3),
      word = (x >> 20) & 0xffff;
    store<u64>(PAGE, victim, page.CLIENT_VICTIM);
    const endpoint = load<u64>(PAGE + <usize>(victim << 3), page.CLIENT_ENDPOINTS);
    const answer = phi.call(endpoint, method, word, 0, 0, 0, 0, 0);
    if (answer == <i64>page.answer_of(table, word)) count(page.CLIENT_CORRECT);
    else if (answer == E_PEER_FAULT || answer == E_PEER_GONE) {
      count(page.CLIENT_ERRORS);
      phi.yield_now();
    } else if (answer >= 0 || answer < -64) {
      count(page.CLIENT_WRONG);
      store<u64>(PAGE, victim + 1, page.CLIENT_WRONG_FROM);
    } else {
      count(page.CLIENT_UNEXPECTED);
    }
    count(page.CLIENT_DONE);
  }
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
