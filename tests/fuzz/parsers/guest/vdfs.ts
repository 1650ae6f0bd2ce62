// The world of the store: a disk that was made by the store itself, with files, directories, links, tags, snapshots and a log that is not replayed yet,
// and then changed by the input, byte by byte. Judges: every call answers with data or an error of the list, and the disk is asked for pages that it
// has. With checks as they are, what is read of a file is what was written to it; where the target has them all agree, as for somebody who
// can make them right, nothing traps, turns in a circle or leaves its memory.
import * as bytes from "./bytes";
import * as host from "./host";
import { finding, must, must_be_answer, tell } from "./say";
import * as service from "./service";
import { E_ARGUMENT } from "../../../../kernel/abi/errors";

// @ts-ignore: decorator
@external("service", "open_memory")
declare function open_memory(nodes: u32, slots: u32, dirty: u32, pages: u64): i64;
// @ts-ignore: decorator
@external("service", "memory_for")
declare function memory_for(bytes: u32): u32;
// @ts-ignore: decorator
@external("service", "format")
declare function format(low: u64, high: u64, now_ns: u64, pages: u64): i64;
// @ts-ignore: decorator
@external("service", "mount")
declare function mount(read_only: u32): i64;
// @ts-ignore: decorator
@external("service", "change")
declare function change(what: u32, a: u64, b: u64, c: u64, at: u32, length: u32): i64;
// @ts-ignore: decorator
@external("service", "lookup")
declare function lookup(view: u32, directory: u64, at: u32, length: u32): i64;
// @ts-ignore: decorator
@external("service", "kind")
declare function kind(): u32;
// @ts-ignore: decorator
@external("service", "size")
declare function size(view: u32, node: u64): i64;
// @ts-ignore: decorator
@external("service", "read")
declare function read(view: u32, node: u64, offset: u64, at: u32, limit: u32): i64;
// @ts-ignore: decorator
@external("service", "check")
declare function check(view: u32, node: u64): i64;
// @ts-ignore: decorator
@external("service", "list")
declare function list(view: u32, directory: u64, cursor: u64, at: u32, limit: u32): i64;
// @ts-ignore: decorator
@external("service", "tag")
declare function tag(node: u64, name: u32, length: u32, at: u32, limit: u32): i64;
// @ts-ignore: decorator
@external("service", "make_snapshot")
declare function make_snapshot(at: u32, length: u32): i64;
// @ts-ignore: decorator
@external("service", "delete_snapshot")
declare function delete_snapshot(at: u32, length: u32): i64;
// @ts-ignore: decorator
@external("service", "open_view")
declare function open_view(at: u32, length: u32): i64;
// @ts-ignore: decorator
@external("service", "sync")
declare function sync(): i64;
// @ts-ignore: decorator
@external("service", "checkpoint")
declare function checkpoint(): i64;
// @ts-ignore: decorator
@external("service", "verify_space")
declare function verify_space(): i64;

/** The target whose checks are as they are: damage is always seen. */
const DAMAGE: u32 = 1;
const PAGES: u32 = 256;
const PAGE: u32 = 4096;
const FENCE: u32 = 0xc000_0000;
const ROOT: u64 = 1;
const EXCHANGE_BYTES: u32 = 16384;
const DISK_STEPS_MAX: u32 = 20_000;
const ENTRIES_MAX: u32 = 2_000;
const FILES: u32 = 24;
const FILE: u64 = 1;
const DIRECTORY: u64 = 2;
const CREATE: u32 = 1;
const SYMLINK: u32 = 2;
const LINK: u32 = 3;
const UNLINK: u32 = 4;
const RENAME: u32 = 5;
const WRITE: u32 = 6;
const TRUNCATE: u32 = 7;
const TAG: u32 = 10;

const disk = memory.data(256 * 4096, 16);
/** Pages that hold something, in their order. */
const used = new StaticArray<u32>(256);
let used_count: u32 = 0;
let exchange: u32 = 0;
let steps: u32 = 0;
let entries: u32 = 0;

function disk_span(page: u64, count: u32): bool {
  if (++steps > DISK_STEPS_MAX) finding("the store turns in a circle");
  return page + count >= page && page + count <= PAGES;
}

