// The command `cp`: a file, or a tree with -r, within a server of files or from one to another. Bytes go from one connection's buffer to the other's.
// Invariant: of the source there are at most DEPTH_MAX directories open, one a level, each with a batch of names that are still to come.
import {
  Files,
  KIND_DIRECTORY,
  KIND_FILE,
  NAME_BYTES_MAX,
  RECORD_NAME,
  RECORD_NAME_BYTES,
  TARGET_BYTES_MAX,
  UNLINK_FILE,
} from "../../build/interfaces/files/client";
import {
  E_DAMAGED,
  E_DEVICE,
  E_EXISTS,
  E_IS_DIRECTORY,
  E_LOOP,
  E_NAME_TOO_LONG,
  E_NO_SPACE,
  E_NOT_DIRECTORY,
  E_NOT_FOUND,
  E_RIGHTS,
} from "../lib/errors";
import { Text } from "../lib/text";
import { wants } from "./files";
import { complain_of, end_line, out, size_in } from "./output";
import { files, last, last_bytes, node_of, parent_of } from "./places";
import { word_is } from "./words";

const DEPTH_MAX: u32 = 64;
const BATCH_BYTES: u32 = 4096;
/** source u64, destination u64, cursor u64, place of the next record u32, end of the records u32, the records. */
const LEVEL_BYTES: u32 = 32 + BATCH_BYTES;
const levels = memory.data(64 * 4128, 8);
const names = new Text(memory.data(4352), 4352);

let source: Files = files;
let target: Files = files;
let file_count: u64 = 0;
let directory_count: u64 = 0;
let byte_count: u64 = 0;
/** The command's status: 1 when something was left out. */
let left_out: u32 = 0;
/** What the command was about when it failed. */
const culprit = new Text(memory.data(256), 256);

// @ts-ignore: decorator
@inline
function level_at(depth: u32): usize {
  return levels + depth * LEVEL_BYTES;
}

export function cp(): u32 {
  const whole = word_is(1, "-r");
  if (!wants("cp", whole ? 4 : 3, "cp [-r] FROM TO")) return 1;
  const first: u32 = whole ? 2 : 1;
  const from = node_of("cp", first);
  if (from < 0) return 1;
  source = files;
  const kind = files.kind;
  culprit.clear().bytes(last, last_bytes);
  const into = parent_of("cp", first + 1);
  target = files;
  let status: u32 = 1;
  if (into >= 0) {
    const answer = kind == KIND_DIRECTORY && !whole ? E_IS_DIRECTORY : place(<u64>from, kind, <u64>into);
    target.forget(<u64>into);
    status = answer < 0 ? fail(answer) : tell() | left_out;
  }
  source.forget(<u64>from);
  return status;
}

function fail(answer: i64): u32 {
  if (culprit.length == 0) culprit.byte(0x2f);
  return complain_of("cp", culprit.start, culprit.length, answer);
}

/** In a tree, what its server does not open (a pipe of the host's) and what is damaged is left out, with a complaint; the rest is copied. */
function leave_out(answer: i64): bool {
  if (answer != E_RIGHTS && answer != E_DAMAGED) return false;
  left_out = fail(answer);
  return true;
}

function tell(): u32 {
  out()
    .number(file_count)
    .string(file_count == 1 ? " file, " : " files, ")
    .number(directory_count);
  out().string(directory_count == 1 ? " directory, " : " directories, ");
  size_in(byte_count, 4);
  end_line();
  return 0;
}

/** Copies the node to the name at `last` in a directory, or, if that is a directory, into it under its own name. Durable when it answers 0. */
function place(from: u64, kind: u32, into: u64): i64 {
  file_count = 0;
  directory_count = 0;
  byte_count = 0;
  left_out = 0;
  names.clear().bytes(last, last_bytes);
  let directory: i64 = <i64>into;
  let is_found = false;
  if (last_bytes > 0) {
    const there = target.lookup(into, names.start, names.length);
    if (there < 0 && there != E_NOT_FOUND) return there;
    is_found = there >= 0 && target.kind == KIND_DIRECTORY;
    if (is_found) directory = <i64>target.node;
    else if (there >= 0) target.forget(target.node);
  } else is_found = true;
  // the root of a server has no name: what is in it is copied
  if (is_found && culprit.length > 0) names.clear().bytes(culprit.start, culprit.length);
  let answer: i64 = 0;
  if (kind == KIND_DIRECTORY)
    answer = is_found && culprit.length == 0 ? copy_tree(from, <u64>directory) : make_tree(from, <u64>directory);
  else answer = copy_one(from, kind, <u64>directory);
  if (<u64>directory != into) target.forget(<u64>directory);
  return answer < 0 ? answer : target.sync(0);
}

/** The directory of the name in `names`, made if it is not there, opened. */
function directory_in(parent: u64): i64 {
  const made = target.create(parent, names.start, names.length, KIND_DIRECTORY);
  if (made >= 0) directory_count++;
  if (made != E_EXISTS) return made;
  const found = target.lookup(parent, names.start, names.length);
  if (found < 0) return found;
  if (target.kind == KIND_DIRECTORY) return <i64>target.node;
  target.forget(target.node);
  return E_NOT_DIRECTORY;
}

function make_tree(from: u64, parent: u64): i64 {
  const made = directory_in(parent);
  if (made < 0) return made;
  const answer = copy_tree(from, <u64>made);
  target.forget(<u64>made);
  return answer;
}

