// What init tells a worker of the device tests, and what workers tell init: one page each at the start of the window.

export const OWN: usize = 0x8000_0000;

export const ROLE_AT: usize = 0;
export const SYSTEM_AT: usize = 8;
export const SELF_AT: usize = 16;
export const NOTIFICATION_AT: usize = 24;
export const IRQ_AT: usize = 32;
/** UART, and the memory of PCI devices or the part of it that is the device's. */
export const UART_AT: usize = 40;
export const STRIDE_AT: usize = 48;
export const REGISTERS_AT: usize = 56;

/** What comes back: 0 while the worker is not ready, then 1 or an error; a count, and what else the role says. */
export const STATE_AT: usize = 64;
export const COUNT_AT: usize = 72;
export const WRONG_AT: usize = 80;
export const STAMP_AT: usize = 88;
export const OFFSET_AT: usize = 96;
export const TOTAL_AT: usize = 104;

/** Devices: handle, a and b of the start-up entry each; a handle of 0 ends the list. */
export const DEVICES_AT: usize = 256;
export const DEVICE_BYTES: usize = 24;

/** Reads and writes registers in every width: COUNT accesses that the device refused, WRONG answers that no caller should see. */
export const ROLE_SWEEP: u64 = 1;
/** Driver of the educational device: obtains a message, programs it, counts and stamps what arrives. */
export const ROLE_MESSAGES: u64 = 2;
/** Raises it RAISED times; TOTAL: what the driver was late by, in all. */
export const ROLE_RAISES: u64 = 3;
/** The driver again, which raises the next message in every handler. */
export const ROLE_MESSAGE_STORM: u64 = 4;
/** Driver of the UART that never does what the line asks for, acknowledges, and has it ask again. */
export const ROLE_LINE_STORM: u64 = 5;
/** Counts as long as it may run. */
export const ROLE_WITNESS: u64 = 6;

export const RAISED: u64 = 1000;
/** Registers of the educational device (QEMU docs/specs/edu.txt). */
export const EDU_IDENTITY: u32 = 0x11e8_1234;
export const EDU_STATUS: u64 = 0x24;
export const EDU_RAISE: u64 = 0x60;
export const EDU_ACKNOWLEDGE: u64 = 0x64;
export const EDU_BYTES: u32 = 0x10_0000;
