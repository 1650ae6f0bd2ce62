// The methods of every server of files, each by a few messages to the host. What a client says is checked here: nodes are its own, names are
// names, so that no host ever sees a path. Lengths of a message's data are cut to what a message holds.
import { KIND_DIRECTORY, KIND_FILE, KIND_LINK, MAY_READ, MAY_WRITE } from "../../build/interfaces/ninep/constants";
import {
  NAME_BYTES_MAX,
  RECORD_KIND,
  RECORD_NAME,
  RECORD_NAME_BYTES,
  RECORD_NODE,
  TARGET_BYTES_MAX,
  TIMES_ACCESSED,
  TIMES_ACCESSED_NOW,
  TIMES_MODIFIED,
  TIMES_MODIFIED_NOW,
  UNLINK_DIRECTORY,
  UNLINK_FILE,
} from "../../build/interfaces/ninep/constants";
import { METHOD_READ, METHOD_WRITE, set_lookup_results } from "../../build/interfaces/ninep/server";
import { set_root_results, set_status_results } from "../../build/interfaces/ninep/server";
import { copy } from "../lib/buffer";
import {
  E_ABSENT,
  E_ARGUMENT,
  E_DEVICE,
  E_IS_DIRECTORY,
  E_NAME_TOO_LONG,
  E_NOT_DIRECTORY,
  E_READ_ONLY,
  E_RIGHTS,
  E_TOO_LARGE,
} from "../lib/errors";
import * as files from "./content";
import {
  detach,
  entry,
  find,
  find_directory,
  find_open,
  has_root,
  hold,
  is_kept,
  keep_open,
  list_fid,
  MODE_CLOSED,
  MODE_READ,
  MODE_WRITE,
  refresh,
  release,
} from "./nodes";
import * as session from "./session";

const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;
/** Answers of the host's that one list() asks for at most: more than two hold nothing but `.` and `..` from no host. */
const LIST_ROUNDS: u32 = 8;

/** 0 for a name that the interface allows. */
function check_name(name: usize, length: u32): i64 {
  if (length == 0) return E_ARGUMENT;
  if (length > NAME_BYTES_MAX) return E_NAME_TOO_LONG;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(name + i);
    if (byte == 0 || byte == SLASH) return E_ARGUMENT;
  }
  if (load<u8>(name) != DOT) return 0;
  return length == 1 || (length == 2 && load<u8>(name + 1) == DOT) ? E_ARGUMENT : 0;
}

function kind_of(qid_type: u32): u32 {
  if ((qid_type & session.QID_DIRECTORY) != 0) return KIND_DIRECTORY;
  return (qid_type & session.QID_LINK) != 0 ? KIND_LINK : KIND_FILE;
}

/** A copy of a name, that its client cannot change any more: what was checked is what is sent. */
function take_name(source: usize, length: u32, place: usize): i64 {
  if (length > NAME_BYTES_MAX) return E_NAME_TOO_LONG;
  memory.copy(place, source, length);
  return check_name(place, length);
}

const first_name = memory.data(256, 8);
const second_name = memory.data(4096, 8);
let first_length: u32 = 0;
let second_length: u32 = 0;

/** Two texts with a NUL between them, copied: the first is checked as a name. */
function take_pair(source: usize, length: u32, limit: u32): i64 {
  let cut: u32 = 0;
  while (cut < length && load<u8>(source + cut) != 0) cut++;
  if (cut == length) return E_ARGUMENT;
  first_length = cut;
  second_length = length - cut - 1;
  if (second_length > limit) return E_NAME_TOO_LONG;
  memory.copy(second_name, source + cut + 1, second_length);
  return take_name(source, cut, first_name);
}

/** The directory of a method that changes names in it: `entry`; with a name, that is at `first_name`. */
function directory_to_change(badge: u64, directory: u64): i64 {
  const answer = find_directory(badge, directory);
  if (answer < 0) return answer;
  return entry.may_write != 0 ? 0 : E_READ_ONLY;
}

export function root(badge: u64): i64 {
  if (session.root_node == 0) return E_ABSENT;
  if (!has_root(badge)) return E_RIGHTS;
  find(badge, session.root_node);
  set_root_results(session.root_node, entry.may_write != 0 ? MAY_READ | MAY_WRITE : MAY_READ, 0, 0);
  return 0;
}

export { directory, enter } from "./handed";

export function lookup(badge: u64, directory: u64, name: usize, length: u32): i64 {
  let answer = find_directory(badge, directory);
  if (answer == 0) answer = take_name(name, length, first_name);
  const may_write = entry.may_write;
  if (answer == 0) answer = session.walk(entry.fid, first_name, length);
  if (answer < 0) return answer;
  const kind = kind_of(session.qid_type);
  answer = hold(badge, <u32>answer, MODE_CLOSED, may_write);
  if (answer == 0) set_lookup_results(entry.node, kind);
  return answer;
}

