// Changing a tree: put and remove. Called by file/ and chunk/. Nodes of the durable state are never written: a changed one moves to a new page,
// and so do all above it. A node that was born in the transaction that is being made stays where it is.
// A failure in the middle sets `failure` of state.ts: what is in memory is thrown away, the disk has not seen it.
import { ROOT_BIRTH, ROOT_LEVEL, ROOT_PAGE } from "../disk/layout";
import { PAGE_BYTES } from "../disk/disk";
import { give_back, take } from "../disk/space";
import { error, fail, failure, note_change, snapshot_birth, transaction, TREE_FILES } from "../state";
import { defer_node } from "./deferred";
import { forget, node_get, node_move, node_new, set_dirty } from "./cache";
import { found, found_is_own, root_node } from "./find";
import * as n from "./node";
import { E_NO_SPACE } from "../../../lib/errors";

/** The way down: the node of each level, and the entry taken in it. */
const path_nodes = memory.data(64, 8);
const path_entries = memory.data(64, 8);
/** A leaf or an inner node is joined with its neighbour when it holds less than this, and the two less than JOINED. */
const SPARSE_BYTES: u32 = 1024;
const JOINED_BYTES: u32 = 3072;
const scratch: usize = memory.data(4096, 16);

// @ts-ignore: decorator
@inline
function path_node(level: u32): usize {
  return load<usize>(path_nodes + (level << 2));
}

// @ts-ignore: decorator
@inline
function path_entry(level: u32): u32 {
  return load<u32>(path_entries + (level << 2));
}

function set_path(level: u32, node: usize, entry: u32): void {
  store<usize>(path_nodes + (level << 2), node);
  store<u32>(path_entries + (level << 2), entry);
}

/** A page for a node; 0 and a failure: the disk is full, which `admit` in file/admit.ts is there to prevent. */
function new_page(): u32 {
  const page = take(1);
  if (page == 0) fail(E_NO_SPACE);
  return page;
}

/** The tree that is being made has this page no more; a snapshot may. */
function release(tree: u32, page: u32, birth: u32): void {
  forget(page);
  if (tree == TREE_FILES && birth <= snapshot_birth) defer_node(page, birth);
  else give_back(page, 1);
}

/** Makes a node one of this transaction's: true if it has moved. False with a failure: it could not. */
function own(tree: u32, node: usize): bool {
  if (n.birth_of(node) == transaction) {
    set_dirty(node);
    return false;
  }
  const page = new_page();
  if (page == 0) return false;
  const old = n.page_of(node);
  const birth = n.birth_of(node);
  node_move(node, page);
  n.set_identity(node, page, transaction);
  release(tree, old, birth);
  return true;
}

/** The leaf of a key with all that leads to it, owned; 0: the tree is empty, or a failure. */
function descend(tree: u32, root: usize, high: u64, low: u64, splits: bool): usize {
  let node = root_node(tree, root);
  if (node == 0) {
    fail(error);
    return 0;
  }
  if (own(tree, node)) {
    store<u32>(root, n.page_of(node), ROOT_PAGE);
    store<u32>(root, transaction, ROOT_BIRTH);
  }
  if (splits && is_full(node)) node = split_root(tree, root, node);
  if (failure != 0) return 0;
  for (let level = n.level_of(node); level > 0; level--) {
    let i = n.child_for(node, high, low);
    let entry = n.entry_at(node, i);
    // a key below all others goes under the first child, whose own key must stay a lower bound
    if (splits && i == 0 && is_below(high, low, entry)) n.set_key(entry, high, low);
    let child = node_get(tree, level - 1, n.child_page(entry), n.child_birth(entry), n.child_check(entry));
    if (child == 0) {
      fail(error);
      return 0;
    }
    if (own(tree, child)) n.set_child(entry, n.page_of(child), transaction);
    if (failure != 0) return 0;
    if (splits && level > 1 && is_full(child)) {
      if (!split(tree, node, i, child, n.entries_of(child) >> 1)) return 0;
      i = n.child_for(node, high, low);
      entry = n.entry_at(node, i);
      child = node_get(tree, level - 1, n.child_page(entry), n.child_birth(entry), n.child_check(entry));
    }
    set_path(level, node, i);
    node = child;
  }
  set_path(0, node, 0);
  return node;
}

