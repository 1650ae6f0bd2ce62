// What only this architecture asks of the assembly: SBI calls and control registers (docs/abi.md section 5).
// Called by the hal of riscv64 alone. Invariant: numbers of registers are those of csr_load and csr_store.

/** An SBI call: the negative error, or the value. */
@external("machine", "sbi") export declare function sbi(extension: u64, method: u64, a0: u64, a1: u64, a2: u64): i64;
@external("machine", "csr_load") export declare function csr_load(register: u32): u64;
/** Physical address at which other harts start. */
@external("machine", "start_address") export declare function start_address(): u64;
@external("machine", "csr_store") export declare function csr_store(register: u32, value: u64): void;

export const CSR_CYCLE: u32 = 1;
export const CSR_SIE: u32 = 3;
/** Written, it takes back another hart's word: only the software bit can be written. */
export const CSR_SIP: u32 = 4;
export const CSR_SATP: u32 = 5;
export const CSR_STIMECMP: u32 = 6;
/** Not a register: 1 if stimecmp may be used here, as head.S found out. */
export const CSR_STIMECMP_USABLE: u32 = 7;

export const SBI_CONSOLE_PUTCHAR: u64 = 1;
export const SBI_LEGACY_SHUTDOWN: u64 = 8;
export const SBI_BASE: u64 = 0x10;
export const SBI_BASE_PROBE: u64 = 3;
export const SBI_TIME: u64 = 0x5449_4d45;
export const SBI_IPI: u64 = 0x73_5049;
export const SBI_REMOTE_FENCE: u64 = 0x5246_4e43;
export const SBI_HART_STATE: u64 = 0x48_534d;
export const SBI_DEBUG_CONSOLE: u64 = 0x4442_434e;
export const SBI_DEBUG_CONSOLE_WRITE_BYTE: u64 = 2;
export const SBI_SYSTEM_RESET: u64 = 0x5352_5354;
