// Path resolution inside one volume, relative to an open directory and confined to it: `..` never climbs above the directory that the
// descriptor names, nor does a symbolic link lead out (`perm`). POSIX pathname resolution otherwise.
// Each step is a lookup of one name in a directory that is held, and `..` goes back to the directory that was walked through: whatever
// others rename or put in place of a directory meanwhile, a walk that began inside ends inside.
import {
  ERRNO_FAULT,
  ERRNO_ILSEQ,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOTDIR,
  ERRNO_PERM,
  ERRNO_SUCCESS,
} from "./errno";
import { NAME_MAX, PATH_MAX } from "./format";
import { guest_copy_to, guest_reaches } from "./guest";
import { FILETYPE_DIRECTORY, FILETYPE_SYMBOLIC_LINK } from "./types";
import { utf8_is_valid } from "./utf8";
import {
  found_length,
  found_node,
  found_text,
  found_type,
  NODE_NONE,
  volume_forget,
  volume_lookup,
  volume_readlink,
} from "./volume";

/** A final symbolic link: the link itself, unless a slash after it asks for what it leads to. */
export const LAST_LINK: u32 = 0;
/** What it leads to. */
export const LAST_TARGET: u32 = 1;
/** The entry as it stands there, whatever follows: for what makes, removes or moves names. */
export const LAST_ENTRY: u32 = 2;
/** With LAST_LINK or LAST_TARGET: the path is a file's that may have to be made, so no slash may follow it (`isdir`). */
export const LAST_FILE: u32 = 4;

/** As Linux: the forty-first link met on one path is a loop. */
const LINKS_MAX: u32 = 40;
const BUFFER_BYTES: u32 = 8192;
/** Directories that one walk is inside of at most: more cannot be named without links. */
const DEPTH_MAX: u32 = 2048;
const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;

// The path still to walk; a link's target is put before the rest in the other buffer.
const first_buffer = memory.data(8192, 8);
const second_buffer = memory.data(8192, 8);
// The directories walked through, the one that the walk began in first.
const trail = memory.data(2048 * 8, 8);
let depth: u32 = 0;

/** Where a path led. place_done gives back what it holds. */
// @ts-ignore: decorator
@unmanaged
export class Place {
  /** What is there, or NODE_NONE: all but the last name exist. */
  node: u64;
  /** The directory that the last name is in. */
  directory: u64;
  volume: u32;
  /** FILETYPE of `node`. */
  type: u32;
  /** Bytes of the last name; 0: the path ended in `.` or `..`, or is the directory that it began in. */
  name_length: u32;
  /** 1: a slash followed the name. */
  has_slash: u32;
  /** 1: to be forgotten. */
  holds_node: u32;
  holds_directory: u32;
}

const PLACE_SIZE: usize = 40;
const NAME_ROOM: usize = 256;

function new_place(memory: usize): Place {
  return changetype<Place>(memory);
}

/** The place of a call's only path, or of its old one; and of its new one. */
export const first_place: Place = new_place(memory.data(40 + 256, 8));
export const second_place: Place = new_place(memory.data(40 + 256, 8));

/** First byte of the last name. */
// @ts-ignore: decorator
@inline
export function place_name(place: Place): usize {
  return changetype<usize>(place) + PLACE_SIZE;
}

/** Gives back the node and the directory. */
export function place_done(place: Place): void {
  if (place.holds_node != 0) volume_forget(place.volume, place.node);
  if (place.holds_directory != 0) volume_forget(place.volume, place.directory);
  place.holds_node = 0;
  place.holds_directory = 0;
}

/**
 * Walks the program's path [pointer, pointer + length) from directory `start` of `volume`; `last` is a LAST_ value. `site` is the calling
 * method, for the count of copied bytes. On success `place` is filled, and place_done is owed; on an error nothing is.
 */
export function resolve(place: Place, volume: u32, start: u64, pointer: u32, length: u32, last: u32, site: u32): u32 {
  const error = take_text(pointer, length, site);
  return error != ERRNO_SUCCESS ? error : walk(place, volume, start, length, last);
}

/** The same for a path of the launch block. */
export function resolve_own(place: Place, volume: u32, start: u64, path: usize, length: u32): u32 {
  if (length == 0 || length >= <u32>PATH_MAX) return ERRNO_NAMETOOLONG;
  memory.copy(first_buffer, path, length);
  return walk(place, volume, start, length, LAST_TARGET);
}

/** Checks a path that is only a text here, the target of a link to be made, and copies it to `destination` (PATH_MAX bytes). */
export function take_target(destination: usize, pointer: u32, length: u32, site: u32): u32 {
  const error = take_text(pointer, length, site);
  if (error != ERRNO_SUCCESS) return error;
  if (load<u8>(first_buffer) == SLASH) return ERRNO_PERM; // as every other runtime says
  memory.copy(destination, first_buffer, length);
  return ERRNO_SUCCESS;
}

function take_text(pointer: u32, length: u32, site: u32): u32 {
  if (!guest_reaches(pointer, length)) return ERRNO_FAULT;
  if (length == 0) return ERRNO_NOENT;
  if (length >= <u32>PATH_MAX) return ERRNO_NAMETOOLONG;
  guest_copy_to(first_buffer, pointer, length, site);
  for (let i: u32 = 0; i < length; i++) if (load<u8>(first_buffer + i) == 0) return ERRNO_INVAL;
  return utf8_is_valid(first_buffer, length) ? ERRNO_SUCCESS : ERRNO_ILSEQ;
}

