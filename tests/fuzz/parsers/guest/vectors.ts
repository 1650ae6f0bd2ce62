// The world of a vector index: its pages, made by the index itself and then changed by the input; small dimensions, both kinds of values.
// Judges: every call answers a number or an error of the list, names and results are of vectors that there are, and nothing turns in a circle.
import * as bytes from "./bytes";
import * as host from "./host";
import { finding, must, tell } from "./say";
import * as service from "./service";
import { E_DEVICE, E_NOT_FOUND } from "../../../../kernel/abi/errors";

// @ts-ignore: decorator
@external("service", "exchange")
declare function service_exchange(): u32;
// @ts-ignore: decorator
@external("service", "create")
declare function create(
  handle: u32,
  metric: u32,
  kind: u32,
  dimensions: u32,
  links: u32,
  breadth: u32,
  cache: u32,
): i32;
// @ts-ignore: decorator
@external("service", "open")
declare function open(handle: u32, cache: u32): i32;
// @ts-ignore: decorator
@external("service", "close")
declare function close(index: i32): void;
// @ts-ignore: decorator
@external("service", "commit")
declare function commit(index: i32): i32;
// @ts-ignore: decorator
@external("service", "size")
declare function size(index: i32): u32;
// @ts-ignore: decorator
@external("service", "dimensions")
declare function dimensions(index: i32): u32;
// @ts-ignore: decorator
@external("service", "insert")
declare function insert(index: i32, length: u32, tags: u64): i32;
// @ts-ignore: decorator
@external("service", "remove")
declare function remove(index: i32, length: u32): i32;
// @ts-ignore: decorator
@external("service", "find")
declare function find(index: i32, length: u32): i32;
// @ts-ignore: decorator
@external("service", "name")
declare function name(index: i32, number: u32): i32;
// @ts-ignore: decorator
@external("service", "values")
declare function values(index: i32, number: u32): i32;
// @ts-ignore: decorator
@external("service", "set_filter")
declare function set_filter(length: u32, tags: u64): void;
// @ts-ignore: decorator
@external("service", "search")
declare function search(index: i32, wanted: u32, breadth: u32): i32;
// @ts-ignore: decorator
@external("service", "result_number")
declare function result_number(place: u32): u32;

const DIMENSIONS: u32 = 12;
const VECTORS: u32 = 160;
const PAGE: u32 = 4096;
const PAGES_MAX: u32 = 192;
const NOT_FOUND: i32 = <i32>E_NOT_FOUND;
const DEVICE: i32 = <i32>E_DEVICE;
const INDICES: u32 = 2;
const STEPS_MAX: u32 = 50_000;

/** Pages of two indices: by place, handle << 24 | section << 20 | page + 1; 0: free. */
const keys = new StaticArray<u32>(192);
const pages = memory.data(192 * 4096, 16);
let used: u32 = 0;
let exchange: u32 = 0;
let steps: u32 = 0;

function place_of(handle: u32, section: u32, page: u32): i32 {
  if (++steps > STEPS_MAX) finding("the index turns in a circle");
  const key = (handle << 24) | (section << 20) | (page + 1);
  for (let i: u32 = 0; i < used; i++) if (keys[i] == key) return <i32>i;
  return -1;
}

export function pages_read(handle: u32, section: u32, page: u32, at: u32, count: u32): i32 {
  const place = place_of(handle, section, page);
  if (place < 0) return NOT_FOUND;
  if (count > PAGE) return DEVICE;
  host.copy_in(at, pages + place * PAGE, count);
  return 0;
}
export function pages_write(handle: u32, section: u32, page: u32, at: u32, count: u32): i32 {
  let place = place_of(handle, section, page);
  if (count > PAGE || page >= 1 << 16) return DEVICE;
  if (place < 0) {
    if (used == PAGES_MAX) return DEVICE;
    place = used++;
    keys[place] = (handle << 24) | (section << 20) | (page + 1);
  }
  host.copy_out(pages + place * PAGE, at, count);
  return 0;
}
export function pages_truncate(handle: u32, section: u32): i32 {
  for (let i: u32 = 0; i < used; i++) if (keys[i] >> 20 == ((handle << 4) | section)) keys[i] = 0;
  return 0;
}
export function pages_commit(_handle: u32): i32 {
  return 0;
}
export function files_read(_handle: u32, _file: u32, _offset: u64, _at: u32, _count: u32): i32 {
  return DEVICE;
}
export function files_write(_handle: u32, _file: u32, _offset: u64, _at: u32, _count: u32): i32 {
  return DEVICE;
}
export function files_cut(_handle: u32, _file: u32, _count: u64): i32 {
  return DEVICE;
}
export function files_sync(_handle: u32): i32 {
  return DEVICE;
}

