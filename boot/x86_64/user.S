# Gates of user-mode domains: the syscall instruction, with interrupts off throughout. rax: gate; arguments as
# docs/abi.md section 4 has them; rcx, r11: where and with which flags to go on. The domain is who runs now: nothing
# that user code passes says who it is. Its callee-saved registers lie in its block as a VOLUNTARY context from here on.
.include "abi.inc"
.include "common.inc"

.text
.globl syscall_entry
syscall_entry:
  swapgs
  movl %gs:CPU_DOMAIN, %edi
  movq %rcx, KERNEL_MEMORY + SAVED_PC(%rdi)
  movq %r11, KERNEL_MEMORY + SAVED_FLAGS(%rdi)
  movq %rsp, KERNEL_MEMORY + SAVED_SP(%rdi)
  save_registers %rdi, rbx, rbp, r12, r13, r14, r15
  movl $CONTEXT_VOLUNTARY, KERNEL_MEMORY + DOMAIN_CONTEXT_KIND(%rdi)
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  cmpq $GATE_COUNT, %rax
  jae user_unknown
  movq user_special(,%rax,8), %r11
  testq %r11, %r11
  jnz 1f
  movq gate_functions(,%rax,8), %rax
  testq %rax, %rax
  jz user_unknown
  pushq %r13                    # reply's last two words
  pushq %r12
  movq %r10, %rcx
  callq *%rax
  movl %gs:CPU_DOMAIN, %edi
user_answer:
  cmpl $0, %gs:CPU_ATTENTION
  je return_to_user
  movq %rax, KERNEL_MEMORY + DOMAIN_RESULT(%rdi)
  jmp schedule
1:jmpq *%r11

# Gates after which another domain may go on.
user_yield:
  call w2c_kernel_gate_yield
  jmp 1f
user_notify:
  call w2c_kernel_gate_notify
1:movl %gs:CPU_DOMAIN, %edi
  testq %rax, %rax
  jle user_answer
  movq $0, KERNEL_MEMORY + DOMAIN_RESULT(%rdi)
  jmp resume_other

user_exit:
  call w2c_kernel_gate_exit
  jmp schedule

user_unknown:
  movl $TRAP_GATE, %esi
  movq %rcx, %rdx
# esi: the trap's number; rdx: its place.
user_trap:
  movq %rbp, %rcx
  call w2c_kernel_gate_trap
  jmp schedule

user_call_words:
  movl $1, %ebx
  movq $w2c_kernel_call_enter, %rbp
  jmp user_call_any
user_call_until:
  movq %r14, %rbx
  movq $w2c_kernel_call_enter_until, %rbp
  jmp user_call_any
user_call_personality:
  xorl %ebx, %ebx
  movq $w2c_kernel_call_enter_personality, %rbp
  jmp user_call_any
user_call:
  xorl %ebx, %ebx
  movq $w2c_kernel_call_enter, %rbp
# rbp: who finds the server; rbx: are reply words wanted, or the deadline; edi: caller.
user_call_any:
  store_words (KERNEL_MEMORY + DOMAIN_ENTER_ARGUMENTS + 8), %rdi, rdx, r10, r8, r9, r12, r13, r14
  movl %edi, %r12d
  movq %rbx, %rdx
  callq *%rbp
  testq %rax, %rax
  jz schedule                   # queued
  jns enter_user_server
  movl %r12d, %edi
  jmp return_to_user

# The trampoline's last word: the handler returned rsi.
user_return:
  cmpl $0, KERNEL_MEMORY + DOMAIN_WANTS_WORDS(%rdi)
  jne user_return_words
  call w2c_kernel_activation_done
  testl %eax, %eax
  jz schedule
  jmp resume
user_return_words:
  KERNEL_LOCK_GIVE
  pushq $(FLAG_ALWAYS | FLAG_ACCESS)
  popfq
  as_domain_start
  movq KERNEL_MEMORY + DOMAIN_MEMORY_BASE(%rdi), %rdx
  load_words (MESSAGE + 8), %rdx, r12, r13, r14, r15, rbp
  cli
  as_domain_end
  movq %gs:CPU_STACK_TOP, %rsp  # by now this may be another CPU
  pushq $FLAG_ALWAYS
  popfq
  KERNEL_LOCK_TAKE
  call w2c_kernel_activation_done
  testl %eax, %eax
  jz schedule
  jmp return_words_by_resume

# Gates that are not plain functions of the kernel; 0 for all others.
.macro special number, place
  .org user_special + 8 * (\number)
  .quad \place
.endm
.section .rodata.user_special, "a", @progbits
.balign 8
user_special:
  special GATE_EXIT, user_exit
  special GATE_YIELD, user_yield
  special GATE_TRAP, user_trap
  special GATE_RETURN, user_return
  special GATE_CALL, user_call
  special GATE_CALL_WORDS, user_call_words
  special GATE_CALL_PERSONALITY, user_call_personality
  special GATE_CALL_UNTIL, user_call_until
  special GATE_NOTIFY, user_notify
  .org user_special + 8 * GATE_COUNT
