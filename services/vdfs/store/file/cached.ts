// Verified pages of contents in memory: slots of SLOT_PAGES pages that lie in a row on the disk, found by the first. Called by file/data.ts.
// A page in a slot has been read and checked, or is not marked as there.
import { memory as disk_memory, PAGE_SHIFT, read } from "../disk/disk";
import { part_is_good } from "../disk/check";
import { damaged, disk_pages, wrong } from "../state";
import { E_NO_MEMORY } from "../../../lib/errors";

export const SLOT_SHIFT: u32 = 5;
export const SLOT_PAGES: u32 = 1 << SLOT_SHIFT;
const NONE: u32 = 0xffff_ffff;

let memory_at: usize = 0;
let slots: u32 = 0;
/** By slot: group of pages u32 (NONE: free), pages that are there u32, used since the hand was here u32. */
const SLOT_BYTES: u32 = 12;
let table: usize = 0;
let buckets: usize = 0;
let nexts: usize = 0;
let mask: u32 = 0;
let hand: u32 = 0;

export function cached_start(count: u32): bool {
  slots = count;
  memory_at = disk_memory((<usize>count) << (SLOT_SHIFT + PAGE_SHIFT));
  if (memory_at == 0) return false;
  table = heap.alloc(count * SLOT_BYTES);
  nexts = heap.alloc(count << 2);
  let size: u32 = 16;
  while (size < count) size <<= 1;
  mask = size - 1;
  buckets = heap.alloc(size << 2);
  cached_reset();
  return true;
}

export function cached_reset(): void {
  memory.fill(table, 0, slots * SLOT_BYTES);
  for (let i: u32 = 0; i < slots; i++) store<u32>(table + i * SLOT_BYTES, NONE);
  memory.fill(buckets, 0xff, (mask + 1) << 2);
}

// @ts-ignore: decorator
@inline
function slot_at(slot: u32): usize {
  return table + slot * SLOT_BYTES;
}

// @ts-ignore: decorator
@inline
function bucket(group: u32): usize {
  return buckets + (((group * 0x9e37_79b1) >> 7) & mask) * 4;
}

function find(group: u32): u32 {
  let slot = load<u32>(bucket(group));
  while (slot != NONE && load<u32>(slot_at(slot)) != group) slot = load<u32>(nexts + (slot << 2));
  return slot;
}

function unlink(slot: u32): void {
  const group = load<u32>(slot_at(slot));
  if (group == NONE) return;
  let at = bucket(group);
  while (load<u32>(at) != slot) at = nexts + (load<u32>(at) << 2);
  store<u32>(at, load<u32>(nexts + (slot << 2)));
  store<u32>(slot_at(slot), NONE);
}

/** The slot of a group, which may be a new one with nothing in it; NONE: there are no slots. */
function slot_of(group: u32): u32 {
  const slot = find(group);
  if (slot != NONE) {
    store<u32>(slot_at(slot), 1, 8);
    return slot;
  }
  for (let i: u32 = 0; i < 2 * slots; i++) {
    const other = hand;
    hand = hand + 1 == slots ? 0 : hand + 1;
    const at = slot_at(other);
    if (load<u32>(at, 8) != 0 && load<u32>(at) != NONE) {
      store<u32>(at, 0, 8);
      continue;
    }
    unlink(other);
    store<u32>(at, group);
    store<u32>(at, 0, 4);
    store<u32>(at, 1, 8);
    const head = bucket(group);
    store<u32>(nexts + (other << 2), load<u32>(head));
    store<u32>(head, other);
    return other;
  }
  return NONE;
}

// @ts-ignore: decorator
@inline
function address(slot: u32, page: u32): usize {
  return memory_at + ((((<usize>slot) << SLOT_SHIFT) + (page & (SLOT_PAGES - 1))) << PAGE_SHIFT);
}

/**
 * The address of page `page` of the disk, verified. It is number `index` of its content, which goes on for `ahead` pages more whose
 * checks follow at `checks`: what of them lies in the slot is read along. 0: `error` says why.
 */
export function cached_page(page: u32, index: u32, alone: bool, checks: usize, ahead: u32): usize {
  const slot = slot_of(page >> SLOT_SHIFT);
  if (slot == NONE) {
    wrong(E_NO_MEMORY);
    return 0;
  }
  const at = slot_at(slot);
  const first = page & (SLOT_PAGES - 1);
  const there = load<u32>(at, 4);
  if (((there >> first) & 1) != 0) return address(slot, page);
  let count: u32 = 1;
  while (count <= ahead && first + count < SLOT_PAGES && ((there >> (first + count)) & 1) == 0) count++;
  const result = read(page, count, address(slot, page));
  if (result < 0) {
    wrong(result);
    return 0;
  }
  let good = there;
  for (let i: u32 = 0; i < count; i++) {
    if (part_is_good(address(slot, page + i), index + i, alone, checks + (i << 4))) good |= 1 << (first + i);
  }
  store<u32>(at, good, 4);
  if (((good >> first) & 1) != 0) return address(slot, page);
  damaged(page);
  return 0;
}

/** Drops pages that are about to hold something else. */
export function forget_pages(page: u32, count: u32): void {
  for (let i = page; i < page + count; i++) {
    const slot = find(i >> SLOT_SHIFT);
    if (slot == NONE) continue;
    const at = slot_at(slot);
    store<u32>(at, load<u32>(at, 4) & ~(1 << (i & (SLOT_PAGES - 1))), 4);
  }
}
