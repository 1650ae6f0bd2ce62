// The kernel's own end: a bug in the kernel, or a machine that it cannot start on. Speaks on the hal's
// console, whoever owns the UART, and powers off with a failing status.

import { power_off } from "../hal/power";
import { trap_kind, frame_link_slot, frame_return_slot } from "../hal/trap";
import { KERNEL_BASE } from "../hal/layout";
import { cpu } from "./cpu";
import { console_seize, log, log_byte, log_hex, log_line, log_number } from "./log";
import { halt, kernel_root, load64 } from "./machine";
import { translate } from "./mm/pagetable";
import { symbol_print } from "./symbols";

const FRAMES_MAX: u32 = 24;
/** Exit status of the machine after a panic, and after a start that could not succeed. */
export const STATUS_PANIC: u32 = 101;
export const STATUS_START: u32 = 102;

/** What went wrong at start, and what to do about it. Does not return. */
export function refuse(message: string, advice: string): void {
  console_seize();
  log("phios: cannot start: ");
  log_line(message);
  log("phios: ");
  log_line(advice);
  power_off(STATUS_START);
  halt();
}

/** A broken invariant of the kernel. Does not return. */
export function panic(message: string): void {
  console_seize();
  log("phios: kernel panic: ");
  log_line(message);
  power_off(STATUS_PANIC);
  halt();
}

let panicking: bool = false;

/** An exception in kernel text. */
export function kernel_trap(pc: u64, sp: u64, frame_pointer: u64): void {
  if (panicking) {
    power_off(STATUS_PANIC);
    halt();
  }
  panicking = true;
  console_seize();
  log("phios: kernel panic: exception ");
  log_number(trap_kind(cpu().trap_cause, cpu().trap_code));
  log(" at ");
  log_hex(pc);
  log(", address ");
  log_hex(cpu().trap_address);
  log(", cause ");
  log_hex(cpu().trap_cause);
  log(", stack ");
  log_hex(sp);
  log_byte(10);
  frame_print(pc, pc);
  let frame = frame_pointer;
  for (let i: u32 = 0; i < FRAMES_MAX; i++) {
    if (frame < KERNEL_BASE || (frame & 7) != 0) break;
    const return_at = translate(kernel_root(), frame_return_slot(frame));
    const next_at = translate(kernel_root(), frame_link_slot(frame));
    if (return_at == 0 || next_at == 0) break;
    const address = load64(return_at);
    frame_print(address, address - 1);
    const next = load64(next_at);
    if (next <= frame) break;
    frame = next;
  }
  power_off(STATUS_PANIC);
  halt();
}

/** `inside` is the address whose place counts: of a return address the call before it, which may end a line. */
function frame_print(address: u64, inside: u64): void {
  log("  at ");
  symbol_print(inside);
  log(" (");
  log_hex(address);
  log(")\n");
}
