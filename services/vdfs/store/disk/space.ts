// Which pages of the disk are in use: two maps in memory, a bit a page. A page is free to be written when neither the state that is being
// made (`now`) nor the one that is durable (`durable`) uses it, so whatever power cuts leave, the durable state is whole.
// Called by tree/ and chunk/ for pages, and by commit.ts. On the disk the map is parts of one page, 32,768 bits, in one of two homes each.
import { check_bytes, check_page, checks_are_equal, page_is_good } from "./check";
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT, read, write } from "./disk";
import { DISK_PAGES_MAX, LOG_PAGE } from "./layout";
import { damaged, disk_pages, log_pages } from "../state";

const MAP_PAGES_MAX: u32 = <u32>(DISK_PAGES_MAX >> 15);
/** An entry of the table: which of its two homes a part of the map is in u32, 0 u32, check. */
const ENTRY_BYTES: u32 = 24;
const ENTRY_CHECK: usize = 8;
const TABLE_PAGES_MAX: u32 = (MAP_PAGES_MAX * ENTRY_BYTES + PAGE_BYTES - 1) / PAGE_BYTES;

let now: usize = 0;
let durable: usize = 0;
let table: usize = 0;
const changed: usize = memory.data(512);
const found_check: usize = memory.data(16, 8);
let first_data: u32 = 0;
let head: u32 = 0;
let map_pages: u32 = 0;
/** Pages free to be written, and pages that will be after the commit. */
export let free_pages: u32 = 0;
export let released_pages: u32 = 0;

/** Memory for the largest disk is taken once. False: there is none. */
export function space_start(pages: u32): bool {
  const bytes = (<usize>maps_for(pages)) << PAGE_SHIFT;
  now = disk_memory(bytes);
  durable = heap.alloc(bytes);
  table = disk_memory(TABLE_PAGES_MAX << PAGE_SHIFT);
  return now != 0 && table != 0;
}

function maps_for(pages: u32): u32 {
  return (pages + 32767) >> 15;
}

