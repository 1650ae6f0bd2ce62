// One change of the store, by number and arguments: made for a client, or again when the log is replayed. Called by store.ts and log/replay.ts.
// Invariant: from the same state the same change with the same arguments gives the same state, so a log of changes is enough.
import { create, link, rename, set_quota, symlink, times, unlink } from "../file/change";
import { data_truncate, data_write } from "../file/data";
import { tag_set } from "../file/tags";
import { next_inode, set_next_inode } from "../state";
import { E_FORMAT } from "../../../lib/errors";

export const CHANGE_CREATE: u32 = 1;
export const CHANGE_SYMLINK: u32 = 2;
export const CHANGE_LINK: u32 = 3;
export const CHANGE_UNLINK: u32 = 4;
export const CHANGE_RENAME: u32 = 5;
export const CHANGE_WRITE: u32 = 6;
export const CHANGE_TRUNCATE: u32 = 7;
export const CHANGE_TIMES: u32 = 8;
export const CHANGE_QUOTA: u32 = 9;
export const CHANGE_TAG: u32 = 10;
export const CHANGE_INODES: u32 = 11;
/** Numbers of inodes are below. */
export const INODES_MAX: u64 = 1 << 48;

/** Makes a change: its answer, or an error. `a`, `b`, `c` and the bytes mean what the change's function says, in its order. */
export function apply(change: u32, now_ns: u64, a: u64, b: u64, c: u64, bytes: usize, length: u32): i64 {
  switch (change) {
    case CHANGE_CREATE:
      return create(a, bytes, length, <u32>b, now_ns);
    case CHANGE_SYMLINK:
      return symlink(a, bytes, length, now_ns);
    case CHANGE_LINK:
      return link(a, b, bytes, length, now_ns);
    case CHANGE_UNLINK:
      return unlink(a, bytes, length, <u32>b, now_ns);
    case CHANGE_RENAME:
      return rename(a, b, bytes, length, now_ns);
    case CHANGE_WRITE:
      return data_write(a, b, bytes, length, now_ns);
    case CHANGE_TRUNCATE:
      return data_truncate(a, b, now_ns);
    case CHANGE_TIMES:
      // the times that are set are the bytes: accessed, modified
      return length == 16 ? times(a, <u32>b, load<u64>(bytes), load<u64>(bytes, 8), now_ns) : E_FORMAT;
    case CHANGE_QUOTA:
      return set_quota(a, b);
    case CHANGE_TAG:
      return tag_set(a, bytes, length);
    case CHANGE_INODES:
      // numbers below were given to what was lost
      if (a < next_inode || a >= INODES_MAX) return E_FORMAT;
      set_next_inode(a);
      return 0;
    default:
      return E_FORMAT;
  }
}
