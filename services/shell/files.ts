// Commands of the file store: ls, cat, write, mkdir, rm, mv, df, snapshot. A path's parts are looked up one by one from the directory that the
// shell's connection is for; there is nothing above it, so `..` is no name. Links are shown and not followed.
import {
  KIND_DIRECTORY,
  KIND_FILE,
  KIND_LINK,
  NAME_BYTES_MAX,
  RECORD_KIND,
  RECORD_NAME,
  RECORD_NAME_BYTES,
  UNLINK_DIRECTORY,
  UNLINK_FILE,
  Vdfs,
} from "../../build/interfaces/vdfs/client";
import { E_EXISTS, E_NO_SPACE, E_NOT_FOUND } from "../lib/errors";
import { PAGE_SIZE } from "../lib/region";
import * as startup from "../lib/startup";
import { Text } from "../lib/text";
import { complain, complain_about, end_line, number_in, out, show, size_in } from "./output";
import { put_date } from "./time";
import { word_count, word_is, word_length, word_start } from "./words";

const READ_BYTES: u32 = 8192;
const SLASH: u8 = 0x2f;

const files = Vdfs.connect("vdfs");
/** The last part of the path that was walked: its bytes stay where they are, in the line. */
let last: usize = 0;
let last_bytes: u32 = 0;
/** Two names, or one word of a line and what follows it. */
const names = new Text(memory.data(4352), 4352);
/** A name that is looked at more closely while the connection's buffer serves other calls. */
const name = new Text(memory.data(256), 256);

/** The root's node, or an error, which has been told then. */
function root(command: string): i64 {
  if (startup.capability("vdfs") == 0) {
    complain(command + ": this image has no file store; `phi boot --image store --disk FILE` has one.");
    return E_NOT_FOUND;
  }
  const answer = files.root();
  if (answer >= 0) return <i64>files.node;
  complain_about(command, answer);
  return answer;
}

/** The end of the path's next part from `at` on; `last` is that part. */
function next_part(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) == SLASH) at++;
  last = at;
  while (at < end && load<u8>(at) != SLASH) at++;
  last_bytes = <u32>(at - last);
  return at;
}

function is_last(at: usize, end: usize): bool {
  while (at < end && load<u8>(at) == SLASH) at++;
  return at == end;
}

/** The directory that holds the path's last part, which is `last` then (0 bytes: the path is the root itself). An error has been told. */
function parent_of(command: string, word: u32): i64 {
  let node = root(command);
  if (node < 0) return node;
  const end = word_start(word) + word_length(word);
  let at = next_part(word_start(word), end);
  while (!is_last(at, end)) {
    const found = files.lookup(<u64>node, last, last_bytes);
    if (found < 0) {
      files.forget(<u64>node);
      complain_about(command, found);
      return found;
    }
    files.forget(<u64>node);
    node = <i64>files.node;
    at = next_part(at, end);
  }
  return node;
}

/** The node that a path names, opened, and its kind in files.kind. An error has been told. */
function node_of(command: string, word: u32): i64 {
  const directory = parent_of(command, word);
  if (directory < 0) return directory;
  if (last_bytes == 0) {
    files.kind = KIND_DIRECTORY;
    return directory;
  }
  const found = files.lookup(<u64>directory, last, last_bytes);
  files.forget(<u64>directory);
  if (found >= 0) return <i64>files.node;
  complain_about(command, found);
  return found;
}

function wants(command: string, words: u32, usage: string): bool {
  if (word_count == words) return true;
  complain(command + ": usage: " + usage);
  return false;
}

export function ls(): u32 {
  const node = word_count > 1 ? node_of("ls", 1) : root("ls");
  if (node < 0) return 1;
  if (word_count > 1 && files.kind != KIND_DIRECTORY) {
    name.clear().bytes(last, last_bytes);
    show_entry(<u64>node, files.kind);
    files.forget(<u64>node);
    return 0;
  }
  let cursor: u64 = 0;
  for (;;) {
    const length = files.list(<u64>node, cursor);
    if (length == 0) break;
    if (length < 0) {
      files.forget(<u64>node);
      return complain_about("ls", length);
    }
    // one record at a time: a closer look at it takes the buffer
    const record = files.buffer;
    cursor = load<u64>(record);
    const kind = load<u32>(record + RECORD_KIND);
    name.clear().bytes(record + RECORD_NAME, min(load<u32>(record + RECORD_NAME_BYTES), NAME_BYTES_MAX));
    if (files.lookup(<u64>node, name.start, name.length) < 0) continue;
    const entry = files.node;
    show_entry(entry, kind);
    files.forget(entry);
  }
  files.forget(<u64>node);
  return 0;
}

/** `kind size date name`, of the entry whose name is in `name`. */
function show_entry(node: u64, kind: u32): void {
  out().string(kind == KIND_DIRECTORY ? "directory " : kind == KIND_LINK ? "link      " : "file      ");
  if (files.status(node) >= 0) {
    number_in(files.size, 12);
    out().string("  ");
    put_date(out(), files.modified_ns);
    out().string("  ");
  }
  out().bytes(name.start, name.length);
  if (kind == KIND_DIRECTORY) out().byte(SLASH);
  if (kind == KIND_LINK) {
    const length = files.readlink(node);
    if (length > 0)
      out()
        .string(" -> ")
        .bytes(files.buffer, <u32>length);
  }
  end_line();
}

