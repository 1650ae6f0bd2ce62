// Looking things up in a tree: an exact key, the next one, the one before. Called by everything that reads the store.
// What is found stays where it is until the next node is asked for: copy what outlives that. Bounded: each step goes down one level.
import { ROOT_BIRTH, ROOT_CHECK, ROOT_LEVEL, ROOT_PAGE } from "../disk/layout";
import { clear_error, damaged, error, tree_changes } from "../state";
import { node_get, node_is_dirty } from "./cache";
import { child_birth, child_check, child_for, child_page, entries_of, entry_at, key_high, key_low } from "./node";
import { LEVELS_MAX, lower_bound, tree_of, value_at, value_bytes } from "./node";

/** What was found last: its key, and its value where it lies. */
export let found_high: u64 = 0;
export let found_low: u64 = 0;
export let found: usize = 0;
export let found_bytes: u32 = 0;

/** Where the way down had its nearest neighbours: the key of the child to the right, and of the one that was taken if there is one to the left. */
let right_high: u64 = 0;
let right_low: u64 = 0;
let has_right: bool = false;
let left_high: u64 = 0;
let left_low: u64 = 0;
let has_left: bool = false;

export function root_node(tree: u32, root: usize): usize {
  const level = load<u32>(root, ROOT_LEVEL);
  if (level >= LEVELS_MAX) {
    damaged(load<u32>(root, ROOT_PAGE));
    return 0;
  }
  return node_get(tree, level, load<u32>(root, ROOT_PAGE), load<u32>(root, ROOT_BIRTH), root + ROOT_CHECK);
}

/** The leaf that a key is or would be in; 0: an empty tree, or `error`. */
function leaf_for(tree: u32, root: usize, high: u64, low: u64): usize {
  clear_error();
  has_right = false;
  has_left = false;
  if (load<u32>(root, ROOT_PAGE) == 0) return 0;
  let node = root_node(tree, root);
  for (let level = load<u32>(root, ROOT_LEVEL); level > 0 && node != 0; level--) {
    const i = child_for(node, high, low);
    const entry = entry_at(node, i);
    if (i + 1 < entries_of(node)) {
      has_right = true;
      const next = entry_at(node, i + 1);
      right_high = key_high(next);
      right_low = key_low(next);
    }
    if (i != 0) {
      has_left = true;
      left_high = key_high(entry);
      left_low = key_low(entry);
    }
    node = node_get(tree, level - 1, child_page(entry), child_birth(entry), child_check(entry));
  }
  return node;
}

/** The leaf of what was found last, and its place there. */
let found_leaf: usize = 0;
let found_place: u32 = 0;
/** How often a tree had changed by then. */
let found_at: u64 = 0;

function set_found(node: usize, i: u32): void {
  found_leaf = node;
  found_place = i;
  found_at = tree_changes;
  const entry = entry_at(node, i);
  found_high = key_high(entry);
  found_low = key_low(entry);
  found = value_at(node, entry);
  found_bytes = value_bytes(entry);
}

/** True: the key's value is at `found`. False: there is none (`error` 0), or it cannot be read. */
export function lookup(tree: u32, root: usize, high: u64, low: u64): bool {
  const leaf = leaf_for(tree, root, high, low);
  if (leaf == 0) return false;
  const i = lower_bound(leaf, high, low);
  if (i == entries_of(leaf)) return false;
  const entry = entry_at(leaf, i);
  if (key_high(entry) != high || key_low(entry) != low) return false;
  set_found(leaf, i);
  return true;
}

/**
 * True if a value of so many bytes was found under the key and can be overwritten at `found`: no tree has changed since, and its leaf
 * is dirty, so that leaf and all above it are this transaction's alone.
 */
// @ts-ignore: decorator
@inline
export function found_is_own(tree: u32, high: u64, low: u64, bytes: u32): bool {
  if (found_at != tree_changes || found_low != low || found_high != high || found_bytes != bytes) return false;
  return found_leaf != 0 && tree_of(found_leaf) == tree && node_is_dirty(found_leaf);
}

/** The first key that is not below (high, low). */
export function next(tree: u32, root: usize, high: u64, low: u64): bool {
  // an inner key may be lower than all keys below it, and no leaf is empty: one step to the right is enough
  for (let step = 0; step < 2; step++) {
    const leaf = leaf_for(tree, root, high, low);
    if (leaf == 0) return false;
    const i = lower_bound(leaf, high, low);
    if (i < entries_of(leaf)) {
      set_found(leaf, i);
      return true;
    }
    if (!has_right) return false;
    high = right_high;
    low = right_low;
  }
  return false;
}

/** The key after what was found last, if it lies in the same leaf and no other node was asked for since. */
export function next_in_leaf(): bool {
  if (found_place + 1 >= entries_of(found_leaf)) return false;
  set_found(found_leaf, found_place + 1);
  return true;
}

/** The last key that is not above (high, low). */
export function before(tree: u32, root: usize, high: u64, low: u64): bool {
  for (let step = 0; step < 2; step++) {
    const leaf = leaf_for(tree, root, high, low);
    if (leaf == 0) return false;
    let i = lower_bound(leaf, high, low);
    if (i < entries_of(leaf)) {
      const entry = entry_at(leaf, i);
      if (key_high(entry) == high && key_low(entry) == low) i++;
    }
    if (i != 0) {
      set_found(leaf, i - 1);
      return true;
    }
    if (!has_left) return false;
    high = left_low == 0 ? left_high - 1 : left_high;
    low = left_low - 1;
  }
  return false;
}

/** After a search that found nothing: 0 if there is nothing, else why it could not be read. */
export function search_error(): i64 {
  return error;
}