function is_below(high: u64, low: u64, entry: usize): bool {
  return high < n.key_high(entry) || (high == n.key_high(entry) && low < n.key_low(entry));
}

// @ts-ignore: decorator
@inline
function is_full(node: usize): bool {
  return n.level_of(node) != 0 && n.entries_of(node) == n.INNER_MAX;
}

/** A new root above the old one, which is split. */
function split_root(tree: u32, root: usize, old: usize): usize {
  const page = new_page();
  if (page == 0) return 0;
  const node = node_new(page);
  if (node == 0) return 0;
  const level = n.level_of(old) + 1;
  n.node_clear(node, tree, level, page, transaction);
  const entry = n.entry_at(node, 0);
  const first = n.entry_at(old, 0);
  n.set_key(entry, n.key_high(first), n.key_low(first));
  n.set_child(entry, n.page_of(old), transaction);
  n.set_entries(node, 1);
  store<u32>(root, page, ROOT_PAGE);
  store<u32>(root, transaction, ROOT_BIRTH);
  store<u32>(root, level, ROOT_LEVEL);
  return split(tree, node, 0, old, level == 1 ? middle(old) : n.entries_of(old) >> 1) ? node : 0;
}

/** Moves the entries of `node` from number `from` on to a new node right of it, which `parent`, entry `i`, gets to know. */
function split(tree: u32, parent: usize, i: u32, node: usize, from: u32): bool {
  const page = new_page();
  if (page == 0) return false;
  const right = node_new(page);
  if (right == 0) return false;
  n.node_clear(right, tree, n.level_of(node), page, transaction);
  move_entries(node, from, right);
  const first = n.entry_at(right, 0);
  const at = n.entry_at(parent, i + 1);
  memory.copy(at + n.INNER_ENTRY, at, (n.entries_of(parent) - i - 1) * n.INNER_ENTRY);
  memory.fill(at, 0, n.INNER_ENTRY);
  n.set_key(at, n.key_high(first), n.key_low(first));
  n.set_child(at, page, transaction);
  n.set_entries(parent, n.entries_of(parent) + 1);
  return true;
}

/** The entries of `node` from `from` on go to the end of `to`, of the same level. */
function move_entries(node: usize, from: u32, to: usize): void {
  const entries = n.entries_of(node);
  let count = n.entries_of(to);
  if (n.level_of(node) != 0) {
    memory.copy(n.entry_at(to, count), n.entry_at(node, from), (entries - from) * n.INNER_ENTRY);
    n.set_entries(to, count + entries - from);
    n.set_entries(node, from);
    return;
  }
  let heap = n.heap_of(to);
  for (let i = from; i < entries; i++) {
    const entry = n.entry_at(node, i);
    const bytes = n.value_bytes(entry);
    heap -= bytes;
    memory.copy(to + heap, n.value_at(node, entry), bytes);
    const at = n.entry_at(to, count);
    memory.copy(at, entry, 16);
    store<u16>(at, heap, 16);
    store<u16>(at, bytes, 18);
    count++;
  }
  n.set_entries(to, count);
  n.set_heap(to, heap);
  n.set_entries(node, from);
  compact(node);
}

/** Closes the gaps between a leaf's values. */
function compact(node: usize): void {
  memory.copy(scratch, node, PAGE_BYTES);
  const entries = n.entries_of(node);
  let heap = PAGE_BYTES;
  for (let i: u32 = 0; i < entries; i++) {
    const entry = n.entry_at(node, i);
    const bytes = n.value_bytes(entry);
    heap -= bytes;
    memory.copy(node + heap, scratch + load<u16>(entry, 16), bytes);
    store<u16>(entry, heap, 16);
  }
  n.set_heap(node, heap);
  // no bytes of what is gone reach the disk
  const end = n.HEADER_BYTES + entries * n.LEAF_ENTRY;
  memory.fill(node + end, 0, heap - end);
}

/** Bytes that a node's entries and values take. */
function bytes_in(node: usize): u32 {
  const entries = n.entries_of(node);
  let bytes = entries * n.entry_bytes(node);
  if (n.level_of(node) == 0) for (let i: u32 = 0; i < entries; i++) bytes += n.value_bytes(n.entry_at(node, i));
  return bytes;
}

