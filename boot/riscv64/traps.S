# The one trap vector: system calls, interrupts, exceptions, from user mode, services and kernel text.
#
#   from user mode, a service, or kernel text that acts for it (domain_ranges)
#                                       full context to DOMAIN_REGISTERS, then interrupt() or trap(), then schedule
#   interrupt in kernel text            noted in CPU_DEFERRED and CPU_ATTENTION; interrupts stay off till the gate's exit
#   page fault in a copy of reply words the copy is skipped
#   fault of a device register         the access is answered with E_BUS
#   store fault of a gate in the current domain's stack area: as if the service had stored there
#   any other exception in kernel text  kernel_trap() on the trap stack: panic
#
# Invariant: nothing is pushed on any stack here; what the trap needs is in the CPU block. Traps don't nest, save for
# an exception in this file, which is a kernel bug.
.include "common.inc"

.section .text, "ax"
.balign 4
.globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    sd t0, SCRATCH_T0(tp)
    sd t1, SCRATCH_T1(tp)
    sd t2, SCRATCH_T2(tp)
    csrr t0, scause
    li t1, CAUSE_USER_ECALL
    beq t0, t1, user_gate
    csrr t1, sstatus
    andi t1, t1, SSTATUS_SPP
    beqz t1, take_context
    csrr t1, sepc
    lla t2, kernel_text_start
    bltu t1, t2, take_context
    lla t2, kernel_text_end
    bgeu t1, t2, take_context
    lla t2, kernel_assembly_end
    bgeu t1, t2, 3f                 # compiled code has no such ranges
    lla t0, domain_ranges
1:  ld t2, 0(t0)
    beqz t2, 3f
    bltu t1, t2, 2f
    ld t2, 8(t0)
    bltu t1, t2, take_context
2:  addi t0, t0, 16
    j 1b
3:  csrr t0, scause
    bgez t0, kernel_exception

# An interrupt in kernel text: note it, go back with interrupts off. Where the gate had looked at CPU_ATTENTION already
# but not left, it looks again.
    andi t0, t0, 63
    sw t0, CPU_DEFERRED(tp)
    sw t0, CPU_ATTENTION(tp)
    li t0, SSTATUS_SPIE
    csrc sstatus, t0
    lla t2, kernel_assembly_end
    bgeu t1, t2, trap_leave
    lla t0, restart_ranges
2:  ld t2, 0(t0)
    beqz t2, trap_leave
    bltu t1, t2, 3f
    ld t2, 8(t0)
    bltu t1, t2, 4f
3:  addi t0, t0, 16
    j 2b
4:  ld t2, 0(t0)
    csrw sepc, t2
trap_leave:
    ld t0, SCRATCH_T0(tp)
    ld t1, SCRATCH_T1(tp)
    ld t2, SCRATCH_T2(tp)
    sret

# t0 = cause, t1 = pc
kernel_exception:
    lla t0, fixup_ranges
1:  ld t2, 0(t0)
    beqz t2, 3f
    bltu t1, t2, 2f
    ld t2, 8(t0)
    bltu t1, t2, 4f
2:  addi t0, t0, 16
    j 1b
4:  csrw sepc, t2
    j trap_leave
3:  csrr t0, scause
    li t2, CAUSE_STORE_PAGE_FAULT
    bne t0, t2, kernel_bug
    lwu t0, CPU_DOMAIN(tp)
    beqz t0, kernel_bug
    DOMAIN_ADDRESS t0, t0, t2
    ld t0, DOMAIN_STACK_TOP(t0)
    csrr t2, stval
    sub t0, t0, t2                  # distance below the stack's top: 1 … the area's size
    li t2, STACK_AREA_BYTES
    addi t0, t0, -1
    bltu t0, t2, take_context

