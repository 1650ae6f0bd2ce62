// What clients have open: by client and node one entry with the fid by which the host knows the file. A file's fid is opened in place when its
// bytes are first wanted; a directory keeps its fid for names and has another to be listed by.
// A host knows files by their names, so a file that loses its last name while it is open is *detached*: what it is stands here from then on.
// Called by methods.ts. Invariant: an entry's count is what its client was given and has not given back; no count, no entry, no fid.
import { ROLE_HANDED } from "../../build/interfaces/ninep/constants";
import { role_of } from "../lib/buffer";
import { E_FULL, E_HANDLE, E_IS_DIRECTORY, E_NOT_DIRECTORY, E_RIGHTS } from "../lib/errors";
import {
  attribute_accessed_ns,
  attribute_changed_ns,
  attribute_is_regular,
  attribute_links,
  attribute_modified_ns,
  attribute_size,
  fid_free,
  FID_ROOT,
  get_attributes,
  OPEN_DIRECTORY,
  open_fid,
  OPEN_READ,
  OPEN_READ_WRITE,
  OPEN_WRITE,
  QID_DIRECTORY,
  QID_LINK,
  qid_node,
  qid_type,
  root_node,
  walk,
} from "./session";

export const MODE_CLOSED: u32 = 0;
export const MODE_READ: u32 = 1;
export const MODE_WRITE: u32 = 2;

// @ts-ignore: decorator
@unmanaged
export class Entry {
  /** Whose it is; 0: the place is free. */
  badge: u64;
  node: u64;
  /** Lookups that were not forgotten. */
  count: u32;
  fid: u32;
  /** A directory's fid to be listed by; 0: none. */
  list_fid: u32;
  /** MODE_ bits: how a file's fid is open. */
  mode: u32;
  /** QID_ bits; 0: a file. */
  type: u32;
  /** 1: written since the host was last asked to make it durable. */
  is_dirty: u32;
  /** 1: no name leads to it any more, and these tell about it. */
  is_detached: u32;
  next: u32;
  /** 1: its client may change it. Of two ways to one file he has what either lets him. */
  may_write: u32;
  /** Pads to 96 bytes. */
  reserved: u32;
  links: u64;
  size: u64;
  accessed_ns: u64;
  modified_ns: u64;
  changed_ns: u64;
}

const ENTRY_BYTES: usize = 96;
export const ENTRIES_MAX: u32 = 1536;
const BUCKETS: u32 = 512;
/** The image's role of a connection that may only read. */
const ROLE_READ_ONLY: u32 = 1;
/** Entry 0 is the directory itself, everybody's but those who have nothing but what they were handed; no badge is all ones. */
const SHARED: u64 = u64.MAX_VALUE;

const table = memory.data(96 * 1536, 8);
/** First entry of each bucket, 0: none. */
const buckets = memory.data(512 * 4, 4);
let free_hint: u32 = 1;

// @ts-ignore: decorator
@inline
export function entry_at(place: u32): Entry {
  return changetype<Entry>(table + <usize>place * ENTRY_BYTES);
}

// @ts-ignore: decorator
@inline
function bucket_of(node: u64): usize {
  return buckets + <usize>(((<u32>node) ^ (<u32>(node >> 17))) % BUCKETS) * 4;
}

/** What find() found. */
export let entry: Entry = entry_at(0);

/** Is the host's directory itself this client's? */
export function has_root(badge: u64): bool {
  return (role_of(badge) & ROLE_HANDED) == 0;
}

/** Sets `entry` to a node of this client's, or E_HANDLE. */
export function find(badge: u64, node: u64): i64 {
  entry = entry_at(0);
  if (node == root_node && node != 0 && has_root(badge)) {
    entry.badge = SHARED;
    entry.may_write = role_of(badge) != ROLE_READ_ONLY ? 1 : 0;
    entry.node = node;
    entry.fid = FID_ROOT;
    entry.type = QID_DIRECTORY;
    return 0;
  }
  for (let place = load<u32>(bucket_of(node)); place != 0; place = entry_at(place).next) {
    entry = entry_at(place);
    if (entry.node == node && entry.badge == badge) return 0;
  }
  return E_HANDLE;
}

/** The same, and E_NOT_DIRECTORY unless it is one. */
export function find_directory(badge: u64, node: u64): i64 {
  const answer = find(badge, node);
  if (answer < 0) return answer;
  return (entry.type & QID_DIRECTORY) != 0 ? 0 : E_NOT_DIRECTORY;
}

/** The same, and E_IS_DIRECTORY unless it is a file whose bytes may be had in these MODE_ ways. */
export function find_open(badge: u64, node: u64, mode: u32): i64 {
  const answer = find(badge, node);
  if (answer < 0) return answer;
  if ((entry.type & QID_DIRECTORY) != 0) return E_IS_DIRECTORY;
  if ((entry.type & QID_LINK) != 0) return E_RIGHTS;
  const opened = open_entry(entry);
  if (opened < 0) return opened;
  return (entry.mode & mode) == mode ? 0 : E_RIGHTS;
}

/** Opens a file's fid for all that the host allows. Pipes and devices of the host's are not opened: that could wait for ever. */
function open_entry(entry: Entry): i64 {
  if (entry.mode != MODE_CLOSED) return 0;
  let answer = get_attributes(entry.fid);
  if (answer < 0) return answer;
  if (!attribute_is_regular) return E_RIGHTS;
  entry.mode = MODE_READ | MODE_WRITE;
  answer = open_fid(entry.fid, OPEN_READ_WRITE);
  if (answer < 0) {
    entry.mode = MODE_READ;
    answer = open_fid(entry.fid, OPEN_READ);
  }
  if (answer < 0) {
    entry.mode = MODE_WRITE;
    answer = open_fid(entry.fid, OPEN_WRITE);
  }
  if (answer < 0) entry.mode = MODE_CLOSED;
  return answer;
}

