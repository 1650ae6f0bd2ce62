// A client of the vector service for tests/system/vectors.test.ts, started twice: as an owner of indices, and as one who may only search.
// Each says how many of its checks held, and which was the first that did not.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import {
  KIND_QUANTISED,
  METRIC_L2,
  RECORD_NAME,
  RECORD_NAME_BYTES,
  RIGHT_DELETE,
  RIGHT_INSERT,
  RIGHT_SEARCH,
  Vectors,
  VectorsResource,
} from "../../../build/interfaces/vectors/client";
import { Vdfs } from "../../../build/interfaces/vdfs/client";
import * as capability from "../../../services/lib/capability";
import { E_ARGUMENT, E_EXISTS, E_HANDLE, E_NOT_FOUND, E_RIGHTS } from "../../../services/lib/errors";
import { number } from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const DIMENSIONS: u32 = 8;
const COUNT: u32 = 120;
const text = new Text(memory.data(512), 512);
const data = memory.data(256, 8);
const vectors = Vectors.connect("vectors");
let checks: u32 = 0;
let failed: u32 = 0;
let failure: i64 = 0;

function check(held: bool, answer: i64 = 0): void {
  checks++;
  if (held || failed != 0) return;
  failed = checks;
  failure = answer;
}

/** `v` and a number, padded to 4, then its values: the vector that the host computes too. Answers the name's length. */
function vector(place: u32): u32 {
  const line = text.clear().string("v").number(place);
  memory.copy(data, line.start, line.length);
  const values = data + ((line.length + 3) & ~3);
  for (let i: u32 = 0; i < DIMENSIONS; i++) store<f32>(values + (i << 2), <f32>((place * (i + 3) * 7) % 127));
  return line.length;
}

function bytes_of(length: u32): u32 {
  return ((length + 3) & ~3) + (DIMENSIONS << 2);
}

/** The first answer to the question of a vector is that vector. */
function finds(index: u64, place: u32): i64 {
  const length = vector(place);
  const values = data + ((length + 3) & ~3);
  const answer = vectors.search(index, RIGHT_SEARCH, 3, 40, 0, 0, values, DIMENSIONS << 2);
  if (answer <= 0) return answer;
  const name = vectors.buffer;
  vector(place);
  const is_same =
    load<u32>(name + RECORD_NAME_BYTES) == length && memory.compare(name + RECORD_NAME, data, length) == 0;
  return is_same ? 1 : 0;
}

function named(name: string): void {
  text.clear().string(name);
}

/** Makes an index, fills it, and takes some out: every right in its place. */
function own(): void {
  named("made");
  const index = vectors.create(text.start, text.length, DIMENSIONS, METRIC_L2, KIND_QUANTISED, 8, 40);
  check(index > 0, index);
  if (index <= 0) return;
  const all = new VectorsResource(<u64>index);
  for (let place: u32 = 0; place < COUNT; place++) {
    const length = vector(place);
    const answer = vectors.insert(<u64>index, RIGHT_INSERT, length, 0, data, bytes_of(length));
    if (answer != place) check(false, answer);
  }
  check(all.commit() == 0);
  check(all.shape() >= 0 && all.vectors == COUNT && all.dimensions == DIMENSIONS);
  check(finds(<u64>index, 17) == 1, finds(<u64>index, 17));
  const length = vector(5);
  check(vectors.insert(<u64>index, RIGHT_INSERT, length, 0, data, bytes_of(length)) == E_EXISTS);
  check(vectors.insert(<u64>index, RIGHT_INSERT, length, 0, data, bytes_of(length) - 4) == E_ARGUMENT);
  // handed along with less than the method asks for
  check(vectors.insert(<u64>index, RIGHT_SEARCH, length, 0, data, bytes_of(length)) == E_RIGHTS);
  check(vectors.remove(<u64>index, RIGHT_INSERT, data, length) == E_RIGHTS);
  // no capability, and one to something else
  check(vectors.find(0, RIGHT_SEARCH, data, length) == E_HANDLE);
  const narrow = capability.derive(<u64>index, RIGHT_SEARCH, 0);
  check(narrow > 0, narrow);
  const weak = new VectorsResource(<u64>narrow);
  check(weak.shape() >= 0 && weak.commit() == E_RIGHTS && weak.remove_number(3) == E_RIGHTS);
  check(vectors.remove(<u64>index, RIGHT_DELETE, data, length) == 0);
  check(vectors.find(<u64>index, RIGHT_SEARCH, data, length) == E_NOT_FOUND);
  check(all.remove_number(7) == 0 && all.remove_number(7) == E_NOT_FOUND && all.remove_number(COUNT) == E_NOT_FOUND);
  check(all.commit() == 0);
  // not committed: it must not be there after the power cut
  vector(9);
  check(vectors.remove(<u64>index, RIGHT_DELETE, data, 2) == 0);
}

/** Bytes that the store has copied for its clients; 0: it is not this program's to ask. */
function copied_bytes(): i64 {
  if (number("shown", 0) == 0) return 0;
  const store = Vdfs.connect("vdfs");
  const answer = store.statistics();
  return answer < 0 ? answer : <i64>store.copied;
}

/** Uses the index that the host made: it may search there, and nothing else. */
function read(): void {
  named("given");
  check(vectors.create(text.start, text.length, DIMENSIONS, METRIC_L2, KIND_QUANTISED, 8, 40) == E_RIGHTS);
  const index = vectors.open(text.start, text.length);
  check(index > 0, index);
  if (index <= 0) return;
  const own = new VectorsResource(<u64>index);
  check(own.shape() >= 0 && own.vectors == COUNT && own.commit() == E_RIGHTS && own.remove_number(1) == E_RIGHTS);
  const copied = copied_bytes();
  for (let place: u32 = 0; place < COUNT; place += 13) check(finds(<u64>index, place) == 1, place);
  // the pages are the store's own
  if (number("shown", 0) != 0) check(copied > 0 && copied_bytes() == copied, copied_bytes() - copied);
  const length = vector(200);
  check(vectors.insert(<u64>index, RIGHT_INSERT, length, 0, data, bytes_of(length)) < 0);
  named("absent");
  check(vectors.open(text.start, text.length) == E_NOT_FOUND);
}

export function start(): void {
  const console = Console.connect("console");
  const is_owner = number("owner", 0) != 0;
  if (is_owner) own();
  else read();
  const line = text
    .clear()
    .string(is_owner ? "owner" : "reader")
    .string(": checks ")
    .number(checks);
  line.string(", first failed ").number(failed).string(", answer ").signed(failure).newline();
  console.write(STREAM_OUTPUT, line.start, line.length);
}