export function disk_read(page: u64, count: u32, at: u32): i64 {
  if (!disk_span(page, count)) return E_ARGUMENT;
  host.copy_in(at, disk + <usize>page * PAGE, count * PAGE);
  return 0;
}
export function disk_write(page: u64, count: u32, at: u32): i64 {
  if (!disk_span(page, count)) finding("a store beyond the disk, at page", page);
  host.copy_out(disk + <usize>page * PAGE, at, count * PAGE);
  return 0;
}
export function disk_flush(): i64 {
  return 0;
}
export function disk_pages(): i64 {
  return PAGES;
}
/** Memory for nodes of the trees: a page each, and behind each one that is not there (targets.ts: FENCED). */
export function fence_frames(count: u32): u32 {
  for (let frame: u32 = 0; frame < count; frame++) host.map(FENCE + <u64>frame * 2 * PAGE, PAGE);
  return FENCE;
}

function put(text: string, at: u32 = 0): u32 {
  for (let i = 0; i < text.length; i++) host.store8(exchange + at + i, text.charCodeAt(i));
  return at + text.length;
}

function put_number(text: string, number: u32): u32 {
  const at = put(text);
  host.store8(exchange + at, 97 + number);
  return at + 1;
}

/** What byte `offset` of file `number` was written as, whenever it was. */
function pattern(number: u32, offset: u32): u32 {
  return (number * 37 + offset * 11 + (offset >> 8) * 5 + 1) & 255;
}

function good(answer: i64): u64 {
  must(answer >= 0, "the store that the fuzzer begins with cannot be made", <u64>answer);
  return <u64>answer;
}

function fill(node: u64, number: u32, length: u32): void {
  for (let done: u32 = 0; done < length; ) {
    const piece = min(length - done, EXCHANGE_BYTES);
    for (let i: u32 = 0; i < piece; i++) host.store8(exchange + i, pattern(number, done + i));
    good(change(WRITE, node, done, 0, exchange, piece));
    done += piece;
  }
}

function create(directory: u64, name: string, number: u32, what: u64): u64 {
  return good(change(CREATE, directory, what, 0, exchange, put_number(name, number)));
}

export function setup(): void {
  service.begin();
  good(open_memory(256, 4, 16, PAGES));
  exchange = memory_for(EXCHANGE_BYTES);
  good(format(1, 2, 3, PAGES));
  const below = create(ROOT, "d", 0, DIRECTORY);
  for (let i: u32 = 0; i < FILES; i++) fill(create(i < 16 ? ROOT : below, "f", i, FILE), i, 1 + i * 700);
  const deep = create(below, "e", 0, DIRECTORY);
  fill(create(deep, "f", 3, FILE), 3, 9000);
  good(change(SYMLINK, ROOT, 0, 0, exchange, put("l\0f")));
  good(make_snapshot(exchange, put("one")));
  good(change(UNLINK, ROOT, 0, 0, exchange, put_number("f", 2)));
  good(checkpoint());
  good(make_snapshot(exchange, put("two")));
  good(change(UNLINK, ROOT, 0, 0, exchange, put_number("f", 4)));
  good(checkpoint());
  // what follows is in the log alone
  const late = create(ROOT, "f", 25, FILE);
  fill(late, 25, 6000);
  good(change(TAG, late, 0, 0, exchange, put("k\0v")));
  good(change(LINK, late, below, 0, exchange, put_number("f", 25)));
  good(change(RENAME, ROOT, below, 0, exchange, put("ff\0ff")));
  good(sync());
  for (let page: u32 = 0; page < PAGES; page++) {
    for (let at: u32 = 0; at < PAGE; at += 8) {
      if (load<u64>(disk + page * PAGE + at) == 0) continue;
      used[used_count++] = page;
      break;
    }
  }
}

/** One change of the disk: which page, where, how many bytes, what. Both copies of a superblock change alike. */
function spoil(): void {
  const choice = bytes.byte();
  let page: u32, other: u32;
  if (choice < 64) {
    page = choice & 1;
    other = PAGES - 2 + page;
  } else {
    page = choice < 112 ? 2 + (choice & 3) : used[bytes.byte() % used_count];
    other = page;
  }
  const offset = (choice & 128) != 0 ? bytes.half() & 4095 : bytes.byte() * 2,
    width = (<u32>1) << bytes.below(4);
  const value = width == 8 ? bytes.odd_number() : <u64>bytes.word();
  for (let i: u32 = 0; i < width; i++) {
    store<u8>(disk + page * PAGE + ((offset + i) & 4095), <u8>(value >> (8 * i)));
    store<u8>(disk + other * PAGE + ((offset + i) & 4095), <u8>(value >> (8 * i)));
  }
  tell("changed", page, offset, value);
}