export function cat(): u32 {
  if (!wants("cat", 2, "cat PATH")) return 1;
  const node = node_of("cat", 1);
  if (node < 0) return 1;
  let offset: u64 = 0;
  let length: i64 = 0;
  for (;;) {
    length = files.read(<u64>node, offset, READ_BYTES);
    if (length <= 0) break;
    offset += <u64>length;
    // as much at a time as the console's buffer takes
    for (let at: u32 = 0; at < <u32>length; at += 512) {
      out().bytes(files.buffer + at, min<u32>(512, <u32>length - at));
      show();
    }
  }
  files.forget(<u64>node);
  return length < 0 ? complain_about("cat", length) : 0;
}

/** `write PATH TEXT...`: the file holds that line, durably, when the command ends. */
export function write(): u32 {
  if (word_count < 2) return complain("write: usage: write PATH TEXT...");
  const directory = parent_of("write", 1);
  if (directory < 0) return 1;
  let node = files.create(<u64>directory, last, last_bytes, KIND_FILE);
  if (node == E_EXISTS && files.lookup(<u64>directory, last, last_bytes) >= 0) node = <i64>files.node;
  files.forget(<u64>directory);
  if (node < 0) return complain_about("write", node);
  let error = files.truncate(<u64>node, 0);
  let offset: u64 = 0;
  for (let word: u32 = 2; word < word_count && error >= 0; word++) {
    names
      .clear()
      .bytes(word_start(word), word_length(word))
      .byte(word + 1 < word_count ? 0x20 : 0x0a);
    error = files.write(<u64>node, offset, names.start, names.length);
    if (error >= 0 && error < <i64>names.length) error = E_NO_SPACE;
    offset += names.length;
  }
  if (error >= 0) error = files.sync(<u64>node);
  files.forget(<u64>node);
  return error < 0 ? complain_about("write", error) : 0;
}

export function mkdir(): u32 {
  if (!wants("mkdir", 2, "mkdir PATH")) return 1;
  const directory = parent_of("mkdir", 1);
  if (directory < 0) return 1;
  const made = files.create(<u64>directory, last, last_bytes, KIND_DIRECTORY);
  if (made >= 0) files.forget(<u64>made);
  return finish("mkdir", <u64>directory, made);
}

export function rm(): u32 {
  if (!wants("rm", 2, "rm PATH")) return 1;
  const directory = parent_of("rm", 1);
  if (directory < 0) return 1;
  let removed = files.lookup(<u64>directory, last, last_bytes);
  if (removed >= 0) {
    files.forget(files.node);
    const kind = files.kind == KIND_DIRECTORY ? UNLINK_DIRECTORY : UNLINK_FILE;
    removed = files.unlink(<u64>directory, last, last_bytes, kind);
  }
  return finish("rm", <u64>directory, removed);
}

export function mv(): u32 {
  if (!wants("mv", 3, "mv FROM TO")) return 1;
  const from = parent_of("mv", 1);
  if (from < 0) return 1;
  names.clear().bytes(last, last_bytes).byte(0);
  const to = parent_of("mv", 2);
  if (to < 0) {
    files.forget(<u64>from);
    return 1;
  }
  names.bytes(last, last_bytes);
  const moved = files.rename(<u64>from, <u64>to, names.start, names.length);
  files.forget(<u64>from);
  return finish("mv", <u64>to, moved);
}

/** What changed names is durable when the command ends. */
function finish(command: string, directory: u64, answer: i64): u32 {
  files.forget(directory);
  const error = answer < 0 ? answer : files.sync(0);
  return error < 0 ? complain_about(command, error) : 0;
}

export function df(): u32 {
  const node = root("df");
  if (node < 0) return 1;
  const rights = files.rights;
  const used = files.used_bytes;
  const quota = files.quota_bytes;
  files.forget(<u64>node);
  const error = files.space();
  if (error < 0) return complain_about("df", error);
  size_in(files.pages * PAGE_SIZE, 12);
  out().string(" on the disk, ");
  size_in(files.free * PAGE_SIZE, 4);
  out().string(" free, ");
  size_in(files.shared_pages * PAGE_SIZE, 4);
  out().string(" saved: they were there already");
  end_line();
  if (quota == 0) return 0;
  size_in(used, 12);
  out().string(" used of ");
  size_in(quota, 4);
  out().string(rights > 1 ? "" : ", read-only");
  end_line();
  return 0;
}

/** `snapshot NAME` keeps the tree as it is; `snapshot -d NAME` ends one. */
export function snapshot(): u32 {
  const drops = word_is(1, "-d");
  if (!wants("snapshot", drops ? 3 : 2, "snapshot [-d] NAME")) return 1;
  const node = root("snapshot");
  if (node < 0) return 1;
  files.forget(<u64>node);
  const word: u32 = drops ? 2 : 1;
  const answer = drops
    ? files.drop_snapshot(word_start(word), word_length(word))
    : files.snapshot(word_start(word), word_length(word));
  return answer < 0 ? complain_about("snapshot", answer) : 0;
}
