// Checks of 16 bytes: the first half of a BLAKE3 hash, kept beside every pointer to what it checks. Called by whatever reads the disk.
import { hash } from "../hash/blake3";
import { page_value } from "../hash/wide";

const value: usize = memory.data(32, 16);

/** Pages that were checked after a read, and what that took by the counter that the service has. */
export let pages_checked: u64 = 0;
export let check_instructions: u64 = 0;
let count_instructions: () => u64 = (): u64 => 0;

export function bind_counter(counter: () => u64): void {
  count_instructions = counter;
}

let began: u64 = 0;

/** Pages that got a name or a check, and what that took. */
export let pages_named: u64 = 0;
export let naming_instructions: u64 = 0;

/** Before hashing that is counted; behind it naming_counted, of what is about to be written, or checks_counted, of what was read. */
export function begin_count(): void {
  began = count_instructions();
}

export function naming_counted(pages: u32): void {
  pages_named += pages;
  naming_instructions += count_instructions() - began;
}

/** The check of a page that stands alone: a tree node, a part of the space map. */
export function check_page(at: usize, out: usize): void {
  begin_count();
  page_value(at, 0, true, value);
  naming_counted(1);
  memory.copy(out, value, 16);
}

/** The check of any bytes. */
export function check_bytes(at: usize, bytes: u32, out: usize): void {
  hash(at, bytes, value);
  memory.copy(out, value, 16);
}

// @ts-ignore: decorator
@inline
export function checks_are_equal(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}

/** True if the page at `at` is what `check` was made of. */
export function page_is_good(at: usize, check: usize): bool {
  return part_is_good(at, 0, true, check);
}

/** The same for page `index` of a content. */
export function part_is_good(at: usize, index: u32, alone: bool, check: usize): bool {
  begin_count();
  const good = part_matches(at, index, alone, check);
  checks_counted(1);
  return good;
}

export function checks_counted(pages: u32): void {
  pages_checked += pages;
  check_instructions += count_instructions() - began;
}

export function part_matches(at: usize, index: u32, alone: bool, check: usize): bool {
  page_value(at, index, alone, value);
  return checks_are_equal(value, check);
}
