// Directories that a service keeps (services/files/interface.ts: the store, a host's directory): the one place that calls such a server.
// volume.ts alone calls this file. Every function answers an errno; what else it found stands in the `files_` variables.
// Invariant: a call that a dying server did not answer is repeated only where doing it twice is doing it once; one that a server which was started
// again refused, for it knows nothing of the directory that was handed over, is made again once that was shown to it.
import {
  Files,
  KIND_DIRECTORY,
  KIND_FILE,
  MAY_WRITE,
  RIGHT_READ,
  RIGHT_WRITE,
  UNLINK_DIRECTORY,
  UNLINK_FILE,
} from "../../build/interfaces/files/client";
import { rights_of } from "../lib/capability";
import { E_HANDLE, E_PEER_FAULT } from "../lib/errors";
import { capability, capability_b } from "../lib/startup";
import { ERRNO_SUCCESS, errno_of } from "./errno";
import { DIRECTORY_MAX, NAME_MAX, PATH_MAX } from "./format";
import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, FILETYPE_SYMBOLIC_LINK } from "./types";
import { vectors_gather, vectors_scatter } from "./vectors";

/** A name, NUL, a link's target. */
const PAIR_BYTES: u32 = NAME_MAX + 1 + PATH_MAX;
const BUFFER_BYTES_MIN: u32 = 8192;
const RIGHTS_OF_DIRECTORY: u64 = RIGHT_READ | RIGHT_WRITE;
/** How often a call is made in all when the server dies under it. */
const ATTEMPTS: u32 = 3;

const servers = new StaticArray<Files | null>(DIRECTORY_MAX);
const services = new StaticArray<string>(DIRECTORY_MAX);
const writable = memory.data(DIRECTORY_MAX * 4, 4);
/** The capability to the directory that was handed over, 0: the connection's own; and its node. */
const handed = memory.data(DIRECTORY_MAX * 8, 8);
const entered = memory.data(DIRECTORY_MAX * 8, 8);
let server_count: u32 = 0;

export let files_node: u64 = 0;
export let files_type: u32 = 0;
export let files_links: u64 = 0;
export let files_size: u64 = 0;
export let files_modified_ns: u64 = 0;
export let files_accessed_ns: u64 = 0;
export let files_changed_ns: u64 = 0;
/** Bytes, or records, that the last call answered; they lie at `files_bytes`. */
export let files_length: u32 = 0;
export let files_bytes: usize = 0;

// @ts-ignore: decorator
@inline
function server(number: u32): Files {
  return servers[number]!;
}

/** The connection to a service: one, however many directories of it there are, for the buffer is announced once. */
function connect(service: string): Files {
  for (let number: u32 = 0; number < server_count; number++) if (services[number] == service) return server(number);
  return Files.connect(service);
}

/**
 * Connects to the service of that name: its number, or -1: no such connection, or nothing behind it. `files_node` is the directory that the
 * capability `directory` is to then; without one (0) the connection's own.
 */
export function files_open(service: string, directory: u64): i32 {
  if (capability(service) == 0 || capability_b(service) < BUFFER_BYTES_MIN || server_count == <u32>DIRECTORY_MAX)
    return -1;
  const made = connect(service);
  const found = directory == 0 ? made.root() : enter(made, directory);
  if (found < 0) return -1;
  files_node = made.node;
  store<u64>(handed + (server_count << 3), directory);
  store<u64>(entered + (server_count << 3), made.node);
  store<u32>(writable + (server_count << 2), made.rights & MAY_WRITE);
  servers[server_count] = made;
  services[server_count] = service;
  server_count++;
  return <i32>server_count - 1;
}

function enter(files: Files, directory: u64): i64 {
  return files.enter(directory, (<u64>rights_of(directory)) & RIGHTS_OF_DIRECTORY);
}

export function files_is_writable(number: u32): bool {
  return load<u32>(writable + (number << 2)) != 0;
}

/** The FILETYPE_ of a node's KIND_. */
export function type_of(kind: u32): u32 {
  if (kind == KIND_FILE) return FILETYPE_REGULAR_FILE;
  return kind == KIND_DIRECTORY ? FILETYPE_DIRECTORY : FILETYPE_SYMBOLIC_LINK;
}

// @ts-ignore: decorator
@inline
function errno(answer: i64): u32 {
  return answer < 0 ? errno_of(answer) : ERRNO_SUCCESS;
}

