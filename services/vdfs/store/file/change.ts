// Changes of directories and inodes, one function for each; log/apply.ts calls them, for a client and again when the log is replayed.
// Each checks everything before it changes anything; what fails later than that is a failure of the disk (state.ts).
import { next_inode, root_of, set_next_inode, TREE_FILES } from "../state";
import { put, remove } from "../tree/change";
import { settle } from "../tree/deferred";
import { data_drop, data_write } from "./data";
import { charge_for, quota_admits, quota_change, quota_charge, quota_make, quota_remove, RECORD_CHARGE } from "./quota";
import * as i from "./inode";
import { name_add, name_check, name_find, name_remove, name_replace, named_inode, named_kind } from "./names";
import { open_count } from "./opens";
import { first_part } from "./pair";
import { windows_forget } from "./window";
import { tags_count, tags_remove } from "./tags";
import {
  KIND_DIRECTORY,
  KIND_FILE,
  KIND_LINK,
  TARGET_BYTES_MAX,
  TIMES_ACCESSED,
  TIMES_ACCESSED_NOW,
} from "../../../../build/interfaces/files/constants";
import { TIMES_MODIFIED, TIMES_MODIFIED_NOW, UNLINK_DIRECTORY } from "../../../../build/interfaces/files/constants";
import { E_ARGUMENT, E_CROSSES, E_EXISTS, E_IS_DIRECTORY, E_LINKS, E_LOOP, E_NAME_TOO_LONG } from "../../../lib/errors";
import { E_NOT_DIRECTORY, E_NOT_EMPTY, E_NOT_FOUND } from "../../../lib/errors";

/** Directories one inside the other that a move looks through. */
const DEPTH_MAX: u32 = 4096;

// @ts-ignore: decorator
@inline
function live(): usize {
  return root_of(TREE_FILES);
}

/** Fills `inode` with a directory that has not been removed: 0, or an error. */
function directory_read(directory: u64): i64 {
  const result = i.inode_read(live(), directory);
  if (result < 0) return result;
  if (i.kind_of() != KIND_DIRECTORY) return E_NOT_DIRECTORY;
  return i.links_of() == 0 ? E_NOT_FOUND : 0;
}

/** A directory has `more` names than before. */
function directory_changed(directory: u64, more: i64, now_ns: u64): i64 {
  const result = i.inode_read(live(), directory);
  if (result < 0) return result;
  i.set_names(i.names_of() + more);
  i.set_modified(now_ns);
  i.set_changed_at(now_ns);
  return write_inode(directory);
}

function write_inode(number: u64): i64 {
  const result = i.inode_write(number);
  return result < 0 ? result : settle();
}

/** A new inode of that kind, in a directory: its number, or an error. */
export function create(directory: u64, name: usize, bytes: u32, kind: u32, now_ns: u64): i64 {
  if (kind < KIND_FILE || kind > KIND_LINK) return E_ARGUMENT;
  let result = name_check(name, bytes);
  if (result < 0) return result;
  result = directory_read(directory);
  if (result < 0) return result;
  const quota = i.quota_of();
  result = quota_admits(quota, charge_for(0));
  if (result < 0) return result;
  result = name_find(live(), directory, name, bytes);
  if (result != E_NOT_FOUND) return result < 0 ? result : E_EXISTS;
  const number = next_inode;
  result = name_add(directory, name, bytes, number, kind);
  if (result < 0) return result;
  set_next_inode(number + 1);
  i.inode_clear(kind, now_ns);
  i.set_links(1);
  i.set_quota_root(quota);
  if (kind == KIND_DIRECTORY) i.set_parent(directory);
  result = write_inode(number);
  if (result < 0) return result;
  result = quota_charge(quota, charge_for(0));
  if (result < 0) return result;
  result = directory_changed(directory, 1, now_ns);
  return result < 0 ? result : number;
}

/** A new symbolic link; `names` is its name, NUL, its target. */
export function symlink(directory: u64, names: usize, bytes: u32, now_ns: u64): i64 {
  const name_bytes = first_part(names, bytes);
  if (name_bytes + 1 >= bytes) return E_ARGUMENT;
  const target_bytes = bytes - name_bytes - 1;
  if (target_bytes > TARGET_BYTES_MAX) return E_NAME_TOO_LONG;
  const there = directory_read(directory);
  if (there < 0) return there;
  const admitted = quota_admits(i.quota_of(), charge_for(target_bytes));
  if (admitted < 0) return admitted;
  const number = create(directory, names, name_bytes, KIND_LINK, now_ns);
  if (number < 0) return number;
  const written = data_write(number, 0, names + name_bytes + 1, target_bytes, now_ns);
  return written < 0 ? written : number;
}

