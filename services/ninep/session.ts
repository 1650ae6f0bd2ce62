// The session with the host: one function for each 9P2000.L message that this service sends. A fid is a number of ours for a file of the host's;
// fid_free gives it back. Called by nodes.ts and methods.ts. Invariant: every answer is checked for being one to what was asked:
// counts within what was asked for, names that are names.
import { E_DEVICE, E_FORMAT, E_FULL } from "../lib/errors";
import { open_ninep } from "../lib/virtio/ninep";
import {
  begin,
  left,
  MESSAGE_BYTES,
  MESSAGE_VERSION,
  put16,
  put32,
  put64,
  put_data,
  put_text,
  send,
  take16,
  take32,
  take64,
  take8,
  take_bytes,
  taken,
} from "./wire";

const MESSAGE_LOPEN: u8 = 12;
const MESSAGE_LCREATE: u8 = 14;
const MESSAGE_SYMLINK: u8 = 16;
const MESSAGE_READLINK: u8 = 22;
const MESSAGE_GETATTR: u8 = 24;
const MESSAGE_SETATTR: u8 = 26;
const MESSAGE_READDIR: u8 = 40;
const MESSAGE_FSYNC: u8 = 50;
const MESSAGE_LINK: u8 = 70;
const MESSAGE_MKDIR: u8 = 72;
const MESSAGE_RENAMEAT: u8 = 74;
const MESSAGE_UNLINKAT: u8 = 76;
const MESSAGE_ATTACH: u8 = 104;
const MESSAGE_WALK: u8 = 110;
const MESSAGE_READ: u8 = 116;
const MESSAGE_WRITE: u8 = 118;
const MESSAGE_CLUNK: u8 = 120;

/** Headers of the messages that carry data: the rest of a message is the data's. */
const DATA_HEADER_BYTES: u32 = 24;
const NO_FID: u32 = u32.MAX_VALUE;
const ATTRIBUTES: u64 = 0x7ff; // mode … ctime
const MODE_FILE: u32 = 0o644;
const MODE_DIRECTORY: u32 = 0o755;
const TYPE_MASK: u32 = 0o170000;
const TYPE_REGULAR: u32 = 0o100000;

/** Linux's flags of open. */
export const OPEN_READ: u32 = 0;
export const OPEN_WRITE: u32 = 1;
export const OPEN_READ_WRITE: u32 = 2;
const OPEN_CREATE: u32 = 0o100;
const OPEN_EXCLUSIVE: u32 = 0o200;
export const OPEN_DIRECTORY: u32 = 0o200000;
const UNLINK_DIRECTORY: u32 = 0x200;

/** Bits of set_attributes. */
export const SET_SIZE: u32 = 8;
export const SET_ACCESSED: u32 = 0x10;
export const SET_MODIFIED: u32 = 0x20;
export const SET_ACCESSED_TO: u32 = 0x80;
export const SET_MODIFIED_TO: u32 = 0x100;

/** A qid's type: neither is a file. */
export const QID_DIRECTORY: u32 = 0x80;
export const QID_LINK: u32 = 2;

export const FID_ROOT: u32 = 0;
const DOT: u8 = 0x2e;
const FIDS_MAX: u32 = 4096;

/** What the last answer with a qid named: its type, and the number that stays the same for the same file. */
export let qid_type: u32 = 0;
export let qid_node: u64 = 0;

// What get_attributes found.
export let attribute_links: u64 = 0;
export let attribute_size: u64 = 0;
export let attribute_is_regular: bool = false;
export let attribute_accessed_ns: u64 = 0;
export let attribute_modified_ns: u64 = 0;
export let attribute_changed_ns: u64 = 0;

/** Bytes of data in one message. */
export let data_max: u32 = 0;

const free_fids = new StaticArray<u16>(<i32>FIDS_MAX);
let free_count: u32 = 0;

/** Opens the device and the session: `qid_node` is the directory's then. */
export function open(): i64 {
  for (let fid: u32 = FIDS_MAX - 1; fid > 0; fid--) free_fids[free_count++] = <u16>fid;
  let answer = open_ninep(MESSAGE_BYTES);
  if (answer < 0) return answer;
  begin(MESSAGE_VERSION);
  put32(MESSAGE_BYTES);
  put_text(VERSION, VERSION_BYTES);
  answer = send();
  if (answer < 0) return answer;
  const size = take32();
  const length = take16();
  const version = take_bytes(length);
  if (taken() < 0 || size > MESSAGE_BYTES || size < 4096) return E_FORMAT;
  if (length != VERSION_BYTES || memory.compare(version, VERSION, VERSION_BYTES) != 0) return E_FORMAT;
  data_max = size - DATA_HEADER_BYTES;
  begin(MESSAGE_ATTACH);
  put32(FID_ROOT);
  put32(NO_FID);
  put16(0);
  put16(0);
  put32(0);
  answer = send_for_qid();
  if (answer == 0) root_node = qid_node;
  return answer;
}

