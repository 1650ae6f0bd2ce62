// A node of a tree, 4 KiB, in memory as on the disk. Called by tree/ only; keys are two words, compared as 128-bit numbers.
//
//   0 magic u32 | 4 level u8 | 5 tree u8 | 6 entries u16 | 8 heap u16: lowest value | 10 0 u16 | 12 birth u32 | 16 page u32 | 20 … 31 zero
//   32  leaf:  entries of 20 bytes { key high u64, key low u64, value offset u16, value bytes u16 }, values from the page's end down
//   32  inner: entries of 40 bytes { key high u64, key low u64, page u32, birth u32, check 16 }: the child's keys are not below the key
import { PAGE_BYTES } from "../disk/disk";
import { is_data_page } from "../disk/space";

export const NODE_MAGIC: u32 = 0x4e44_4656;
export const HEADER_BYTES: u32 = 32;
export const LEAF_ENTRY: u32 = 20;
export const INNER_ENTRY: u32 = 40;
export const INNER_MAX: u32 = (PAGE_BYTES - HEADER_BYTES) / INNER_ENTRY;
export const LEVELS_MAX: u32 = 12;
/** No value is longer. */
export const VALUE_MAX: u32 = 512;

// @ts-ignore: decorator
@inline
export function level_of(node: usize): u32 {
  return load<u8>(node, 4);
}

// @ts-ignore: decorator
@inline
export function tree_of(node: usize): u32 {
  return load<u8>(node, 5);
}

// @ts-ignore: decorator
@inline
export function entries_of(node: usize): u32 {
  return load<u16>(node, 6);
}

// @ts-ignore: decorator
@inline
export function set_entries(node: usize, entries: u32): void {
  store<u16>(node, entries, 6);
}

// @ts-ignore: decorator
@inline
export function heap_of(node: usize): u32 {
  return load<u16>(node, 8);
}

// @ts-ignore: decorator
@inline
export function set_heap(node: usize, heap: u32): void {
  store<u16>(node, heap, 8);
}

// @ts-ignore: decorator
@inline
export function birth_of(node: usize): u32 {
  return load<u32>(node, 12);
}

// @ts-ignore: decorator
@inline
export function page_of(node: usize): u32 {
  return load<u32>(node, 16);
}

export function set_identity(node: usize, page: u32, birth: u32): void {
  store<u32>(node, birth, 12);
  store<u32>(node, page, 16);
}

export function node_clear(node: usize, tree: u32, level: u32, page: u32, birth: u32): void {
  memory.fill(node, 0, PAGE_BYTES);
  store<u32>(node, NODE_MAGIC);
  store<u8>(node, level, 4);
  store<u8>(node, tree, 5);
  set_heap(node, PAGE_BYTES);
  set_identity(node, page, birth);
}

// @ts-ignore: decorator
@inline
export function entry_bytes(node: usize): u32 {
  return level_of(node) == 0 ? LEAF_ENTRY : INNER_ENTRY;
}

// @ts-ignore: decorator
@inline
export function entry_at(node: usize, i: u32): usize {
  return node + HEADER_BYTES + i * entry_bytes(node);
}

// @ts-ignore: decorator
@inline
export function key_high(entry: usize): u64 {
  return load<u64>(entry);
}

// @ts-ignore: decorator
@inline
export function key_low(entry: usize): u64 {
  return load<u64>(entry, 8);
}

export function set_key(entry: usize, high: u64, low: u64): void {
  store<u64>(entry, high);
  store<u64>(entry, low, 8);
}

// @ts-ignore: decorator
@inline
export function child_page(entry: usize): u32 {
  return load<u32>(entry, 16);
}

// @ts-ignore: decorator
@inline
export function child_birth(entry: usize): u32 {
  return load<u32>(entry, 20);
}

export function set_child(entry: usize, page: u32, birth: u32): void {
  store<u32>(entry, page, 16);
  store<u32>(entry, birth, 20);
}

// @ts-ignore: decorator
@inline
export function child_check(entry: usize): usize {
  return entry + 24;
}

// @ts-ignore: decorator
@inline
export function value_bytes(entry: usize): u32 {
  return load<u16>(entry, 18);
}

// @ts-ignore: decorator
@inline
export function value_at(node: usize, entry: usize): usize {
  return node + load<u16>(entry, 16);
}

/** The first entry whose key is not below (high, low); the number of entries if there is none. */
export function lower_bound(node: usize, high: u64, low: u64): u32 {
  const bytes = entry_bytes(node);
  const first = node + HEADER_BYTES;
  let from: u32 = 0;
  let to = entries_of(node);
  while (from < to) {
    const middle = (from + to) >> 1;
    const entry = first + middle * bytes;
    const h = load<u64>(entry);
    if (h < high || (h == high && load<u64>(entry, 8) < low)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The child to descend into for a key: the last whose key is not above it, or the first. */
export function child_for(node: usize, high: u64, low: u64): u32 {
  const i = lower_bound(node, high, low);
  if (i < entries_of(node)) {
    const entry = entry_at(node, i);
    if (key_high(entry) == high && key_low(entry) == low) return i;
  }
  return i == 0 ? 0 : i - 1;
}

/** True if a node that was read is one of this tree and level, and nothing in it points outside of it or of the disk. */
export function node_is_sound(node: usize, tree: u32, level: u32, page: u32, birth: u32): bool {
  if (load<u32>(node) != NODE_MAGIC || level_of(node) != level || load<u8>(node, 5) != tree) return false;
  if (page_of(node) != page || birth_of(node) != birth) return false;
  const entries = entries_of(node);
  const end = HEADER_BYTES + entries * entry_bytes(node);
  if (entries == 0 || end > PAGE_BYTES) return false;
  const heap = heap_of(node);
  if (heap > PAGE_BYTES || heap < end) return false;
  for (let i: u32 = 0; i < entries; i++) {
    const entry = entry_at(node, i);
    if (i != 0) {
      const before = entry_at(node, i - 1);
      if (key_high(before) > key_high(entry)) return false;
      if (key_high(before) == key_high(entry) && key_low(before) >= key_low(entry)) return false;
    }
    if (level == 0) {
      const offset: u32 = load<u16>(entry, 16);
      if (offset < heap || offset + value_bytes(entry) > PAGE_BYTES || value_bytes(entry) > VALUE_MAX) return false;
    } else if (!is_data_page(child_page(entry)) || child_birth(entry) > birth) return false;
  }
  return true;
}
