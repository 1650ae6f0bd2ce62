// The trace ring: what a holder of SYSTEM_TRACE maps. Entry 0 is the header { u64 events written since boot, u64 capacity,
// u64 nanoseconds in 2^32 ticks of the counter, u64 counter when recording was last switched on }; events follow, event number n at entry 1 + n % capacity. The kernel writes it, the shell shows it.

export const TRACE_ENTRY_SIZE: u32 = 32;
export const TRACE_WRITTEN_AT: u32 = 0;
export const TRACE_CAPACITY_AT: u32 = 8;
export const TRACE_SCALE_AT: u32 = 16;
export const TRACE_BASE_AT: u32 = 24;
/** u64 counter, u32 event | CPU << 16, u32 place of the domain that ran (STATUS_PLACE), u64 a, u64 b. */
export const TRACE_COUNTER_AT: u32 = 0;
export const TRACE_EVENT_AT: u32 = 8;
export const TRACE_DOMAIN_AT: u32 = 12;
export const TRACE_A_AT: u32 = 16;
export const TRACE_B_AT: u32 = 24;

/** a: the domain that runs next, b: the domain whose thread it is. */
export const TRACE_SWITCH: u32 = 1;
/** a: the server. */
export const TRACE_CALL: u32 = 2;
/** a: vector, b: line. */
export const TRACE_INTERRUPT: u32 = 3;
/** a: TRAP_ kind, b: address. */
export const TRACE_TRAP: u32 = 4;
/** a: bits, b: notification's object id. */
export const TRACE_SIGNAL: u32 = 5;
/** a: the domain. */
export const TRACE_START: u32 = 6;
/** a: the domain, b: STATE_ it ended in. */
export const TRACE_END: u32 = 7;
/** The domain's handler returned. a: the result. */
export const TRACE_RETURN: u32 = 8;
