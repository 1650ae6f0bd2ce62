// Tree nodes in memory: a fixed number of frames, found by disk page. Called by tree/ only.
// A clean node may give way to any other; a dirty one stays until write.ts has written it. A frame's address is good until the next node is
// asked for, that of a dirty one until it is written: so a path that was made writable stays.
import { page_is_good } from "../disk/check";
import { memory as disk_memory, PAGE_SHIFT, read } from "../disk/disk";
import { is_data_page } from "../disk/space";
import { damaged, fail, wrong } from "../state";
import { node_is_sound } from "./node";
import { E_NO_MEMORY } from "../../../lib/errors";

const CLEAN: u8 = 0;
const DIRTY: u8 = 1;
const NONE: u32 = 0xffff_ffff;

let frames: usize = 0;
let frame_count: u32 = 0;
/** By frame: page u32 (0: free), next in its bucket u32. */
let pages: usize = 0;
let nexts: usize = 0;
let flags: usize = 0;
let used: usize = 0;
let buckets: usize = 0;
let bucket_mask: u32 = 0;
let hand: u32 = 0;
export let dirty_nodes: u32 = 0;

export function cache_start(count: u32): bool {
  frame_count = count;
  frames = disk_memory((<usize>count) << PAGE_SHIFT);
  if (frames == 0) return false;
  pages = heap.alloc(count << 2);
  nexts = heap.alloc(count << 2);
  flags = heap.alloc(count);
  used = heap.alloc(count);
  let size: u32 = 16;
  while (size < count) size <<= 1;
  bucket_mask = size - 1;
  buckets = heap.alloc(size << 2);
  cache_reset();
  return true;
}

/** Forgets every node. */
export function cache_reset(): void {
  memory.fill(pages, 0, frame_count << 2);
  memory.fill(flags, 0, frame_count);
  memory.fill(used, 0, frame_count);
  memory.fill(buckets, 0xff, (bucket_mask + 1) << 2);
  hand = 0;
  dirty_nodes = 0;
}

// @ts-ignore: decorator
@inline
function address(frame: u32): usize {
  return frames + ((<usize>frame) << PAGE_SHIFT);
}

// @ts-ignore: decorator
@inline
function frame_of(node: usize): u32 {
  return <u32>((node - frames) >> PAGE_SHIFT);
}

// @ts-ignore: decorator
@inline
function bucket(page: u32): usize {
  return buckets + (((page * 0x9e37_79b1) >> 7) & bucket_mask) * 4;
}

function find(page: u32): u32 {
  let frame = load<u32>(bucket(page));
  while (frame != NONE && load<u32>(pages + (frame << 2)) != page) frame = load<u32>(nexts + (frame << 2));
  return frame;
}

function link(frame: u32, page: u32): void {
  store<u32>(pages + (frame << 2), page);
  const at = bucket(page);
  store<u32>(nexts + (frame << 2), load<u32>(at));
  store<u32>(at, frame);
}

function unlink(frame: u32): void {
  const page = load<u32>(pages + (frame << 2));
  if (page == 0) return;
  let at = bucket(page);
  while (load<u32>(at) != frame) at = nexts + (load<u32>(at) << 2);
  store<u32>(at, load<u32>(nexts + (frame << 2)));
  store<u32>(pages + (frame << 2), 0);
}

/** A frame for another node; NONE: all are dirty. */
function take_frame(): u32 {
  for (let i: u32 = 0; i < 2 * frame_count; i++) {
    const frame = hand;
    hand = hand + 1 == frame_count ? 0 : hand + 1;
    if (load<u8>(flags + frame) == DIRTY) continue;
    if (load<u8>(used + frame) != 0 && load<u32>(pages + (frame << 2)) != 0) {
      store<u8>(used + frame, 0);
      continue;
    }
    unlink(frame);
    store<u8>(used + frame, 1);
    return frame;
  }
  return NONE;
}

/** The node on a page, read and verified if it is not here; 0: `error` of state.ts says why. */
export function node_get(tree: u32, level: u32, page: u32, birth: u32, check: usize): usize {
  let frame = find(page);
  if (frame != NONE) {
    store<u8>(used + frame, 1);
    // a pointer of another level or tree to the same page: only a made-up disk has that
    if (!node_is_same(address(frame), tree, level)) {
      damaged(page);
      return 0;
    }
    return address(frame);
  }
  if (!is_data_page(page)) {
    damaged(page);
    return 0;
  }
  frame = take_frame();
  if (frame == NONE) {
    wrong(E_NO_MEMORY);
    return 0;
  }
  const node = address(frame);
  const result = read(page, 1, node);
  if (result < 0) {
    wrong(result);
    return 0;
  }
  if (!page_is_good(node, check) || !node_is_sound(node, tree, level, page, birth)) {
    damaged(page);
    return 0;
  }
  link(frame, page);
  return node;
}

// @ts-ignore: decorator
@inline
function node_is_same(node: usize, tree: u32, level: u32): bool {
  return load<u8>(node, 4) == <u8>level && load<u8>(node, 5) == <u8>tree;
}

/** The node of a page if it is here and dirty; 0: it is not. */
export function dirty_node(page: u32): usize {
  const frame = find(page);
  return frame != NONE && load<u8>(flags + frame) == DIRTY ? address(frame) : 0;
}

// @ts-ignore: decorator
@inline
export function node_is_dirty(node: usize): bool {
  return load<u8>(flags + frame_of(node)) == DIRTY;
}

/** A dirty frame for a new node of that page; 0 and a failure: there is none. */
export function node_new(page: u32): usize {
  forget(page);
  const frame = take_frame();
  if (frame == NONE) {
    fail(E_NO_MEMORY);
    return 0;
  }
  link(frame, page);
  set_dirty(address(frame));
  return address(frame);
}

/** The node goes on as another page's, dirty: what was on the old page stays there. */
export function node_move(node: usize, page: u32): void {
  forget(page);
  const frame = frame_of(node);
  unlink(frame);
  link(frame, page);
  set_dirty(node);
}

export function set_dirty(node: usize): void {
  const frame = frame_of(node);
  if (load<u8>(flags + frame) == DIRTY) return;
  store<u8>(flags + frame, DIRTY);
  dirty_nodes++;
}

export function set_clean(node: usize): void {
  const frame = frame_of(node);
  if (load<u8>(flags + frame) == CLEAN) return;
  store<u8>(flags + frame, CLEAN);
  dirty_nodes--;
}

/** Drops the node of a page that is used for something else now. */
export function forget(page: u32): void {
  const frame = find(page);
  if (frame == NONE) return;
  set_clean(address(frame));
  unlink(frame);
  store<u8>(used + frame, 0);
}

/** True while an operation may make as many nodes dirty as the longest does. */
export function has_room(): bool {
  return dirty_nodes + (frame_count >> 1) <= frame_count;
}
