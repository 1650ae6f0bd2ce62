# The kernel lock, and the way of the other CPUs to the schedule loop: the firmware starts each hart at cpu_entry, translation off,
# a0 = hart id. In the high half it waits for the lock; with it, on a stack that all of them borrow in turn, it asks the kernel
# for stacks of its own. Invariant: before it has a block and the lock, a CPU touches nothing but this file's words.
.include "common.inc"

.set AREA_KERNEL_STACK_TOP, 0x9000  # places in a CPU's area: kernel/start/cpus.ts
.set AREA_TRAP_STACK_TOP, 0xc000

.section .boot, "ax"
cpu_entry:
    csrw sie, zero
    csrci sstatus, SSTATUS_SIE
    ld t0, cpu_high_linked
    csrw stvec, t0
    PHYSICAL t1, boot_satp
    ld t1, 0(t1)
    sfence.vma
    csrw satp, t1                   # there is nothing here from now on: the fault leads to cpu_high. (Code objects fill their
1:  j 1b                            # area from its start; they reach this address only a GiB later.)
.balign 8
cpu_high_linked: .quad cpu_high

.section .text, "ax"
.balign 4
cpu_high:
    sfence.vma
    lla t0, kernel_lock
    li t2, 1
1:  amoswap.w.aq t1, t2, (t0)
    beqz t1, 2f
    .word 0x0100000f                # pause
    j 1b
2:  lla t3, cpus_arrived
    lwu t1, 0(t3)
    li t2, KERNEL_CPU_MAX
    bgeu t1, t2, cpu_unused
    slli t2, t1, 10
    .if KERNEL_CPU_SIZE != 1 << 10
    .error "a CPU block has another size"
    .endif
    li tp, KERNEL_MEMORY_BASE + KERNEL_CPUS
    add tp, tp, t2
    csrw sscratch, tp
    sd tp, CPU_SELF(tp)
    sd t0, CPU_LOCK(tp)
    sw t1, CPU_NUMBER(tp)
    sw a0, CPU_HARDWARE_ID(tp)
    csrr t0, satp
    sd t0, CPU_ROOT(tp)
    lla sp, arrival_stack_top
    sd sp, SCRATCH_TRAP_STACK(tp)
    mv s0, zero
    lla t0, trap_entry
    csrw stvec, t0
    csrw scounteren, zero
    li t0, SSTATUS_SUM | SSTATUS_FS_DIRTY
    csrs sstatus, t0
    call w2c_kernel_cpu_arrive
    beqz a0, cpu_unused
    lla t3, cpus_arrived
    lwu t1, 0(t3)
    addi t1, t1, 1
    sw t1, 0(t3)
    li t0, KERNEL_MEMORY_BASE
    add a0, a0, t0
    li t0, AREA_TRAP_STACK_TOP
    add t0, a0, t0
    sd t0, SCRATCH_TRAP_STACK(tp)
    li t0, AREA_KERNEL_STACK_TOP
    add t0, a0, t0
    sd t0, CPU_STACK_TOP(tp)
    j schedule_now

# One CPU too many, or no memory for its stacks: it stays out.
cpu_unused:
    lla t0, kernel_lock
    amoswap.w.rl zero, zero, (t0)
    csrw sie, zero
3:  wfi
    j 3b

.globl w2c_machine_start_address
w2c_machine_start_address:          # physical
    ld a0, cpu_entry_physical
    ret

.section .rodata, "a"
.balign 8
cpu_entry_physical: .quad cpu_entry

.section .bss.stacks, "aw", @nobits
.balign 16
    .skip 4096
arrival_stack_top:

.section .data, "aw"
.balign 64
.globl kernel_lock
kernel_lock: .word 1                # the boot CPU holds it from the first instruction
.balign 64
cpus_arrived: .word 1
