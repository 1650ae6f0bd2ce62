// Commits of an index that lies in files: all of a commit's pages or none, whatever is cut off when. Changed pages go to the journal; a
// commit writes its head with a sum over everything, syncs, copies the pages to their places, syncs, and empties the journal.
// Opening an index copies once more what a whole journal holds. Called through source.ts.
// Invariant: the sections' files never differ from the last commit but by what a whole journal repairs.
//
//   journal: head page | page … page | keys: u32 a page, section << 28 | number
//   head: magic u64, pages u32, bytes of a page u32, emptied sections u32 (a bit each), 0 u32, sum u64
import { E_DAMAGED, E_FULL, E_NO_MEMORY } from "../../lib/errors";
import { cut, FILE_JOURNAL, read, show, sync, write } from "./files";
import { BLOCK_SHIFT_MAX, SECTION_HEADER, SECTIONS } from "./layout";
import { allocate, release } from "./state";

/** "PHIVJRN1", little-endian. */
const MAGIC: u64 = 0x314e_524a_5649_4850;
const HEAD_PAGES: usize = 8;
const HEAD_PAGE_BYTES: usize = 12;
const HEAD_EMPTIED: usize = 16;
const HEAD_SUM: usize = 24;
const HEAD_BYTES: u32 = 32;
/** A commit has at most so many pages: what is known of them is kept in memory. */
const PAGES_MAX: u32 = 65536;
const SECTION_SHIFT: u32 = 28;
const PAGE_MASK: u32 = 0x0fff_ffff;
const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;


@unmanaged
class Journal {
  page_bytes: u32 = 0;
  /** Pages in the journal, and their keys in order. */
  pages: u32 = 0;
  keys: usize = 0;
  capacity: u32 = 0;
  /** Hash table from key to place + 1, twice `capacity` words. */
  table: usize = 0;
  emptied: u32 = 0;
  /** Nothing was ever committed: pages go to their places at once, for without a header there is no index. */
  is_new: bool = false;
}

const HANDLES: u32 = 32;
const journals = allocate((<usize>HANDLES) << 2);
const head = allocate(HEAD_BYTES);
const page_copy = allocate((<usize>1) << BLOCK_SHIFT_MAX);

function journal_of(handle: u32): Journal {
  return changetype<Journal>(<usize>load<u32>(journals + ((<usize>handle) << 2)));
}

/** Takes up the files of an index, a new one or one that was committed. handle: below 32. */
export function begin(handle: u32, is_new: bool): i64 {
  if (handle >= HANDLES) return E_NO_MEMORY;
  end(handle);
  const journal = changetype<Journal>(allocate(offsetof<Journal>()));
  journal.is_new = is_new;
  store<u32>(journals + ((<usize>handle) << 2), <u32>changetype<usize>(journal));
  if (!grow(journal, 64)) return E_NO_MEMORY;
  if (!is_new) return recover(handle);
  for (let file: u32 = 0; file <= FILE_JOURNAL; file++) {
    const answer = cut(handle, file, 0);
    if (answer < 0) return answer;
  }
  return sync(handle);
}

/** Forgets what was not committed. */
export function end(handle: u32): void {
  const journal = journal_of(handle);
  if (changetype<usize>(journal) == 0) return;
  release(journal.keys);
  release(journal.table);
  release(changetype<usize>(journal));
  store<u32>(journals + ((<usize>handle) << 2), 0);
}

function grow(journal: Journal, capacity: u32): bool {
  if (capacity > PAGES_MAX) return false;
  const keys = allocate((<usize>capacity) << 2);
  const table = allocate((<usize>capacity) << 3);
  memory.copy(keys, journal.keys, (<usize>journal.pages) << 2);
  release(journal.keys);
  release(journal.table);
  journal.keys = keys;
  journal.table = table;
  journal.capacity = capacity;
  for (let place: u32 = 0; place < journal.pages; place++) {
    const key = load<u32>(keys + ((<usize>place) << 2));
    store<u32>(slot(journal, key), place + 1);
  }
  return true;
}