const VERSION: usize = memory.data<u8>([0x39, 0x50, 0x32, 0x30, 0x30, 0x30, 0x2e, 0x4c]);
const VERSION_BYTES: u32 = 8;

/** The directory's own node; 0: there is no session. */
export let root_node: u64 = 0;

function take_qid(): void {
  qid_type = take8();
  take32();
  qid_node = take64() & 0x7fff_ffff_ffff_ffff;
}

function send_for_qid(): i64 {
  const answer = send();
  if (answer < 0) return answer;
  take_qid();
  return taken();
}

function take_fid(): i64 {
  return free_count == 0 ? E_FULL : <i64>free_fids[--free_count];
}

/** The host forgets the fid: the number is free. */
export function fid_free(fid: u32): void {
  begin(MESSAGE_CLUNK);
  put32(fid);
  send(); // whatever it answers, the fid is gone
  free_fids[free_count++] = <u16>fid;
}

/** A new fid for a name in the directory of `fid`, or (no name) for the same file; `qid_` tells about the name's. */
export function walk(fid: u32, name: usize, length: u32): i64 {
  const made = take_fid();
  if (made < 0) return made;
  begin(MESSAGE_WALK);
  put32(fid);
  put32(<u32>made);
  put16(length == 0 ? 0 : 1);
  if (length > 0) put_text(name, length);
  let answer = send();
  if (answer == 0) {
    const count = take16();
    if (length > 0) take_qid();
    answer = count == (length == 0 ? 0 : 1) ? taken() : E_DEVICE;
    if (answer < 0) {
      fid_free(<u32>made);
      return answer;
    }
    return made;
  }
  free_fids[free_count++] = <u16>made;
  return answer;
}

/** Opens the file of the fid itself. */
export function open_fid(fid: u32, flags: u32): i64 {
  begin(MESSAGE_LOPEN);
  put32(fid);
  put32(flags);
  return send_for_qid();
}

