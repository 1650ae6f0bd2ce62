// What only the x86_64 hal asks of the assembly (boot/x86_64/machine.S): ports, CPUID, model-specific registers.

@external("machine", "port_load") export declare function port_load(width_bytes: u32, port: u32): u32;

@external("machine", "port_store") export declare function port_store(width_bytes: u32, port: u32, value: u32): void;
/** Register 0 … 3: eax, ebx, ecx, edx of the answer. */
@external("machine", "cpuid") export declare function cpuid(leaf: u32, subleaf: u32, register: u32): u32;

@external("machine", "msr_load") export declare function msr_load(number: u32): u64;

@external("machine", "msr_store") export declare function msr_store(number: u32, value: u64): void;
/** Puts the code with which other CPUs start into a page below 1 MiB. */
@external("machine", "start_code") export declare function start_code(page: u64): void;
/** Every CPU of the mask (by number) forgets all translations before this returns. */
@external("machine", "flush_cpus") export declare function flush_cpus(mask: u32): void;
/** 64 random bits, or 0 when the processor has no generator. */
@external("machine", "random") export declare function random(): u64;
/** What the caches hold goes to memory. */
@external("machine", "write_back") export declare function write_back(): void;
