// Files and directories, as every server of them offers: services/vdfs (the store) and services/ninep (a host's directory).
// A method works on one directory and one name: paths, `..` and symbolic links are the client's to resolve
// (services/wasi/resolve.ts), so no server can be tricked out of the subtree that a connection is for.
//
// A node is a number that the server gives out, below 2^63; it stays good, and what it names stays readable, until `forget`, also when its last
// name goes meanwhile. What may be done is the connection's: `root` tells. A name is 1 to 255 bytes, not `.`, not `..`, without `/` and NUL.
// Errors that any method answers: E_HANDLE no such node of yours, E_DAMAGED the disk's content is not what was written (the log names the object),
// E_DEVICE the disk failed, E_ABSENT the disk is gone; any that writes: E_READ_ONLY, E_NO_SPACE, E_QUOTA.

/** Kinds of a node. */
export const KIND_FILE: u32 = 1;
export const KIND_DIRECTORY: u32 = 2;
export const KIND_LINK: u32 = 3;

/** What a connection may do: bits of `root`'s rights. */
export const MAY_READ: u32 = 1;
export const MAY_WRITE: u32 = 2;

/** A connection with this role has no directory of its own (`root`: E_RIGHTS): its client sees what it is handed by `directory` and `enter`. */
export const ROLE_HANDED: u32 = 64;
/** Rights of a capability to a directory. */
export const RIGHT_READ: u32 = 65536;
export const RIGHT_WRITE: u32 = 131072;

/** `unlink`: what is to be there. */
export const UNLINK_FILE: u32 = 1;
export const UNLINK_DIRECTORY: u32 = 2;

/** `times`: which of them change; _NOW takes the server's clock. */
export const TIMES_ACCESSED: u32 = 1;
export const TIMES_ACCESSED_NOW: u32 = 2;
export const TIMES_MODIFIED: u32 = 4;
export const TIMES_MODIFIED_NOW: u32 = 8;

export const NAME_BYTES_MAX: u32 = 255;
export const TARGET_BYTES_MAX: u32 = 4000;

/** A record of `list`: next cursor u64 | node u64 | kind u32 | name bytes u32 | name, padded to 8. */
export const RECORD_NODE: u32 = 8;
export const RECORD_KIND: u32 = 16;
export const RECORD_NAME_BYTES: u32 = 20;
export const RECORD_NAME: u32 = 24;

export interface Files {
  /** The directory that this connection is for, what may be done there (MAY_), and how much of its quota (0: none) is used. */
  root(): { node: u64; rights: u32; quota_bytes: u64; used_bytes: u64 };
  /** The node of a name in a directory, opened, and its KIND_. E_NOT_FOUND, E_NOT_DIRECTORY, E_NAME_TOO_LONG. */
  lookup(directory: u64, name: bytes): { node: u64; kind: u32 };
  /** One lookup or create of the node is over; after the last the number means nothing. */
  forget(node: u64): i64;
  /** KIND_ | links << 32, bytes, and times since 1970. */
  status(node: u64): { kind_links: u64; size: u64; modified_ns: u64; accessed_ns: u64; changed_ns: u64 };
  /** A new file or directory, opened: answers its node. E_EXISTS, E_NOT_FOUND (the directory was removed). */
  create(directory: u64, name: bytes, kind: u32): u64;
  /** A new symbolic link: `names` is its name, NUL, its target (at most TARGET_BYTES_MAX). Answers its node, opened. */
  symlink(directory: u64, names: bytes): u64;
  /** A symbolic link's target. E_ARGUMENT: the node is none. */
  readlink(node: u64): bytes;
  /** Another name for a node that is no directory (E_IS_DIRECTORY). E_EXISTS, E_LINKS. */
  link(node: u64, directory: u64, name: bytes): i64;
  /** Removes a name. UNLINK_FILE: E_IS_DIRECTORY; UNLINK_DIRECTORY: E_NOT_DIRECTORY, E_NOT_EMPTY. */
  unlink(directory: u64, name: bytes, kind: u32): i64;
  /** Moves a name; `names` is the old, NUL, the new. Replaces what has the new name, all at once, as rename of POSIX. E_LOOP: into itself; E_CROSSES: another quota. */
  rename(from_directory: u64, to_directory: u64, names: bytes): i64;
  /** Records (RECORD_) of names in a fixed order from `cursor` (0: the first), none of them opened; 0 bytes: there are no more. */
  list(directory: u64, cursor: u64): bytes;
  /** At most `limit` bytes of a file, as many as fit the buffer; 0: its end. A counted copy. E_IS_DIRECTORY. */
  read(node: u64, offset: u64, limit: u32): bytes;
  /** A region, read-only, of the pages of a file from `offset` (a multiple of 4096): the server's own, not copies. E_ABSENT: this server has none. */
  map(node: u64, offset: u64, pages: u32): capability;
  /** Writes at an offset, beyond the end too; answers how much was written. Durable after `sync`. */
  write(node: u64, offset: u64, data: bytes): u32;
  /** A file's size, more (zeros) or less. E_TOO_LARGE. */
  truncate(node: u64, size: u64): i64;
  /** E_NO_SPACE unless there is room for [offset, offset + length) now; the size grows to hold it. Others may use that room up before it is written. */
  allocate(node: u64, offset: u64, length: u64): i64;
  /** Sets times, in nanoseconds since 1970: TIMES_ bits say which. */
  times(node: u64, which: u32, accessed_ns: u64, modified_ns: u64): i64;
  /** Durable when it answers: this node, with its names, or everything (0). */
  sync(node: u64): i64;
  /**
   * A capability to a directory that the caller has open, for others who have a connection; with `writes` they may change what lies in it, as the
   * caller may (E_READ_ONLY else). E_NOT_DIRECTORY; E_ABSENT: the image lets this server mint nothing.
   */
  directory(directory: u64, writes: bool): capability;
  /** Opens the directory of such a capability for the caller. E_HANDLE: it is none of this server's; E_NOT_FOUND: the directory was removed. */
  enter(directory: capability): { node: u64; rights: u32 };
}
