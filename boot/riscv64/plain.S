# The common case of a protected call, the system's hottest path, decided here: the capability is good, its server is an
# idle sfi domain, and nobody wants reply words. What it reads and writes stands in kernel/abi/call.ts; all else asks the
# kernel's call_enter and activation_done, which say why. a1 handle, a2 method, a3 … a7 w0 … w4, t1 w5: of the caller's
# registers s0 and sp survive (linker/headers/call.ts). Invariant: nothing has changed yet when a check fails.
.include "common.inc"

.set CAPABILITIES_HIGH, ((KERNEL_MEMORY_BASE + KERNEL_CAPS) >> 12) & 0xfffff
.if STATE_BUSY != PLAIN_ACTIVATION_CALL
.error "the state and the activation that a call sets are no longer one number"
.endif

.section .text, "ax"

.globl gate_call, gate_call_given, gate_call_end
gate_call:
    addi sp, sp, -FRAME_BYTES       # PUSH_FRAME without s1 … s11
    sd s0, 0(sp)
    sd ra, FRAME_RA(sp)
    KERNEL_LOCK_TAKE s1, t0         # s1: the lock
    lwu t6, CPU_DOMAIN(tp)
    lui t5, MEMORY_BASE_HIGH
    add t0, t6, t5                  # t0 = the caller, t6 its index
    sd sp, DOMAIN_SP(t0)
    # the capability (t2): in the table, for this handle, this domain's and an endpoint's, with the right to call
    lwu t4, CPU_PLAIN_BOUND(tp)
    slli.uw t2, a1, 6
    lui t3, CAPABILITIES_HIGH
    bgeu t2, t4, call_not_plain
    add t2, t2, t3
    ld t3, CAPABILITY_HANDLE_AT(t2)
    bne t3, a1, call_not_plain
    lw t3, CAPABILITY_KEY_AT(t2)
    lw t4, DOMAIN_ENDPOINT_KEY_AT(t0)
    bne t3, t4, call_not_plain
    # not revoked
    lwu s2, CAPABILITY_OBJECT_AT(t2)
    lw t3, CAPABILITY_VERSION_AT(t2)
    add s2, s2, t5
    lw t4, OBJECT_VERSION_AT(s2)
    bne t3, t4, call_not_plain
    # the server (t3, its index s3): there is one, idle and sfi (DOMAIN_MODE lies behind the state)
    lwu s3, ENDPOINT_SERVER_AT(s2)
    beqz s3, call_not_plain
    add t3, s3, t5
    ld t4, DOMAIN_STATE_AT(t3)
    addi t4, t4, -STATE_IDLE
    bnez t4, call_not_plain
    # the caller waits; the server has the caller's thread and becomes the current domain
    li t4, PLAIN_WAIT_CALLEE
    lwu s4, DOMAIN_THREAD_AT(t0)
    sw t4, DOMAIN_WAIT_AT(t0)
    sw s3, DOMAIN_CALLEE_AT(t0)
    li t4, STATE_BUSY
    sw t4, DOMAIN_STATE_AT(t3)
    sw t4, DOMAIN_ACTIVATION_AT(t3)
    sd t6, DOMAIN_CALLER(t3)        # and DOMAIN_WANTS_WORDS behind it: no
    sw s4, DOMAIN_THREAD_AT(t3)
    ld t4, ENDPOINT_CALLS_AT(s2)
    add s4, s4, t5
    sw s3, THREAD_TOP_AT(s4)
    addi t4, t4, 1
    sd t4, ENDPOINT_CALLS_AT(s2)
    sw s3, CPU_DOMAIN(tp)
    ld a1, CAPABILITY_BADGE_AT(t2)
    ld sp, DOMAIN_STACK_TOP(t3)
    ld t2, DOMAIN_HANDLER(t3)
    ld a0, DOMAIN_INSTANCE(t3)
    amoswap.w.rl zero, zero, (s1)
gate_call_given:                    # on the server's behalf from here on
    addi sp, sp, -16
    sd t1, 0(sp)
    lw t1, CPU_ATTENTION(tp)
    bnez t1, call_attention
    jalr t2
gate_call_end:

# The handler returns here, result a0. Its caller, while it waits, is sfi and wants no words, whether the handler was
# entered above or by call.S, and finds its s0 … s11 as they were: the handler preserved them.
.globl return_plain, return_plain_check, return_plain_end, return_plain_left
return_plain:
    KERNEL_LOCK_TAKE t6, t1         # t6: the lock
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
    sd zero, DOMAIN_WAIT_AT(t3)     # PLAIN_WAIT_NONE, and DOMAIN_CALLEE behind it: nobody
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
    amoswap.w.rl zero, zero, (t6)
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