kernel_bug:
    lw t0, SCRATCH_PANICKING(tp)
    bnez t0, panic_again
    li t0, 1
    sw t0, SCRATCH_PANICKING(tp)
    csrr t0, scause
    sd t0, CPU_TRAP_CAUSE(tp)
    csrr t0, stval
    sd t0, CPU_TRAP_ADDRESS(tp)
    sd zero, CPU_TRAP_CODE(tp)
    csrr a1, sepc
    mv a2, sp
    mv a3, s0
    ld sp, SCRATCH_TRAP_STACK(tp)
    call w2c_kernel_kernel_trap
panic_again:                        # the panic itself failed: off, with a failure
    li a7, 0x53525354               # SBI SRST
    li a6, 0
    li a0, 0
    li a1, 1
    ecall
1:  wfi
    j 1b

# The full context of the current domain; t0 … t2 of it are in CPU_SCRATCH, its tp in sscratch.
take_context:
    CURRENT_DOMAIN t0, t1
    csrr t1, sepc
    sd t1, REGISTER_PC(t0)
    sd sp, REGISTER_SP(t0)
    sd ra, REGISTER_RA(t0)
    sd gp, REGISTER_GP(t0)
    csrrw t1, sscratch, tp
    sd t1, REGISTER_TP(t0)
    CALLEE_SAVED sd, t0
    ARGUMENTS sd, t0
    sd t3, REGISTER_T3(t0)
    sd t4, REGISTER_T3 + 8(t0)
    sd t5, REGISTER_T3 + 16(t0)
    sd t6, REGISTER_T3 + 24(t0)
    ld t1, SCRATCH_T0(tp)
    sd t1, REGISTER_T0(t0)
    ld t1, SCRATCH_T1(tp)
    sd t1, REGISTER_T1(t0)
    ld t1, SCRATCH_T2(tp)
    sd t1, REGISTER_T2(t0)
    sw zero, REGISTER_FLOATS_SAVED(t0)
    csrr t1, sstatus
    li t2, SSTATUS_FS_DIRTY
    and t1, t1, t2
    bne t1, t2, 1f
    FLOATS fsd, t0
    csrr t1, fcsr
    sd t1, REGISTER_FCSR(t0)
    li t1, 1
    sw t1, REGISTER_FLOATS_SAVED(t0)
1:  li t1, CONTEXT_INTERRUPTED
    sw t1, DOMAIN_CONTEXT_KIND(t0)
    mv a2, sp
    ld sp, CPU_STACK_TOP(tp)
    KERNEL_LOCK_TAKE t0, t1
    csrr t1, scause
    bgez t1, 2f
    andi a1, t1, 63
    call w2c_kernel_interrupt
    bnez a0, resume_other
    j schedule_now
2:  sd t1, CPU_TRAP_CAUSE(tp)
    csrr t1, stval
    sd t1, CPU_TRAP_ADDRESS(tp)
    sd zero, CPU_TRAP_CODE(tp)
    csrr a1, sepc
    mv a3, s0
    call w2c_kernel_trap
    ld t0, CPU_TRAP_ADDRESS(tp)
    sfence.vma t0                   # the processor may remember that there was no page
    j schedule_now

.section .rodata, "a"
.balign 8
# Each from the look at CPU_ATTENTION to where the lock is given.
restart_ranges:
    .quad gate_leave_check, gate_leave_end
    .quad return_plain_check, return_plain_end
    .quad 0
# Kernel text without the lock and with all state in the domain's registers: as if the domain itself ran.
domain_ranges:
    .quad as_domain_start, as_domain_end
    .quad gate_leave_end, gate_left
    .quad return_plain_end, return_plain_left
    .quad gate_call_given, gate_call_end
    .quad call_not_plain_given, call_not_plain_end
    .quad call_words_given, call_words_end
    .quad call_until_given, call_until_end
    .quad call_personality_given, call_personality_end
    .quad 0
# Copies of reply words, and accesses of device registers; a fault continues at the end.
fixup_ranges:
    .quad return_words_copy, return_words_copied
    .quad return_result_copy, return_result_copied
    .quad deliver_words_copy, deliver_words_copied
    .quad w2c_machine_device_load, device_refused
    .quad 0
