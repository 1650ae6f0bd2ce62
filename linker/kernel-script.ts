// The linker script of the boot image. Called by kernel.ts; boot/<arch>/*.S and hal rely on its symbols.
// Invariant: early code lies at its physical address, all else in the high half, KERNEL_OFFSET above its own.
import type { AbiConstants, Architecture } from "./abi/constants.ts";

/** An assembler-visible entry of the ELF header; PVH and multiboot2 have their own. */
const ENTRY: Record<Architecture, string> = { x86_64: "entry_pvh", riscv64: "image_head" };

export function kernelScript(abi: AbiConstants): string {
  const hexadecimal = (name: string): string => `0x${abi.value(name).toString(16)}`;
  return `/* Emitted by linker/kernel.ts. Early code at its physical address, all else in the high half. */
ENTRY(${ENTRY[abi.architecture]})
KERNEL_OFFSET = ${hexadecimal("KERNEL_BASE")} - ${hexadecimal("KERNEL_PHYSICAL")};
PHDRS {
  boot PT_LOAD FLAGS(5);
  text PT_LOAD FLAGS(5);
  rodata PT_LOAD FLAGS(4);
  data PT_LOAD FLAGS(6);
  memory PT_LOAD FLAGS(6);
  note PT_NOTE FLAGS(4);
}
SECTIONS {
  . = ${hexadecimal("KERNEL_PHYSICAL")};
  image_start = .;
  .head : { KEEP(*(.head)) } :boot
  .multiboot2 : { KEEP(*(.multiboot2)) } :boot
  .note.Xen : { KEEP(*(.note.Xen)) } :boot :note
  .boot : { KEEP(*(.boot .boot.*)) } :boot
  . = ALIGN(4096) + KERNEL_OFFSET;
  kernel_text_start = .;
  .text : AT(ADDR(.text) - KERNEL_OFFSET) { KEEP(*(.text)) kernel_assembly_end = .; *(.text.*) . = ALIGN(4096); } :text
  kernel_text_end = .;
  kernel_rodata_start = .;
  .rodata : AT(ADDR(.rodata) - KERNEL_OFFSET) { KEEP(*(.rodata)) as_domain_table = .; KEEP(*(.rodata.as_domain)) as_domain_table_end = .; restart_table = .; KEEP(*(.rodata.restart)) restart_table_end = .; KEEP(*(.rodata.user_special)) *(.rodata.* .srodata .srodata.* .data.rel.ro .data.rel.ro.*) } :rodata
  .rodata.zsymbols : AT(ADDR(.rodata.zsymbols) - KERNEL_OFFSET) { KEEP(*(.kernel_symbols)) . = ALIGN(4096); } :rodata
  kernel_rodata_end = .;
  kernel_data_start = .;
  .data : AT(ADDR(.data) - KERNEL_OFFSET) { KEEP(*(.data)) *(.data.* .sdata .sdata.*) . = ALIGN(8); } :data
  kernel_bss_start = .;
  .bss : AT(ADDR(.bss) - KERNEL_OFFSET) { *(.bss .sbss .bss.linker* .bss.* .sbss.*) . = ALIGN(4096); } :data
  kernel_bss_end = .;
  kernel_data_end = .;
  kernel_memory_physical = . - KERNEL_OFFSET;
  image_end = kernel_memory_physical + ${hexadecimal("KERNEL_INITIAL_BYTES")};
  .kernel_memory ${hexadecimal("KERNEL_MEMORY_BASE")} (NOLOAD) : AT(kernel_memory_physical) { . += ${hexadecimal("KERNEL_INITIAL_BYTES")}; } :memory
  /DISCARD/ : { *(.comment .eh_frame .note.GNU-stack .note.gnu.property .riscv.attributes) }
}
`;
}
