# First instructions: 32-bit protected mode without paging, entered by a PVH loader (ebx = start info) or by a
# multiboot2 loader (eax = its magic, ebx = its information). Checks the processor, builds the first page tables
# (paging.S), enters long mode and jumps to start_high. Lies at its physical address; runs once, on one CPU.
.include "abi.inc"
.include "common.inc"

.set MULTIBOOT2_MAGIC, 0x36d76289
.set BOOT_PVH, 1
.set BOOT_MULTIBOOT2, 2

.section .note.Xen, "a", @note
  .balign 4
  .long 4, 8, 18                # name length, descriptor length, "physical 32-bit entry"
  .asciz "Xen"
  .quad entry_pvh

.section .multiboot2, "a", @progbits
  .balign 8
multiboot2_header:
  .long 0xe85250d6, 0, multiboot2_header_end - multiboot2_header
  .long -(0xe85250d6 + (multiboot2_header_end - multiboot2_header))
  .short 1, 0                   # information that must be there: memory map
  .long 12, 6
  .balign 8
  .short 3, 0                   # entry address
  .long 12, entry_multiboot2
  .balign 8
  .short 5, 1                   # framebuffer, if there is one
  .long 20, 0, 0, 32
  .balign 8
  .short 6, 1                   # modules on page boundaries
  .long 8
  .short 0, 0
  .long 8
multiboot2_header_end:

.section .boot, "ax", @progbits
.code32
.globl entry_pvh, entry_multiboot2
entry_multiboot2:
  cmpl $MULTIBOOT2_MAGIC, %eax
  movl $message_loader, %esi
  jne entry_fail
  movl $BOOT_MULTIBOOT2, %edi
  jmp entry_common
entry_pvh:
  movl $BOOT_PVH, %edi
entry_common:
  cli
  cld
  movl %ebx, %ebp               # edi, ebp: the two arguments of the kernel's boot()
  movl $(kernel_stack_top - KERNEL_OFFSET), %esp

  # long mode, no-execute, SSE4.1: without them nothing here can run
  movl $0x80000000, %eax
  cpuid
  movl $message_long_mode, %esi
  cmpl $0x80000001, %eax
  jb entry_fail
  movl $0x80000001, %eax
  cpuid
  btl $29, %edx
  jnc entry_fail
  movl $message_no_execute, %esi
  btl $20, %edx
  jnc entry_fail
  movl $1, %eax
  cpuid
  movl $message_sse, %esi
  btl $19, %ecx
  jnc entry_fail

  call paging_build

  movl $CR4_START, %eax
  movl %eax, %cr4
  movl $(boot_pml4 - KERNEL_OFFSET), %eax
  movl %eax, %cr3
  movl $0xc0000080, %ecx        # EFER: long mode, no-execute, syscall
  rdmsr
  orl $0x901, %eax
  wrmsr
  movl $CR0_START, %eax
  movl %eax, %cr0
  lgdtl entry_gdt_pointer
  ljmpl $SELECTOR_KERNEL_CODE, $entry_long

.code64
entry_long:
  movabsq $start_high, %rax
  jmpq *%rax

.code32
# esi: message. To the UART if there is one and to VGA text memory; then off, as a failure.
entry_fail:
  movl $0xb8000, %edi
  movl $0x10000, %ecx           # the UART gets this many looks in all, then is taken for absent
1:lodsb
  testb %al, %al
  jz 3f
  movb $0x07, %ah
  stosw
  movb %al, %bl
2:movw $0x3fd, %dx
  inb %dx, %al
  testb $0x20, %al
  jnz 4f
  loop 2b
  incl %ecx
4:movb %bl, %al
  movw $0x3f8, %dx
  outb %al, %dx
  jmp 1b
3:movb $1, %al
  movw $0xf4, %dx
  outb %al, %dx
5:hlt
  jmp 5b

message_loader: .asciz "PhiOS: this loader speaks neither PVH nor multiboot2.\r\n"
message_long_mode: .asciz "PhiOS: this processor has no 64-bit mode.\r\n"
message_no_execute: .asciz "PhiOS: this processor has no no-execute pages (NX), or the firmware switched them off.\r\n"
message_sse: .asciz "PhiOS: this processor has no SSE4.1. In QEMU use -cpu max.\r\n"

  .balign 8
entry_gdt:
  .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
entry_gdt_pointer:
  .short entry_gdt_pointer - entry_gdt - 1
  .long entry_gdt
