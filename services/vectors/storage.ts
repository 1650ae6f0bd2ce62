// The files of the open indices: a directory for each, kept by the service `vdfs`. The vector index reads
// and writes its pages through the functions that `open_storage` binds. Invariant: a call that the server did not answer because it
// died is repeated only where doing it twice is doing it once. A server that was started again knows none of the nodes: a read finds them by their names
// once more, for what was committed is durable; a commit fails, and the index with it.
import { KIND_DIRECTORY, KIND_FILE, Vdfs } from "../../build/interfaces/vdfs/client";
import { E_ABSENT, E_DAMAGED, E_HANDLE, E_NOT_FOUND, E_PEER_FAULT } from "../lib/errors";
import * as startup from "../lib/startup";
import { bind_files, bind_show, FILES } from "../vdfs/vector/files";
import { bind, bind_shown } from "../vdfs/vector/index";
import * as journal from "../vdfs/vector/journal";
import * as windows from "./windows";

/** Indices that may be open at a time. */
export const HANDLES: u32 = 8;
const ATTEMPTS: u32 = 3;
// in the order of the files' numbers; a digit would do, but whoever lists the directory should see what is what
const NAMES: StaticArray<string> = ["header", "graph", "vectors", "upper", "names", "keys", "keys-other", "journal"];
/** Longest of NAMES. */
const NAME_BYTES: u32 = 16;

const nodes = memory.data(512, 8);
const name_bytes = memory.data(16);
/** By handle: the directory's name, as long as its files are open. */
const directory_names = memory.data(2048);
const directory_name_bytes = memory.data(32, 4);
let files: Vdfs | null = null;

// @ts-ignore: decorator
@inline
function node_at(handle: u32, file: u32): usize {
  return nodes + ((handle * FILES + file) << 3);
}

export function open_storage(): void {
  bind_files(read, write, cut, sync);
  bind_show(show);
  bind_shown(journal.show_page, windows.WINDOWS_AT, windows.WINDOWS_BYTES);
  bind(journal.read_page, journal.write_page, journal.truncate, journal.commit);
}

/** The server's root, opened: it is connected when it is first needed. An error while there is none. */
function open_root(): i64 {
  if (startup.capability("vdfs") == 0) return E_ABSENT;
  if (files == null) files = Vdfs.connect("vdfs");
  const answer = files!.root();
  return answer < 0 ? answer : <i64>files!.node;
}

/** NAMES[file] as bytes at name_bytes: their length. */
function name_of(file: u32): u32 {
  const name = unchecked(NAMES[file]);
  const length = <u32>name.length;
  for (let i: u32 = 0; i < length && i < NAME_BYTES; i++) store<u8>(name_bytes + i, <u8>name.charCodeAt(i));
  return length;
}

/** Opens the files of an index, or makes them: 0, or an error. */
export function take_files(handle: u32, name: usize, length: u32, is_new: bool): i64 {
  memory.copy(directory_names + (handle << 8), name, length);
  store<u32>(directory_name_bytes + (handle << 2), length);
  let answer = open_nodes(handle, is_new);
  if (answer >= 0) answer = journal.begin(handle, is_new);
  if (answer < 0) leave_files(handle);
  return answer;
}

/** Finds the directory and the files of a handle by their names: 0, or an error. */
function open_nodes(handle: u32, is_new: bool): i64 {
  const root = open_root();
  if (root < 0) return root;
  const server = files!;
  const name = directory_names + (handle << 8);
  const length = load<u32>(directory_name_bytes + (handle << 2));
  let directory: i64 = 0;
  if (is_new) directory = server.create(<u64>root, name, length, KIND_DIRECTORY);
  else {
    const found = server.lookup(<u64>root, name, length);
    directory = found < 0 ? found : server.kind == KIND_DIRECTORY ? <i64>server.node : E_NOT_FOUND;
  }
  server.forget(<u64>root);
  if (directory < 0) return directory;
  let answer: i64 = 0;
  for (let file: u32 = 0; file < FILES && answer >= 0; file++) {
    const bytes = name_of(file);
    answer = server.lookup(<u64>directory, name_bytes, bytes);
    if (answer >= 0) answer = <i64>server.node;
    // an import that was cut off has left some of them
    else if (answer == E_NOT_FOUND && (is_new || file > 0))
      answer = server.create(<u64>directory, name_bytes, bytes, KIND_FILE);
    if (answer >= 0) store<u64>(node_at(handle, file), <u64>answer);
  }
  server.forget(<u64>directory);
  return min<i64>(answer, 0);
}

/** Forgets the files of an index. */
export function leave_files(handle: u32): void {
  journal.end(handle);
  windows.leave(file_number(handle, 0), file_number(handle, FILES));
  for (let file: u32 = 0; file < FILES; file++) {
    const at = node_at(handle, file);
    if (load<u64>(at) != 0) files!.forget(load<u64>(at));
    store<u64>(at, 0);
  }
}

/** True if what the store showed is to be forgotten: it was started again. */
export function were_lost(): bool {
  return files != null && windows.were_lost(files!);
}

/** What windows.ts knows a file by. */
function file_number(handle: u32, file: u32): u32 {
  return handle * FILES + file + 1;
}

function show(handle: u32, file: u32, offset: u64, bytes: u32): usize {
  return windows.show(files!, file_number(handle, file), load<u64>(node_at(handle, file)), offset, bytes);
}

function read(handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i64 {
  const server = files!;
  let done: u32 = 0;
  let failures: u32 = 0;
  while (done < bytes) {
    const node = load<u64>(node_at(handle, file));
    const got = server.read(node, offset + done, min(bytes - done, server.buffer_bytes));
    if (got == E_PEER_FAULT && ++failures < ATTEMPTS) continue;
    if (got == E_HANDLE && ++failures < ATTEMPTS && open_nodes(handle, false) == 0) {
      windows.lose();
      continue;
    }
    if (got < 0) return got;
    if (got == 0) break;
    if (<u32>got > bytes - done) return E_DAMAGED;
    memory.copy(at + done, server.buffer, <u32>got);
    done += <u32>got;
  }
  return done;
}

function write(handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i64 {
  const server = files!;
  const node = load<u64>(node_at(handle, file));
  let done: u32 = 0;
  let failures: u32 = 0;
  while (done < bytes) {
    const got = server.write(node, offset + done, at + done, min(bytes - done, server.buffer_bytes));
    if (got == E_PEER_FAULT && ++failures < ATTEMPTS) continue;
    if (got < 0) return got;
    if (got == 0 || <u32>got > bytes - done) return E_DAMAGED;
    done += <u32>got;
  }
  return 0;
}

function cut(handle: u32, file: u32, bytes: u64): i64 {
  const node = load<u64>(node_at(handle, file));
  let answer = files!.truncate(node, bytes);
  for (let failures: u32 = 1; answer == E_PEER_FAULT && failures < ATTEMPTS; failures++)
    answer = files!.truncate(node, bytes);
  return answer;
}

function sync(_handle: u32): i64 {
  // a server that died under a sync may have lost what was written before it: that is not repeated
  return files!.sync(0);
}
