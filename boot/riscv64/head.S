# The first instructions: OpenSBI, U-Boot (booti) or QEMU enter the flat image at KERNEL_PHYSICAL with a0 = hart id,
# a1 = device tree, translation off. Opens with the Linux-style image header that booti asks for.
# Invariant: until enter_high everything is PC-relative and touches no memory outside the image; a machine on which
# the image cannot run gets one sentence through SBI, never silence.
.include "common.inc"

.set TREE_SEARCH_BYTES, 0x4000      # how far into the device tree complain looks
.set TEST_DEVICE, 0x100000
.set TEST_FAIL, 0x3333 | 102 << 16  # the status of a start that could not succeed, as in kernel/panic.ts

.section .head, "ax"
.globl image_head
.option push
.option norvc
image_head:
    j entry
    nop
    .quad 0x200000                  # text offset: where above the start of memory the image wants to be
    .quad image_end - image_start
    .quad 0                         # flags: little-endian
    .word 2                         # header version 0.2
    .word 0
    .quad 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .word 0
.option pop

.section .boot, "ax"
entry:
    csrw sie, zero
    csrci sstatus, SSTATUS_SIE
    csrw satp, zero
    mv s2, a0                       # hart
    mv s3, a1                       # device tree
    lla s0, image_head
    li t0, KERNEL_PHYSICAL
    lla s4, message_wrong_place
    bne s0, t0, complain
    lla t0, no_bit_manipulation     # where an instruction that the processor does not know leads
    csrw stvec, t0
    sh1add t0, t0, t0               # Zba
    ctz t0, t0                      # Zbb
    bseti t0, t0, 1                 # Zbs

    PHYSICAL a0, kernel_bss_start
    PHYSICAL a1, kernel_bss_end
    call clear_range
    ld a0, kernel_memory
    li a1, KERNEL_INITIAL_BYTES
    add a1, a1, a0
    call clear_range
    call build_tables

    li t0, 9                        # Sv48
    call try_translation
    beqz a0, enter_high
    li t0, 8                        # Sv39
    call try_translation
    beqz a0, enter_high
    lla s4, message_no_paging
    j complain

.balign 4
no_bit_manipulation:
    lla s4, message_no_bit_manipulation

# Prints the sentence at s4 and powers off with a failure.
complain:
    lbu a0, 0(s4)
    beqz a0, 1f
    li a7, 1                        # SBI legacy console_putchar
    ecall
    addi s4, s4, 1
    j complain
# The emulator's test device can tell a failure, which SBI's shutdown there does not. The device tree's text tells
# whether this is that emulator; its device has one place.
1:  li t0, 0x742c657669666973       # "sifive,t", on a multiple of 4 as every property is
    li t1, TREE_SEARCH_BYTES
    add t1, t1, s3
2:  lwu t2, 0(s3)
    lwu t3, 4(s3)
    slli t3, t3, 32
    or t2, t2, t3
    addi s3, s3, 4
    beq t2, t0, 3f
    bltu s3, t1, 2b
    j 4f
3:  li t0, TEST_DEVICE
    li t1, TEST_FAIL
    sw t1, 0(t0)
4:  li a7, 0x53525354               # SBI SRST: shut down, reason: system failure
    li a6, 0
    li a0, 0
    li a1, 1
    ecall
5:  wfi
    j 5b

# Zeroes physical addresses a0 … a1, multiples of 64.
clear_range:
1:  bgeu a0, a1, 2f
    sd zero, 0(a0)
    sd zero, 8(a0)
    sd zero, 16(a0)
    sd zero, 24(a0)
    sd zero, 32(a0)
    sd zero, 40(a0)
    sd zero, 48(a0)
    sd zero, 56(a0)
    addi a0, a0, 64
    j 1b
2:  ret

enter_high:
    ld t0, high_linked
    jr t0

.balign 8
high_linked: .quad high
kernel_memory: .quad kernel_memory_physical

message_wrong_place: .asciz "PhiOS: the image must be loaded at physical address 0x80200000\n"
message_no_bit_manipulation: .asciz "PhiOS: this processor lacks the extensions Zba, Zbb and Zbs\n"
message_no_paging:   .asciz "PhiOS: this processor offers neither Sv48 nor Sv39 translation\n"

# Now at the linked address: drop the identity map, set up this CPU's block and registers, start the kernel.
.section .text, "ax"
high:
    call drop_identity
    li tp, KERNEL_MEMORY_BASE + KERNEL_CPUS
    csrw sscratch, tp
    sd tp, CPU_SELF(tp)
    sw s2, CPU_HARDWARE_ID(tp)
    csrr t0, satp
    sd t0, CPU_ROOT(tp)
    sd t0, boot_satp, t1
    slli t0, t0, 20                 # without mode and address-space id: the root's physical address
    srli t0, t0, 8
    sd t0, boot_root, t1
    lla t0, kernel_stack_top
    sd t0, CPU_STACK_TOP(tp)
    lla t1, kernel_lock
    sd t1, CPU_LOCK(tp)
    lla t1, trap_stack_top
    sd t1, SCRATCH_TRAP_STACK(tp)
    mv sp, t0
    mv s0, zero
    lla t0, probe_failed            # has this processor a stimecmp that the firmware lets us use?
    csrw stvec, t0
    li t2, -1
    csrw 0x14d, t2
    li t1, 1
    sw t1, stimecmp_usable, t0
.balign 4
probe_failed:
    lla t0, trap_entry
    csrw stvec, t0
    csrw scounteren, zero
    li t0, SSTATUS_SUM | SSTATUS_FS_DIRTY   # dirty: the first resume clears the registers
    csrs sstatus, t0
    call wasm2c_kernel_instantiate
    mv a1, s2
    mv a2, s3
    call w2c_kernel_boot
    j schedule_now

.section .bss.stacks, "aw", @nobits
.balign 4096
.globl kernel_stack_guard, trap_stack_guard, kernel_stack_top, trap_stack_top
kernel_stack_guard: .skip 4096      # paging.S leaves both guards unmapped
    .skip 32768
kernel_stack_top:
trap_stack_guard:   .skip 4096
    .skip 8192
trap_stack_top:
.balign 4096

.section .data, "aw"
.globl stimecmp_usable, boot_root, boot_satp
.balign 8
boot_root: .quad 0
boot_satp: .quad 0                  # what satp takes on every CPU
stimecmp_usable: .word 0
