// riscv64: the fixed addresses that boot/, hal/, kernel/ and the linker scripts share.
// Sv39, Sv48 or Sv57, whichever satp takes; every address below is valid in all three.
export const ARCHITECTURE: u32 = 2;
/** Physical address at which the boot image is linked (OpenSBI and U-Boot enter here). */
export const KERNEL_PHYSICAL: u64 = 0x8020_0000;
/** Kernel text and data. `lui` reaches it: the upper 2 GiB. */
export const KERNEL_BASE: u64 = 0xffff_ffff_8000_0000;
/** Index 0 of the kernel's linear memory. */
export const KERNEL_MEMORY_BASE: u64 = 0xffff_ffff_9000_0000;
/** All of physical memory, read-write, never executable. */
export const DIRECT_MAP: u64 = 0xffff_ffc0_0000_0000;
/** Bytes of physical space that the boot page tables map at DIRECT_MAP: memory above is not used. */
export const DIRECT_MAP_BYTES: u64 = 0x10_0000_0000;
