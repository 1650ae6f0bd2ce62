// An open index: what its header says, where its records lie, and which of its pages are in memory.
// Made by open.ts; every function of the index takes one. Invariant: the geometry fits the header's dimensions and links.
import * as layout from "./layout";

/** Where records of one size lie in the pages of a section. */
@unmanaged
export class Records {
  bytes: u32 = 0;
  per_page: u32 = 0;
  /** ceil(2^38 / per_page): page = (number * reciprocal) >> 38 for every number below VECTORS_MAX. */
  reciprocal: u64 = 0;
}


@unmanaged
export class Section {
  /** A u32 a page: its address, 0: not in memory. */
  table: usize = 0;
  /** A byte a page: 1 when it differs from what the sink has. */
  dirty: usize = 0;
  capacity: u32 = 0;
  pages: u32 = 0;
}


@unmanaged
export class Index {
  /** What the page source knows it by. */
  handle: u32 = 0;
  /** Why the last page was not to be had; 0 while all is well. */
  failure: i64 = 0;

  metric: u32 = 0;
  kind: u32 = 0;
  dimensions: u32 = 0;
  links: u32 = 0;
  breadth: u32 = 0;
  block_shift: u32 = 0;
  count: u32 = 0;
  removed: u32 = 0;
  entry: u32 = 0;
  top: u32 = 0;
  upper_used: u32 = 0;
  names_used: u32 = 0;
  keys_shift: u32 = 0;
  keys_section: u32 = 0;
  keys_used: u32 = 0;
  free: u32 = 0;
  tags: u32 = 0;

  meta_at: usize = 0;
  links_at: usize = 0;
  graph: Records = changetype<Records>(0);
  vectors: Records = changetype<Records>(0);
  upper: Records = changetype<Records>(0);

  /** SECTIONS of them, one behind the other. */
  sections: usize = 0;
  /** A u32 a frame of the page cache: section << 28 | page. */
  frames: usize = 0;
  frame_addresses: usize = 0;
  frames_max: u32 = 0;
  frames_used: u32 = 0;
  frame_hand: u32 = 0;
  /** The memory of the frames: a u32 a slab. */
  slabs: usize = 0;
  slabs_used: u32 = 0;
  slab_left: u32 = 0;
}

export function section_of(index: Index, section: u32): Section {
  return changetype<Section>(index.sections + section * offsetof<Section>());
}

const LINE: usize = 64;

/** Zeroed memory, aligned to a cache line; the word before it says what the heap gave. */
export function allocate(bytes: usize): usize {
  const whole = heap.alloc(bytes + LINE + 4);
  const at = (whole + 4 + LINE - 1) & ~(LINE - 1);
  store<u32>(at - 4, <u32>whole);
  memory.fill(at, 0, bytes);
  return at;
}

/** Gives memory of `allocate` back; nothing for 0. */
export function release(at: usize): void {
  if (at != 0) heap.free(<usize>load<u32>(at - 4));
}

function lay_out(bytes: u32, block_shift: u32): Records {
  const records = changetype<Records>(allocate(offsetof<Records>()));
  const block: u32 = 1 << block_shift;
  records.per_page = block / bytes;
  // whole cache lines where that costs no record
  const lines = (bytes + 63) & ~63;
  records.bytes = block / lines == records.per_page ? lines : bytes;
  records.reciprocal = (((<u64>1) << 38) + records.per_page - 1) / records.per_page;
  return records;
}

/** The smallest page in which at most an eighth is wasted by records of these sizes, else the largest. */
function block_shift_for(one: u32, other: u32): u32 {
  for (let shift = layout.BLOCK_SHIFT_MIN; shift < layout.BLOCK_SHIFT_MAX; shift++) {
    const block: u32 = 1 << shift;
    if ((block % one) * 8 <= block && (block % other) * 8 <= block) return shift;
  }
  return layout.BLOCK_SHIFT_MAX;
}

/** Fills in the geometry from metric, kind, dimensions and links; false: they are out of range. */
export function set_geometry(index: Index): bool {
  if (index.metric < layout.METRIC_INNER_PRODUCT || index.metric > layout.METRIC_COSINE) return false;
  if (index.kind != layout.KIND_F32 && index.kind != layout.KIND_QUANTISED) return false;
  if (index.dimensions - 1 >= layout.DIMENSIONS_MAX) return false;
  if (index.links < 2 || index.links > layout.LINKS_MAX) return false;
  if (index.breadth < index.links || index.breadth > layout.BREADTH_MAX) return false;
  const codes = index.kind == layout.KIND_F32 ? index.dimensions << 2 : index.dimensions;
  index.meta_at = <usize>((codes + 3) & ~3);
  index.links_at = index.meta_at + layout.META_BYTES;
  const graph = <u32>index.links_at + (index.links << 3);
  const exact = <u32>layout.EXACT_VALUES + (index.dimensions << 2);
  index.block_shift = block_shift_for(graph, exact);
  index.graph = lay_out(graph, index.block_shift);
  index.vectors = lay_out(exact, index.block_shift);
  index.upper = lay_out(index.links << 2, index.block_shift);
  return true;
}
