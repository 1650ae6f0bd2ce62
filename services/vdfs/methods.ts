// The methods of the store's service. Each finds what the client's numbers mean, copies names out of the shared buffer before it looks at
// them, and calls the store. Invariant: a client reaches only what was opened for it (clients.ts).
import { KIND_DIRECTORY, KIND_LINK, MAY_READ, MAY_WRITE } from "../../build/interfaces/files/constants";
import { set_lookup_results, set_root_results, set_status_results } from "../../build/interfaces/vdfs/server";
import { set_naming_results, set_space_results, set_statistics_results } from "../../build/interfaces/vdfs/server";
import { E_ARGUMENT, E_CROSSES, E_IS_DIRECTORY, E_RIGHTS, E_TOO_LARGE } from "../lib/errors";
import * as clients from "./clients";
import { attach_store } from "./mounted";
import { map_part, map_window } from "./grants";
import { node_inode, node_view, node_writes } from "./nodes";
import { shared_contents, shared_pages } from "./store/chunk/contents";
import { commits } from "./store/commit";
import { check_instructions, naming_instructions, pages_checked, pages_named } from "./store/disk/check";
import { reads, writes } from "./store/disk/disk";
import { free_pages, released_pages } from "./store/disk/space";
import { SIZE_MAX } from "./store/file/data";
import * as inode from "./store/file/inode";
import { quota_limit, quota_read, quota_used } from "./store/file/quota";
import { tag_get } from "./store/file/tags";
import { window_copied, window_fill, window_of, WINDOW_PAGES, WINDOW_SHIFT } from "./store/file/window";
import * as changes from "./store/log/apply";
import { disk_pages, root_of, TREE_FILES } from "./store/state";
import * as s from "./store/store";
import { time_ns } from "./time";

/** Names and targets of one call. */
const NAMES_MAX: u32 = 4352;
const names: usize = memory.data(4352, 8);
const pair: usize = memory.data(16, 8);
let copied: u64 = 0;

/** Copies bytes of a client's to `names`: what is checked is what is used. */
function take_names(from: usize, length: u32): i64 {
  if (length > NAMES_MAX) return E_ARGUMENT;
  memory.copy(names, from, length);
  return 0;
}

/** The inode of a directory that is to be changed, and its names in `names`; an error. */
function change_in(badge: u64, directory: u64, from: usize, length: u32): i64 {
  const used = clients.use_to_change(badge, directory);
  return used < 0 ? used : take_names(from, length);
}

export function root(badge: u64): i64 {
  const ready = attach_store();
  if (ready < 0) return ready;
  const directory = clients.directory_of(badge);
  if (directory < 0) return directory;
  const node = clients.open_for(badge, directory, 0, clients.may_write(badge));
  if (node < 0) return node;
  const read = s.status(0, directory);
  if (read < 0) return read;
  const quota = quota_read(root_of(TREE_FILES), inode.quota_of());
  if (quota < 0) return quota;
  set_root_results(node, clients.may_write(badge) ? MAY_READ | MAY_WRITE : MAY_READ, quota_limit, quota_used);
  return 0;
}

export { directory, enter } from "./directories";
export { transaction } from "./transaction";

export function lookup(badge: u64, directory: u64, name: usize, name_length: u32): i64 {
  const used = clients.use(badge, directory);
  if (used < 0) return used;
  const taken = take_names(name, name_length);
  if (taken < 0) return taken;
  const view = node_view;
  const writes = node_writes;
  const found = s.lookup(view, node_inode, names, name_length);
  if (found < 0) return found;
  const kind = s.lookup_kind;
  const node = clients.open_for(badge, found, view, writes);
  if (node < 0) return node;
  set_lookup_results(node, kind);
  return 0;
}

export function forget(badge: u64, node: u64): i64 {
  return clients.close(badge, node);
}

export function status(badge: u64, node: u64): i64 {
  const used = clients.use(badge, node);
  if (used < 0) return used;
  const read = s.status(node_view, node_inode);
  if (read < 0) return read;
  const kind_links = inode.kind_of() | ((<u64>inode.links_of()) << 32);
  set_status_results(kind_links, inode.size_of(), inode.modified_of(), inode.accessed_of(), inode.changed_of());
  return 0;
}

export function create(badge: u64, directory: u64, name: usize, name_length: u32, kind: u32): i64 {
  const used = change_in(badge, directory, name, name_length);
  if (used < 0) return used;
  if (kind >= KIND_LINK) return E_ARGUMENT;
  const made = s.change(changes.CHANGE_CREATE, time_ns(), node_inode, kind, 0, names, name_length);
  return made < 0 ? made : clients.open_for(badge, made, 0, true);
}

