// The program's descriptor table: descriptors 0 … 1023, each free, a stream (stdio), a file or a directory.
// The lowest free number is always taken next, as POSIX programs expect. Invariant: among the open descriptors of one node `references`
// add up to what the volume is owed, and are one at least (a volume's root, which needs none, aside).
import { ERRNO_BADF, ERRNO_ISDIR, ERRNO_NOTCAPABLE, ERRNO_NOTDIR, ERRNO_SPIPE, ERRNO_SUCCESS } from "./errno";
import { volume_forget, volume_is_served } from "./volume";

export const DESCRIPTOR_MAX: u32 = 1024;

export const KIND_FREE: u32 = 0;
export const KIND_STREAM: u32 = 1;
export const KIND_FILE: u32 = 2;
export const KIND_DIRECTORY: u32 = 3;

/** `preopen` of a descriptor that is none. */
export const PREOPEN_NONE: u32 = u32.MAX_VALUE;

// @ts-ignore: decorator
@unmanaged
export class Descriptor {
  kind: u32;
  /** FDFLAG bits that the program set. */
  flags: u32;
  rights: u64;
  inheriting: u64;
  /** File: position of the next read. Directory: inode of the directory above when it was opened. */
  offset: u64;
  /** File, directory: its volume and node. Stream: node is the number 0 input, 1 output, 2 error. */
  node: u64;
  volume: u32;
  /** How often the node is to be forgotten when this is closed. */
  references: u32;
  /** Number of the directory that init handed over under this descriptor, or PREOPEN_NONE. */
  preopen: u32;
  /** Pads to 56 bytes. */
  reserved: u32;
}

const DESCRIPTOR_SIZE: usize = 56;
const table = memory.data(56 * 1024, 16);

// @ts-ignore: decorator
@inline
function at(fd: u32): Descriptor {
  return changetype<Descriptor>(table + <usize>fd * DESCRIPTOR_SIZE);
}

/** What descriptor_find found. */
export let descriptor: Descriptor = changetype<Descriptor>(table);

/** Sets `descriptor`; `badf` when `fd` is not open. */
// @ts-ignore: decorator
@inline
export function descriptor_find(fd: u32): u32 {
  if (fd >= DESCRIPTOR_MAX) return ERRNO_BADF;
  descriptor = at(fd);
  return descriptor.kind == KIND_FREE ? ERRNO_BADF : ERRNO_SUCCESS;
}

/** The same, and `notcapable` when it lacks one of these rights. */
export function descriptor_with(fd: u32, rights: u64): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  return (descriptor.rights & rights) == rights ? ERRNO_SUCCESS : ERRNO_NOTCAPABLE;
}

/** The lowest free number, or DESCRIPTOR_MAX when all are taken. */
export function descriptor_free(): u32 {
  let fd: u32 = 0;
  while (fd < DESCRIPTOR_MAX && at(fd).kind != KIND_FREE) fd++;
  return fd;
}

/** Fills the free descriptor `fd`; `references` 1: the node was opened for it, 0: another descriptor has it open. */
export function descriptor_open(
  fd: u32,
  kind: u32,
  volume: u32,
  node: u64,
  references: u32,
  rights: u64,
  inheriting: u64,
): Descriptor {
  const entry = at(fd);
  entry.kind = kind;
  entry.flags = 0;
  entry.rights = rights;
  entry.inheriting = inheriting;
  entry.offset = 0;
  entry.volume = volume;
  entry.node = node;
  entry.references = references;
  entry.preopen = PREOPEN_NONE;
  return entry;
}

/** Frees the descriptor; its node is forgotten with the last one that has it open. */
export function descriptor_close(fd: u32): void {
  const entry = at(fd);
  const owed: u32 = entry.kind == KIND_STREAM ? 0 : entry.references;
  entry.kind = KIND_FREE;
  if (owed == 0 || !volume_is_served(entry.volume)) return;
  for (let other: u32 = 0; other < DESCRIPTOR_MAX; other++) {
    const heir = at(other);
    if (heir.kind != KIND_FILE && heir.kind != KIND_DIRECTORY) continue;
    if (heir.node != entry.node || heir.volume != entry.volume) continue;
    heir.references += owed;
    return;
  }
  for (let i: u32 = 0; i < owed; i++) volume_forget(entry.volume, entry.node);
}

/** `to` becomes what `from` was, and what it was is closed; `from` becomes free. */
export function descriptor_move(from: u32, to: u32): void {
  if (from == to) return;
  descriptor_close(to);
  memory.copy(changetype<usize>(at(to)), changetype<usize>(at(from)), DESCRIPTOR_SIZE);
  at(from).kind = KIND_FREE;
}

/** Sets `descriptor` to the open directory `fd`: `badf`, `notdir`, then `notcapable`. */
export function directory_with(fd: u32, rights: u64): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind != KIND_DIRECTORY) return ERRNO_NOTDIR;
  return (descriptor.rights & rights) == rights ? ERRNO_SUCCESS : ERRNO_NOTCAPABLE;
}

/** Sets `descriptor` to the open file `fd`: `badf`, `isdir` or `spipe` for the other kinds, then `notcapable`. */
export function file_with(fd: u32, rights: u64): u32 {
  const error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_DIRECTORY) return ERRNO_ISDIR;
  if (descriptor.kind == KIND_STREAM) return ERRNO_SPIPE;
  return (descriptor.rights & rights) == rights ? ERRNO_SUCCESS : ERRNO_NOTCAPABLE;
}
