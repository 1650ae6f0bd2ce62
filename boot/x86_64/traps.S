# Interrupts and exceptions. All arrive on a stack of their own (IST), for the interrupted stack pointer may be bad.
#   from user code, a service, or an as_domain stretch: everything is saved in the domain's block, the kernel's
#     interrupt() or trap() runs on the (empty) kernel stack, then the scheduler;
#   an interrupt in kernel text: noted in CPU_DEFERRED; kernel text goes on with interrupts off and sees CPU_ATTENTION
#     (where it has looked already and not left yet, it looks again: restart_table);
#   an interrupt of an idle CPU: interrupt(), then the scheduler;
#   an exception in an access of a device register: answered with E_BUS;
#   any other exception in kernel text: a kernel bug, kernel_trap() panics. One inside the panic ends it at once.
.include "abi.inc"
.include "common.inc"

.text

# Stub n at trap_stubs + 16 n: leaves the vector and an error code (0 where the processor gives none) on the stack.
.balign 16
.globl trap_stubs
trap_stubs:
.set vector, 0
.rept VECTOR_COUNT
  .balign 16
  .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
  .else
  pushq $0
  .endif
  pushq $vector
  .if (vector == 2) || (vector == VECTOR_DOUBLE_FAULT) || (vector == 18)
  jmp trap_fatal
  .elseif vector == VECTOR_FLUSH
  jmp trap_flush
  .else
  jmp trap_any
  .endif
  .set vector, vector + 1
.endr

# What lies above rsp once the three scratch registers are pushed.
.set FRAME_VECTOR, 24
.set FRAME_ERROR, 32
.set FRAME_PC, 40
.set FRAME_CS, 48
.set FRAME_FLAGS, 56
.set FRAME_SP, 64

.balign 16
trap_any:
  pushq %rax
  pushq %rcx
  pushq %rdx
  cld
  testb $3, FRAME_CS(%rsp)
  jnz from_user
  movq FRAME_PC(%rsp), %rax
  cmpq $syscall_entry, %rax     # user code can have a debug exception wait for here, where gs is still its own
  je from_entry
  cmpq $kernel_text_start, %rax
  jb from_domain
  cmpq $kernel_text_end, %rax
  jae from_domain
  cmpl $0, %gs:CPU_IDLE
  jne from_idle

  # kernel text: is it an as_domain stretch? Compiled code has none, and none to start again.
  cmpq $kernel_assembly_end, %rax
  jae from_compiled
  movq $as_domain_table, %rcx
1:cmpq $as_domain_table_end, %rcx
  jae from_kernel
  cmpq (%rcx), %rax
  jb 2f
  cmpq 8(%rcx), %rax
  jb from_domain
2:addq $16, %rcx
  jmp 1b

from_kernel:
  cmpl $VECTOR_FIRST_IRQ, FRAME_VECTOR(%rsp)
  jb kernel_bug
  movq $restart_table, %rcx
1:cmpq $restart_table_end, %rcx
  jae from_compiled
  cmpq (%rcx), %rax
  jb 2f
  cmpq 8(%rcx), %rax
  jae 2f
  movq (%rcx), %rax
  movq %rax, FRAME_PC(%rsp)
2:addq $16, %rcx
  jmp 1b
from_compiled:
  cmpl $VECTOR_FIRST_IRQ, FRAME_VECTOR(%rsp)
  jb from_device
  movl FRAME_VECTOR(%rsp), %eax
  movl %eax, %gs:CPU_DEFERRED
  movl $1, %gs:CPU_ATTENTION
  andq $~FLAG_INTERRUPTS, FRAME_FLAGS(%rsp)
from_interrupt:
  popq %rdx
  popq %rcx
  popq %rax
  addq $16, %rsp
  iretq

# An exception in the kernel's accesses of device registers is their answer; any other is a bug.
from_device:
  cmpq $w2c_machine_device_load, %rax
  jb kernel_bug
  cmpq $device_refused, %rax
  jae kernel_bug
  movq $device_refused, FRAME_PC(%rsp)
  jmp from_interrupt

