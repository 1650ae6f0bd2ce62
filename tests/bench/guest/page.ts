// What the bench's root task tells a worker and what workers tell each other: two pages at the start of the window.
// The first is the worker's own, written by the root before it starts; the second is one page that all of a round share.

export const OWN: usize = 0x8000_0000;
export const SHARED: usize = 0x8000_1000;

export const ROLE_AT: usize = 0;
export const MODE_AT: usize = 8;
export const SELF_AT: usize = 16;
export const UART_AT: usize = 24;
/** Bytes from one register of the UART to the next. */
export const STRIDE_AT: usize = 32;
export const ENDPOINT_AT: usize = 40;
export const NOTIFICATION_AT: usize = 48;
export const REGION_AT: usize = 56;
export const IRQ_AT: usize = 64;
/** Endpoints of services that wait to trap: TRAPS of them. */
export const TRAPS_AT: usize = 128;
export const TRAPS: u32 = 16;

/** Counter when the one who was woken ran. */
export const STAMP_AT: usize = 0;

export const ROLE_SERVER: u64 = 1;
export const ROLE_CALLS: u64 = 2;
export const ROLE_GATES: u64 = 3;
export const ROLE_MAPS: u64 = 4;
export const ROLE_YIELDS: u64 = 5;
export const ROLE_GIVES_WAY: u64 = 6;
export const ROLE_WAITS: u64 = 7;
export const ROLE_NOTIFIES: u64 = 8;
export const ROLE_HANDLES: u64 = 9;
export const ROLE_INTERRUPTS: u64 = 10;
export const ROLE_TRAPS: u64 = 11;
/** Ends at once: an instance of a small service that comes and goes. */
export const ROLE_ENDS: u64 = 12;

/** Modes of whom a worker calls, for the figure's name. */
export const MODE_SFI: u64 = 0;
export const MODE_HW: u64 = 1;
export const MODE_SFI_TO_HW: u64 = 2;
export const MODE_HW_TO_SFI: u64 = 3;

export const METHOD_NULL: u64 = 0;
export const METHOD_SUM: u64 = 1;
export const METHOD_WORDS: u64 = 2;
export const METHOD_TRAP: u64 = 3;
