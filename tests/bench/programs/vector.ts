// The vector index as a program of the build machine: reads vectors and questions from standard input, builds the index, and then
// answers all questions once for every breadth that it is told, with the processor time taken. The index is the service's own
// code, linked by the service's flags; its pages all stay in memory. tests/bench/vector.ts speaks with it.
import { commit, create } from "../../../services/vdfs/vector/open";
import { insert } from "../../../services/vdfs/vector/insert";
import { exact, result_number, search, set_filter } from "../../../services/vdfs/vector/search";
import { bind } from "../../../services/vdfs/vector/source";
import { Index, section_of } from "../../../services/vdfs/vector/state";
import * as layout from "../../../services/vdfs/vector/layout";

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(descriptor: u32, vectors: usize, count: u32, result: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(descriptor: u32, vectors: usize, count: u32, result: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: u32, precision: u64, result: usize): u32;

const PROCESS_CPU_TIME: u32 = 2;
const HEADER_WORDS: u32 = 9;
/** Everything stays in memory. */
const CACHE_BYTES: u32 = 0xe000_0000;

const FIRST_STOP: u32 = 1000;

const words = memory.data(64, 8);
const vector = memory.data(16, 8);
const done = memory.data(8, 8);

function cpu_ns(): u64 {
  clock_time_get(PROCESS_CPU_TIME, 1, done);
  return load<u64>(done);
}

/** False at the end of input. */
function take(at: usize, bytes: usize): bool {
  while (bytes > 0) {
    store<u32>(vector, <u32>at);
    store<u32>(vector, <u32>bytes, 4);
    if (fd_read(0, vector, 1, done) != 0 || load<u32>(done) == 0) return false;
    at += load<u32>(done);
    bytes -= load<u32>(done);
  }
  return true;
}

function give(at: usize, bytes: usize): void {
  while (bytes > 0) {
    store<u32>(vector, <u32>at);
    store<u32>(vector, <u32>bytes, 4);
    if (fd_write(1, vector, 1, done) != 0) return;
    at += load<u32>(done);
    bytes -= load<u32>(done);
  }
}

function nowhere(_handle: u32, _section: u32, _page: u32, _at: usize, _bytes: u32): i64 {
  return 0;
}
function truncated(_handle: u32, _section: u32): i64 {
  return 0;
}
function committed(_handle: u32): i64 {
  return 0;
}

const name = memory.data(8);
/** Eight hexadecimal digits. */
function name_of(number: u32): void {
  for (let i: u32 = 0; i < 8; i++) {
    const digit = (number >> (i * 4)) & 15;
    store<u8>(name + i, <u8>(digit < 10 ? 48 + digit : 87 + digit));
  }
}

/** Answers all questions; the processor time goes to the front of the answers. */
function answer_all(index: Index, asked: usize, questions: u32, wanted: u32, breadth: u32, answers: usize): void {
  const bytes = (<usize>index.dimensions) << 2;
  let into = answers + 8;
  const begin = cpu_ns();
  for (let question: u32 = 0; question < questions; question++) {
    const at = asked + <usize>question * bytes;
    const found = breadth == 0 ? exact(index, at, wanted) : search(index, at, wanted, breadth);
    for (let place: u32 = 0; place < wanted; place++) {
      store<u32>(into, <i64>place < found ? result_number(place) : layout.NONE);
      into += 4;
    }
  }
  store<u64>(answers, cpu_ns() - begin);
}

/**
 * Header: dimensions, vectors, questions, metric, links, breadth of construction, results a question, kind, growth. Then the
 * questions, then the vectors. growth 0: answers { time of insertion, bytes that a search reads through }, then for each
 * breadth that comes in { time, numbers }. growth b: at 1,000, 10,000, … vectors { time since the last, time of all questions at b }.
 */
export function run(_argument: u32): u32 {
  if (!take(words, HEADER_WORDS << 2)) return 1;
  const dimensions = load<u32>(words);
  const count = load<u32>(words, 4);
  const questions = load<u32>(words, 8);
  const links = load<u32>(words, 16);
  const wanted = load<u32>(words, 24);
  const growth = load<u32>(words, 32);
  const bytes = (<usize>dimensions) << 2;
  bind(nowhere, nowhere, truncated, committed);
  const made = create(
    0,
    load<u32>(words, 12),
    load<u32>(words, 28),
    dimensions,
    links,
    load<u32>(words, 20),
    CACHE_BYTES,
  );
  if (made == null) return 2;
  const index = made;
  set_filter(0, 0, 0);
  const asked = heap.alloc(bytes * questions);
  if (!take(asked, bytes * questions)) return 1;
  const answers = heap.alloc(<usize>questions * wanted * 4 + 8);
  const one = heap.alloc(bytes);
  let building: u64 = 0;
  let stop: u32 = FIRST_STOP;
  for (let number: u32 = 0; number < count; number++) {
    if (!take(one, bytes)) return 1;
    name_of(number);
    const begin = cpu_ns();
    if (insert(index, name, 8, 0, one) != number) return 3;
    building += cpu_ns() - begin;
    if (growth == 0 || number + 1 != stop) continue;
    answer_all(index, asked, questions, wanted, growth, answers);
    store<u64>(words, building);
    store<u64>(words, load<u64>(answers), 8);
    give(words, 16);
    building = 0;
    stop *= 10;
  }
  const searched = section_of(index, layout.SECTION_GRAPH).pages + section_of(index, layout.SECTION_UPPER).pages;
  store<u64>(words, building);
  store<u64>(words, (<u64>searched) << index.block_shift, 8);
  give(words, 16);
  while (take(words, 4)) {
    answer_all(index, asked, questions, wanted, load<u32>(words), answers);
    give(answers, <usize>questions * wanted * 4 + 8);
  }
  return commit(index) < 0 ? 4 : 0;
}
