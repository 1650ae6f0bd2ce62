// The command `search`: what is nearest to a named vector, or to a sum of some, in an index of the store.
import { RECORD_NAME, RECORD_NAME_BYTES, RIGHT_SEARCH, Vectors } from "../../build/interfaces/vectors/client";
import * as capability from "../lib/capability";
import { E_NOT_FOUND } from "../lib/errors";
import * as startup from "../lib/startup";
import { complain, complain_about, end_line, error, out } from "./output";
import { word_count, word_is, word_length, word_start } from "./words";

/** Vectors have at most 4096 dimensions. */
const QUESTION_BYTES: u32 = 16384;
const WANTED: u32 = 10;
const BREADTH: u32 = 80;
/** Words that may be summed up; they themselves are no answers. */
const WORDS_MAX: u32 = 16;

const question = memory.data(16384, 8);
const terms = memory.data(64, 4);

const vectors = Vectors.connect("vectors");

export function search(): u32 {
  if (startup.capability("vectors") == 0) return complain("search: this image has no vector service.");
  if (word_count < 3) return complain("search: which index, and near what? `help search` explains.");
  const index = vectors.open(word_start(1), word_length(1));
  if (index < 0) return complain_about("search", index);
  const status = ask(<u64>index);
  capability.drop(<u64>index);
  return status;
}

function ask(index: u64): u32 {
  memory.fill(question, 0, QUESTION_BYTES);
  let question_bytes: u32 = 0;
  let term_count: u32 = 0;
  let sign: f32 = 1;
  for (let word: u32 = 2; word < word_count; word++) {
    const is_sign = (word_is(word, "+") || word_is(word, "-")) && word > 2 && word + 1 < word_count;
    if (is_sign) {
      sign = word_is(word, "-") ? -1 : 1;
      continue;
    }
    if (term_count == WORDS_MAX) return complain("search: too many words.");
    const length = vectors.values(index, RIGHT_SEARCH, word_start(word), word_length(word));
    if (length == E_NOT_FOUND) {
      error().string("search: there is no vector called ").bytes(word_start(word), word_length(word)).string(".");
      end_line();
      return 1;
    }
    if (length < 0) return complain_about("search", length);
    question_bytes = min(<u32>length, QUESTION_BYTES);
    for (let at: usize = 0; at < question_bytes; at += 4)
      store<f32>(question + at, load<f32>(question + at) + sign * load<f32>(vectors.buffer + at));
    store<u32>(terms + (term_count << 2), word);
    term_count++;
    sign = 1;
  }
  const length = vectors.search(index, RIGHT_SEARCH, WANTED + term_count, BREADTH, 0, 0, question, question_bytes);
  if (length < 0) return complain_about("search", length);
  print(<u32>length, term_count);
  return 0;
}

/** The first WANTED records that are none of the terms. */
function print(length: u32, term_count: u32): void {
  let printed: u32 = 0;
  for (let at: u32 = 0; at + RECORD_NAME <= length && printed < WANTED; ) {
    const record = vectors.buffer + at;
    const bytes = load<u32>(record + RECORD_NAME_BYTES);
    at += (RECORD_NAME + bytes + 3) & ~3;
    if (at > length) return;
    if (is_term(record + RECORD_NAME, bytes, term_count)) continue;
    distance(load<f32>(record));
    out().bytes(record + RECORD_NAME, bytes);
    end_line();
    printed++;
  }
}

function is_term(name: usize, bytes: u32, term_count: u32): bool {
  for (let i: u32 = 0; i < term_count; i++) {
    const word = load<u32>(terms + (i << 2));
    if (word_length(word) == bytes && memory.compare(word_start(word), name, bytes) == 0) return true;
  }
  return false;
}

/** With three decimals. */
function distance(value: f32): void {
  const thousandths = <i64>nearest<f64>(<f64>value * 1000);
  const size = <u64>abs<i64>(thousandths);
  if (thousandths < 0) out().string("-");
  out()
    .number(size / 1000)
    .string(".")
    .number((size / 100) % 10)
    .number((size / 10) % 10)
    .number(size % 10)
    .string("  ");
}
