// Where an index's pages come from and go to. The service binds these to the store, the tests and tools in Node to functions of
// their own, before the first index is opened. Each answers 0 or an error number.
import { E_ABSENT } from "../../lib/errors";

export type Transfer = (handle: u32, section: u32, page: u32, at: usize, bytes: u32) => i64;
export type Truncate = (handle: u32, section: u32) => i64;
export type Commit = (handle: u32) => i64;

function absent_transfer(_handle: u32, _section: u32, _page: u32, _at: usize, _bytes: u32): i64 {
  return E_ABSENT;
}
function absent(_handle: u32, _section: u32): i64 {
  return E_ABSENT;
}
function absent_commit(_handle: u32): i64 {
  return E_ABSENT;
}

/** The address of a page that is there to be read without a copy, 0: it is not, or not this way. */
export type Show = (handle: u32, section: u32, page: u32, bytes: u32) => usize;

function absent_show(_handle: u32, _section: u32, _page: u32, _bytes: u32): usize {
  return 0;
}

let read_with: Transfer = absent_transfer;
let write_with: Transfer = absent_transfer;
let truncate_with: Truncate = absent;
let show_with: Show = absent_show;
let shown_from: usize = 0;
let shown_bytes: usize = 0;
let commit_with: Commit = absent_commit;

export function bind(read: Transfer, write: Transfer, truncate: Truncate, commit: Commit): void {
  read_with = read;
  write_with = write;
  truncate_with = truncate;
  commit_with = commit;
}

/** Where pages may be shown: [from, from + bytes) holds nothing else, and is never written to here. */
export function bind_shown(show: Show, from: usize, bytes: usize): void {
  show_with = show;
  shown_from = from;
  shown_bytes = bytes;
}

/** A verified page where its keeper has it, or 0. */
export function show_page(handle: u32, section: u32, page: u32, bytes: u32): usize {
  return shown_bytes == 0 ? 0 : show_with(handle, section, page, bytes);
}

// @ts-ignore: decorator
@inline
export function is_shown(address: usize): bool {
  return address - shown_from < shown_bytes;
}

/** Reads a verified page to an address. */
export function read_page(handle: u32, section: u32, page: u32, at: usize, bytes: u32): i64 {
  return read_with(handle, section, page, at, bytes);
}

/** Takes a page into the open transaction. */
export function write_page(handle: u32, section: u32, page: u32, at: usize, bytes: u32): i64 {
  return write_with(handle, section, page, at, bytes);
}

/** The section is empty from now on. */
export function truncate_section(handle: u32, section: u32): i64 {
  return truncate_with(handle, section);
}

/** Everything written so far is durable when this answers 0, or nothing of it. */
export function commit_pages(handle: u32): i64 {
  return commit_with(handle);
}
