// Fields that domain_status and system_info answer, states of a domain, and kinds of trap.

export const STATUS_STATE: u32 = 0;
export const STATUS_EXIT: u32 = 1;
export const STATUS_TRAP: u32 = 2;
export const STATUS_TRAP_PC: u32 = 3;
export const STATUS_TRAP_ADDRESS: u32 = 4;
/** Frames its linear memory, stack, tables and own objects hold, in bytes. */
export const STATUS_MEMORY: u32 = 5;
export const STATUS_BUDGET: u32 = 6;
export const STATUS_TIME_NS: u32 = 7;
export const STATUS_MODE: u32 = 9;
export const STATUS_PRIORITY: u32 = 10;
export const STATUS_CAPS: u32 = 11;
/** Native address at which its code starts: frame minus this is an image offset. */
export const STATUS_CODE_BASE: u32 = 12;
export const STATUS_ID: u32 = 13;
export const STATUS_MEMORY_PAGES: u32 = 14;
/** Its place in the table of domains: what events of the trace name. */
export const STATUS_PLACE: u32 = 20;
/** Number of the CPU that runs its thread, or ran it last. */
export const STATUS_CPU: u32 = 15;
/** What it waits for: WAIT_…; the id of the domain that its call waits for; the id of the caller whose call it answers. 0: none. */
export const STATUS_WAIT: u32 = 16;
export const STATUS_CALLEE: u32 = 17;
export const STATUS_CALLER: u32 = 18;
export const STATUS_FRAME_COUNT: u32 = 31;
/** STATUS_FRAME + i: return address i of the trap's backtrace, innermost first. */
export const STATUS_FRAME: u32 = 32;
export const STATUS_FRAME_MAX: u32 = 32;

export const STATE_FREE: u32 = 0;
export const STATE_CREATED: u32 = 1;
export const STATE_IDLE: u32 = 2;
export const STATE_BUSY: u32 = 3;
export const STATE_EXITED: u32 = 4;
export const STATE_TRAPPED: u32 = 5;
export const STATE_STOPPED: u32 = 6;
/** Idle, but only its holder may call it: everybody else waits (domain_hold). */
export const STATE_HELD: u32 = 7;

export const WAIT_NONE: u32 = 0;
/** its turn at a busy server */
export const WAIT_SERVER: u32 = 1;
/** a detached reply */
export const WAIT_REPLY: u32 = 2;
/** bits of a notification */
export const WAIT_NOTIFICATION: u32 = 3;
/** the return of a server that runs on the same thread */
export const WAIT_CALLEE: u32 = 4;

// 1 … 31: wasm2c's own numbers (wasm_rt_trap_t); 32 …: what the processor or the kernel found.
export const TRAP_NONE: u32 = 0;
export const TRAP_OUT_OF_BOUNDS: u32 = 32;
export const TRAP_STACK: u32 = 33;
export const TRAP_INSTRUCTION: u32 = 34;
export const TRAP_EXECUTE: u32 = 35;
export const TRAP_ARITHMETIC: u32 = 36;
export const TRAP_BREAKPOINT: u32 = 37;
export const TRAP_PERSONALITY: u32 = 38;
export const TRAP_GATE: u32 = 39;
export const TRAP_OTHER: u32 = 40;
/** No frame was left for a page that the instance touched. */
export const TRAP_MEMORY: u32 = 41;
/** hal's answer for a page fault; the kernel refines it by address. */
export const TRAP_PAGE_READ: u32 = 48;
export const TRAP_PAGE_WRITE: u32 = 49;
export const TRAP_PAGE_EXECUTE: u32 = 50;

export const INFO_FRAMES_TOTAL: u32 = 0;
export const INFO_FRAMES_FREE: u32 = 1;
export const INFO_DOMAINS: u32 = 2;
export const INFO_THREADS: u32 = 3;
export const INFO_CAPS: u32 = 4;
export const INFO_SWITCHES: u32 = 6;
export const INFO_INTERRUPTS: u32 = 7;
export const INFO_BOOT_COUNTER: u32 = 8;
export const INFO_LOG_REGION: u32 = 9;
export const INFO_TRACE_REGION: u32 = 10;
export const INFO_TRACE_ON: u32 = 11;
export const INFO_TRACE_OFF: u32 = 12;
/** How often an interrupt line was held back because it did not rest. */
export const INFO_STORMS: u32 = 13;
export const INFO_CPUS: u32 = 14;
export const INFO_FRAMES_KERNEL: u32 = 15;
/** INFO_CPU_SWITCHES + n: switches of threads that CPU n has made; INFO_CPU_BUSY_NS + n: how long it ran any. */
export const INFO_CPU_SWITCHES: u32 = 64;
export const INFO_CPU_BUSY_NS: u32 = 128;
/** Bytes that the kernel copied for somebody: messages of mailboxes, reply words of calls. */
export const INFO_COPIED_BYTES: u32 = 24;
/** Kernel console output stops: a driver owns the UART from now on. */
export const INFO_CONSOLE_TAKEN: u32 = 16;
/** The same, and the driver multiplexes (docs/console-protocol.md): a panic switches to the log channel first. */
export const INFO_CONSOLE_MULTIPLEXED: u32 = 17;
