# The common case of a protected call, the system's hottest path, decided here: the capability is good, its server is an idle
# sfi domain, and nobody wants reply words. What it reads and writes stands in kernel/abi/call.ts; all else asks the kernel's
# call_enter and activation_done, which say why. r12 handle, rdx method, rcx r8 r9 w0 … w2, r13 r14 r15 w3 … w5: of the caller's
# registers rbp and rsp survive (linker/headers/call.ts). Invariant: nothing has changed yet when a check fails.
.include "abi.inc"
.include "common.inc"

.set CAPABILITIES, KERNEL_MEMORY + KERNEL_CAPS

# KERNEL_LOCK_TAKE on a service's stack, on which nothing may be pushed here: it may end at any page. \spare is free.
.macro plain_lock_take spare
  lock btsl $0, kernel_lock
  jc .Lplain_lock_wait_\@
.Lplain_lock_taken_\@:
.subsection 1
.Lplain_lock_wait_\@:
  movq %rsp, \spare
  movq %gs:CPU_STACK_TOP, %rsp
  call kernel_lock_wait
  movq \spare, %rsp
  jmp .Lplain_lock_taken_\@
.subsection 0
.endm

.text
.globl gate_call
gate_call:
  as_domain_start
  subq $40, %rsp                # where other gates keep rbx, r12 … r15
  pushq %rbp
  as_domain_end
  movl %gs:CPU_DOMAIN, %eax     # the caller
  plain_lock_take %rdi
  movq %rsp, KERNEL_MEMORY + DOMAIN_SP(%rax)
  # the capability (r10): in the table, for this handle, this domain's and an endpoint's, with the right to call
  movl %r12d, %r10d
  shll $6, %r10d                # what is lost at its top the handle has still
  cmpl %gs:CPU_PLAIN_BOUND, %r10d
  jae call_asked
  cmpq %r12, CAPABILITIES + CAPABILITY_HANDLE_AT(%r10)
  jne call_asked
  movl CAPABILITIES + CAPABILITY_KEY_AT(%r10), %r11d
  cmpl KERNEL_MEMORY + DOMAIN_ENDPOINT_KEY_AT(%rax), %r11d
  jne call_asked
  # not revoked
  movl CAPABILITIES + CAPABILITY_OBJECT_AT(%r10), %edi
  movl CAPABILITIES + CAPABILITY_VERSION_AT(%r10), %esi
  cmpl KERNEL_MEMORY + OBJECT_VERSION_AT(%rdi), %esi
  jne call_asked
  # the server (r11): there is one, idle and sfi (DOMAIN_MODE lies behind the state)
  movl KERNEL_MEMORY + ENDPOINT_SERVER_AT(%rdi), %r11d
  testl %r11d, %r11d
  jz call_asked
  cmpq $STATE_IDLE, KERNEL_MEMORY + DOMAIN_STATE_AT(%r11)
  jne call_asked
  # the caller waits; the server has the caller's thread and becomes the current domain
  movl $PLAIN_WAIT_CALLEE, KERNEL_MEMORY + DOMAIN_WAIT_AT(%rax)
  movl %r11d, KERNEL_MEMORY + DOMAIN_CALLEE_AT(%rax)
  movl $STATE_BUSY, KERNEL_MEMORY + DOMAIN_STATE_AT(%r11)
  movl $PLAIN_ACTIVATION_CALL, KERNEL_MEMORY + DOMAIN_ACTIVATION_AT(%r11)
  movq %rax, KERNEL_MEMORY + DOMAIN_CALLER(%r11) # and DOMAIN_WANTS_WORDS behind it: no
  movl KERNEL_MEMORY + DOMAIN_THREAD_AT(%rax), %esi
  movl %esi, KERNEL_MEMORY + DOMAIN_THREAD_AT(%r11)
  movl %r11d, KERNEL_MEMORY + THREAD_TOP_AT(%rsi)
  incq KERNEL_MEMORY + ENDPOINT_CALLS_AT(%rdi)
  movl %r11d, %gs:CPU_DOMAIN
  movq CAPABILITIES + CAPABILITY_BADGE_AT(%r10), %rsi