function table_pages(): u32 {
  return (map_pages * ENTRY_BYTES + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

/** Where a part of the map lies, one of its two homes. */
function home_of(part: u32, home: u32): u32 {
  return LOG_PAGE + log_pages + 2 * part + home;
}

function table_of(sequence: u32): u32 {
  return LOG_PAGE + log_pages + 2 * map_pages + (sequence & 1) * table_pages();
}

// @ts-ignore: decorator
@inline
function bit_is_set(map: usize, page: u32): bool {
  return ((load<u64>(map + ((page >> 6) << 3)) >> (page & 63)) & 1) != 0;
}

function set_bit(map: usize, page: u32, value: bool): void {
  const at = map + ((page >> 6) << 3);
  const bit = (<u64>1) << (page & 63);
  store<u64>(at, value ? load<u64>(at) | bit : load<u64>(at) & ~bit);
}

/** A disk with nothing on it but what lies at fixed places. */
export function space_reset(): void {
  map_pages = maps_for(disk_pages);
  first_data = LOG_PAGE + log_pages + 2 * (map_pages + table_pages());
  memory.fill(now, 0xff, (<usize>map_pages) << PAGE_SHIFT);
  for (let page = first_data; page < disk_pages - 2; page++) set_bit(now, page, false);
  memory.copy(durable, now, (<usize>map_pages) << PAGE_SHIFT);
  memory.fill(table, 0, TABLE_PAGES_MAX << PAGE_SHIFT);
  memory.fill(changed, 1, map_pages);
  head = first_data;
  count_free();
}

function count_free(): void {
  let free: u32 = 0;
  for (let at: usize = 0; at < (<usize>map_pages) << PAGE_SHIFT; at += 8) {
    free += <u32>popcnt<u64>(~(load<u64>(now + at) | load<u64>(durable + at)));
  }
  free_pages = free;
  released_pages = 0;
}

// @ts-ignore: decorator
@inline
export function is_data_page(page: u64): bool {
  return page >= first_data && page < <u64>disk_pages - 2;
}

export function is_used(page: u32): bool {
  return bit_is_set(now, page);
}

/** Pages in a row that were found by the last `take`. */
export let taken: u32 = 0;

/** The first of at least one and at most `wanted` pages in a row, now in use; 0: the disk is full. */
export function take(wanted: u32): u32 {
  taken = 0;
  if (free_pages == 0) return 0;
  const words = disk_pages >> 6;
  let word = head >> 6;
  let mask = ~(<u64>0) << (head & 63);
  for (let i: u32 = 0; i <= words + 1; i++) {
    const at = word << 3;
    const free = ~(load<u64>(now + at) | load<u64>(durable + at)) & mask;
    if (free != 0) return take_run((word << 6) + <u32>ctz<u64>(free), wanted);
    mask = ~(<u64>0);
    word = word >= words ? 0 : word + 1;
  }
  return 0;
}

function take_run(first: u32, wanted: u32): u32 {
  let page = first;
  while (page - first < wanted && !bit_is_set(now, page) && !bit_is_set(durable, page)) {
    set_bit(now, page, true);
    page++;
    if (page >= disk_pages) break;
  }
  store<u8>(changed + (first >> 15), 1);
  store<u8>(changed + ((page - 1) >> 15), 1);
  taken = page - first;
  free_pages -= taken;
  head = page < disk_pages ? page : 0;
  return first;
}

/** The state that is being made uses these pages no more. */
export function give_back(first: u32, count: u32): void {
  for (let page = first; page < first + count; page++) {
    if (!is_data_page(page) || !bit_is_set(now, page)) continue;
    set_bit(now, page, false);
    store<u8>(changed + (page >> 15), 1);
    if (bit_is_set(durable, page)) released_pages++;
    else free_pages++;
  }
}

/** Writes what has changed of the map, each part to the home that the durable state does not use; the table's check goes to `out`. */
export function space_write(sequence: u32, out: usize): i64 {
  for (let i: u32 = 0; i < map_pages; i++) {
    if (load<u8>(changed + i) == 0) continue;
    const from = now + ((<usize>i) << PAGE_SHIFT);
    const entry = table + i * ENTRY_BYTES;
    const home = load<u32>(entry) ^ 1;
    const error = write(home_of(i, home), 1, from);
    if (error < 0) return error;
    store<u32>(entry, home);
    check_page(from, entry + ENTRY_CHECK);
  }
  check_bytes(table, table_pages() << PAGE_SHIFT, out);
  return write(table_of(sequence), table_pages(), table);
}

/** The state that was being made is durable now: what only the one before it used is free. */
export function space_committed(): void {
  for (let i: u32 = 0; i < map_pages; i++) {
    if (load<u8>(changed + i) == 0) continue;
    memory.copy(durable + ((<usize>i) << PAGE_SHIFT), now + ((<usize>i) << PAGE_SHIFT), PAGE_BYTES);
    store<u8>(changed + i, 0);
  }
  free_pages += released_pages;
  released_pages = 0;
}

/** Reads the map of a superblock's state: 0, or why it cannot be trusted. */
export function space_read(sequence: u32, check: usize): i64 {
  space_reset();
  const failed = read(table_of(sequence), table_pages(), table);
  if (failed < 0) return failed;
  check_bytes(table, table_pages() << PAGE_SHIFT, found_check);
  if (!checks_are_equal(found_check, check)) return damaged(table_of(sequence));
  for (let i: u32 = 0; i < map_pages; i++) {
    const at = now + ((<usize>i) << PAGE_SHIFT);
    const entry = table + i * ENTRY_BYTES;
    const home = load<u32>(entry);
    if (home > 1) return damaged(table_of(sequence));
    const error = read(home_of(i, home), 1, at);
    if (error < 0) return error;
    if (!page_is_good(at, entry + ENTRY_CHECK)) return damaged(home_of(i, home));
  }
  memory.fill(changed, 0, map_pages);
  memory.copy(durable, now, (<usize>map_pages) << PAGE_SHIFT);
  // whatever the map says, what lies at fixed places is nobody's
  for (let page: u32 = 0; page < first_data; page++) reserve(page);
  for (let page: u64 = disk_pages - 2; page < (<u64>map_pages) << 15; page++) reserve(<u32>page);
  count_free();
  return 0;
}

function reserve(page: u32): void {
  set_bit(now, page, true);
  set_bit(durable, page, true);
}
