// The directories that were handed on, in memory that outlives this instance (`keeps` in the image): a capability to one is good again after a crash. The host
// knows a directory by its path alone, so that is kept, and the node: who is there now under that path is let in only if he is the same.
// Called by handed.ts. Invariant: a record is whole, or is not valid; its predecessor may have ended anywhere.
//
//   page p, of place p:  valid u32 (1) | use u32 | node u64 | bytes of the path u32 | 0 u32 | the path: for each name, from the top, a byte of length, the name
//   page PLACES:         the place that is next to be used u32
import { NAME_BYTES_MAX } from "../../build/interfaces/ninep/constants";
import { region, region_bytes } from "../lib/startup";
import { E_DEVICE, E_NOT_FOUND, E_TOO_LARGE } from "../lib/errors";
import {
  data_max,
  fid_free,
  FID_ROOT,
  name_cursor,
  name_is_dots,
  name_length,
  name_text,
  next_name,
  open_fid,
  OPEN_DIRECTORY,
  OPEN_READ,
  qid_node,
  read_names,
  root_node,
  walk,
} from "./session";

/** Directories that are kept; the one handed out longest ago makes room for another. Who has entered it keeps what he has open. */
export const PLACES: u32 = 32;
const RECORD_BYTES: u32 = 4096;
const RECORD_USE: usize = 4;
const RECORD_NODE: usize = 8;
const RECORD_LENGTH: usize = 16;
const RECORD_PATH: usize = 24;
const PATH_BYTES: u32 = RECORD_BYTES - 24;
/** `..` */
const ABOVE: usize = memory.data<u8>([0x2e, 0x2e]);
/** Names above one another, and messages for one directory's names, at most: what a hostile host makes of it ends. */
const DEPTH_MAX: u32 = 256;
const MESSAGES_MAX: u32 = 65536;

/** 0: the image keeps nothing for this service. */
const pages: usize = region_bytes("kept") >= <u64>(PLACES + 1) * RECORD_BYTES ? region("kept") : 0;

// @ts-ignore: decorator
@inline
function record(place: u32): usize {
  return pages + <usize>place * RECORD_BYTES;
}

/** The place that is next to be used, as the instance before this one left it. */
export function kept_next(): u32 {
  return pages == 0 ? 0 : load<u32>(record(PLACES)) % PLACES;
}

/** Keeps the directory of a fid under a place, or nothing there if its path cannot be told. */
export function keep_path(place: u32, use: u32, node: u64, fid: u32): void {
  if (pages == 0) return;
  const at = record(place);
  store<u32>(at, 0);
  store<u32>(record(PLACES), (place + 1) % PLACES);
  const length = path_of(fid, node, at + RECORD_PATH);
  if (length < 0) return;
  store<u32>(at, use, RECORD_USE);
  store<u64>(at, node, RECORD_NODE);
  store<u32>(at, <u32>length, RECORD_LENGTH);
  store<u32>(at, 1);
}

/** A fid for what an instance before this one kept under a place; E_NOT_FOUND: nothing for that use, or another directory is there now. */
export function recall(place: u32, use: u32): i64 {
  if (pages == 0) return E_NOT_FOUND;
  const at = record(place);
  const length = load<u32>(at, RECORD_LENGTH);
  if (load<u32>(at) != 1 || load<u32>(at, RECORD_USE) != use || length > PATH_BYTES) return E_NOT_FOUND;
  let fid = walk(FID_ROOT, 0, 0);
  let node = root_node;
  for (let done: u32 = 0; done < length && fid >= 0; ) {
    const bytes = <u32>load<u8>(at + RECORD_PATH + done);
    if (bytes == 0 || bytes >= length - done) {
      fid_free(<u32>fid);
      return E_NOT_FOUND;
    }
    const next = walk(<u32>fid, at + RECORD_PATH + done + 1, bytes);
    fid_free(<u32>fid);
    node = qid_node;
    fid = next;
    done += bytes + 1;
  }
  if (fid < 0 || node == load<u64>(at, RECORD_NODE)) return fid;
  fid_free(<u32>fid);
  return E_NOT_FOUND;
}

/** Writes the path of a directory to `to`, PATH_BYTES at most: its bytes, or an error. */
function path_of(fid: u32, node: u64, to: usize): i64 {
  let here = walk(fid, 0, 0);
  let child = node;
  let used: u32 = 0;
  for (let depth: u32 = 0; here >= 0 && child != root_node; depth++) {
    const above = depth == DEPTH_MAX ? E_TOO_LARGE : walk(<u32>here, ABOVE, 2);
    const parent = qid_node;
    fid_free(<u32>here);
    here = above;
    if (here < 0) break;
    const bytes = find_name(<u32>here, child);
    if (bytes < 0 || used + <u32>bytes + 1 > PATH_BYTES) {
      fid_free(<u32>here);
      return bytes < 0 ? bytes : E_TOO_LARGE;
    }
    // in front of what is there
    memory.copy(to + <usize>bytes + 1, to, used);
    store<u8>(to, <u8>bytes);
    memory.copy(to + 1, found_name, <usize>bytes);
    used += <u32>bytes + 1;
    child = parent;
  }
  if (here < 0) return here;
  fid_free(<u32>here);
  return used;
}

const found_name: usize = memory.data(256, 8);

/** The name of a node in the directory of a fid: its bytes, at `found_name`; or an error. */
function find_name(directory: u32, node: u64): i64 {
  const fid = walk(directory, 0, 0);
  if (fid < 0) return fid;
  let answer = open_fid(<u32>fid, OPEN_READ | OPEN_DIRECTORY);
  let cursor: u64 = 0;
  let length: u32 = 0;
  for (let message: u32 = 0; answer >= 0 && length == 0 && message < MESSAGES_MAX; message++) {
    answer = read_names(<u32>fid, cursor, data_max);
    if (answer == 0) answer = E_NOT_FOUND;
    while (answer > 0 && length == 0) {
      answer = next_name();
      if (answer <= 0) break;
      cursor = name_cursor;
      if (qid_node == node && !name_is_dots() && name_length <= NAME_BYTES_MAX) length = name_length;
    }
  }
  memory.copy(found_name, name_text, length);
  fid_free(<u32>fid);
  if (length > 0) return length;
  return answer < 0 ? answer : E_DEVICE;
}
