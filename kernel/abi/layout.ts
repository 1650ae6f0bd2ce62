// Where things lie: the instance slot, the kernel's own linear memory, and the fields that the
// assembly gates share with the kernel. linker/ turns every constant here into an assembler symbol.
//
// An instance slot, 8 GiB, the same on every architecture:
//
//   slot + 0          unmapped
//   slot + 256 MiB    funcref tables, mapped on demand up to what the module's header asks for
//   slot + 512 MiB    unmapped; the stack grows down from slot + 768 MiB, on demand, up to its limit
//   slot + 1 GiB - d  wasm2c's instance struct; d = the header's struct distance
//   slot + 1 GiB      linear memory: index 0 … 2 GiB, on demand up to its current size
//   slot + 3 GiB      window: indices 2 … 4 GiB, filled by region_map
//   slot + 5 GiB      unmapped up to the next slot: 32-bit index + constant offset < 2 GiB ends here

export const SLOT_SHIFT: u32 = 33;
export const SLOT_TABLES: u64 = 0x1000_0000;
export const SLOT_STACK_TOP: u64 = 0x3000_0000;
export const SLOT_MEMORY: u64 = 0x4000_0000;
export const SLOT_WINDOW: u64 = 0xc000_0000;
export const SLOT_END: u64 = 0x1_4000_0000;
/** Linear-memory index at which the window starts. */
export const WINDOW_INDEX: u32 = 0x8000_0000;
/** The largest constant offset of a memory access that a one-slot module may have, exclusive. */
export const REACH_LIMIT: u64 = 0x8000_0000;
/** Code objects live in slot 0, from here up. */
export const CODE_BASE: u64 = 0x4000_0000;
export const CODE_END: u64 = 0x2_0000_0000;

/** Reply words r1 … r5 pass through linear addresses MESSAGE + 8 … MESSAGE + 40 of both instances. */
export const MESSAGE: u32 = 16;
/** AssemblyScript services start their static data here, above the message words. */
export const SERVICE_MEMORY_BASE: u32 = 64;
/** The start-up page: read-only, in the window's first page. */
export const STARTUP_INDEX: u32 = 0x8000_0000;

// The kernel's linear memory (index; add KERNEL_MEMORY_BASE of hal/<arch>/layout.ts for the address).
// Tables have a fixed place and grow by mapping frames at their end.
export const KERNEL_CPUS: u32 = 0x1000;
export const KERNEL_CPU_SIZE: u32 = 1024;
export const KERNEL_CPU_MAX: u32 = 16;
export const KERNEL_STATIC: u32 = 0x2_0000;
/** Bytes of kernel memory that the boot stub maps before any kernel code runs. */
export const KERNEL_INITIAL_BYTES: u32 = 0x6_0000;
/** Stacks of the CPUs but the first, an area for each: see kernel/start/cpus.ts. */
export const KERNEL_STACKS: u32 = 0x40_0000;
export const KERNEL_STACK_AREA: u32 = 0x1_0000;
export const KERNEL_LOG: u32 = 0x10_0000;
export const KERNEL_LOG_BYTES: u32 = 0x1_0000;
export const KERNEL_TRACE: u32 = 0x20_0000;
export const KERNEL_TRACE_BYTES: u32 = 0x4_0000;
export const KERNEL_DOMAINS: u32 = 0x0100_0000;
export const KERNEL_DOMAIN_SIZE: u32 = 2048;
export const KERNEL_DOMAIN_MAX: u32 = 16384;
export const KERNEL_THREADS: u32 = 0x0400_0000;
export const KERNEL_OBJECTS: u32 = 0x0600_0000;
export const KERNEL_FRAMES: u32 = 0x0c00_0000;
export const KERNEL_CAPS: u32 = 0x1000_0000;
export const KERNEL_CAP_SIZE: u32 = 64;
export const KERNEL_CAP_MAX: u32 = 0x40_0000;
export const KERNEL_MEMORY_END: u32 = 0x3000_0000;