export function link(node: u64, directory: u64, name: usize, bytes: u32, now_ns: u64): i64 {
  let result = name_check(name, bytes);
  if (result < 0) return result;
  result = directory_read(directory);
  if (result < 0) return result;
  const quota = i.quota_of();
  result = i.inode_read(live(), node);
  if (result < 0) return result;
  const kind = i.kind_of();
  if (kind == KIND_DIRECTORY) return E_IS_DIRECTORY;
  if (i.links_of() == 0) return E_NOT_FOUND;
  if (i.links_of() >= i.LINKS_MAX) return E_LINKS;
  if (i.quota_of() != quota) return E_CROSSES;
  result = name_find(live(), directory, name, bytes);
  if (result != E_NOT_FOUND) return result < 0 ? result : E_EXISTS;
  result = quota_admits(quota, RECORD_CHARGE);
  if (result < 0) return result;
  i.set_links(i.links_of() + 1);
  i.set_changed_at(now_ns);
  result = write_inode(node);
  if (result < 0) return result;
  result = name_add(directory, name, bytes, node, kind);
  if (result < 0) return result;
  result = quota_charge(quota, RECORD_CHARGE);
  return result < 0 ? result : directory_changed(directory, 1, now_ns);
}

/** Removes a name; `kind` UNLINK_FILE or UNLINK_DIRECTORY says what it must be, 0: no matter. */
export function unlink(directory: u64, name: usize, bytes: u32, kind: u32, now_ns: u64): i64 {
  let result = name_check(name, bytes);
  if (result < 0) return result;
  result = directory_read(directory);
  if (result < 0) return result;
  result = name_find(live(), directory, name, bytes);
  if (result < 0) return result;
  const is_directory = named_kind == KIND_DIRECTORY;
  if (kind == UNLINK_DIRECTORY && !is_directory) return E_NOT_DIRECTORY;
  if (kind != UNLINK_DIRECTORY && kind != 0 && is_directory) return E_IS_DIRECTORY;
  const node = named_inode;
  result = i.inode_read(live(), node);
  if (result < 0) return result;
  if (is_directory && i.names_of() != 0) return E_NOT_EMPTY;
  result = name_remove(directory);
  if (result < 0) return result;
  result = directory_changed(directory, -1, now_ns);
  return result < 0 ? result : lose_link(node, now_ns);
}

/** An inode has one name less; without any it goes, or becomes an orphan while somebody has it open. */
function lose_link(node: u64, now_ns: u64): i64 {
  let result = i.inode_read(live(), node);
  if (result < 0) return result;
  i.set_links(i.links_of() - 1);
  i.set_changed_at(now_ns);
  if (i.links_of() != 0) {
    const quota = i.quota_of();
    result = write_inode(node);
    return result < 0 ? result : quota_charge(quota, -RECORD_CHARGE);
  }
  if (open_count(node) == 0) return destroy(node);
  const written = put(TREE_FILES, live(), 0, i.TYPE_ORPHAN | node, i.inode, 8);
  return written < 0 ? written : write_inode(node);
}

/** Ends an inode that has no name: everything that it holds is given back. */
export function destroy(node: u64): i64 {
  let result = i.inode_read(live(), node);
  if (result < 0) return result;
  const quota = i.quota_of();
  let charge = charge_for(i.size_of());
  const owns_quota = i.kind_of() == KIND_DIRECTORY && quota == node;
  windows_forget(node);
  result = data_drop(node, 0);
  if (result < 0) return result;
  result = tags_remove(node);
  if (result < 0) return result;
  charge += result * RECORD_CHARGE;
  result = i.inode_remove(node);
  if (result < 0) return result;
  result = quota_charge(quota, -charge);
  if (result < 0) return result;
  return owns_quota ? quota_remove(node) : settle();
}

/** Ends an orphan that nobody has open any more. */
export function destroy_orphan(node: u64): i64 {
  const result = remove(TREE_FILES, live(), 0, i.TYPE_ORPHAN | node);
  return result < 0 ? result : destroy(node);
}

/** 0 if `directory` is not `node` and not below it. */
function check_not_below(node: u64, directory: u64): i64 {
  let at = directory;
  for (let depth: u32 = 0; depth < DEPTH_MAX; depth++) {
    if (at == node) return E_LOOP;
    if (at == i.ROOT_INODE || at == 0) return 0;
    const result = i.inode_read(live(), at);
    if (result < 0) return result;
    at = i.parent_of();
  }
  return E_LOOP;
}

