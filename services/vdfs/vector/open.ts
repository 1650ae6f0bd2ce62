// Making an index and opening one: the header page, checked field by field before anything is computed from it.
// Called by index.ts.
import { E_ARGUMENT, E_DAMAGED } from "../../lib/errors";
import * as layout from "./layout";
import { give_back, grow, page, set_cache, writable, write_back_all } from "./pages";
import { commit_pages, read_page } from "./source";
import { allocate, Index, section_of, Section, set_geometry } from "./state";

const first_page = allocate(1 << layout.BLOCK_SHIFT_MIN);

function make(handle: u32): Index {
  const index = changetype<Index>(allocate(offsetof<Index>()));
  index.handle = handle;
  index.sections = allocate(offsetof<Section>() * layout.SECTIONS);
  index.entry = layout.NONE;
  index.free = layout.NONE;
  index.keys_section = layout.SECTION_KEYS;
  return index;
}

/** Why the last `create` or `open` answered null. */
export let refusal: i64 = 0;

/** A new, empty index. It is durable after the first commit. */
export function create(
  handle: u32,
  metric: u32,
  kind: u32,
  dimensions: u32,
  links: u32,
  breadth: u32,
  cache_bytes: u32,
): Index | null {
  const index = make(handle);
  index.metric = metric;
  index.kind = kind;
  index.dimensions = dimensions;
  index.links = links;
  index.breadth = breadth;
  refusal = E_ARGUMENT;
  if (!set_geometry(index)) return refused(index);
  set_cache(index, cache_bytes);
  if (writable(index, layout.SECTION_HEADER, 0) == 0) {
    refusal = index.failure;
    return refused(index);
  }
  refusal = 0;
  return index;
}

function refused(index: Index): Index | null {
  give_back(index);
  return null;
}

/** An index that was committed. */
export function open(handle: u32, cache_bytes: u32): Index | null {
  // before the header is read, the size of pages is not known: its first 4 KiB say it
  refusal = read_page(handle, layout.SECTION_HEADER, 0, first_page, 1 << layout.BLOCK_SHIFT_MIN);
  if (refusal < 0) return null;
  refusal = E_DAMAGED;
  const index = make(handle);
  if (!read_header(index)) return refused(index);
  set_cache(index, cache_bytes);
  if (!set_pages(index)) return refused(index);
  refusal = 0;
  return index;
}

function word(at: usize): u32 {
  return load<u32>(first_page + at);
}

function read_header(index: Index): bool {
  if (load<u64>(first_page + layout.HEADER_MAGIC) != layout.MAGIC) return false;
  index.metric = word(layout.HEADER_METRIC);
  index.kind = word(layout.HEADER_KIND);
  index.dimensions = word(layout.HEADER_DIMENSIONS);
  index.links = word(layout.HEADER_LINKS);
  index.breadth = word(layout.HEADER_BREADTH);
  if (!set_geometry(index) || index.block_shift != word(layout.HEADER_BLOCK_SHIFT)) return false;
  index.count = word(layout.HEADER_COUNT);
  index.removed = word(layout.HEADER_REMOVED);
  index.entry = word(layout.HEADER_ENTRY);
  index.top = word(layout.HEADER_TOP);
  index.upper_used = word(layout.HEADER_UPPER);
  index.names_used = word(layout.HEADER_NAMES);
  index.keys_shift = word(layout.HEADER_KEYS_SHIFT);
  index.keys_section = word(layout.HEADER_KEYS_SECTION);
  index.keys_used = word(layout.HEADER_KEYS_USED);
  index.free = word(layout.HEADER_FREE);
  index.tags = word(layout.HEADER_TAGS);
  if (index.count > layout.VECTORS_MAX || index.removed > index.count || index.top > layout.LEVELS_MAX) return false;
  if (index.count == 0 ? index.entry != layout.NONE : index.entry >= index.count) return false;
  if (index.removed == 0 ? index.free != layout.NONE : index.free >= index.count) return false;
  if (index.upper_used > layout.UPPER_PLACE || index.tags > layout.TAGS_MAX) return false;
  if (index.keys_section != layout.SECTION_KEYS && index.keys_section != layout.SECTION_KEYS_OTHER) return false;
  if (index.count == 0) return index.keys_shift == 0;
  if (index.keys_shift < index.block_shift - layout.KEY_SHIFT || index.keys_shift > 28) return false;
  return index.keys_used < (<u32>1) << index.keys_shift;
}

