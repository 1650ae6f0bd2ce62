# The schedule loop, idle, and the resumption of a domain from each kind of context in both isolation modes.
# schedule_now: from anywhere, with the kernel lock and any stack, when the current domain can't go on; resume: a0 = kernel index of the
# domain to run, CPU_DOMAIN is set. Invariant: interrupts are off from here until the domain runs, so nothing is deferred.
.include "common.inc"

.section .text, "ax"

.globl schedule_now
schedule_now:
    csrci sstatus, SSTATUS_SIE
    ld sp, CPU_STACK_TOP(tp)
schedule_again:
    call w2c_kernel_schedule
    bnez a0, resume
    # Idle. wfi ends when an enabled interrupt is pending, even though interrupts are off: none of them can slip by.
    li t0, 1
    sw t0, CPU_IDLE(tp)
    KERNEL_LOCK_GIVE t0
    wfi
    KERNEL_LOCK_TAKE t0, t1
    sw zero, CPU_IDLE(tp)
    csrr t0, sip
    csrr t1, sie
    and t0, t0, t1
    li a1, VECTOR_TIMER
    andi t1, t0, 1 << VECTOR_TIMER
    bnez t1, 1f
    li a1, VECTOR_SOFTWARE
    andi t1, t0, 1 << VECTOR_SOFTWARE
    bnez t1, 1f
    li a1, VECTOR_EXTERNAL
    andi t1, t0, 1 << VECTOR_EXTERNAL
    beqz t1, schedule_again
1:  call w2c_kernel_interrupt
    beqz a0, schedule_again

# a0 = the domain that the kernel chose in the former one's stead.
.globl resume_other
resume_other:
    sw a0, CPU_DOMAIN(tp)
    lw t0, CPU_ATTENTION(tp)
    bnez t0, schedule_now

.globl resume
resume:
    DOMAIN_ADDRESS t0, a0, t1
    ld t1, DOMAIN_ROOT(t0)
    ld t2, CPU_ROOT(tp)
    beq t1, t2, 1f
    sd t1, CPU_ROOT(tp)
    csrw satp, t1
    mv t1, zero
    sfence.vma zero, t1             # all but the kernel's global pages
1:  KERNEL_LOCK_GIVE t1             # nobody else touches the context of a domain that runs
    lw t1, DOMAIN_CONTEXT_KIND(t0)
    li t2, CONTEXT_INTERRUPTED
    beq t1, t2, resume_interrupted
    # No floating-point value is live in the other kinds. If the registers hold somebody's values, take them away.
    csrr t2, sstatus
    li t3, SSTATUS_FS_DIRTY
    and t2, t2, t3
    beq t2, t3, 3f
2:  li t2, CONTEXT_ENTER
    beq t1, t2, resume_enter
    j resume_voluntary
3:  call clear_floats
    lw t1, DOMAIN_CONTEXT_KIND(t0)
    j 2b

resume_voluntary:
    ld t1, DOMAIN_WORDS(t0)
    bnez t1, deliver_words
words_delivered:
    ld a0, DOMAIN_RESULT(t0)
    lw t1, DOMAIN_MODE(t0)
    bnez t1, user_resume_voluntary
    ld sp, DOMAIN_SP(t0)
    POP_FRAME
.globl as_domain_start, as_domain_end
as_domain_start:                    # from here to as_domain_end all state is the domain's: an interrupt takes it as it is
    csrsi sstatus, SSTATUS_SIE
    ret
enter_service:
    csrsi sstatus, SSTATUS_SIE
    jr t2
# The shortest gate: it reads what cannot change while the caller runs, and needs no other stack.
.globl gate_own_id
gate_own_id:
    CURRENT_DOMAIN t0, t1
    lwu t0, DOMAIN_OBJECT_AT(t0)
    add t0, t0, t1
    ld a0, OBJECT_ID_AT(t0)
    ret
as_domain_end:

# Reply words that came while it was suspended go to its message words. A page fault: it has no memory for them.
deliver_words:
    sd zero, DOMAIN_WORDS(t0)
    ld t1, DOMAIN_MEMORY_BASE(t0)
.globl deliver_words_copy, deliver_words_copied
deliver_words_copy:
    COPY_WORDS t1, MESSAGE, t0, DOMAIN_WORDS, t2
deliver_words_copied:
    j words_delivered

resume_enter:
    ld a0, DOMAIN_INSTANCE(t0)
    ld sp, DOMAIN_STACK_TOP(t0)
    ld t2, DOMAIN_ENTER_PC(t0)
    ld a1, DOMAIN_ENTER_ARGUMENTS(t0)
    ld a2, DOMAIN_ENTER_ARGUMENTS + 8(t0)
    ld a3, DOMAIN_ENTER_ARGUMENTS + 16(t0)
    ld a4, DOMAIN_ENTER_ARGUMENTS + 24(t0)
    ld a5, DOMAIN_ENTER_ARGUMENTS + 32(t0)
    ld a6, DOMAIN_ENTER_ARGUMENTS + 40(t0)
    ld a7, DOMAIN_ENTER_ARGUMENTS + 48(t0)
    ld t1, DOMAIN_ENTER_ARGUMENTS + 56(t0)
    lw t3, DOMAIN_MODE(t0)
    bnez t3, user_resume_enter
    mv s0, zero                     # backtraces end here
    addi sp, sp, -16
    sd t1, 0(sp)
    lla ra, return_resumed
    j enter_service

# Everything but tp, which in supervisor mode is ours.
resume_interrupted:
    ld t1, REGISTER_PC(t0)
    csrw sepc, t1
    lw t1, REGISTER_FLOATS_SAVED(t0)
    beqz t1, 1f
    FLOATS fld, t0
    ld t1, REGISTER_FCSR(t0)
    csrw fcsr, t1
    j 2f
1:  call clear_floats
2:  li t1, SSTATUS_SPIE
    csrs sstatus, t1
    li t1, SSTATUS_SPP
    lw t2, DOMAIN_MODE(t0)
    bnez t2, 3f
    csrs sstatus, t1
    j 4f
3:  csrc sstatus, t1
    ld tp, REGISTER_TP(t0)
4:  ld sp, REGISTER_SP(t0)
    ld ra, REGISTER_RA(t0)
    ld gp, REGISTER_GP(t0)
    CALLEE_SAVED ld, t0
    ARGUMENTS ld, t0
    ld t3, REGISTER_T3(t0)
    ld t4, REGISTER_T3 + 8(t0)
    ld t5, REGISTER_T3 + 16(t0)
    ld t6, REGISTER_T3 + 24(t0)
    ld t1, REGISTER_T1(t0)
    ld t2, REGISTER_T2(t0)
    ld t0, REGISTER_T0(t0)
    sret

# If the floating-point registers were written since the last time: all zero, status zero. Keeps t0; clobbers t2, t3.
clear_floats:
    csrr t2, sstatus
    li t3, SSTATUS_FS_DIRTY
    and t2, t2, t3
    bne t2, t3, 1f
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fmv.d.x f\n, zero
    .endr
    csrw fcsr, zero
    csrc sstatus, t3
    li t2, SSTATUS_FS_INITIAL
    csrs sstatus, t2
1:  ret
