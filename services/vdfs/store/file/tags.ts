// Tags: short texts under names that anybody may hang on a file or a directory, for searches to filter by. Called by log/apply.ts.
//
//   key: inode, TYPE_TAG | 56 bits of the name's BLAKE3;  value: name, NUL, content; at most TAG_BYTES_MAX. A name of the same hash replaces it.
import { hash } from "../hash/blake3";
import { root_of, TREE_FILES } from "../state";
import { put, remove } from "../tree/change";
import { settle } from "../tree/deferred";
import { found, found_bytes, found_high, found_low, lookup, next, search_error } from "../tree/find";
import { inode_read, REST_MASK, TYPE_TAG } from "./inode";
import { E_ARGUMENT, E_NAME_TOO_LONG, E_NOT_FOUND } from "../../../lib/errors";

export const TAG_BYTES_MAX: u32 = 480;
const digest: usize = memory.data(32, 16);
const value: usize = memory.data(480, 8);

function key_of(tag: usize, bytes: u32): u64 {
  hash(tag, bytes, digest);
  return TYPE_TAG | (load<u64>(digest) & REST_MASK);
}

/** Sets a tag, `tag` being name, NUL, content; without the NUL it is removed. */
export function tag_set(node: u64, tag: usize, bytes: u32): i64 {
  let name_bytes: u32 = 0;
  while (name_bytes < bytes && load<u8>(tag + name_bytes) != 0) name_bytes++;
  if (name_bytes == 0) return E_ARGUMENT;
  if (bytes > TAG_BYTES_MAX) return E_NAME_TOO_LONG;
  let result = inode_read(root_of(TREE_FILES), node);
  if (result < 0) return result;
  const key = key_of(tag, name_bytes);
  if (name_bytes == bytes) {
    if (!lookup(TREE_FILES, root_of(TREE_FILES), node, key)) return search_error() < 0 ? search_error() : E_NOT_FOUND;
    result = remove(TREE_FILES, root_of(TREE_FILES), node, key);
  } else {
    memory.copy(value, tag, bytes);
    result = put(TREE_FILES, root_of(TREE_FILES), node, key, value, bytes);
  }
  return result < 0 ? result : settle();
}

/** Copies the content of a tag to `at`: its bytes, E_NOT_FOUND, or E_ARGUMENT when `limit` is too small. */
export function tag_get(root: usize, node: u64, name: usize, bytes: u32, at: usize, limit: u32): i64 {
  if (!lookup(TREE_FILES, root, node, key_of(name, bytes))) return search_error() < 0 ? search_error() : E_NOT_FOUND;
  if (found_bytes <= bytes || memory.compare(found, name, bytes) != 0) return E_NOT_FOUND;
  const content = found_bytes - bytes - 1;
  if (content > limit) return E_ARGUMENT;
  memory.copy(at, found + bytes + 1, content);
  return content;
}

/** Removes all tags of an inode that goes. */
export function tags_remove(node: u64): i64 {
  const root = root_of(TREE_FILES);
  // each turn removes one
  while (next(TREE_FILES, root, node, TYPE_TAG)) {
    if (found_high != node || (found_low & ~REST_MASK) != TYPE_TAG) return 0;
    const result = remove(TREE_FILES, root, node, found_low);
    if (result < 0) return result;
    if (settle() < 0) return settle();
  }
  return search_error();
}
