# Protected calls between `sfi` services that plain.S does not decide itself: the kernel's call_enter looks at everything.
# What is not service-to-service goes through enter_suspended and resume.S. No stack but the two services' own is used.
# Invariant: before the kernel decides, the caller's context is complete (frame pushed, arguments in its
# DOMAIN_ENTER_ARGUMENTS; the kernel marks it VOLUNTARY), so that anybody may resume it later.
.include "common.inc"

.section .text, "ax"

# Asks \enter for the caller's call: a1 = handle, a2 = method, a3 … a7 = w0 … w4, w5 in \w5 or behind the caller's frame at
# sp. The handler will return to \returns. \wants_words is 0 or 1, or "until": w5 is the deadline; empty: the kernel knows.
.macro ASK name, enter, wants_words, returns, w5
    .ifnb \w5
    mv t2, \w5
    CURRENT_DOMAIN t0, t1
    .else
    CURRENT_DOMAIN t0, t1
    ld t2, FRAME_BYTES(sp)
    .endif
    sd sp, DOMAIN_SP(t0)
    sd a2, DOMAIN_ENTER_ARGUMENTS + 8(t0)
    sd a3, DOMAIN_ENTER_ARGUMENTS + 16(t0)
    sd a4, DOMAIN_ENTER_ARGUMENTS + 24(t0)
    sd a5, DOMAIN_ENTER_ARGUMENTS + 32(t0)
    sd a6, DOMAIN_ENTER_ARGUMENTS + 40(t0)
    sd a7, DOMAIN_ENTER_ARGUMENTS + 48(t0)
    sd t2, DOMAIN_ENTER_ARGUMENTS + 56(t0)
    ld sp, CPU_STACK_TOP(tp)
    .ifc \wants_words, until
    mv a2, t2
    .else
    .ifnb \wants_words
    li a2, \wants_words
    .endif
    .endif
    call w2c_kernel_\enter
    blez a0, call_not_entered
    lui t1, MEMORY_BASE_HIGH
    add t3, a0, t1
    lwu t0, DOMAIN_CALLER(t3)
    lw t2, DOMAIN_MODE(t3)
    add t0, t0, t1
    bnez t2, enter_suspended
    ld sp, DOMAIN_STACK_TOP(t3)
    ld t2, DOMAIN_HANDLER(t3)
    ld a0, DOMAIN_INSTANCE(t3)
    ld a1, DOMAIN_ENTER_ARGUMENTS(t3)
    ld t1, DOMAIN_ENTER_ARGUMENTS + 56(t0)
    ld a2, DOMAIN_ENTER_ARGUMENTS + 8(t0)
    ld a3, DOMAIN_ENTER_ARGUMENTS + 16(t0)
    ld a4, DOMAIN_ENTER_ARGUMENTS + 24(t0)
    ld a5, DOMAIN_ENTER_ARGUMENTS + 32(t0)
    ld a6, DOMAIN_ENTER_ARGUMENTS + 40(t0)
    ld a7, DOMAIN_ENTER_ARGUMENTS + 48(t0)
    lla ra, \returns
    KERNEL_LOCK_GIVE t3
.globl \name\()_given, \name\()_end
\name\()_given:                     # on the server's behalf from here on
    addi sp, sp, -16
    sd t1, 0(sp)
    lw t1, CPU_ATTENTION(tp)
    bnez t1, call_attention
    jr t2
\name\()_end:
.endm

.globl call_not_plain
call_not_plain:                     # from plain.S, which pushed the frame
    ASK call_not_plain, call_enter, 0, return_plain, t1

.globl gate_call_words
gate_call_words:
    PUSH_FRAME
    KERNEL_LOCK_TAKE t0, t1
    ASK call_words, call_enter, 1, return_words

.globl gate_call_until
gate_call_until:
    PUSH_FRAME
    KERNEL_LOCK_TAKE t0, t1
    ASK call_until, call_enter_until, until, return_words

.globl gate_call_personality
gate_call_personality:
    PUSH_FRAME
    KERNEL_LOCK_TAKE t0, t1
    ASK call_personality, call_enter_personality, , return_plain

# a0 <= 0: an error for the caller, or it queues and somebody will enter the server for it.
call_not_entered:
    beqz a0, schedule_now
    CURRENT_DOMAIN t0, t1
    ld sp, DOMAIN_SP(t0)
    j gate_leave

