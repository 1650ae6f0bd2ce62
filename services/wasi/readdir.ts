// fd_readdir: "." and ".." and then the children in the order of their bytes. The cookie is the number of entries that
// the program has seen. An entry that does not fit is cut, so that a full buffer always means "ask again".
import { descriptor, directory_with } from "./descriptors";
import { ERRNO_FAULT, ERRNO_SUCCESS } from "./errno";
import { guest_fill_from, guest_reaches, guest_store32 } from "./guest";
import { METHOD_FD_READDIR } from "./methods";
import { node_child, node_length, node_name, node_name_length, node_parent, node_type } from "./tree";
import { FILETYPE_DIRECTORY, RIGHT_FD_READDIR } from "./types";

const DIRENT_SIZE: u32 = 24;
const DOT_ENTRIES: u64 = 2;
const DOTS: usize = memory.data<u8>([0x2e, 0x2e]);

/** One entry is put together here before as much of it as fits is copied out. */
const entry = memory.data(24, 8);

export function fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, result: u32): u32 {
  const error = directory_with(fd, RIGHT_FD_READDIR);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(buffer, length) || !guest_reaches(result, 4)) return ERRNO_FAULT;
  const tree = descriptor.tree;
  const directory = descriptor.node;
  const entries = DOT_ENTRIES + node_length(tree, directory);
  let used: u32 = 0;
  for (let at = cookie; at < entries && used < length; at++) {
    let node = directory;
    let name: usize = DOTS;
    let name_length = <u32>at + 1;
    if (at >= DOT_ENTRIES) {
      node = node_child(tree, directory, <u32>(at - DOT_ENTRIES));
      name = node_name(tree, node);
      name_length = node_name_length(tree, node);
    } else if (at == 1) node = node_parent(tree, directory);
    store<u64>(entry, at + 1, 0);
    store<u64>(entry, <u64>node + 1, 8);
    store<u32>(entry, name_length, 16);
    store<u32>(entry, at < DOT_ENTRIES ? FILETYPE_DIRECTORY : node_type(tree, node), 20);
    used = append(buffer, length, used, entry, DIRENT_SIZE);
    used = append(buffer, length, used, name, name_length);
  }
  guest_store32(result, 0, used);
  return ERRNO_SUCCESS;
}

/** Copies as much as fits; answers the bytes used from now on. */
function append(buffer: u32, length: u32, used: u32, source: usize, bytes: u32): u32 {
  const piece = min(bytes, length - used);
  guest_fill_from(buffer + used, source, piece, METHOD_FD_READDIR);
  return used + piece;
}
