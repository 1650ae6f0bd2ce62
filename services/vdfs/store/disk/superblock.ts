// The superblock: 512 bytes that say what is durable, in one of two places by the parity of its sequence number, each with a copy at the
// disk's other end. Called by commit.ts, mount.ts and format.ts. Invariant: it is written only after a flush of all that it names.
import { hash } from "../hash/blake3";
import { memory as disk_memory, PAGE_BYTES, read, write } from "./disk";
import * as l from "./layout";

/** The superblock that was read or is to be written. */
export let superblock: usize = 0;
let other: usize = 0;
const digest: usize = memory.data(32, 16);

export function superblock_start(): bool {
  superblock = disk_memory(PAGE_BYTES);
  other = disk_memory(PAGE_BYTES);
  return superblock != 0 && other != 0;
}

function seal(at: usize): void {
  hash(at, <u32>l.SUPER_CHECK, digest);
}

/** Pages of the disk that superblock_read found no more than a part of; 0: of none. */
export let cut_from: u64 = 0;

/** True if the page at `at` is a superblock of a disk of that many pages. */
function is_good(at: usize, pages: u64): bool {
  if (load<u64>(at, l.SUPER_MAGIC) != l.MAGIC || load<u32>(at, l.SUPER_VERSION) != l.VERSION) return false;
  seal(at);
  if (memory.compare(digest, at + l.SUPER_CHECK, 32) != 0) return false;
  const disk = load<u64>(at, l.SUPER_PAGES);
  const log = load<u32>(at, l.SUPER_LOG_PAGES);
  if (disk < l.DISK_PAGES_MIN || disk > l.DISK_PAGES_MAX) return false;
  if (disk > pages) {
    cut_from = disk;
    return false;
  }
  if (log < l.LOG_PAGES_MIN || log > l.LOG_PAGES_MAX || log > disk >> 2) return false;
  return load<u64>(at, l.SUPER_SEQUENCE) <= l.SEQUENCE_MAX;
}

/** Reads the newest superblock: 1, 0 when there is none, or an error of the disk when it cannot be read and no other is good. */
export function superblock_read(pages: u64): i64 {
  let newest: u64 = 0;
  let is_there = false;
  let failed: i64 = 0;
  cut_from = 0;
  for (let place: u32 = 0; place < 4; place++) {
    const page = place < 2 ? <u64>place : pages - 4 + place;
    const error = read(page, 1, other);
    if (error < 0) {
      failed = error;
      continue;
    }
    if (!is_good(other, pages)) continue;
    const sequence = load<u64>(other, l.SUPER_SEQUENCE);
    if (is_there && sequence <= newest) continue;
    is_there = true;
    newest = sequence;
    memory.copy(superblock, other, PAGE_BYTES);
  }
  return is_there ? 1 : failed;
}

/** Writes the superblock and its copy: 0, or an error. A flush has come before, and one comes after. */
export function superblock_write(): i64 {
  memory.fill(superblock + l.SUPER_BYTES, 0, PAGE_BYTES - l.SUPER_BYTES);
  seal(superblock);
  memory.copy(superblock + l.SUPER_CHECK, digest, 32);
  const place = load<u64>(superblock, l.SUPER_SEQUENCE) & 1;
  const error = write(place, 1, superblock);
  return error < 0 ? error : write(load<u64>(superblock, l.SUPER_PAGES) - 2 + place, 1, superblock);
}
