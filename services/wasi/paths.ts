// The functions that read, make, remove and move names (path_open is opening.ts's). What is wrong with a path comes before what forbids the change, and
// that before what the server of the files says, as Linux orders them: a read-only directory answers `rofs` last.
import { descriptor, directory_with } from "./descriptors";
import {
  ERRNO_BUSY,
  ERRNO_EXIST,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NOENT,
  ERRNO_NOTDIR,
  ERRNO_PERM,
  ERRNO_SUCCESS,
  ERRNO_XDEV,
} from "./errno";
import { guest_fill_from, guest_reaches, guest_store32 } from "./guest";
import * as methods from "./methods";
import {
  first_place,
  LAST_ENTRY,
  LAST_LINK,
  LAST_TARGET,
  Place,
  place_done,
  place_name,
  resolve,
  second_place,
  take_target,
} from "./resolve";
import { time_flags_are_sound } from "./times";
import {
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  LOOKUP_SYMLINK_FOLLOW,
  RIGHT_PATH_CREATE_DIRECTORY,
  RIGHT_PATH_FILESTAT_SET_TIMES,
  RIGHT_PATH_LINK_SOURCE,
  RIGHT_PATH_LINK_TARGET,
  RIGHT_PATH_READLINK,
  RIGHT_PATH_REMOVE_DIRECTORY,
  RIGHT_PATH_RENAME_SOURCE,
  RIGHT_PATH_RENAME_TARGET,
  RIGHT_PATH_SYMLINK,
  RIGHT_PATH_UNLINK_FILE,
} from "./types";
import {
  found_length,
  found_node,
  found_text,
  NODE_NONE,
  volume_create,
  volume_forget,
  volume_link,
  volume_readlink,
  volume_rename,
  volume_symlink,
  volume_times,
  volume_unlink,
} from "./volume";

const target_text = memory.data(4096, 8);

/** The descriptor with its right, then the path. On success place_done is owed. */
export function resolve_with(place: Place, fd: u32, right: u64, path: u32, length: u32, last: u32, site: u32): u32 {
  const error = directory_with(fd, right);
  if (error != ERRNO_SUCCESS) return error;
  return resolve(place, descriptor.volume, descriptor.node, path, length, last, site);
}

// @ts-ignore: decorator
@inline
export function last_of(lookup: u32): u32 {
  return (lookup & LOOKUP_SYMLINK_FOLLOW) != 0 ? LAST_TARGET : LAST_LINK;
}

function finish(place: Place, error: u32): u32 {
  place_done(place);
  return error;
}

/** The link's target, cut to the buffer, without a zero at its end. */
export function path_readlink(fd: u32, path: u32, length: u32, buffer: u32, buffer_length: u32, result: u32): u32 {
  const place = first_place;
  const site = methods.METHOD_PATH_READLINK;
  let error = directory_with(fd, RIGHT_PATH_READLINK);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(buffer, buffer_length) || !guest_reaches(result, 4)) return ERRNO_FAULT;
  error = resolve(place, descriptor.volume, descriptor.node, path, length, LAST_LINK, site);
  if (error != ERRNO_SUCCESS) return error;
  if (place.node == NODE_NONE) return finish(place, ERRNO_NOENT);
  if (place.type != FILETYPE_SYMBOLIC_LINK) return finish(place, ERRNO_INVAL);
  error = volume_readlink(place.volume, place.node);
  if (error == ERRNO_SUCCESS) {
    const used = min(found_length, buffer_length);
    guest_fill_from(buffer, found_text, used, site);
    guest_store32(result, 0, used);
  }
  return finish(place, error);
}

export function path_create_directory(fd: u32, path: u32, length: u32): u32 {
  const place = first_place;
  const site = methods.METHOD_PATH_CREATE_DIRECTORY;
  let error = resolve_with(place, fd, RIGHT_PATH_CREATE_DIRECTORY, path, length, LAST_ENTRY, site);
  if (error != ERRNO_SUCCESS) return error;
  if (place.node != NODE_NONE) return finish(place, ERRNO_EXIST);
  error = volume_create(place.volume, place.directory, place_name(place), place.name_length, true);
  if (error == ERRNO_SUCCESS) volume_forget(place.volume, found_node);
  return finish(place, error);
}

export function path_remove_directory(fd: u32, path: u32, length: u32): u32 {
  const place = first_place;
  const site = methods.METHOD_PATH_REMOVE_DIRECTORY;
  const error = resolve_with(place, fd, RIGHT_PATH_REMOVE_DIRECTORY, path, length, LAST_ENTRY, site);
  if (error != ERRNO_SUCCESS) return error;
  if (place.node == NODE_NONE) return finish(place, ERRNO_NOENT);
  if (place.type != FILETYPE_DIRECTORY) return finish(place, ERRNO_NOTDIR);
  if (place.name_length == 0) return finish(place, ERRNO_INVAL);
  return finish(place, volume_unlink(place.volume, place.directory, place_name(place), place.name_length, true));
}

