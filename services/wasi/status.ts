// What a descriptor or path is: fdstat, filestat (both layouts), prestat; and a file's size and durability.
import {
  descriptor,
  descriptor_close,
  descriptor_find,
  descriptor_move,
  descriptor_with,
  file_with,
  KIND_DIRECTORY,
  KIND_STREAM,
  PREOPEN_NONE,
} from "./descriptors";
import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_FBIG,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_SPIPE,
  ERRNO_SUCCESS,
} from "./errno";
import { guest_fill_from, guest_reaches, guest_store32, guest_store64 } from "./guest";
import { directory_name, directory_name_length } from "./launch";
import { METHOD_FD_PRESTAT_DIR_NAME, METHOD_PATH_FILESTAT_GET } from "./methods";
import { last_of, resolve_with } from "./paths";
import { first_place, place_done } from "./resolve";
import { stream_type } from "./streams";
import {
  ADVICE_LAST,
  FDFLAGS_ALL,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  RIGHT_FD_ADVISE,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_FDSTAT_SET_FLAGS,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_PATH_FILESTAT_GET,
} from "./types";
import {
  found_accessed_ns,
  found_changed_ns,
  found_links,
  found_modified_ns,
  found_size,
  found_type,
  NODE_NONE,
  volume_allocate,
  volume_inode,
  volume_status,
  volume_sync,
  volume_truncate,
} from "./volume";

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

/** fd_sync, fd_datasync: durable when it answers; the console has all output already. */
export function fd_sync(fd: u32, right: u64): u32 {
  const error = descriptor_with(fd, right);
  if (error != ERRNO_SUCCESS || descriptor.kind == KIND_STREAM) return error;
  return volume_sync(descriptor.volume, descriptor.node);
}

export function fd_fdstat_get(fd: u32, result: u32): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(result, FDSTAT_SIZE)) return ERRNO_FAULT;
  let type = FILETYPE_REGULAR_FILE;
  if (descriptor.kind == KIND_STREAM) type = stream_type(<u32>descriptor.node);
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
  if (descriptor.kind != KIND_STREAM) return write_filestat(result, descriptor.volume, descriptor.node, is_unstable);
  if (!guest_reaches(result, is_unstable ? UNSTABLE_FILESTAT_SIZE : FILESTAT_SIZE)) return ERRNO_FAULT;
  write_identity(result, 0, fd, stream_type(<u32>descriptor.node), 1, is_unstable);
  write_state(result, 0, 0, 0, 0, is_unstable);
  return ERRNO_SUCCESS;
}

export function path_filestat_get(fd: u32, lookup: u32, path: u32, length: u32, result: u32, is_unstable: bool): u32 {
  const place = first_place;
  const last = last_of(lookup);
  let error = resolve_with(place, fd, RIGHT_PATH_FILESTAT_GET, path, length, last, METHOD_PATH_FILESTAT_GET);
  if (error != ERRNO_SUCCESS) return error;
  error = place.node == NODE_NONE ? ERRNO_NOENT : write_filestat(result, place.volume, place.node, is_unstable);
  place_done(place);
  return error;
}

function write_filestat(result: u32, volume: u32, node: u64, is_unstable: bool): u32 {
  if (!guest_reaches(result, is_unstable ? UNSTABLE_FILESTAT_SIZE : FILESTAT_SIZE)) return ERRNO_FAULT;
  const error = volume_status(volume, node);
  if (error != ERRNO_SUCCESS) return error;
  write_identity(result, volume + 1, volume_inode(volume, node), found_type, found_links, is_unstable);
  write_state(result, found_size, found_accessed_ns, found_modified_ns, found_changed_ns, is_unstable);
  return ERRNO_SUCCESS;
}

function write_identity(result: u32, device: u64, inode: u64, type: u32, links: u64, is_unstable: bool): void {
  guest_store64(result, 0, device);
  guest_store64(result, 8, inode);
  guest_store64(result, 16, type);
  if (is_unstable) guest_store32(result, 20, <u32>links);
  else guest_store64(result, 24, links);
}

function write_state(result: u32, size: u64, accessed: u64, modified: u64, changed: u64, is_unstable: bool): void {
  const at: u32 = is_unstable ? 24 : 32;
  guest_store64(result, at, size);
  guest_store64(result, at + 8, accessed);
  guest_store64(result, at + 16, modified);
  guest_store64(result, at + 24, changed);
}

export function fd_prestat_get(fd: u32, result: u32): u32 {
  if (descriptor_find(fd) != ERRNO_SUCCESS || descriptor.preopen == PREOPEN_NONE) return ERRNO_BADF;
  if (!guest_reaches(result, PRESTAT_SIZE)) return ERRNO_FAULT;
  guest_store32(result, 0, 0);
  guest_store32(result, 4, directory_name_length(directory_name(descriptor.preopen)));
  return ERRNO_SUCCESS;
}

/** The name without a zero at its end; `nametoolong` when the buffer is shorter. */
export function fd_prestat_dir_name(fd: u32, path: u32, length: u32): u32 {
  if (descriptor_find(fd) != ERRNO_SUCCESS || descriptor.preopen == PREOPEN_NONE) return ERRNO_BADF;
  if (!guest_reaches(path, length)) return ERRNO_FAULT;
  const name = directory_name(descriptor.preopen);
  const name_length = directory_name_length(name);
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

/** The file is at least `offset` + `length` long afterwards, and has room for all of that. */
export function fd_allocate(fd: u32, offset: u64, length: u64): u32 {
  const error = file_with(fd, RIGHT_FD_ALLOCATE);
  if (error != ERRNO_SUCCESS) return error;
  if (<i64>offset < 0 || <i64>length <= 0) return ERRNO_INVAL;
  if (offset > <u64>i64.MAX_VALUE - length) return ERRNO_FBIG;
  return volume_allocate(descriptor.volume, descriptor.node, offset, length);
}

export function fd_filestat_set_size(fd: u32, size: u64): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_DIRECTORY) return ERRNO_ISDIR;
  if (descriptor.kind == KIND_STREAM) return ERRNO_INVAL;
  if ((descriptor.rights & RIGHT_FD_FILESTAT_SET_SIZE) == 0) return ERRNO_NOTCAPABLE;
  return <i64>size < 0 ? ERRNO_INVAL : volume_truncate(descriptor.volume, descriptor.node, size);
}
