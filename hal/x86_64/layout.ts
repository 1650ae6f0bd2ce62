// x86_64: the fixed addresses that boot/, hal/, kernel/ and the linker scripts share.
// Four-level paging; the lower half holds code and instance slots, the upper half the kernel.
export const ARCHITECTURE: u32 = 1;
/** Physical address at which the boot image is linked. */
export const KERNEL_PHYSICAL: u64 = 0x20_0000;
/** Kernel text and data; the image's physical address + KERNEL_OFFSET. */
export const KERNEL_BASE: u64 = 0xffff_ffff_8000_0000;
/** Index 0 of the kernel's linear memory: a sign-extended 32-bit displacement reaches all of it. */
export const KERNEL_MEMORY_BASE: u64 = 0xffff_ffff_9000_0000;
/** All of physical memory, read-write, never executable. */
export const DIRECT_MAP: u64 = 0xffff_8000_0000_0000;