# The handler of a call that wants reply words returns, result a0. Both are sfi, the caller's s0 … s11 in the registers.
return_words:
    ld sp, CPU_STACK_TOP(tp)
    KERNEL_LOCK_TAKE t0, t1
    CURRENT_DOMAIN t0, t1
    ld t0, DOMAIN_MEMORY_BASE(t0)
    addi sp, sp, -16
    sd t0, 0(sp)
    mv a1, a0
    call w2c_kernel_activation_done
    beqz a0, schedule_now
    DOMAIN_ADDRESS t0, a0, t1
    ld a0, DOMAIN_RESULT(t0)
    ld t1, 0(sp)
    ld sp, DOMAIN_SP(t0)
    ld t2, DOMAIN_MEMORY_BASE(t0)
.globl return_words_copy, return_words_copied
return_words_copy:                  # a page fault in here: one side has no memory for them; they are dropped
    COPY_WORDS t2, MESSAGE, t1, MESSAGE, t0
return_words_copied:
    j gate_leave

# Something waits while the server is about to be entered with everything in registers: it is entered later instead.
.globl call_attention
call_attention:
    KERNEL_LOCK_TAKE t0, t1
    CURRENT_DOMAIN t0, t1
    ld t1, 0(sp)
    sd a1, DOMAIN_ENTER_ARGUMENTS(t0)
    sd a2, DOMAIN_ENTER_ARGUMENTS + 8(t0)
    sd a3, DOMAIN_ENTER_ARGUMENTS + 16(t0)
    sd a4, DOMAIN_ENTER_ARGUMENTS + 24(t0)
    sd a5, DOMAIN_ENTER_ARGUMENTS + 32(t0)
    sd a6, DOMAIN_ENTER_ARGUMENTS + 40(t0)
    sd a7, DOMAIN_ENTER_ARGUMENTS + 48(t0)
    sd t1, DOMAIN_ENTER_ARGUMENTS + 56(t0)
    sd t2, DOMAIN_ENTER_PC(t0)
    li t1, CONTEXT_ENTER
    sw t1, DOMAIN_CONTEXT_KIND(t0)
    j schedule_now

# The caller t0's arguments become the ENTER context of the server t3 (kernel index a0), which is resumed at once.
.globl enter_suspended
enter_suspended:
    ld t1, DOMAIN_HANDLER(t3)
    sd t1, DOMAIN_ENTER_PC(t3)
    .irp n, 8,16,24,32,40,48,56
    ld t1, DOMAIN_ENTER_ARGUMENTS + \n(t0)
    sd t1, DOMAIN_ENTER_ARGUMENTS + \n(t3)
    .endr
    li t1, CONTEXT_ENTER
    sw t1, DOMAIN_CONTEXT_KIND(t3)
    csrci sstatus, SSTATUS_SIE
# A domain whose context is complete goes on (kernel index a0), unless something waits. Interrupts are off.
resume_unless_attention:
    lw t0, CPU_ATTENTION(tp)
    bnez t0, schedule_now
    j resume

# A handler or entry that resume.S started returns, result a0: the caller, if there is one, is resumed the long way.
.globl return_resumed
return_resumed:
    mv a1, a0
    csrci sstatus, SSTATUS_SIE
    ld sp, CPU_STACK_TOP(tp)
    KERNEL_LOCK_TAKE t0, t1
# a1 = result, of a handler in either mode (user.S comes here too); the lock is held, interrupts are off.
.globl return_result
return_result:
    ld sp, CPU_STACK_TOP(tp)
    addi sp, sp, -32
    CURRENT_DOMAIN t0, t1
    lwu t1, DOMAIN_WANTS_WORDS(t0)
    sd a1, 0(sp)
    sd t0, 8(sp)
    sd t1, 16(sp)
    call w2c_kernel_activation_done
    beqz a0, schedule_now
    DOMAIN_ADDRESS t0, a0, t1
    ld t1, 0(sp)
    sd t1, DOMAIN_RESULT(t0)
    ld t1, 16(sp)
    beqz t1, resume_unless_attention
    ld t1, 8(sp)
    ld t1, DOMAIN_MEMORY_BASE(t1)
.globl return_result_copy, return_result_copied
return_result_copy:
    COPY_WORDS t0, DOMAIN_WORDS, t1, MESSAGE, t2
    li t2, 1
    sd t2, DOMAIN_WORDS(t0)
return_result_copied:
    j resume_unless_attention
