// Path resolution inside one packed tree, relative to an open directory and confined to it: `..` never climbs above the
// directory that the descriptor names, nor does a symbolic link lead out (`notcapable`). POSIX pathname resolution
// otherwise: a trailing slash demands a directory and follows a final link.
import {
  ERRNO_FAULT,
  ERRNO_ILSEQ,
  ERRNO_INVAL,
  ERRNO_LOOP,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_SUCCESS,
} from "./errno";
import { NAME_MAX, PATH_MAX } from "./format";
import { guest_copy_to, guest_reaches } from "./guest";
import { NODE_NONE, node_content, node_length, node_lookup, node_parent, node_type } from "./tree";
import { FILETYPE_DIRECTORY, FILETYPE_SYMBOLIC_LINK } from "./types";
import { utf8_is_valid } from "./utf8";

/** As Linux: the forty-first link met on one path is a loop. */
const LINKS_MAX: u32 = 40;
const BUFFER_BYTES: u32 = 8192;
const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;

// The path still to walk; a link's target is put before the rest in the other buffer.
const first_buffer = memory.data(8192, 8);
const second_buffer = memory.data(8192, 8);

/** The node that the path names, or NODE_NONE: all but the last component exist. Set by resolve on success. */
export let resolved_node: u32 = NODE_NONE;

/**
 * Walks the program's path [pointer, pointer + length) from directory `start` of `tree`. `site` is the calling method,
 * for the count of copied bytes. On success `resolved_node` is set.
 */
export function resolve(tree: u32, start: u32, pointer: u32, length: u32, follow_last: bool, site: u32): u32 {
  if (!guest_reaches(pointer, length)) return ERRNO_FAULT;
  if (length == 0) return ERRNO_NOENT;
  if (length >= <u32>PATH_MAX) return ERRNO_NAMETOOLONG;
  guest_copy_to(first_buffer, pointer, length, site);
  const error = check_text(first_buffer, length);
  return error != ERRNO_SUCCESS ? error : walk(tree, start, length, follow_last);
}

/** Checks a path that is only a text here, as the target of a link to be made. */
export function path_is_text(pointer: u32, length: u32, site: u32): u32 {
  if (!guest_reaches(pointer, length)) return ERRNO_FAULT;
  if (length == 0) return ERRNO_NOENT;
  if (length >= <u32>PATH_MAX) return ERRNO_NAMETOOLONG;
  guest_copy_to(first_buffer, pointer, length, site);
  return check_text(first_buffer, length);
}

function check_text(text: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(text + i) == 0) return ERRNO_INVAL;
  return utf8_is_valid(text, length) ? ERRNO_SUCCESS : ERRNO_ILSEQ;
}

function walk(tree: u32, start: u32, path_length: u32, follow_last: bool): u32 {
  let path: usize = first_buffer;
  let length = path_length;
  let at: u32 = 0;
  let node = start;
  let links: u32 = 0;
  if (load<u8>(path) == SLASH) return ERRNO_NOTCAPABLE;
  while (true) {
    while (at < length && load<u8>(path + at) == SLASH) at++;
    if (at == length) {
      resolved_node = node;
      return ERRNO_SUCCESS;
    }
    if (node_type(tree, node) != FILETYPE_DIRECTORY) return ERRNO_NOTDIR;
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
      if (node == start) return ERRNO_NOTCAPABLE;
      node = node_parent(tree, node);
      continue;
    }
    const child = node_lookup(tree, node, name, name_length);
    if (child == NODE_NONE) {
      if (!is_last) return ERRNO_NOENT;
      resolved_node = NODE_NONE;
      return ERRNO_SUCCESS;
    }
    const type = node_type(tree, child);
    if (type == FILETYPE_SYMBOLIC_LINK && (!is_last || follow_last || has_slash)) {
      if (++links > LINKS_MAX) return ERRNO_LOOP;
      const target = node_content(tree, child);
      const target_length = node_length(tree, child);
      if (target_length == 0) return ERRNO_NOENT;
      if (load<u8>(target) == SLASH) return ERRNO_NOTCAPABLE;
      const rest_length = length - at;
      if (target_length + rest_length > BUFFER_BYTES) return ERRNO_NAMETOOLONG;
      const other: usize = path == first_buffer ? second_buffer : first_buffer;
      memory.copy(other, target, target_length);
      memory.copy(other + target_length, path + at, rest_length);
      path = other;
      length = target_length + rest_length;
      at = 0;
      continue;
    }
    if (is_last && has_slash && type != FILETYPE_DIRECTORY) return ERRNO_NOTDIR;
    node = child;
  }
}
