// Page-table entries of the test machine: address | flags << 1 | present, leaf in bit 8.
export const PAGE_READ: u32 = 1;
export const PAGE_WRITE: u32 = 2;
export const PAGE_EXECUTE: u32 = 4;
export const PAGE_USER: u32 = 8;
export const PAGE_DEVICE: u32 = 16;
export const PAGE_GLOBAL: u32 = 32;
export const ENTRY_STEP: u64 = 4096;
const LEAF: u64 = 0x100;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

export function paging_levels(): u32 {
  return 4;
}
export function entry_table(physical: u64): u64 {
  return physical | 1;
}
export function entry_share(physical: u64): u64 {
  return physical | 1;
}
export function entry_leaf(physical: u64, flags: u32, level: u32): u64 {
  return physical | LEAF | ((<u64>flags) << 1) | 1;
}
export function entry_present(entry: u64): bool {
  return (entry & 1) != 0;
}
export function entry_is_leaf(entry: u64, level: u32): bool {
  return level == 0 || (entry & LEAF) != 0;
}
export function entry_address(entry: u64): u64 {
  return entry & ADDRESS;
}
export function entry_flags(entry: u64): u32 {
  return <u32>((entry >> 1) & 0x3f);
}
export function root_word(physical: u64): u64 {
  return physical;
}
