// fd_readdir: "." and ".." and then the names, in the order of their bytes or the server's. The cookie is the number of entries that
// the program has seen, or the server's cursor and two. An entry that does not fit is cut, so that a full buffer always means "ask again".
import { RECORD_KIND, RECORD_NAME, RECORD_NAME_BYTES, RECORD_NODE } from "../../build/interfaces/files/constants";
import { descriptor, directory_with } from "./descriptors";
import { ERRNO_FAULT, ERRNO_SUCCESS } from "./errno";
import { files_bytes, files_length, files_list, type_of } from "./files";
import { guest_fill_from, guest_reaches, guest_store32 } from "./guest";
import { METHOD_FD_READDIR } from "./methods";
import { node_child, node_length, node_name, node_name_length, node_type } from "./tree";
import { FILETYPE_DIRECTORY, RIGHT_FD_READDIR } from "./types";
import { volume_inode, volume_is_served, volume_keeper } from "./volume";

const DIRENT_SIZE: u32 = 24;
const DOT_ENTRIES: u64 = 2;
const DOTS: usize = memory.data<u8>([0x2e, 0x2e]);

/** One entry is put together here before as much of it as fits is copied out. */
const entry = memory.data(24, 8);

// The program's buffer, and how much of it is used.
let place: u32 = 0;
let room: u32 = 0;
let used: u32 = 0;

export function fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, result: u32): u32 {
  let error = directory_with(fd, RIGHT_FD_READDIR);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(buffer, length) || !guest_reaches(result, 4)) return ERRNO_FAULT;
  place = buffer;
  room = length;
  used = 0;
  let at = cookie;
  for (; at < DOT_ENTRIES && used < room; at++) {
    const inode = at == 0 ? volume_inode(descriptor.volume, descriptor.node) : descriptor.offset;
    append(at + 1, inode, DOTS, <u32>at + 1, FILETYPE_DIRECTORY);
  }
  if (used < room && at >= DOT_ENTRIES) {
    if (volume_is_served(descriptor.volume)) error = list_served(at - DOT_ENTRIES);
    else list_tree(at - DOT_ENTRIES);
  }
  if (error == ERRNO_SUCCESS) guest_store32(result, 0, used);
  return error;
}

function list_tree(first: u64): void {
  const tree = volume_keeper(descriptor.volume);
  const directory = <u32>descriptor.node;
  const children = <u64>node_length(tree, directory);
  for (let i = first; i < children && used < room; i++) {
    const node = node_child(tree, directory, <u32>i);
    const cookie = i + DOT_ENTRIES + 1;
    append(cookie, <u64>node + 1, node_name(tree, node), node_name_length(tree, node), node_type(tree, node));
  }
}

/** Asks the server until the program's buffer is full or there is no more. Every answer moves the cursor on, or is the last. */
function list_served(first: u64): u32 {
  const number = volume_keeper(descriptor.volume);
  let cursor = first;
  while (used < room) {
    const error = files_list(number, descriptor.node, cursor);
    if (error != ERRNO_SUCCESS) return error;
    const before = cursor;
    let at: u32 = 0;
    while (at + RECORD_NAME <= files_length && used < room) {
      const record = files_bytes + at;
      const name_length = load<u32>(record, RECORD_NAME_BYTES);
      if (name_length > files_length - at - RECORD_NAME) break;
      cursor = load<u64>(record);
      const type = type_of(load<u32>(record, RECORD_KIND));
      append(cursor + DOT_ENTRIES, load<u64>(record, RECORD_NODE), record + RECORD_NAME, name_length, type);
      at += (RECORD_NAME + name_length + 7) & ~7;
    }
    if (cursor == before) break;
  }
  return ERRNO_SUCCESS;
}

/** Puts an entry into the program's buffer, as much of it as fits. */
function append(cookie: u64, inode: u64, name: usize, name_length: u32, type: u32): void {
  store<u64>(entry, cookie, 0);
  store<u64>(entry, inode, 8);
  store<u32>(entry, name_length, 16);
  store<u32>(entry, type, 20);
  fill(entry, DIRENT_SIZE);
  fill(name, name_length);
}

function fill(source: usize, bytes: u32): void {
  const piece = min(bytes, room - used);
  guest_fill_from(place + used, source, piece, METHOD_FD_READDIR);
  used += piece;
}
