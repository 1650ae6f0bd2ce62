// A machine that exists only in tests: the layout of x86_64, devices and memory told by the test.
export const ARCHITECTURE: u32 = 1;
export const KERNEL_BASE: u64 = 0xffff_ffff_8000_0000;
export const KERNEL_MEMORY_BASE: u64 = 0xffff_ffff_9000_0000;
export const DIRECT_MAP: u64 = 0xffff_8000_0000_0000;