/** Makes a file in the directory of `fid`, which becomes the new file's, open for reading and writing. */
export function create_file(fid: u32, name: usize, length: u32): i64 {
  begin(MESSAGE_LCREATE);
  put32(fid);
  put_text(name, length);
  put32(OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
  put32(MODE_FILE);
  put32(0);
  return send_for_qid();
}

export function create_directory(fid: u32, name: usize, length: u32): i64 {
  begin(MESSAGE_MKDIR);
  put32(fid);
  put_text(name, length);
  put32(MODE_DIRECTORY);
  put32(0);
  return send_for_qid();
}

export function create_symlink(fid: u32, name: usize, length: u32, target: usize, target_length: u32): i64 {
  begin(MESSAGE_SYMLINK);
  put32(fid);
  put_text(name, length);
  put_text(target, target_length);
  put32(0);
  return send_for_qid();
}

/** A link's target, where the answer lies: its bytes; `text` has the place. */
export function read_link(fid: u32): i64 {
  begin(MESSAGE_READLINK);
  put32(fid);
  const answer = send();
  if (answer < 0) return answer;
  const length = take16();
  text = take_bytes(length);
  return taken() < 0 ? E_DEVICE : <i64>length;
}

/** Where the bytes of the last read_link, read_bytes or read_names lie: until the next message. */
export let text: usize = 0;

export function link_file(directory: u32, fid: u32, name: usize, length: u32): i64 {
  begin(MESSAGE_LINK);
  put32(directory);
  put32(fid);
  put_text(name, length);
  return send();
}

export function unlink_name(directory: u32, name: usize, length: u32, is_directory: bool): i64 {
  begin(MESSAGE_UNLINKAT);
  put32(directory);
  put_text(name, length);
  put32(is_directory ? UNLINK_DIRECTORY : 0);
  return send();
}

export function rename_name(from: u32, old: usize, old_length: u32, to: u32, name: usize, length: u32): i64 {
  begin(MESSAGE_RENAMEAT);
  put32(from);
  put_text(old, old_length);
  put32(to);
  put_text(name, length);
  return send();
}

/** At most `count` bytes of an open file: how many came; they lie at `text`. */
export function read_bytes(fid: u32, offset: u64, count: u32): i64 {
  const asked = min(count, data_max);
  begin(MESSAGE_READ);
  put32(fid);
  put64(offset);
  put32(asked);
  return send_for_data(asked);
}

/** Entries of an open directory from cursor `offset`: bytes of them at `text`, to be read by next_name. */
export function read_names(fid: u32, offset: u64, count: u32): i64 {
  const asked = min(count, data_max);
  begin(MESSAGE_READDIR);
  put32(fid);
  put64(offset);
  put32(asked);
  return send_for_data(asked);
}

function send_for_data(asked: u32): i64 {
  const answer = send();
  if (answer < 0) return answer;
  const came = take32();
  if (taken() < 0 || came > asked || came != left()) return E_DEVICE;
  text = take_bytes(0);
  return <i64>came;
}

/** Types of a directory's entry (readdir(3)). */
const ENTRY_UNKNOWN: u32 = 0;
const ENTRY_DIRECTORY: u32 = 4;
const ENTRY_LINK: u32 = 10;

/**
 * After read_names: the next entry. 1: `qid_`, `name_`, `name_cursor` tell about it; 0: there is none left; E_DEVICE. QEMU leaves the qid's type out
 * here, and tells it beside the name.
 */
export function next_name(): i64 {
  if (left() == 0) return 0;
  take_qid();
  name_cursor = take64();
  const type = take8();
  if (type == ENTRY_DIRECTORY) qid_type = QID_DIRECTORY;
  else if (type == ENTRY_LINK) qid_type = QID_LINK;
  else if (type != ENTRY_UNKNOWN) qid_type = 0;
  name_length = take16();
  name_text = take_bytes(name_length);
  return taken() < 0 ? E_DEVICE : 1;
}

/** Is it one of the two names that every directory has? */
export function name_is_dots(): bool {
  if (name_length == 0 || name_length > 2) return false;
  return load<u8>(name_text) == DOT && load<u8>(name_text + name_length - 1) == DOT;
}

export let name_cursor: u64 = 0;
export let name_length: u32 = 0;
export let name_text: usize = 0;

/** Writes at most a message's worth: how much was. */
export function write_bytes(fid: u32, offset: u64, data: usize, count: u32, site: u32): i64 {
  const piece = min(count, data_max);
  begin(MESSAGE_WRITE);
  put32(fid);
  put64(offset);
  put_data(data, piece, site);
  const answer = send();
  if (answer < 0) return answer;
  const went = take32();
  return taken() < 0 || went > piece ? E_DEVICE : <i64>went;
}

export function sync_file(fid: u32): i64 {
  begin(MESSAGE_FSYNC);
  put32(fid);
  put32(0);
  return send();
}

/** Fills the `attribute_` variables. */
export function get_attributes(fid: u32): i64 {
  begin(MESSAGE_GETATTR);
  put32(fid);
  put64(ATTRIBUTES);
  const answer = send();
  if (answer < 0) return answer;
  take64();
  take_qid();
  attribute_is_regular = (take32() & TYPE_MASK) == TYPE_REGULAR;
  take64(); // user, group
  attribute_links = take64();
  take64(); // device
  attribute_size = take64();
  take64(); // block size
  take64(); // blocks
  attribute_accessed_ns = take_time();
  attribute_modified_ns = take_time();
  attribute_changed_ns = take_time();
  return taken();
}

const SECOND_NS: u64 = 1_000_000_000;

/** Nanoseconds since 1970; what is before that is the beginning, for times have no sign here. */
function take_time(): u64 {
  const seconds = take64();
  const rest = take64();
  return <i64>seconds < 0 ? 0 : seconds * SECOND_NS + rest;
}

/** Changes what `which` (SET_) names. */
export function set_attributes(fid: u32, which: u32, size: u64, accessed_ns: u64, modified_ns: u64): i64 {
  begin(MESSAGE_SETATTR);
  put32(fid);
  put32(which);
  put32(0);
  put32(0);
  put32(0);
  put64(size);
  put64(accessed_ns / SECOND_NS);
  put64(accessed_ns % SECOND_NS);
  put64(modified_ns / SECOND_NS);
  put64(modified_ns % SECOND_NS);
  return send();
}
