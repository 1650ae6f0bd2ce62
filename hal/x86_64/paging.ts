// Page-table entries of four-level paging (Intel SDM volume 3, 4.5). Called by the kernel's generic walker.
// Invariant: tables carry the user bit and the write bit, so that the leaf alone decides; no leaf is both writable and
// executable unless its caller asks for both.

export const PAGE_READ: u32 = 1;
export const PAGE_WRITE: u32 = 2;
export const PAGE_EXECUTE: u32 = 4;
export const PAGE_USER: u32 = 8;
export const PAGE_DEVICE: u32 = 16;
export const PAGE_GLOBAL: u32 = 32;
/** The leaf of the next frame less that of a frame. */
export const ENTRY_STEP: u64 = 4096;

const PRESENT: u64 = 1;
const WRITE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const WRITE_THROUGH: u64 = 1 << 3;
const NO_CACHE: u64 = 1 << 4;
/** Set by us, not only by the processor: the first access costs no walk back. */
const ACCESSED: u64 = 1 << 5;
const DIRTY: u64 = 1 << 6;
const LARGE: u64 = 1 << 7;
const GLOBAL: u64 = 1 << 8;
const NO_EXECUTE: u64 = 1 << 63;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

export function paging_levels(): u32 {
  return 4;
}

/** An entry that points to a table: the leaf decides who may do what. */
export function entry_table(physical: u64): u64 {
  return physical | PRESENT | WRITE | USER | ACCESSED;
}

/** The same, but what lies below is for supervisor mode: its view of a user's pages. */
export function entry_share(physical: u64): u64 {
  return physical | PRESENT | WRITE | ACCESSED;
}

/** An entry that maps a page of `level`: 0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB. */
export function entry_leaf(physical: u64, flags: u32, level: u32): u64 {
  let entry = physical | PRESENT | ACCESSED;
  if (flags & PAGE_WRITE) entry |= WRITE | DIRTY;
  if (!(flags & PAGE_EXECUTE)) entry |= NO_EXECUTE;
  if (flags & PAGE_USER) entry |= USER;
  if (flags & PAGE_DEVICE) entry |= NO_CACHE | WRITE_THROUGH;
  if (flags & PAGE_GLOBAL) entry |= GLOBAL;
  if (level != 0) entry |= LARGE;
  return entry;
}

export function entry_present(entry: u64): bool {
  return (entry & PRESENT) != 0;
}

export function entry_is_leaf(entry: u64, level: u32): bool {
  return level == 0 || (entry & LARGE) != 0;
}

export function entry_address(entry: u64): u64 {
  return entry & ADDRESS;
}

/** The PAGE_ flags of a leaf. */
export function entry_flags(entry: u64): u32 {
  let flags = PAGE_READ;
  if (entry & WRITE) flags |= PAGE_WRITE;
  if (!(entry & NO_EXECUTE)) flags |= PAGE_EXECUTE;
  if (entry & USER) flags |= PAGE_USER;
  if (entry & NO_CACHE) flags |= PAGE_DEVICE;
  if (entry & GLOBAL) flags |= PAGE_GLOBAL;
  return flags;
}

/** What CR3 takes for the root table at `physical`. */
export function root_word(physical: u64): u64 {
  return physical;
}