export function symlink(badge: u64, directory: u64, from: usize, length: u32): i64 {
  const used = change_in(badge, directory, from, length);
  if (used < 0) return used;
  const made = s.change(changes.CHANGE_SYMLINK, time_ns(), node_inode, 0, 0, names, length);
  return made < 0 ? made : clients.open_for(badge, made, 0, true);
}

export function readlink(badge: u64, node: u64, out: usize, out_limit: u32): i64 {
  const used = clients.use(badge, node);
  if (used < 0) return used;
  const read = s.status(node_view, node_inode);
  if (read < 0) return read;
  if (inode.kind_of() != KIND_LINK) return E_ARGUMENT;
  return s.read(node_view, node_inode, 0, out, out_limit);
}

export function link(badge: u64, node: u64, directory: u64, name: usize, name_length: u32): i64 {
  const other = clients.use_to_change(badge, node);
  if (other < 0) return other;
  const linked = node_inode;
  const used = change_in(badge, directory, name, name_length);
  if (used < 0) return used;
  return s.change(changes.CHANGE_LINK, time_ns(), linked, node_inode, 0, names, name_length);
}

export function unlink(badge: u64, directory: u64, name: usize, name_length: u32, kind: u32): i64 {
  const used = change_in(badge, directory, name, name_length);
  if (used < 0) return used;
  if (kind == 0 || kind > 2) return E_ARGUMENT;
  return s.change(changes.CHANGE_UNLINK, time_ns(), node_inode, kind, 0, names, name_length);
}

export function rename(badge: u64, from_directory: u64, to_directory: u64, from: usize, length: u32): i64 {
  const source = clients.use_to_change(badge, from_directory);
  if (source < 0) return source;
  const from_inode = node_inode;
  const used = change_in(badge, to_directory, from, length);
  if (used < 0) return used;
  return s.change(changes.CHANGE_RENAME, time_ns(), from_inode, node_inode, 0, names, length);
}

export function list(badge: u64, directory: u64, cursor: u64, out: usize, out_limit: u32): i64 {
  const used = clients.use(badge, directory);
  return used < 0 ? used : s.list(node_view, node_inode, cursor, out, out_limit);
}

export function read(badge: u64, node: u64, offset: u64, limit: u32, out: usize, out_limit: u32): i64 {
  const used = clients.use(badge, node);
  if (used < 0) return used;
  const got = s.read(node_view, node_inode, offset, out, min(limit, out_limit));
  if (got > 0) copied += got;
  return got;
}

/** The window of a file's page, filled from there on: −1 … an error. */
function filled(badge: u64, node: u64, offset: u64, pages: u32): i64 {
  const used = clients.use(badge, node);
  if (used < 0) return used;
  const page = offset >> 12;
  const first = (<u32>page) & (WINDOW_PAGES - 1);
  if ((offset & 4095) != 0 || pages == 0 || pages > WINDOW_PAGES - first || offset >= SIZE_MAX) return E_ARGUMENT;
  if (node_view != 0) return E_CROSSES;
  const ready = s.prepare();
  if (ready < 0) return ready;
  const window = window_of(node_inode, <u32>(page >> WINDOW_SHIFT));
  if (window < 0) return window;
  const done = window_fill(window, first, pages);
  return done < 0 ? done : window;
}

export function map(badge: u64, node: u64, offset: u64, pages: u32): i64 {
  const window = filled(badge, node, offset, pages);
  return window < 0 ? window : map_part(badge, <u32>window, (<u32>(offset >> 12)) & (WINDOW_PAGES - 1), pages);
}

export function fill(badge: u64, node: u64, offset: u64, pages: u32): i64 {
  return min<i64>(filled(badge, node, offset, pages), 0);
}

export function window(badge: u64, node: u64, offset: u64): i64 {
  const used = clients.use(badge, node);
  if (used < 0) return used;
  if ((offset & (<u64>(WINDOW_PAGES << 12) - 1)) != 0 || offset >= SIZE_MAX) return E_ARGUMENT;
  if (node_view != 0) return E_CROSSES;
  return map_window(badge, node_inode, <u32>((offset >> 12) >> WINDOW_SHIFT));
}

export function write(badge: u64, node: u64, offset: u64, data: usize, data_length: u32): i64 {
  const used = clients.use_to_change(badge, node);
  if (used < 0) return used;
  const written = s.change(changes.CHANGE_WRITE, time_ns(), node_inode, offset, 0, data, data_length);
  if (written > 0) copied += written;
  return written;
}

