# Protected calls of sfi callers that plain.S does not decide: with reply words, and programs' to their companion; and the
# return gate of sfi servers.
# A call saves the caller as a VOLUNTARY context on its own stack, asks the kernel who serves (call_enter), and enters
# the handler on the server's empty stack; the return asks who continues (activation_done) and pops that context.
# Between two sfi instances nothing else happens: one root, one privilege, vector state is the C ABI's business.
# Every other pairing goes by way of the saved contexts and resume.S.
.include "abi.inc"
.include "common.inc"

.text

# The kernel marks the caller's context VOLUNTARY. rsi handle, rdx method, rcx r8 r9 w0 … w2, 8 16 24(%rsp) w3 … w5.
# Method and w0 … w2 wait on the kernel stack while the kernel decides; rbp keeps the caller's stack pointer.
.macro call_gate name, enter
.globl gate_\name
gate_\name:
  as_domain_start
  push_kept
  as_domain_end
  movl %gs:CPU_DOMAIN, %eax
  movq %rsp, KERNEL_MEMORY + DOMAIN_SP(%rax)
  movq %rsp, %rbp
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  pushq %rdx
  pushq %rcx
  pushq %r8
  pushq %r9
  \enter \name
  testq %rax, %rax
  jle call_not_entered
entered_\name:
  cmpl $ISOLATION_SFI, KERNEL_MEMORY + DOMAIN_MODE(%rax)
  jne call_enter_user
  movq KERNEL_MEMORY + DOMAIN_INSTANCE(%rax), %rdi
  movq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS(%rax), %rsi
  popq %r9
  popq %r8
  popq %rcx
  popq %rdx
  movq KERNEL_MEMORY + DOMAIN_STACK_TOP(%rax), %rsp
  movq SAVED_W3(%rbp), %r10     # while the caller cannot end
  movq SAVED_W4(%rbp), %r11
  movq SAVED_W5(%rbp), %rbp
  KERNEL_LOCK_GIVE
  as_domain_start
  pushq %rax
  pushq %rbp
  pushq %r11
  pushq %r10
  cmpl $0, %gs:CPU_ATTENTION
  jne attention_\name
enter_\name:
  callq *KERNEL_MEMORY + DOMAIN_HANDLER(%rax)
  as_domain_end
.endm
# Who finds the server: rsi handle, rax caller, whose entry arguments have the method; rax: server.
.macro enter_words name
  movq %rdx, KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 8(%rax)
  movl $1, %edx
  call w2c_kernel_call_enter
.endm
# The deadline stands where w5 does.
.macro enter_until name
  movq %rdx, KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 8(%rax)
  movq SAVED_W5(%rbp), %rdx
  call w2c_kernel_call_enter_until
.endm
.macro enter_personality name
  call w2c_kernel_call_enter_personality
.endm
# What is left of it: behind the return, out of the way.
.macro call_gate_rest name
  as_domain_start
attention_\name:
  int $VECTOR_ATTENTION
  jmp enter_\name
  as_domain_end
.endm

# Offsets from the end of the pushed registers: six of them, then the return address.
.set SAVED_W3, 56
.set SAVED_W4, 64
.set SAVED_W5, 72

# Method and words of a call gate, whose kernel stack is as it left it, go to the entry arguments of domain rax.
.macro store_arguments
.irp place, 32, 24, 16, 8
  popq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + \place(%rax)
.endr
.irp word, 0, 8, 16
  movq SAVED_W3 + \word(%rbp), %rcx
  movq %rcx, KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 40 + \word(%rax)
.endr
.endm

call_gate call_personality, enter_personality
  jmp call_return
call_gate call_until, enter_until
  jmp return_words
call_gate call_words, enter_words
  jmp return_words
# The handler of a program's companion returns here with rax.
call_return:
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  jmp return_asked

# rsp: a VOLUNTARY frame of the current sfi domain; rax: its result. The lock was given.
.globl pop_and_return
pop_and_return:
  as_domain_start
  pop_kept
  ret
  as_domain_end

call_gate_rest call_words
call_gate_rest call_until
call_gate_rest call_personality

# rax ≤ 0: an error for the caller, or it was queued. rbp: its stack.
call_not_entered:
  jz call_queued
  movq %rbp, %rsp
  popq %rbp
  addq $40, %rsp                # the kernel kept rbx, r12 … r15
  jmp gate_return_to_caller
call_queued:
  movl %gs:CPU_DOMAIN, %eax
  store_arguments
  jmp schedule

# rax: a user-mode server, current already.
call_enter_user:
  store_arguments
  movq KERNEL_MEMORY + DOMAIN_HANDLER(%rax), %rcx
  movq %rcx, KERNEL_MEMORY + DOMAIN_ENTER_PC(%rax)
  movl $CONTEXT_ENTER, KERNEL_MEMORY + DOMAIN_CONTEXT_KIND(%rax)
  jmp resume

# The return gate: an sfi handler that resume.S entered returned rax. Its caller may be anybody, or nobody.
.globl gate_return
gate_return:
  movl %gs:CPU_DOMAIN, %ecx
  cmpl $0, KERNEL_MEMORY + DOMAIN_WANTS_WORDS(%rcx)
  jne return_words
  movq %rax, %rsi
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  call w2c_kernel_activation_done
  testl %eax, %eax
  jz schedule
  jmp resume

# The caller asked for r1 … r5 too: read from the server while it is still the current domain, so that a page that
# is not there yet is its own fault; then written on the caller's behalf.
return_words:
  movl %gs:CPU_DOMAIN, %ecx
  movq %rax, %rsi
  as_domain_start
  movq KERNEL_MEMORY + DOMAIN_MEMORY_BASE(%rcx), %rdx
  load_words (MESSAGE + 8), %rdx, r12, r13, r14, r15, rbp
  as_domain_end
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  call w2c_kernel_activation_done
  testl %eax, %eax
  jz schedule
  cmpl $ISOLATION_SFI, KERNEL_MEMORY + DOMAIN_MODE(%rax)
  jne return_words_by_resume
  kernel_leave return_words_by_resume
  as_domain_start
  movq KERNEL_MEMORY + DOMAIN_MEMORY_BASE(%rax), %rdx
  store_words (MESSAGE + 8), %rdx, r12, r13, r14, r15, rbp
  movq KERNEL_MEMORY + DOMAIN_SP(%rax), %rsp
  movq KERNEL_MEMORY + DOMAIN_RESULT(%rax), %rax
  as_domain_end
  jmp pop_and_return

# rax: the domain that continues, current already, in another mode than the server, or later; words r12 … r15, rbp.
.globl return_words_by_resume
return_words_by_resume:
  movq $1, KERNEL_MEMORY + DOMAIN_WORDS(%rax)
  store_words (KERNEL_MEMORY + DOMAIN_WORDS + 8), %rax, r12, r13, r14, r15, rbp
  jmp resume
