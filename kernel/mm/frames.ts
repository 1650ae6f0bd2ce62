// Physical frames: 4 KiB each, with a reference count. Whoever maps or holds a frame counts once;
// the last release returns it. Fresh frames come from the boot ranges, in order; returned ones
// are handed out first, zeroed.
//
// One entry of 8 bytes a frame, at KERNEL_FRAMES + frame number * 8:
//   u32 references (0 = free)
//   u32 number of the next free frame, while free

import { KERNEL_CAPS, KERNEL_FRAMES } from "../abi/layout";
import { PAGE_SIZE } from "../abi/formats";
import * as boot from "../../hal/boot";
import { kernel_page } from "./tables";
import { image_end, image_start, zero } from "../machine";

const PAGE_SHIFT: u64 = 12;
const ENTRY_SHIFT: u32 = 3;
const FRAME_LIMIT: u64 = (KERNEL_CAPS - KERNEL_FRAMES) >> ENTRY_SHIFT;
const RANGE_MAX: u32 = 64;
/** Frames that no promise may use: page tables and the kernel's tables grow from them. */
const KERNEL_MARGIN: u32 = 64;

/** Ranges of memory never yet handed out: pairs of u64 first byte, end. */
const ranges: usize = memory.data(64 * 16, 8);
let range_count: u32 = 0;
let range_now: u32 = 0;

let frames_total: u32 = 0;
let frames_free: u32 = 0;
/** Of the free ones, promised to domains' demand paging. */
let frames_promised: u32 = 0;
let free_list: u32 = 0;

@inline function range_base(i: u32): u64 { return load<u64>(ranges + (i << 4)); }
@inline function range_end(i: u32): u64 { return load<u64>(ranges + (i << 4), 8); }
@inline function set_base(i: u32, v: u64): void { store<u64>(ranges + (i << 4), v); }
@inline function set_end(i: u32, v: u64): void { store<u64>(ranges + (i << 4), v, 8); }
@inline function entry(frame: u64): usize {
  return <usize>(KERNEL_FRAMES + ((<u32>(frame >> PAGE_SHIFT)) << ENTRY_SHIFT));
}

/** Adds [base, end) less what lies in [hole_base, hole_end). */
function cut(hole_base: u64, hole_end: u64): void {
  for (let i: u32 = 0; i < range_count; i++) {
    const base = range_base(i), end = range_end(i);
    if (hole_end <= base || hole_base >= end) continue;
    if (hole_base > base && hole_end < end) {
      if (range_count < RANGE_MAX) {
        // Ranges stay in ascending order: the direct map starts with the lowest memory.
        for (let j = range_count; j > i + 1; j--) {
          set_base(j, range_base(j - 1));
          set_end(j, range_end(j - 1));
        }
        set_base(i + 1, hole_end);
        set_end(i + 1, end);
        range_count++;
      }
      set_end(i, hole_base);
    } else if (hole_base <= base) {
      set_base(i, min(hole_end, end));
    } else {
      set_end(i, hole_base);
    }
  }
}

@inline function up(address: u64): u64 { return (address + PAGE_SIZE - 1) & ~(<u64>PAGE_SIZE - 1); }
@inline function down(address: u64): u64 { return address & ~(<u64>PAGE_SIZE - 1); }

