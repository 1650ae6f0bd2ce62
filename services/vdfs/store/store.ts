// The store's entry: what the service (services/vdfs) and the host (services/vdfs/host.ts) call. One call at a time, each waits for the disk.
// A view is 0, the live tree of files, or 1 … VIEWS_MAX, a snapshot's. Nodes are inodes; who may use which is the caller's to know.
import { commit } from "./commit";
import { free_pages, released_pages } from "./disk/space";
import { data_check, data_read } from "./file/data";
import { destroy_orphan } from "./file/change";
import { dirty_pages } from "./file/dirty";
import { inode_read, kind_of, links_of } from "./file/inode";
import {
  ENTRY_KIND,
  ENTRY_NAME,
  list_cursor,
  name_check,
  name_find,
  name_next,
  named_inode,
  named_kind,
} from "./file/names";
import { open_add, open_drop } from "./file/opens";
import { apply, CHANGE_INODES, CHANGE_TRUNCATE, CHANGE_UNLINK, CHANGE_WRITE, INODES_MAX } from "./log/apply";
import { log_add, log_clear, log_is_empty, log_write } from "./log/log";
import { is_stuck, mount } from "./mount";
import { snapshot_delete, snapshot_find, snapshot_make, snapshot_root } from "./snapshots";
import * as s from "./state";
import { has_room } from "./tree/cache";
import { found, found_bytes, search_error } from "./tree/find";
import { write_trees } from "./tree/write";
import { ROOT_BYTES } from "./disk/layout";
import {
  KIND_DIRECTORY,
  RECORD_KIND,
  RECORD_NAME,
  RECORD_NAME_BYTES,
  RECORD_NODE,
} from "../../../build/interfaces/files/constants";
import {
  E_ARGUMENT,
  E_DEVICE,
  E_FULL,
  E_NO_SPACE,
  E_NOT_DIRECTORY,
  E_NOT_FOUND,
  E_READ_ONLY,
  E_STATE,
} from "../../lib/errors";

export const VIEWS_MAX: u32 = 7;
const views: usize = memory.data(256, 8);
/** By view: the snapshot's number; 0: the place is free. */
const view_numbers: usize = memory.data(32, 4);

/** Pages that a change may need beside four for each dirty page; what frees some needs few. */
const RESERVE: u32 = 64;
const RESERVE_TO_FREE: u32 = 24;
const PAGES_FOR_DIRTY: u32 = 4;

let is_in_transaction = false;
/** Changes that nobody has synced yet were lost since the last sync: that one must say so. */
let lost: i64 = 0;

/** The next number of an inode before the last failure: those below may stand in somebody's hands, so nothing else gets one of them. */
let given: u64 = 0;

/** More inodes than anybody makes between two syncs; the numbers that there are are enough for four million of these steps. */
const STEP_OF_NUMBERS: u64 = 1 << 26;

/** Called after the mount by a service whose former instance gave numbers out, perhaps of inodes that never became durable. */
export function pass_numbers_over(): void {
  given = max(given, s.next_inode + min(STEP_OF_NUMBERS, (INODES_MAX - s.next_inode) >> 1));
}

/** After a failure the store is taken up anew, from what is durable: 0, or why that cannot be. */
export function prepare(): i64 {
  if (s.failure == 0) return 0;
  const why = s.failure;
  given = max(given, s.next_inode);
  if (s.is_changed || !log_is_empty() || dirty_pages != 0) lost = why;
  is_in_transaction = false;
  const result = mount(s.is_read_only && !is_stuck);
  if (result < 0) s.fail(result);
  return result;
}

/** 0 if the store may be changed. A disk that took no write when the store was taken up is asked again. */
function may_write(): i64 {
  if (!s.is_read_only) return 0;
  if (!is_stuck) return E_READ_ONLY;
  const result = mount(false);
  if (result < 0) s.fail(result);
  return is_stuck ? E_DEVICE : result;
}

/** 0 if a change that makes `pages` pages dirty finds room, after a commit if need be. */
function admit(pages: u32, frees: bool): i64 {
  const reserve = frees ? RESERVE_TO_FREE : RESERVE;
  if (free_pages >= reserve + PAGES_FOR_DIRTY * (dirty_pages + pages)) return 0;
  if (is_in_transaction) return E_NO_SPACE;
  if (dirty_pages != 0 || released_pages != 0) {
    const done = commit();
    if (done < 0) return done;
  }
  return free_pages >= reserve + PAGES_FOR_DIRTY * pages ? 0 : E_NO_SPACE;
}

