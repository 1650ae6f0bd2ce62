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

# Gates that other code stands for, in services and user mode (special), or in services alone (short); after the switches another
# domain may go on. All others call one kernel function.
.irp name, exit, trap, return, call, call_words, call_personality, call_until
.set special_\name, 1
.endr
.set short_own_id, 1
.irp name, yield, notify
.set switch_\name, 1
.endr

.macro DEFINE number, name
.ifdef switch_\name
    GATE \name, gate_leave_or_switch
.else
.ifndef special_\name
.ifndef short_\name
    GATE \name
.endif
.endif
.endif
.endm
    every_gate DEFINE

# An entry: where an sfi thunk jumps, where an ecall continues (user.S), and the kernel function that the latter calls.
.set entries, 0
.macro ENTRIES_INVALID end
    .rept \end - entries
    .quad gate_invalid, user_invalid, 0
    .endr
    .set entries, \end
.endm
.macro ENTRY number, name
    ENTRIES_INVALID \number
.ifdef special_\name
    .quad gate_\name, user_\name, 0
.else
.ifdef switch_\name
    .quad gate_\name, user_switch, w2c_kernel_gate_\name
.else
    .quad gate_\name, user_simple, w2c_kernel_gate_\name
.endif
.endif
    .set entries, \number + 1
.endm

.section .rodata, "a"
.balign 8
.globl gate_table
gate_table:
    every_gate ENTRY
    ENTRIES_INVALID GATE_COUNT
