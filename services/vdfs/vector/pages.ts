// The pages of an index that are in memory: a table a section, read page by page when first touched, at most as many as the
// cache was given; the oldest leaves first. A page that its keeper shows (source.ts) lies in no frame of this cache until it is written to.
// Invariant: an address that `page` or a record function answered holds until the next call of one of them, no longer.
import { E_DAMAGED, E_FULL } from "../../lib/errors";
import { is_shown, read_page, show_page, truncate_section, write_page } from "./source";
import * as layout from "./layout";
import { allocate, Index, Records, release, Section, section_of } from "./state";

/** Frames are taken from the heap so many bytes at a time. */
const SLAB_BYTES: u32 = 1 << 20;
const FRAME_SECTION_SHIFT: u32 = 28;
const FRAME_PAGE: u32 = 0x0fff_ffff;
export const FRAMES_MIN: u32 = 8;
/** A section has at most so many pages for each that the cache holds: what is known of absent pages takes memory too. */
const PAGES_A_FRAME: u32 = 64;
const PAGES_ALWAYS: u32 = 65536;

/** The address of a page; 0: index.failure says why not. */
export function page(index: Index, section: u32, number: u32): usize {
  const own = section_of(index, section);
  if (number < own.pages) {
    const at = <usize>load<u32>(own.table + ((<usize>number) << 2));
    if (at != 0) return at;
  }
  return miss(index, section, number);
}

/** The same, of a page that will be written to; behind the section's last page a new one of zeros. */
export function writable(index: Index, section: u32, number: u32): usize {
  const own = section_of(index, section);
  let at = number == own.pages ? add_page(index, section) : page(index, section, number);
  if (is_shown(at)) at = copy_shown(index, section, number, at);
  if (at != 0) store<u8>(own.dirty + number, 1);
  return at;
}

/** Address of a record that exists, for reading. */
// @ts-ignore: decorator
@inline
export function record(index: Index, section: u32, records: Records, number: u32): usize {
  const place = <u32>((<u64>number * records.reciprocal) >> 38);
  const at = page(index, section, place);
  return at == 0 ? 0 : at + (number - place * records.per_page) * records.bytes;
}

export function writable_record(index: Index, section: u32, records: Records, number: u32): usize {
  const place = <u32>((<u64>number * records.reciprocal) >> 38);
  const at = writable(index, section, place);
  return at == 0 ? 0 : at + (number - place * records.per_page) * records.bytes;
}

/** Brings a page into memory. */
export function miss(index: Index, section: u32, number: u32): usize {
  const own = section_of(index, section);
  if (number >= own.pages) {
    index.failure = E_DAMAGED;
    return 0;
  }
  const shown = show_page(index.handle, section, number, 1 << index.block_shift);
  if (shown != 0) {
    store<u32>(own.table + ((<usize>number) << 2), <u32>shown);
    return shown;
  }
  const place = take_frame(index);
  if (place < 0) return 0;
  const at = <usize>load<u32>(index.frame_addresses + ((<usize>place) << 2));
  const answer = read_page(index.handle, section, number, at, 1 << index.block_shift);
  if (answer < 0) {
    index.failure = answer;
    return 0;
  }
  return hold(index, place, section, number, at);
}

/** A page that is shown moves into a frame, to be written to. */
function copy_shown(index: Index, section: u32, number: u32, from: usize): usize {
  const place = take_frame(index);
  if (place < 0) return 0;
  const at = <usize>load<u32>(index.frame_addresses + ((<usize>place) << 2));
  memory.copy(at, from, 1 << index.block_shift);
  return hold(index, place, section, number, at);
}

/** What was shown is not there any more: those pages are asked for again. */
export function forget_shown(index: Index): void {
  for (let section: u32 = 0; section < layout.SECTIONS; section++) {
    const own = section_of(index, section);
    for (let number: u32 = 0; number < own.pages; number++) {
      const entry = own.table + ((<usize>number) << 2);
      if (is_shown(<usize>load<u32>(entry))) store<u32>(entry, 0);
    }
  }
}

/** A page of zeros behind the section's last. */
function add_page(index: Index, section: u32): usize {
  const own = section_of(index, section);
  const number = own.pages;
  if (!grow(index, own, number + 1)) {
    index.failure = E_FULL;
    return 0;
  }
  const place = take_frame(index);
  if (place < 0) return 0;
  const at = <usize>load<u32>(index.frame_addresses + ((<usize>place) << 2));
  memory.fill(at, 0, 1 << index.block_shift);
  own.pages = number + 1;
  return hold(index, place, section, number, at);
}

/** The frame holds this page from now on. */
function hold(index: Index, frame: u32, section: u32, number: u32, at: usize): usize {
  const own = section_of(index, section);
  store<u32>(index.frames + ((<usize>frame) << 2), (section << FRAME_SECTION_SHIFT) | number);
  store<u32>(own.table + ((<usize>number) << 2), <u32>at);
  store<u8>(own.dirty + number, 0);
  return at;
}

