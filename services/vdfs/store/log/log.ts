// The log: changes since the last commit, so that a sync is one write and one flush. Groups of whole pages, each checked and chained to the
// one before; a group is there as a whole or not at all, and the first that is not ends the log. Called by store.ts, commit.ts and replay.ts.
//
//   group:  0 magic u32 | 4 pages u32 | 8 sequence of the superblock u64 | 16 number u64 | 24 bytes of changes u32 | 28 0
//           32 check of the group before, 16 bytes | 48 check of this group, itself as zeros, 16 bytes | 64 changes
//   change: 0 what u32 | 4 bytes of it all, a multiple of 64, u32 | 8 time u64 | 16 a | 24 b | 32 c u64 | 40 bytes that follow u32 | 44 0 | 48 bytes
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT, write_through } from "../disk/disk";
import { LOG_PAGE } from "../disk/layout";
import { quick_add, quick_begin, quick_copy, quick_end, quick_high, quick_low, QUICK_STEP } from "../hash/quick";
import { log_pages } from "../state";

export const GROUP_MAGIC: u32 = 0x4c44_4656;
export const GROUP_HEADER: u32 = 64;
export const CHANGE_HEADER: u32 = 48;
/** The longest group: changes beyond it make the next sync a commit. */
export const GROUP_PAGES_MAX: u32 = 64;

export let buffer: usize = 0;
let used: u32 = 0;
let is_over: bool = false;
let sequence: u64 = 0;
/** Where the next group goes, its number, and the check of the one before. */
let position: u32 = 0;
let number: u64 = 0;
let chain_low: u64 = 0;
let chain_high: u64 = 0;

export function log_start(): bool {
  buffer = disk_memory(GROUP_PAGES_MAX << PAGE_SHIFT);
  return buffer != 0;
}

/** An empty log after the superblock of that sequence number; `low`, `high` chain the first group to it. */
export function log_reset(of_sequence: u64, low: u64, high: u64): void {
  sequence = of_sequence;
  chain_low = low;
  chain_high = high;
  position = 0;
  number = 0;
  log_clear();
}

export function log_clear(): void {
  used = 0;
  is_over = false;
}

/** Notes a change that was made. */
export function log_add(change: u32, now_ns: u64, a: u64, b: u64, c: u64, bytes: usize, length: u32): void {
  const whole = (CHANGE_HEADER + length + QUICK_STEP - 1) & ~(QUICK_STEP - 1);
  if (is_over || GROUP_HEADER + used + whole > GROUP_PAGES_MAX << PAGE_SHIFT) {
    is_over = true;
    return;
  }
  // whatever was checked meanwhile, a log that was read for one: the check of this group begins here
  if (used == 0) quick_begin(chain_low, chain_high);
  const at = buffer + GROUP_HEADER + used;
  store<u32>(at, change);
  store<u32>(at, whole, 4);
  store<u64>(at, now_ns, 8);
  store<u64>(at, a, 16);
  store<u64>(at, b, 24);
  store<u64>(at, c, 32);
  store<u64>(at, length, 40);
  // beside the header, whole steps, and an end with zeros
  const beside = min(length, QUICK_STEP - CHANGE_HEADER);
  memory.copy(at + CHANGE_HEADER, bytes, beside);
  memory.fill(at + CHANGE_HEADER + beside, 0, QUICK_STEP - CHANGE_HEADER - beside);
  quick_add(at, QUICK_STEP);
  const steps = (length - beside) & ~(QUICK_STEP - 1);
  quick_copy(at + QUICK_STEP, bytes + beside, steps);
  const left = length - beside - steps;
  if (left != 0) {
    const end = at + QUICK_STEP + steps;
    memory.copy(end, bytes + beside + steps, left);
    memory.fill(end + left, 0, QUICK_STEP - left);
    quick_add(end, QUICK_STEP);
  }
  used += whole;
}

/** True if there is something to write. */
export function log_is_empty(): bool {
  return used == 0 && !is_over;
}

/** Makes the changes since the last sync durable: 1, an error of the disk, or 0 when only a commit can do it. */
export function log_write(): i64 {
  if (is_over) return 0;
  const pages = (GROUP_HEADER + used + PAGE_BYTES - 1) >> PAGE_SHIFT;
  if (position + pages > log_pages) return 0;
  store<u32>(buffer, GROUP_MAGIC);
  store<u32>(buffer, pages, 4);
  store<u64>(buffer, sequence, 8);
  store<u64>(buffer, number, 16);
  store<u64>(buffer, used, 24);
  store<u64>(buffer, chain_low, 32);
  store<u64>(buffer, chain_high, 40);
  store<u64>(buffer, 0, 48);
  store<u64>(buffer, 0, 56);
  quick_add(buffer, GROUP_HEADER);
  quick_end(GROUP_HEADER + used);
  store<u64>(buffer, quick_low, 48);
  store<u64>(buffer, quick_high, 56);
  const error = write_through(LOG_PAGE + position, pages, buffer);
  if (error < 0) return error;
  accept_group(pages, quick_low, quick_high);
  return 1;
}

/** The group at the log's position is good: the next one follows it. */
export function accept_group(pages: u32, low: u64, high: u64): void {
  position += pages;
  number++;
  chain_low = low;
  chain_high = high;
  log_clear();
}

/** What the next group of a log that is read must say. */
export function log_position(): u32 {
  return position;
}

export function log_number(): u64 {
  return number;
}

export function log_sequence(): u64 {
  return sequence;
}

export function log_chain_low(): u64 {
  return chain_low;
}

export function log_chain_high(): u64 {
  return chain_high;
}