export function forget(badge: u64, node: u64): i64 {
  const answer = find(badge, node);
  if (answer == 0) release();
  return answer;
}

export function status(badge: u64, node: u64): i64 {
  let answer = find(badge, node);
  if (answer == 0) answer = refresh();
  if (answer < 0) return answer;
  const kind_links = (<u64>kind_of(entry.type)) | (entry.links << 32);
  set_status_results(kind_links, entry.size, entry.modified_ns, entry.accessed_ns, entry.changed_ns);
  return 0;
}

export function create(badge: u64, directory: u64, name: usize, length: u32, kind: u32): i64 {
  let answer = directory_to_change(badge, directory);
  if (answer == 0) answer = take_name(name, length, first_name);
  if (answer < 0) return answer;
  if (kind != KIND_FILE && kind != KIND_DIRECTORY) return E_ARGUMENT;
  if (kind == KIND_FILE) return create_file(badge, length);
  answer = session.create_directory(entry.fid, first_name, length);
  return answer < 0 ? answer : open_made(badge, length);
}

/** A fid for the directory turns into one for the new file. */
function create_file(badge: u64, length: u32): i64 {
  const fid = session.walk(entry.fid, 0, 0);
  if (fid < 0) return fid;
  let answer = session.create_file(<u32>fid, first_name, length);
  if (answer < 0) {
    session.fid_free(<u32>fid);
    return answer;
  }
  answer = hold(badge, <u32>fid, MODE_READ | MODE_WRITE, 1);
  return answer < 0 ? answer : <i64>entry.node;
}

/** Opens what was just made in the directory of `entry` under `first_name`. */
function open_made(badge: u64, length: u32): i64 {
  const fid = session.walk(entry.fid, first_name, length);
  if (fid < 0) return fid;
  const answer = hold(badge, <u32>fid, MODE_CLOSED, 1);
  return answer < 0 ? answer : <i64>entry.node;
}

export function symlink(badge: u64, directory: u64, names: usize, length: u32): i64 {
  let answer = directory_to_change(badge, directory);
  if (answer == 0) answer = take_pair(names, length, TARGET_BYTES_MAX);
  if (answer < 0) return answer;
  for (let i: u32 = 0; i < second_length; i++) if (load<u8>(second_name + i) == 0) return E_ARGUMENT;
  answer = session.create_symlink(entry.fid, first_name, first_length, second_name, second_length);
  return answer < 0 ? answer : open_made(badge, first_length);
}

export function readlink(badge: u64, node: u64, out: usize, limit: u32): i64 {
  let answer = find(badge, node);
  if (answer < 0) return answer;
  if ((entry.type & session.QID_LINK) == 0) return E_ARGUMENT;
  answer = session.read_link(entry.fid);
  if (answer < 0) return answer;
  if (<u32>answer > min(limit, TARGET_BYTES_MAX)) return E_NAME_TOO_LONG;
  memory.copy(out, session.text, <usize>answer);
  return answer;
}

export function link(badge: u64, node: u64, directory: u64, name: usize, length: u32): i64 {
  let answer = find(badge, node);
  if (answer < 0) return answer;
  if ((entry.type & session.QID_DIRECTORY) != 0) return E_IS_DIRECTORY;
  // a name where he may write would let him write what he may only read
  if (entry.may_write == 0) return E_READ_ONLY;
  const fid = entry.fid;
  answer = directory_to_change(badge, directory);
  if (answer == 0) answer = take_name(name, length, first_name);
  return answer < 0 ? answer : session.link_file(entry.fid, fid, first_name, length);
}

export function unlink(badge: u64, directory: u64, name: usize, length: u32, kind: u32): i64 {
  let answer = directory_to_change(badge, directory);
  if (answer == 0) answer = take_name(name, length, first_name);
  if (answer < 0) return answer;
  if (kind != UNLINK_FILE && kind != UNLINK_DIRECTORY) return E_ARGUMENT;
  const fid = entry.fid;
  if (kind == UNLINK_FILE) keep_open(fid, first_name, length);
  answer = session.unlink_name(fid, first_name, length, kind == UNLINK_DIRECTORY);
  if (answer == 0 && kind == UNLINK_FILE) detach();
  return answer;
}

export function rename(badge: u64, from: u64, to: u64, names: usize, length: u32): i64 {
  let answer = directory_to_change(badge, from);
  if (answer < 0) return answer;
  const from_fid = entry.fid;
  answer = directory_to_change(badge, to);
  if (answer == 0) answer = take_pair(names, length, NAME_BYTES_MAX);
  if (answer == 0) answer = check_name(second_name, second_length);
  if (answer < 0) return answer;
  const to_fid = entry.fid;
  keep_open(to_fid, second_name, second_length);
  // Two names of one file: nothing goes.
  const is_same = is_kept(from_fid, first_name, first_length);
  answer = session.rename_name(from_fid, first_name, first_length, to_fid, second_name, second_length);
  if (answer == 0 && !is_same) detach();
  return answer;
}

