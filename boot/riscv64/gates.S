# The gates of `sfi` services: a thunk jumps here with the arguments of docs/abi.md section 3 in registers, ra = the
# service's code behind the thunk. A gate moves to the kernel stack, calls the kernel's function and leaves by
# gate_leave. Interrupts stay on.
# Invariant: a gate touches the service's stack (which may fault) before it changes any state, at both ends of the
# frame that a later suspension needs; so suspending never faults.
.include "common.inc"

.section .text, "ax"

# Suspends the current sfi domain at its gate: t0 = the domain; clobbers t1. docs/abi.md's VOLUNTARY frame.
.macro VOLUNTARY_CONTEXT
    PUSH_FRAME
    CURRENT_DOMAIN t0, t1
    sd sp, DOMAIN_SP(t0)
    li t1, CONTEXT_VOLUNTARY
    sw t1, DOMAIN_CONTEXT_KIND(t0)
.endm

# \leave: what its answer may mean.
.macro GATE name, leave=gate_leave
gate_\name:
    addi sp, sp, -FRAME_BYTES
    sd ra, FRAME_RA(sp)
    sd s0, 0(sp)
    ld t0, CPU_STACK_TOP(tp)
    sd sp, -16(t0)
    addi sp, t0, -16
    KERNEL_LOCK_TAKE t0, t1
    call w2c_kernel_gate_\name
    ld sp, 0(sp)
    j \leave
.endm

# The same where an answer above 0 is the domain to go on with, the caller's answer being 0.
gate_leave_or_switch:
    blez a0, gate_leave
    ld ra, FRAME_RA(sp)
    addi sp, sp, FRAME_BYTES
    VOLUNTARY_CONTEXT
    sd zero, DOMAIN_RESULT(t0)
    csrci sstatus, SSTATUS_SIE
    j resume_other

# a0 = answer, sp = the service's stack with a frame of which ra is filled in; the lock is held.
.globl gate_leave, attention
gate_leave:
    ld ra, FRAME_RA(sp)
    addi sp, sp, FRAME_BYTES
.globl gate_leave_check, gate_leave_end
gate_leave_check:                   # traps.S restarts here whom an interrupt met before gate_leave_end
    lw t0, CPU_ATTENTION(tp)
    bnez t0, attention
    KERNEL_LOCK_GIVE t0
gate_leave_end:
    ret
.globl gate_left
gate_left:

# At the exit of a gate something waits: suspend of our own accord, with the answer, and let the kernel choose.
attention:
    VOLUNTARY_CONTEXT
    sd a0, DOMAIN_RESULT(t0)
    j schedule_now

gate_exit:                          # a1 = status
    ld sp, CPU_STACK_TOP(tp)
    KERNEL_LOCK_TAKE t0, t1
    call w2c_kernel_gate_exit
    j schedule_now

gate_return:                        # a service's handler returns by its return address, never by this gate
gate_invalid:
    li a1, TRAP_GATE
gate_trap:                          # a1 = code; the trap happened at ra in the frame s0
    mv a2, ra
    mv a3, s0
    ld sp, CPU_STACK_TOP(tp)
    KERNEL_LOCK_TAKE t0, t1
    call w2c_kernel_gate_trap
    j schedule_now

