// How often each inode is open: what has no name any more but is open goes when the last forgets it. A table of fixed size, linear probing.
// Called by the store's entry; a disk that is mounted anew keeps it, for its clients go on.
import { E_FULL } from "../../../lib/errors";

const SLOTS: u32 = 16384;
const OPEN_MAX: u32 = 12288;
/** By slot: inode u64 (0: free), count u32, 0 u32. */
const table: usize = memory.data(262144, 8);
let used: u32 = 0;

// @ts-ignore: decorator
@inline
function slot_at(i: u32): usize {
  return table + ((i & (SLOTS - 1)) << 4);
}

function find(inode: u64): u32 {
  let i = <u32>((inode * 0x9e37_79b9_7f4a_7c15) >> 40);
  while (load<u64>(slot_at(i)) != 0 && load<u64>(slot_at(i)) != inode) i++;
  return i;
}

/** One more open of an inode: 0, or E_FULL. */
export function open_add(inode: u64): i64 {
  const at = slot_at(find(inode));
  if (load<u64>(at) == 0) {
    if (used == OPEN_MAX) return E_FULL;
    used++;
    store<u64>(at, inode);
    store<u32>(at, 0, 8);
  }
  store<u32>(at, load<u32>(at, 8) + 1, 8);
  return 0;
}

export function open_count(inode: u64): u32 {
  const at = slot_at(find(inode));
  return load<u64>(at) == 0 ? 0 : load<u32>(at, 8);
}

/** One open less; true: it was the last. */
export function open_drop(inode: u64): bool {
  let hole = find(inode);
  const at = slot_at(hole);
  if (load<u64>(at) == 0) return false;
  const count = load<u32>(at, 8) - 1;
  store<u32>(at, count, 8);
  if (count != 0) return false;
  used--;
  store<u64>(at, 0);
  // whoever was pushed past the hole moves back into it
  for (let i = hole + 1; load<u64>(slot_at(i)) != 0; i++) {
    const home = <u32>((load<u64>(slot_at(i)) * 0x9e37_79b9_7f4a_7c15) >> 40);
    if (((i - home) & (SLOTS - 1)) < ((i - hole) & (SLOTS - 1))) continue;
    memory.copy(slot_at(hole), slot_at(i), 16);
    store<u64>(slot_at(i), 0);
    hole = i;
  }
  return true;
}

export function open_reset(): void {
  memory.fill(table, 0, SLOTS << 4);
  used = 0;
}