export function path_unlink_file(fd: u32, path: u32, length: u32): u32 {
  const place = first_place;
  const site = methods.METHOD_PATH_UNLINK_FILE;
  const error = resolve_with(place, fd, RIGHT_PATH_UNLINK_FILE, path, length, LAST_ENTRY, site);
  if (error != ERRNO_SUCCESS) return error;
  if (place.node == NODE_NONE) return finish(place, ERRNO_NOENT);
  if (place.type == FILETYPE_DIRECTORY) return finish(place, ERRNO_ISDIR);
  if (place.has_slash != 0) return finish(place, ERRNO_NOTDIR);
  return finish(place, volume_unlink(place.volume, place.directory, place_name(place), place.name_length, false));
}

export function path_filestat_set_times(
  fd: u32,
  lookup: u32,
  path: u32,
  length: u32,
  accessed_ns: u64,
  modified_ns: u64,
  flags: u32,
): u32 {
  const place = first_place;
  const site = methods.METHOD_PATH_FILESTAT_SET_TIMES;
  const error = resolve_with(place, fd, RIGHT_PATH_FILESTAT_SET_TIMES, path, length, last_of(lookup), site);
  if (error != ERRNO_SUCCESS) return error;
  if (!time_flags_are_sound(flags)) return finish(place, ERRNO_INVAL);
  if (place.node == NODE_NONE) return finish(place, ERRNO_NOENT);
  return finish(place, volume_times(place.volume, place.node, flags, accessed_ns, modified_ns));
}

/** The target is any relative path; an absolute one could lead nowhere here and elsewhere when others follow it: `notcapable`. */
export function path_symlink(target: u32, target_length: u32, fd: u32, path: u32, length: u32): u32 {
  const place = first_place;
  const site = methods.METHOD_PATH_SYMLINK;
  let error = directory_with(fd, RIGHT_PATH_SYMLINK);
  if (error == ERRNO_SUCCESS) error = take_target(target_text, target, target_length, site);
  if (error == ERRNO_SUCCESS)
    error = resolve(place, descriptor.volume, descriptor.node, path, length, LAST_ENTRY, site);
  if (error != ERRNO_SUCCESS) return error;
  const is_file = place.node != NODE_NONE && place.type != FILETYPE_DIRECTORY;
  error = is_file && place.has_slash != 0 ? ERRNO_NOTDIR : refuse_new(place);
  if (error != ERRNO_SUCCESS) return finish(place, error);
  const name = place_name(place);
  error = volume_symlink(place.volume, place.directory, name, place.name_length, target_text, target_length);
  if (error == ERRNO_SUCCESS) volume_forget(place.volume, found_node);
  return finish(place, error);
}

/** Why nothing that is no directory can be made there. */
function refuse_new(place: Place): u32 {
  if (place.node != NODE_NONE) return ERRNO_EXIST;
  return place.has_slash != 0 ? ERRNO_NOENT : ERRNO_SUCCESS;
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
  const error = resolve_with(first_place, old_fd, RIGHT_PATH_LINK_SOURCE, old_path, old_length, last_of(lookup), site);
  if (error != ERRNO_SUCCESS) return error;
  return finish(first_place, link_found(new_fd, new_path, new_length));
}

function link_found(fd: u32, path: u32, length: u32): u32 {
  const place = second_place;
  if (first_place.node == NODE_NONE) return ERRNO_NOENT;
  let error = resolve_with(place, fd, RIGHT_PATH_LINK_TARGET, path, length, LAST_ENTRY, methods.METHOD_PATH_LINK);
  if (error != ERRNO_SUCCESS) return error;
  error = refuse_new(place);
  if (error == ERRNO_SUCCESS && first_place.volume != place.volume) error = ERRNO_XDEV;
  if (error == ERRNO_SUCCESS && first_place.type == FILETYPE_DIRECTORY) error = ERRNO_PERM;
  if (error == ERRNO_SUCCESS) {
    error = volume_link(place.volume, first_place.node, place.directory, place_name(place), place.name_length);
  }
  return finish(place, error);
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
  const error = resolve_with(first_place, old_fd, RIGHT_PATH_RENAME_SOURCE, old_path, old_length, LAST_ENTRY, site);
  if (error != ERRNO_SUCCESS) return error;
  return finish(first_place, rename_found(new_fd, new_path, new_length));
}

function rename_found(fd: u32, path: u32, length: u32): u32 {
  const old = first_place;
  const place = second_place;
  let error = resolve_with(place, fd, RIGHT_PATH_RENAME_TARGET, path, length, LAST_ENTRY, methods.METHOD_PATH_RENAME);
  if (error != ERRNO_SUCCESS) return error;
  const needs_directory = old.has_slash != 0 || place.has_slash != 0;
  if (old.volume != place.volume) error = ERRNO_XDEV;
  else if (old.name_length == 0 || place.name_length == 0) error = ERRNO_BUSY;
  else if (old.node == NODE_NONE) error = ERRNO_NOENT;
  else if (needs_directory && old.type != FILETYPE_DIRECTORY) error = ERRNO_NOTDIR;
  else {
    error = volume_rename(
      place.volume,
      old.directory,
      place_name(old),
      old.name_length,
      place.directory,
      place_name(place),
      place.name_length,
    );
  }
  return finish(place, error);
}
