// The directories that a program was handed, whoever keeps them: packed in the boot archive (tree.ts, read-only), or a service's
// (files.ts). The functions below are all that paths.ts, io.ts, status.ts and readdir.ts know of either.
// A volume is the number of a directory of the launch block, a node a thing in it. Invariant: a node that a lookup or a making answered is
// forgotten once for each, except a volume's root.
import { ERRNO_NOENT, ERRNO_ROFS, ERRNO_SUCCESS } from "./errno";
import * as files from "./files";
import { DIRECTORY_MAX } from "./format";
import {
  NODE_NONE as TREE_NONE,
  NODE_ROOT,
  node_content,
  node_length,
  node_lookup,
  node_modified,
  node_type,
  tree_open,
} from "./tree";
import { FILETYPE_DIRECTORY } from "./types";
import { vectors_scatter } from "./vectors";

/** No node. */
export const NODE_NONE: u64 = u64.MAX_VALUE;

const SERVED: u32 = 0x8000_0000;

// By volume: number of its tree, or of its server with SERVED; and its root.
const keepers = memory.data(DIRECTORY_MAX * 4, 4);
const roots = memory.data(DIRECTORY_MAX * 8, 8);
// By volume: 1 once the program has asked for anything there to be durable.
const has_synced = memory.data(DIRECTORY_MAX);

/** What volume_lookup, volume_create or volume_status found. */
export let found_node: u64 = 0;
export let found_type: u32 = 0;
export let found_links: u64 = 0;
export let found_size: u64 = 0;
export let found_modified_ns: u64 = 0;
export let found_accessed_ns: u64 = 0;
export let found_changed_ns: u64 = 0;
/** Bytes that volume_read, volume_write or volume_readlink moved or found; a link's target lies at `found_text`. */
export let found_length: u32 = 0;
export let found_text: usize = 0;

// @ts-ignore: decorator
@inline
function keeper(volume: u32): u32 {
  return load<u32>(keepers + (volume << 2));
}

// @ts-ignore: decorator
@inline
export function volume_is_served(volume: u32): bool {
  return (keeper(volume) & SERVED) != 0;
}

/** Number of the tree, or of the server. */
// @ts-ignore: decorator
@inline
export function volume_keeper(volume: u32): u32 {
  return keeper(volume) & ~SERVED;
}

export function volume_root(volume: u32): u64 {
  return load<u64>(roots + (volume << 3));
}

/** The volume's root from now on is this directory of it, held for ever. */
export function volume_set_root(volume: u32, node: u64): void {
  store<u64>(roots + (volume << 3), node);
}

let next_tree: u32 = 0;

/** Takes the packed directory at `address` as volume `volume`; false when it is damaged. */
export function volume_open_tree(volume: u32, address: usize, bytes: u64): bool {
  if (!tree_open(address, bytes)) return false;
  store<u32>(keepers + (volume << 2), next_tree++);
  volume_set_root(volume, NODE_ROOT);
  return true;
}

/** Takes what the service of that name keeps, or of that the directory of a capability; false when there is no connection to it, or nothing behind it. */
export function volume_open_served(volume: u32, service: string, directory: u64): bool {
  const number = files.files_open(service, directory);
  if (number < 0) return false;
  store<u32>(keepers + (volume << 2), (<u32>number) | SERVED);
  volume_set_root(volume, files.files_node);
  return true;
}

/** May anything be written there? */
export function volume_is_writable(volume: u32): bool {
  return volume_is_served(volume) && files.files_is_writable(volume_keeper(volume));
}

/** The inode number that a program sees. */
// @ts-ignore: decorator
@inline
export function volume_inode(volume: u32, node: u64): u64 {
  return volume_is_served(volume) ? node : node + 1;
}

/** Opens a name in a directory: `found_node`, `found_type`; `noent`. */
export function volume_lookup(volume: u32, directory: u64, name: usize, length: u32): u32 {
  const number = volume_keeper(volume);
  if (volume_is_served(volume)) {
    const error = files.files_lookup(number, directory, name, length);
    found_node = files.files_node;
    found_type = files.files_type;
    return error;
  }
  const child = node_lookup(number, <u32>directory, name, length);
  if (child == TREE_NONE) return ERRNO_NOENT;
  found_node = child;
  found_type = node_type(number, child);
  return ERRNO_SUCCESS;
}

export function volume_forget(volume: u32, node: u64): void {
  if (volume_is_served(volume) && node != volume_root(volume)) files.files_forget(volume_keeper(volume), node);
}