export function list(badge: u64, directory: u64, cursor: u64, out: usize, limit: u32): i64 {
  let answer = find_directory(badge, directory);
  if (answer == 0) answer = list_fid();
  if (answer < 0) return answer;
  const fid = <u32>answer;
  // hosts count with a sign: what is beyond is behind the last
  if (<i64>cursor < 0) return 0;
  let from = cursor;
  for (let round: u32 = 0; round < LIST_ROUNDS; round++) {
    // A record is eight bytes longer than the host's entry at most: what the host sends fits, or the rest is asked for again.
    const came = session.read_names(fid, from, limit);
    if (came <= 0) return came;
    const used = records(out, limit);
    if (used != 0) return used;
    from = last_cursor;
  }
  return E_DEVICE;
}

let last_cursor: u64 = 0;

/** The entries of the host's answer as records, as many as fit: their bytes, or E_DEVICE for a name that is none. */
function records(out: usize, limit: u32): i64 {
  let used: u32 = 0;
  for (;;) {
    const answer = session.next_name();
    if (answer < 0) return answer;
    if (answer == 0) break;
    const length = session.name_length;
    const name = session.name_text;
    if (session.name_is_dots()) {
      last_cursor = session.name_cursor;
      continue;
    }
    if (check_name(name, length) < 0) return E_DEVICE;
    const bytes = (RECORD_NAME + length + 7) & ~7;
    // a buffer that holds not one record of what is there is the client's mistake, not the end of the directory
    if (used + bytes > limit) return used == 0 ? E_ARGUMENT : used;
    last_cursor = session.name_cursor;
    const record = out + used;
    store<u64>(record, last_cursor);
    store<u64>(record + RECORD_NODE, session.qid_node);
    store<u32>(record + RECORD_KIND, kind_of(session.qid_type));
    store<u32>(record + RECORD_NAME_BYTES, length);
    memory.copy(record + RECORD_NAME, name, length);
    memory.fill(record + RECORD_NAME + length, 0, bytes - RECORD_NAME - length);
    used += bytes;
  }
  return used;
}

export function read(badge: u64, node: u64, offset: u64, limit: u32, out: usize, out_limit: u32): i64 {
  const answer = find_open(badge, node, MODE_READ);
  return answer < 0 ? answer : files.read(offset, min(limit, out_limit), out, <u32>METHOD_READ);
}

/** Nothing of the host's memory can be mapped. */
export function map(_badge: u64, _node: u64, _offset: u64, _pages: u32): i64 {
  return E_ABSENT;
}

export function write(badge: u64, node: u64, offset: u64, data: usize, length: u32): i64 {
  const answer = file_to_change(badge, node, offset, length);
  return answer < 0 ? answer : files.write(offset, data, length, <u32>METHOD_WRITE);
}

export function truncate(badge: u64, node: u64, size: u64): i64 {
  const answer = file_to_change(badge, node, size, 0);
  return answer < 0 ? answer : files.truncate(size);
}

export function allocate(badge: u64, node: u64, offset: u64, length: u64): i64 {
  const answer = file_to_change(badge, node, offset, length);
  return answer < 0 ? answer : files.allocate(offset + length);
}

/** A file that may be written: `entry`; [offset, offset + length) is one that a file can have. */
function file_to_change(badge: u64, node: u64, offset: u64, length: u64): i64 {
  const answer = find_open(badge, node, MODE_WRITE);
  if (answer < 0) return answer;
  if (entry.may_write == 0) return E_READ_ONLY;
  const largest = <u64>i64.MAX_VALUE;
  return offset > largest || length > largest - offset ? E_TOO_LARGE : 0;
}

export function times(badge: u64, node: u64, which: u32, accessed_ns: u64, modified_ns: u64): i64 {
  const answer = find(badge, node);
  if (answer < 0) return answer;
  if (entry.may_write == 0) return E_READ_ONLY;
  let bits: u32 = 0;
  if ((which & TIMES_ACCESSED) != 0) bits |= session.SET_ACCESSED | session.SET_ACCESSED_TO;
  if ((which & TIMES_ACCESSED_NOW) != 0) bits |= session.SET_ACCESSED;
  if ((which & TIMES_MODIFIED) != 0) bits |= session.SET_MODIFIED | session.SET_MODIFIED_TO;
  if ((which & TIMES_MODIFIED_NOW) != 0) bits |= session.SET_MODIFIED;
  if (bits == 0) return 0;
  return session.set_attributes(entry.fid, bits, 0, accessed_ns, modified_ns);
}

export function sync(badge: u64, node: u64): i64 {
  if (node == 0) return files.sync_all();
  let answer = find(badge, node);
  if (answer < 0) return answer;
  if ((entry.type & session.QID_LINK) != 0) return 0;
  if ((entry.type & session.QID_DIRECTORY) == 0) return files.sync(entry);
  answer = list_fid();
  return answer < 0 ? answer : session.sync_file(<u32>answer);
}
