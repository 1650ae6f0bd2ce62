// Tags: short texts under names that anybody may hang on a file or a directory, for searches to filter by. Each is charged like an inode without data.
// Called by log/apply.ts and change.ts.
//
//   key: inode, TYPE_TAG | 56 bits of the name's BLAKE3;  value: name, NUL, content; at most TAG_BYTES_MAX. A name of the same hash replaces it.
import { hash } from "../hash/blake3";
import { root_of, TREE_FILES } from "../state";
import { put, remove } from "../tree/change";
import { settle } from "../tree/deferred";
import { found, found_bytes, found_high, found_low, lookup, next, search_error } from "../tree/find";
import { inode_read, quota_of, REST_MASK, TYPE_TAG } from "./inode";
import { first_part } from "./pair";
import { quota_admits, quota_charge, RECORD_CHARGE } from "./quota";
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
  const name_bytes = first_part(tag, bytes);
  if (name_bytes == 0) return E_ARGUMENT;
  if (bytes > TAG_BYTES_MAX) return E_NAME_TOO_LONG;
  let result = inode_read(root_of(TREE_FILES), node);
  if (result < 0) return result;
  const quota = quota_of();
  const key = key_of(tag, name_bytes);
  const is_there = lookup(TREE_FILES, root_of(TREE_FILES), node, key);
  if (!is_there && search_error() < 0) return search_error();
  let more: i64 = 0;
  if (name_bytes == bytes) {
    if (!is_there) return E_NOT_FOUND;
    more = -RECORD_CHARGE;
    result = remove(TREE_FILES, root_of(TREE_FILES), node, key);
  } else {
    if (!is_there) more = RECORD_CHARGE;
    result = quota_admits(quota, more);
    if (result < 0) return result;
    memory.copy(value, tag, bytes);
    result = put(TREE_FILES, root_of(TREE_FILES), node, key, value, bytes);
  }
  if (result >= 0) result = settle();
  return result < 0 ? result : quota_charge(quota, more);
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

/** How many tags an inode has, or an error. */
export function tags_count(node: u64): i64 {
  const root = root_of(TREE_FILES);
  let from = TYPE_TAG;
  let count: i64 = 0;
  // each turn goes on behind the tag that it found
  while (next(TREE_FILES, root, node, from) && found_high == node && (found_low & ~REST_MASK) == TYPE_TAG) {
    count++;
    if ((found_low & REST_MASK) == REST_MASK) break;
    from = found_low + 1;
  }
  return search_error() < 0 ? search_error() : count;
}

/** Removes all tags of an inode that goes: how many there were, or an error. */
export function tags_remove(node: u64): i64 {
  const root = root_of(TREE_FILES);
  let count: i64 = 0;
  // each turn removes one
  while (next(TREE_FILES, root, node, TYPE_TAG)) {
    if (found_high != node || (found_low & ~REST_MASK) != TYPE_TAG) return count;
    const result = remove(TREE_FILES, root, node, found_low);
    if (result < 0) return result;
    const settled = settle();
    if (settled < 0) return settled;
    count++;
  }
  return search_error() < 0 ? search_error() : count;
}