/** Makes a change (log/apply.ts) and notes it for the log: its answer, or an error, after which nothing has changed. */
export function change(what: u32, now_ns: u64, a: u64, b: u64, c: u64, bytes: usize, length: u32): i64 {
  const ready = prepare();
  if (ready < 0) return ready;
  const may = may_write();
  if (may < 0) return may;
  const pages = what == CHANGE_WRITE ? (length >> 12) + 2 : 1;
  const admitted = admit(pages, what == CHANGE_UNLINK || what == CHANGE_TRUNCATE);
  if (admitted < 0) return admitted;
  if (!has_room()) {
    const written = write_trees();
    if (written < 0) return written;
  }
  if (s.next_inode < given) {
    s.set_next_inode(given);
    log_add(CHANGE_INODES, now_ns, given, 0, 0, bytes, 0);
  }
  const before = s.tree_changes;
  const result = apply(what, now_ns, a, b, c, bytes, length);
  if (s.failure != 0) return s.failure;
  if (result >= 0) log_add(what, now_ns, a, b, c, bytes, what == CHANGE_WRITE ? <u32>result : length);
  else if (s.tree_changes != before) s.fail(result);
  return result;
}

/** Everything that was changed so far is durable when it answers 0. */
export function sync(): i64 {
  const ready = prepare();
  if (ready < 0) return ready;
  if (lost != 0) {
    const why = lost;
    lost = 0;
    return why;
  }
  if (is_in_transaction) return E_STATE;
  if (s.is_read_only || log_is_empty()) return 0;
  const written = log_write();
  if (written == 1) return 0;
  if (written == 0) return commit();
  s.fail(written);
  return written;
}

/** Writes everything into the trees: what a sync does, and an empty log. */
export function checkpoint(): i64 {
  const ready = prepare();
  if (ready < 0) return ready;
  if (is_in_transaction) return E_STATE;
  return s.is_changed || !log_is_empty() ? commit() : 0;
}

/** From here to `end` all changes happen, or none of them: nothing of them is durable before `end` and a sync. */
export function begin(): i64 {
  if (is_in_transaction) return E_STATE;
  const result = checkpoint();
  if (result < 0) return result;
  is_in_transaction = true;
  return 0;
}

/** 0: the changes since `begin` are made. An error: none is. */
export function end(): i64 {
  if (s.failure != 0) {
    const why = s.failure;
    prepare();
    lost = 0;
    return why;
  }
  if (!is_in_transaction) return E_STATE;
  is_in_transaction = false;
  return 0;
}

/** Undoes the changes since `begin`. */
export function abort(): i64 {
  if (!is_in_transaction && s.failure == 0) return E_STATE;
  log_clear();
  s.fail(E_STATE);
  const result = prepare();
  lost = 0;
  return result;
}

/** 0 if so many pages more could be written now, or E_NO_SPACE. */
export function has_room_for(pages: u64): i64 {
  const ready = prepare();
  if (ready < 0) return ready;
  return pages >= <u64>free_pages + released_pages ? E_NO_SPACE : admit(1, false);
}

// @ts-ignore: decorator
@inline
export function root_of_view(view: u32): usize {
  return view == 0 ? s.root_of(s.TREE_FILES) : views + view * ROOT_BYTES;
}

/** The inode of a name, and its kind at lookup_kind. */
export let lookup_kind: u32 = 0;
export function lookup(view: u32, directory: u64, name: usize, bytes: u32): i64 {
  let result = prepare();
  if (result < 0) return result;
  const root = root_of_view(view);
  result = inode_read(root, directory);
  if (result < 0) return result;
  if (kind_of() != KIND_DIRECTORY) return E_NOT_DIRECTORY;
  result = name_check(name, bytes);
  if (result < 0) return result;
  result = name_find(root, directory, name, bytes);
  if (result < 0) return result;
  lookup_kind = named_kind;
  return named_inode;
}

/** Fills `inode` of file/inode.ts. */
export function status(view: u32, node: u64): i64 {
  const result = prepare();
  return result < 0 ? result : inode_read(root_of_view(view), node);
}

