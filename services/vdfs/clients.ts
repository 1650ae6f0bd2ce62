// Which directory a connection is for, and what a client has open in it. Called by methods.ts; the store itself knows no clients.
// Invariant: whatever a method works on was opened for this client, under the directory of its connection, so nobody sees above it.
import { KIND_DIRECTORY, ROLE_HANDED } from "../../build/interfaces/files/constants";
import { ROLE_DIRECTORY, ROLE_READ_ONLY } from "../../build/interfaces/vdfs/constants";
import { client_of, role_of } from "../lib/buffer";
import { E_NOT_DIRECTORY, E_NOT_FOUND, E_READ_ONLY, E_RIGHTS } from "../lib/errors";
import { change, close_view, forget, lookup, lookup_kind, open } from "./store/store";
import { ROOT_INODE } from "./store/file/inode";
import { CHANGE_CREATE } from "./store/log/apply";
import { time_ns } from "./time";
import {
  is_first,
  next_place,
  node_close,
  node_inode,
  node_open,
  node_take,
  node_use,
  node_view,
  node_writes,
  view_is_used,
} from "./nodes";
import { release_holds } from "./grants";

/** "connection-" and room for two digits. */
const name: usize = memory.data<u8>([0x63, 0x6f, 0x6e, 0x6e, 0x65, 0x63, 0x74, 0x69, 0x6f, 0x6e, 0x2d, 0, 0]);
const PREFIX_BYTES: u32 = 11;

/** True if the connection may change what lies in its own directory. */
export function may_write(badge: u64): bool {
  return (role_of(badge) & ROLE_READ_ONLY) == 0;
}

/** True if the connection is the whole store's. */
export function is_master(badge: u64): bool {
  return role_of(badge) == 0;
}

/** The inode of the directory that a connection is for, or an error. */
export function directory_of(badge: u64): i64 {
  if ((role_of(badge) & ROLE_HANDED) != 0) return E_RIGHTS;
  const number = role_of(badge) & ROLE_DIRECTORY;
  if (number == 0) return ROOT_INODE;
  let bytes = PREFIX_BYTES;
  if (number >= 10) store<u8>(name + bytes++, 0x30 + number / 10);
  store<u8>(name + bytes++, 0x30 + (number % 10));
  const found = lookup(0, ROOT_INODE, name, bytes);
  if (found >= 0) return lookup_kind == KIND_DIRECTORY ? found : E_NOT_DIRECTORY;
  if (found != E_NOT_FOUND) return found;
  return change(CHANGE_CREATE, time_ns(), ROOT_INODE, KIND_DIRECTORY, 0, name, bytes);
}

/** Opens an inode for a client, who may change it or not: the number that he uses, or an error. */
export function open_for(badge: u64, inode: u64, view: u32, writes: bool): i64 {
  const number = node_open(client_of(badge), inode, view, writes);
  if (number < 0 || !is_first || view != 0) return number;
  const opened = open(inode);
  if (opened >= 0) return number;
  node_close(client_of(badge), number);
  return opened;
}

/** What a client's number means: node_inode, node_view and node_writes of nodes.ts. */
export function use(badge: u64, number: u64): i64 {
  return node_use(client_of(badge), number);
}

/** The same for something that is to be changed. */
export function use_to_change(badge: u64, number: u64): i64 {
  const used = node_use(client_of(badge), number);
  if (used < 0) return used;
  return node_view != 0 || !node_writes ? E_READ_ONLY : 0;
}

/** A view ends with the last node that is open in it: there are VIEWS_MAX, and a snapshot that is seen cannot be dropped. */
export function leave_view(view: u32): void {
  if (!view_is_used(view)) close_view(view);
}

export function close(badge: u64, number: u64): i64 {
  const closed = node_close(client_of(badge), number);
  if (closed <= 0) return closed;
  if (node_view != 0) {
    leave_view(node_view);
    return 0;
  }
  release_holds(client_of(badge), node_inode);
  return forget(node_inode);
}

/** A client has ended: everything that it had open is closed. */
export function client_ended(badge: u64): void {
  let from: u32 = 0;
  while (node_take(client_of(badge), from)) {
    from = next_place;
    if (node_view != 0) {
      leave_view(node_view);
      continue;
    }
    release_holds(client_of(badge), node_inode);
    forget(node_inode);
  }
}
