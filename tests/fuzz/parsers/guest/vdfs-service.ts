// The store as `phi disk` and the service have it, under names that a module may export.
import { allocate as take_memory } from "../../../../services/vdfs/host";
import * as store from "../../../../services/vdfs/store/store";
import { format as make_store, mount as take_up, start as begin_store } from "../../../../services/vdfs/store/mount";
import { tag_get } from "../../../../services/vdfs/store/file/tags";
import { root_of, TREE_FILES } from "../../../../services/vdfs/store/state";
import { verify_space as look_at_space } from "../../../../services/vdfs/store/verify/space";
import { size_of } from "../../../../services/vdfs/store/file/inode";

export function open_memory(nodes: u32, slots: u32, dirty: u32, pages: u64): i64 {
  return begin_store(nodes, slots, dirty, pages);
}
export function memory_for(bytes: u32): u32 {
  return <u32>take_memory(bytes);
}
export function format(low: u64, high: u64, now_ns: u64, pages: u64): i64 {
  return make_store(low, high, now_ns, pages);
}
export function mount(read_only: u32): i64 {
  return take_up(read_only != 0);
}
export function change(what: u32, a: u64, b: u64, c: u64, at: u32, length: u32): i64 {
  return store.change(what, 1_000_000, a, b, c, at, length);
}
export function lookup(view: u32, directory: u64, at: u32, bytes: u32): i64 {
  return store.lookup(view, directory, at, bytes);
}
export function kind(): u32 {
  return store.lookup_kind;
}
/** Bytes of a node, or an error. */
export function size(view: u32, node: u64): i64 {
  const error = store.status(view, node);
  return error < 0 ? error : <i64>(size_of() & 0x7fff_ffff_ffff_ffff);
}
export function read(view: u32, node: u64, offset: u64, at: u32, limit: u32): i64 {
  return store.read(view, node, offset, at, limit);
}
export function check(view: u32, node: u64): i64 {
  return store.check(view, node);
}
export function list(view: u32, directory: u64, cursor: u64, at: u32, limit: u32): i64 {
  return store.list(view, directory, cursor, at, limit);
}
export function tag(node: u64, name: u32, bytes: u32, at: u32, limit: u32): i64 {
  return tag_get(root_of(TREE_FILES), node, name, bytes, at, limit);
}
export function make_snapshot(at: u32, bytes: u32): i64 {
  return store.make_snapshot(at, bytes, 1_000_000);
}
export function delete_snapshot(at: u32, bytes: u32): i64 {
  return store.delete_snapshot(at, bytes);
}
export function open_view(at: u32, bytes: u32): i64 {
  return store.open_view(at, bytes);
}
export function sync(): i64 {
  return store.sync();
}
export function checkpoint(): i64 {
  return store.checkpoint();
}
export function verify_space(): i64 {
  return look_at_space();
}