# Before the first instruction of a system call: whatever user code set to go off here is not worth noticing.
from_entry:
  cmpl $VECTOR_DEBUG, FRAME_VECTOR(%rsp)
  jne trap_fatal_saved
  andq $~FLAG_TRAP, FRAME_FLAGS(%rsp)
  jmp from_interrupt

from_idle:
  movl FRAME_VECTOR(%rsp), %esi
  cmpl $VECTOR_FIRST_IRQ, %esi
  jb kernel_bug
  movl $0, %gs:CPU_IDLE
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
interrupted:
  call w2c_kernel_interrupt
  testl %eax, %eax
  jz schedule
  jmp resume_other

from_user:
  swapgs
from_domain:
  movl %gs:CPU_DOMAIN, %eax
  testl %eax, %eax
  jz kernel_bug
  save_registers %rax, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
  fxsave KERNEL_MEMORY + DOMAIN_VECTOR(%rax)
  popq KERNEL_MEMORY + SAVED_rdx(%rax)
  popq KERNEL_MEMORY + SAVED_rcx(%rax)
  popq KERNEL_MEMORY + SAVED_rax(%rax)
  popq %rbx                     # vector
  popq %r12                     # error code
  popq %r13
  movq %r13, KERNEL_MEMORY + SAVED_PC(%rax)
  popq KERNEL_MEMORY + SAVED_CS(%rax)
  popq %rcx
  orq $FLAG_INTERRUPTS, %rcx    # put off in kernel text or not: whatever is resumed can be interrupted
  movq %rcx, KERNEL_MEMORY + SAVED_FLAGS(%rax)
  popq %r14
  movq %r14, KERNEL_MEMORY + SAVED_SP(%rax)
  popq KERNEL_MEMORY + SAVED_SS(%rax)
  movl $CONTEXT_INTERRUPTED, KERNEL_MEMORY + DOMAIN_CONTEXT_KIND(%rax)
  movq %gs:CPU_STACK_TOP, %rsp
  pushq $FLAG_ALWAYS
  popfq
  KERNEL_LOCK_TAKE
  cmpl $VECTOR_FIRST_IRQ, %ebx
  jb exception
  cmpl $VECTOR_ATTENTION, %ebx
  je schedule
  movl %ebx, %esi
  jmp interrupted

exception:
  xorl %ecx, %ecx
  cmpl $VECTOR_PAGE_FAULT, %ebx
  jne 1f
  movq %cr2, %rcx
1:movq %rcx, %gs:CPU_TRAP_ADDRESS
  movq %rbx, %gs:CPU_TRAP_CAUSE
  movq %r12, %gs:CPU_TRAP_CODE
  movq %r13, %rsi
  movq %r14, %rdx
  movq %rbp, %rcx
  call w2c_kernel_trap
  jmp schedule

# Vectors that may come at any instruction, between user entry and swapgs too: gs is loaded afresh; no way back.
trap_fatal:
  pushq %rax
  pushq %rcx
  pushq %rdx
trap_fatal_saved:
  movq %rsp, %rax               # the stack's lowest word is the CPU's block
  andq $-FATAL_STACK_BYTES, %rax
  movl 4(%rax), %edx
  movl (%rax), %eax
  movl $0xc0000101, %ecx
  wrmsr
kernel_bug:
  cmpl $0, panicking
  jne 2f
  movl $1, panicking
  movl FRAME_VECTOR(%rsp), %eax
  movq %rax, %gs:CPU_TRAP_CAUSE
  movq FRAME_ERROR(%rsp), %rax
  movq %rax, %gs:CPU_TRAP_CODE
  movq %cr2, %rax
  movq %rax, %gs:CPU_TRAP_ADDRESS
  movq FRAME_PC(%rsp), %rsi
  movq FRAME_SP(%rsp), %rdx
  movq %rbp, %rcx
  call w2c_kernel_kernel_trap
2:movb $1, %al                  # an exception inside the panic: off, without another word
  movw $0xf4, %dx
  outb %al, %dx
  cli
  hlt
  jmp 2b

.bss
.balign 4
panicking: .skip 4

.section .rodata.as_domain, "a", @progbits
.balign 8