/** "v", two letters; the values behind it. */
function put_vector(number: u32): u32 {
  host.store8(exchange, 118);
  host.store8(exchange + 1, 97 + (number & 15));
  host.store8(exchange + 2, 97 + (number >> 4));
  put_values(exchange + 4, number);
  return 3;
}

function put_values(at: u32, number: u32): void {
  for (let i: u32 = 0; i < DIMENSIONS; i++) {
    const value = <f32>((number * 31 + i * 17 + (number >> 3) * i) & 63) / 32 - 1;
    host.store32(at + i * 4, reinterpret<u32>(value));
  }
}

export function setup(): void {
  service.begin();
  exchange = service_exchange();
  for (let handle: u32 = 0; handle < INDICES; handle++) {
    const index = create(handle, handle == 0 ? 2 : 3, handle + 1, DIMENSIONS, 6, 24, 1 << 20);
    must(index > 0, "no index to begin with", <u64>index);
    for (let i: u32 = 0; i < VECTORS; i++) must(insert(index, put_vector(i), 0) >= 0, "no vector to begin with");
    for (let i: u32 = 0; i < VECTORS; i += 7) must(remove(index, put_vector(i)) >= 0, "no vector is removed");
    must(commit(index) >= 0, "nothing to begin with is kept");
    close(index);
  }
}

function must_answer(answer: i32): void {
  must(answer >= -63, "an answer that is no error of the list", <u64>answer);
}

/** One change: of a header more often than of another page. */
function spoil(handle: u32): void {
  const choice = bytes.byte();
  let place: i32;
  if (choice < 112) place = place_of(handle, 0, 0);
  else {
    place = bytes.byte() % used;
    if (keys[place] >> 24 != handle) return;
  }
  if (place < 0) return;
  const offset = choice < 112 ? bytes.byte() % 80 : bytes.half() & 4095,
    width = (<u32>1) << bytes.below(3);
  const value = bytes.word();
  for (let i: u32 = 0; i < width; i++) store<u8>(pages + place * PAGE + ((offset + i) & 4095), <u8>(value >> (8 * i)));
  tell("changed", keys[place], offset, value);
}

function look(index: i32, number: u32, breadth: u32): void {
  put_values(exchange, number);
  const found = search(index, 5, breadth);
  tell("search", number, breadth, found);
  must_answer(found);
  must(found <= 5, "more results than were wanted", found);
  for (let i = 0; i < found; i++) {
    const which = result_number(i);
    must(which < size(index) + VECTORS, "a result that is no vector", which);
    const length = name(index, which);
    must(length <= 255, "a name of too many bytes", length);
    must_answer(length);
    must_answer(values(index, which));
  }
}

export function run(): void {
  bytes.rewind();
  steps = 0;
  const mode = bytes.byte(),
    handle: u32 = mode & 1;
  const count = bytes.byte() & 15;
  for (let i: u32 = 0; i < count; i++) spoil(handle);
  const index = open(handle, (mode & 2) != 0 ? 0 : 1 << 20);
  tell("open", handle, mode, index);
  if (index <= 0) return must_answer(index);
  // queries of the input's dimensions do not fit the exchange of another one
  must(dimensions(index) <= 4096, "more dimensions than there may be", dimensions(index));
  for (let i = 0; i < 24 && !bytes.is_over(); i++) {
    const what = bytes.byte(),
      number = bytes.byte();
    switch (what & 7) {
      case 0:
        must_answer(insert(index, put_vector(number), what));
        break;
      case 1:
        must_answer(remove(index, put_vector(number)));
        break;
      case 2:
        must_answer(find(index, put_vector(number)));
        break;
      case 3:
        must_answer(commit(index));
        break;
      case 4:
        host.store8(exchange, 118);
        set_filter(number & 1, number & 2 ? 3 : 0);
        break;
      case 5:
        must_answer(name(index, bytes.word()));
        break;
      default:
        look(index, number, what & 64 ? 0 : what & 32 ? 200 : 16);
    }
  }
  look(index, 3, 16);
  must_answer(commit(index));
  close(index);
  must_answer(open(handle, 1 << 20));
}
