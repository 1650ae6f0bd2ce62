# Programs in user mode: system calls by ecall, and the two resumptions that only they have.
# traps.S comes to user_gate with tp = the CPU block and the program's t0 … t2 and tp aside (CPU_SCRATCH, sscratch);
# t0 = gate number, a1 … a7 and t1 arguments. Interrupts are off throughout.
# Invariant: a program gets back its callee-saved registers, ra and sp, the answer in a0, and zero everywhere else.
.include "common.inc"

.section .text, "ax"

# What remains to be saved of domain t0, which stops in its gate; clobbers t1.
.macro USER_VOLUNTARY_CONTEXT
    CALLEE_SAVED sd, t0
    li t1, CONTEXT_VOLUNTARY
    sw t1, DOMAIN_CONTEXT_KIND(t0)
.endm

.globl user_gate
user_gate:
    csrw sscratch, tp
    CURRENT_DOMAIN t1, t2
    csrr t2, sepc
    addi t2, t2, 4                  # behind the ecall
    sd t2, REGISTER_PC(t1)
    sd sp, REGISTER_SP(t1)
    sd ra, REGISTER_RA(t1)
    ld sp, CPU_STACK_TOP(tp)
    KERNEL_LOCK_TAKE t0, t1
    ld t0, SCRATCH_T0(tp)
    li t2, GATE_COUNT
    bgeu t0, t2, user_invalid
    slli t2, t0, 1
    add t2, t2, t0
    slli t2, t2, 3
    lla t0, gate_table
    add t0, t0, t2
    ld t2, 8(t0)
    ld t0, 16(t0)
    jr t2

# t0 = kernel function; arguments are where it wants them.
.globl user_simple
user_simple:
    jalr t0
    CURRENT_DOMAIN t0, t1
user_answered:
    lw t1, CPU_ATTENTION(tp)
    bnez t1, user_attention
user_give:
    KERNEL_LOCK_GIVE t1
user_leave:                        # to the program of domain t0, callee-saved registers in place, a0 = answer
    ld t1, REGISTER_PC(t0)
    csrw sepc, t1
    li t1, SSTATUS_SPP
    csrc sstatus, t1
    li t1, SSTATUS_SPIE
    csrs sstatus, t1
    ld ra, REGISTER_RA(t0)
    ld sp, REGISTER_SP(t0)
    mv t0, zero
    mv t1, zero
    mv t2, zero
    .irp register, a1, a2, a3, a4, a5, a6, a7
    mv \register, zero
    .endr
user_leave_clean:
    .irp register, t3, t4, t5, t6, gp, tp
    mv \register, zero
    .endr
    sret

# The same, but an answer above 0 is the domain to go on with, the caller's answer being 0.
.globl user_switch
user_switch:
    jalr t0
    CURRENT_DOMAIN t0, t1
    blez a0, user_answered
    USER_VOLUNTARY_CONTEXT
    sd zero, DOMAIN_RESULT(t0)
    j resume_other

user_attention:
    lwu t0, CPU_DOMAIN(tp)
    beqz t0, schedule_now
    DOMAIN_ADDRESS t0, t0, t1
    USER_VOLUNTARY_CONTEXT
    sd a0, DOMAIN_RESULT(t0)
    j schedule_now

# t0 = the domain, a0 = result (resume.S).
.globl user_resume_voluntary
user_resume_voluntary:
    CALLEE_SAVED ld, t0
    j user_leave

# Into the trampoline: a0 instance, a1 … a7 and t1 arguments, t2 function, sp (resume.S); t0 = the domain.
.globl user_resume_enter
user_resume_enter:
    ld t0, DOMAIN_TRAMPOLINE(t0)
    csrw sepc, t0
    li t0, SSTATUS_SPP
    csrc sstatus, t0
    li t0, SSTATUS_SPIE
    csrs sstatus, t0
    .irp register, t0, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    mv \register, zero
    .endr
    j user_leave_clean

.globl user_exit, user_trap, user_invalid, user_return
user_return:                        # a1 = what the handler, or the start function, returned
    j return_result

user_exit:                          # a1 = status
    call w2c_kernel_gate_exit
    j schedule_now

user_invalid:
    li a1, TRAP_GATE
user_trap:                          # a1 = code; the trap happened at ra in the frame s0
    mv a2, ra
    mv a3, s0
    call w2c_kernel_gate_trap
    j schedule_now

# a1 = handle, a2 = method, a3 … a7 = w0 … w4, SCRATCH_T1 = w5
.macro USER_CALL name, enter, wants_words
.globl user_\name
user_\name:
    CURRENT_DOMAIN t0, t1
    USER_VOLUNTARY_CONTEXT
    ld t1, SCRATCH_T1(tp)
    sd a2, DOMAIN_ENTER_ARGUMENTS + 8(t0)
    sd a3, DOMAIN_ENTER_ARGUMENTS + 16(t0)
    sd a4, DOMAIN_ENTER_ARGUMENTS + 24(t0)
    sd a5, DOMAIN_ENTER_ARGUMENTS + 32(t0)
    sd a6, DOMAIN_ENTER_ARGUMENTS + 40(t0)
    sd a7, DOMAIN_ENTER_ARGUMENTS + 48(t0)
    sd t1, DOMAIN_ENTER_ARGUMENTS + 56(t0)
    addi sp, sp, -16
    sd t0, 0(sp)
    .ifc \wants_words, until
    mv a2, t1                       # w5 is the deadline
    .else
    li a2, \wants_words
    .endif
    call w2c_kernel_\enter
    ld t0, 0(sp)
    j user_called
.endm
    USER_CALL call, call_enter, 0
    USER_CALL call_words, call_enter, 1
    USER_CALL call_until, call_enter_until, until
    USER_CALL call_personality, call_enter_personality, 0

user_called:                        # a0 = server, error, or 0: queued; t0 = the caller
    beqz a0, schedule_now
    bltz a0, 1f
    DOMAIN_ADDRESS t3, a0, t1
    j enter_suspended
1:  lw t1, CPU_ATTENTION(tp)
    bnez t1, user_attention
    j user_give
