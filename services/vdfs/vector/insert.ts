// Putting a vector in (Malkov & Yashunin 2018, algorithm 1). Called by index.ts. Places of removed vectors are used again: they
// keep their level, and what still links to them links to another vector then, which costs nothing but a look.
import { E_ARGUMENT, E_DAMAGED, E_EXISTS, E_FULL } from "../../lib/errors";
import { ask, encode } from "./distance";
import * as layout from "./layout";
import { add_key, find, keep_name } from "./names";
import { choose, chosen_count, chosen_number, link, take_pool, write_links } from "./neighbours";
import { record, writable_record } from "./pages";
import { allocate, Index } from "./state";
import { begin, descend, level_of, visit, walk } from "./walk";
import * as pool from "./pool";

/** The vector as it is kept: of length 1 for cosine. */
export const kept_values = allocate((<usize>layout.DIMENSIONS_MAX) << 2);
const linked = allocate((<usize>layout.LINKS_MAX) << 3);

/** Copies a vector to kept_values; E_ARGUMENT for a number that is not finite. A vector of zeros stays one. */
export function keep(index: Index, values: usize): i64 {
  let squares: f64 = 0;
  // copied before it is looked at: who shares it may change it meanwhile
  memory.copy(kept_values, values, (<usize>index.dimensions) << 2);
  for (let i: u32 = 0; i < index.dimensions; i++) {
    const value = load<f32>(kept_values + ((<usize>i) << 2));
    if (!isFinite(value)) return E_ARGUMENT;
    squares += <f64>value * <f64>value;
  }
  // squares of values this large would no longer be finite as f32
  if (squares > 1e36) return E_ARGUMENT;
  const factor: f64 = index.metric == layout.METRIC_COSINE && squares > 0 ? 1 / sqrt<f64>(squares) : 1;
  for (let i: u32 = 0; i < index.dimensions; i++)
    store<f32>(kept_values + ((<usize>i) << 2), <f32>(<f64>load<f32>(kept_values + ((<usize>i) << 2)) * factor));
  return 0;
}

/** A level: l or higher with probability links^-l. From the number alone, so that the same insertions make the same index. */
function draw_level(index: Index, number: u32): u32 {
  let bits = (<u64>number + 1) * 0x9e37_79b9_7f4a_7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58_476d_1ce4_e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d0_49bb_1331_11eb;
  bits ^= bits >> 31;
  let level: u32 = 0;
  while (level < layout.LEVELS_MAX && bits % index.links == 0) {
    bits /= index.links;
    level++;
  }
  return level;
}

/** Inserts a named vector; answers its number. E_EXISTS: the name is taken. */
export function insert(index: Index, name: usize, length: u32, tags: u64, values: usize): i64 {
  if (length == 0 || length > layout.NAME_BYTES_MAX) return E_ARGUMENT;
  if (index.tags < 64 && tags >> index.tags != 0) return E_ARGUMENT;
  const kept = keep(index, values);
  if (kept < 0) return kept;
  const found = find(index, name, length);
  if (index.failure < 0) return index.failure;
  if (found != layout.NONE) return E_EXISTS;
  const number = take_number(index);
  if (number == layout.NONE) return index.failure < 0 ? index.failure : E_FULL;
  if (!write_exact(index, number, name, length, tags)) return index.failure;
  if (!add_key(index, name, length, number)) return index.failure;
  if (!connect(index, number)) return index.failure;
  return number;
}

/** A number for a new vector: one of a removed vector, or the next. Its record of the graph says its level. */
function take_number(index: Index): u32 {
  if (index.free != layout.NONE) {
    const number = index.free;
    const exact = writable_record(index, layout.SECTION_VECTORS, index.vectors, number);
    if (exact == 0) return layout.NONE;
    const next = <u32>load<u64>(exact, layout.EXACT_TAGS);
    const graph = record(index, layout.SECTION_GRAPH, index.graph, number);
    if (graph == 0) return layout.NONE;
    const is_removed = (load<u32>(graph + index.meta_at, layout.META_UPPER) & layout.UPPER_REMOVED) != 0;
    if (
      !is_removed ||
      index.removed == 0 ||
      (next == layout.NONE) != (index.removed == 1) ||
      (next >= index.count && next != layout.NONE)
    ) {
      index.failure = E_DAMAGED;
      return layout.NONE;
    }
    index.free = next;
    index.removed--;
    return number;
  }
  if (index.count == layout.VECTORS_MAX) return layout.NONE;
  const number = index.count;
  const level = draw_level(index, number);
  const exact = writable_record(index, layout.SECTION_VECTORS, index.vectors, number);
  if (exact == 0) return layout.NONE;
  memory.fill(exact, 0, layout.EXACT_VALUES);
  const place = index.upper_used;
  for (let i: u32 = 0; i < level; i++) {
    const upper = writable_record(index, layout.SECTION_UPPER, index.upper, place + i);
    if (upper == 0) return layout.NONE;
    memory.fill(upper, 0xff, (<usize>index.links) << 2);
  }
  const graph = writable_record(index, layout.SECTION_GRAPH, index.graph, number);
  if (graph == 0) return layout.NONE;
  store<u32>(graph + index.meta_at, (level << layout.UPPER_LEVEL_SHIFT) | place, layout.META_UPPER);
  memory.fill(graph + index.links_at, 0xff, (<usize>index.links) << 3);
  index.upper_used = place + level;
  index.count++;
  return number;
}

function write_exact(index: Index, number: u32, name: usize, length: u32, tags: u64): bool {
  const exact = writable_record(index, layout.SECTION_VECTORS, index.vectors, number);
  if (exact == 0) return false;
  const room = <u32>load<u16>(exact, layout.EXACT_NAME_ROOM);
  const place = load<u32>(exact, layout.EXACT_NAME);
  store<u64>(exact, tags, layout.EXACT_TAGS);
  memory.copy(exact + layout.EXACT_VALUES, kept_values, (<usize>index.dimensions) << 2);
  return keep_name(index, number, name, length, room, place);
}

/** Gives the vector its codes and its neighbours at every level. */
function connect(index: Index, number: u32): bool {
  const at = writable_record(index, layout.SECTION_GRAPH, index.graph, number);
  if (at == 0) return false;
  encode(index, kept_values, at);
  const upper = load<u32>(at + index.meta_at, layout.META_UPPER) & ~layout.UPPER_REMOVED;
  store<u32>(at + index.meta_at, upper, layout.META_UPPER);
  const level = level_of(upper);
  if (index.entry == layout.NONE) {
    index.entry = number;
    index.top = level;
    return true;
  }
  ask(index, kept_values);
  let nearest = descend(index, level);
  if (nearest == layout.NONE) return false;
  for (let at_level: i32 = <i32>min(level, index.top); at_level >= 0; at_level--) {
    begin(index, index.breadth);
    if (!visit(index, nearest) || !walk(index, at_level)) return false;
    nearest = pool.number_of(pool.entry(0));
    take_pool(number);
    if (!choose(index, number, index.links) || !write_links(index, number, at_level)) return false;
    const count = chosen_count;
    for (let i: u32 = 0; i < count; i++) store<u32>(linked + ((<usize>i) << 2), chosen_number(i));
    for (let i: u32 = 0; i < count; i++)
      if (!link(index, load<u32>(linked + ((<usize>i) << 2)), number, at_level)) return false;
  }
  if (level > index.top) {
    index.entry = number;
    index.top = level;
  }
  return true;
}