/** Takes over the machine's memory from what boot_parse found. False: too little to go on. */
export function frames_start(): bool {
  const usable = min(boot.memory_range_count(), RANGE_MAX / 2);
  for (let i: u32 = 0; i < usable; i++) {
    const base = up(boot.memory_range_base(i));
    const end = min(down(boot.memory_range_base(i) + boot.memory_range_length(i)), FRAME_LIMIT << PAGE_SHIFT);
    if (end <= base) continue;
    set_base(range_count, base);
    set_end(range_count, end);
    range_count++;
  }
  cut(0, 0x10_0000); // firmware's first MiB, where there is any
  cut(down(image_start()), up(image_end()));
  for (let i: u32 = 0; i < boot.reserved_range_count(); i++) {
    const base = boot.reserved_range_base(i);
    cut(down(base), up(base + boot.reserved_range_length(i)));
  }
  for (let i: u32 = 0; i < range_count; i++) {
    if (range_end(i) > range_base(i)) frames_total += <u32>((range_end(i) - range_base(i)) >> PAGE_SHIFT);
  }
  frames_free = frames_total;
  // The frame table itself, for the ranges that exist.
  const ranges_at_start = range_count;
  for (let i: u32 = 0; i < ranges_at_start; i++) {
    const base = range_base(i), end = range_end(i);
    if (end <= base) continue;
    const first = <u32>entry(base) & ~(PAGE_SIZE - 1);
    const last = <u32>entry(end - 1);
    for (let page = first; page <= last; page += PAGE_SIZE) {
      if (table_pages_have(page)) continue;
      if (!kernel_page(page)) return false;
      last_table_page = page;
    }
  }
  table_ready = true;
  return frames_free > KERNEL_MARGIN * 2;
}

let table_ready: bool = false;
let last_table_page: u32 = 0;
/** Ranges ascend, so only the page mapped last can be shared by two of them. */
@inline function table_pages_have(page: u32): bool { return page <= last_table_page && last_table_page != 0; }

function fresh(count: u32): u64 {
  const bytes = (<u64>count) << PAGE_SHIFT;
  for (let i = range_now; i < range_count; i++) {
    const base = range_base(i);
    if (range_end(i) < base + bytes) {
      if (count == 1) range_now = i + 1;
      continue;
    }
    set_base(i, base + bytes);
    return base;
  }
  return 0;
}

/** A zeroed frame with one reference; 0: none is left beyond what is promised. */
export function frame_allocate(): u64 {
  if (frames_free <= frames_promised) return 0;
  return take();
}

/** A zeroed frame out of an earlier promise. */
export function frame_take_promised(): u64 {
  frames_promised--;
  return take();
}

function take(): u64 {
  let frame: u64;
  if (free_list != 0) {
    frame = (<u64>free_list) << PAGE_SHIFT;
    free_list = load<u32>(entry(frame), 4);
  } else {
    frame = fresh(1);
    if (frame == 0) return 0;
  }
  frames_free--;
  zero(frame, PAGE_SIZE);
  if (table_ready) store<u32>(entry(frame), 1);
  return frame;
}

/** `count` zeroed frames in a row, one reference each; 0: no such run was left at boot. */
export function frames_allocate_contiguous(count: u32): u64 {
  if (count == 0 || frames_free < frames_promised + count) return 0;
  const base = fresh(count);
  if (base == 0) return 0;
  frames_free -= count;
  zero(base, (<u64>count) << PAGE_SHIFT);
  for (let i: u32 = 0; i < count; i++) store<u32>(entry(base + ((<u64>i) << PAGE_SHIFT)), 1);
  return base;
}

/** Sets `count` free frames aside; false: fewer are left. */
export function frames_promise(count: u32): bool {
  if (<u64>frames_free < <u64>frames_promised + count + KERNEL_MARGIN) return false;
  frames_promised += count;
  return true;
}

export function frames_unpromise(count: u32): void {
  frames_promised -= count;
}

export function frame_hold(frame: u64): void {
  store<u32>(entry(frame), load<u32>(entry(frame)) + 1);
}

/** Gives up one reference; the last one frees the frame. Frames from before the table (page tables of the kernel) stay. */
export function frame_release(frame: u64): void {
  const at = entry(frame);
  const references = load<u32>(at);
  if (references == 0) return;
  store<u32>(at, references - 1);
  if (references > 1) return;
  store<u32>(at, free_list, 4);
  free_list = <u32>(frame >> PAGE_SHIFT);
  frames_free++;
}

@inline export function frames_total_count(): u32 { return frames_total; }
@inline export function frames_free_count(): u32 { return frames_free; }
