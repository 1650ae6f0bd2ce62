// Page-table entries of Sv39, Sv48 and Sv57 (RISC-V privileged specification 12.4 ff.). Called by kernel/mm.
//
//   63 … 54 0 | 53 … 10 physical page number | 9 … 8 ours | D A G U X W R V
//
// Accessed and dirty are set at once, so that no hardware has to. An entry with R, W or X is a leaf at any level.
// Bit 8 remembers PAGE_DEVICE: the processor takes the kind of memory from the physical address itself.

import { csr_load, CSR_SATP } from "./machine";

export const PAGE_READ: u32 = 1;
export const PAGE_WRITE: u32 = 2;
export const PAGE_EXECUTE: u32 = 4;
export const PAGE_USER: u32 = 8;
export const PAGE_DEVICE: u32 = 16;
export const PAGE_GLOBAL: u32 = 32;
/** The leaf of the next frame less that of a frame. */
export const ENTRY_STEP: u64 = 1 << 10;

const VALID: u64 = 1;
const READ: u64 = 2;
const WRITE: u64 = 4;
const EXECUTE: u64 = 8;
const USER: u64 = 16;
const GLOBAL: u64 = 32;
const USED: u64 = 0xc0;
const DEVICE: u64 = 0x100;
const LEAF: u64 = READ | WRITE | EXECUTE;
const NUMBER_MASK: u64 = (1 << 44) - 1;

const MODE_SHIFT: u64 = 60;
const MODE_SV39: u64 = 8;

/** satp's mode, which the boot stub chose: 8 Sv39, 9 Sv48, 10 Sv57. */
let mode: u64 = 0;

/** Before any walk. */
export function paging_start(): void {
  mode = csr_load(CSR_SATP) >> MODE_SHIFT;
}

export function paging_levels(): u32 {
  return <u32>(mode - MODE_SV39) + 3;
}


@inline
export function entry_table(address: u64): u64 {
  return ((address >> 12) << 10) | VALID;
}

/** A table that a supervisor-mode instance reads too: the same here, where sstatus.SUM allows it. */
@inline
export function entry_share(address: u64): u64 {
  return entry_table(address);
}

/** Every level encodes a leaf alike. Write implies read: the architecture reserves write alone. */
export function entry_leaf(address: u64, flags: u32, level: u32): u64 {
  let entry = ((address >> 12) << 10) | VALID | USED;
  if (flags & (PAGE_READ | PAGE_WRITE)) entry |= READ;
  if (flags & PAGE_WRITE) entry |= WRITE;
  if (flags & PAGE_EXECUTE) entry |= EXECUTE;
  if (flags & PAGE_USER) entry |= USER;
  if (flags & PAGE_GLOBAL) entry |= GLOBAL;
  if (flags & PAGE_DEVICE) entry |= DEVICE;
  return entry;
}


@inline
export function entry_present(entry: u64): bool {
  return (entry & VALID) != 0;
}


@inline
export function entry_is_leaf(entry: u64, level: u32): bool {
  return (entry & LEAF) != 0;
}


@inline
export function entry_address(entry: u64): u64 {
  return ((entry >> 10) & NUMBER_MASK) << 12;
}

export function entry_flags(entry: u64): u32 {
  let flags: u32 = 0;
  if (entry & READ) flags |= PAGE_READ;
  if (entry & WRITE) flags |= PAGE_WRITE;
  if (entry & EXECUTE) flags |= PAGE_EXECUTE;
  if (entry & USER) flags |= PAGE_USER;
  if (entry & GLOBAL) flags |= PAGE_GLOBAL;
  if (entry & DEVICE) flags |= PAGE_DEVICE;
  return flags;
}

/** What satp takes: mode and root; address-space id 0. */
export function root_word(root: u64): u64 {
  return (mode << MODE_SHIFT) | (root >> 12);
}