// CPU block: gs base (x86_64) or tp (riscv64) points to it while the kernel or an sfi instance runs.
/** u64 native address of this block itself. */
export const CPU_SELF: u32 = 0;
/** u32 kernel index of the current domain; 0 = none (idle). */
export const CPU_DOMAIN: u32 = 8;
/** u32 not zero: something waits for the gate's exit (deferred interrupt or a wanted switch). */
export const CPU_ATTENTION: u32 = 12;
/** u32 interrupt vector that arrived in kernel text and waits; 0 = none. */
export const CPU_DEFERRED: u32 = 16;
/** u32 1 while an idle CPU waits with interrupts on. */
export const CPU_IDLE: u32 = 20;
/** u64 top of this CPU's kernel stack. */
export const CPU_STACK_TOP: u32 = 24;
/** u64 page-table root loaded now. */
export const CPU_ROOT: u32 = 32;
/** u32 dense number of this CPU; the boot CPU is 0. u32 hardware id (APIC id, hart id). */
export const CPU_NUMBER: u32 = 40;
export const CPU_HARDWARE_ID: u32 = 44;
/** u32 kernel index of this block, where an architecture's cpu_block() loads it (x86_64). */
export const CPU_INDEX: u32 = 56;
/** u32 not zero: another CPU waits for this one to forget all translations (x86_64). */
export const CPU_FLUSH: u32 = 96;
/** u64 native address of the kernel lock, where an architecture's gates load it (riscv64). */
export const CPU_LOCK: u32 = 88;
/** 16 u64 words that only the assembly uses. */
export const CPU_SCRATCH: u32 = 256;
/** u64 words of the last exception, written by the trap stub before it calls `trap`. */
export const CPU_TRAP_CAUSE: u32 = 64;
export const CPU_TRAP_ADDRESS: u32 = 72;
export const CPU_TRAP_CODE: u32 = 80;

// Domain: fields that the assembly reads or writes. The kernel's own fields start at DOMAIN_KERNEL.
// group "set at creation, read by gates"
/** u32 what DOMAIN_CONTEXT… holds: CONTEXT_… */
export const DOMAIN_CONTEXT_KIND: u32 = 4;
/** u64 native address of the wasm2c struct. */
export const DOMAIN_INSTANCE: u32 = 8;
/** u64 native address of the module's call handler. */
export const DOMAIN_HANDLER: u32 = 16;
/** u64 native address of the stack's top, 16-byte aligned. */
export const DOMAIN_STACK_TOP: u32 = 24;
/** u64 page-table root in the form the CPU loads (CR3, satp). */
export const DOMAIN_ROOT: u32 = 32;
/** u64 native address of linear memory's index 0. */
export const DOMAIN_MEMORY_BASE: u32 = 40;
/** u64 native address of the module's user-mode entry trampoline. */
export const DOMAIN_TRAMPOLINE: u32 = 48;
// group "the one activation"
/** u32 kernel index of the domain whose call this activation answers; 0 = none (own event). */
export const DOMAIN_CALLER: u32 = 56;
/** u32 not zero: the caller wants reply words r1 … r5 too. */
export const DOMAIN_WANTS_WORDS: u32 = 60;
/** u64 saved stack pointer of a VOLUNTARY context. */
export const DOMAIN_SP: u32 = 64;
/** i64 what a VOLUNTARY or USER context gets in its result register when it resumes. */
export const DOMAIN_RESULT: u32 = 72;
/** u64 entry point and 8 words for an ENTER context: badge, method, w0 … w5. */
export const DOMAIN_ENTER_PC: u32 = 80;
export const DOMAIN_ENTER_ARGUMENTS: u32 = 88;
/** 6 u64: reply words on their way between instances of which one is `hw`; [0] unused. */
export const DOMAIN_WORDS: u32 = 152;
/** saved registers, 64 u64, order private to boot/<arch>; then 512 bytes of vector state. */
export const DOMAIN_REGISTERS: u32 = 1024;
export const DOMAIN_VECTOR: u32 = 1536;
/** The kernel's own fields lie between here and DOMAIN_REGISTERS. */
export const DOMAIN_KERNEL: u32 = 200;
/** u32 ISOLATION_SFI or ISOLATION_HW: behind the state, so that the shortest path of a call looks at both at once. */
export const DOMAIN_MODE: u32 = 204;

export const ISOLATION_SFI: u32 = 0;
export const ISOLATION_HW: u32 = 1;
/** With ISOLATION_HW, among domain_create's options: nothing of the domain's memory is shared, and its code is measured. */
export const DOMAIN_ENCLAVE: u64 = 0x1_0000;

/** Nothing to resume. */
export const CONTEXT_NONE: u32 = 0;
/** Suspended in a gate of its own accord: callee-saved registers on its own stack (sfi) or in DOMAIN_REGISTERS (hw). */
export const CONTEXT_VOLUNTARY: u32 = 1;
/** Interrupted: everything in DOMAIN_REGISTERS and DOMAIN_VECTOR. */
export const CONTEXT_INTERRUPTED: u32 = 2;
/** About to enter DOMAIN_ENTER_PC with DOMAIN_ENTER_ARGUMENTS on an empty stack. */
export const CONTEXT_ENTER: u32 = 3;
