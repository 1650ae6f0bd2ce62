// What a descriptor or path is: fdstat, filestat (both layouts), prestat; and the changes that a read-only tree refuses.
import {
  descriptor,
  descriptor_close,
  descriptor_find,
  descriptor_move,
  descriptor_with,
  directory_with,
  file_with,
  KIND_DIRECTORY,
  KIND_FILE,
  KIND_STREAM,
  PREOPEN_NONE,
} from "./descriptors";
import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTSUP,
  ERRNO_ROFS,
  ERRNO_SPIPE,
  ERRNO_SUCCESS,
} from "./errno";
import { guest_fill_from, guest_reaches, guest_store32, guest_store64 } from "./guest";
import { directory_name, string_length } from "./launch";
import { METHOD_FD_PRESTAT_DIR_NAME, METHOD_PATH_FILESTAT_GET } from "./methods";
import { resolve, resolved_node } from "./resolve";
import { stream_type } from "./streams";
import { NODE_NONE, node_length, node_modified, node_type } from "./tree";
import {
  ADVICE_LAST,
  FDFLAGS_ALL,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  FSTFLAGS_ALL,
  LOOKUP_SYMLINK_FOLLOW,
  RIGHT_FD_ADVISE,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_FDSTAT_SET_FLAGS,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_FILESTAT_SET_TIMES,
  RIGHT_PATH_FILESTAT_GET,
} from "./types";

const FDSTAT_SIZE: u32 = 24;
const FILESTAT_SIZE: u32 = 64;
const UNSTABLE_FILESTAT_SIZE: u32 = 56;
const PRESTAT_SIZE: u32 = 8;

export function fd_close(fd: u32): u32 {
  const error = descriptor_find(fd);
  if (error == ERRNO_SUCCESS) descriptor_close(fd);
  return error;
}

export function fd_renumber(from: u32, to: u32): u32 {
  if (descriptor_find(from) != ERRNO_SUCCESS || descriptor_find(to) != ERRNO_SUCCESS) return ERRNO_BADF;
  descriptor_move(from, to);
  return ERRNO_SUCCESS;
}

/** fd_sync, fd_datasync: nothing of a read-only tree waits to be written, and the console has all output already. */
export function fd_sync(fd: u32, right: u64): u32 {
  return descriptor_with(fd, right);
}

export function fd_fdstat_get(fd: u32, result: u32): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(result, FDSTAT_SIZE)) return ERRNO_FAULT;
  let type = FILETYPE_REGULAR_FILE;
  if (descriptor.kind == KIND_STREAM) type = stream_type(descriptor.node);
  else if (descriptor.kind == KIND_DIRECTORY) type = FILETYPE_DIRECTORY;
  guest_store64(result, 0, <u64>(type | (descriptor.flags << 16)));
  guest_store64(result, 8, descriptor.rights);
  guest_store64(result, 16, descriptor.inheriting);
  return ERRNO_SUCCESS;
}

export function fd_fdstat_set_flags(fd: u32, flags: u32): u32 {
  const error = descriptor_with(fd, RIGHT_FD_FDSTAT_SET_FLAGS);
  if (error != ERRNO_SUCCESS) return error;
  if ((flags & ~FDFLAGS_ALL) != 0) return ERRNO_INVAL;
  descriptor.flags = flags;
  return ERRNO_SUCCESS;
}

/** Rights only shrink. */
export function fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if ((rights & ~descriptor.rights) != 0 || (inheriting & ~descriptor.inheriting) != 0) return ERRNO_NOTCAPABLE;
  descriptor.rights = rights;
  descriptor.inheriting = inheriting;
  return ERRNO_SUCCESS;
}

export function fd_filestat_get(fd: u32, result: u32, is_unstable: bool): u32 {
  const error = descriptor_with(fd, RIGHT_FD_FILESTAT_GET);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind != KIND_STREAM) return write_filestat(result, descriptor.tree, descriptor.node, is_unstable);
  if (!guest_reaches(result, is_unstable ? UNSTABLE_FILESTAT_SIZE : FILESTAT_SIZE)) return ERRNO_FAULT;
  write_fields(result, 0, fd, stream_type(descriptor.node), 0, 0, is_unstable);
  return ERRNO_SUCCESS;
}

export function path_filestat_get(fd: u32, lookup: u32, path: u32, length: u32, result: u32, is_unstable: bool): u32 {
  let error = directory_with(fd, RIGHT_PATH_FILESTAT_GET);
  if (error != ERRNO_SUCCESS) return error;
  const follows = (lookup & LOOKUP_SYMLINK_FOLLOW) != 0;
  const tree = descriptor.tree;
  error = resolve(tree, descriptor.node, path, length, follows, METHOD_PATH_FILESTAT_GET);
  if (error != ERRNO_SUCCESS) return error;
  if (resolved_node == NODE_NONE) return ERRNO_NOENT;
  return write_filestat(result, tree, resolved_node, is_unstable);
}

