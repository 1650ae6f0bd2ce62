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
.macro gate number, name, leave=gate_leave
  gate_entry \number, \name
  gate_function \number, \name
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

gate_entry GATE_EXIT, exit
gate GATE_YIELD, yield, gate_leave_or_switch
gate GATE_NOW, now
gate GATE_COUNTER, counter
gate GATE_MEMORY_GROW, memory_grow
gate_entry GATE_TRAP, trap
gate_entry GATE_RETURN, return
gate_entry GATE_OWN_ID, own_id
gate_function GATE_OWN_ID, own_id
gate_entry GATE_CALL, call
gate_entry GATE_CALL_WORDS, call_words
gate_entry GATE_CALL_PERSONALITY, call_personality
gate GATE_DETACH, detach
gate_entry GATE_REPLY, reply
gate_function GATE_REPLY, reply
gate_entry GATE_CALL_UNTIL, call_until
gate GATE_CANCEL, cancel
gate GATE_OFFER, offer
gate GATE_NOTIFY, notify, gate_leave_or_switch
gate GATE_WAIT, wait
gate GATE_NOTIFICATION_BIND, notification_bind
gate GATE_TIMER_SET, timer_set
gate GATE_MAILBOX_CREATE, mailbox_create
gate GATE_MAILBOX_SEND, mailbox_send
gate GATE_MAILBOX_RECEIVE, mailbox_receive
gate GATE_MAILBOX_BIND, mailbox_bind
gate GATE_CAP_DERIVE, cap_derive
gate GATE_CAP_GRANT, cap_grant
gate GATE_CAP_DELETE, cap_delete
gate GATE_CAP_REVOKE, cap_revoke
gate GATE_CAP_INFO, cap_info
gate GATE_CAP_NEXT, cap_next
gate GATE_CAP_MOVE, cap_move
gate GATE_CAP_REVOKE_ALL, cap_revoke_all
gate GATE_ENDPOINT_CREATE, endpoint_create
gate GATE_ENDPOINT_BIND, endpoint_bind
gate GATE_NOTIFICATION_CREATE, notification_create
gate GATE_REGION_CREATE, region_create
gate GATE_REGION_MAP, region_map
gate GATE_REGION_UNMAP, region_unmap
gate GATE_REGION_FILL, region_fill
gate GATE_REGION_PHYSICAL, region_physical
gate GATE_CODE_LOAD, code_load
gate GATE_DOMAIN_CREATE, domain_create
gate GATE_DOMAIN_MAP, domain_map
gate GATE_DOMAIN_PERSONALITY, domain_personality
gate GATE_DOMAIN_MEMORY, domain_memory
gate GATE_DOMAIN_START, domain_start
gate GATE_DOMAIN_STOP, domain_stop
gate GATE_DOMAIN_DESTROY, domain_destroy
gate GATE_DOMAIN_STATUS, domain_status
gate GATE_DOMAIN_SUPERVISE, domain_supervise
gate GATE_DOMAIN_HOLD, domain_hold
gate GATE_DOMAIN_RELEASE, domain_release
gate GATE_DOMAIN_REPLACE, domain_replace
gate GATE_IRQ_BIND, irq_bind
gate GATE_IRQ_ACK, irq_ack
gate GATE_DEVICE_LOAD, device_load
gate GATE_DEVICE_STORE, device_store
gate GATE_SYSTEM_INFO, system_info
gate GATE_SYSTEM_POWER, system_power
gate GATE_CAP_MINT, cap_mint
gate GATE_ENDPOINT_METHODS, endpoint_methods
gate GATE_IRQ_MESSAGE, irq_message
gate GATE_ACCEPT, accept
gate GATE_ENDPOINT_STATUS, endpoint_status
gate GATE_HOOK_MET, hook_met
gate GATE_CONTEXT_CREATE, context_create
gate GATE_CONTEXT_BIND, context_bind
gate GATE_SCHEDULER_CREATE, scheduler_create
gate GATE_SCHEDULER_ATTACH, scheduler_attach
gate GATE_SCHEDULER_COMMIT, scheduler_commit
gate GATE_SCHEDULER_WITHDRAW, scheduler_withdraw
gate GATE_SCHEDULER_NEXT, scheduler_next
gate GATE_SCHEDULING_RELEASE, scheduling_release
gate GATE_CODE_SEAL, code_seal
gate GATE_CODE_VERIFY, code_verify
gate GATE_CODE_HASH, code_hash
gate GATE_ENDPOINT_ATTEST, endpoint_attest
gate GATE_DOMAIN_AFFINITY, domain_affinity
gate GATE_HOOK_ATTACH, hook_attach
gate GATE_HOOK_DETACH, hook_detach

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
  pushq %r15
  pushq %r14
  pushq %r13
  pushq %r12
  pushq %rbx
  pushq %rbp
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
