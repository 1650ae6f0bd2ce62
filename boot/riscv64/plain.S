# The common case of a protected call, the system's hottest path, decided here: the capability is good, its server is an
# idle `sfi` domain, and nobody wants reply words. What it reads and writes stands in kernel/abi/call.ts; it does what
# call_enter_plain and activation_done_plain of the kernel do (kernel/ipc/), which say why. The arguments stay in registers.
# Invariant: nothing has changed yet when a check fails; then call.S asks the kernel, with the same registers.
.include "common.inc"

.set CAPABILITIES_HIGH, ((KERNEL_MEMORY_BASE + KERNEL_CAPS) >> 12) & 0xfffff
.if STATE_BUSY != PLAIN_ACTIVATION_CALL
.error "the state and the activation that a call sets are no longer one number"
.endif

.section .text, "ax"

# a1 = handle, a2 = method, a3 … a7 = w0 … w4, w5 on the stack.
.globl gate_call, gate_call_given, gate_call_end
gate_call:
    PUSH_FRAME
    KERNEL_LOCK_TAKE t0, t1
    lwu t6, CPU_DOMAIN(tp)
    lui t5, MEMORY_BASE_HIGH
    add t0, t6, t5                  # t0 = the caller, t6 its index
    sd sp, DOMAIN_SP(t0)
    # the capability (t2): in the table, for this handle, this domain's and an endpoint's
    lwu t1, CPU_PLAIN_BOUND(tp)
    zext.w t2, a1
    bgeu t2, t1, call_not_plain
    slli t2, t2, 6
    lui t3, CAPABILITIES_HIGH
    add t2, t2, t3
    ld t3, CAPABILITY_HANDLE_AT(t2)
    bne t3, a1, call_not_plain
    lw t3, CAPABILITY_KEY_AT(t2)
    lw t4, DOMAIN_ENDPOINT_KEY_AT(t0)
    bne t3, t4, call_not_plain
    # not revoked, with the right to call
    lwu t1, CAPABILITY_OBJECT_AT(t2)
    lw t3, CAPABILITY_VERSION_AT(t2)
    add t1, t1, t5
    lw t4, OBJECT_VERSION_AT(t1)
    bne t3, t4, call_not_plain
    lbu t3, CAPABILITY_RIGHTS_AT(t2)
    andi t3, t3, ENDPOINT_CALL
    beqz t3, call_not_plain
    # the server (t3, its index t1): there is one, sfi, idle
    lwu t1, ENDPOINT_SERVER_AT(t1)
    beqz t1, call_not_plain
    add t3, t1, t5
    lw t4, DOMAIN_MODE(t3)
    bnez t4, call_not_plain
    lw t4, DOMAIN_STATE_AT(t3)
    addi t4, t4, -STATE_IDLE
    bnez t4, call_not_plain
    # the caller waits; the server has the caller's thread and becomes the current domain
    sw t1, DOMAIN_CALLEE_AT(t0)
    lw a0, DOMAIN_CALL_NUMBER_AT(t0)
    lwu t4, DOMAIN_THREAD_AT(t0)
    addi a0, a0, 1
    sw a0, DOMAIN_CALL_NUMBER_AT(t0)
    li a0, PLAIN_WAIT_CALLEE
    sw a0, DOMAIN_WAIT_AT(t0)
    li a0, CONTEXT_VOLUNTARY
    sw a0, DOMAIN_CONTEXT_KIND(t0)
    li a0, STATE_BUSY
    sw a0, DOMAIN_STATE_AT(t3)
    sw a0, DOMAIN_ACTIVATION_AT(t3)
    sd t6, DOMAIN_CALLER(t3)        # and DOMAIN_WANTS_WORDS behind it: no
    sw t4, DOMAIN_THREAD_AT(t3)
    ld a0, DOMAIN_CALLS_AT(t3)
    add t4, t4, t5
    addi a0, a0, 1
    sd a0, DOMAIN_CALLS_AT(t3)
    sw t1, THREAD_TOP_AT(t4)
    sw t1, CPU_DOMAIN(tp)
    ld t1, FRAME_BYTES(sp)
    ld a1, CAPABILITY_BADGE_AT(t2)
    ld sp, DOMAIN_STACK_TOP(t3)
    ld t2, DOMAIN_HANDLER(t3)
    ld a0, DOMAIN_INSTANCE(t3)
    KERNEL_LOCK_GIVE t0
gate_call_given:                    # on the server's behalf from here on
    addi sp, sp, -16
    sd t1, 0(sp)
    lw t1, CPU_ATTENTION(tp)
    bnez t1, call_attention
    jalr t2
gate_call_end:

# The handler returns here, result a0. The caller's s0 … s11 are in the registers: the handler preserved them. Its
# caller, while it waits, is sfi and wants no words, whether the handler was entered above or by call.S.
.globl return_plain, return_plain_check, return_plain_end, return_plain_left
return_plain:
    KERNEL_LOCK_TAKE t0, t1
    lwu t0, CPU_DOMAIN(tp)
    lui t5, MEMORY_BASE_HIGH
    add t0, t0, t5                  # the server
    lw t1, DOMAIN_ACTIVATION_AT(t0)
    li t2, PLAIN_ACTIVATION_CALL
    bne t1, t2, return_not_plain
    ld t1, DOMAIN_WANTED_AT(t0)
    bnez t1, return_not_plain
    lwu t1, DOMAIN_CALLER(t0)
    lwu t2, DOMAIN_THREAD_AT(t0)
    add t3, t1, t5                  # the caller
    add t2, t2, t5
    sw zero, DOMAIN_CALLER(t0)
    sw zero, DOMAIN_WAIT_AT(t3)     # PLAIN_WAIT_NONE
    sw zero, DOMAIN_CALLEE_AT(t3)
    sw t1, THREAD_TOP_AT(t2)
    sw t1, CPU_DOMAIN(tp)
    li t1, STATE_IDLE
    sw t1, DOMAIN_STATE_AT(t0)
    sw zero, DOMAIN_ACTIVATION_AT(t0) # PLAIN_ACTIVATION_NONE
    ld sp, DOMAIN_SP(t3)
    ld ra, FRAME_RA(sp)
    addi sp, sp, FRAME_BYTES
return_plain_check:
    lw t0, CPU_ATTENTION(tp)
    bnez t0, attention
    KERNEL_LOCK_GIVE t0
return_plain_end:
    ret
return_plain_left:

# It was detached, or somebody waits for the server: the kernel decides.
return_not_plain:
    ld sp, CPU_STACK_TOP(tp)
    mv a1, a0
    call w2c_kernel_activation_done
    beqz a0, schedule_now
    DOMAIN_ADDRESS t0, a0, t1
    ld sp, DOMAIN_SP(t0)
    ld a0, DOMAIN_RESULT(t0)
    j gate_leave
