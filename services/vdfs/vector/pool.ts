// The nearest found so far, in order: a u64 each, distance (as an ordered integer) in the high half, number << 1 in the low one;
// bit 0 says that its neighbours were looked at. One pool serves all searches: an instance runs one at a time.
import { allocate } from "./state";
import { BREADTH_MAX } from "./layout";

export const EXPANDED: u64 = 1;
const pool = allocate((<usize>BREADTH_MAX + 1) << 3);

/** How many are in it, and how many at most. */
export let used: u32 = 0;
let room: u32 = 0;

export function clear(breadth: u32): void {
  used = 0;
  room = min(breadth, BREADTH_MAX);
}

// @ts-ignore: decorator
@inline
export function entry(place: u32): u64 {
  return load<u64>(pool + ((<usize>place) << 3));
}

// @ts-ignore: decorator
@inline
export function set_entry(place: u32, value: u64): void {
  store<u64>(pool + ((<usize>place) << 3), value);
}

// @ts-ignore: decorator
@inline
export function key(order: u32, number: u32): u64 {
  return ((<u64>order) << 32) | ((<u64>number) << 1);
}

// @ts-ignore: decorator
@inline
export function number_of(value: u64): u32 {
  return (<u32>value) >> 1;
}

/** Only what is below this comes in. */
// @ts-ignore: decorator
@inline
export function limit(): u64 {
  return used < room ? u64.MAX_VALUE : load<u64>(pool + ((<usize>(used - 1)) << 3));
}

/** Puts in what is below the limit; answers its place. The worst leaves when the pool is full. */
export function insert(value: u64): u32 {
  if (used < room) used++;
  let at = pool + ((<usize>(used - 1)) << 3);
  while (at > pool) {
    const before = load<u64>(at - 8);
    if (before < value) break;
    store<u64>(at, before);
    at -= 8;
  }
  store<u64>(at, value);
  return <u32>((at - pool) >> 3);
}
