// What the machine is, from the device tree that the firmware hands over. Called by kernel/ before anything else
// of the hal: boot_parse(hart, tree), which writes the record of kernel/start/told.ts.
// Invariant: reserved ranges cover everything in memory that somebody else put there and still needs.

import { KERNEL_PHYSICAL } from "./layout";
import { fdt_base, fdt_open, fdt_reservation, fdt_reservation_base, fdt_reservation_length, fdt_used_end } from "./fdt";
import {
  tree_archive_base,
  tree_archive_end,
  tree_plic_base,
  tree_plic_context,
  tree_read,
  tree_seed,
  tree_seed_bytes,
  tree_test_device,
  tree_timebase_hz,
} from "./tree";
import { counter, load64 } from "../kernel/machine";
import { told, told_memory, told_reserved } from "../kernel/start/told";
import { csr_load, CSR_CYCLE } from "./machine";
import { paging_start } from "./paging";

/** The device tree's header is damaged, or there is none at the address that the firmware passed. */
export const BOOT_ERROR_TREE: u32 = 1;
/** The device tree's contents break its format, or describe more than we hold. */
export const BOOT_ERROR_TREE_FORMAT: u32 = 2;
/** The device tree names no memory. */
export const BOOT_ERROR_NO_MEMORY: u32 = 3;
/** The device tree does not tell how fast time runs. */
export const BOOT_ERROR_NO_TIMEBASE: u32 = 4;
/** An interrupt controller without an entry for the hart that we run on. */
export const BOOT_ERROR_INTERRUPTS: u32 = 5;
/** More reserved ranges than we hold. */
export const BOOT_ERROR_RESERVED: u32 = 6;
/** The boot archive's end lies before its start. */
export const BOOT_ERROR_ARCHIVE: u32 = 7;

/** What the PLIC's specification gives its registers. */
const PLIC_BYTES: u64 = 0x400_0000;

export function boot_parse(hart: u64, tree: u64): u32 {
  paging_start();
  if (!fdt_open(tree)) return BOOT_ERROR_TREE;
  if (!tree_read(hart)) return BOOT_ERROR_TREE_FORMAT;
  if (told_memory().count == 0) return BOOT_ERROR_NO_MEMORY;
  if (tree_timebase_hz() == 0) return BOOT_ERROR_NO_TIMEBASE;
  if (tree_plic_base() != 0 && tree_plic_context() == u64.MAX_VALUE) return BOOT_ERROR_INTERRUPTS;
  if (tree_archive_end() < tree_archive_base()) return BOOT_ERROR_ARCHIVE;
  const record = told();
  record.archive_base = tree_archive_base();
  record.archive_length = tree_archive_end() - tree_archive_base();
  record.firmware_base = fdt_base();
  record.firmware_bytes = fdt_used_end() - fdt_base();
  return reserve() ? 0 : BOOT_ERROR_RESERVED;
}

/** Completes the tree's own list: reservation block, firmware, tree, archive. */
function reserve(): bool {
  const reserved = told_reserved();
  for (let i: u32 = 0; fdt_reservation(i); i++) {
    if (!reserved.add(fdt_reservation_base(i), fdt_reservation_length(i))) return false;
  }
  const memory = told_memory();
  for (let i: u32 = 0; i < memory.count; i++) {
    const range = memory.at(i);
    const holds_us = range.base < KERNEL_PHYSICAL && range.base + range.bytes > KERNEL_PHYSICAL;
    // Firmware lies below us. If it does not say where, all of it is taken for firmware.
    if (holds_us && !reserved.touches(range.base, KERNEL_PHYSICAL)) {
      if (!reserved.add(range.base, KERNEL_PHYSICAL - range.base)) return false;
    }
  }
  const record = told();
  return (
    reserved.add(record.firmware_base, record.firmware_bytes) &&
    reserved.add(record.archive_base, record.archive_length)
  );
}

/** Word i (< 4) of the seed: the firmware's if it gave one, else counters, which an attacker may guess. */
export function boot_seed(i: u32): u64 {
  const at = (<u64>i) << 3;
  if (at + 8 <= tree_seed_bytes()) return load64(tree_seed() + at);
  return (counter() ^ (csr_load(CSR_CYCLE) << 32) ^ at) * 0x9e37_79b9_7f4a_7c15;
}

/** Does the range touch registers that the kernel keeps to itself? */
export function range_kept(base: u64, end: u64): bool {
  const test = tree_test_device(),
    plic = tree_plic_base();
  return (test < end && base <= test) || (plic < end && base < plic + PLIC_BYTES);
}