/** Puts a value of at most VALUE_MAX bytes under a key, in the place of the one that is there: 0, or a failure. `value` lies in no node. */
export function put(tree: u32, root: usize, high: u64, low: u64, value: usize, bytes: u32): i64 {
  if (failure != 0) return failure;
  const is_own = found_is_own(tree, high, low, bytes);
  note_change();
  if (is_own) {
    memory.copy(found, value, bytes);
    return 0;
  }
  if (load<u32>(root, ROOT_PAGE) == 0 && !plant(tree, root)) return failure;
  let leaf = descend(tree, root, high, low, true);
  if (leaf == 0) return failure;
  let i = n.lower_bound(leaf, high, low);
  if (i < n.entries_of(leaf)) {
    const entry = n.entry_at(leaf, i);
    if (n.key_high(entry) == high && n.key_low(entry) == low) {
      if (n.value_bytes(entry) == bytes) {
        memory.copy(n.value_at(leaf, entry), value, bytes);
        return 0;
      }
      take_out(leaf, i);
    }
  }
  if (!leaf_has_room(leaf, bytes)) {
    leaf = make_room(tree, root, leaf, i, high, low);
    if (leaf == 0) return failure;
    i = n.lower_bound(leaf, high, low);
  }
  put_in(leaf, i, high, low, value, bytes);
  return 0;
}

/** The first leaf of an empty tree: it holds nothing only until put_in. */
function plant(tree: u32, root: usize): bool {
  const page = new_page();
  if (page == 0) return false;
  const node = node_new(page);
  if (node == 0) return false;
  n.node_clear(node, tree, 0, page, transaction);
  store<u32>(root, page, ROOT_PAGE);
  store<u32>(root, transaction, ROOT_BIRTH);
  store<u32>(root, 0, ROOT_LEVEL);
  return true;
}

function leaf_has_room(leaf: usize, bytes: u32): bool {
  const end = n.HEADER_BYTES + (n.entries_of(leaf) + 1) * n.LEAF_ENTRY;
  if (end + bytes <= n.heap_of(leaf)) return true;
  if (n.HEADER_BYTES + bytes_in(leaf) + n.LEAF_ENTRY + bytes > PAGE_BYTES) return false;
  compact(leaf);
  return true;
}

function put_in(leaf: usize, i: u32, high: u64, low: u64, value: usize, bytes: u32): void {
  const at = n.entry_at(leaf, i);
  memory.copy(at + n.LEAF_ENTRY, at, (n.entries_of(leaf) - i) * n.LEAF_ENTRY);
  const heap = n.heap_of(leaf) - bytes;
  n.set_key(at, high, low);
  store<u16>(at, heap, 16);
  store<u16>(at, bytes, 18);
  memory.copy(leaf + heap, value, bytes);
  n.set_heap(leaf, heap);
  n.set_entries(leaf, n.entries_of(leaf) + 1);
}

function take_out(leaf: usize, i: u32): void {
  const at = n.entry_at(leaf, i);
  const bytes = n.entry_bytes(leaf);
  memory.copy(at, at + bytes, (n.entries_of(leaf) - i - 1) * bytes);
  n.set_entries(leaf, n.entries_of(leaf) - 1);
}

/** Splits the leaf at the end of the path, for an entry at place `i`; answers the half that the key belongs to. */
function make_room(tree: u32, root: usize, leaf: usize, i: u32, high: u64, low: u64): usize {
  let parent: usize;
  let place: u32 = 0;
  if (n.page_of(leaf) == load<u32>(root, ROOT_PAGE)) {
    parent = split_root(tree, root, leaf);
    if (parent == 0) return 0;
  } else {
    parent = path_node(1);
    place = path_entry(1);
    // keys that only grow leave full leaves behind
    const entries = n.entries_of(leaf);
    const from = i == entries ? entries - 1 : middle(leaf);
    if (!split(tree, parent, place, leaf, from)) return 0;
  }
  const entry = n.entry_at(parent, n.child_for(parent, high, low));
  return node_get(tree, 0, n.child_page(entry), n.child_birth(entry), n.child_check(entry));
}

/** The entry where the second half of a leaf's bytes begins: neither the first nor past the last. */
function middle(leaf: usize): u32 {
  const half = bytes_in(leaf) >> 1;
  const entries = n.entries_of(leaf);
  let bytes: u32 = 0;
  let i: u32 = 0;
  while (i < entries && bytes < half) bytes += n.LEAF_ENTRY + n.value_bytes(n.entry_at(leaf, i++));
  return i == 0 ? 1 : min(i, entries - 1);
}