function write_filestat(result: u32, tree: u32, node: u32, is_unstable: bool): u32 {
  if (!guest_reaches(result, is_unstable ? UNSTABLE_FILESTAT_SIZE : FILESTAT_SIZE)) return ERRNO_FAULT;
  const type = node_type(tree, node);
  const size: u64 = type == FILETYPE_DIRECTORY ? 0 : node_length(tree, node);
  write_fields(result, tree + 1, node + 1, type, size, node_modified(tree, node), is_unstable);
  return ERRNO_SUCCESS;
}

/** One link each; all three times are that of the last modification. */
function write_fields(
  result: u32,
  device: u64,
  inode: u64,
  type: u32,
  size: u64,
  time_ns: u64,
  is_unstable: bool,
): void {
  guest_store64(result, 0, device);
  guest_store64(result, 8, inode);
  guest_store64(result, 16, type);
  let at: u32 = 24;
  if (is_unstable) guest_store32(result, 20, 1);
  else {
    guest_store64(result, 24, 1);
    at = 32;
  }
  guest_store64(result, at, size);
  guest_store64(result, at + 8, time_ns);
  guest_store64(result, at + 16, time_ns);
  guest_store64(result, at + 24, time_ns);
}

export function fd_prestat_get(fd: u32, result: u32): u32 {
  if (descriptor_find(fd) != ERRNO_SUCCESS || descriptor.preopen == PREOPEN_NONE) return ERRNO_BADF;
  if (!guest_reaches(result, PRESTAT_SIZE)) return ERRNO_FAULT;
  guest_store32(result, 0, 0);
  guest_store32(result, 4, string_length(directory_name(descriptor.preopen)));
  return ERRNO_SUCCESS;
}

/** The name without a zero at its end; `nametoolong` when the buffer is shorter. */
export function fd_prestat_dir_name(fd: u32, path: u32, length: u32): u32 {
  if (descriptor_find(fd) != ERRNO_SUCCESS || descriptor.preopen == PREOPEN_NONE) return ERRNO_BADF;
  if (!guest_reaches(path, length)) return ERRNO_FAULT;
  const name = directory_name(descriptor.preopen);
  const name_length = string_length(name);
  if (length < name_length) return ERRNO_NAMETOOLONG;
  guest_fill_from(path, name, name_length, METHOD_FD_PRESTAT_DIR_NAME);
  return ERRNO_SUCCESS;
}

/** Advice on a file is taken note of by doing nothing: its content is in memory. */
export function fd_advise(fd: u32, offset: i64, length: i64, advice: u32): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_STREAM) return ERRNO_SPIPE;
  if (descriptor.kind == KIND_DIRECTORY) return ERRNO_BADF;
  if ((descriptor.rights & RIGHT_FD_ADVISE) == 0) return ERRNO_NOTCAPABLE;
  return offset < 0 || length < 0 || advice > ADVICE_LAST ? ERRNO_INVAL : ERRNO_SUCCESS;
}

export function fd_allocate(fd: u32): u32 {
  const error = file_with(fd, RIGHT_FD_ALLOCATE);
  return error != ERRNO_SUCCESS ? error : ERRNO_ROFS;
}

export function fd_filestat_set_size(fd: u32): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_DIRECTORY) return ERRNO_ISDIR;
  if (descriptor.kind == KIND_STREAM) return ERRNO_INVAL;
  return (descriptor.rights & RIGHT_FD_FILESTAT_SET_SIZE) == 0 ? ERRNO_NOTCAPABLE : ERRNO_ROFS;
}

export function fd_filestat_set_times(fd: u32, flags: u32): u32 {
  const error = descriptor_with(fd, RIGHT_FD_FILESTAT_SET_TIMES);
  if (error != ERRNO_SUCCESS) return error;
  if (!time_flags_are_sound(flags)) return ERRNO_INVAL;
  return descriptor.kind == KIND_FILE || descriptor.kind == KIND_DIRECTORY ? ERRNO_ROFS : ERRNO_NOTSUP;
}

/** "Set it" and "set it to now" exclude each other, for both times. */
export function time_flags_are_sound(flags: u32): bool {
  if ((flags & ~FSTFLAGS_ALL) != 0) return false;
  const access = FSTFLAG_ATIM | FSTFLAG_ATIM_NOW;
  const modification = FSTFLAG_MTIM | FSTFLAG_MTIM_NOW;
  return (flags & access) != access && (flags & modification) != modification;
}
