// Does the map of the space agree with what the trees name, and do contents count their uses right? Called by `phi disk verify` and tests,
// right after a checkpoint. It reads every node of every tree, live and in snapshots; a node that cannot be read ends it with the error.
import { ROOT_BIRTH, ROOT_LEVEL, ROOT_PAGE } from "../disk/layout";
import { is_data_page, is_used } from "../disk/space";
import { REST_MASK, TYPE_EXTENT } from "../file/inode";
import { snapshot_next, snapshot_root } from "../snapshots";
import * as s from "../state";
import { node_get } from "../tree/cache";
import { DEFERRED, DEFERRED_CONTENT } from "../tree/deferred";
import { found, found_high, found_low, next, root_node, search_error } from "../tree/find";
import { child_birth, child_check, child_page, entries_of, entry_at } from "../tree/node";
import { E_NOT_FOUND } from "../../../lib/errors";

/** A bit for each page that something names. */
let marks: usize = 0;
let mark_bytes: usize = 0;
const snapshot: usize = memory.data(32, 8);
/** Pages that are named but free, used but not named, and whether uses add up. */
export let named_but_free: u32 = 0;
export let used_but_unnamed: u32 = 0;
export let uses_are_right: bool = false;

function bit_of(page: u32): u64 {
  const one: u64 = 1;
  return one << (page & 63);
}

function is_marked(page: u32): bool {
  return (load<u64>(marks + ((page >> 6) << 3)) & bit_of(page)) != 0;
}

/** What a made-up record names beyond the disk is not there. */
function mark(page: u32, pages: u32): void {
  const end = <u32>min<u64>(<u64>page + pages, s.disk_pages);
  for (let i = page; i < end; i++) {
    if (!is_data_page(i)) continue;
    const at = marks + ((i >> 6) << 3);
    store<u64>(at, load<u64>(at) | bit_of(i));
    if (!is_used(i)) named_but_free++;
  }
}

/** Marks the nodes of a tree that no other has marked: snapshots share most, and a made-up tree may share all. Depth: its levels. */
function mark_nodes(tree: u32, page: u32, level: u32, birth: u32, check: usize): i64 {
  let node = node_get(tree, level, page, birth, check);
  if (node == 0) return s.error;
  if (is_marked(page)) return 0;
  mark(page, 1);
  if (level == 0) return 0;
  const entries = entries_of(node);
  for (let i: u32 = 0; i < entries; i++) {
    // a child's children may have taken the frame of this node
    node = node_get(tree, level, page, birth, check);
    if (node == 0) return s.error;
    const entry = entry_at(node, i);
    memory.copy(checks + (level << 4), child_check(entry), 16);
    const result = mark_nodes(tree, child_page(entry), level - 1, child_birth(entry), checks + (level << 4));
    if (result < 0) return result;
  }
  return 0;
}

const checks: usize = memory.data(256, 8);

function mark_tree(tree: u32, root: usize): i64 {
  if (load<u32>(root, ROOT_PAGE) == 0) return 0;
  if (root_node(tree, root) == 0) return s.error;
  return mark_nodes(
    tree,
    load<u32>(root, ROOT_PAGE),
    load<u32>(root, ROOT_LEVEL),
    load<u32>(root, ROOT_BIRTH),
    root + 16,
  );
}

// @ts-ignore: decorator
@inline
function weight(name: usize): u64 {
  return (load<u64>(name) ^ rotl<u64>(load<u64>(name, 8), 23)) * 0x9e37_79b9_7f4a_7c15;
}

/** Marks contents; answers the sum of their uses, weighted by name. */
function sum_contents(): u64 {
  let sum: u64 = 0;
  let high: u64 = 0;
  let low: u64 = 0;
  while (next(s.TREE_CONTENTS, s.root_of(s.TREE_CONTENTS), high, low)) {
    mark(load<u32>(found), load<u32>(found, 4));
    store<u64>(key, found_high);
    memory.copy(key + 8, found + 16, 8);
    sum += weight(key) * load<u32>(found, 8);
    high = found_low == u64.MAX_VALUE ? found_high + 1 : found_high;
    low = found_low + 1;
  }
  return sum;
}

const key: usize = memory.data(16, 8);

function weight_of_name(name: usize): u64 {
  store<u64>(key, load<u64>(name));
  memory.copy(key + 8, name + 16, 8);
  return weight(key);
}

/** The same sum from what uses them: extents of the live tree, and what snapshots' lists still hold. */
function sum_uses(): u64 {
  let sum: u64 = 0;
  let high: u64 = 0;
  let low: u64 = 0;
  while (next(s.TREE_FILES, s.root_of(s.TREE_FILES), high, low)) {
    if (found_high != 0 && (found_low & ~REST_MASK) == TYPE_EXTENT) sum += weight_of_name(found + 16);
    high = found_low == u64.MAX_VALUE ? found_high + 1 : found_high;
    low = found_low + 1;
  }
  if (search_error() < 0) return sum;
  high = DEFERRED;
  low = 0;
  while (next(s.TREE_RECORDS, s.root_of(s.TREE_RECORDS), high, low)) {
    if (load<u32>(found) == DEFERRED_CONTENT) sum += weight_of_name(found + 8) * load<u32>(found, 4);
    high = found_low == u64.MAX_VALUE ? found_high + 1 : found_high;
    low = found_low + 1;
  }
  return sum;
}

/** 0 and the three figures above, or why the trees cannot be read. */
export function verify_space(): i64 {
  const bytes = <usize>(s.disk_pages >> 3) + 8;
  if (bytes > mark_bytes) {
    marks = heap.alloc(bytes);
    mark_bytes = bytes;
  }
  memory.fill(marks, 0, bytes);
  named_but_free = 0;
  used_but_unnamed = 0;
  for (let tree: u32 = 0; tree < s.TREES; tree++) {
    const result = mark_tree(tree, s.root_of(tree));
    if (result < 0) return result;
  }
  let number = snapshot_next(0);
  while (number >= 0) {
    snapshot_root(snapshot);
    const result = mark_tree(s.TREE_FILES, snapshot);
    if (result < 0) return result;
    number = snapshot_next(<u32>number + 1);
  }
  if (number != E_NOT_FOUND) return number;
  const contents = sum_contents();
  if (search_error() < 0) return search_error();
  uses_are_right = sum_uses() == contents;
  if (search_error() < 0) return search_error();
  for (let page: u32 = 0; page < s.disk_pages; page++) {
    if (!is_data_page(page) || !is_used(page)) continue;
    if (!is_marked(page)) used_but_unnamed++;
  }
  return 0;
}