/** One more count of the node that `qid_` names, which `fid` is for (open in `mode`): its entry is `entry`. On E_FULL the fid is given back. */
export function hold(badge: u64, fid: u32, mode: u32, may_write: u32): i64 {
  const node = qid_node;
  const type = qid_type & (QID_DIRECTORY | QID_LINK);
  if (find(badge, node) == 0) {
    if (entry.fid == FID_ROOT) {
      fid_free(fid);
      return 0;
    }
    entry.count++;
    entry.may_write |= may_write;
    // The newer fid knows a name that leads there now; an open one holds the file itself.
    const keeps = entry.list_fid != 0 || (entry.mode != MODE_CLOSED && entry.is_detached == 0);
    const old = keeps ? fid : entry.fid;
    if (!keeps) {
      entry.fid = fid;
      entry.mode = mode;
      entry.type = type;
      entry.is_detached = 0;
    }
    fid_free(old);
    return 0;
  }
  const place = take_place();
  if (place == 0) {
    fid_free(fid);
    return E_FULL;
  }
  entry = entry_at(place);
  memory.fill(changetype<usize>(entry), 0, ENTRY_BYTES);
  entry.badge = badge;
  entry.node = node;
  entry.count = 1;
  entry.fid = fid;
  entry.mode = mode;
  entry.type = type;
  entry.may_write = may_write;
  entry.next = load<u32>(bucket_of(node));
  store<u32>(bucket_of(node), place);
  return 0;
}

function take_place(): u32 {
  for (let step: u32 = 1; step < ENTRIES_MAX; step++) {
    const place = free_hint;
    free_hint = free_hint + 1 == ENTRIES_MAX ? 1 : free_hint + 1;
    if (entry_at(place).badge == 0) return place;
  }
  return 0;
}

/** One count less of `entry`. */
export function release(): void {
  if (entry.fid == FID_ROOT || --entry.count > 0) return;
  drop(entry);
}

function drop(gone: Entry): void {
  const bucket = bucket_of(gone.node);
  const place = <u32>((changetype<usize>(gone) - table) / ENTRY_BYTES);
  if (load<u32>(bucket) == place) store<u32>(bucket, gone.next);
  else {
    let before = load<u32>(bucket);
    while (entry_at(before).next != place) before = entry_at(before).next;
    entry_at(before).next = gone.next;
  }
  fid_free(gone.fid);
  if (gone.list_fid != 0) fid_free(gone.list_fid);
  gone.badge = 0;
}

/** A client has ended: nothing of what it had open stays. */
export function forget_client(badge: u64): void {
  for (let place: u32 = 1; place < ENTRIES_MAX; place++) if (entry_at(place).badge == badge) drop(entry_at(place));
}

/** The fid that the directory of `entry` is listed by, opened when there is none; or an error. */
export function list_fid(): i64 {
  if (entry.list_fid != 0) return entry.list_fid;
  const made = walk(entry.fid, 0, 0);
  if (made < 0) return made;
  const answer = open_fid(<u32>made, OPEN_READ | OPEN_DIRECTORY);
  if (answer < 0) {
    fid_free(<u32>made);
    return answer;
  }
  entry.list_fid = <u32>made;
  return made;
}

/**
 * Before a name in the directory of `fid` goes: whoever has its file open keeps it. `last_node` is the file's, `last_links` what links it has;
 * 0: nobody has it open, or it is no file.
 */
export function keep_open(fid: u32, name: usize, length: u32): void {
  last_node = 0;
  const named = walk(fid, name, length);
  if (named < 0) return;
  const node = qid_node;
  const is_file = (qid_type & (QID_DIRECTORY | QID_LINK)) == 0;
  fid_free(<u32>named);
  for (let place = load<u32>(bucket_of(node)); is_file && place != 0; place = entry_at(place).next) {
    const held = entry_at(place);
    if (held.node != node || open_entry(held) < 0 || held.is_detached != 0 || get_attributes(held.fid) < 0) continue;
    last_node = node;
    last_links = attribute_links;
    note(held);
  }
}

let last_node: u64 = 0;
let last_links: u64 = 0;

/** What was the file's name is gone: entries that keep_open() noted are known by what was noted. */
export function detach(): void {
  if (last_node == 0) return;
  for (let place = load<u32>(bucket_of(last_node)); place != 0; place = entry_at(place).next) {
    const held = entry_at(place);
    if (held.node != last_node || held.mode == MODE_CLOSED || held.is_detached != 0) continue;
    held.is_detached = 1;
    held.links = last_links - 1;
  }
}

/** Is the file that keep_open() found the one that this name in the directory of `fid` names? */
export function is_kept(fid: u32, name: usize, length: u32): bool {
  if (last_node == 0) return false;
  const named = walk(fid, name, length);
  if (named < 0) return false;
  const node = qid_node;
  fid_free(<u32>named);
  return node == last_node;
}

function note(held: Entry): void {
  held.links = attribute_links;
  held.size = attribute_size;
  held.accessed_ns = attribute_accessed_ns;
  held.modified_ns = attribute_modified_ns;
  held.changed_ns = attribute_changed_ns;
}

/** Fills `entry`'s fields that tell about the file, from the host while a name leads there. */
export function refresh(): i64 {
  if (entry.is_detached != 0) return 0;
  const answer = get_attributes(entry.fid);
  if (answer == 0) note(entry);
  return answer;
}
