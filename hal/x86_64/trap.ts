// From an exception's vector to the kernel's trap kinds. Called once for each trap of a domain.

import * as status from "../kernel/abi/status";

const VECTOR_DIVIDE: u64 = 0;
const VECTOR_BREAKPOINT: u64 = 3;
const VECTOR_INVALID: u64 = 6;
const VECTOR_STACK: u64 = 12;
const VECTOR_PROTECTION: u64 = 13;
const VECTOR_PAGE: u64 = 14;
const VECTOR_X87: u64 = 16;
const VECTOR_SIMD: u64 = 19;

const CODE_WRITE: u64 = 2;
const CODE_FETCH: u64 = 16;

/** `cause` is the vector, `code` the processor's error code. */
export function trap_kind(cause: u64, code: u64): u32 {
  if (cause == VECTOR_PAGE) {
    if (code & CODE_FETCH) return status.TRAP_PAGE_EXECUTE;
    return code & CODE_WRITE ? status.TRAP_PAGE_WRITE : status.TRAP_PAGE_READ;
  }
  if (cause == VECTOR_DIVIDE || cause == VECTOR_X87 || cause == VECTOR_SIMD) return status.TRAP_ARITHMETIC;
  if (cause == VECTOR_BREAKPOINT) return status.TRAP_BREAKPOINT;
  if (cause == VECTOR_INVALID) return status.TRAP_INSTRUCTION;
  // an address outside the canonical halves
  if (cause == VECTOR_STACK || cause == VECTOR_PROTECTION) return status.TRAP_OUT_OF_BOUNDS;
  return status.TRAP_OTHER;
}

/** Address of the return address in a frame. */
export function frame_return_slot(frame: u64): u64 {
  return frame + 8;
}

/** Address of the caller's frame pointer in a frame. */
export function frame_link_slot(frame: u64): u64 {
  return frame;
}