/** For a call that may be made twice: is it to be made again? `node` is what it was about. */
// @ts-ignore: decorator
@inline
function is_to_repeat(number: u32, node: u64, answer: i64, attempt: u32): bool {
  if (answer >= 0 || attempt >= ATTEMPTS) return false;
  return answer == E_PEER_FAULT || is_shown_again(number, node, answer);
}

/**
 * True if a call was refused because its server does not know the directory `node` that was handed over, and now it does: it was started again,
 * and has seen the capability. Numbers of nodes stay the same files' (services/files/interface.ts); of others that were open it stays refused.
 */
// @ts-ignore: decorator
@inline
function is_shown_again(number: u32, node: u64, answer: i64): bool {
  return answer == E_HANDLE && show_again(number, node);
}

/** Shows all of the connection's directories, for one that was handed over in two ways may be changed if either says so. */
function show_again(number: u32, node: u64): bool {
  if (load<u64>(handed + (number << 3)) == 0 || node != load<u64>(entered + (number << 3))) return false;
  const files = server(number);
  let is_known = false;
  for (let other: u32 = 0; other < server_count; other++) {
    const directory = load<u64>(handed + (other << 3));
    if (directory == 0 || server(other) != files || enter(files, directory) < 0) continue;
    if (files.node == node) is_known = true;
  }
  return is_known;
}

/** Opens a name: `files_node`, `files_type`. */
export function files_lookup(number: u32, directory: u64, name: usize, length: u32): u32 {
  const files = server(number);
  let answer = files.lookup(directory, name, length);
  for (let attempt: u32 = 1; is_to_repeat(number, directory, answer, attempt); attempt++)
    answer = files.lookup(directory, name, length);
  files_node = files.node;
  files_type = type_of(files.kind);
  return errno(answer);
}

export function files_forget(number: u32, node: u64): void {
  server(number).forget(node);
}

export function files_status(number: u32, node: u64): u32 {
  const files = server(number);
  let answer = files.status(node);
  for (let attempt: u32 = 1; is_to_repeat(number, node, answer, attempt); attempt++) answer = files.status(node);
  files_type = type_of(<u32>files.kind_links);
  files_links = files.kind_links >> 32;
  files_size = files.size;
  files_modified_ns = files.modified_ns;
  files_accessed_ns = files.accessed_ns;
  files_changed_ns = files.changed_ns;
  return errno(answer);
}

/** A new file or directory, opened: `files_node`. */
export function files_create(number: u32, directory: u64, name: usize, length: u32, is_directory: bool): u32 {
  const kind = is_directory ? KIND_DIRECTORY : KIND_FILE;
  let answer = server(number).create(directory, name, length, kind);
  if (is_shown_again(number, directory, answer)) answer = server(number).create(directory, name, length, kind);
  files_node = <u64>answer;
  return errno(answer);
}

/** A new symbolic link, opened: `files_node`. */
export function files_symlink(number: u32, directory: u64, name: usize, length: u32, target: usize, bytes: u32): u32 {
  const pair_bytes = pair(name, length, target, bytes);
  let answer = server(number).symlink(directory, pair_text, pair_bytes);
  if (is_shown_again(number, directory, answer)) answer = server(number).symlink(directory, pair_text, pair_bytes);
  files_node = <u64>answer;
  return errno(answer);
}

/** The target: `files_length` bytes at `files_bytes`. */
export function files_readlink(number: u32, node: u64): u32 {
  const files = server(number);
  return bytes_of(files, files.readlink(node));
}

export function files_link(number: u32, node: u64, directory: u64, name: usize, length: u32): u32 {
  let answer = server(number).link(node, directory, name, length);
  if (is_shown_again(number, directory, answer)) answer = server(number).link(node, directory, name, length);
  return errno(answer);
}

export function files_unlink(number: u32, directory: u64, name: usize, length: u32, is_directory: bool): u32 {
  const kind = is_directory ? UNLINK_DIRECTORY : UNLINK_FILE;
  let answer = server(number).unlink(directory, name, length, kind);
  if (is_shown_again(number, directory, answer)) answer = server(number).unlink(directory, name, length, kind);
  return errno(answer);
}

export function files_rename(
  number: u32,
  from: u64,
  old_name: usize,
  old_length: u32,
  to: u64,
  new_name: usize,
  new_length: u32,
): u32 {
  const pair_bytes = pair(old_name, old_length, new_name, new_length);
  let answer = server(number).rename(from, to, pair_text, pair_bytes);
  if (is_shown_again(number, from, answer) || is_shown_again(number, to, answer))
    answer = server(number).rename(from, to, pair_text, pair_bytes);
  return errno(answer);
}

