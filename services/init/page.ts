// Writes start-up pages (kernel/abi/formats.ts). init keeps the page of each unit mapped in its own window, so that a
// restart rewrites it in place; the unit sees it read-only.
import * as region from "../lib/region";
import * as startup from "../lib/startup";
import { E_FULL } from "../lib/errors";
import { STARTUP_END, STARTUP_ENTRY_SIZE } from "../../kernel/abi/formats";
import { PAGE_SIZE, REGION_READ, REGION_WRITE } from "../lib/region";
import { self } from "./machine";
import { UNIT_MAX } from "./unit";
import { UNIT_PAGES } from "./window";

// The page of each place in the unit table: made once, used by whatever unit stands there.
const pages = memory.data(96 * 8, 8);
// 1: the unit there uses the place's second page, because a successor was prepared beside its predecessor.
const second = memory.data(48);

let cursor: usize = 0;
let limit: usize = 0;
let is_full: bool = false;

function number_of(place: u32): u32 {
  return place + (load<u8>(second + place) != 0 ? UNIT_MAX : 0);
}

function index_of(place: u32): u64 {
  return UNIT_PAGES + <u64>number_of(place) * PAGE_SIZE;
}

/** The next page of this place will be the other one: what the present unit sees stays as it is. */
export function page_swap(place: u32): void {
  store<u8>(second + place, load<u8>(second + place) ^ 1);
}

/** The region that holds the page of a place; 0 before page_begin. */
export function page_of(place: u32): u64 {
  return load<u64>(pages + (number_of(place) << 3));
}

/** Begins the page of the unit at a place. 0, or an error. */
export function page_begin(place: u32): i64 {
  const index = <usize>index_of(place);
  if (page_of(place) == 0) {
    const handle = region.create(self, 1);
    if (handle < 0) return handle;
    const error = region.map(<u64>handle, index, 0, 1, REGION_READ | REGION_WRITE);
    if (error < 0) return error;
    store<u64>(pages + (number_of(place) << 3), <u64>handle);
  }
  memory.fill(index, 0, PAGE_SIZE);
  cursor = index;
  limit = cursor + PAGE_SIZE - STARTUP_ENTRY_SIZE;
  is_full = false;
  return 0;
}

/** Adds an entry. */
export function page_entry(kind: u32, name: u32, handle: u64, a: u64, b: u64): void {
  if (cursor >= limit) {
    is_full = true;
    return;
  }
  store<u32>(cursor, kind);
  store<u32>(cursor, name, 4);
  store<u64>(cursor, handle, 8);
  store<u64>(cursor, a, 16);
  store<u64>(cursor, b, 24);
  cursor += STARTUP_ENTRY_SIZE;
}

/** Ends the page: 0, or E_FULL when an entry did not fit. */
export function page_end(): i64 {
  store<u32>(cursor, STARTUP_END);
  return is_full ? E_FULL : 0;
}

/** The hash of `base` with an ASCII suffix, both in memory or constant. */
export function name_with_suffix(base: usize, length: u32, suffix: string): u32 {
  let value = startup.hash_bytes(base, length);
  for (let i = 0; i < suffix.length; i++) value = (value ^ suffix.charCodeAt(i)) * 0x01000193;
  return value;
}
