// The program's linear memory as the companion sees it: index 0xC000_0000 of the window, shared, never copied.
// This is the one accessor layer for it. Invariant: an access is made only after guest_reaches said yes for its whole
// range; memories never shrink, so a yes stays true.
import { copy } from "../lib/buffer";
import { PROGRAM_MEMORY_INDEX, STATUS_MEMORY_PAGES, share_memory, status } from "../lib/domain";

const WASM_PAGE_SHIFT: u64 = 16;
/** The window shows one GiB, and linear memories are no larger. */
const SHOWN_BYTES: u64 = 1 << 30;

let program: u64 = 0;
let known_bytes: u64 = 0;
let is_shown: bool = false;

/** Shows the program's memory in the window; 0 or an E_ number. */
export function guest_attach(domain: u64): i64 {
  program = domain;
  known_bytes = 0;
  const pages = status(domain, STATUS_MEMORY_PAGES);
  if (pages < 0) return pages;
  is_shown = false;
  return pages == 0 ? 0 : show();
}

/** There is nothing to show of a program without memory; one that begins with none may grow some later. */
function show(): i64 {
  const error = share_memory(program);
  is_shown = error == 0;
  return error;
}

/** The program's Domain capability. */
export function guest_domain(): u64 {
  return program;
}

function grown_to(end: u64): bool {
  const pages = status(program, STATUS_MEMORY_PAGES);
  if (pages < 0 || (!is_shown && (pages == 0 || show() < 0))) return false;
  known_bytes = min<u64>((<u64>pages) << WASM_PAGE_SHIFT, SHOWN_BYTES);
  return end <= known_bytes;
}

/** Is [pointer, pointer + length) inside the program's memory? */
// @ts-ignore: decorator
@inline
export function guest_reaches(pointer: u32, length: u64): bool {
  const end = <u64>pointer + length;
  return end <= known_bytes || grown_to(end);
}

/** Where the program's byte `pointer` lies for this instance. */
// @ts-ignore: decorator
@inline
export function guest_address(pointer: u32): usize {
  return <usize>PROGRAM_MEMORY_INDEX + <usize>pointer;
}

// @ts-ignore: decorator
@inline
export function guest_load8(pointer: u32, offset: u32): u32 {
  return <u32>load<u8>(guest_address(pointer) + offset);
}

// @ts-ignore: decorator
@inline
export function guest_load16(pointer: u32, offset: u32): u32 {
  return <u32>load<u16>(guest_address(pointer) + offset);
}

// @ts-ignore: decorator
@inline
export function guest_load32(pointer: u32, offset: u32): u32 {
  return load<u32>(guest_address(pointer) + offset);
}

// @ts-ignore: decorator
@inline
export function guest_load64(pointer: u32, offset: u32): u64 {
  return load<u64>(guest_address(pointer) + offset);
}

// @ts-ignore: decorator
@inline
export function guest_store32(pointer: u32, offset: u32, value: u32): void {
  store<u32>(guest_address(pointer) + offset, value);
}

// @ts-ignore: decorator
@inline
export function guest_store64(pointer: u32, offset: u32, value: u64): void {
  store<u64>(guest_address(pointer) + offset, value);
}

/** Copies from this instance's memory or window into the program's; `site` is the method that does it. */
// @ts-ignore: decorator
@inline
export function guest_fill_from(pointer: u32, source: usize, length: u32, site: u32): void {
  copy(guest_address(pointer), source, length, site);
}

/** Copies from the program's memory into this instance's memory or window. */
// @ts-ignore: decorator
@inline
export function guest_copy_to(destination: usize, pointer: u32, length: u32, site: u32): void {
  copy(destination, guest_address(pointer), length, site);
}
