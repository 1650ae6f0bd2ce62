// Quotas: what a directory's subtree may take, with one record for each directory that has one. Called by file/.
// An inode is charged its size in whole pages and RECORD_CHARGE to the nearest quota above it and to all above that; so much again for each name
// after its first, and for each tag.
//
//   key: 0, TYPE_QUOTA | directory;  value: limit u64, used u64, the next quota above u64 (0: none)
import { PAGE_BYTES } from "../disk/disk";
import { damaged, is_replaying, root_of, TREE_FILES } from "../state";
import { put, remove } from "../tree/change";
import { settle } from "../tree/deferred";
import { found, found_bytes, lookup, search_error } from "../tree/find";
import { TYPE_QUOTA } from "./inode";
import { E_QUOTA } from "../../../lib/errors";

/** What an inode, another name of it, and a tag are charged. */
export const RECORD_CHARGE: i64 = 512;
const QUOTA_BYTES: u32 = 24;
/** Quotas one inside the other. */
const NESTED_MAX: u32 = 16;
const value: usize = memory.data(24, 8);

export let quota_limit: u64 = 0;
export let quota_used: u64 = 0;
let quota_outer: u64 = 0;

/** What a file of that size is charged. */
export function charge_for(size: u64): i64 {
  return <i64>((size + PAGE_BYTES - 1) & ~(<u64>PAGE_BYTES - 1)) + RECORD_CHARGE;
}

/** Reads the quota of a directory into quota_limit and quota_used; both are 0 when it has none. */
export function quota_read(root: usize, directory: u64): i64 {
  quota_limit = 0;
  quota_used = 0;
  quota_outer = 0;
  if (!lookup(TREE_FILES, root, 0, TYPE_QUOTA | directory)) return search_error();
  if (found_bytes != QUOTA_BYTES) return damaged(0);
  quota_limit = load<u64>(found);
  quota_used = load<u64>(found, 8);
  quota_outer = load<u64>(found, 16);
  return 0;
}

function quota_write(directory: u64): i64 {
  store<u64>(value, quota_limit);
  store<u64>(value, quota_used, 8);
  store<u64>(value, quota_outer, 16);
  const result = put(TREE_FILES, root_of(TREE_FILES), 0, TYPE_QUOTA | directory, value, QUOTA_BYTES);
  return result < 0 ? result : settle();
}

/** 0, or E_QUOTA if `bytes` more do not fit the quota or one above it. */
export function quota_admits(quota: u64, bytes: i64): i64 {
  // it was admitted before it went into the log; an open file without a name, gone then, may still be charged
  if (is_replaying) return 0;
  for (let i: u32 = 0; quota != 0 && bytes > 0 && i < NESTED_MAX; i++) {
    const result = quota_read(root_of(TREE_FILES), quota);
    if (result < 0) return result;
    if (quota_used + <u64>bytes > quota_limit) return E_QUOTA;
    quota = quota_outer;
  }
  return 0;
}

/** Charges `bytes` (less than 0: gives back) to a quota and all above it; quota_admits was asked. */
export function quota_charge(quota: u64, bytes: i64): i64 {
  for (let i: u32 = 0; quota != 0 && bytes != 0 && i < NESTED_MAX; i++) {
    let result = quota_read(root_of(TREE_FILES), quota);
    if (result < 0) return result;
    if (quota_limit == 0) return 0;
    quota_used = bytes < 0 && quota_used < <u64>-bytes ? 0 : quota_used + bytes;
    const outer = quota_outer;
    result = quota_write(quota);
    if (result < 0) return result;
    quota = outer;
  }
  return 0;
}

/** Gives an empty directory a quota of its own, inside `outer`. */
export function quota_make(directory: u64, limit: u64, outer: u64): i64 {
  quota_limit = limit;
  quota_used = 0;
  quota_outer = outer;
  return quota_write(directory);
}

/** Another limit for a quota that exists; less than is used is allowed, nothing more is then. */
export function quota_change(directory: u64, limit: u64): i64 {
  const result = quota_read(root_of(TREE_FILES), directory);
  if (result < 0) return result;
  quota_limit = limit;
  return quota_write(directory);
}

export function quota_remove(directory: u64): i64 {
  const result = remove(TREE_FILES, root_of(TREE_FILES), 0, TYPE_QUOTA | directory);
  return result < 0 ? result : settle();
}
