// Snapshots: the tree of files as it was at a commit, kept under a name. Called by store.ts.
// What the live tree gives up since then goes to the newest snapshot's list (tree/deferred.ts). Deleting a snapshot frees what is in its
// list and in no older one, and hands the rest of the list to the next older: exactly what nobody names is freed.
//
//   record: high = 1 << 56, low = number;  value: root of 32 bytes | time u64 | birth u32 | the next older one's number u32, birth u32 | 0 u32 | name
import { content_drop } from "./chunk/contents";
import { commit } from "./commit";
import { give_back, is_data_page } from "./disk/space";
import { ROOT_BYTES } from "./disk/layout";
import * as s from "./state";
import { has_room } from "./tree/cache";
import { put, remove } from "./tree/change";
import { add_deferred, DEFERRED, DEFERRED_BYTES, DEFERRED_CONTENT } from "./tree/deferred";
import { found, found_bytes, found_high, found_low, next, search_error } from "./tree/find";
import { write_trees } from "./tree/write";
import { E_DAMAGED, E_EXISTS, E_NAME_TOO_LONG, E_NOT_FOUND } from "../../lib/errors";

const SNAPSHOT: u64 = 1 << 56;
const TIME_AT: u32 = 32;
const BIRTH_AT: u32 = 40;
const OLDER_AT: u32 = 44;
const OLDER_BIRTH_AT: u32 = 48;
const NAME_AT: u32 = 56;
const NAME_MAX: u32 = 255;

const record: usize = memory.data(320, 8);
const item: usize = memory.data(40, 8);
export let snapshot_name: usize = 0;
export let snapshot_name_bytes: u32 = 0;
export let snapshot_time: u64 = 0;

// @ts-ignore: decorator
@inline
function records(): usize {
  return s.root_of(s.TREE_RECORDS);
}

/** Copies the first snapshot from number `from` on to `record`: its number, E_NOT_FOUND, or an error. */
export function snapshot_next(from: u32): i64 {
  if (!next(s.TREE_RECORDS, records(), SNAPSHOT, from) || found_high != SNAPSHOT) {
    return search_error() < 0 ? search_error() : E_NOT_FOUND;
  }
  // whoever looks for the next one adds 1
  if (found_low >= u32.MAX_VALUE || found_bytes <= NAME_AT || found_bytes > NAME_AT + NAME_MAX) return s.damaged(0);
  memory.copy(record, found, found_bytes);
  snapshot_name = record + NAME_AT;
  snapshot_name_bytes = found_bytes - NAME_AT;
  snapshot_time = load<u64>(record, TIME_AT);
  return <i64>found_low;
}

/** The number of the snapshot of that name, copied to `record`; E_NOT_FOUND, or an error. */
export function snapshot_find(name: usize, bytes: u32): i64 {
  let number = snapshot_next(0);
  while (number >= 0) {
    if (snapshot_name_bytes == bytes && memory.compare(snapshot_name, name, bytes) == 0) return number;
    number = snapshot_next(<u32>number + 1);
  }
  return number;
}

/** Copies the root of the snapshot that was found last to `root`. */
export function snapshot_root(root: usize): void {
  memory.copy(root, record, ROOT_BYTES);
}

/** Keeps the tree of files as it is now: the snapshot's number, or an error. */
export function snapshot_make(name: usize, bytes: u32, now_ns: u64): i64 {
  if (bytes == 0 || bytes > NAME_MAX) return E_NAME_TOO_LONG;
  const there = snapshot_find(name, bytes);
  if (there != E_NOT_FOUND) return there < 0 ? there : E_EXISTS;
  let result = commit();
  if (result < 0) return result;
  const number = s.next_snapshot;
  const birth = s.transaction - 1;
  memory.copy(record, s.root_of(s.TREE_FILES), ROOT_BYTES);
  store<u64>(record, now_ns, TIME_AT);
  store<u32>(record, birth, BIRTH_AT);
  store<u32>(record, s.snapshot_number, OLDER_AT);
  store<u32>(record, s.snapshot_birth, OLDER_BIRTH_AT);
  store<u32>(record, 0, NAME_AT - 4);
  memory.copy(record + NAME_AT, name, bytes);
  result = put(s.TREE_RECORDS, records(), SNAPSHOT, number, record, NAME_AT + bytes);
  if (result < 0) return result;
  s.set_next_snapshot(number + 1);
  s.set_snapshot(birth, number);
  result = commit();
  return result < 0 ? result : number;
}

/** Ends the snapshot of that name: 0, or an error. */
export function snapshot_delete(name: usize, bytes: u32): i64 {
  const number = snapshot_find(name, bytes);
  if (number < 0) return number;
  let result = commit();
  if (result < 0) return result;
  const older = load<u32>(record, OLDER_AT);
  const older_birth = load<u32>(record, OLDER_BIRTH_AT);
  result = newer_skips(<u32>number, older, older_birth);
  if (result < 0) return result;
  result = settle_list(<u32>number, older, older_birth);
  if (result < 0) return result;
  result = remove(s.TREE_RECORDS, records(), SNAPSHOT, number);
  return result < 0 ? result : commit();
}

/** Whoever had this snapshot as the next older one has that one's. */
function newer_skips(number: u32, older: u32, older_birth: u32): i64 {
  if (s.snapshot_number == number) {
    s.set_snapshot(older_birth, older);
    return 0;
  }
  const newer = snapshot_next(number + 1);
  if (newer < 0) return newer == E_NOT_FOUND ? E_DAMAGED : newer;
  store<u32>(record, older, OLDER_AT);
  store<u32>(record, older_birth, OLDER_BIRTH_AT);
  return put(s.TREE_RECORDS, records(), SNAPSHOT, newer, record, NAME_AT + snapshot_name_bytes);
}

/** Empties a snapshot's list: frees what no older one has, hands the rest on. Each turn removes an item. */
function settle_list(number: u32, older: u32, older_birth: u32): i64 {
  while (next(s.TREE_RECORDS, records(), DEFERRED | number, 0) && found_high == (DEFERRED | number)) {
    if (found_bytes != DEFERRED_BYTES) return half(s.damaged(0));
    memory.copy(item, found, DEFERRED_BYTES);
    const key = found_low;
    const page = <u32>(key >> 32);
    const birth = <u32>key;
    let result = remove(s.TREE_RECORDS, records(), DEFERRED | number, key);
    if (result < 0) return result;
    if (older != 0 && birth <= older_birth) result = add_deferred(records(), older, page, birth, item);
    else if (load<u32>(item) == DEFERRED_CONTENT) result = content_drop(item + 8, page, load<u32>(item, 4));
    else if (is_data_page(page)) give_back(page, 1);
    if (result < 0) return result;
    if (!has_room()) result = write_trees();
    if (result < 0) return result;
  }
  return search_error() < 0 ? half(search_error()) : 0;
}

/** What was begun cannot be ended: none of it reaches the disk. */
function half(why: i64): i64 {
  s.fail(why);
  return why;
}