/** Where the table has a key, or the free slot where it would go: it is never full. */
function slot(journal: Journal, key: u32): usize {
  const mask = (journal.capacity << 1) - 1;
  let at = (<u32>((<u64>key * PRIME) >> 32)) & mask;
  for (;;) {
    const where = journal.table + ((<usize>at) << 2);
    const place = load<u32>(where);
    if (place == 0 || load<u32>(journal.keys + ((<usize>(place - 1)) << 2)) == key) return where;
    at = (at + 1) & mask;
  }
  return 0;
}

function offset_of(journal: Journal, place: u32): u64 {
  return (<u64>place + 1) * journal.page_bytes;
}

/** Reads a page as it is now: from the journal if it was written since the last commit. */
export function read_page(handle: u32, section: u32, page: u32, at: usize, bytes: u32): i64 {
  const journal = journal_of(handle);
  const place = load<u32>(slot(journal, (section << SECTION_SHIFT) | page));
  const got =
    place == 0
      ? read(handle, section, <u64>page * bytes, at, bytes)
      : read(handle, FILE_JOURNAL, offset_of(journal, place - 1), at, bytes);
  return got < 0 ? got : <u32>got == bytes ? 0 : E_DAMAGED;
}

/** Where the keeper of the section's file has the page, 0: it was written since the last commit, or is to be read. */
export function show_page(handle: u32, section: u32, page: u32, bytes: u32): usize {
  const journal = journal_of(handle);
  if (load<u32>(slot(journal, (section << SECTION_SHIFT) | page)) != 0) return 0;
  return show(handle, section, <u64>page * bytes, bytes);
}

export function write_page(handle: u32, section: u32, page: u32, at: usize, bytes: u32): i64 {
  const journal = journal_of(handle);
  if (journal.is_new && section != SECTION_HEADER) return write(handle, section, <u64>page * bytes, at, bytes);
  if (journal.pages == journal.capacity && !grow(journal, journal.capacity << 1)) return E_FULL;
  journal.page_bytes = bytes;
  const key = (section << SECTION_SHIFT) | page;
  const where = slot(journal, key);
  let place = load<u32>(where);
  if (place == 0) {
    store<u32>(journal.keys + ((<usize>journal.pages) << 2), key);
    journal.pages++;
    place = journal.pages;
    store<u32>(where, place);
  }
  return write(handle, FILE_JOURNAL, offset_of(journal, place - 1), at, bytes);
}

/** The section's file is empty after the next commit. */
export function truncate(handle: u32, section: u32): i64 {
  const journal = journal_of(handle);
  if (journal.is_new) return cut(handle, section, 0);
  journal.emptied |= 1 << section;
  return 0;
}

export function commit(handle: u32): i64 {
  const journal = journal_of(handle);
  let answer: i64 = 0;
  if (journal.is_new) {
    answer = sync(handle);
    if (answer < 0) return answer;
  }
  if (journal.pages == 0) return 0;
  const sum = sum_of(handle, journal);
  if (sum < 0) return sum;
  store<u64>(head, MAGIC);
  store<u32>(head, journal.pages, HEAD_PAGES);
  store<u32>(head, journal.page_bytes, HEAD_PAGE_BYTES);
  store<u64>(head, journal.emptied, HEAD_EMPTIED);
  store<u64>(head, sum, HEAD_SUM);
  answer = write(handle, FILE_JOURNAL, offset_of(journal, journal.pages), journal.keys, journal.pages << 2);
  if (answer >= 0) answer = write(handle, FILE_JOURNAL, 0, head, HEAD_BYTES);
  if (answer >= 0) answer = sync(handle);
  if (answer >= 0) answer = copy_to_places(handle, journal);
  if (answer < 0) return answer;
  journal.is_new = false;
  return 0;
}