# All gates in the order of their numbers: \simple ones call one kernel function, \special ones have code of their own,
# \short ones have it for services alone, after \switch ones another domain may go on.
.macro GATES simple, special, short, switch
    \special GATE_EXIT, exit
    \switch GATE_YIELD, yield
    \simple GATE_NOW, now
    \simple GATE_COUNTER, counter
    \simple GATE_MEMORY_GROW, memory_grow
    \special GATE_TRAP, trap
    \special GATE_RETURN, return
    \short GATE_OWN_ID, own_id
    \special GATE_CALL, call
    \special GATE_CALL_WORDS, call_words
    \special GATE_CALL_PERSONALITY, call_personality
    \simple GATE_DETACH, detach
    \simple GATE_REPLY, reply
    \special GATE_CALL_UNTIL, call_until
    \simple GATE_CANCEL, cancel
    \simple GATE_OFFER, offer
    \switch GATE_NOTIFY, notify
    \simple GATE_WAIT, wait
    \simple GATE_NOTIFICATION_BIND, notification_bind
    \simple GATE_TIMER_SET, timer_set
    \simple GATE_MAILBOX_CREATE, mailbox_create
    \simple GATE_MAILBOX_SEND, mailbox_send
    \simple GATE_MAILBOX_RECEIVE, mailbox_receive
    \simple GATE_MAILBOX_BIND, mailbox_bind
    \simple GATE_CAP_DERIVE, cap_derive
    \simple GATE_CAP_GRANT, cap_grant
    \simple GATE_CAP_DELETE, cap_delete
    \simple GATE_CAP_REVOKE, cap_revoke
    \simple GATE_CAP_INFO, cap_info
    \simple GATE_CAP_NEXT, cap_next
    \simple GATE_CAP_MOVE, cap_move
    \simple GATE_CAP_REVOKE_ALL, cap_revoke_all
    \simple GATE_ENDPOINT_CREATE, endpoint_create
    \simple GATE_ENDPOINT_BIND, endpoint_bind
    \simple GATE_NOTIFICATION_CREATE, notification_create
    \simple GATE_REGION_CREATE, region_create
    \simple GATE_REGION_MAP, region_map
    \simple GATE_REGION_UNMAP, region_unmap
    \simple GATE_REGION_FILL, region_fill
    \simple GATE_REGION_PHYSICAL, region_physical
    \simple GATE_CODE_LOAD, code_load
    \simple GATE_DOMAIN_CREATE, domain_create
    \simple GATE_DOMAIN_MAP, domain_map
    \simple GATE_DOMAIN_PERSONALITY, domain_personality
    \simple GATE_DOMAIN_MEMORY, domain_memory
    \simple GATE_DOMAIN_START, domain_start
    \simple GATE_DOMAIN_STOP, domain_stop
    \simple GATE_DOMAIN_DESTROY, domain_destroy
    \simple GATE_DOMAIN_STATUS, domain_status
    \simple GATE_DOMAIN_SUPERVISE, domain_supervise
    \simple GATE_DOMAIN_HOLD, domain_hold
    \simple GATE_DOMAIN_RELEASE, domain_release
    \simple GATE_DOMAIN_REPLACE, domain_replace
    \simple GATE_IRQ_BIND, irq_bind
    \simple GATE_IRQ_ACK, irq_ack
    \simple GATE_DEVICE_LOAD, device_load
    \simple GATE_DEVICE_STORE, device_store
    \simple GATE_SYSTEM_INFO, system_info
    \simple GATE_SYSTEM_POWER, system_power
    \simple GATE_CAP_MINT, cap_mint
    \simple GATE_ENDPOINT_METHODS, endpoint_methods
    \simple GATE_IRQ_MESSAGE, irq_message
    \simple GATE_ACCEPT, accept
    \simple GATE_ENDPOINT_STATUS, endpoint_status
    \simple GATE_HOOK_MET, hook_met
    \simple GATE_CONTEXT_CREATE, context_create
    \simple GATE_CONTEXT_BIND, context_bind
    \simple GATE_SCHEDULER_CREATE, scheduler_create
    \simple GATE_SCHEDULER_ATTACH, scheduler_attach
    \simple GATE_SCHEDULER_COMMIT, scheduler_commit
    \simple GATE_SCHEDULER_WITHDRAW, scheduler_withdraw
    \simple GATE_SCHEDULER_NEXT, scheduler_next
    \simple GATE_SCHEDULING_RELEASE, scheduling_release
    \simple GATE_CODE_SEAL, code_seal
    \simple GATE_CODE_VERIFY, code_verify
    \simple GATE_CODE_HASH, code_hash
    \simple GATE_ENDPOINT_ATTEST, endpoint_attest
    \simple GATE_DOMAIN_AFFINITY, domain_affinity
    \simple GATE_HOOK_ATTACH, hook_attach
    \simple GATE_HOOK_DETACH, hook_detach
.endm

.macro DEFINE number, name
    GATE \name
.endm
.macro DEFINED_ELSEWHERE number, name
.endm
.macro DEFINE_SWITCH number, name
    GATE \name, gate_leave_or_switch
.endm
    GATES DEFINE, DEFINED_ELSEWHERE, DEFINED_ELSEWHERE, DEFINE_SWITCH

# An entry: where an sfi thunk jumps, where an ecall continues (user.S), and the kernel function that the latter calls.
.set entries, 0
.macro ENTRY number, sfi, user, function
    .rept \number - entries
    .quad gate_invalid, user_invalid, 0
    .endr
    .quad \sfi, \user, \function
    .set entries, \number + 1
.endm
.macro ENTRY_SIMPLE number, name
    ENTRY \number, gate_\name, user_simple, w2c_kernel_gate_\name
.endm
.macro ENTRY_SWITCH number, name
    ENTRY \number, gate_\name, user_switch, w2c_kernel_gate_\name
.endm
.macro ENTRY_SPECIAL number, name
    ENTRY \number, gate_\name, user_\name, 0
.endm

.section .rodata, "a"
.balign 8
.globl gate_table
gate_table:
    GATES ENTRY_SIMPLE, ENTRY_SPECIAL, ENTRY_SIMPLE, ENTRY_SWITCH
    ENTRY GATE_COUNT - 1, gate_invalid, user_invalid, 0
