// The boot archive as init reads it: entries by kind and name, at the place where the kernel mapped it (read-only).
// The kernel checked the header's sum before it started init; each entry's span is checked here again before use.
import { archive_bytes, archive_start } from "./machine";
import {
  ARCHIVE_COUNT_AT,
  ARCHIVE_ENTRIES_AT,
  ARCHIVE_ENTRY_SIZE,
  ENTRY_FLAGS_AT,
  ENTRY_KIND_AT,
  ENTRY_LENGTH_AT,
  ENTRY_MODULE,
  ENTRY_NAME_AT,
  ENTRY_OFFSET_AT,
} from "../../kernel/abi/formats";

export const ENTRY_NAME_BYTES: u32 = 64;

function entry_at(index: u32): usize {
  return archive_start + ARCHIVE_ENTRIES_AT + index * ARCHIVE_ENTRY_SIZE;
}

function entry_count(): u32 {
  const count = load<u32>(archive_start + ARCHIVE_COUNT_AT);
  const room = <u32>((archive_bytes - ARCHIVE_ENTRIES_AT) / ARCHIVE_ENTRY_SIZE);
  return min(count, room);
}

// @ts-ignore: decorator
@inline
export function entry_kind(entry: usize): u32 {
  return load<u32>(entry + ENTRY_KIND_AT);
}

// @ts-ignore: decorator
@inline
export function entry_offset(entry: usize): u64 {
  return load<u64>(entry + ENTRY_OFFSET_AT);
}

// @ts-ignore: decorator
@inline
export function entry_length(entry: usize): u64 {
  return load<u64>(entry + ENTRY_LENGTH_AT);
}

// @ts-ignore: decorator
@inline
export function entry_flags(entry: usize): u32 {
  return load<u32>(entry + ENTRY_FLAGS_AT);
}

/** First byte of the entry's content in init's window. */
export function entry_start(entry: usize): usize {
  return archive_start + <usize>entry_offset(entry);
}

export function entry_name_length(entry: usize): u32 {
  let length: u32 = 0;
  while (length < ENTRY_NAME_BYTES && load<u8>(entry + ENTRY_NAME_AT + length) != 0) length++;
  return length;
}

function lies_inside(entry: usize): bool {
  const offset = entry_offset(entry);
  return offset <= archive_bytes && entry_length(entry) <= archive_bytes - offset;
}

/** The entry of that kind whose name is `prefix` followed by the given bytes; 0 = none. */
export function find_entry(kind: u32, prefix: string, name: usize, length: u32): usize {
  const count = entry_count();
  for (let i: u32 = 0; i < count; i++) {
    const entry = entry_at(i);
    if (entry_kind(entry) == kind && lies_inside(entry) && name_is(entry, prefix, name, length)) return entry;
  }
  return 0;
}

/** The first entry of a kind; 0 = none. */
export function first_entry(kind: u32): usize {
  const count = entry_count();
  for (let i: u32 = 0; i < count; i++) {
    const entry = entry_at(i);
    if (entry_kind(entry) == kind && lies_inside(entry)) return entry;
  }
  return 0;
}

/** Module number `index`, init (entry 0) not counted; 0 = no more. */
export function module_entry(index: u32): usize {
  const count = entry_count();
  for (let i: u32 = 1; i < count; i++) {
    const entry = entry_at(i);
    if (entry_kind(entry) == ENTRY_MODULE && index-- == 0) return entry;
  }
  return 0;
}

function name_is(entry: usize, prefix: string, name: usize, length: u32): bool {
  const start = <u32>prefix.length;
  if (entry_name_length(entry) != start + length) return false;
  for (let i: u32 = 0; i < start; i++)
    if (load<u8>(entry + ENTRY_NAME_AT + i) != <u8>prefix.charCodeAt(i)) return false;
  return memory.compare(entry + ENTRY_NAME_AT + start, name, length) == 0;
}
