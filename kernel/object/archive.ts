// The boot archive as far as the kernel reads it: is it whole, where is init, and which modules may run
// in supervisor mode. Everything else in it is init's business.

import * as format from "../abi/formats";
import { load32, load64, load8 } from "../machine";
import { hash_word } from "./hash";

const ENTRIES_MAX: u32 = 4096;
let base: u64 = 0;
let count: u32 = 0;

export const ARCHIVE_OK: u32 = 0;
export const ARCHIVE_ABSENT: u32 = 1;
export const ARCHIVE_MAGIC_WRONG: u32 = 2;
export const ARCHIVE_TRUNCATED: u32 = 3;
export const ARCHIVE_DAMAGED: u32 = 4;

@inline function entry_at(i: u32): u64 {
  return base + format.ARCHIVE_ENTRIES_AT + (<u64>i) * format.ARCHIVE_ENTRY_SIZE;
}

/** Checks the header and the entry table of the archive that was loaded at `address`. */
export function archive_open(address: u64, length: u64): u32 {
  if (address == 0 || length == 0) return ARCHIVE_ABSENT;
  if (length < <u64>format.PAGE_SIZE || load64(address) != format.ARCHIVE_MAGIC) return ARCHIVE_MAGIC_WRONG;
  if (load64(address + format.ARCHIVE_LENGTH_AT) > length) return ARCHIVE_TRUNCATED;
  const entries = load32(address + format.ARCHIVE_COUNT_AT);
  const table_end = <u64>format.ARCHIVE_ENTRIES_AT + (<u64>entries) * format.ARCHIVE_ENTRY_SIZE;
  if (entries == 0 || entries > ENTRIES_MAX || table_end > length) return ARCHIVE_DAMAGED;
  let hash: u32 = 0x811c9dc5;
  for (let at: u64 = format.ARCHIVE_ENTRIES_AT; at < table_end; at++) hash = (hash ^ load8(address + at)) * 0x01000193;
  if (hash != load32(address + format.ARCHIVE_CHECK_AT)) return ARCHIVE_DAMAGED;
  base = address;
  count = entries;
  for (let i: u32 = 0; i < entries; i++) {
    const offset = load64(entry_at(i) + format.ENTRY_OFFSET_AT), bytes = load64(entry_at(i) + format.ENTRY_LENGTH_AT);
    if (offset > length || bytes > length - offset) return ARCHIVE_DAMAGED;
  }
  return ARCHIVE_OK;
}

@inline export function archive_init_offset(): u64 { return load64(entry_at(0) + format.ENTRY_OFFSET_AT); }
@inline export function archive_init_length(): u64 { return load64(entry_at(0) + format.ENTRY_LENGTH_AT); }

/** Does the archive list a module of this hash for supervisor mode? `frame` holds a finished hash (hash.ts). */
export function archive_lists(frame: u64): bool {
  for (let i: u32 = 0; i < count; i++) {
    const entry = entry_at(i);
    if (load32(entry + format.ENTRY_KIND_AT) != format.ENTRY_MODULE) continue;
    if (!(load32(entry + format.ENTRY_FLAGS_AT) & format.ENTRY_FLAG_SFI)) continue;
    let word: u32 = 0;
    while (word < 8 && load32(entry + format.ENTRY_HASH_AT + (word << 2)) == hash_word(frame, word)) word++;
    if (word == 8) return true;
  }
  return false;
}

/** Does the archive list exactly these bytes as a module for supervisor mode? */
export function archive_trusts(offset: u64, length: u64): bool {
  for (let i: u32 = 0; i < count; i++) {
    const entry = entry_at(i);
    if (load64(entry + format.ENTRY_OFFSET_AT) != offset || load64(entry + format.ENTRY_LENGTH_AT) != length) continue;
    return load32(entry + format.ENTRY_KIND_AT) == format.ENTRY_MODULE
      && (load32(entry + format.ENTRY_FLAGS_AT) & format.ENTRY_FLAG_SFI) != 0;
  }
  return false;
}