export function write_through(badge: u64, node: u64, offset: u64, data: usize, data_length: u32): i64 {
  const written = write(badge, node, offset, data, data_length);
  if (written < 0) return written;
  const durable = s.sync();
  return durable < 0 ? durable : written;
}

export function truncate(badge: u64, node: u64, size: u64): i64 {
  const used = clients.use_to_change(badge, node);
  return used < 0 ? used : s.change(changes.CHANGE_TRUNCATE, time_ns(), node_inode, size, 0, names, 0);
}

export function allocate(badge: u64, node: u64, offset: u64, length: u64): i64 {
  const used = clients.use_to_change(badge, node);
  if (used < 0) return used;
  const read = s.status(0, node_inode);
  if (read < 0) return read;
  if (inode.kind_of() == KIND_DIRECTORY) return E_IS_DIRECTORY;
  if (offset > SIZE_MAX || length > SIZE_MAX - offset) return E_TOO_LARGE;
  const room = s.has_room_for((length >> 12) + 2);
  if (room < 0 || offset + length <= inode.size_of()) return room;
  return s.change(changes.CHANGE_TRUNCATE, time_ns(), node_inode, offset + length, 0, names, 0);
}

export function times(badge: u64, node: u64, which: u32, accessed_ns: u64, modified_ns: u64): i64 {
  const used = clients.use_to_change(badge, node);
  if (used < 0) return used;
  store<u64>(pair, accessed_ns);
  store<u64>(pair, modified_ns, 8);
  return s.change(changes.CHANGE_TIMES, time_ns(), node_inode, which, 0, pair, 16);
}

export function sync(badge: u64, node: u64): i64 {
  if (node != 0) {
    const used = clients.use(badge, node);
    if (used < 0) return used;
  }
  return s.sync();
}

export function statistics(_badge: u64): i64 {
  set_statistics_results(pages_checked << 12, check_instructions, copied + window_copied, reads, writes);
  return 0;
}

export function naming(_badge: u64): i64 {
  set_naming_results(commits, pages_named, naming_instructions);
  return 0;
}

export function space(_badge: u64): i64 {
  const ready = attach_store();
  if (ready < 0) return ready;
  set_space_results(disk_pages, free_pages, released_pages, shared_contents, shared_pages);
  return 0;
}

/** Names of a call that only the whole store's connection may make. */
function master_names(badge: u64, from: usize, length: u32): i64 {
  if (!clients.is_master(badge)) return E_RIGHTS;
  const ready = attach_store();
  return ready < 0 ? ready : take_names(from, length);
}

export function snapshot(badge: u64, name: usize, name_length: u32): i64 {
  const taken = master_names(badge, name, name_length);
  return taken < 0 ? taken : s.make_snapshot(names, name_length, time_ns());
}

export function drop_snapshot(badge: u64, name: usize, name_length: u32): i64 {
  const taken = master_names(badge, name, name_length);
  return taken < 0 ? taken : s.delete_snapshot(names, name_length);
}

export function open_snapshot(badge: u64, name: usize, name_length: u32): i64 {
  const taken = master_names(badge, name, name_length);
  if (taken < 0) return taken;
  const view = s.open_view(names, name_length);
  if (view < 0) return view;
  const opened = clients.open_for(badge, inode.ROOT_INODE, <u32>view, false);
  if (opened < 0) clients.leave_view(<u32>view);
  return opened;
}

export function set_quota(badge: u64, directory: u64, bytes: u64): i64 {
  if (!clients.is_master(badge)) return E_RIGHTS;
  const used = clients.use_to_change(badge, directory);
  return used < 0 ? used : s.change(changes.CHANGE_QUOTA, time_ns(), node_inode, bytes, 0, names, 0);
}

export function set_tag(badge: u64, node: u64, from: usize, length: u32): i64 {
  const used = change_in(badge, node, from, length);
  return used < 0 ? used : s.change(changes.CHANGE_TAG, time_ns(), node_inode, 0, 0, names, length);
}

export function tag(badge: u64, node: u64, name: usize, name_length: u32, out: usize, out_limit: u32): i64 {
  const used = clients.use(badge, node);
  if (used < 0) return used;
  const taken = take_names(name, name_length);
  if (taken < 0) return taken;
  const ready = s.status(node_view, node_inode);
  return ready < 0 ? ready : tag_get(s.root_of_view(node_view), node_inode, names, name_length, out, out_limit);
}

export function check(badge: u64, node: u64): i64 {
  const used = clients.use(badge, node);
  return used < 0 ? used : s.check(node_view, node_inode);
}
