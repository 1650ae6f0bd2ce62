// The store in Node: `phi disk`, and the tests. The same modules as in the service; the disk is four imported functions.
// Every export answers as store/store.ts says; bytes pass through memory that `allocate` gives.
import { bind } from "./store/disk/disk";
import * as inode from "./store/file/inode";
import { quota_limit, quota_read, quota_used } from "./store/file/quota";
import { tag_get } from "./store/file/tags";
import * as store_api from "./store/store";
import { snapshot_name, snapshot_name_bytes, snapshot_next, snapshot_time } from "./store/snapshots";
import { root_of, TREE_FILES } from "./store/state";

export { format, mount, is_salvaged, start } from "./store/mount";
export {
  abort,
  begin,
  change,
  check,
  checkpoint,
  close_view,
  delete_snapshot,
  end,
  forget,
  pass_numbers_over,
} from "./store/store";
export { list, lookup, lookup_kind, make_snapshot, open, open_view, read, sync } from "./store/store";
export { checked_page } from "./store/file/data";
export { open_reset } from "./store/file/opens";
export { commits } from "./store/commit";
export { flushes, pages_read, pages_written, reads, writes } from "./store/disk/disk";
export { free_pages, is_used, released_pages } from "./store/disk/space";
export { disk_pages, failure, is_read_only, next_inode, transaction, damaged_page } from "./store/state";
export { shared_contents, shared_pages } from "./store/chunk/contents";
export { hash, use_words } from "./store/hash/blake3";
export { quick_add, quick_begin, quick_end, quick_high, quick_low } from "./store/hash/quick";
export { name_of_values, page_value } from "./store/hash/wide";
export { named_but_free, used_but_unnamed, uses_are_right, verify_space } from "./store/verify/space";
export { cut } from "./store/chunk/cut";

// @ts-ignore: decorator
@external("disk", "read")
declare function disk_read(page: u64, count: u32, at: usize): i64;
// @ts-ignore: decorator
@external("disk", "write")
declare function disk_write(page: u64, count: u32, at: usize): i64;
// @ts-ignore: decorator
@external("disk", "flush")
declare function disk_flush(): i64;
// @ts-ignore: decorator
@external("disk", "pages")
declare function disk_pages_of(): i64;

function pages_of_memory(bytes: usize): usize {
  const at = heap.alloc(bytes + 4096);
  return (at + 4095) & ~4095;
}

bind(
  (page: u64, count: u32, at: usize): i64 => disk_read(page, count, at),
  (page: u64, count: u32, at: usize): i64 => disk_write(page, count, at),
  (page: u64, count: u32, at: usize): i64 => {
    const written = disk_write(page, count, at);
    return written < 0 ? written : disk_flush();
  },
  (): i64 => disk_flush(),
  (): i64 => disk_pages_of(),
  pages_of_memory,
);

/** Memory for bytes that go in and out. */
export function allocate(bytes: u32): usize {
  return pages_of_memory(bytes);
}

/** Writes kind u64, links, size, modified, accessed, changed, parent, quota root, names to `out`. */
export function status(view: u32, node: u64, out: usize): i64 {
  const result = store_api.status(view, node);
  if (result < 0) return result;
  store<u64>(out, inode.kind_of());
  store<u64>(out, inode.links_of(), 8);
  store<u64>(out, inode.size_of(), 16);
  store<u64>(out, inode.modified_of(), 24);
  store<u64>(out, inode.accessed_of(), 32);
  store<u64>(out, inode.changed_of(), 40);
  store<u64>(out, inode.parent_of(), 48);
  store<u64>(out, inode.quota_of(), 56);
  store<u64>(out, inode.names_of(), 64);
  return 0;
}

/** Limit and use of a directory's quota, to `out`. */
export function quota(directory: u64, out: usize): i64 {
  const result = quota_read(root_of(TREE_FILES), directory);
  store<u64>(out, quota_limit);
  store<u64>(out, quota_used, 8);
  return result;
}

/** The first snapshot from a number on; its time u64 and name go to `out`: number << 16 | bytes of the name. */
export function snapshot_at(from: u32, out: usize): i64 {
  const number = snapshot_next(from);
  if (number < 0) return number;
  store<u64>(out, snapshot_time);
  memory.copy(out + 8, snapshot_name, snapshot_name_bytes);
  return (number << 16) | snapshot_name_bytes;
}

export function tag(node: u64, name: usize, bytes: u32, at: usize, limit: u32): i64 {
  return tag_get(root_of(TREE_FILES), node, name, bytes, at, limit);
}
