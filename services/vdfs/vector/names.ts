// Names of vectors: bytes in a section that only grows, and a hash table from name to number that doubles into the other of its two
// sections. Called by insert.ts, remove.ts and search.ts. Invariant: every vector that is not removed is in the table exactly once.
import { E_DAMAGED, E_FULL } from "../../lib/errors";
import * as layout from "./layout";
import { empty_section, page, record, writable, writable_record } from "./pages";
import { Index, section_of } from "./state";

const FNV_OFFSET: u32 = 2166136261;
const FNV_PRIME: u32 = 16777619;
const ROOM_GRAIN: u32 = 16;

/** FNV-1a, with its high bits mixed in. */
export function hash(name: usize, length: u32): u32 {
  let sum = FNV_OFFSET;
  for (let i: u32 = 0; i < length; i++) sum = (sum ^ load<u8>(name + i)) * FNV_PRIME;
  return sum ^ (sum >>> 15);
}

/** Address of an entry of the table; 0: failure is set. */
function entry(index: Index, section: u32, place: u32, is_written: bool): usize {
  const shift = index.block_shift - layout.KEY_SHIFT;
  const number = place >>> shift;
  const at = is_written ? writable(index, section, number) : page(index, section, number);
  return at == 0 ? 0 : at + (((<usize>place) & ((1 << shift) - 1)) << layout.KEY_SHIFT);
}

/** Where the name of a vector begins; 0: failure is set. Holds until the next page is touched, as all addresses. */
export function name_of(index: Index, number: u32): usize {
  const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
  if (at == 0) return 0;
  const place = load<u32>(at, layout.EXACT_NAME);
  const length = <u32>load<u16>(at, layout.EXACT_NAME_LENGTH);
  const inside = place & ((1 << index.block_shift) - 1);
  if (place + length > index.names_used || inside + length > (<u32>1) << index.block_shift) {
    index.failure = E_DAMAGED;
    return 0;
  }
  const bytes = page(index, layout.SECTION_NAMES, place >>> index.block_shift);
  return bytes == 0 ? 0 : bytes + inside;
}

/** Bytes of a vector's name; -1: failure is set. */
export function name_length(index: Index, number: u32): i32 {
  const at = record(index, layout.SECTION_VECTORS, index.vectors, number);
  if (at == 0) return -1;
  const length = <u32>load<u16>(at, layout.EXACT_NAME_LENGTH);
  if (length - 1 < layout.NAME_BYTES_MAX) return <i32>length;
  index.failure = E_DAMAGED;
  return -1;
}

/** 1 the vector's name begins with these bytes (and is no longer, if is_whole); 0 no; -1 failure is set. */
export function name_begins(index: Index, number: u32, name: usize, length: u32, is_whole: bool): i32 {
  const own = name_length(index, number);
  if (own < 0) return -1;
  if (is_whole ? <u32>own != length : <u32>own < length) return 0;
  const at = name_of(index, number);
  if (at == 0) return -1;
  return memory.compare(at, name, length) == 0 ? 1 : 0;
}

/** Place in the table, or the place where the name would go | 1 << 32; -1: failure is set. */
function look_up(index: Index, name: usize, length: u32): i64 {
  const own = hash(name, length);
  const mask: u32 = (1 << index.keys_shift) - 1;
  let free: i64 = -1;
  for (let step: u32 = 0; step <= mask; step++) {
    const place = (own + step) & mask;
    const at = entry(index, index.keys_section, place, false);
    if (at == 0) return -1;
    const number = load<u32>(at, 4);
    if (number == layout.KEY_EMPTY) return free >= 0 ? free : ((<i64>1) << 32) | (<i64>place);
    if (number == layout.KEY_REMOVED) {
      if (free < 0) free = ((<i64>1) << 32) | (<i64>place);
      continue;
    }
    if (load<u32>(at) != own) continue;
    if (number - 1 >= index.count) {
      index.failure = E_DAMAGED;
      return -1;
    }
    const is_same = name_begins(index, number - 1, name, length, true);
    if (is_same != 0) return is_same < 0 ? -1 : <i64>place;
  }
  return free;
}

