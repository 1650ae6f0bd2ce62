// What the store knows of a file, a directory or a symbolic link, as a record of 80 bytes in the tree of files. Called by file/ and log/.
// Keys of the tree of files: high = inode (0: the store's own), low = type << 56 | rest.
import { root_of, TREE_FILES, wrong, damaged } from "../state";
import { put, remove } from "../tree/change";
import { found, found_bytes, lookup, search_error } from "../tree/find";
import { E_NOT_FOUND } from "../../../lib/errors";

export const TYPE_INODE: u64 = 0;
/** rest: hash of the name << 8 | place among equal hashes; value: inode u64, kind u8, 0 u8, name bytes u16, name. */
export const TYPE_NAME: u64 = 1 << 56;
/** rest: page of the file; value: file/extent.ts. */
export const TYPE_EXTENT: u64 = 2 << 56;
/** Inode 0, rest: an inode without a name that somebody had open. */
export const TYPE_ORPHAN: u64 = 3 << 56;
/** Rest: hash of a tag's name; value: the tag, name NUL content. */
export const TYPE_TAG: u64 = 4 << 56;
/** Inode 0, rest: inode of a directory; value: file/quota.ts. */
export const TYPE_QUOTA: u64 = 5 << 56;
export const REST_MASK: u64 = (1 << 56) - 1;

export const ROOT_INODE: u64 = 1;
export const LINKS_MAX: u32 = 65_000;
export const INODE_BYTES: u32 = 80;

/** The record that was read last: `inode_read` fills it, `inode_write` puts it back. */
export const inode: usize = memory.data(80, 8);

// @ts-ignore: decorator
@inline
export function kind_of(): u32 {
  return load<u32>(inode);
}

// @ts-ignore: decorator
@inline
export function links_of(): u32 {
  return load<u32>(inode, 4);
}

// @ts-ignore: decorator
@inline
export function size_of(): u64 {
  return load<u64>(inode, 8);
}

// @ts-ignore: decorator
@inline
export function modified_of(): u64 {
  return load<u64>(inode, 16);
}

// @ts-ignore: decorator
@inline
export function accessed_of(): u64 {
  return load<u64>(inode, 24);
}

// @ts-ignore: decorator
@inline
export function changed_of(): u64 {
  return load<u64>(inode, 32);
}

/** Of a directory: the one that it is in. */
// @ts-ignore: decorator
@inline
export function parent_of(): u64 {
  return load<u64>(inode, 40);
}

/** The nearest directory above (or itself) that has a quota; 0: none. */
// @ts-ignore: decorator
@inline
export function quota_of(): u64 {
  return load<u64>(inode, 48);
}

/** Names in a directory. */
// @ts-ignore: decorator
@inline
export function names_of(): u64 {
  return load<u64>(inode, 56);
}

export function set_links(links: u32): void {
  store<u32>(inode, links, 4);
}

export function set_size(size: u64): void {
  store<u64>(inode, size, 8);
}

export function set_modified(ns: u64): void {
  store<u64>(inode, ns, 16);
}

export function set_accessed(ns: u64): void {
  store<u64>(inode, ns, 24);
}

export function set_changed_at(ns: u64): void {
  store<u64>(inode, ns, 32);
}

export function set_parent(parent: u64): void {
  store<u64>(inode, parent, 40);
}

export function set_quota_root(quota: u64): void {
  store<u64>(inode, quota, 48);
}

export function set_names(count: u64): void {
  store<u64>(inode, count, 56);
}

/** Fills `inode` of `root`'s tree: 0, E_NOT_FOUND, or why it cannot be read. */
export function inode_read(root: usize, number: u64): i64 {
  if (number == 0) return wrong(E_NOT_FOUND);
  if (!lookup(TREE_FILES, root, number, TYPE_INODE)) {
    return search_error() < 0 ? search_error() : wrong(E_NOT_FOUND);
  }
  if (found_bytes != INODE_BYTES) return damaged(0);
  memory.copy(inode, found, INODE_BYTES);
  return 0;
}

/** The record of the live tree becomes `inode`. */
export function inode_write(number: u64): i64 {
  return put(TREE_FILES, root_of(TREE_FILES), number, TYPE_INODE, inode, INODE_BYTES);
}

export function inode_remove(number: u64): i64 {
  return remove(TREE_FILES, root_of(TREE_FILES), number, TYPE_INODE);
}

export function inode_clear(kind: u32, now_ns: u64): void {
  memory.fill(inode, 0, INODE_BYTES);
  store<u32>(inode, kind);
  set_modified(now_ns);
  set_accessed(now_ns);
  set_changed_at(now_ns);
}
