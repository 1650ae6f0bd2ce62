// A strict reader of the flattened device tree (Devicetree Specification 0.4, chapter 5). Called by tree.ts.
// The tree comes from firmware, at a physical address; all its numbers are big-endian.
// Invariant: fdt_open checks the header against the total size; no later read leaves the block it belongs to.

import { DIRECT_MAP_BYTES } from "./layout";
import { load32, load64, load8 } from "../kernel/machine";

export const FDT_BEGIN_NODE: u32 = 1;
export const FDT_END_NODE: u32 = 2;
export const FDT_PROPERTY: u32 = 3;
export const FDT_NOP: u32 = 4;
export const FDT_END: u32 = 9;

const MAGIC: u32 = 0xd00d_feed;
const VERSION_COMPATIBLE: u32 = 17;
const HEADER_BYTES: u64 = 40;
/** More than any firmware's tree, little enough for 32-bit sums. */
const SIZE_MAX: u64 = 0x100_0000;

let base: u64 = 0;
let structure: u64 = 0;
let structure_end: u64 = 0;
let strings: u64 = 0;
let strings_end: u64 = 0;
let reservations: u64 = 0;
let total_end: u64 = 0;


@inline
export function fdt_u32(address: u64): u32 {
  return bswap(load32(address));
}


@inline
export function fdt_u64(address: u64): u64 {
  return ((<u64>fdt_u32(address)) << 32) | fdt_u32(address + 4);
}

/** The address's tree is whole: header, blocks inside the total size, a version we read. */
export function fdt_open(address: u64): bool {
  if (address == 0 || (address & 7) != 0 || address >= DIRECT_MAP_BYTES - SIZE_MAX) return false;
  if (fdt_u32(address) != MAGIC) return false;
  const total = <u64>fdt_u32(address + 4);
  const structure_at = <u64>fdt_u32(address + 8),
    strings_at = <u64>fdt_u32(address + 12);
  const reservations_at = <u64>fdt_u32(address + 16);
  const version = fdt_u32(address + 20),
    compatible = fdt_u32(address + 24);
  const strings_bytes = <u64>fdt_u32(address + 32),
    structure_bytes = <u64>fdt_u32(address + 36);
  if (total < HEADER_BYTES || total > SIZE_MAX) return false;
  if (version < VERSION_COMPATIBLE || compatible > VERSION_COMPATIBLE) return false;
  if (structure_at < HEADER_BYTES || (structure_at & 3) != 0 || structure_at + structure_bytes > total) return false;
  if (strings_at < HEADER_BYTES || strings_at + strings_bytes > total) return false;
  if (reservations_at < HEADER_BYTES || (reservations_at & 7) != 0 || reservations_at + 16 > total) return false;
  base = address;
  structure = address + structure_at;
  structure_end = structure + structure_bytes;
  strings = address + strings_at;
  strings_end = strings + strings_bytes;
  reservations = address + reservations_at;
  total_end = address + total;
  return true;
}

/** First token of the structure block. */
@inline
export function fdt_first(): u64 {
  return structure;
}

/** The whole of [address, address + bytes) lies in the structure block. */
@inline
export function fdt_inside(address: u64, bytes: u64): bool {
  return address >= structure && address <= structure_end && bytes <= structure_end - address;
}

/** Bytes from `address` to the next zero byte in the structure block; u64.MAX_VALUE: there is none. */
export function fdt_name_length(address: u64): u64 {
  for (let at = address; at < structure_end; at++) if (load8(at) == 0) return at - address;
  return u64.MAX_VALUE;
}

/** Address of a property's name; 0: the offset lies outside the strings block. */
export function fdt_property_name(offset: u32): u64 {
  const at = strings + offset;
  for (let end = at; end < strings_end; end++) if (load8(end) == 0) return at;
  return 0;
}

/** Entry i of the memory reservation block; false at its end. */
export function fdt_reservation(i: u32): bool {
  const at = reservations + ((<u64>i) << 4);
  return at + 16 <= total_end && (load64(at) | load64(at + 8)) != 0;
}

export function fdt_reservation_base(i: u32): u64 {
  return fdt_u64(reservations + ((<u64>i) << 4));
}

export function fdt_reservation_length(i: u32): u64 {
  return fdt_u64(reservations + ((<u64>i) << 4) + 8);
}

/** End of the last used byte: less than the total size, which firmware pads generously. */
export function fdt_used_end(): u64 {
  return max(max(structure_end, strings_end), reservations + 16);
}

export function fdt_base(): u64 {
  return base;
}

/** Bytes before the zero of a text that has one. */
export function text_length(address: u64): u64 {
  let end = address;
  while (load8(end) != 0) end++;
  return end - address;
}

/** Is the zero-terminated text at a physical address, of `length` bytes before its zero, this literal? */
export function text_is(address: u64, length: u64, literal: string): bool {
  return length == <u64>literal.length && text_starts(address, literal);
}

export function text_starts(address: u64, literal: string): bool {
  for (let i = 0; i < literal.length; i++) if (load8(address + i) != <u32>literal.charCodeAt(i)) return false;
  return true;
}

/** Does a property's list of zero-terminated texts hold this one? */
export function list_holds(address: u64, bytes: u64, literal: string): bool {
  let start: u64 = 0;
  for (let at: u64 = 0; at < bytes; at++) {
    if (load8(address + at) != 0) continue;
    if (text_is(address + start, at - start, literal)) return true;
    start = at + 1;
  }
  return false;
}