/** Room in the tables for so many pages; false: more than there may be, whatever a header says. */
export function grow(index: Index, own: Section, pages: u32): bool {
  if (pages <= own.capacity) return true;
  if (pages > FRAME_PAGE || pages > max(PAGES_ALWAYS, index.frames_max * PAGES_A_FRAME)) return false;
  const capacity = max(max(pages, own.capacity << 1), 64);
  const table = allocate((<usize>capacity) << 2);
  const dirty = allocate(capacity);
  memory.copy(table, own.table, (<usize>own.pages) << 2);
  memory.copy(dirty, own.dirty, own.pages);
  release(own.table);
  release(own.dirty);
  own.table = table;
  own.dirty = dirty;
  own.capacity = capacity;
  return true;
}

/** Gives the next frame its memory, out of a slab. */
function add_frame(index: Index): void {
  const bytes: u32 = 1 << index.block_shift;
  if (index.slab_left < bytes) {
    const size = slab_bytes(index);
    store<u32>(index.slabs + ((<usize>index.slabs_used) << 2), <u32>allocate(size));
    index.slabs_used++;
    index.slab_left = size;
  }
  const slab = load<u32>(index.slabs + ((<usize>(index.slabs_used - 1)) << 2));
  store<u32>(index.frame_addresses + ((<usize>index.frames_used) << 2), slab + slab_bytes(index) - index.slab_left);
  index.slab_left -= bytes;
}

function slab_bytes(index: Index): u32 {
  const most = (<u64>index.frames_max) << index.block_shift;
  return most < SLAB_BYTES ? <u32>most : SLAB_BYTES;
}

/** So many bytes of pages stay in memory. */
export function set_cache(index: Index, cache_bytes: u32): void {
  index.frames_max = max(cache_bytes >>> index.block_shift, FRAMES_MIN);
  index.frames = allocate((<usize>index.frames_max) << 2);
  index.frame_addresses = allocate((<usize>index.frames_max) << 2);
  const slabs = ((<u64>index.frames_max) << index.block_shift) / slab_bytes(index) + 1;
  index.slabs = allocate((<usize>slabs) << 2);
}

/** Gives back everything that an index holds in memory, and the index. */
export function give_back(index: Index): void {
  for (let slab: u32 = 0; slab < index.slabs_used; slab++) release(load<u32>(index.slabs + ((<usize>slab) << 2)));
  for (let section: u32 = 0; section < layout.SECTIONS; section++) {
    const own = section_of(index, section);
    release(own.table);
    release(own.dirty);
  }
  release(index.slabs);
  release(index.frames);
  release(index.frame_addresses);
  release(index.sections);
  release(changetype<usize>(index.graph));
  release(changetype<usize>(index.vectors));
  release(changetype<usize>(index.upper));
  release(changetype<usize>(index));
}

/** A free frame's number, the oldest one's after writing back what it held; -1: that failed. */
function take_frame(index: Index): i32 {
  if (index.frames_used < index.frames_max) {
    add_frame(index);
    store<u32>(index.frames + ((<usize>index.frames_used) << 2), layout.NONE);
    return index.frames_used++;
  }
  const place = index.frame_hand;
  const holds = load<u32>(index.frames + ((<usize>place) << 2));
  if (holds != layout.NONE) {
    const section = holds >>> FRAME_SECTION_SHIFT;
    const number = holds & FRAME_PAGE;
    if (write_back(index, section, number) < 0) return -1;
    store<u32>(section_of(index, section).table + ((<usize>number) << 2), 0);
    store<u32>(index.frames + ((<usize>place) << 2), layout.NONE);
  }
  index.frame_hand = place + 1 == index.frames_max ? 0 : place + 1;
  return place;
}

/** Hands a page that was written to to the sink; nothing for another. */
function write_back(index: Index, section: u32, number: u32): i64 {
  const own = section_of(index, section);
  if (load<u8>(own.dirty + number) == 0) return 0;
  const at = <usize>load<u32>(own.table + ((<usize>number) << 2));
  const answer = write_page(index.handle, section, number, at, 1 << index.block_shift);
  if (answer < 0) {
    index.failure = answer;
    return answer;
  }
  store<u8>(own.dirty + number, 0);
  return 0;
}

/** Hands every page that was written to to the sink. */
export function write_back_all(index: Index): i64 {
  for (let frame: u32 = 0; frame < index.frames_used; frame++) {
    const holds = load<u32>(index.frames + ((<usize>frame) << 2));
    if (holds == layout.NONE) continue;
    const answer = write_back(index, holds >>> FRAME_SECTION_SHIFT, holds & FRAME_PAGE);
    if (answer < 0) return answer;
  }
  return 0;
}

/** Forgets a section's pages, here and at the sink. */
export function empty_section(index: Index, section: u32): i64 {
  for (let frame: u32 = 0; frame < index.frames_used; frame++) {
    const at = index.frames + ((<usize>frame) << 2);
    const holds = load<u32>(at);
    if (holds != layout.NONE && holds >>> FRAME_SECTION_SHIFT == section) store<u32>(at, layout.NONE);
  }
  section_of(index, section).pages = 0;
  return truncate_section(index.handle, section);
}
