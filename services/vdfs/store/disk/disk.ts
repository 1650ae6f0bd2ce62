// The store's only way to the disk: five functions that the service binds to the Disk interface and Node to a file or to a disk of a
// test's. Pages of 4 KiB; each answers 0 or an error. Memory that is read into or written from lies in what `memory` gave.
import { E_ABSENT } from "../../../lib/errors";

export const PAGE_SHIFT: u32 = 12;
export const PAGE_BYTES: u32 = 4096;

let read_pages: (page: u64, count: u32, at: usize) => i64 = (_page: u64, _count: u32, _at: usize): i64 => E_ABSENT;
let write_pages: (page: u64, count: u32, at: usize) => i64 = (_page: u64, _count: u32, _at: usize): i64 => E_ABSENT;
let write_pages_through: (page: u64, count: u32, at: usize) => i64 = (_page: u64, _count: u32, _at: usize): i64 =>
  E_ABSENT;
let flush_all: () => i64 = (): i64 => E_ABSENT;
let count_pages: () => i64 = (): i64 => E_ABSENT;
let take_memory: (bytes: usize) => usize = (_bytes: usize): usize => 0;

/** Reads and writes of the disk, pages of them, and flushes, since the start. */
export let reads: u64 = 0;
export let pages_read: u64 = 0;
export let writes: u64 = 0;
export let pages_written: u64 = 0;
export let flushes: u64 = 0;

export function bind(
  read: (page: u64, count: u32, at: usize) => i64,
  write: (page: u64, count: u32, at: usize) => i64,
  write_through: (page: u64, count: u32, at: usize) => i64,
  flush: () => i64,
  pages: () => i64,
  memory: (bytes: usize) => usize,
): void {
  read_pages = read;
  write_pages = write;
  write_pages_through = write_through;
  flush_all = flush;
  count_pages = pages;
  take_memory = memory;
}

export function read(page: u64, count: u32, at: usize): i64 {
  reads++;
  pages_read += count;
  return read_pages(page, count, at);
}

export function write(page: u64, count: u32, at: usize): i64 {
  writes++;
  pages_written += count;
  return write_pages(page, count, at);
}

/** As `write`; that and everything written before is durable when it answers 0. */
export function write_through(page: u64, count: u32, at: usize): i64 {
  writes++;
  pages_written += count;
  flushes++;
  return write_pages_through(page, count, at);
}

/** Everything written before is durable when it answers 0. */
export function flush(): i64 {
  flushes++;
  return flush_all();
}

/** Pages of the disk, or an error. */
export function pages(): i64 {
  return count_pages();
}

/** Memory that the disk can reach, page-aligned, for ever; 0: there is none left. Called while the store starts. */
export function memory(bytes: usize): usize {
  return take_memory(bytes);
}
