// Walking the graph: the search of one level (Malkov & Yashunin 2018, algorithm 2) with a sorted pool instead of two heaps, and the
// greedy descent through the levels above. Called by search.ts and insert.ts; the question is distance.ts's.
// Invariant: a link is compared with the number of vectors before anything is read through it: damaged pages cannot lead astray.
import { E_DAMAGED } from "../../lib/errors";
import { ASKED_VALUES, asked, coded_distance, distance, exact_distance, ordered } from "./distance";
import * as layout from "./layout";
import { record } from "./pages";
import * as pool from "./pool";
import { allocate, Index, release, section_of } from "./state";

/** Numbers of the neighbours that one step looks at, and their distances. */
const numbers = allocate((<usize>layout.LINKS_MAX) << 3);
const orders = allocate((<usize>layout.LINKS_MAX) << 3);
const addresses = allocate((<usize>layout.LINKS_MAX) << 3);
/** `addresses` are those of the gathered. */
let are_located = false;
const LINE_BYTES: usize = 64;
/** So much of a vector is asked for early; what follows in its record the processor foresees. */
const TOUCHED_BYTES: usize = 256;
/** What the early reads found: kept, so that no compiler drops them. */
export let touched: u64 = 0;
/** A byte a vector: equal to the epoch when this search has seen it. */
let visited: usize = 0;
let visited_bytes: u32 = 0;
let epoch: u8 = 0;

/** Begins a walk: nothing is visited. */
export function begin(index: Index, breadth: u32): void {
  if (visited_bytes < index.count) {
    visited_bytes = max(index.count + (index.count >>> 1), 4096);
    release(visited);
    visited = allocate(visited_bytes);
    epoch = 0;
  }
  epoch++;
  if (epoch == 0) {
    memory.fill(visited, 0, visited_bytes);
    epoch = 1;
  }
  pool.clear(breadth);
}

/** Visits one vector: into the pool with it. */
export function visit(index: Index, number: u32): bool {
  const at = record(index, layout.SECTION_GRAPH, index.graph, number);
  if (at == 0) return false;
  store<u8>(visited + number, epoch);
  pool.insert(pool.key(ordered(distance(index, asked, at)), number));
  return true;
}

/** Address of a vector's links at a level; 0: failure is set. */
export function links_of(index: Index, number: u32, level: u32): usize {
  const at = record(index, layout.SECTION_GRAPH, index.graph, number);
  if (at == 0 || level == 0) return at == 0 ? 0 : at + index.links_at;
  const upper = load<u32>(at + index.meta_at, layout.META_UPPER);
  const place = (upper & layout.UPPER_PLACE) + level - 1;
  if (level > level_of(upper) || place >= index.upper_used) {
    index.failure = E_DAMAGED;
    return 0;
  }
  return record(index, layout.SECTION_UPPER, index.upper, place);
}

export function level_of(upper: u32): u32 {
  return (upper >>> layout.UPPER_LEVEL_SHIFT) & 15;
}

/** Links that one level has room for. */
export function links_max(index: Index, level: u32): u32 {
  return level == 0 ? index.links << 1 : index.links;
}

/** Gathers the neighbours that this walk has not seen; answers how many, or -1. */
// @ts-ignore: decorator
@inline
function gather(index: Index, links: usize, most: u32): i32 {
  const seen = visited;
  const now = epoch;
  const count = index.count;
  const end = links + ((<usize>most) << 2);
  let into = numbers;
  for (; links < end; links += 4) {
    const number = load<u32>(links);
    if (number >= count) {
      if (number == layout.NONE) break;
      index.failure = E_DAMAGED;
      return -1;
    }
    store<u32>(into, number);
    into += (<usize>(load<u8>(seen + number) != now)) << 2;
    store<u8>(seen + number, now);
  }
  return <i32>((into - numbers) >> 2);
}

/**
 * Addresses of the gathered, and a read of the first lines of each: the processor then fetches all of them at a time, where the
 * distances, one after another, would wait for each. False: a page is not in memory.
 */