/** Records of names from `cursor`: `files_length` bytes at `files_bytes`; none: the end. */
export function files_list(number: u32, directory: u64, cursor: u64): u32 {
  const files = server(number);
  let answer = files.list(directory, cursor);
  for (let attempt: u32 = 1; is_to_repeat(number, directory, answer, attempt); attempt++)
    answer = files.list(directory, cursor);
  return bytes_of(files, answer);
}

/** Reads at `offset` to the vectors (vectors_start): `files_length` bytes came, less than `bytes` at the end. */
export function files_read(number: u32, node: u64, offset: u64, bytes: u32, site: u32): u32 {
  const files = server(number);
  let moved: u32 = 0;
  files_length = 0;
  while (moved < bytes) {
    const piece = min(bytes - moved, files.buffer_bytes);
    let answer = files.read(node, offset + moved, piece);
    for (let attempt: u32 = 1; is_to_repeat(number, node, answer, attempt); attempt++)
      answer = files.read(node, offset + moved, piece);
    if (answer < 0) return moved > 0 ? ERRNO_SUCCESS : errno_of(answer);
    const came = min(<u32>answer, piece);
    // less, too, if the program's vectors no longer have room: what was read may have gone over them
    const placed = vectors_scatter(files.buffer, came, site);
    moved += placed;
    files_length = moved;
    if (placed < piece) break;
  }
  return ERRNO_SUCCESS;
}

/** Writes what the vectors hold at `offset`: `files_length` bytes of `bytes` went. */
export function files_write(number: u32, node: u64, offset: u64, bytes: u32, site: u32): u32 {
  const files = server(number);
  let moved: u32 = 0;
  files_length = 0;
  while (moved < bytes) {
    const piece = vectors_gather(files.buffer, min(bytes - moved, files.buffer_bytes), site);
    if (piece == 0) break;
    let answer = files.write(node, offset + moved, files.buffer, piece);
    for (let attempt: u32 = 1; is_to_repeat(number, node, answer, attempt); attempt++) {
      answer = files.write(node, offset + moved, files.buffer, piece);
    }
    if (answer < 0) return moved > 0 ? ERRNO_SUCCESS : errno_of(answer);
    moved += min(<u32>answer, piece);
    files_length = moved;
    if (<u32>answer < piece) break;
  }
  return ERRNO_SUCCESS;
}

export function files_truncate(number: u32, node: u64, size: u64): u32 {
  return errno(server(number).truncate(node, size));
}

export function files_allocate(number: u32, node: u64, offset: u64, length: u64): u32 {
  return errno(server(number).allocate(node, offset, length));
}

export function files_times(number: u32, node: u64, which: u32, accessed_ns: u64, modified_ns: u64): u32 {
  let answer = server(number).times(node, which, accessed_ns, modified_ns);
  if (is_shown_again(number, node, answer)) answer = server(number).times(node, which, accessed_ns, modified_ns);
  return errno(answer);
}

export function files_sync(number: u32, node: u64): u32 {
  const files = server(number);
  let answer = files.sync(node);
  for (let attempt: u32 = 1; is_to_repeat(number, node, answer, attempt); attempt++) answer = files.sync(node);
  return errno(answer);
}

/** All that was changed in any of them is durable when this answers success. */
export function files_sync_everything(): u32 {
  let error: u32 = ERRNO_SUCCESS;
  for (let number: u32 = 0; number < server_count; number++) {
    if (!files_is_writable(number)) continue;
    const one = files_sync(number, 0);
    if (one != ERRNO_SUCCESS) error = one;
  }
  return error;
}

function bytes_of(files: Files, answer: i64): u32 {
  files_bytes = files.buffer;
  files_length = answer < 0 ? 0 : min(<u32>answer, files.buffer_bytes);
  return errno(answer);
}

const pair_text = memory.data(255 + 1 + 4096, 8);

/** Two texts with a NUL between them; their bytes in all. */
function pair(first: usize, first_length: u32, second: usize, second_length: u32): u32 {
  memory.copy(pair_text, first, first_length);
  store<u8>(pair_text + first_length, 0);
  const rest = min(second_length, PAIR_BYTES - first_length - 1);
  memory.copy(pair_text + first_length + 1, second, rest);
  return first_length + 1 + rest;
}
