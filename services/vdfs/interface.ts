// The store as a service: files as every server of them offers (services/files/interface.ts), and what only a store has. A connection's
// role says which directory it is for: 0 the root, n (1 … 31) the directory `connection-n` of the root, made when it is first asked for; with
// ROLE_READ_ONLY nothing can be changed there. What is not of one's own directory alone is for role 0: E_RIGHTS.
export * from "../files/interface";

export const ROLE_DIRECTORY: u32 = 31;
export const ROLE_READ_ONLY: u32 = 32;

/** What `window` covers: this many bytes of a file, from a multiple of them. */
export const WINDOW_BYTES: u32 = 1048576;

/** A step of `transaction`: places of its fields, and where its name or data begins. */
export const STEP_WHAT: u32 = 0;
/** Bytes of the whole step, a multiple of 8. */
export const STEP_BYTES: u32 = 4;
export const STEP_NODE: u32 = 8;
export const STEP_VALUE: u32 = 16;
/** Bytes of name or data. */
export const STEP_LENGTH: u32 = 24;
export const STEP_DATA: u32 = 32;
/** STEP_NODE a directory, STEP_VALUE the kind; a name follows. */
export const STEP_CREATE: u32 = 1;
/** STEP_NODE a directory; name, NUL, target follow. */
export const STEP_SYMLINK: u32 = 2;
/** STEP_VALUE the directory of the further name. */
export const STEP_LINK: u32 = 3;
/** STEP_VALUE as `unlink` has it. */
export const STEP_UNLINK: u32 = 4;
/** STEP_VALUE the directory it goes to; old name, NUL, new name follow. */
export const STEP_RENAME: u32 = 5;
/** STEP_VALUE the offset; data follow. */
export const STEP_WRITE: u32 = 6;
/** STEP_VALUE the size. */
export const STEP_TRUNCATE: u32 = 7;
/** A node, or a directory, that is STEP_MADE | n: what step n of the list made, from 0. */
export const STEP_MADE: u64 = 0x8000_0000_0000_0000;
export const STEPS_MAX: u32 = 256;
export const TRANSACTION_BYTES_MAX: u32 = 65536;

export interface Vdfs {
  /**
   * The server's own pages for the MiB of a file that begins at `offset`, read-only, to be mapped once. They hold what `fill` has answered 0 for,
   * and what is written there from then on; before that, zeros or what nobody vouches for. E_FULL: all windows are held by open files.
   */
  window(node: u64, offset: u64): capability;
  /** Makes sure that these pages of a file are in its windows, read and verified; they lie in one window. E_DAMAGED: one of them is not what was written. */
  fill(node: u64, offset: u64, pages: u32): i64;
  /** Verified bytes and what verifying took in instructions, bytes copied between client and store, reads and writes of the disk, since the start. */
  statistics(): { verified_bytes: u64; verify_instructions: u64; copied: u64; disk_reads: u64; disk_writes: u64 };
  /** Pages of 4 KiB: of the disk, free now, free after the next commit; contents that were there already when they were written; pages that this saved. */
  space(): { pages: u64; free: u64; released: u64; shared_contents: u64; shared_pages: u64 };
  /** Keeps the whole tree as it is, under a name. Role 0. E_EXISTS. */
  snapshot(name: bytes): i64;
  /** Ends a snapshot. Role 0. E_NOT_FOUND; E_STATE: somebody has it open. */
  drop_snapshot(name: bytes): i64;
  /** A snapshot's root directory, opened, read-only. Role 0. E_NOT_FOUND, E_FULL. */
  open_snapshot(name: bytes): u64;
  /** A limit for what a directory's subtree may take: an empty directory, or one that has a limit. Role 0. E_NOT_EMPTY. */
  set_quota(directory: u64, bytes: u64): i64;
  /** Sets a tag, `tag` being its name, NUL, its content; without the NUL it is removed. */
  set_tag(node: u64, tag: bytes): i64;
  /** The content of a tag. E_NOT_FOUND. */
  tag(node: u64, name: bytes): bytes;
  /** Reads and verifies all of a file, past no cache: 0, or E_DAMAGED. */
  check(node: u64): i64;
  /** A `write` and the `sync` behind it, in one call: how many bytes are durable. */
  write_through(node: u64, offset: u64, data: bytes): u32;
  /**
   * Makes all steps of a list or none, at most STEPS_MAX in TRANSACTION_BYTES_MAX: 0, or the error of the first that cannot be made. A power cut
   * leaves all or none too; durable with the next `sync`. What was changed before is durable when it answers. After an
   * error whoever has windows of the files in the list fills them again: what they showed of it was undone.
   */
  transaction(steps: bytes): i64;
  /** Since the start: commits; pages that were named or got a check (BLAKE3) at them; what that took in instructions. */
  naming(): { commits: u64; pages: u64; instructions: u64 };
}
