# What several CPUs share: the kernel lock, the flush of all CPUs' translations, and the way of the other CPUs to the schedule
# loop. A CPU starts in a copy of start_code in real mode, waits for the lock in the high half, and with it, on a stack that
# all of them borrow in turn, asks the kernel for stacks of its own.
# Invariant: before it has a block and the lock, a CPU touches nothing but this file's words.
.include "abi.inc"
.include "common.inc"

.set LOCAL_APIC, DIRECT_MAP + 0xfee00000
.set APIC_END, 0xb0
.set APIC_ICR_LOW, 0x300
.set APIC_ICR_HIGH, 0x310
.set ICR_PENDING, 1 << 12
.set ICR_FIXED, 0x4000
.set AREA_KERNEL_STACK_TOP, 0x9000 # places in a CPU's area: kernel/start/cpus.ts
.set AREA_TRAP_STACK_TOP, 0xc000
.set AREA_FATAL_STACK, 0xc000
.set AREA_TABLES, 0xe000
.set TSS_STACK, 4
.set TSS_TRAP_STACK, 36
.set TSS_FATAL_STACK, 44

.data
.balign 64
.globl kernel_lock
kernel_lock: .long 1            # the boot CPU holds it from the first instruction
.balign 64
cpus_arrived: .long 1

.bss
.balign 16
  .skip 4096
arrival_stack_top:

.text
# KERNEL_LOCK_TAKE calls it when the lock is taken. Keeps all registers. Its holder may wait for us to flush: with interrupts
# on, its message does that; with interrupts off, we look. Never both: an answer to one request must not answer the next.
.globl kernel_lock_wait
kernel_lock_wait:
1:pause
  cmpl $0, %gs:CPU_FLUSH
  jne 3f
2:cmpl $0, kernel_lock
  jne 1b
  lock btsl $0, kernel_lock
  jc 1b
  ret
3:pushfq
  testl $FLAG_INTERRUPTS, (%rsp)
  jnz 4f
  pushq %rax
  pushq %rcx
  flush_here
  movl $0, %gs:CPU_FLUSH
  popq %rcx
  popq %rax
4:popfq
  jmp 2b

# The message itself, from traps.S: wherever it finds the CPU, and without the lock.
.globl trap_flush
trap_flush:
  pushq %rax
  pushq %rcx
  testb $3, 40(%rsp)            # rcx, rax, vector, error code, pc, cs
  jz 1f
  swapgs
1:cmpl $0, %gs:CPU_FLUSH        # 0: kernel_lock_wait was faster
  je 2f
  flush_here
  movl $0, %gs:CPU_FLUSH
2:movabsq $(LOCAL_APIC + APIC_END), %rax
  movl $0, (%rax)
  testb $3, 40(%rsp)
  jz 3f
  swapgs
3:popq %rcx
  popq %rax
  addq $16, %rsp
  iretq

# flush_cpus(mask rsi): asks every CPU of it, then waits for all. The caller has the lock, so no other CPU asks now.
.globl w2c_machine_flush_cpus
w2c_machine_flush_cpus:
  movabsq $LOCAL_APIC, %r8
  movl %esi, %ecx
1:bsfl %ecx, %eax
  jz 3f
  btrl %eax, %ecx
  imull $KERNEL_CPU_SIZE, %eax, %eax
  movl $1, KERNEL_MEMORY + KERNEL_CPUS + CPU_FLUSH(%rax)
  movl KERNEL_MEMORY + KERNEL_CPUS + CPU_HARDWARE_ID(%rax), %edx
  shll $24, %edx
2:testl $ICR_PENDING, APIC_ICR_LOW(%r8)
  jnz 2b
  movl %edx, APIC_ICR_HIGH(%r8)
  movl $(ICR_FIXED | VECTOR_FLUSH), APIC_ICR_LOW(%r8)
  jmp 1b
3:bsfl %esi, %eax
  jz 5f
  btrl %eax, %esi
  imull $KERNEL_CPU_SIZE, %eax, %eax
4:pause
  cmpl $0, KERNEL_MEMORY + KERNEL_CPUS + CPU_FLUSH(%rax)
  jne 4b
  jmp 3b
5:ret

