// path_open, path_readlink, fd_readdir; and the path functions that would write, which check as a read-only file system
// of Linux does: what is wrong with the path first, `rofs` when only the writing itself is forbidden.
import {
  descriptor,
  descriptor_free,
  descriptor_open,
  DESCRIPTOR_MAX,
  directory_with,
  KIND_DIRECTORY,
  KIND_FILE,
} from "./descriptors";
import {
  ERRNO_EXIST,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_MFILE,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_ROFS,
  ERRNO_SUCCESS,
} from "./errno";
import { guest_fill_from, guest_reaches, guest_store32 } from "./guest";
import * as methods from "./methods";
import { path_is_text, resolve, resolved_node } from "./resolve";
import { time_flags_are_sound } from "./status";
import { NODE_NONE, node_content, node_length, node_type } from "./tree";
import {
  FDFLAGS_ALL,
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  OFLAGS_ALL,
  RIGHT_FD_WRITE,
  RIGHT_PATH_CREATE_DIRECTORY,
  RIGHT_PATH_CREATE_FILE,
  RIGHT_PATH_FILESTAT_SET_SIZE,
  RIGHT_PATH_FILESTAT_SET_TIMES,
  RIGHT_PATH_LINK_SOURCE,
  RIGHT_PATH_LINK_TARGET,
  RIGHT_PATH_OPEN,
  RIGHT_PATH_READLINK,
  RIGHT_PATH_REMOVE_DIRECTORY,
  RIGHT_PATH_RENAME_SOURCE,
  RIGHT_PATH_RENAME_TARGET,
  RIGHT_PATH_SYMLINK,
  RIGHT_PATH_UNLINK_FILE,
  RIGHTS_ALL,
  RIGHTS_DIRECTORY,
  RIGHTS_FILE,
} from "./types";

export function path_open(
  fd: u32,
  lookup: u32,
  path: u32,
  length: u32,
  open_flags: u32,
  wanted_rights: u64,
  wanted_inheriting: u64,
  flags: u32,
  result: u32,
): u32 {
  let needed = RIGHT_PATH_OPEN;
  if ((open_flags & OFLAG_CREAT) != 0) needed |= RIGHT_PATH_CREATE_FILE;
  if ((open_flags & OFLAG_TRUNC) != 0) needed |= RIGHT_PATH_FILESTAT_SET_SIZE;
  let error = directory_with(fd, needed);
  if (error != ERRNO_SUCCESS) return error;
  const rights = wanted_rights & RIGHTS_ALL;
  const inheriting = wanted_inheriting & RIGHTS_ALL;
  if (((rights | inheriting) & ~descriptor.inheriting) != 0) return ERRNO_NOTCAPABLE;
  if ((open_flags & ~OFLAGS_ALL) != 0 || (flags & ~FDFLAGS_ALL) != 0) return ERRNO_INVAL;
  const must_be_directory = (open_flags & OFLAG_DIRECTORY) != 0;
  if (must_be_directory && (open_flags & OFLAG_CREAT) != 0) return ERRNO_INVAL;
  if (!guest_reaches(result, 4)) return ERRNO_FAULT;
  const excludes = (open_flags & (OFLAG_CREAT | OFLAG_EXCL)) == (OFLAG_CREAT | OFLAG_EXCL);
  const follows = (lookup & LOOKUP_SYMLINK_FOLLOW) != 0 && !excludes;
  const tree = descriptor.tree;
  error = resolve(tree, descriptor.node, path, length, follows, methods.METHOD_PATH_OPEN);
  if (error != ERRNO_SUCCESS) return error;
  const node = resolved_node;
  if (node == NODE_NONE) return (open_flags & OFLAG_CREAT) != 0 ? ERRNO_ROFS : ERRNO_NOENT;
  if (excludes) return ERRNO_EXIST;
  const type = node_type(tree, node);
  if (type != FILETYPE_DIRECTORY && must_be_directory) return ERRNO_NOTDIR;
  if (type == FILETYPE_SYMBOLIC_LINK) return ERRNO_LOOP;
  const writes = (rights & RIGHT_FD_WRITE) != 0 || (open_flags & OFLAG_TRUNC) != 0;
  if (type == FILETYPE_DIRECTORY && (writes || (open_flags & OFLAG_CREAT) != 0)) return ERRNO_ISDIR;
  if (writes) return ERRNO_ROFS;
  const opened = descriptor_free();
  if (opened == DESCRIPTOR_MAX) return ERRNO_MFILE;
  const is_directory = type == FILETYPE_DIRECTORY;
  const granted = rights & (is_directory ? RIGHTS_DIRECTORY : RIGHTS_FILE);
  const kind = is_directory ? KIND_DIRECTORY : KIND_FILE;
  descriptor_open(opened, kind, tree, node, granted, inheriting).flags = flags;
  guest_store32(result, 0, opened);
  return ERRNO_SUCCESS;
}