// @ts-ignore: decorator
@inline
function locate(index: Index, count: u32): bool {
  const records = index.graph;
  const reciprocal = records.reciprocal;
  const per_page = records.per_page;
  const stride = records.bytes;
  const table = section_of(index, layout.SECTION_GRAPH).table;
  const last = min<usize>(index.meta_at, TOUCHED_BYTES);
  let are_there = true;
  let bits: u64 = 0;
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    const number = load<u32>(numbers + i);
    const place = <u32>((<u64>number * reciprocal) >> 38);
    const base = load<u32>(table + ((<usize>place) << 2));
    const at = base + (number - place * per_page) * stride;
    are_there = are_there && base != 0;
    store<u32>(addresses + i, at);
    for (let line: usize = 0; line < last; line += LINE_BYTES) bits ^= load<u64>(at + line);
  }
  touched ^= bits;
  return are_there;
}

/** Distances of the gathered: of all before any is judged. */
// @ts-ignore: decorator
@inline
function measure(index: Index, count: u32): bool {
  const meta_at = index.meta_at;
  const dimensions = index.dimensions;
  const is_l2 = index.metric == layout.METRIC_L2;
  const is_coded = index.kind == layout.KIND_QUANTISED;
  are_located = locate(index, count);
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    // where pages come and go, an address holds until the next page only
    const at = are_located
      ? <usize>load<u32>(addresses + i)
      : record(index, layout.SECTION_GRAPH, index.graph, load<u32>(numbers + i));
    if (at == 0) return false;
    const found = is_coded
      ? coded_distance(asked, at, meta_at, dimensions, is_l2)
      : exact_distance(index.metric, asked + ASKED_VALUES, at, dimensions);
    store<u32>(orders + i, ordered(found));
  }
  return true;
}

/** Searches one level from what is in the pool until the pool's vectors have all been looked at. False: failure is set. */
export function walk(index: Index, level: u32): bool {
  const most = links_max(index, level);
  // the second line of them: the first is read along with the vector
  const links_at = index.links_at + min<usize>(LINE_BYTES, ((<usize>index.links) << 3) - 8);
  let cursor: u32 = 0;
  while (cursor < pool.used) {
    const value = pool.entry(cursor);
    if ((value & pool.EXPANDED) != 0) {
      cursor++;
      continue;
    }
    pool.set_entry(cursor, value | pool.EXPANDED);
    const links = links_of(index, pool.number_of(value), level);
    if (links == 0) return false;
    const count = gather(index, links, most);
    if (count < 0 || !measure(index, count)) return false;
    let lowest = cursor + 1;
    let limit = pool.limit();
    for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
      const key = pool.key(load<u32>(orders + i), load<u32>(numbers + i));
      if (key >= limit) continue;
      // its links are read soon
      if (are_located) touched ^= load<u64>(<usize>load<u32>(addresses + i) + links_at);
      lowest = min(lowest, pool.insert(key));
      limit = pool.limit();
    }
    cursor = lowest;
  }
  return true;
}

/** From the entry down to the level above `level`, always to the nearest neighbour. Answers the nearest, or NONE and failure. */
export function descend(index: Index, level: u32): u32 {
  let nearest = index.entry;
  const start = record(index, layout.SECTION_GRAPH, index.graph, nearest);
  if (start == 0) return layout.NONE;
  let best = ordered(distance(index, asked, start));
  for (let at = index.top; at > level; at--) {
    let is_better = true;
    while (is_better) {
      is_better = false;
      const links = links_of(index, nearest, at);
      if (links == 0) return layout.NONE;
      const count = gather_all(index, links, index.links);
      if (count < 0 || !measure(index, count)) return layout.NONE;
      for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
        const order = load<u32>(orders + i);
        if (order >= best) continue;
        best = order;
        nearest = load<u32>(numbers + i);
        is_better = true;
      }
    }
  }
  return nearest;
}

/** All neighbours, seen or not. */
function gather_all(index: Index, links: usize, most: u32): i32 {
  let count: u32 = 0;
  for (; count < most; count++) {
    const number = load<u32>(links + ((<usize>count) << 2));
    if (number == layout.NONE) break;
    if (number >= index.count) {
      index.failure = E_DAMAGED;
      return -1;
    }
    store<u32>(numbers + ((<usize>count) << 2), number);
  }
  return count;
}