# start_code(page rsi): a copy of the code below, where a start-up message can point.
.globl w2c_machine_start_code
w2c_machine_start_code:
  movabsq $DIRECT_MAP, %rdi
  addq %rsi, %rdi
  movq $start_code, %rsi
  movl $(start_code_end - start_code), %ecx
  rep movsb
  ret

.section .rodata
start_code:
.code16
  cli
  cld
  lgdtl %cs:(start_gdt_pointer - start_code)
  movl %cr0, %eax
  orb $1, %al
  movl %eax, %cr0
  ljmpl $START_CODE_32, $cpu_protected
start_gdt_pointer:
  .short start_gdt_end - start_gdt - 1
  .long start_gdt
start_code_end:
.code64

.section .boot, "ax", @progbits
.set START_CODE_32, 0x18
.balign 8
start_gdt:
  .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
start_gdt_end:

.code32
cpu_protected:
  movl $SELECTOR_KERNEL_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  movl $CR4_START, %eax
  movl %eax, %cr4
  movl $(start_pml4 - KERNEL_OFFSET), %eax
  movl %eax, %cr3
  movl $0xc0000080, %ecx        # EFER, CR0: as entry.S has them
  rdmsr
  orl $0x901, %eax
  wrmsr
  movl $CR0_START, %eax
  movl %eax, %cr0
  ljmpl $SELECTOR_KERNEL_CODE, $cpu_long
.code64
cpu_long:
  movabsq $cpu_high, %rax
  jmpq *%rax

.text
cpu_high:
  movq $(boot_pml4 - KERNEL_OFFSET), %rax
  movq %rax, %cr3
1:pause
  lock btsl $0, kernel_lock
  jc 1b
  movl cpus_arrived, %ebx
  cmpl $KERNEL_CPU_MAX, %ebx
  jae cpu_unused
  imull $KERNEL_CPU_SIZE, %ebx, %eax
  addl $KERNEL_CPUS, %eax
  leaq KERNEL_MEMORY(%rax), %r12
  movq %r12, CPU_SELF(%r12)
  movl %eax, CPU_INDEX(%r12)
  movl %ebx, CPU_NUMBER(%r12)
  movq $arrival_stack_top, %rsp
  xorl %ebp, %ebp
  movl $0xc0000101, %ecx        # gs: the kernel asks which CPU this is
  movl %r12d, %eax
  movl $-1, %edx
  wrmsr
  call w2c_kernel_cpu_arrive
  testl %eax, %eax
  jz cpu_unused
  incl cpus_arrived
  movl %eax, %eax
  leaq KERNEL_MEMORY(%rax), %rbx
  movq $gdt, %rsi
  leaq AREA_TABLES(%rbx), %rdi
  movl $TABLES_BYTES, %ecx
  rep movsb
  leaq AREA_KERNEL_STACK_TOP(%rbx), %rax
  movq %rax, CPU_STACK_TOP(%r12)
  movq %rax, AREA_TABLES + TABLES_TSS + TSS_STACK(%rbx)
  leaq AREA_TRAP_STACK_TOP(%rbx), %rax
  movq %rax, AREA_TABLES + TABLES_TSS + TSS_TRAP_STACK(%rbx)
  leaq AREA_FATAL_STACK + FATAL_STACK_BYTES(%rbx), %rax
  movq %rax, AREA_TABLES + TABLES_TSS + TSS_FATAL_STACK(%rbx)
  movq %r12, AREA_FATAL_STACK(%rbx)
  movq %r12, %rdi
  leaq AREA_TABLES(%rbx), %rsi
  call cpu_registers
  jmp schedule

# One CPU too many, or no memory for its stacks: it stays out.
cpu_unused:
  movl $0, kernel_lock
1:cli
  hlt
  jmp 1b

# The boot tables once more, with the identity map, for the steps between.
.data
.balign 4096
start_pml4:
  .quad identity_pdpt - KERNEL_OFFSET + TABLE
  .org start_pml4 + 8 * 256
  .quad direct_pdpt - KERNEL_OFFSET + TABLE
  .org start_pml4 + 8 * 511
  .quad kernel_pdpt - KERNEL_OFFSET + TABLE
