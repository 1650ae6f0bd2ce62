// The vector index: named vectors in pages, and a graph (HNSW) through which the nearest are found. The store's service and the
// tools in Node use these functions. After an answer below 0 that is not about an argument, `index.failure` is set and what is in
// memory may be half done: the index is opened again from what was committed.
import { E_NOT_FOUND } from "../../lib/errors";
import * as layout from "./layout";
import { find, name_length, name_of } from "./names";
import { record } from "./pages";
import { remove } from "./remove";
import { Index } from "./state";

export { forget_shown } from "./pages";
export { bind, bind_shown } from "./source";
export { close, commit, create, open, refusal, tag_bit } from "./open";
export { insert } from "./insert";
export { exact, result_distance, result_number, RESULTS_MAX, search, set_filter } from "./search";
export { find, name_length, name_of, remove };
export { Index };

/** Removes the vector of that name. */
export function remove_named(index: Index, name: usize, length: u32): i64 {
  const number = find(index, name, length);
  if (index.failure < 0) return index.failure;
  return number == layout.NONE ? E_NOT_FOUND : remove(index, number);
}

/** How many vectors it holds. */
export function size(index: Index): u32 {
  return index.count - index.removed;
}

/** Address of a vector's values (of length 1 for cosine), until the next page is touched; 0: failure is set. */
export function values_of(index: Index, number: u32): usize {
  const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
  return at == 0 ? 0 : at + layout.EXACT_VALUES;
}

/** Bits of a vector's tags. 0 if it has none, or if failure is set. */
export function tags_of(index: Index, number: u32): u64 {
  const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
  return at == 0 ? 0 : load<u64>(at, layout.EXACT_TAGS);
}

/** Is there a vector of that number? False too if failure is set. */
export function is_there(index: Index, number: u32): bool {
  if (number >= index.count) return false;
  const at = record(index, layout.SECTION_GRAPH, index.graph, number);
  return at != 0 && (load<u32>(at + index.meta_at, layout.META_UPPER) & layout.UPPER_REMOVED) == 0;
}