/** Number of the vector of that name; NONE: there is none, or failure is set. */
export function find(index: Index, name: usize, length: u32): u32 {
  if (index.keys_used == 0) return layout.NONE;
  const place = look_up(index, name, length);
  if (place < 0 || place >> 32 != 0) return layout.NONE;
  const at = entry(index, index.keys_section, <u32>place, false);
  return at == 0 ? layout.NONE : load<u32>(at, 4) - 1;
}

/** Puts a name that is not there into the table. False: failure is set. */
export function add_key(index: Index, name: usize, length: u32, number: u32): bool {
  if (index.keys_shift == 0 || (index.keys_used + 1) * 4 > 3 << index.keys_shift) if (!rehash(index)) return false;
  const place = look_up(index, name, length);
  if (place < 0) return false;
  const at = entry(index, index.keys_section, <u32>place, true);
  if (at == 0) return false;
  if (load<u32>(at, 4) == layout.KEY_EMPTY) index.keys_used++;
  store<u32>(at, hash(name, length));
  store<u32>(at, number + 1, 4);
  return true;
}

export function remove_key(index: Index, name: usize, length: u32): bool {
  const place = look_up(index, name, length);
  if (place < 0 || place >> 32 != 0) {
    if (index.failure == 0) index.failure = E_DAMAGED;
    return false;
  }
  const at = entry(index, index.keys_section, <u32>place, true);
  if (at == 0) return false;
  store<u32>(at, layout.KEY_REMOVED, 4);
  return true;
}

/** Moves the table into the other section: twice as large, or as large as it was if much of it is removed entries. */
function rehash(index: Index): bool {
  const from = index.keys_section;
  const to = from == layout.SECTION_KEYS ? layout.SECTION_KEYS_OTHER : layout.SECTION_KEYS;
  const smallest = index.block_shift - layout.KEY_SHIFT;
  let shift = max(index.keys_shift, smallest);
  while ((index.count - index.removed + 1) * 2 > (<u32>1) << shift) shift++;
  const pages: u32 = 1 << (shift - smallest);
  for (let number: u32 = 0; number < pages; number++) if (writable(index, to, number) == 0) return false;
  const mask: u32 = (1 << shift) - 1;
  const old: u32 = index.keys_shift == 0 ? 0 : 1 << index.keys_shift;
  let used: u32 = 0;
  for (let place: u32 = 0; place < old; place++) {
    const at = entry(index, from, place, false);
    if (at == 0) return false;
    const number = load<u32>(at, 4);
    if (number == layout.KEY_EMPTY || number == layout.KEY_REMOVED) continue;
    const own = load<u32>(at);
    // the new table is at most half full, so a free place is found
    for (let step: u32 = 0; step <= mask; step++) {
      const into = entry(index, to, (own + step) & mask, true);
      if (into == 0) return false;
      if (load<u32>(into, 4) != layout.KEY_EMPTY) continue;
      store<u32>(into, own);
      store<u32>(into, number, 4);
      used++;
      break;
    }
  }
  if (section_of(index, from).pages > 0 && empty_section(index, from) < 0) return false;
  index.keys_section = to;
  index.keys_shift = shift;
  index.keys_used = used;
  return true;
}

/** Keeps a name's bytes, in the room of the record's earlier name if it fits. False: failure is set. */
export function keep_name(index: Index, number: u32, name: usize, length: u32, had_room: u32, had_place: u32): bool {
  let place = had_place;
  let room = had_room;
  if (length > room) {
    const block: u32 = 1 << index.block_shift;
    room = (length + ROOM_GRAIN - 1) & ~(ROOM_GRAIN - 1);
    place = index.names_used;
    // a name lies in one page
    if ((place & (block - 1)) + room > block) place = (place + block - 1) & ~(block - 1);
    if (place > u32.MAX_VALUE - block) {
      index.failure = E_FULL;
      return false;
    }
    index.names_used = place + room;
  }
  const at = writable(index, layout.SECTION_NAMES, place >>> index.block_shift);
  if (at == 0) return false;
  memory.copy(at + (place & ((1 << index.block_shift) - 1)), name, length);
  const own = writable_record(index, layout.SECTION_VECTORS, index.vectors, number);
  if (own == 0) return false;
  store<u32>(own, place, layout.EXACT_NAME);
  store<u16>(own, <u16>length, layout.EXACT_NAME_LENGTH);
  store<u16>(own, <u16>room, layout.EXACT_NAME_ROOM);
  return true;
}
