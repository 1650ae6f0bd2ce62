// Pages of the store that readers have mapped: windows, and parts of them, as capabilities to parts of the store's one region.
// A client that has one holds the window until it forgets the file. A window is given to another file only when nobody holds it, and then
// every capability to it is revoked first. Called by methods.ts and clients.ts.
import { client_of } from "../lib/buffer";
import * as capability from "../lib/capability";
import { E_FULL } from "../lib/errors";
import { offer, OFFER_CALLER } from "../lib/endpoint";
import { REGION_MAP, REGION_PART, REGION_READ, RIGHT_SHARE } from "../../kernel/abi/rights";
import { number } from "../lib/startup";
import { arena, arena_page } from "./disk";
import { window_address, window_hold, window_inode, window_of, WINDOW_PAGES } from "./store/file/window";

/** The image may say another number. */
export const WINDOWS = <u32>number("windows", 16);
/** Clients that may hold a window at a time. */
const HOLDS: u32 = 32;
/** By window and hold: client (0: free). */
const holds = room(WINDOWS * HOLDS * 8);
/** By window: handles of its pages one by one, of the whole window, then of OTHERS parts with where they begin and how long they are. */
const OTHERS: u32 = 63;
const WHOLE: u32 = WINDOW_PAGES;
const HANDLES: u32 = WINDOW_PAGES + 1 + OTHERS;
const handles = room(WINDOWS * HANDLES * 8);
const parts = room(WINDOWS * (OTHERS + 1) * 4);
const GRANTED: u64 = REGION_READ | REGION_MAP | RIGHT_SHARE;

function room(bytes: u32): usize {
  const at = heap.alloc(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

// @ts-ignore: decorator
@inline
function hold_at(window: u32, i: u32): usize {
  return holds + ((window * HOLDS + i) << 3);
}

// @ts-ignore: decorator
@inline
function handle_at(window: u32, i: u32): usize {
  return handles + ((window * HANDLES + i) << 3);
}

/** A window is about to become another file's, or nothing: nobody reaches its pages any more. */
export function give_up(window: u32): void {
  for (let i: u32 = 0; i < HANDLES; i++) {
    const handle = load<u64>(handle_at(window, i));
    if (handle == 0) continue;
    store<u64>(handle_at(window, i), 0);
    capability.revoke(handle);
    capability.drop(handle);
  }
}

/** Place of the handle of a part of a window: one that exists, or a free one; HANDLES: there is none. */
function place_of(window: u32, first: u32, pages: u32): u32 {
  if (pages == 1) return first;
  if (pages == WINDOW_PAGES) return WHOLE;
  for (let i: u32 = 0; i < OTHERS; i++) {
    const at = parts + ((window * (OTHERS + 1) + i) << 2);
    const is_free = load<u64>(handle_at(window, WHOLE + 1 + i)) == 0;
    if (is_free) store<u32>(at, first | (pages << 16));
    if (load<u32>(at) == (first | (pages << 16))) return WHOLE + 1 + i;
  }
  return HANDLES;
}

/** Notes that a client has a window mapped: 0, or E_FULL. */
function hold(window: u32, client: u64): i64 {
  let free = HOLDS;
  for (let i: u32 = 0; i < HOLDS; i++) {
    const holder = load<u64>(hold_at(window, i));
    if (holder == client) return 0;
    if (holder == 0) free = i;
  }
  if (free == HOLDS) return E_FULL;
  store<u64>(hold_at(window, free), client);
  window_hold(window, 1);
  return 0;
}

/** A client has forgotten a file: it holds no window of it any more. */
export function release_holds(client: u64, inode: u64): void {
  for (let window: u32 = 0; window < WINDOWS; window++) {
    if (window_inode(window) != inode) continue;
    for (let i: u32 = 0; i < HOLDS; i++) {
      if (load<u64>(hold_at(window, i)) != client) continue;
      store<u64>(hold_at(window, i), 0);
      window_hold(window, -1);
    }
  }
}

/** Offers the caller pages of a window, read-only: 0, or an error. E_FULL: too many different parts of it are out. */
export function map_part(badge: u64, window: u32, first: u32, pages: u32): i64 {
  const place = place_of(window, first, pages);
  if (place == HANDLES) return E_FULL;
  let handle = load<u64>(handle_at(window, place));
  if (handle == 0) {
    const page = arena_page(window_address(window)) + first;
    const made = capability.derive(arena, GRANTED, REGION_PART | page | ((<u64>pages) << 32));
    if (made < 0) return made;
    handle = <u64>made;
    store<u64>(handle_at(window, place), handle);
  }
  const held = hold(window, client_of(badge));
  return held < 0 ? held : offer(OFFER_CALLER, handle, GRANTED);
}

/** Offers the caller all of a window, which may hold nothing yet. */
export function map_window(badge: u64, inode: u64, number: u32): i64 {
  const window = window_of(inode, number);
  return window < 0 ? E_FULL : map_part(badge, <u32>window, 0, WINDOW_PAGES);
}
