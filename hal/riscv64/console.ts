// The kernel's own console: the firmware's, through SBI. Used until a driver owns the UART, and by panics.
// Invariant: a machine without a console loses the text and never hangs.

import {
  sbi,
  SBI_BASE,
  SBI_BASE_PROBE,
  SBI_CONSOLE_PUTCHAR,
  SBI_DEBUG_CONSOLE,
  SBI_DEBUG_CONSOLE_WRITE_BYTE,
} from "./machine";

let has_debug_console: bool = false;

export function console_start(): void {
  has_debug_console = sbi(SBI_BASE, SBI_BASE_PROBE, SBI_DEBUG_CONSOLE, 0, 0) > 0;
}

export function console_put(byte: u32): void {
  if (has_debug_console) sbi(SBI_DEBUG_CONSOLE, SBI_DEBUG_CONSOLE_WRITE_BYTE, byte, 0, 0);
  else sbi(SBI_CONSOLE_PUTCHAR, 0, byte, 0, 0);
}
