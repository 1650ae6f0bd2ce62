// The linker script of modules: an image at offset 0 of text, thunks, rodata, relro, each on pages of its own.
// Called by phx/link.ts. Invariant: writable data is a link error: all state of a module is its instance's.
export const MODULE_SCRIPT = `/* Emitted by linker/phx/script.ts. */
ENTRY(phx_start)
SECTIONS {
  . = 0;
  phx_image = .;
  /* image offset 0 means "no entry" */
  .text : { . = . + 16; *(.text .text.*) . = ALIGN(4096); }
  .thunks : { KEEP(*(.thunks)) . = ALIGN(4096); }
  .rodata : { *(.rodata .rodata.* .srodata .srodata.*) . = ALIGN(4096); }
  .relro : { KEEP(*(.data.rel.ro.phx_gates)) *(.data.rel.ro .data.rel.ro.*) . = ALIGN(4096); }
  phx_image_end = .;
  .dynsym : { *(.dynsym) }
  .dynstr : { *(.dynstr) }
  .hash : { *(.hash) }
  .gnu.hash : { *(.gnu.hash) }
  .dynamic : { *(.dynamic) }
  .rela.dyn : { *(.rela.dyn) *(.rela.*) }
  .got : { *(.got .got.plt .plt) }
  .data : { *(.data .data.* .sdata .sdata.*) }
  .bss : { *(.bss .bss.* .sbss .sbss.* COMMON) }
  ASSERT(SIZEOF(.data) == 0, "a module must not have writable static data")
  ASSERT(SIZEOF(.bss) == 0, "a module must not have writable static data")
  /DISCARD/ : { *(.comment .eh_frame .note.GNU-stack .note.gnu.property .riscv.attributes) }
}
`;
