// Names in directories: which inode each names. Called by file/change.ts and the store's entry.
// A name's key is 48 bits of its BLAKE3 hash and a place among names of the same hash, so a directory's order is that of the hashes.
import { hash } from "../hash/blake3";
import { clear_error, damaged, root_of, TREE_FILES, wrong } from "../state";
import { put, remove } from "../tree/change";
import { settle } from "../tree/deferred";
import { found, found_bytes, found_high, found_low, next, search_error } from "../tree/find";
import { REST_MASK, TYPE_NAME } from "./inode";
import { KIND_LINK, NAME_BYTES_MAX } from "../../../../build/interfaces/files/constants";
import { E_ARGUMENT, E_NAME_TOO_LONG, E_NO_SPACE, E_NOT_FOUND } from "../../../lib/errors";

export const ENTRY_KIND: u32 = 8;
export const ENTRY_NAME_BYTES: u32 = 10;
export const ENTRY_NAME: u32 = 12;
const PLACES: u64 = 256;

const digest: usize = memory.data(32, 16);
const value: usize = memory.data(272, 8);

/** What the last name_find found. */
export let named_inode: u64 = 0;
export let named_kind: u32 = 0;
let named_key: u64 = 0;
/** A free place for the name that was not found, unless all are taken. */
let free_key: u64 = 0;
let is_crowded: bool = false;

/** 0, or why these bytes are no name. */
export function name_check(name: usize, bytes: u32): i64 {
  if (bytes == 0) return E_NOT_FOUND;
  if (bytes > NAME_BYTES_MAX) return E_NAME_TOO_LONG;
  if (load<u8>(name) == 0x2e && (bytes == 1 || (bytes == 2 && load<u8>(name, 1) == 0x2e))) return E_ARGUMENT;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(name + i);
    if (byte == 0 || byte == 0x2f) return E_ARGUMENT;
  }
  return 0;
}

/** True if what was found is an entry of a directory: an inode's number, a kind that there is, and a name. */
export function entry_is_sound(): bool {
  if (found_bytes <= ENTRY_NAME) return false;
  if (load<u64>(found) - 1 >= REST_MASK || <u32>load<u8>(found, ENTRY_KIND) - 1 >= KIND_LINK) return false;
  return found_bytes == ENTRY_NAME + <u32>load<u16>(found, ENTRY_NAME_BYTES);
}

function is_entry_of(directory: u64): bool {
  return found_high == directory && (found_low & ~REST_MASK) == TYPE_NAME;
}

/** Looks a name up: 0 and named_inode, named_kind; E_NOT_FOUND, or why it cannot be read. */
export function name_find(root: usize, directory: u64, name: usize, bytes: u32): i64 {
  hash(name, bytes, digest);
  const first = TYPE_NAME | ((load<u64>(digest) & 0xffff_ffff_ffff) << 8);
  free_key = first;
  let key = first;
  while (next(TREE_FILES, root, directory, key) && is_entry_of(directory) && found_low - first < PLACES) {
    if (!entry_is_sound()) return damaged(0);
    if (found_low == free_key) free_key++;
    if (found_bytes == ENTRY_NAME + bytes && memory.compare(found + ENTRY_NAME, name, bytes) == 0) {
      named_inode = load<u64>(found);
      named_kind = load<u8>(found, ENTRY_KIND);
      named_key = found_low;
      return 0;
    }
    key = found_low + 1;
  }
  is_crowded = free_key - first >= PLACES;
  return search_error() < 0 ? search_error() : wrong(E_NOT_FOUND);
}

/** Adds the name that name_find has not found just now. */
export function name_add(directory: u64, name: usize, bytes: u32, inode: u64, kind: u32): i64 {
  return is_crowded ? E_NO_SPACE : name_write(directory, free_key, name, bytes, inode, kind);
}

function name_write(directory: u64, key: u64, name: usize, bytes: u32, inode: u64, kind: u32): i64 {
  store<u64>(value, inode);
  store<u8>(value, kind, ENTRY_KIND);
  store<u8>(value, 0, 9);
  store<u16>(value, bytes, ENTRY_NAME_BYTES);
  memory.copy(value + ENTRY_NAME, name, bytes);
  const result = put(TREE_FILES, root_of(TREE_FILES), directory, key, value, ENTRY_NAME + bytes);
  return result < 0 ? result : settle();
}

/** Removes the name that name_find has found just now. */
export function name_remove(directory: u64): i64 {
  const result = remove(TREE_FILES, root_of(TREE_FILES), directory, named_key);
  return result < 0 ? result : settle();
}

/** Lets the name that name_find has found just now name another inode. */
export function name_replace(directory: u64, name: usize, bytes: u32, inode: u64, kind: u32): i64 {
  return name_write(directory, named_key, name, bytes, inode, kind);
}

/** The first name from a cursor on (0: the first of all): true, and the next cursor is list_cursor; its entry is at `found`. */
export let list_cursor: u64 = 0;
export function name_next(root: usize, directory: u64, cursor: u64): bool {
  clear_error();
  if (cursor > REST_MASK) return false;
  if (!next(TREE_FILES, root, directory, TYPE_NAME | cursor) || !is_entry_of(directory)) return false;
  // a name that could lead a path elsewhere is damage: nobody made it here
  if (!entry_is_sound() || name_check(found + ENTRY_NAME, found_bytes - ENTRY_NAME) < 0) {
    damaged(0);
    return false;
  }
  list_cursor = (found_low & REST_MASK) + 1;
  return true;
}
