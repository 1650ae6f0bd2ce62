// Exception causes (scause) as the kernel's kinds of trap. Called by kernel/ when a domain traps.
// A system call never gets here: boot/riscv64/traps.S takes those.

import * as status from "../kernel/abi/status";

const CAUSE_FETCH_MISALIGNED: u64 = 0;
const CAUSE_FETCH_ACCESS: u64 = 1;
const CAUSE_ILLEGAL_INSTRUCTION: u64 = 2;
const CAUSE_BREAKPOINT: u64 = 3;
const CAUSE_SUPERVISOR_ECALL: u64 = 9;
const CAUSE_FETCH_PAGE: u64 = 12;
const CAUSE_LOAD_PAGE: u64 = 13;
const CAUSE_STORE_PAGE: u64 = 15;

export function trap_kind(cause: u64, code: u64): u32 {
  if (cause == CAUSE_FETCH_PAGE) return status.TRAP_PAGE_EXECUTE;
  if (cause == CAUSE_LOAD_PAGE) return status.TRAP_PAGE_READ;
  if (cause == CAUSE_STORE_PAGE) return status.TRAP_PAGE_WRITE;
  if (cause == CAUSE_ILLEGAL_INSTRUCTION || cause == CAUSE_SUPERVISOR_ECALL) return status.TRAP_INSTRUCTION;
  if (cause == CAUSE_FETCH_ACCESS || cause == CAUSE_FETCH_MISALIGNED) return status.TRAP_EXECUTE;
  if (cause == CAUSE_BREAKPOINT) return status.TRAP_BREAKPOINT;
  return status.TRAP_OTHER;
}

// A frame, as clang lays it out here: s0 points behind the saved return address and the caller's s0.

/** Address of the caller's frame pointer, given a frame pointer. */
export function frame_link_slot(frame: u64): u64 {
  return frame - 16;
}

/** Address of the return address, given a frame pointer. */
export function frame_return_slot(frame: u64): u64 {
  return frame - 8;
}