/** Fills the `found_` fields about a node. */
export function volume_status(volume: u32, node: u64): u32 {
  const number = volume_keeper(volume);
  if (volume_is_served(volume)) {
    const error = files.files_status(number, node);
    found_type = files.files_type;
    found_links = files.files_links;
    found_size = files.files_size;
    found_modified_ns = files.files_modified_ns;
    found_accessed_ns = files.files_accessed_ns;
    found_changed_ns = files.files_changed_ns;
    return error;
  }
  found_type = node_type(number, <u32>node);
  found_links = 1;
  found_size = found_type == FILETYPE_DIRECTORY ? 0 : node_length(number, <u32>node);
  found_modified_ns = node_modified(number, <u32>node);
  found_accessed_ns = found_modified_ns;
  found_changed_ns = found_modified_ns;
  return ERRNO_SUCCESS;
}

/** A symbolic link's target: `found_length` bytes at `found_text`, until the next call. */
export function volume_readlink(volume: u32, node: u64): u32 {
  const number = volume_keeper(volume);
  if (volume_is_served(volume)) {
    const error = files.files_readlink(number, node);
    found_text = files.files_bytes;
    found_length = files.files_length;
    return error;
  }
  found_text = node_content(number, <u32>node);
  found_length = node_length(number, <u32>node);
  return ERRNO_SUCCESS;
}

/** Reads at `offset` into the vectors: `found_length` bytes of `bytes`; a packed file's are copied once. */
export function volume_read(volume: u32, node: u64, offset: u64, bytes: u32, site: u32): u32 {
  const number = volume_keeper(volume);
  if (volume_is_served(volume)) {
    const error = files.files_read(number, node, offset, bytes, site);
    found_length = files.files_length;
    return error;
  }
  const length = <u64>node_length(number, <u32>node);
  const left = offset < length ? length - offset : 0;
  const content = node_content(number, <u32>node) + <usize>(left == 0 ? 0 : offset);
  found_length = vectors_scatter(content, <u32>min<u64>(left, bytes), site);
  return ERRNO_SUCCESS;
}

/** Writes the vectors' content at `offset`: `found_length` bytes of `bytes`. */
export function volume_write(volume: u32, node: u64, offset: u64, bytes: u32, site: u32): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  const error = files.files_write(volume_keeper(volume), node, offset, bytes, site);
  found_length = files.files_length;
  return error;
}

/** A new file or directory, opened: `found_node`. */
export function volume_create(volume: u32, directory: u64, name: usize, length: u32, is_directory: bool): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  const error = files.files_create(volume_keeper(volume), directory, name, length, is_directory);
  found_node = files.files_node;
  return error;
}

/** A new symbolic link, opened: `found_node`. */
export function volume_symlink(volume: u32, directory: u64, name: usize, length: u32, target: usize, bytes: u32): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  const error = files.files_symlink(volume_keeper(volume), directory, name, length, target, bytes);
  found_node = files.files_node;
  return error;
}

export function volume_link(volume: u32, node: u64, directory: u64, name: usize, length: u32): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  return files.files_link(volume_keeper(volume), node, directory, name, length);
}

export function volume_unlink(volume: u32, directory: u64, name: usize, length: u32, is_directory: bool): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  const error = files.files_unlink(volume_keeper(volume), directory, name, length, is_directory);
  return error == ERRNO_SUCCESS ? settle(volume, directory) : error;
}

export function volume_rename(
  volume: u32,
  from: u64,
  old_name: usize,
  old_length: u32,
  to: u64,
  new_name: usize,
  new_length: u32,
): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  let error = files.files_rename(volume_keeper(volume), from, old_name, old_length, to, new_name, new_length);
  if (error == ERRNO_SUCCESS) error = settle(volume, to);
  return error == ERRNO_SUCCESS && from != to ? settle(volume, from) : error;
}

export function volume_truncate(volume: u32, node: u64, size: u64): u32 {
  return volume_is_writable(volume) ? files.files_truncate(volume_keeper(volume), node, size) : ERRNO_ROFS;
}

export function volume_allocate(volume: u32, node: u64, offset: u64, length: u64): u32 {
  return volume_is_writable(volume) ? files.files_allocate(volume_keeper(volume), node, offset, length) : ERRNO_ROFS;
}

/** `which` is FSTFLAG bits: TIMES_ of the Files interface are the same. */
export function volume_times(volume: u32, node: u64, which: u32, accessed_ns: u64, modified_ns: u64): u32 {
  if (!volume_is_writable(volume)) return ERRNO_ROFS;
  return files.files_times(volume_keeper(volume), node, which, accessed_ns, modified_ns);
}

/** Durable when it answers; of a packed directory nothing waits to be written. */
export function volume_sync(volume: u32, node: u64): u32 {
  if (!volume_is_served(volume)) return ERRNO_SUCCESS;
  store<u8>(has_synced + volume, 1);
  return files.files_sync(volume_keeper(volume), node);
}

/**
 * A name was removed or moved. Programs that commit by that (SQLite removes its journal) have synced before and seldom sync the directory after, so
 * after a program's first sync this is durable when it answers, too; who never syncs does not wait.
 */
function settle(volume: u32, directory: u64): u32 {
  return load<u8>(has_synced + volume) == 0 ? ERRNO_SUCCESS : files.files_sync(volume_keeper(volume), directory);
}