/** Removes a key that is there: 0, or a failure. */
export function remove(tree: u32, root: usize, high: u64, low: u64): i64 {
  if (failure != 0) return failure;
  note_change();
  if (load<u32>(root, ROOT_PAGE) == 0) return 0;
  let node = descend(tree, root, high, low, false);
  if (node == 0) return failure;
  const i = n.lower_bound(node, high, low);
  if (i == n.entries_of(node)) return 0;
  const entry = n.entry_at(node, i);
  if (n.key_high(entry) != high || n.key_low(entry) != low) return 0;
  take_out(node, i);
  const top = load<u32>(root, ROOT_LEVEL);
  for (let level: u32 = 0; level < top; level++) {
    const parent = path_node(level + 1);
    const place = path_entry(level + 1);
    if (n.entries_of(node) == 0) {
      drop_child(tree, parent, place, node);
    } else if (bytes_in(node) < SPARSE_BYTES) {
      join(tree, parent, place, node);
      if (failure != 0) return failure;
      break;
    } else break;
    node = parent;
  }
  return shrink(tree, root);
}

function drop_child(tree: u32, parent: usize, place: u32, child: usize): void {
  release(tree, n.page_of(child), n.birth_of(child));
  take_out(parent, place);
}

/** Moves what is right of a sparse node into it, if both fit in one. A neighbour that cannot be read stays as it is. */
function join(tree: u32, parent: usize, place: u32, node: usize): void {
  const has_right = place + 1 < n.entries_of(parent);
  if (!has_right && place == 0) return;
  const other = has_right ? place + 1 : place - 1;
  const entry = n.entry_at(parent, other);
  const level = n.level_of(node);
  const neighbour = node_get(tree, level, n.child_page(entry), n.child_birth(entry), n.child_check(entry));
  if (neighbour == 0 || bytes_in(node) + bytes_in(neighbour) > JOINED_BYTES) return;
  let left = node;
  let right = neighbour;
  if (!has_right) {
    if (own(tree, neighbour)) n.set_child(entry, n.page_of(neighbour), transaction);
    if (failure != 0) return;
    left = neighbour;
    right = node;
  }
  if (level == 0) compact(left);
  // the right one is only read, its page is released: it need not be owned
  move_all(right, left);
  drop_child(tree, parent, has_right ? other : place, right);
}

function move_all(right: usize, left: usize): void {
  if (n.level_of(right) != 0) {
    const count = n.entries_of(left);
    memory.copy(n.entry_at(left, count), n.entry_at(right, 0), n.entries_of(right) * n.INNER_ENTRY);
    n.set_entries(left, count + n.entries_of(right));
    return;
  }
  for (let i: u32 = 0; i < n.entries_of(right); i++) {
    const entry = n.entry_at(right, i);
    put_in(
      left,
      n.entries_of(left),
      n.key_high(entry),
      n.key_low(entry),
      n.value_at(right, entry),
      n.value_bytes(entry),
    );
  }
}

/** A root with one child gives way to it; an empty leaf is no tree. */
function shrink(tree: u32, root: usize): i64 {
  for (let step: u32 = 0; step < n.LEVELS_MAX; step++) {
    const node = root_node(tree, root);
    if (node == 0) {
      fail(error);
      return failure;
    }
    const level = n.level_of(node);
    if (n.entries_of(node) == 0) {
      release(tree, n.page_of(node), n.birth_of(node));
      store<u32>(root, 0, ROOT_PAGE);
      store<u32>(root, 0, ROOT_LEVEL);
      return 0;
    }
    if (level == 0 || n.entries_of(node) > 1) return 0;
    const entry = n.entry_at(node, 0);
    memory.copy(scratch, entry, n.INNER_ENTRY);
    release(tree, n.page_of(node), n.birth_of(node));
    store<u32>(root, n.child_page(scratch), ROOT_PAGE);
    store<u32>(root, n.child_birth(scratch), ROOT_BIRTH);
    store<u32>(root, level - 1, ROOT_LEVEL);
    memory.copy(root + 16, n.child_check(scratch), 16);
  }
  return 0;
}
