// What the whole store shares: the transaction that is being made, the three live roots, and the first failure since the last mount.
// Invariant: once `failure` is set nothing is written any more until the store is mounted anew, from what is durable.
import { ROOT_BYTES } from "./disk/layout";
import { E_DAMAGED } from "../../lib/errors";

export const TREE_FILES: u32 = 0;
export const TREE_CONTENTS: u32 = 1;
export const TREE_RECORDS: u32 = 2;
export const TREES: u32 = 3;

/** The live roots, ROOT_BYTES each, in the order of TREE_. */
export const roots: usize = memory.data(96, 8);

/** The transaction that is being made: the sequence number that its superblock gets. */
export let transaction: u32 = 0;
/** Births up to this one are in a snapshot: what they name is kept for it. */
export let snapshot_birth: u32 = 0;
export let snapshot_number: u32 = 0;
export let next_inode: u64 = 1;
export let next_snapshot: u32 = 1;
export let disk_pages: u32 = 0;
export let log_pages: u32 = 0;
/** Something has changed since the last commit. */
export let is_changed: bool = false;
/** Changes of trees so far: an operation that fails after the first of its own has left half of itself. */
export let tree_changes: u64 = 0;
/** Why the state in memory is not to be trusted: the error of the disk; 0: it is. */
export let failure: i64 = 0;
/** Why the last function that answers an address or a bool failed. */
export let error: i64 = 0;
export let is_replaying: bool = false;
export let is_read_only: bool = false;
/** Where the last E_DAMAGED was found: a page of the disk. */
export let damaged_page: u64 = 0;

// @ts-ignore: decorator
@inline
export function root_of(tree: u32): usize {
  return roots + tree * ROOT_BYTES;
}

export function set_transaction(value: u32): void {
  transaction = value;
}

export function set_snapshot(birth: u32, number: u32): void {
  snapshot_birth = birth;
  snapshot_number = number;
}

export function set_geometry(pages: u32, log: u32): void {
  disk_pages = pages;
  log_pages = log;
}

export function set_next_inode(value: u64): void {
  next_inode = value;
}

export function set_next_snapshot(value: u32): void {
  next_snapshot = value;
}

export function set_changed(value: bool): void {
  is_changed = value;
}

export function set_replaying(value: bool): void {
  is_replaying = value;
}

export function set_read_only(value: bool): void {
  is_read_only = value;
}

/** The state in memory is half of something: nothing of it may reach the disk. */
export function fail(why: i64): void {
  if (failure == 0) failure = why;
  error = why;
}

export function clear_failure(): void {
  failure = 0;
  error = 0;
}

/** A tree is about to change. */
// @ts-ignore: decorator
@inline
export function note_change(): void {
  is_changed = true;
  tree_changes++;
}

/** Sets `error` and answers it. */
export function wrong(why: i64): i64 {
  error = why;
  return why;
}

export function damaged(page: u64): i64 {
  damaged_page = page;
  error = E_DAMAGED;
  return E_DAMAGED;
}

export function clear_error(): void {
  error = 0;
}