/** All that is in the directory `from`, into the directory `to`. */
function copy_tree(from: u64, to: u64): i64 {
  let depth: u32 = 0;
  begin_level(0, from, to);
  let answer: i64 = 0;
  for (;;) {
    const level = level_at(depth);
    const at = load<u32>(level, 24);
    if (at == load<u32>(level, 28)) {
      answer = refill(level);
      if (answer < 0) break;
      if (answer > 0) continue;
      if (depth == 0) return 0;
      end_level(depth--);
      continue;
    }
    const record = level + 32 + at;
    const length = load<u32>(record, RECORD_NAME_BYTES);
    store<u32>(level, at + ((RECORD_NAME + length + 7) & ~7), 24);
    names.clear().bytes(record + RECORD_NAME, length);
    culprit.clear().bytes(record + RECORD_NAME, length);
    answer = source.lookup(load<u64>(level), names.start, names.length);
    // somebody removed it meanwhile
    if (answer == E_NOT_FOUND) continue;
    if (answer < 0) break;
    const node = source.node;
    if (source.kind != KIND_DIRECTORY) {
      answer = copy_one(node, source.kind, load<u64>(level, 8));
      source.forget(node);
      if (answer < 0 && !leave_out(answer)) break;
      continue;
    }
    // a tree that is copied into itself would never end
    answer =
      depth + 1 == DEPTH_MAX
        ? E_NAME_TOO_LONG
        : source == target && node == to
          ? E_LOOP
          : directory_in(load<u64>(level, 8));
    if (answer < 0) {
      source.forget(node);
      break;
    }
    begin_level(++depth, node, <u64>answer);
  }
  for (; depth > 0; depth--) end_level(depth);
  return answer;
}

function begin_level(depth: u32, from: u64, to: u64): void {
  const level = level_at(depth);
  store<u64>(level, from);
  store<u64>(level, to, 8);
  store<u64>(level, 0, 16);
  store<u64>(level, 0, 24);
}

function end_level(depth: u32): void {
  source.forget(load<u64>(level_at(depth)));
  target.forget(load<u64>(level_at(depth), 8));
}

/** The next names of a level: their bytes, 0 at the directory's end, or an error. */
function refill(level: usize): i64 {
  const answer = source.list(load<u64>(level), load<u64>(level, 16));
  if (answer <= 0) return answer;
  let used: u32 = 0;
  while (used + RECORD_NAME <= <u32>answer) {
    const record = source.buffer + used;
    const length = load<u32>(record, RECORD_NAME_BYTES);
    const whole = (RECORD_NAME + length + 7) & ~7;
    if (length > NAME_BYTES_MAX || used + whole > BATCH_BYTES || used + RECORD_NAME + length > <u32>answer) break;
    store<u64>(level, load<u64>(record), 16);
    used += whole;
  }
  if (used == 0) return E_DEVICE; // records that are none
  memory.copy(level + 32, source.buffer, used);
  store<u32>(level, 0, 24);
  store<u32>(level, used, 28);
  return used;
}

/** A file or a link, to the name in `names`. */
function copy_one(from: u64, kind: u32, into: u64): i64 {
  if (kind != KIND_FILE) return copy_link(from, into);
  let node = target.create(into, names.start, names.length, KIND_FILE);
  if (node == E_EXISTS) {
    const found = target.lookup(into, names.start, names.length);
    if (found < 0) return found;
    node = <i64>target.node;
    // the same file: emptying it would lose it
    const answer = source == target && target.node == from ? E_EXISTS : target.truncate(<u64>node, 0);
    if (answer < 0) {
      target.forget(<u64>node);
      return answer;
    }
  }
  if (node < 0) return node;
  const answer = copy_bytes(from, <u64>node);
  target.forget(<u64>node);
  if (answer >= 0) file_count++;
  // half a file is none
  else target.unlink(into, names.start, names.length, UNLINK_FILE);
  return answer;
}

function copy_bytes(from: u64, to: u64): i64 {
  const limit = min(source.buffer_bytes, target.buffer_bytes);
  let offset: u64 = 0;
  let came = source.read(from, 0, limit);
  while (came > 0) {
    const wrote = target.write(to, offset, source.buffer, <u32>came);
    if (wrote < 0) return wrote;
    if (wrote < came) return E_NO_SPACE;
    offset += <u64>came;
    byte_count += <u64>came;
    came = source.read(from, offset, limit);
  }
  return came;
}

/** The link itself, in place of a link or a file that is there. */
function copy_link(from: u64, into: u64): i64 {
  const length = source.readlink(from);
  if (length < 0) return length;
  if (<u32>length > TARGET_BYTES_MAX) return E_NAME_TOO_LONG;
  const name_length = names.length;
  names.byte(0).bytes(source.buffer, <u32>length);
  let made = target.symlink(into, names.start, names.length);
  if (made == E_EXISTS) {
    const found = target.lookup(into, names.start, name_length);
    if (found >= 0) target.forget(target.node);
    // copied onto itself it stays
    const gone =
      source == target && target.node == from ? E_EXISTS : target.unlink(into, names.start, name_length, UNLINK_FILE);
    if (gone < 0) return gone;
    made = target.symlink(into, names.start, names.length);
  }
  if (made < 0) return made;
  target.forget(<u64>made);
  file_count++;
  return 0;
}
