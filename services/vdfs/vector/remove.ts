// Taking a vector out: it is marked, its name is free, and those of its neighbours that linked to it choose new ones among their
// own and its. Others may still link to it: a search passes through it and never answers it, until an insertion takes its place.
import * as layout from "./layout";
import { name_length, name_of, remove_key } from "./names";
import { add_measured, choose, no_candidates, write_links } from "./neighbours";
import { record, writable_record } from "./pages";
import { allocate, Index } from "./state";
import { level_of, links_max, links_of } from "./walk";

const lost = allocate((<usize>layout.LINKS_MAX) << 3);
const own = allocate((<usize>layout.LINKS_MAX) << 3);
const name = allocate(layout.NAME_BYTES_MAX + 1);

/** Removes a vector that exists. Answers 0 or an error. */
export function remove(index: Index, number: u32): i64 {
  const length = name_length(index, number);
  const bytes = length < 0 ? 0 : name_of(index, number);
  if (bytes == 0) return index.failure;
  memory.copy(name, bytes, length);
  if (!remove_key(index, name, length)) return index.failure;
  const at = writable_record(index, layout.SECTION_GRAPH, index.graph, number);
  if (at == 0) return index.failure;
  const upper = load<u32>(at + index.meta_at, layout.META_UPPER);
  store<u32>(at + index.meta_at, upper | layout.UPPER_REMOVED, layout.META_UPPER);
  for (let level: u32 = 0; level <= level_of(upper); level++) if (!repair(index, number, level)) return index.failure;
  const exact = writable_record(index, layout.SECTION_VECTORS, index.vectors, number);
  if (exact == 0) return index.failure;
  store<u64>(exact, <u64>index.free, layout.EXACT_TAGS);
  index.free = number;
  index.removed++;
  return 0;
}

/** Neighbours that linked back lose the link and choose again. */
function repair(index: Index, number: u32, level: u32): bool {
  const most = links_max(index, level);
  const links = links_of(index, number, level);
  if (links == 0) return false;
  memory.copy(lost, links, (<usize>most) << 2);
  for (let i: u32 = 0; i < most; i++) {
    const neighbour = load<u32>(lost + ((<usize>i) << 2));
    if (neighbour >= index.count) break;
    const graph = record(index, layout.SECTION_GRAPH, index.graph, neighbour);
    if (graph == 0) return false;
    if ((load<u32>(graph + index.meta_at, layout.META_UPPER) & layout.UPPER_REMOVED) != 0) continue;
    if (level_of(load<u32>(graph + index.meta_at, layout.META_UPPER)) < level) continue;
    const theirs = links_of(index, neighbour, level);
    if (theirs == 0) return false;
    memory.copy(own, theirs, (<usize>most) << 2);
    if (!holds(own, most, number)) continue;
    no_candidates();
    if (!add_measured(index, neighbour, own, most, neighbour, number)) return false;
    if (!add_measured(index, neighbour, lost, most, neighbour, number)) return false;
    if (!choose(index, neighbour, most) || !write_links(index, neighbour, level)) return false;
  }
  return true;
}

function holds(links: usize, most: u32, number: u32): bool {
  for (let i: u32 = 0; i < most; i++) if (load<u32>(links + ((<usize>i) << 2)) == number) return true;
  return false;
}
