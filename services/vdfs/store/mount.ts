// Making a disk a store (format), and taking one up again (mount): the newest superblock, its map of the space, its log.
// Called by store.ts. Whatever the disk holds, both answer; what they do not understand they do not touch.
import { cached_reset, cached_start } from "./file/cached";
import { destroy_orphan } from "./file/change";
import { dirty_reset, dirty_start } from "./file/dirty";
import { inode_clear, inode_write, REST_MASK, ROOT_INODE, set_links, set_parent, TYPE_ORPHAN } from "./file/inode";
import { windows_reset } from "./file/window";
import { open_count } from "./file/opens";
import { pages } from "./disk/disk";
import * as l from "./disk/layout";
import { space_read, space_reset, space_start } from "./disk/space";
import { stage_reset, stage_start } from "./disk/stage";
import { cut_from, superblock, superblock_read, superblock_start } from "./disk/superblock";
import { log_reset, log_start } from "./log/log";
import { log_goes_on, replay, replayed } from "./log/replay";
import * as s from "./state";
import { cache_reset, cache_start } from "./tree/cache";
import { deferred_reset } from "./tree/deferred";
import { found_high, found_low, next, search_error } from "./tree/find";
import { commit } from "./commit";
import { KIND_DIRECTORY } from "../../../build/interfaces/files/constants";
import { E_ARGUMENT, E_DAMAGED, E_DEVICE, E_FORMAT, E_NO_MEMORY } from "../../lib/errors";

/** Dirty pages at most, and one for so many pages of the disk: a commit of all of them must find room. */
let dirty_most: u32 = 0;
const DIRTY_SHARE: u32 = 32;

/** Takes all memory that the store will ever have, once: nodes, slots of 32 pages of contents, dirty pages; for disks of up to `disk` pages. */
export function start(nodes: u32, slots: u32, dirty: u32, disk: u64): i64 {
  dirty_most = dirty;
  if (nodes < 256 || slots < 4 || dirty < 8 || disk > l.DISK_PAGES_MAX) return E_ARGUMENT;
  const good =
    cache_start(nodes) && cached_start(slots) && dirty_start(dirty) && space_start(<u32>disk) && stage_start();
  return good && superblock_start() && log_start() ? 0 : E_NO_MEMORY;
}

/** Forgets everything in memory that is a disk's. */
function forget_disk(): void {
  s.clear_failure();
  s.set_changed(false);
  s.set_replaying(false);
  cache_reset();
  cached_reset();
  windows_reset();
  stage_reset();
  deferred_reset();
  dirty_reset(min(dirty_most, max<u32>(8, s.disk_pages / DIRTY_SHARE)));
}

/** Makes the disk an empty store; `seed` is its identity. What was on it is lost. */
export function format(seed_low: u64, seed_high: u64, now_ns: u64, limit_pages: u64): i64 {
  const all = pages();
  if (all < 0) return all;
  const count = min<u64>(all, limit_pages);
  if (count < l.DISK_PAGES_MIN) return E_ARGUMENT;
  s.set_geometry(<u32>count, min(max<u32>(<u32>(count >> 6), l.LOG_PAGES_MIN), l.LOG_PAGES_MAX));
  forget_disk();
  memory.fill(superblock, 0, 4096);
  store<u64>(superblock, l.MAGIC, l.SUPER_MAGIC);
  store<u32>(superblock, l.VERSION, l.SUPER_VERSION);
  store<u32>(superblock, s.log_pages, l.SUPER_LOG_PAGES);
  store<u64>(superblock, count, l.SUPER_PAGES);
  store<u64>(superblock, seed_low, l.SUPER_UUID);
  store<u64>(superblock, seed_high, l.SUPER_UUID + 8);
  memory.fill(s.roots, 0, s.TREES * l.ROOT_BYTES);
  s.set_snapshot(0, 0);
  s.set_next_snapshot(1);
  s.set_next_inode(ROOT_INODE + 1);
  s.set_transaction(1);
  s.set_read_only(false);
  space_reset();
  inode_clear(KIND_DIRECTORY, now_ns);
  set_links(1);
  set_parent(ROOT_INODE);
  const made = inode_write(ROOT_INODE);
  if (made < 0) return made;
  // both places: an older store's superblock of the other parity must not come back
  const first = commit();
  return first < 0 ? first : commit();
}

