// Free blocks of physical memory: a binary buddy system (Knuth, The Art of Computer Programming 1, 2.5). A block of order k is
// 2^k frames at a multiple of 2^k, so an order of 9 or more starts on a large page. Neighbours join as soon as both are free: memory
// that was used in small pieces becomes whole again. Every function takes a bounded number of steps. Called by frames.ts alone.
//
// The head of a free block is written into its frame's entry (KERNEL_FRAMES + frame number * 8):
//   u32 FREE | order << 24 | number of the previous head of this order (0 = first)
//   u32 number of the next head of this order (0 = last)
// Every other entry has FREE clear.

import { KERNEL_FRAMES } from "../abi/layout";

const ENTRY_SHIFT: u32 = 3;
const FREE: u32 = 0x8000_0000;
const ORDER_SHIFT: u32 = 24;
const NUMBER_MASK: u32 = 0x00ff_ffff;
/** Orders 0 … 19: the largest block is 2 GiB, as large as a window. */
const ORDERS: u32 = 20;
/** One page of the frame table describes blocks up to this order: their buddies' entries are always there. */
const ORDER_OF_TABLE_PAGE: u32 = 9;
const LARGE_FRAMES: u32 = 512;
const SPAN_MAX: u32 = 64;
/** Blocks that a search for a long run looks at, and pieces that it may consist of. */
const RUN_TRIES: u32 = 64;
const RUN_PIECES: u32 = 64;

const heads: usize = memory.data(20 * 4, 8);
/** Bit k: there is a free block of order k. */
let orders: u32 = 0;
/** Memory that blocks may lie in: pairs of u32 first frame, end. */
const spans: usize = memory.data(64 * 8, 8);
let span_count: u32 = 0;


@inline function word(frame: u32): usize {
  return <usize>(KERNEL_FRAMES + (frame << ENTRY_SHIFT));
}


@inline function head_of(order: u32): u32 {
  return load<u32>(heads + (order << 2));
}

/** Does the frame table say anything about this frame? */
function known(frame: u32): bool {
  for (let i: u32 = 0; i < span_count; i++) {
    if (frame >= load<u32>(spans + (i << 3)) && frame < load<u32>(spans + (i << 3), 4)) return true;
  }
  return false;
}

function insert(frame: u32, order: u32): void {
  const next = head_of(order);
  store<u32>(word(frame), FREE | (order << ORDER_SHIFT));
  store<u32>(word(frame), next, 4);
  if (next != 0) store<u32>(word(next), FREE | (order << ORDER_SHIFT) | frame);
  store<u32>(heads + (order << 2), frame);
  orders |= (<u32>1) << order;
}

/** Takes a head out of its list; its entry becomes that of a frame without references. */
function remove(frame: u32, order: u32): void {
  const previous = load<u32>(word(frame)) & NUMBER_MASK,
    next = load<u32>(word(frame), 4);
  if (previous != 0) store<u32>(word(previous), next, 4);
  else {
    store<u32>(heads + (order << 2), next);
    if (next == 0) orders &= ~((<u32>1) << order);
  }
  if (next != 0) store<u32>(word(next), FREE | (order << ORDER_SHIFT) | previous);
  store<u32>(word(frame), 0);
}

/** The order of the free block that starts at a frame; -1: none does. */
@inline
function free_order(frame: u32): i32 {
  const entry = load<u32>(word(frame));
  return entry & FREE ? <i32>((entry >> ORDER_SHIFT) & 31) : -1;
}

/** A block becomes free, and one with its buddy as long as that is free too. */
export function block_give(frame: u32, order: u32): void {
  while (order < ORDERS - 1) {
    const buddy = frame ^ ((<u32>1) << order);
    if (order >= ORDER_OF_TABLE_PAGE && !known(buddy)) break;
    if (free_order(buddy) != <i32>order) break;
    remove(buddy, order);
    frame &= ~((<u32>1) << order);
    order++;
  }
  insert(frame, order);
}

/** `count` frames become free: at most two blocks of each order. */
export function run_give(frame: u32, count: u32): void {
  while (count != 0) {
    const order = min(min(<u32>ctz(frame), 31 - <u32>clz(count)), ORDERS - 1);
    block_give(frame, order);
    frame += (<u32>1) << order;
    count -= (<u32>1) << order;
  }
}

/** Memory that nobody has used yet becomes free; ranges do not overlap. */
export function span_give(first: u32, end: u32): void {
  if (first >= end || span_count == SPAN_MAX) return;
  store<u32>(spans + (span_count << 3), first);
  store<u32>(spans + (span_count << 3), end, 4);
  span_count++;
  // Of the largest blocks a range has few: 2 GiB each.
  run_give(first, end - first);
}

/** `count` frames in a row, at a multiple of their number rounded up to a power of two where such a block is free; 0: there is no such run. */
export function run_take(count: u32): u32 {
  const order: u32 = count == 1 ? 0 : 32 - <u32>clz(count - 1);
  const usable = order < ORDERS ? (orders >> order) << order : 0;
  if (usable == 0) return run_join(count);
  const from = <u32>ctz(usable);
  const frame = head_of(from);
  remove(frame, from);
  run_give(frame + count, ((<u32>1) << from) - count);
  return frame;
}

/** Where the free blocks that follow one another from `frame` end, once they hold `count` frames or no more follow. */
function free_end(frame: u32, count: u32): u32 {
  let end = frame;
  for (let pieces: u32 = 0; pieces < RUN_PIECES && end - frame < count; pieces++) {
    const order = known(end) ? free_order(end) : -1;
    if (order < 0) break;
    end += (<u32>1) << order;
  }
  return end;
}

/** The head of the free block that ends before `frame`; `frame`: there is none. */
function free_before(frame: u32): u32 {
  for (let order: u32 = 0; order < ORDERS; order++) {
    const head = frame - ((<u32>1) << order);
    if (head < frame && (head & (((<u32>1) << order) - 1)) == 0 && known(head) && free_order(head) == <i32>order)
      return head;
  }
  return frame;
}

/** Where the free blocks that lie before `end` without a gap begin, once they hold `count` frames or no more do. */
function free_start(end: u32, count: u32): u32 {
  let start = end;
  for (let pieces: u32 = 0; pieces < RUN_PIECES && end - start < count; pieces++) {
    const head = free_before(start);
    if (head == start) break;
    start = head;
  }
  return start;
}

/** A run that no single block holds. Every run holds a block of at least a quarter of its length: those are asked for neighbours. */
function run_join(count: u32): u32 {
  let order = min(31 - <u32>clz(count), ORDERS - 1);
  for (let round = 0; round < 2; round++) {
    let frame = head_of(order);
    for (let tried: u32 = 0; tried < RUN_TRIES && frame != 0; tried++) {
      const start = free_start(frame, count),
        end = free_end(frame, count);
      if (end - start >= count) return run_cut(start, end, count);
      frame = load<u32>(word(frame), 4);
    }
    if (order == 0) break;
    order--;
  }
  return 0;
}

/** Takes `count` frames out of the free blocks [start, end), from a large page on if they fit there. */
function run_cut(start: u32, end: u32, count: u32): u32 {
  for (let at = start; at < end; ) {
    const part = <u32>free_order(at);
    remove(at, part);
    at += (<u32>1) << part;
  }
  const aligned = (start + LARGE_FRAMES - 1) & ~(LARGE_FRAMES - 1);
  const first = aligned + count <= end ? aligned : start;
  run_give(start, first - start);
  run_give(first + count, end - first - count);
  return first;
}
