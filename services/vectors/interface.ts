// Vector indices as things with rights of their own: an index is a capability (`open`, `create`) with SEARCH, INSERT and DELETE, which
// its holder narrows and passes on like any other. Methods on words are called on it directly, and the kernel checks the right; those
// that carry names and vectors are called on a connection with a buffer, to which the capability is handed along: it stays the
// client's, and the service lets it do what its rights say. docs/vector-index.md.
//
// Vectors are f32, little-endian. E_DAMAGED: a page of the index is not what was written; E_STATE: the index failed, open it again.

export const METRIC_INNER_PRODUCT: u32 = 1;
export const METRIC_L2: u32 = 2;
export const METRIC_COSINE: u32 = 3;

export const KIND_F32: u32 = 1;
/** A byte a dimension to search through, and the exact vectors for the best. */
export const KIND_QUANTISED: u32 = 2;

/** A connection with this role may create indices and gets every right to those it opens; any other gets SEARCH. */
export const ROLE_OWNER: u32 = 1;

/** A record of `search`: distance f32, bytes of the name u32, the name, padded to 4. */
export const RECORD_DISTANCE: u32 = 0;
export const RECORD_NAME_BYTES: u32 = 4;
export const RECORD_NAME: u32 = 8;

export interface Vectors {
  /** How many vectors, of how many dimensions; METRIC_ and KIND_. @right SEARCH */
  shape(): { vectors: u32; dimensions: u32; metric: u32; kind: u32 };
  /** What was inserted and removed so far is durable when it answers, or none of it is. @right INSERT */
  commit(): i64;
  /** Removes a vector by its number, which `find` tells. E_NOT_FOUND. @right DELETE */
  remove_number(number: u32): i64;
  /** The index of that name (a directory of the store): a capability to it. E_NOT_FOUND, E_DAMAGED; E_FULL: too many are open. */
  open(name: bytes): capability;
  /**
   * A new, empty index. `links` (2 … 64) a vector and `breadth` (links … 4096) of its construction: 16 and 100 are good for most. E_RIGHTS: not an
   * owner's connection; E_EXISTS; E_ARGUMENT.
   */
  create(name: bytes, dimensions: u32, metric: u32, kind: u32, links: u32, breadth: u32): capability;
  /** Inserts a vector: `vector` is its name (1 … 255 bytes), padded to 4, then its values. Right INSERT. Its number, or E_EXISTS. */
  insert(index: capability, name_length: u32, tags: u64, vector: bytes): i64;
  /** The number of the vector of that name. Right SEARCH. E_NOT_FOUND. */
  find(index: capability, name: bytes): i64;
  /** Values of the vector of that name, of length 1 for cosine. Right SEARCH. E_NOT_FOUND. */
  values(index: capability, name: bytes): bytes;
  /**
   * The nearest to a vector, at most `wanted` of them, as records, nearest first. `question` is a prefix that names must begin with (prefix_length
   * bytes, 0: any), padded to 4, then the values. Only vectors with all of `tags` are answered. `breadth`: how many candidates are kept, more find
   * more; 0: every vector is measured. Right SEARCH.
   */
  search(index: capability, wanted: u32, breadth: u32, prefix_length: u32, tags: u64, question: bytes): bytes;
  /** The bit of a tag of at most 31 bytes; one that is new is made, which asks for right INSERT. Right SEARCH. E_NOT_FOUND, E_FULL. */
  tag(index: capability, name: bytes): i64;
  /** Removes the vector of that name. Right DELETE. E_NOT_FOUND. */
  remove(index: capability, name: bytes): i64;
}
