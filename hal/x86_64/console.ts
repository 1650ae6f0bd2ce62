// The kernel's own console: the first serial port, polled. Called by the kernel's log until a driver owns the port,
// and by panics. Invariant: an absent or stuck port costs a bounded number of looks, then is left alone for good.

import { port_load, port_store } from "./machine";

export const UART_PORT: u32 = 0x3f8;
export const UART_PORTS: u32 = 8;

const INTERRUPTS: u32 = UART_PORT + 1;
const FIFO: u32 = UART_PORT + 2;
const LINE: u32 = UART_PORT + 3;
const MODEM: u32 = UART_PORT + 4;
const STATUS: u32 = UART_PORT + 5;
const SCRATCH: u32 = UART_PORT + 7;

const DIVISOR_ACCESS: u32 = 0x80;
const EIGHT_BITS: u32 = 0x03;
const DIVISOR_115200: u32 = 1;
const TRANSMITTER_EMPTY: u32 = 0x20;
/** Looks at the status for one byte: some 100 ms at a port access of 1 µs. */
const LOOKS_MAX: u32 = 100_000;

let present: bool = false;

/** Does the scratch register keep what is written? A missing port reads as all ones. */
export function uart_present(): bool {
  port_store(1, SCRATCH, 0x5a);
  if (port_load(1, SCRATCH) != 0x5a) return false;
  port_store(1, SCRATCH, 0xa5);
  return port_load(1, SCRATCH) == 0xa5;
}

/** 115200 baud, 8 bits, no parity, FIFOs on, no interrupts. */
export function console_start(): void {
  present = uart_present();
  if (!present) return;
  port_store(1, INTERRUPTS, 0);
  port_store(1, LINE, DIVISOR_ACCESS);
  port_store(1, UART_PORT, DIVISOR_115200);
  port_store(1, UART_PORT + 1, 0);
  port_store(1, LINE, EIGHT_BITS);
  port_store(1, FIFO, 0x07);
  port_store(1, MODEM, 0x0b);
}

/** Sends one byte; drops it when there is no port. */
export function console_put(byte: u32): void {
  if (!present) return;
  for (let looks: u32 = 0; looks < LOOKS_MAX; looks++) {
    if (port_load(1, STATUS) & TRANSMITTER_EMPTY) {
      port_store(1, UART_PORT, byte);
      return;
    }
  }
  present = false;
}