/** The state of the last mount lacks changes that are in the log, and were acknowledged: they need what is damaged, or the map of the space is. */
export let is_salvaged: bool = false;
let salvages: bool = false;

/** 0, E_FORMAT when it is no store, E_DAMAGED, or an error of the disk. A disk that may only be read is not touched. */
function try_mount(read_only: bool): i64 {
  const count = pages();
  if (count < 0) return count;
  if (<u64>count < l.DISK_PAGES_MIN) return E_FORMAT;
  const there = superblock_read(count);
  if (there <= 0) return there < 0 ? there : cut_from != 0 ? E_DAMAGED : E_FORMAT;
  s.set_geometry(<u32>load<u64>(superblock, l.SUPER_PAGES), load<u32>(superblock, l.SUPER_LOG_PAGES));
  forget_disk();
  const sequence = <u32>load<u64>(superblock, l.SUPER_SEQUENCE);
  memory.copy(s.roots, superblock + l.SUPER_ROOTS, s.TREES * l.ROOT_BYTES);
  s.set_snapshot(load<u32>(superblock, l.SUPER_SNAPSHOT), load<u32>(superblock, l.SUPER_SNAPSHOT + 4));
  s.set_next_snapshot(load<u32>(superblock, l.SUPER_NEXT_SNAPSHOT));
  s.set_next_inode(load<u64>(superblock, l.SUPER_NEXT_INODE));
  s.set_transaction(sequence + 1);
  s.set_read_only(read_only);
  const space = space_read(sequence, superblock + l.SUPER_SPACE);
  if (space == E_DAMAGED) s.set_read_only(true);
  else if (space < 0) return space;
  log_reset(sequence, load<u64>(superblock, l.SUPER_CHECK), load<u64>(superblock, l.SUPER_CHECK + 8));
  // changes take pages, and nobody knows which are free
  if (space == E_DAMAGED) is_salvaged = is_salvaged || log_goes_on();
  const up = salvages || space == E_DAMAGED ? 0 : replay();
  if (up < 0 || s.is_read_only) return up;
  return take_up();
}

/** The disk took no write when it was taken up: it can only be read, until it takes one again. */
export let is_stuck: bool = false;

/** Takes the disk up. What is damaged beyond that is left alone: the disk may only be read then, and is_salvaged says if the log is not in it. */
export function mount(read_only: bool): i64 {
  is_salvaged = false;
  is_stuck = false;
  salvages = false;
  let result = try_mount(read_only);
  if (result == E_DEVICE && !read_only) {
    result = try_mount(true);
    is_stuck = result == 0;
  }
  if (result == E_DAMAGED && !read_only) result = try_mount(true);
  if (result != E_DAMAGED) return result;
  salvages = true;
  is_salvaged = true;
  result = try_mount(true);
  salvages = false;
  return result;
}

/** Ends what nobody can have open any more, and makes what the log said part of the trees. */
function take_up(): i64 {
  const root = s.root_of(s.TREE_FILES);
  let from: u64 = TYPE_ORPHAN;
  // each turn goes on behind the orphan that it found
  while (next(s.TREE_FILES, root, 0, from)) {
    if (found_high != 0 || (found_low & ~REST_MASK) != TYPE_ORPHAN) break;
    const orphan = found_low & REST_MASK;
    from = found_low + 1;
    if (open_count(orphan) != 0) continue;
    const gone = destroy_orphan(orphan);
    if (gone < 0) return gone;
  }
  if (search_error() < 0) return search_error();
  return s.is_changed || replayed != 0 ? commit() : 0;
}
