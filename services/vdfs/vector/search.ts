// Searching: through the graph, then by exact distance among the best; and exactly, vector by vector. A filter by name prefix and
// tags is asked of what was found; where it lets too few through, the search is repeated more widely, and at last exactly.
// Called by index.ts.
import { E_ARGUMENT } from "../../lib/errors";
import { ask, exact_distance, ordered, unordered } from "./distance";
import { keep, kept_values } from "./insert";
import * as layout from "./layout";
import { name_begins } from "./names";
import { record } from "./pages";
import * as pool from "./pool";
import { allocate, Index } from "./state";
import { begin, descend, visit, walk } from "./walk";

/** Quantised distances order the best only roughly: so many more than asked for are measured exactly. */
const MEASURED_MORE: u32 = 16;
/** A filtered search is repeated this much more widely each time. */
const WIDER: u32 = 4;
/** By inner product the graph leads to the longest vectors; in so few dimensions it knows too little of the others for a filter that wants them. */
const FILTERED_INNER_DIMENSIONS: u32 = 8;

export const RESULTS_MAX: u32 = 1024;
/** The results: a u64 each, as in the pool, but with the exact distance. */
const results = allocate((<usize>RESULTS_MAX + <usize>MEASURED_MORE) << 3);
let result_count: u32 = 0;

let prefix: usize = 0;
let prefix_length: u32 = 0;
let tags: u64 = 0;

/** What the next search lets through: names that begin with these bytes, and all of these tags. */
export function set_filter(name: usize, length: u32, wanted_tags: u64): void {
  prefix = name;
  prefix_length = length;
  tags = wanted_tags;
}

function is_filtered(): bool {
  return prefix_length != 0 || tags != 0;
}

export function result_number(place: u32): u32 {
  return pool.number_of(load<u64>(results + ((<usize>place) << 3)));
}

export function result_distance(place: u32): f32 {
  return unordered(<u32>(load<u64>(results + ((<usize>place) << 3)) >> 32));
}

/** The nearest `wanted` that the filter lets through, looking at `breadth` at least; answers how many, or an error. */
export function search(index: Index, values: usize, wanted: u32, breadth: u32): i64 {
  result_count = 0;
  if (wanted == 0 || wanted > RESULTS_MAX || breadth > layout.BREADTH_MAX) return E_ARGUMENT;
  const kept = keep(index, values);
  if (kept < 0) return kept;
  if (index.count == index.removed) return 0;
  ask(index, kept_values);
  const nearest = descend(index, 0);
  if (nearest == layout.NONE) return index.failure;
  if (is_filtered() && index.metric == layout.METRIC_INNER_PRODUCT && index.dimensions <= FILTERED_INNER_DIMENSIONS)
    return exact(index, values, wanted);
  let width = max(breadth, wanted);
  for (;;) {
    begin(index, width);
    if (!visit(index, nearest) || !walk(index, 0)) return index.failure;
    if (!collect(index, wanted)) return index.failure;
    // everything that links lead to was looked at, and it is not all: they lead elsewhere alone
    if (pool.used < min(width, index.count - index.removed)) return exact(index, values, wanted);
    if (result_count >= wanted) break;
    // there is nothing wider, or it would measure every vector anyway: one that is kept leads to all of its neighbours
    const wider = width * WIDER;
    if (width >= layout.BREADTH_MAX || wider * 2 * index.links >= index.count) return exact(index, values, wanted);
    width = min(wider, layout.BREADTH_MAX);
    if (index.count - index.removed <= result_count) break;
  }
  result_count = min(result_count, wanted);
  return result_count;
}

/** Measures the pool's best exactly, as far as the filter lets them through. */
function collect(index: Index, wanted: u32): bool {
  result_count = 0;
  const is_coded = index.kind == layout.KIND_QUANTISED;
  const most = is_coded ? wanted + MEASURED_MORE : wanted;
  const is_plain = index.removed == 0 && !is_filtered();
  for (let place: u32 = 0; place < pool.used && result_count < most; place++) {
    const value = pool.entry(place) & ~pool.EXPANDED;
    const number = pool.number_of(value);
    if (!is_plain) {
      const verdict = lets_through(index, number);
      if (verdict < 0) return false;
      if (verdict == 0) continue;
    }
    if (!is_coded) {
      store<u64>(results + ((<usize>result_count) << 3), value);
      result_count++;
      continue;
    }
    const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
    if (at == 0) return false;
    add_result(exact_distance(index.metric, kept_values, at + layout.EXACT_VALUES, index.dimensions), number, most);
  }
  return true;
}

/** Puts a vector in its place among the results. */
function add_result(found: f32, number: u32, most: u32): void {
  const value = pool.key(ordered(found), number);
  let at = results + ((<usize>result_count) << 3);
  if (result_count == most) {
    at -= 8;
    if (load<u64>(at) <= value) return;
  } else result_count++;
  for (; at > results; at -= 8) {
    const before = load<u64>(at - 8);
    if (before < value) break;
    store<u64>(at, before);
  }
  store<u64>(at, value);
}

/** 1: it is there, and the filter lets it through; 0: not; -1: failure is set. */
function lets_through(index: Index, number: u32): i32 {
  const graph = record(index, layout.SECTION_GRAPH, index.graph, number);
  if (graph == 0) return -1;
  if ((load<u32>(graph + index.meta_at, layout.META_UPPER) & layout.UPPER_REMOVED) != 0) return 0;
  if (tags != 0) {
    const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
    if (at == 0) return -1;
    if ((load<u64>(at, layout.EXACT_TAGS) & tags) != tags) return 0;
  }
  return prefix_length == 0 ? 1 : name_begins(index, number, prefix, prefix_length, false);
}

/** The nearest by measuring every vector that the filter lets through. */
export function exact(index: Index, values: usize, wanted: u32): i64 {
  result_count = 0;
  if (wanted == 0 || wanted > RESULTS_MAX) return E_ARGUMENT;
  const kept = keep(index, values);
  if (kept < 0) return kept;
  for (let number: u32 = 0; number < index.count; number++) {
    const verdict = lets_through(index, number);
    if (verdict < 0) return index.failure;
    if (verdict == 0) continue;
    const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
    if (at == 0) return index.failure;
    add_result(exact_distance(index.metric, kept_values, at + layout.EXACT_VALUES, index.dimensions), number, wanted);
  }
  return result_count;
}
