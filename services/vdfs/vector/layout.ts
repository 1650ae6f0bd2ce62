// The index's format to the byte: header page, records, and the geometry that follows from dimensions and links.
// Everything in services/vdfs/vector reads and writes pages through these offsets; docs/vector-index.md draws them.

/** "PHIVEC01", little-endian. */
export const MAGIC: u64 = 0x3130_4345_5649_4850;

export const METRIC_INNER_PRODUCT: u32 = 1;
export const METRIC_L2: u32 = 2;
export const METRIC_COSINE: u32 = 3;

/** Vectors in the graph as they are, four bytes a dimension. */
export const KIND_F32: u32 = 1;
/** A byte a dimension, with a scale and an offset for each vector; the exact vectors lie in pages of their own. */
export const KIND_QUANTISED: u32 = 2;

/** An index is seven sequences of pages. */
export const SECTION_HEADER: u32 = 0;
/** One record a vector: what a search touches. */
export const SECTION_GRAPH: u32 = 1;
/** One record a vector: name, tags, and the exact vector. */
export const SECTION_VECTORS: u32 = 2;
/** Links of the levels above 0. */
export const SECTION_UPPER: u32 = 3;
export const SECTION_NAMES: u32 = 4;
/** Hash table from name to vector; it grows from one of two sections into the other. */
export const SECTION_KEYS: u32 = 5;
export const SECTION_KEYS_OTHER: u32 = 6;
export const SECTIONS: u32 = 7;

export const DIMENSIONS_MAX: u32 = 4096;
export const LINKS_MAX: u32 = 64;
export const BREADTH_MAX: u32 = 4096;
/** Numbers of vectors are below this: record places are computed with a 38-bit reciprocal. */
export const VECTORS_MAX: u32 = 1 << 26;
export const NAME_BYTES_MAX: u32 = 255;
export const TAGS_MAX: u32 = 64;
export const TAG_BYTES_MAX: u32 = 31;
export const LEVELS_MAX: u32 = 15;
/** No vector: an empty link, an empty index's entry. */
export const NONE: u32 = 0xffff_ffff;

export const BLOCK_SHIFT_MIN: u32 = 12;
export const BLOCK_SHIFT_MAX: u32 = 16;

// Header page
export const HEADER_MAGIC: usize = 0;
export const HEADER_METRIC: usize = 8;
export const HEADER_KIND: usize = 12;
export const HEADER_DIMENSIONS: usize = 16;
export const HEADER_LINKS: usize = 20;
export const HEADER_BREADTH: usize = 24;
export const HEADER_BLOCK_SHIFT: usize = 28;
export const HEADER_COUNT: usize = 32;
export const HEADER_REMOVED: usize = 36;
export const HEADER_ENTRY: usize = 40;
export const HEADER_TOP: usize = 44;
export const HEADER_UPPER: usize = 48;
export const HEADER_NAMES: usize = 52;
export const HEADER_KEYS_SHIFT: usize = 56;
export const HEADER_KEYS_SECTION: usize = 60;
export const HEADER_KEYS_USED: usize = 64;
export const HEADER_FREE: usize = 68;
export const HEADER_TAGS: usize = 72;
/** A tag: its length in a byte, then its name. Its place is its bit. */
export const HEADER_TAG_NAMES: usize = 1024;
export const TAG_STRIDE: usize = 32;

// Record of the graph: codes or f32 values, then (at Index.meta_at) these, then 2 × links numbers of neighbours at level 0
export const META_SCALE: usize = 0;
export const META_OFFSET: usize = 4;
/** Sum of the squares of what the codes stand for. */
export const META_NORM: usize = 8;
/** Sum of the codes, as f32. */
export const META_SUM: usize = 12;
/** bit 31 removed, 27 … 30 highest level, 0 … 26 place of its links of level 1 in SECTION_UPPER; the others follow. */
export const META_UPPER: usize = 16;
export const META_BYTES: usize = 20;

export const UPPER_REMOVED: u32 = 0x8000_0000;
export const UPPER_LEVEL_SHIFT: u32 = 27;
export const UPPER_PLACE: u32 = 0x07ff_ffff;

// Record of SECTION_VECTORS
export const EXACT_NAME: usize = 0;
export const EXACT_NAME_LENGTH: usize = 4;
export const EXACT_NAME_ROOM: usize = 6;
/** Bits of the tags; of a removed vector the next one that is free to be used again. */
export const EXACT_TAGS: usize = 8;
export const EXACT_VALUES: usize = 16;

/** An entry of the hash table: hash, then number + 1. */
export const KEY_SHIFT: u32 = 3;
export const KEY_EMPTY: u32 = 0;
export const KEY_REMOVED: u32 = 0xffff_ffff;
