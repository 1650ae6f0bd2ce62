# The tables that the processor reads (GDT, IDT, TSS), the boot CPU's stacks, and start_high: its first code in the high half,
# which loads them, fills the CPU block and hands over to the kernel. Other CPUs have copies of GDT and TSS (smp.S). Every interrupt and exception switches to the
# trap stack (IST 1); non-maskable interrupt, double fault and machine check, which may hit that code, to IST 2.
.include "abi.inc"
.include "common.inc"

.set KERNEL_STACK_BYTES, 16384
.set TRAP_STACK_BYTES, 8192

.section .bss
.balign 4096
.globl kernel_stack_guard, kernel_stack_top, trap_stack_guard, trap_stack_top, fatal_stack_top
kernel_stack_guard: .skip 4096
  .skip KERNEL_STACK_BYTES
kernel_stack_top:
trap_stack_guard: .skip 4096
  .skip TRAP_STACK_BYTES
trap_stack_top:
.balign FATAL_STACK_BYTES
fatal_stack: .skip FATAL_STACK_BYTES
fatal_stack_top:

.balign 16
idt: .skip VECTOR_COUNT * 16
.globl clean_vector_state
clean_vector_state: .skip 512

.data
.balign 16
.globl gdt
gdt:
  .quad 0
  .quad 0x00af9b000000ffff      # kernel code
  .quad 0x00cf93000000ffff      # kernel data
  .quad 0x00cff3000000ffff      # user data
  .quad 0x00affb000000ffff      # user code
gdt_tss:
  .quad 0x0000890000000000 | (tss_end - tss - 1), 0
.set GDT_BYTES, 7 * 8
idt_pointer:
  .short VECTOR_COUNT * 16 - 1
  .quad idt

  .org gdt + TABLES_TSS         # so that the eight-byte fields below are aligned
tss:
  .long 0
  .quad kernel_stack_top        # rsp0; never used, all entries have an IST stack
  .quad 0, 0, 0
  .quad trap_stack_top
  .quad fatal_stack_top
  .quad 0, 0, 0, 0, 0, 0
  .short 0, tss_end - tss       # no port bitmap: port access from user mode faults
tss_end:
  .org gdt + TABLES_BYTES

.text
# rdi, rbp: arguments of boot(); on the identity map until its entry is cleared here.
.globl start_high
start_high:
  movq $kernel_stack_top, %rsp
  movl %edi, %ebx
  movl %ebp, %r12d
  xorl %ebp, %ebp
  movq $0, boot_pml4
  movq %cr3, %rax
  movq %rax, %cr3

  # interrupt gates: one for each stub of traps.S
  movq $trap_stubs, %rax
  xorl %ecx, %ecx
2:movl $0x8e010000, %edx        # interrupt gate, IST 1, kernel only
  cmpl $2, %ecx
  je 3f
  cmpl $VECTOR_DOUBLE_FAULT, %ecx
  je 3f
  cmpl $18, %ecx
  jne 4f
3:movl $0x8e020000, %edx
4:cmpl $3, %ecx
  jne 5f
  orl $0x60000000, %edx         # user code may raise a breakpoint
5:movl %ecx, %esi
  shll $4, %esi
  movw %ax, idt(%rsi)
  movw $SELECTOR_KERNEL_CODE, idt + 2(%rsi)
  shrl $16, %edx
  movb %dl, idt + 4(%rsi)
  movb %dh, idt + 5(%rsi)
  movq %rax, %rdx
  shrq $16, %rdx
  movw %dx, idt + 6(%rsi)
  shrq $16, %rdx
  movl %edx, idt + 8(%rsi)
  addq $16, %rax                # traps.S aligns its stubs so
  incl %ecx
  cmpl $VECTOR_COUNT, %ecx
  jb 2b

  movq $(KERNEL_MEMORY_BASE + KERNEL_CPUS), %rdi
  movq %rdi, CPU_SELF(%rdi)
  movl $KERNEL_CPUS, CPU_INDEX(%rdi)
  movq $kernel_stack_top, CPU_STACK_TOP(%rdi)
  movq %rdi, fatal_stack
  movq $gdt, %rsi
  call cpu_registers
  fxsave clean_vector_state

  xorl %edi, %edi
  xorl %esi, %esi
  call wasm2c_kernel_instantiate
  xorl %edi, %edi
  movl %ebx, %esi
  movl %r12d, %edx
  call w2c_kernel_boot
  jmp schedule

# rdi: this CPU's block; rsi: its GDT, with the TSS behind it. Loads everything that a CPU has of its own; clobbers all but
# rdi, rsi, r12.
.globl cpu_registers
cpu_registers:
  movq %rbx, %r13
  # the TSS descriptor's base is the one field that the linker cannot fill in; its type says not busy
  leaq tss - gdt(%rsi), %rax
  movw %ax, gdt_tss - gdt + 2(%rsi)
  shrq $16, %rax
  movb %al, gdt_tss - gdt + 4(%rsi)
  movb $0x89, gdt_tss - gdt + 5(%rsi)
  movb %ah, gdt_tss - gdt + 7(%rsi)
  shrq $16, %rax
  movl %eax, gdt_tss - gdt + 8(%rsi)
  pushq %rsi
  pushw $(GDT_BYTES - 1)
  lgdt (%rsp)
  addq $10, %rsp
  pushq $SELECTOR_KERNEL_CODE
  pushq $1f
  lretq
1:movl $SELECTOR_KERNEL_DATA, %eax
  movl %eax, %ss
  xorl %eax, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %fs
  movl %eax, %gs
  movl $SELECTOR_TSS, %eax
  ltr %ax
  lidt idt_pointer

  # supervisor mode neither runs nor reads user pages by accident, where the processor can see to it
  movl $7, %eax
  xorl %ecx, %ecx
  cpuid
  movq %cr4, %rax
  btl $7, %ebx
  jnc 1f
  orl $0x100000, %eax           # SMEP
1:btl $20, %ebx
  jnc 2f
  orl $0x200000, %eax           # SMAP
2:btl $2, %ecx
  jnc 3f
  orl $0x800, %eax              # UMIP
3:movq %rax, %cr4

  fninit
  ldmxcsr initial_mxcsr

  # this CPU's block, and gs to it
  movl $0xc0000101, %ecx
  movl %edi, %eax
  movl $-1, %edx
  wrmsr
  movl $1, %eax
  cpuid
  shrl $24, %ebx
  movl %ebx, CPU_HARDWARE_ID(%rdi)
  movq %cr3, %rcx
  movq %rcx, CPU_ROOT(%rdi)

  # syscall: from user code to user.S with interrupts off
  movl $0xc0000081, %ecx
  xorl %eax, %eax
  movl $((SELECTOR_KERNEL_DATA | 3) << 16 | SELECTOR_KERNEL_CODE), %edx
  wrmsr
  incl %ecx
  movq $syscall_entry, %rax
  movq %rax, %rdx
  shrq $32, %rdx
  wrmsr
  movl $0xc0000084, %ecx
  movl $0x47700, %eax           # cleared on entry: trap, interrupts, direction, I/O level, nested, access
  xorl %edx, %edx
  wrmsr
  movl $0xc0000102, %ecx        # user code's gs base
  xorl %eax, %eax
  wrmsr
  movq %r13, %rbx
  ret

.section .rodata
initial_mxcsr: .long 0x1f80
