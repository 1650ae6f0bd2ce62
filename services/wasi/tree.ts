// Packed directories (docs/wasi.md): immutable trees in read-only window regions. The one accessor layer for them.
// A node is named by (tree, number). Invariant: tree_open checked every offset, parent and child range of the tree, so the
// accessors below cannot leave it and every walk ends.
import { hash_bytes } from "../lib/startup";
import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, FILETYPE_SYMBOLIC_LINK } from "./types";
import {
  DIRECTORY_CHECK_AT,
  DIRECTORY_LENGTH_AT,
  DIRECTORY_MAGIC_AT,
  DIRECTORY_MAGIC_HIGH,
  DIRECTORY_MAGIC_LOW,
  DIRECTORY_MAX,
  DIRECTORY_NAMES_AT,
  DIRECTORY_NAMES_BYTES_AT,
  DIRECTORY_NODES_AT,
  DIRECTORY_NODE_COUNT_AT,
  NAME_MAX,
  NODE_CONTENT_AT,
  NODE_CONTENT_LENGTH_AT,
  NODE_MODIFIED_AT,
  NODE_NAME_AT,
  NODE_NAME_LENGTH_AT,
  NODE_PARENT_AT,
  NODE_SIZE,
  NODE_TYPE_AT,
  PATH_MAX,
} from "./format";

/** No node. */
export const NODE_NONE: u32 = u32.MAX_VALUE;
export const NODE_ROOT: u32 = 0;

const bases = memory.data(DIRECTORY_MAX * 4, 4);
let tree_count: u32 = 0;

// @ts-ignore: decorator
@inline
function base_of(tree: u32): usize {
  return <usize>load<u32>(bases + (tree << 2));
}

// @ts-ignore: decorator
@inline
function record(tree: u32, node: u32): usize {
  return base_of(tree) + DIRECTORY_NODES_AT + node * NODE_SIZE;
}

/** Takes the tree at `address` into use as the next number; false when it is damaged. */
export function tree_open(address: usize, bytes: u64): bool {
  if (tree_count == DIRECTORY_MAX || bytes < <u64>(DIRECTORY_NODES_AT + NODE_SIZE)) return false;
  if (load<u32>(address, DIRECTORY_MAGIC_AT) != DIRECTORY_MAGIC_LOW) return false;
  if (load<u32>(address, DIRECTORY_MAGIC_AT + 4) != DIRECTORY_MAGIC_HIGH) return false;
  const length = load<u32>(address, DIRECTORY_LENGTH_AT);
  const nodes = load<u32>(address, DIRECTORY_NODE_COUNT_AT);
  const names = load<u32>(address, DIRECTORY_NAMES_AT);
  const names_bytes = load<u32>(address, DIRECTORY_NAMES_BYTES_AT);
  if (<u64>length > bytes || nodes == 0) return false;
  if (<u64>DIRECTORY_NODES_AT + <u64>nodes * NODE_SIZE != <u64>names) return false;
  if (<u64>names + names_bytes > <u64>length) return false;
  const checked = names + names_bytes - DIRECTORY_NODES_AT;
  if (hash_bytes(address + DIRECTORY_NODES_AT, checked) != load<u32>(address, DIRECTORY_CHECK_AT)) return false;
  store<u32>(bases + (tree_count << 2), <u32>address);
  if (!nodes_are_sound(tree_count, nodes, names_bytes, length)) return false;
  tree_count++;
  return true;
}

function nodes_are_sound(tree: u32, nodes: u32, names_bytes: u32, length: u32): bool {
  if (node_type(tree, NODE_ROOT) != FILETYPE_DIRECTORY) return false;
  // Breadth-first: each directory's children start where those of the one before it ended.
  let next_child: u64 = 1;
  for (let node: u32 = 0; node < nodes; node++) {
    const at = record(tree, node);
    const name_end = <u64>load<u32>(at, NODE_NAME_AT) + load<u32>(at, NODE_NAME_LENGTH_AT);
    if (name_end > <u64>names_bytes || load<u32>(at, NODE_NAME_LENGTH_AT) > <u32>NAME_MAX) return false;
    const content = load<u32>(at, NODE_CONTENT_AT);
    const content_length = load<u32>(at, NODE_CONTENT_LENGTH_AT);
    const type = load<u32>(at, NODE_TYPE_AT);
    if (type == FILETYPE_DIRECTORY) {
      if (<u64>content != next_child || next_child + content_length > <u64>nodes) return false;
      next_child += content_length;
      for (let child = content; child < content + content_length; child++) {
        if (child <= node || node_parent(tree, child) != node) return false;
      }
    } else if (type == FILETYPE_REGULAR_FILE || type == FILETYPE_SYMBOLIC_LINK) {
      if (<u64>content + content_length > <u64>length) return false;
      if (type == FILETYPE_SYMBOLIC_LINK && content_length > <u32>PATH_MAX) return false;
    } else return false;
  }
  return next_child == <u64>nodes && node_parent(tree, NODE_ROOT) == NODE_ROOT;
}

// @ts-ignore: decorator
@inline
export function node_type(tree: u32, node: u32): u32 {
  return load<u32>(record(tree, node), NODE_TYPE_AT);
}

// @ts-ignore: decorator
@inline
export function node_parent(tree: u32, node: u32): u32 {
  return load<u32>(record(tree, node), NODE_PARENT_AT);
}

/** First byte of a file's content or a link's target. */
// @ts-ignore: decorator
@inline
export function node_content(tree: u32, node: u32): usize {
  return base_of(tree) + load<u32>(record(tree, node), NODE_CONTENT_AT);
}

/** Bytes of content; of a directory: its children. */
// @ts-ignore: decorator
@inline
export function node_length(tree: u32, node: u32): u32 {
  return load<u32>(record(tree, node), NODE_CONTENT_LENGTH_AT);
}

/** Number of a directory's child `i`. */
// @ts-ignore: decorator
@inline
export function node_child(tree: u32, node: u32, i: u32): u32 {
  return load<u32>(record(tree, node), NODE_CONTENT_AT) + i;
}

export function node_name(tree: u32, node: u32): usize {
  return base_of(tree) + load<u32>(base_of(tree), DIRECTORY_NAMES_AT) + load<u32>(record(tree, node), NODE_NAME_AT);
}

// @ts-ignore: decorator
@inline
export function node_name_length(tree: u32, node: u32): u32 {
  return load<u32>(record(tree, node), NODE_NAME_LENGTH_AT);
}

/** Nanoseconds since 1970. */
export function node_modified(tree: u32, node: u32): u64 {
  return load<u64>(record(tree, node), NODE_MODIFIED_AT);
}

/** The child of that name, or NODE_NONE. */
export function node_lookup(tree: u32, directory: u32, name: usize, length: u32): u32 {
  let low: u32 = 0;
  let high = node_length(tree, directory);
  while (low < high) {
    const middle = (low + high) >> 1;
    const child = node_child(tree, directory, middle);
    const order = compare(name, length, node_name(tree, child), node_name_length(tree, child));
    if (order == 0) return child;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return NODE_NONE;
}

/** Order of two names by their bytes; a prefix comes first. */
function compare(a: usize, a_length: u32, b: usize, b_length: u32): i32 {
  const shorter = min(a_length, b_length);
  for (let i: u32 = 0; i < shorter; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return <i32>a_length - <i32>b_length;
}
