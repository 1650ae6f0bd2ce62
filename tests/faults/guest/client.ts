// A client of the fault injection (tests/faults/): calls one victim after the other for ever, in every way there is to call, knows
// what each must answer, and counts what came. An error that says so is an answer, where it is one that can happen.
import { E_CANCELLED, E_PEER_FAULT, E_PEER_GONE, E_TIMEOUT } from "../../../kernel/abi/errors";
import { reply_word } from "../../../services/lib/message";
import * as phi from "../../../services/lib/phi";
import * as page from "./page";

const PAGE: usize = 0x8000_0000;
/** Below this no number is an error. */
const ERROR_LAST: i64 = -64;
const NAP_MASK: u64 = 0xffff;
const PATIENCE_MASK: u64 = 0x3fff;

const WITH_WORDS: u64 = 1;
const WITH_DEADLINE: u64 = 2;

const table = new StaticArray<u32>(256);

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
      word = (x >> 20) & 0xffff,
      way = (x >> 50) & 3;
    const endpoint = load<u64>(PAGE + <usize>(victim << 3), page.CLIENT_ENDPOINTS);
    const generation = load<u64>(PAGE + <usize>(victim << 3), page.CLIENT_GENERATIONS);
    let answer: i64;
    if (way == WITH_WORDS) answer = phi.call_words(endpoint, method, word, 0, 0, 0, 0, 0);
    else if (way == WITH_DEADLINE) {
      answer = phi.call_until(endpoint, method, word, 0, 0, 0, 0, phi.now() + 1 + ((x >> 45) & PATIENCE_MASK));
    } else answer = phi.call(endpoint, method, word, 0, 0, 0, 0, 0);
    judge(answer, word, way, victim, generation);
    store<u64>(PAGE, x, page.CLIENT_SEED); // for its successor
    count(page.CLIENT_DONE);
    rest(x >> 44);
  }
}

function judge(answer: i64, word: u64, way: u64, victim: u64, generation: u64): void {
  const due = page.answer_of(table, word);
  const with_words = way == WITH_WORDS || way == WITH_DEADLINE;
  if (answer == <i64>due && (!with_words || reply_word(1) == page.word_of(due))) count(page.CLIENT_CORRECT);
  else if (answer == E_PEER_FAULT || answer == E_PEER_GONE) count(page.CLIENT_FAULTS);
  else if (answer == E_TIMEOUT && way == WITH_DEADLINE) count(page.CLIENT_TIMEOUTS);
  else if (answer == E_CANCELLED) count(page.CLIENT_CANCELLED);
  else if (answer >= 0 || answer < ERROR_LAST) {
    count(page.CLIENT_WRONG);
    store<u64>(PAGE, generation, page.CLIENT_WRONG_GENERATION);
    store<u64>(PAGE, victim + 1, page.CLIENT_WRONG_FROM);
  } else {
    count(page.CLIENT_UNEXPECTED);
    store<i64>(PAGE, answer, page.CLIENT_ANSWER);
  }
}

/** Half of the clients are more urgent and sleep: they come back in the midst of the others' calls. */
function rest(x: u64): void {
  const nap = load<u64>(PAGE, page.CLIENT_NAP);
  if (nap == 0) phi.yield_now();
  else phi.wait(nap, phi.now() + (x & NAP_MASK));
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
