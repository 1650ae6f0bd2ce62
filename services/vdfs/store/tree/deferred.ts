// What the live tree has given up while the newest snapshot still has it: the snapshot's own list of it, in the tree of records, so that
// deleting a snapshot frees exactly what nobody else names (the dead lists of ZFS). Called by change.ts and chunk/contents.ts in the middle of
// a change of a tree; they only queue here, and `settle` after the change puts the queue into the records.
//
//   record: high = 2 << 56 | snapshot number, low = page << 32 | birth;  value: kind u32 (0 node, 1 content), count u32, name of 32 bytes
import { fail, failure, root_of, snapshot_number, TREE_RECORDS } from "../state";
import { found, lookup, search_error } from "./find";
import { put } from "./change";
import { E_FULL } from "../../../lib/errors";

export const DEFERRED: u64 = 2 << 56;
export const DEFERRED_BYTES: u32 = 40;
export const DEFERRED_NODE: u32 = 0;
export const DEFERRED_CONTENT: u32 = 1;

const QUEUE_MAX: u32 = 256;
const ITEM_BYTES: u32 = 48;
/** page u32, birth u32, then the value. */
const queue: usize = memory.data(12288, 8);
let queued: u32 = 0;
const value: usize = memory.data(40, 8);

export function deferred_reset(): void {
  queued = 0;
}

function item(page: u32, birth: u32, kind: u32): usize {
  if (queued == QUEUE_MAX) {
    fail(E_FULL);
    return 0;
  }
  const at = queue + queued * ITEM_BYTES;
  memory.fill(at, 0, ITEM_BYTES);
  store<u32>(at, page);
  store<u32>(at, birth, 4);
  store<u32>(at, kind, 8);
  store<u32>(at, 1, 12);
  queued++;
  return at;
}

export function defer_node(page: u32, birth: u32): void {
  item(page, birth, DEFERRED_NODE);
}

/** One use of the content at `page`, whose name is the 32 bytes at `name`. */
export function defer_content(page: u32, birth: u32, name: usize): void {
  const at = item(page, birth, DEFERRED_CONTENT);
  if (at != 0) memory.copy(at + 16, name, 32);
}

/** Puts what is queued into the records: 0, or a failure. A record's own nodes are in no snapshot, so this queues nothing. */
export function settle(): i64 {
  const root = root_of(TREE_RECORDS);
  while (queued != 0 && failure == 0) {
    queued--;
    const at = queue + queued * ITEM_BYTES;
    const result = add_deferred(root, snapshot_number, load<u32>(at), load<u32>(at, 4), at + 8);
    if (result < 0) return result;
  }
  return failure;
}

/** Adds a value to the list of a snapshot; what is listed already counts once more. */
export function add_deferred(root: usize, snapshot: u32, page: u32, birth: u32, from: usize): i64 {
  const high = DEFERRED | snapshot;
  const low = ((<u64>page) << 32) | birth;
  memory.copy(value, from, DEFERRED_BYTES);
  if (lookup(TREE_RECORDS, root, high, low)) store<u32>(value, load<u32>(found, 4) + load<u32>(from, 4), 4);
  else if (search_error() < 0) {
    fail(search_error());
    return failure;
  }
  return put(TREE_RECORDS, root, high, low, value, DEFERRED_BYTES);
}