export function read(view: u32, node: u64, offset: u64, at: usize, limit: u32): i64 {
  const result = prepare();
  return result < 0 ? result : data_read(root_of_view(view), node, offset, at, limit);
}

/** Reads and checks all of a node's data: 0, or the first error; the page it was at is checked_page of file/data.ts. */
export function check(view: u32, node: u64): i64 {
  const result = prepare();
  return result < 0 ? result : data_check(root_of_view(view), node);
}

/** Records of names (services/files/interface.ts) from a cursor on, as many as fit: their bytes, 0 after the last. */
export function list(view: u32, directory: u64, cursor: u64, at: usize, limit: u32): i64 {
  let result = prepare();
  if (result < 0) return result;
  const root = root_of_view(view);
  result = inode_read(root, directory);
  if (result < 0) return result;
  if (kind_of() != KIND_DIRECTORY) return E_NOT_DIRECTORY;
  let done: u32 = 0;
  // each turn goes on behind the name that it found, until no more fits
  while (name_next(root, directory, cursor)) {
    const name_bytes = found_bytes - ENTRY_NAME;
    const whole = (RECORD_NAME + name_bytes + 7) & ~7;
    if (done + whole > limit) return done == 0 ? E_ARGUMENT : done;
    const record = at + done;
    cursor = list_cursor;
    store<u64>(record, cursor);
    store<u64>(record + RECORD_NODE, load<u64>(found));
    store<u32>(record + RECORD_KIND, load<u8>(found, ENTRY_KIND));
    store<u32>(record + RECORD_NAME_BYTES, name_bytes);
    memory.copy(record + RECORD_NAME, found + ENTRY_NAME, name_bytes);
    memory.fill(record + RECORD_NAME + name_bytes, 0, whole - RECORD_NAME - name_bytes);
    done += whole;
  }
  return search_error() < 0 ? search_error() : done;
}

/** The node stays until `forget`, whatever happens to its names. */
export function open(node: u64): i64 {
  return open_add(node);
}

/** One open less; an inode without a name goes with its last. */
export function forget(node: u64): i64 {
  if (!open_drop(node)) return 0;
  const result = status(0, node);
  if (result < 0) return result == E_NOT_FOUND ? 0 : result;
  if (links_of() != 0 || s.is_read_only) return 0;
  const before = s.tree_changes;
  const gone = destroy_orphan(node);
  if (gone < 0 && s.tree_changes != before) s.fail(gone);
  return gone;
}

/** Keeps the live tree under a name: the snapshot's number. */
export function make_snapshot(name: usize, bytes: u32, now_ns: u64): i64 {
  return settled(snapshot_may(), name, bytes, now_ns, true);
}

export function delete_snapshot(name: usize, bytes: u32): i64 {
  const may = snapshot_may();
  if (may < 0) return may;
  const number = snapshot_find(name, bytes);
  for (let view: u32 = 1; number >= 0 && view <= VIEWS_MAX; view++) {
    if (load<u32>(view_numbers + (view << 2)) == <u32>number) return E_STATE;
  }
  return settled(may, name, bytes, 0, false);
}

function snapshot_may(): i64 {
  const ready = prepare();
  if (ready < 0) return ready;
  const may = may_write();
  if (may < 0) return may;
  return is_in_transaction ? E_STATE : admit(8, true);
}

function settled(may: i64, name: usize, bytes: u32, now_ns: u64, makes: bool): i64 {
  if (may < 0) return may;
  const before = s.tree_changes;
  const result = makes ? snapshot_make(name, bytes, now_ns) : snapshot_delete(name, bytes);
  if (result < 0 && s.failure == 0 && s.tree_changes != before) s.fail(result);
  return result;
}

/** A view of the snapshot of that name. E_FULL: VIEWS_MAX are in use. */
export function open_view(name: usize, bytes: u32): i64 {
  const ready = prepare();
  if (ready < 0) return ready;
  const number = snapshot_find(name, bytes);
  if (number < 0) return number;
  for (let view: u32 = 1; view <= VIEWS_MAX; view++) {
    if (load<u32>(view_numbers + (view << 2)) != 0) continue;
    store<u32>(view_numbers + (view << 2), <u32>number);
    snapshot_root(views + view * ROOT_BYTES);
    return view;
  }
  return E_FULL;
}

export function close_view(view: u32): void {
  if (view >= 1 && view <= VIEWS_MAX) store<u32>(view_numbers + (view << 2), 0);
}
