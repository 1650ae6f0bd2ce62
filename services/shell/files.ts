// Commands of files: ls, cat, write, mkdir, rm, mv, and of the store alone df, snapshot. What paths mean is places.ts's. Links are shown and not
// followed. What a command changed is durable when it ends.
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
} from "../../build/interfaces/files/client";
import { E_CROSSES, E_EXISTS, E_NO_SPACE } from "../lib/errors";
import { PAGE_SIZE } from "../lib/region";
import { Text } from "../lib/text";
import { complain, complain_about, end_line, number_in, out, put_name, show, size_in } from "./output";
import { files, last, last_bytes, node_of, parent_of, root, vdfs } from "./places";
import { put_date } from "./time";
import { word_count, word_is, word_length, word_start } from "./words";

const READ_BYTES: u32 = 8192;
const SLASH: u8 = 0x2f;

/** Two names, or one word of a line and what follows it. */
const names = new Text(memory.data(4352), 4352);
/** A name that is looked at more closely while the connection's buffer serves other calls. */
const name = new Text(memory.data(256), 256);

export function wants(command: string, words: u32, usage: string): bool {
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
  put_name(out(), name.start, name.length);
  if (kind == KIND_DIRECTORY) out().byte(SLASH);
  if (kind == KIND_LINK) {
    const length = files.readlink(node);
    if (length > 0) put_name(out().string(" -> "), files.buffer, <u32>length);
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
  const source = files;
  names.clear().bytes(last, last_bytes).byte(0);
  const to = parent_of("mv", 2);
  if (to < 0) {
    source.forget(<u64>from);
    return 1;
  }
  names.bytes(last, last_bytes);
  const moved = source == files ? files.rename(<u64>from, <u64>to, names.start, names.length) : E_CROSSES;
  source.forget(<u64>from);
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
  const error = vdfs.space();
  if (error < 0) return complain_about("df", error);
  size_in(vdfs.pages * PAGE_SIZE, 12);
  out().string(" on the disk, ");
  size_in(vdfs.free * PAGE_SIZE, 4);
  out().string(" free, ");
  size_in(vdfs.shared_pages * PAGE_SIZE, 4);
  out().string(" of what was written since the store was taken up was there already");
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
    ? vdfs.drop_snapshot(word_start(word), word_length(word))
    : vdfs.snapshot(word_start(word), word_length(word));
  return answer < 0 ? complain_about("snapshot", answer) : 0;
}
