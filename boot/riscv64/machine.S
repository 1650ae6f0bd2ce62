# The kernel module's `machine` imports that are not inlined (docs/abi.md section 5): a0 is wasm2c's unused instance
# pointer, arguments start at a1. Invariant: they keep the C ABI and use no stack.
.include "common.inc"

.section .text, "ax"

.macro FUNCTION name
.globl w2c_machine_\name
w2c_machine_\name:
.endm

# zero(physical, bytes): RAM; bytes a multiple of 8.
FUNCTION zero
    li t0, DIRECT_MAP
    add a1, a1, t0
    andi t1, a2, 63
    add t1, t1, a1
    add a2, a2, a1
1:  bgeu a1, t1, 2f
    sd zero, 0(a1)
    addi a1, a1, 8
    j 1b
2:  bgeu a1, a2, 3f
    sd zero, 0(a1)
    sd zero, 8(a1)
    sd zero, 16(a1)
    sd zero, 24(a1)
    sd zero, 32(a1)
    sd zero, 40(a1)
    sd zero, 48(a1)
    sd zero, 56(a1)
    addi a1, a1, 64
    j 2b
3:  ret

# copy(destination, source, bytes): RAM, not overlapping; by words while all three are multiples of 8.
FUNCTION copy
    li t0, DIRECT_MAP
    add a1, a1, t0
    add a2, a2, t0
    add t1, a1, a3                  # end of the destination
    or t0, a1, a2
    or t0, t0, a3
    andi t0, t0, 7
    bnez t0, 4f
    andi t2, a3, 31
    add t2, t2, a1
1:  bgeu a1, t2, 2f
    ld t0, 0(a2)
    sd t0, 0(a1)
    addi a1, a1, 8
    addi a2, a2, 8
    j 1b
2:  bgeu a1, t1, 3f
    ld t0, 0(a2)
    ld t3, 8(a2)
    ld t4, 16(a2)
    ld t5, 24(a2)
    sd t0, 0(a1)
    sd t3, 8(a1)
    sd t4, 16(a1)
    sd t5, 24(a1)
    addi a1, a1, 32
    addi a2, a2, 32
    j 2b
3:  ret
4:  bgeu a1, t1, 3b
    lbu t0, 0(a2)
    sb t0, 0(a1)
    addi a1, a1, 1
    addi a2, a2, 1
    j 4b

# A device's interrupt often arrives in the access that asked for it. Behind kernel_assembly_end, with the compiled code, traps.S need not
# look where it was.
.section .text.device, "ax"
# device_load(physical, width): the register; E_BUS, where the device refuses (traps.S: fixup_ranges).
FUNCTION device_load
    li t0, DIRECT_MAP
    add a1, a1, t0
    addi a2, a2, -2
    bltz a2, 1f
    beqz a2, 2f
    lwu a0, 0(a1)
    ret
1:  lbu a0, 0(a1)
    ret
2:  lhu a0, 0(a1)
    ret

# device_store(physical, width, value): 0, or E_BUS.
FUNCTION device_store
    li t0, DIRECT_MAP
    add a1, a1, t0
    mv a0, zero
    addi a2, a2, -4
    bgtz a2, 8f
    beqz a2, 4f
    addi a2, a2, 2
    beqz a2, 2f
    sb a3, 0(a1)
    ret
2:  sh a3, 0(a1)
    ret
4:  sw a3, 0(a1)
    ret
8:  sd a3, 0(a1)
    ret
.globl device_refused
device_refused:
    li a0, E_BUS
    ret
.text

# flush_page(address)
FUNCTION flush_page
    sfence.vma a1
    ret

# flush_all(): translations and, for code that was just loaded, instructions.
FUNCTION flush_all
    sfence.vma
    fence.i
    ret

FUNCTION fence
    fence iorw, iorw
    ret

# load_root(word)
FUNCTION load_root
    sd a1, CPU_ROOT(tp)
    csrw satp, a1
    sfence.vma
    ret

# gate_address(number)
FUNCTION gate_address
    li t0, GATE_COUNT
    bltu a1, t0, 1f
    mv a1, zero                     # the linker emits no such number; the answer is harmless: exit
1:  slli t0, a1, 1
    add t0, t0, a1
    slli t0, t0, 3
    lla t1, gate_table
    add t0, t0, t1
    ld a0, 0(t0)
    ret

FUNCTION image_start
    li a0, KERNEL_PHYSICAL
    ret

FUNCTION image_end
    ld a0, image_end_physical
    ret

FUNCTION kernel_root
    ld a0, boot_root
    ret

FUNCTION symbols_address
    lla a0, kernel_symbols_start
    ret

FUNCTION halt
    csrci sstatus, SSTATUS_SIE
    csrw sie, zero
1:  wfi
    j 1b

# sbi(extension, function, a0, a1, a2), a3 = 0: the error if there is one, else the value.
FUNCTION sbi
    mv a7, a1
    mv a6, a2
    mv a0, a3
    mv a1, a4
    mv a2, a5
    mv a3, zero
    ecall
    bnez a0, 1f
    mv a0, a1
1:  ret

# csr_load(number): 0 time, 1 cycle, 2 instret, 3 sie, 4 sip, 5 satp, 6 stimecmp, 7 whether stimecmp may be used.
FUNCTION csr_load
    lla t0, 1f
    li t1, 7
    bgtu a1, t1, 2f
    slli a1, a1, 3
    add t0, t0, a1
    jr t0
.option push
.option norvc
1:  csrr a0, time
    ret
    csrr a0, cycle
    ret
    csrr a0, instret
    ret
    csrr a0, sie
    ret
    csrr a0, sip
    ret
    csrr a0, satp
    ret
    csrr a0, 0x14d
    ret
    j 3f
.option pop
2:  mv a0, zero
    ret
3:  lw a0, stimecmp_usable
    ret

# csr_store(number, value): 3 sie, 4 sip, 6 stimecmp.
FUNCTION csr_store
    li t0, 3
    beq a1, t0, 1f
    li t0, 4
    beq a1, t0, 3f
    li t0, 6
    bne a1, t0, 2f
    csrw 0x14d, a2
    ret
1:  csrw sie, a2
2:  ret
3:  csrw sip, a2
    ret

.section .rodata, "a"
.balign 8
image_end_physical: .quad image_end
