# What an sfi instance reaches through its gate table: one stub a gate, on the caller's stack, interrupts on.
# A gate runs the kernel's function on the CPU's kernel stack, with the kernel lock, and returns; what waits (an interrupt
# that was put off, a switch) is seen on the way out. Invariant: a gate first touches the caller's stack as deep as it may ever push,
# so that no later push can fault; kernel code uses general registers only, so vector state passes through.
.include "abi.inc"
.include "common.inc"

.text

# Entry \number of the sfi callers' table. 0, where none is written: no such gate, and no module that asks for it is loaded.
.macro gate_entry number, name
.pushsection .rodata.gate_table, "a", @progbits
  .org 8 * (\number)
  .quad gate_\name
.popsection
.endm
# Entry \number of the table by which user.S calls the kernel's own functions.
.macro gate_function number, name
.pushsection .rodata.gate_functions, "a", @progbits
  .org 8 * (\number)
  .quad w2c_kernel_gate_\name
.popsection
.endm

# A gate whose arguments all lie in registers, where the kernel's function takes them. \leave: what its answer may mean.
.macro gate_stub name, leave
gate_\name:
  as_domain_start
  testb %al, -64(%rsp)
  as_domain_end
  movq %rsp, %rax
  movq %gs:CPU_STACK_TOP, %rsp
  pushq %rax
  KERNEL_LOCK_TAKE
  call w2c_kernel_gate_\name
  jmp \leave
.endm

# Gates with code of their own; those that no function of the kernel answers alone; those after which another domain may go on.
.irp name, exit, trap, return, call, call_words, call_personality, call_until, own_id, reply
  .set with_code_\name, 1
.endr
.irp name, exit, trap, return, call, call_words, call_personality, call_until
  .set without_function_\name, 1
.endr
.irp name, yield, notify
  .set with_switch_\name, 1
.endr
.macro gate number, name
  gate_entry \number, \name
.ifndef without_function_\name
  gate_function \number, \name
.endif
.ifdef with_switch_\name
  gate_stub \name, gate_leave_or_switch
.else
.ifndef with_code_\name
  gate_stub \name, gate_leave
.endif
.endif
.endm

.pushsection .rodata.gate_table, "a", @progbits
.balign 8
.globl gate_table
gate_table:
.popsection
.pushsection .rodata.gate_functions, "a", @progbits
.balign 8
.globl gate_functions
gate_functions:
.popsection

every_gate gate

.pushsection .rodata.gate_table
  .org 8 * GATE_COUNT
.popsection
.pushsection .rodata.gate_functions
  .org 8 * GATE_COUNT
.popsection

# The shortest way into the kernel and out: it reads what cannot change while the caller runs, so it needs no other stack.
gate_own_id:
  as_domain_start
  movl %gs:CPU_DOMAIN, %eax
  movl KERNEL_MEMORY + DOMAIN_OBJECT_AT(%rax), %eax
  movq KERNEL_MEMORY + OBJECT_ID_AT(%rax), %rax
  ret
  as_domain_end

# reply's last two words are on the caller's stack.
gate_reply:
  as_domain_start
  testb %al, -64(%rsp)
  as_domain_end
  movq %rsp, %rax
  movq %gs:CPU_STACK_TOP, %rsp
  pushq %rax
  pushq 16(%rax)
  pushq 8(%rax)
  KERNEL_LOCK_TAKE
  call w2c_kernel_gate_reply
  addq $16, %rsp

# rax: the answer; on the kernel stack: the caller's rsp, at its return address. Above 0, where it may be: the domain to go on
# with, the caller's answer being 0.
gate_leave_or_switch:
  testq %rax, %rax
  jg gate_switch
gate_leave:
  popq %rsp
.globl gate_return_to_caller
gate_return_to_caller:
  kernel_leave attention
  as_domain_start
  ret
  as_domain_end

.macro voluntary_frame
  push_kept
  movl %gs:CPU_DOMAIN, %ecx
  movq %rsp, KERNEL_MEMORY + DOMAIN_SP(%rcx)
  movl $CONTEXT_VOLUNTARY, KERNEL_MEMORY + DOMAIN_CONTEXT_KIND(%rcx)
.endm
# With the lock: suspends the current sfi domain at its gate: docs/abi.md's VOLUNTARY frame, rax is its result.
.globl attention
attention:
  voluntary_frame
  movq %rax, KERNEL_MEMORY + DOMAIN_RESULT(%rcx)
  jmp schedule

gate_switch:
  popq %rsp
  voluntary_frame
  movq $0, KERNEL_MEMORY + DOMAIN_RESULT(%rcx)
  jmp resume_other

# These two end the domain: nothing of it is kept.
gate_exit:
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  call w2c_kernel_gate_exit
  jmp schedule

gate_trap:
  movq (%rsp), %rdx
  movq %rbp, %rcx
  movq %gs:CPU_STACK_TOP, %rsp
  KERNEL_LOCK_TAKE
  call w2c_kernel_gate_trap
  jmp schedule