# r11: an sfi server, current already, its handler's arguments in rsi, rdx, rcx, r8, r9, r13 … r15.
call_entered:
  KERNEL_LOCK_GIVE
  as_domain_start
  movq KERNEL_MEMORY + DOMAIN_STACK_TOP(%r11), %rsp
  pushq %r15                    # for the alignment
  pushq %r15
  pushq %r14
  pushq %r13
  movq KERNEL_MEMORY + DOMAIN_INSTANCE(%r11), %rdi
  cmpl $0, %gs:CPU_ATTENTION
  jne call_attention
call_handler:
  callq *KERNEL_MEMORY + DOMAIN_HANDLER(%r11)
  as_domain_end
# The handler returns here with rax. Its caller, if it still waits, is the sfi domain that came in above, and wants no words.
  movl %gs:CPU_DOMAIN, %ecx     # the server
  plain_lock_take %rdi
  cmpl $PLAIN_ACTIVATION_CALL, KERNEL_MEMORY + DOMAIN_ACTIVATION_AT(%rcx)
  jne return_asked
  cmpq $0, KERNEL_MEMORY + DOMAIN_WANTED_AT(%rcx)
  jne return_asked
  movl KERNEL_MEMORY + DOMAIN_CALLER(%rcx), %edx
  movl KERNEL_MEMORY + DOMAIN_THREAD_AT(%rcx), %esi
  movl $STATE_IDLE, KERNEL_MEMORY + DOMAIN_STATE_AT(%rcx)
  movl $PLAIN_ACTIVATION_NONE, KERNEL_MEMORY + DOMAIN_ACTIVATION_AT(%rcx)
  movq $PLAIN_WAIT_NONE, KERNEL_MEMORY + DOMAIN_WAIT_AT(%rdx) # and DOMAIN_CALLEE behind it: nobody
  movl %edx, KERNEL_MEMORY + THREAD_TOP_AT(%rsi)
  movl %edx, %gs:CPU_DOMAIN
  movq KERNEL_MEMORY + DOMAIN_SP(%rdx), %rsp
  addq $48, %rsp                # the handler kept rbp
  kernel_leave attention
  as_domain_start
  ret

call_attention:
  int $VECTOR_ATTENTION
  jmp call_handler
  as_domain_end

# Not the common case: the same question in full. The arguments wait in the caller's block (rax).
call_asked:
  store_words (KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 8), %rax, rdx, rcx, r8, r9, r13, r14, r15
  movq %gs:CPU_STACK_TOP, %rsp
  movq %r12, %rsi
  movl %eax, %r12d
  xorl %edx, %edx
  call w2c_kernel_call_enter
  testq %rax, %rax
  jz schedule                   # queued
  js 1f
  cmpl $ISOLATION_SFI, KERNEL_MEMORY + DOMAIN_MODE(%rax)
  jne enter_user_server
  movq %rax, %r11
  movq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS(%r11), %rsi
  load_words (KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 8), %r12, rdx, rcx, r8, r9
  jmp call_entered
1:movq KERNEL_MEMORY + DOMAIN_SP(%r12), %rsp
  addq $48, %rsp
  jmp gate_return_to_caller

# The arguments of caller r12 become the ENTER context of the server rax, current already, which is resumed at once.
.globl enter_user_server
enter_user_server:
.irp word, 8, 16, 24, 32, 40, 48, 56
  movq KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + \word(%r12), %rcx
  movq %rcx, KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + \word(%rax)
.endr
  movq KERNEL_MEMORY + DOMAIN_HANDLER(%rax), %rcx
  movq %rcx, KERNEL_MEMORY + DOMAIN_ENTER_PC(%rax)
  movl $CONTEXT_ENTER, KERNEL_MEMORY + DOMAIN_CONTEXT_KIND(%rax)
  jmp resume

# Detached, or somebody waits for the server: rax is the handler's result.
.globl return_asked
return_asked:
  movq %rax, %rsi
  movq %gs:CPU_STACK_TOP, %rsp
  call w2c_kernel_activation_done
  testl %eax, %eax
  jz schedule
  movq KERNEL_MEMORY + DOMAIN_SP(%rax), %rsp
  movq KERNEL_MEMORY + DOMAIN_RESULT(%rax), %rax
  popq %rbp
  addq $40, %rsp
  jmp gate_return_to_caller