/** Moves a name; what has the new name is replaced. `names` is the old, NUL, the new. */
export function rename(from: u64, to: u64, names: usize, bytes: u32, now_ns: u64): i64 {
  const old_bytes = first_part(names, bytes);
  if (old_bytes + 1 >= bytes) return E_ARGUMENT;
  const name = names + old_bytes + 1;
  const name_bytes = bytes - old_bytes - 1;
  let result = name_check(names, old_bytes);
  if (result < 0) return result;
  result = name_check(name, name_bytes);
  if (result < 0) return result;
  result = directory_read(to);
  if (result < 0) return result;
  const quota = i.quota_of();
  result = directory_read(from);
  if (result < 0) return result;
  result = name_find(live(), from, names, old_bytes);
  if (result < 0) return result;
  const node = named_inode;
  const kind = named_kind;
  result = i.inode_read(live(), node);
  if (result < 0) return result;
  if (i.quota_of() != quota && !(i.quota_of() == node && from == to)) return E_CROSSES;
  if (kind == KIND_DIRECTORY) {
    result = check_not_below(node, to);
    if (result < 0) return result;
  }
  result = name_find(live(), to, name, name_bytes);
  if (result < 0 && result != E_NOT_FOUND) return result;
  let replaced: u64 = 0;
  if (result == 0) {
    replaced = named_inode;
    if (replaced == node) return 0;
    result = check_replace(kind, replaced);
    if (result < 0) return result;
    result = name_replace(to, name, name_bytes, node, kind);
  } else {
    result = name_add(to, name, name_bytes, node, kind);
  }
  if (result < 0) return result;
  result = name_find(live(), from, names, old_bytes);
  if (result < 0) return result;
  result = name_remove(from);
  if (result < 0) return result;
  return moved(from, to, node, replaced, now_ns);
}

/** 0 if something of `kind` may take the place of inode `replaced`. */
function check_replace(kind: u32, replaced: u64): i64 {
  const result = i.inode_read(live(), replaced);
  if (result < 0) return result;
  if (kind == KIND_DIRECTORY && named_kind != KIND_DIRECTORY) return E_NOT_DIRECTORY;
  if (kind != KIND_DIRECTORY && named_kind == KIND_DIRECTORY) return E_IS_DIRECTORY;
  return named_kind == KIND_DIRECTORY && i.names_of() != 0 ? E_NOT_EMPTY : 0;
}

/** The names have been moved: the directories, the node and what it replaced get to know. */
function moved(from: u64, to: u64, node: u64, replaced: u64, now_ns: u64): i64 {
  let result = directory_changed(from, -1, now_ns);
  if (result < 0) return result;
  result = directory_changed(to, replaced == 0 ? 1 : 0, now_ns);
  if (result < 0) return result;
  result = i.inode_read(live(), node);
  if (result < 0) return result;
  i.set_changed_at(now_ns);
  if (i.kind_of() == KIND_DIRECTORY) i.set_parent(to);
  result = write_inode(node);
  if (result < 0) return result;
  return replaced == 0 ? 0 : lose_link(replaced, now_ns);
}

export function times(node: u64, which: u32, accessed_ns: u64, modified_ns: u64, now_ns: u64): i64 {
  const result = i.inode_read(live(), node);
  if (result < 0) return result;
  if (which & TIMES_ACCESSED) i.set_accessed(accessed_ns);
  if (which & TIMES_ACCESSED_NOW) i.set_accessed(now_ns);
  if (which & TIMES_MODIFIED) i.set_modified(modified_ns);
  if (which & TIMES_MODIFIED_NOW) i.set_modified(now_ns);
  i.set_changed_at(now_ns);
  return write_inode(node);
}

/** Gives an empty directory a quota, or a directory that has one another limit. */
export function set_quota(directory: u64, limit: u64): i64 {
  let result = directory_read(directory);
  if (result < 0) return result;
  if (limit == 0) return E_ARGUMENT;
  if (i.quota_of() == directory) return quota_change(directory, limit);
  if (i.names_of() != 0) return E_NOT_EMPTY;
  const outer = i.quota_of();
  result = quota_make(directory, limit, outer);
  if (result < 0) return result;
  i.set_quota_root(directory);
  result = write_inode(directory);
  // what it is charged moves from the outer quota alone into both
  return result < 0 ? result : quota_charge_own(directory, outer);
}

function quota_charge_own(directory: u64, outer: u64): i64 {
  const tags = tags_count(directory);
  if (tags < 0) return tags;
  const charge = charge_for(0) + tags * RECORD_CHARGE;
  const result = quota_charge(outer, -charge);
  return result < 0 ? result : quota_charge(directory, charge);
}
