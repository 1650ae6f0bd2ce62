# The schedule loop and what continues a domain from its saved context, of each kind and in both isolation modes.
# Entered by a jump with the kernel lock and nothing worth keeping on the kernel stack. Interrupts are off from here until the domain runs
# (or the CPU idles), so nothing can be put off between schedule()'s decision and the domain's first instruction.
# Every context but an interrupted one starts with clean vector state: nothing leaks from one domain to the next.
.include "abi.inc"
.include "common.inc"

# Reply words wait in domain rdi's block: writes them to its MESSAGE words, on its behalf. Keeps rax and rdi. Ends with
# interrupts off again, for a page fault on the way turns them on.
.macro deliver_words
  as_domain_start
  movq KERNEL_MEMORY + DOMAIN_MEMORY_BASE(%rdi), %rdx
.irp word, 8, 16, 24, 32, 40
  movq KERNEL_MEMORY + DOMAIN_WORDS + \word(%rdi), %rcx
  movq %rcx, MESSAGE + \word(%rdx)
.endr
  movq $0, KERNEL_MEMORY + DOMAIN_WORDS(%rdi)
  cli
  as_domain_end
.endm

.text
.globl schedule, resume, resume_other

# eax: the domain that the kernel chose in the former one's stead, whose context is complete.
resume_other:
  movl %eax, %gs:CPU_DOMAIN

# eax: the current domain, whose context is complete. An interrupt that was put off on the way here, or a switch that the
# kernel wants, comes first: a user program would not see it before its next gate.
resume:
  cli
  cmpl $0, %gs:CPU_ATTENTION
  je resume_now

schedule:
  cli
  movq %gs:CPU_STACK_TOP, %rsp
  call w2c_kernel_schedule
  testl %eax, %eax
  jz idle

# eax: the current domain. Interrupts are off.
resume_now:
  movl %eax, %eax
  movq %gs:CPU_STACK_TOP, %rsp
  movq KERNEL_MEMORY + DOMAIN_ROOT(%rax), %rcx
  cmpq %gs:CPU_ROOT, %rcx
  je 1f
  movq %rcx, %cr3
  movq %rcx, %gs:CPU_ROOT
1:KERNEL_LOCK_GIVE              # nobody else touches the context of a domain that runs
  movl KERNEL_MEMORY + DOMAIN_CONTEXT_KIND(%rax), %ecx
  cmpl $CONTEXT_INTERRUPTED, %ecx
  je resume_interrupted
  fxrstor clean_vector_state
  cmpl $CONTEXT_ENTER, %ecx
  je resume_enter
  cmpl $CONTEXT_VOLUNTARY, %ecx
  jne resume_nothing
  cmpl $ISOLATION_SFI, KERNEL_MEMORY + DOMAIN_MODE(%rax)
  jne resume_user

# An sfi domain in its gate.
  movq %rax, %rdi
  movq KERNEL_MEMORY + DOMAIN_RESULT(%rdi), %rax
  cmpq $0, KERNEL_MEMORY + DOMAIN_WORDS(%rdi)
  jne 3f
2:movq KERNEL_MEMORY + DOMAIN_SP(%rdi), %rsp
  sti
  jmp pop_and_return
3:deliver_words
  jmp 2b

# A user-mode domain in its gate: callee-saved registers and the result; the rest comes back zero. While reply words
# are delivered all of it is in registers: a page fault on the way uses the save area again.
.macro load_user_context
  movq KERNEL_MEMORY + SAVED_PC(%rdi), %r8
  movq KERNEL_MEMORY + SAVED_FLAGS(%rdi), %r9
  movq KERNEL_MEMORY + SAVED_SP(%rdi), %r10
  load_registers %rdi, rbx, rbp, r12, r13, r14, r15
.endm
resume_user:
  movq %rax, %rdi
  movq KERNEL_MEMORY + DOMAIN_RESULT(%rdi), %rax
  load_user_context
  cmpq $0, KERNEL_MEMORY + DOMAIN_WORDS(%rdi)
  je leave_to_user
  pushq $(FLAG_ALWAYS | FLAG_ACCESS)
  popfq
  deliver_words
  movq %gs:CPU_STACK_TOP, %rsp  # by now this may be another CPU
  pushq $FLAG_ALWAYS
  popfq
  jmp leave_to_user

# rdi: the current domain, in whose gate nothing was put off; rax: result.
.globl return_to_user
return_to_user:
  KERNEL_LOCK_GIVE
  load_user_context
leave_to_user:
  movq %r8, %rcx
  movq %r9, %r11
  movq %r10, %rsp
.irp name, edx, esi, edi, r8d, r9d, r10d
  xorl %\name, %\name
.endr
  swapgs
  sysretq

# A domain that an interrupt or a page fault stopped anywhere, gates' as_domain stretches included.
resume_interrupted:
  fxrstor KERNEL_MEMORY + DOMAIN_VECTOR(%rax)
.irp word, SS, SP, FLAGS, CS, PC
  pushq KERNEL_MEMORY + SAVED_\word(%rax)
.endr
  load_registers %rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rax
  testb $3, 8(%rsp)
  jz 5f
  swapgs
5:iretq

# A domain that starts, gets an event, or serves a call: an empty stack and the entry arguments.
resume_enter:
  movq %rax, %r12
  movq KERNEL_MEMORY + DOMAIN_INSTANCE(%r12), %rdi
  load_words (KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS), %r12, rsi, rdx, rcx, r8, r9
  cmpl $ISOLATION_SFI, KERNEL_MEMORY + DOMAIN_MODE(%r12)
  jne enter_user
  as_domain_start
  movq KERNEL_MEMORY + DOMAIN_STACK_TOP(%r12), %rsp
  xorl %ebp, %ebp
  pushq %rbp
  pushq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 56(%r12)
  pushq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 48(%r12)
  pushq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 40(%r12)
  pushq $gate_return
  sti
  jmpq *KERNEL_MEMORY + DOMAIN_ENTER_PC(%r12)
  as_domain_end

# The same in user mode: the module's trampoline puts the stack in order.
enter_user:
  pushq $SELECTOR_USER_DATA
  pushq KERNEL_MEMORY + DOMAIN_STACK_TOP(%r12)
  pushq $(FLAG_ALWAYS | FLAG_INTERRUPTS)
  pushq $SELECTOR_USER_CODE
  pushq KERNEL_MEMORY + DOMAIN_TRAMPOLINE(%r12)
  movq KERNEL_MEMORY + DOMAIN_ENTER_PC(%r12), %rbx
  load_words (KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 40), %r12, r10, r11, rax
.irp name, ebp, r12d, r13d, r14d, r15d
  xorl %\name, %\name
.endr
  swapgs
  iretq

# The scheduler picked a domain without a context: a kernel bug, reported as an exception in kernel text.
resume_nothing:
  ud2

# Nothing to run: the first interrupt ends the wait (traps.S goes on from there and does not come back here).
idle:
  movl $1, %gs:CPU_IDLE
  KERNEL_LOCK_GIVE
1:sti
  hlt
  jmp 1b