/** A sum over the keys and every page of the journal, as a number that is no error; or an error. */
function sum_of(handle: u32, journal: Journal): i64 {
  let sum: u64 = MAGIC ^ ((<u64>journal.emptied) << 32) ^ journal.pages;
  for (let place: u32 = 0; place < journal.pages; place++) {
    const got = read(handle, FILE_JOURNAL, offset_of(journal, place), page_copy, journal.page_bytes);
    if (got < 0) return got;
    if (<u32>got != journal.page_bytes) return E_DAMAGED;
    sum = (sum ^ load<u32>(journal.keys + ((<usize>place) << 2))) * PRIME;
    for (let at: usize = 0; at < journal.page_bytes; at += 8) {
      sum = (sum ^ load<u64>(page_copy + at)) * PRIME;
      sum ^= sum >> 29;
    }
  }
  return <i64>(sum >> 1);
}

function copy_to_places(handle: u32, journal: Journal): i64 {
  let answer: i64 = 0;
  for (let section: u32 = 0; section < SECTIONS; section++) {
    if (((journal.emptied >> section) & 1) != 0) answer = cut(handle, section, 0);
    if (answer < 0) return answer;
  }
  for (let place: u32 = 0; place < journal.pages; place++) {
    const key = load<u32>(journal.keys + ((<usize>place) << 2));
    answer = read(handle, FILE_JOURNAL, offset_of(journal, place), page_copy, journal.page_bytes);
    if (answer < 0) return answer;
    const offset = <u64>(key & PAGE_MASK) * journal.page_bytes;
    answer = write(handle, key >>> SECTION_SHIFT, offset, page_copy, journal.page_bytes);
    if (answer < 0) return answer;
  }
  answer = sync(handle);
  if (answer < 0) return answer;
  // without a head the journal is none: what comes behind it does not matter
  answer = cut(handle, FILE_JOURNAL, 0);
  if (answer >= 0) answer = sync(handle);
  if (answer < 0) return answer;
  journal.pages = 0;
  journal.emptied = 0;
  memory.fill(journal.table, 0, (<usize>journal.capacity) << 3);
  return 0;
}

/** Finishes the commit that a whole journal holds; a torn one was never a commit. */
function recover(handle: u32): i64 {
  const journal = journal_of(handle);
  const got = read(handle, FILE_JOURNAL, 0, head, HEAD_BYTES);
  if (got < 0) return got;
  if (got == 0) return 0;
  const is_whole = <u32>got == HEAD_BYTES && load<u64>(head) == MAGIC;
  const pages = load<u32>(head, HEAD_PAGES);
  const bytes = load<u32>(head, HEAD_PAGE_BYTES);
  const is_shape = bytes >= 4096 && bytes <= (<u32>1) << BLOCK_SHIFT_MAX && (bytes & (bytes - 1)) == 0;
  if (!is_whole || !is_shape || pages == 0 || pages > PAGES_MAX) return forget(handle, journal);
  const emptied = load<u32>(head, HEAD_EMPTIED);
  const sum = load<i64>(head, HEAD_SUM);
  let capacity = journal.capacity;
  while (capacity < pages) capacity <<= 1;
  if (capacity != journal.capacity && !grow(journal, capacity)) return E_NO_MEMORY;
  journal.page_bytes = bytes;
  const keys = read(handle, FILE_JOURNAL, offset_of(journal, pages), journal.keys, pages << 2);
  if (keys < 0) return keys;
  if (<u32>keys != pages << 2) return forget(handle, journal);
  for (let place: u32 = 0; place < pages; place++)
    if (load<u32>(journal.keys + ((<usize>place) << 2)) >>> SECTION_SHIFT >= SECTIONS) return forget(handle, journal);
  journal.pages = pages;
  journal.emptied = emptied;
  const found = sum_of(handle, journal);
  if (found != sum) {
    journal.pages = 0;
    journal.emptied = 0;
    return found < 0 && found != E_DAMAGED ? found : forget(handle, journal);
  }
  return copy_to_places(handle, journal);
}

function forget(handle: u32, journal: Journal): i64 {
  journal.pages = 0;
  const answer = cut(handle, FILE_JOURNAL, 0);
  return answer < 0 ? answer : sync(handle);
}
