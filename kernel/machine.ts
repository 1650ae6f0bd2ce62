// What the kernel asks of the assembly: memory, device registers, time and the TLB.
// docs/abi.md section 5 states each contract; boot/<arch>/machine.S or an emitted inline function keeps it.

@external("machine", "cpu_block") export declare function cpu_block(): u32;
@external("machine", "load8") export declare function load8(address: u64): u32;
@external("machine", "load16") export declare function load16(address: u64): u32;
@external("machine", "load32") export declare function load32(address: u64): u32;
@external("machine", "load64") export declare function load64(address: u64): u64;
@external("machine", "store8") export declare function store8(address: u64, value: u32): void;
@external("machine", "store16") export declare function store16(address: u64, value: u32): void;
@external("machine", "store32") export declare function store32(address: u64, value: u32): void;
@external("machine", "store64") export declare function store64(address: u64, value: u64): void;
/** A device's register: its value, or E_BUS where the processor was told that there is none of that width. */
@external("machine", "device_load") export declare function device_load(address: u64, width_bytes: u32): i64;
@external("machine", "device_store") export declare function device_store(address: u64, width_bytes: u32, value: u64): i64;
/** Zeroes `bytes` (a multiple of 8) of RAM at a physical address. */
@external("machine", "zero") export declare function zero(address: u64, bytes: u64): void;
@external("machine", "copy") export declare function copy(destination: u64, source: u64, bytes: u64): void;
/** The time base: a free-running counter whose frequency the hal knows. */
@external("machine", "counter") export declare function counter(): u64;
/** Instructions retired, or the nearest thing the processor counts. */
@external("machine", "instructions") export declare function instructions(): u64;
@external("machine", "flush_page") export declare function flush_page(address: u64): void;
@external("machine", "flush_all") export declare function flush_all(): void;
@external("machine", "load_root") export declare function load_root(word: u64): void;
@external("machine", "gate_address") export declare function gate_address(gate: u32): u64;
@external("machine", "image_start") export declare function image_start(): u64;
@external("machine", "image_end") export declare function image_end(): u64;
@external("machine", "kernel_root") export declare function kernel_root(): u64;
@external("machine", "halt") export declare function halt(): void;
/** Native address of the kernel's own symbol table. */
@external("machine", "symbols_address") export declare function symbols_address(): u64;