function pages_of(count: u32, per_page: u32): u32 {
  return <u32>((<u64>count + per_page - 1) / per_page);
}

/** How many pages each section has follows from the header. */
function set_pages(index: Index): bool {
  const keys = index.keys_shift == 0 ? 0 : (<u32>1) << (index.keys_shift + layout.KEY_SHIFT - index.block_shift);
  return (
    set_section(index, layout.SECTION_HEADER, 1) &&
    set_section(index, layout.SECTION_GRAPH, pages_of(index.count, index.graph.per_page)) &&
    set_section(index, layout.SECTION_VECTORS, pages_of(index.count, index.vectors.per_page)) &&
    set_section(index, layout.SECTION_UPPER, pages_of(index.upper_used, index.upper.per_page)) &&
    set_section(index, layout.SECTION_NAMES, pages_of(index.names_used, 1 << index.block_shift)) &&
    set_section(index, index.keys_section, keys)
  );
}

function set_section(index: Index, section: u32, pages: u32): bool {
  const own = section_of(index, section);
  if (!grow(index, own, pages)) return false;
  own.pages = pages;
  return true;
}

/** Hands the header and every changed page to the sink and makes them durable together. */
export function commit(index: Index): i64 {
  const at = writable(index, layout.SECTION_HEADER, 0);
  if (at == 0) return index.failure;
  store<u64>(at, layout.MAGIC, layout.HEADER_MAGIC);
  store<u32>(at, index.metric, layout.HEADER_METRIC);
  store<u32>(at, index.kind, layout.HEADER_KIND);
  store<u32>(at, index.dimensions, layout.HEADER_DIMENSIONS);
  store<u32>(at, index.links, layout.HEADER_LINKS);
  store<u32>(at, index.breadth, layout.HEADER_BREADTH);
  store<u32>(at, index.block_shift, layout.HEADER_BLOCK_SHIFT);
  store<u32>(at, index.count, layout.HEADER_COUNT);
  store<u32>(at, index.removed, layout.HEADER_REMOVED);
  store<u32>(at, index.entry, layout.HEADER_ENTRY);
  store<u32>(at, index.top, layout.HEADER_TOP);
  store<u32>(at, index.upper_used, layout.HEADER_UPPER);
  store<u32>(at, index.names_used, layout.HEADER_NAMES);
  store<u32>(at, index.keys_shift, layout.HEADER_KEYS_SHIFT);
  store<u32>(at, index.keys_section, layout.HEADER_KEYS_SECTION);
  store<u32>(at, index.keys_used, layout.HEADER_KEYS_USED);
  store<u32>(at, index.free, layout.HEADER_FREE);
  store<u32>(at, index.tags, layout.HEADER_TAGS);
  const written = write_back_all(index);
  return written < 0 ? written : commit_pages(index.handle);
}

/** The bit of a tag; made if `is_new` says so and there is room. -1: there is none (failure may be set). */
export function tag_bit(index: Index, name: usize, length: u32, is_new: bool): i32 {
  if (length == 0 || length > layout.TAG_BYTES_MAX) return -1;
  const at = page(index, layout.SECTION_HEADER, 0);
  if (at == 0) return -1;
  for (let bit: u32 = 0; bit < index.tags; bit++) {
    const tag = at + layout.HEADER_TAG_NAMES + bit * layout.TAG_STRIDE;
    if (<u32>load<u8>(tag) == length && memory.compare(tag + 1, name, length) == 0) return bit;
  }
  if (!is_new || index.tags == layout.TAGS_MAX) return -1;
  const into = writable(index, layout.SECTION_HEADER, 0) + layout.HEADER_TAG_NAMES + index.tags * layout.TAG_STRIDE;
  store<u8>(into, <u8>length);
  memory.copy(into + 1, name, length);
  return index.tags++;
}

/** Forgets an open index with everything that was not committed, and gives its memory back. */
export function close(index: Index): void {
  give_back(index);
}
