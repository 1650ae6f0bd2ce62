// Physical frames: 4 KiB each, handed out zeroed, singly or in runs. Who holds a frame: a table, a domain's slot, or a region
// (kernel/object), which counts its capabilities and mappings and gives its frames back with the last of them.
// Until the direct map is whole, frames come from the boot ranges in order; then the ranges become free blocks (blocks.ts).
//
// One entry of 8 bytes a frame, at KERNEL_FRAMES + frame number * 8: blocks.ts draws that of a free block's head; else
//   u32 1: handed out singly, to be given back by frame_release; 0: anything else
//   u32 number of the next frame that is kept, while the frame lies there

import { KERNEL_CAPS, KERNEL_FRAMES } from "../abi/layout";
import { PAGE_SIZE } from "../abi/formats";
import { told_memory, told_reserved } from "../start/told";
import { run_give, run_take, span_give } from "./blocks";
import { kernel_page } from "./tables";
import { image_end, image_start, zero } from "../machine";

const PAGE_SHIFT: u64 = 12;
const ENTRY_SHIFT: u32 = 3;
const FRAME_LIMIT: u64 = (KERNEL_CAPS - KERNEL_FRAMES) >> ENTRY_SHIFT;
const RANGE_MAX: u32 = 64;
/** Frames that no promise may use: page tables and the kernel's tables grow from them. */
const KERNEL_MARGIN: u32 = 64;
const KEPT_MAX: u32 = 64;

/** Ranges of memory never yet handed out: pairs of u64 first byte, end. */
const ranges: usize = memory.data(64 * 16, 8);
let range_count: u32 = 0;
let range_now: u32 = 0;

let frames_total: u32 = 0;
let frames_free: u32 = 0;
/** Of the free ones, promised to domains' demand paging. */
let frames_promised: u32 = 0;
/** Frames that came back last and go out first, without joining blocks in between. */
let kept: u32 = 0;
let kept_count: u32 = 0;

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
  const usable = min(told_memory().count, RANGE_MAX / 2);
  for (let i: u32 = 0; i < usable; i++) {
    const range = told_memory().at(i), base = up(range.base);
    const end = min(down(range.base + range.bytes), FRAME_LIMIT << PAGE_SHIFT);
    if (end <= base) continue;
    set_base(range_count, base);
    set_end(range_count, end);
    range_count++;
  }
  cut(0, 0x10_0000); // firmware's first MiB, where there is any
  cut(down(image_start()), up(image_end()));
  for (let i: u32 = 0; i < told_reserved().count; i++) {
    const range = told_reserved().at(i);
    cut(down(range.base), up(range.base + range.bytes));
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

/** What the boot ranges still hold becomes free blocks: from now on memory may come from anywhere in them. */
export function frames_settle(): void {
  for (let i = range_now; i < range_count; i++) {
    span_give(<u32>(range_base(i) >> PAGE_SHIFT), <u32>(max(range_base(i), range_end(i)) >> PAGE_SHIFT));
    set_base(i, range_end(i));
  }
  range_now = range_count;
}

/** The next frame of the boot ranges; 0: they are spent. */
function fresh(): u64 {
  for (; range_now < range_count; range_now++) {
    const base = range_base(range_now);
    if (range_end(range_now) < base + PAGE_SIZE) continue;
    set_base(range_now, base + PAGE_SIZE);
    return base;
  }
  return 0;
}

/** A zeroed frame; 0: none is left beyond what is promised. */
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
  if (kept != 0) {
    frame = (<u64>kept) << PAGE_SHIFT;
    kept = load<u32>(entry(frame), 4);
    kept_count--;
  } else {
    frame = range_now < range_count ? fresh() : (<u64>run_take(1)) << PAGE_SHIFT;
    if (frame == 0) return 0;
  }
  frames_free--;
  zero(frame, PAGE_SIZE);
  if (table_ready) store<u32>(entry(frame), 1);
  return frame;
}

/** `count` frames in a row, not zeroed; 0: no such run is free. A run of 512 or more starts on a large page wherever one block holds it. */
export function frames_take_run(count: u32): u64 {
  if (count == 0 || <u64>frames_free < <u64>frames_promised + count) return 0;
  let run = run_take(count);
  if (run == 0) {
    // What is kept may be what keeps blocks apart.
    for (; kept != 0; kept_count--) {
      const frame = kept;
      kept = load<u32>(entry((<u64>frame) << PAGE_SHIFT), 4);
      run_give(frame, 1);
    }
    run = run_take(count);
  }
  if (run != 0) frames_free -= count;
  return (<u64>run) << PAGE_SHIFT;
}

/** The same, zeroed: for runs that are short. */
export function frames_allocate_contiguous(count: u32): u64 {
  const base = frames_take_run(count);
  if (base != 0) zero(base, (<u64>count) << PAGE_SHIFT);
  return base;
}

/** Gives a run back, or part of one. */
export function frames_give_run(base: u64, count: u32): void {
  run_give(<u32>(base >> PAGE_SHIFT), count);
  frames_free += count;
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

/** Gives a frame back. Frames from before the table (page tables of the kernel) stay. */
export function frame_release(frame: u64): void {
  const at = entry(frame);
  if (load<u32>(at) == 0) return;
  store<u32>(at, 0);
  frames_free++;
  if (kept_count == KEPT_MAX) {
    run_give(<u32>(frame >> PAGE_SHIFT), 1);
    return;
  }
  store<u32>(at, kept, 4);
  kept = <u32>(frame >> PAGE_SHIFT);
  kept_count++;
}

@inline export function frames_total_count(): u32 { return frames_total; }
@inline export function frames_free_count(): u32 { return frames_free; }