/** A file whose name says what is in it. */
function look_at_file(view: u32, node: u64, number: u32): void {
  let length = size(view, node);
  must_be_answer(length);
  for (let offset: u64 = 0; offset < 20_000; ) {
    const came = read(view, node, offset, exchange + 8192, 4096);
    must_be_answer(came);
    must(came <= 4096, "more bytes than were asked for", came);
    if (came <= 0) break;
    for (let i: u32 = 0; host.parameter() == DAMAGE && number < 26 && i < <u32>came; i++) {
      if (host.load8(exchange + 8192 + i) != pattern(number, <u32>offset + i))
        finding("wrong bytes are handed out as good, file", number);
    }
    offset += came;
  }
  must_be_answer(check(view, node));
  must_be_answer(tag(node, exchange + 12_288, 1, exchange + 12_304, 64));
}

function look(view: u32, directory: u64, depth: u32): void {
  let cursor: u64 = 0;
  for (let turn = 0; turn < 64 && entries < ENTRIES_MAX; turn++) {
    const place = exchange + depth * 1024;
    const came = list(view, directory, cursor, place, 1024);
    tell("list", directory, cursor, came);
    must_be_answer(came);
    must(came <= 1024, "more bytes of names than were asked for", came);
    if (came <= 0) return;
    for (let at: u32 = 0; at < <u32>came; ) {
      must(at + 24 <= <u32>came, "half a record", at);
      const length = host.load32(place + at + 20);
      must(length <= 255 && at + 24 + length <= <u32>came, "a name of too many bytes", length);
      const next = host.load64(place + at);
      must(next > cursor, "a list that does not go on", next);
      cursor = next;
      const node = host.load64(place + at + 8),
        what = host.load32(place + at + 16);
      // "f" and a letter: the letter says what is in it
      const number: u32 = length == 2 && host.load8(place + at + 24) == 102 ? host.load8(place + at + 25) - 97 : 99;
      entries++;
      must_be_answer(lookup(view, directory, place + at + 24, length));
      if (what != 2) look_at_file(view, node, number);
      else if (depth < 4) look(view, node, depth + 1);
      at += (24 + length + 7) & ~7;
    }
  }
}

/** Bytes 8192 … of the exchange are taken by reads; names for changes go behind everything. */
function some_change(): void {
  const what = bytes.below(12);
  const at = exchange + 14_000;
  let length: u32 = 2;
  host.store8(at, 102);
  host.store8(at + 1, 97 + bytes.below(28));
  if (what == SYMLINK || what == RENAME || what == TAG) {
    host.store8(at + 2, 0);
    host.store8(at + 3, 103);
    host.store8(at + 4, 97 + bytes.below(4));
    length = 5;
  }
  const first = (<u64>bytes.byte()) & 31,
    second =
      what == LINK || what == RENAME
        ? (<u64>bytes.byte()) & 31
        : what == WRITE || what == TRUNCATE
          ? bytes.odd_number()
          : <u64>(bytes.byte() & 3);
  const answer = change(what, first, second, 0, at, length);
  tell("change", what, first, answer);
  must_be_answer(answer);
}

export function run(): void {
  bytes.rewind();
  const count = bytes.byte() & 31;
  for (let i: u32 = 0; i < count; i++) spoil();
  const mode = bytes.byte();
  const mounted = mount(mode & 1);
  tell("mount", mode & 1, 0, mounted);
  must_be_answer(mounted);
  must(mounted <= 0, "mount answers", mounted);
  if (mounted < 0) return;
  look(0, ROOT, 0);
  const view = open_view(exchange, put("one"));
  must_be_answer(view);
  if (view > 0) look(<u32>view, ROOT, 0);
  // names of files that are written from now on tell nothing any more
  if (host.parameter() == DAMAGE && (mode & 2) == 0) return;
  const is_judged = host.parameter() != DAMAGE;
  for (let i = 0; i < 40 && is_judged && !bytes.is_over(); i++) some_change();
  must_be_answer(make_snapshot(exchange, put("new")));
  must_be_answer(delete_snapshot(exchange, put((mode & 4) != 0 ? "one" : "two")));
  must_be_answer(sync());
  must_be_answer(checkpoint());
  must_be_answer(verify_space());
  entries = 0;
  const again = mount(0);
  must_be_answer(again);
  if (again == 0) look(0, ROOT, 0);
}