// @ts-ignore: decorator
@inline
function directory_at(level: u32): u64 {
  return load<u64>(trail + (level << 3));
}

/** Goes back to the directory of `level`. */
function leave_to(volume: u32, level: u32): void {
  for (; depth > level; depth--) volume_forget(volume, directory_at(depth));
}

function walk(place: Place, volume: u32, start: u64, length: u32, last: u32): u32 {
  place.volume = volume;
  place.holds_node = 0;
  place.holds_directory = 0;
  depth = 0;
  store<u64>(trail, start);
  const error = load<u8>(first_buffer) == SLASH ? ERRNO_PERM : steps(place, volume, length, last);
  if (error != ERRNO_SUCCESS) {
    leave_to(volume, 0);
    return error;
  }
  // All that was walked through but the last directory is let go; a directory as the result is not held twice.
  const top = depth;
  place.directory = directory_at(top);
  place.holds_directory = top > 0 ? 1 : 0;
  if (top > 0) depth = top - 1;
  leave_to(volume, 0);
  if (place.name_length == 0) {
    place.node = place.directory;
    place.type = FILETYPE_DIRECTORY;
    place.holds_node = place.holds_directory;
    place.holds_directory = 0;
  }
  return ERRNO_SUCCESS;
}

/** Walks to the last name; the trail ends with its directory. */
function steps(place: Place, volume: u32, path_length: u32, last: u32): u32 {
  let path: usize = first_buffer;
  let length = path_length;
  let at: u32 = 0;
  let links: u32 = 0;
  place.name_length = 0;
  for (let step: u32 = 0; step < LINKS_MAX * BUFFER_BYTES; step++) {
    while (at < length && load<u8>(path + at) == SLASH) at++;
    if (at == length) return ERRNO_SUCCESS;
    const name = path + at;
    while (at < length && load<u8>(path + at) != SLASH) at++;
    const name_length = <u32>(path + at - name);
    if (name_length > <u32>NAME_MAX) return ERRNO_NAMETOOLONG;
    let rest = at;
    while (rest < length && load<u8>(path + rest) == SLASH) rest++;
    const is_last = rest == length;
    const has_slash = at < length;
    if (name_length == 1 && load<u8>(name) == DOT) continue;
    if (name_length == 2 && load<u8>(name) == DOT && load<u8>(name + 1) == DOT) {
      if (depth == 0) return ERRNO_PERM;
      leave_to(volume, depth - 1);
      continue;
    }
    if (is_last && has_slash && (last & LAST_FILE) != 0) return ERRNO_ISDIR;
    const error = volume_lookup(volume, directory_at(depth), name, name_length);
    if (error != ERRNO_SUCCESS && (error != ERRNO_NOENT || !is_last)) return error;
    const is_there = error == ERRNO_SUCCESS;
    const follows = !is_last || (last & LAST_TARGET) != 0 || (last == LAST_LINK && has_slash);
    if (is_there && found_type == FILETYPE_SYMBOLIC_LINK && follows) {
      if (++links > LINKS_MAX) return drop(volume, ERRNO_LOOP);
      const other: usize = path == first_buffer ? second_buffer : first_buffer;
      const followed = put_target(volume, other, path + at, length - at);
      if (followed < 0) return <u32>-followed;
      path = other;
      length = <u32>followed;
      at = 0;
      continue;
    }
    if (is_last) {
      if (is_there && has_slash && last != LAST_ENTRY && found_type != FILETYPE_DIRECTORY)
        return drop(volume, ERRNO_NOTDIR);
      place.node = is_there ? found_node : NODE_NONE;
      place.type = found_type;
      place.holds_node = is_there ? 1 : 0;
      place.has_slash = has_slash ? 1 : 0;
      place.name_length = name_length;
      memory.copy(place_name(place), name, name_length);
      return ERRNO_SUCCESS;
    }
    if (found_type != FILETYPE_DIRECTORY) return drop(volume, ERRNO_NOTDIR);
    if (depth + 1 == DEPTH_MAX) return drop(volume, ERRNO_NAMETOOLONG);
    store<u64>(trail + (++depth << 3), found_node);
  }
  return ERRNO_LOOP;
}

/** Puts the found link's target and then the rest of the path at `destination`: the bytes of both, or a negative errno. Lets the link go. */
function put_target(volume: u32, destination: usize, rest: usize, rest_length: u32): i64 {
  const link = found_node;
  let error = volume_readlink(volume, link);
  if (error == ERRNO_SUCCESS) {
    if (found_length == 0) error = ERRNO_NOENT;
    else if (load<u8>(found_text) == SLASH) error = ERRNO_PERM;
    else if (found_length + rest_length > BUFFER_BYTES) error = ERRNO_NAMETOOLONG;
  }
  const target_length = found_length;
  if (error == ERRNO_SUCCESS) {
    memory.copy(destination, found_text, target_length);
    memory.copy(destination + target_length, rest, rest_length);
  }
  volume_forget(volume, link);
  return error == ERRNO_SUCCESS ? <i64>(target_length + rest_length) : -(<i64>error);
}

/** Lets go of what was found last. */
function drop(volume: u32, error: u32): u32 {
  volume_forget(volume, found_node);
  return error;
}
