// Nodes that clients have open: what a client's number means, and to whom. Called by methods.ts. A number is the inode, with a snapshot's view above it,
// so that status and listings tell the same one; it means something only to a client that has the node open, and only from his own directory down. An
// inode's number is never used again, not even if it did not become durable, so one that a client kept over a restart of this service is nobody's,
// or again the same file.
import { E_FULL, E_HANDLE } from "../lib/errors";

export const NODES: u32 = 8192;
const NONE: u32 = 0xffff_ffff;
/** client u64 (0: free), inode u64, opens u32, view u16, may it be changed u16, next in the bucket u32, 0 u32. */
const ENTRY_BYTES: u32 = 32;
const table: usize = memory.data(262144, 8);
const buckets: usize = memory.data(16384, 4);
const BUCKETS: u32 = 4096;
/** By view: nodes that are open in it. */
const of_view: usize = memory.data(32, 4);
let fresh: u32 = 0;
let free_list: u32 = NONE;
memory.fill(buckets, 0xff, BUCKETS << 2);

/** What node_use found. */
export let node_inode: u64 = 0;
export let node_view: u32 = 0;
export let node_writes: bool = false;

// @ts-ignore: decorator
@inline
function entry(place: u32): usize {
  return table + place * ENTRY_BYTES;
}

/** Bits of a number that are the inode's. */
const INODE_BITS: u64 = 56;

function bucket(client: u64, inode: u64): usize {
  return buckets + ((<u32>((((client << 20) ^ inode) * 0x9e37_79b9_7f4a_7c15) >> 40)) & (BUCKETS - 1)) * 4;
}

// @ts-ignore: decorator
@inline
function number_of(inode: u64, view: u32): u64 {
  return inode | ((<u64>view) << INODE_BITS);
}

/** The place of an inode that a client has open; NONE: he has not. */
function place_of(client: u64, inode: u64, view: u32): u32 {
  let place = load<u32>(bucket(client, inode));
  for (; place != NONE; place = load<u32>(entry(place), 24)) {
    const at = entry(place);
    if (load<u64>(at) == client && load<u64>(at, 8) == inode && load<u16>(at, 20) == view) break;
  }
  return place;
}

/**
 * Opens an inode for a client, once more if it is open: its number, or E_FULL. `is_first`: it was not open for this client. `writes`: he may
 * change it; of two ways to the same inode he has what either lets him.
 */
export let is_first: bool = false;
export function node_open(client: u64, inode: u64, view: u32, writes: bool): i64 {
  if (inode >> INODE_BITS != 0) return E_FULL;
  const there = place_of(client, inode, view);
  if (there != NONE) {
    const at = entry(there);
    store<u32>(at, load<u32>(at, 16) + 1, 16);
    if (writes) store<u16>(at, 1, 22);
    is_first = false;
    return number_of(inode, view);
  }
  let place = free_list;
  if (place != NONE) free_list = load<u32>(entry(place), 24);
  else if (fresh < NODES) place = fresh++;
  else return E_FULL;
  const head = bucket(client, inode);
  const at = entry(place);
  store<u64>(at, client);
  store<u64>(at, inode, 8);
  store<u32>(at, 1, 16);
  store<u16>(at, <u16>view, 20);
  store<u16>(at, <u16>writes, 22);
  store<u32>(at, load<u32>(head), 24);
  store<u32>(head, place);
  store<u32>(of_view + (view << 2), load<u32>(of_view + (view << 2)) + 1);
  is_first = true;
  return number_of(inode, view);
}

/** Finds what a client's number means: node_inode, node_view and node_writes; E_HANDLE: nothing of his. */
export function node_use(client: u64, number: u64): i64 {
  const place = place_of(client, number & (((<u64>1) << INODE_BITS) - 1), <u32>(number >> INODE_BITS));
  if (place == NONE) return E_HANDLE;
  const at = entry(place);
  node_inode = load<u64>(at, 8);
  node_view = load<u16>(at, 20);
  node_writes = load<u16>(at, 22) != 0;
  used_place = place;
  return 0;
}

/** Where node_use found it. */
let used_place: u32 = 0;

/** One open less: 1 if it was the client's last of this node (node_inode, node_view), else 0, or E_HANDLE. */
export function node_close(client: u64, number: u64): i64 {
  const used = node_use(client, number);
  if (used < 0) return used;
  const at = entry(used_place);
  const opens = load<u32>(at, 16) - 1;
  store<u32>(at, opens, 16);
  if (opens != 0) return 0;
  remove(used_place);
  return 1;
}

/** Has any client a node of the view open? */
export function view_is_used(view: u32): bool {
  return load<u32>(of_view + (view << 2)) != 0;
}

function remove(place: u32): void {
  const at = entry(place);
  const opens = of_view + (load<u16>(at, 20) << 2);
  store<u32>(opens, load<u32>(opens) - 1);
  let link = bucket(load<u64>(at), load<u64>(at, 8));
  while (load<u32>(link) != place) link = entry(load<u32>(link)) + 24;
  store<u32>(link, load<u32>(at, 24));
  store<u64>(at, 0);
  store<u32>(at, free_list, 24);
  free_list = place;
}

/** Takes one node of a client that is gone from him, into node_inode and node_view; false: he has none. `from` is where to look, and goes on. */
export let next_place: u32 = 0;
export function node_take(client: u64, from: u32): bool {
  for (let place = from; place < fresh; place++) {
    if (load<u64>(entry(place)) != client) continue;
    node_inode = load<u64>(entry(place), 8);
    node_view = load<u16>(entry(place), 20);
    remove(place);
    next_place = place + 1;
    return true;
  }
  return false;
}