/** The link's target, cut to the buffer, without a zero at its end. */
export function path_readlink(fd: u32, path: u32, length: u32, buffer: u32, buffer_length: u32, result: u32): u32 {
  let error = directory_with(fd, RIGHT_PATH_READLINK);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(buffer, buffer_length) || !guest_reaches(result, 4)) return ERRNO_FAULT;
  const tree = descriptor.tree;
  error = resolve(tree, descriptor.node, path, length, false, methods.METHOD_PATH_READLINK);
  if (error != ERRNO_SUCCESS) return error;
  if (resolved_node == NODE_NONE) return ERRNO_NOENT;
  if (node_type(tree, resolved_node) != FILETYPE_SYMBOLIC_LINK) return ERRNO_INVAL;
  const used = min(node_length(tree, resolved_node), buffer_length);
  guest_fill_from(buffer, node_content(tree, resolved_node), used, methods.METHOD_PATH_READLINK);
  guest_store32(result, 0, used);
  return ERRNO_SUCCESS;
}

/** Resolves a path that an operation would change. On success `resolved_node` tells whether it exists. */
function resolve_with(fd: u32, right: u64, path: u32, length: u32, follows: bool, site: u32): u32 {
  const error = directory_with(fd, right);
  return error != ERRNO_SUCCESS ? error : resolve(descriptor.tree, descriptor.node, path, length, follows, site);
}

/** A name that is to be made: `exist` before `rofs`. */
function refuse_new(error: u32): u32 {
  if (error != ERRNO_SUCCESS) return error;
  return resolved_node == NODE_NONE ? ERRNO_ROFS : ERRNO_EXIST;
}

/** A thing that must be there: `noent` before `rofs`. */
function refuse_change(error: u32): u32 {
  if (error != ERRNO_SUCCESS) return error;
  return resolved_node == NODE_NONE ? ERRNO_NOENT : ERRNO_ROFS;
}

export function path_create_directory(fd: u32, path: u32, length: u32): u32 {
  const site = methods.METHOD_PATH_CREATE_DIRECTORY;
  return refuse_new(resolve_with(fd, RIGHT_PATH_CREATE_DIRECTORY, path, length, false, site));
}

export function path_remove_directory(fd: u32, path: u32, length: u32): u32 {
  const site = methods.METHOD_PATH_REMOVE_DIRECTORY;
  return refuse_change(resolve_with(fd, RIGHT_PATH_REMOVE_DIRECTORY, path, length, false, site));
}

export function path_unlink_file(fd: u32, path: u32, length: u32): u32 {
  const site = methods.METHOD_PATH_UNLINK_FILE;
  return refuse_change(resolve_with(fd, RIGHT_PATH_UNLINK_FILE, path, length, false, site));
}

export function path_filestat_set_times(fd: u32, lookup: u32, path: u32, length: u32, flags: u32): u32 {
  const follows = (lookup & LOOKUP_SYMLINK_FOLLOW) != 0;
  const site = methods.METHOD_PATH_FILESTAT_SET_TIMES;
  const error = resolve_with(fd, RIGHT_PATH_FILESTAT_SET_TIMES, path, length, follows, site);
  if (error == ERRNO_SUCCESS && !time_flags_are_sound(flags)) return ERRNO_INVAL;
  return refuse_change(error);
}

export function path_symlink(target: u32, target_length: u32, fd: u32, path: u32, length: u32): u32 {
  const site = methods.METHOD_PATH_SYMLINK;
  const error = directory_with(fd, RIGHT_PATH_SYMLINK);
  if (error != ERRNO_SUCCESS) return error;
  const text = path_is_text(target, target_length, site);
  if (text != ERRNO_SUCCESS) return text;
  return refuse_new(resolve_with(fd, RIGHT_PATH_SYMLINK, path, length, false, site));
}

export function path_link(
  old_fd: u32,
  lookup: u32,
  old_path: u32,
  old_length: u32,
  new_fd: u32,
  new_path: u32,
  new_length: u32,
): u32 {
  const site = methods.METHOD_PATH_LINK;
  const target = directory_with(new_fd, RIGHT_PATH_LINK_TARGET);
  const follows = (lookup & LOOKUP_SYMLINK_FOLLOW) != 0;
  const error = resolve_with(old_fd, RIGHT_PATH_LINK_SOURCE, old_path, old_length, follows, site);
  if (error != ERRNO_SUCCESS) return error;
  if (resolved_node == NODE_NONE) return ERRNO_NOENT;
  if (target != ERRNO_SUCCESS) return target;
  return refuse_new(resolve_with(new_fd, RIGHT_PATH_LINK_TARGET, new_path, new_length, false, site));
}

export function path_rename(
  old_fd: u32,
  old_path: u32,
  old_length: u32,
  new_fd: u32,
  new_path: u32,
  new_length: u32,
): u32 {
  const site = methods.METHOD_PATH_RENAME;
  const target = directory_with(new_fd, RIGHT_PATH_RENAME_TARGET);
  const error = resolve_with(old_fd, RIGHT_PATH_RENAME_SOURCE, old_path, old_length, false, site);
  if (error != ERRNO_SUCCESS) return error;
  if (resolved_node == NODE_NONE) return ERRNO_NOENT;
  if (target != ERRNO_SUCCESS) return target;
  const place = resolve_with(new_fd, RIGHT_PATH_RENAME_TARGET, new_path, new_length, false, site);
  return place != ERRNO_SUCCESS ? place : ERRNO_ROFS;
}
