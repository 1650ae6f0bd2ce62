# The C library functions that compilers call by themselves: memcpy, memmove, memset, memcmp, and (in modules) the
# roundings that have no instruction. Linked into the kernel (LINKER_KERNEL is 1: no floating point) and every module.
# lp64 calling convention: floats travel in integer registers. Invariant: any overlap is handled; no misaligned access.

.macro FUNCTION name
.section .text.\name, "ax", @progbits
.globl \name
.hidden \name
.type \name, @function
.p2align 2
\name:
.endm

# 64 aligned bytes from \at behind \source to as far behind \target, all loaded before the first store.
.macro COPY64 source, target, at
    ld t0, \at(\source)
    ld t2, \at+8(\source)
    ld t3, \at+16(\source)
    ld t4, \at+24(\source)
    ld t5, \at+32(\source)
    ld t6, \at+40(\source)
    ld a4, \at+48(\source)
    ld a5, \at+56(\source)
    sd t0, \at(\target)
    sd t2, \at+8(\target)
    sd t3, \at+16(\target)
    sd t4, \at+24(\target)
    sd t5, \at+32(\target)
    sd t6, \at+40(\target)
    sd a4, \at+48(\target)
    sd a5, \at+56(\target)
.endm

# void* memmove(a0 target, a1 source, a2 bytes); memcpy is the same function
FUNCTION memmove
.globl memcpy
.hidden memcpy
.type memcpy, @function
memcpy:
    mv a3, a0
    sub t0, a0, a1
    bltu t0, a2, 5f                 # target inside [source, source + bytes): copy from the end
    sltiu t1, a2, 16
    bnez t1, 3f
1:  andi t1, a3, 7
    beqz t1, 2f
    lbu t2, 0(a1)
    sb t2, 0(a3)
    addi a1, a1, 1
    addi a3, a3, 1
    addi a2, a2, -1
    j 1b
2:  andi t1, a1, 7
    bnez t1, 10f                    # they are never both aligned
    li t1, 128
    bltu a2, t1, 1f
0:  COPY64 a1, a3, 0
    COPY64 a1, a3, 64
    addi a1, a1, 128
    addi a3, a3, 128
    addi a2, a2, -128
    bgeu a2, t1, 0b
1:  sltiu t1, a2, 32
    bnez t1, 8f
    ld t2, 0(a1)
    ld t3, 8(a1)
    ld t4, 16(a1)
    ld t5, 24(a1)
    sd t2, 0(a3)
    sd t3, 8(a3)
    sd t4, 16(a3)
    sd t5, 24(a3)
    addi a1, a1, 32
    addi a3, a3, 32
    addi a2, a2, -32
    j 1b
8:  sltiu t1, a2, 8
    bnez t1, 3f
    ld t2, 0(a1)
    sd t2, 0(a3)
    addi a1, a1, 8
    addi a3, a3, 8
    addi a2, a2, -8
    j 8b
3:  sltiu t1, a2, 4                 # bytes, four at a time: loads first, for overlap
    bnez t1, 4f
    lbu t2, 0(a1)
    lbu t3, 1(a1)
    lbu t4, 2(a1)
    lbu t5, 3(a1)
    sb t2, 0(a3)
    sb t3, 1(a3)
    sb t4, 2(a3)
    sb t5, 3(a3)
    addi a1, a1, 4
    addi a3, a3, 4
    addi a2, a2, -4
    j 3b
4:  beqz a2, 9f
    lbu t2, 0(a1)
    sb t2, 0(a3)
    addi a1, a1, 1
    addi a3, a3, 1
    addi a2, a2, -1
    j 4b
10: slli t2, t1, 3                  # the target is aligned: each 8 bytes of it come of two aligned words of the source
    neg t3, t2                      # shifts take the number modulo 64
    sub t4, a1, t1
    ld t5, 0(t4)
    sltiu t1, a2, 8
    bnez t1, 3b
11: ld t6, 8(t4)
    srl t5, t5, t2
    sll t0, t6, t3
    or t5, t5, t0
    sd t5, 0(a3)
    mv t5, t6
    addi t4, t4, 8
    addi a1, a1, 8
    addi a3, a3, 8
    addi a2, a2, -8
    sltiu t1, a2, 8
    beqz t1, 11b
    j 3b
5:  add a1, a1, a2
    add a3, a3, a2
    sltiu t1, a2, 16
    bnez t1, 7f
6:  andi t1, a3, 7
    beqz t1, 1f
    addi a1, a1, -1
    addi a3, a3, -1
    lbu t2, 0(a1)
    sb t2, 0(a3)
    addi a2, a2, -1
    j 6b
1:  andi t1, a1, 7
    bnez t1, 10f
2:  sltiu t1, a2, 8
    bnez t1, 7f
    addi a1, a1, -8
    addi a3, a3, -8
    ld t2, 0(a1)
    sd t2, 0(a3)
    addi a2, a2, -8
    j 2b
10: slli t2, t1, 3                  # as above, from the end
    neg t3, t2
    sub t4, a1, t1
    ld t5, 0(t4)
    sltiu t1, a2, 8
    bnez t1, 7f
11: ld t6, -8(t4)
    sll t5, t5, t3
    srl t0, t6, t2
    or t5, t5, t0
    sd t5, -8(a3)
    mv t5, t6
    addi t4, t4, -8
    addi a1, a1, -8
    addi a3, a3, -8
    addi a2, a2, -8
    sltiu t1, a2, 8
    beqz t1, 11b
7:  beqz a2, 9f
    addi a1, a1, -1
    addi a3, a3, -1
    lbu t2, 0(a1)
    sb t2, 0(a3)
    addi a2, a2, -1
    j 7b
9:  ret
.size memmove, . - memmove

# void* memset(a0 target, a1 value, a2 bytes)
FUNCTION memset
    mv a3, a0
    zext.b a1, a1
    slli t0, a1, 8
    or a1, a1, t0
    slli t0, a1, 16
    or a1, a1, t0
    slli t0, a1, 32
    or a1, a1, t0
    sltiu t1, a2, 16
    bnez t1, 3f
1:  andi t1, a3, 7
    beqz t1, 2f
    sb a1, 0(a3)
    addi a3, a3, 1
    addi a2, a2, -1
    j 1b
2:  li t1, 128
    bltu a2, t1, 1f
0:
.irp at, 0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120
    sd a1, \at(a3)
.endr
    addi a3, a3, 128
    addi a2, a2, -128
    bgeu a2, t1, 0b
1:  sltiu t1, a2, 32
    bnez t1, 4f
    sd a1, 0(a3)
    sd a1, 8(a3)
    sd a1, 16(a3)
    sd a1, 24(a3)
    addi a3, a3, 32
    addi a2, a2, -32
    j 1b
4:  sltiu t1, a2, 8
    bnez t1, 3f
    sd a1, 0(a3)
    addi a3, a3, 8
    addi a2, a2, -8
    j 4b
3:  beqz a2, 5f
    sb a1, 0(a3)
    addi a3, a3, 1
    addi a2, a2, -1
    j 3b
5:  ret
.size memset, . - memset

# int memcmp(a0 left, a1 right, a2 bytes)
FUNCTION memcmp
    or t0, a0, a1
    andi t0, t0, 7
    bnez t0, 2f
1:  sltiu t1, a2, 8
    bnez t1, 2f
    ld t2, 0(a0)
    ld t3, 0(a1)
    bne t2, t3, 2f                  # the bytes decide below
    addi a0, a0, 8
    addi a1, a1, 8
    addi a2, a2, -8
    j 1b
2:  beqz a2, 3f
    lbu t2, 0(a0)
    lbu t3, 0(a1)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    beq t2, t3, 2b
    sub a0, t2, t3
    ret
3:  li a0, 0
    ret
.size memcmp, . - memcmp

.if !LINKER_KERNEL
# f64 \name(f64) and f32 \name\()f(f32) by rounding mode \mode: what is at least 2^52 (2^23) large is whole already,
# and so is what is not a number; the sign of the argument is the sign of the result, zero included.
.macro ROUNDING name, mode
FUNCTION \name
    fmv.d.x ft0, a0
    li t0, 0x433
    slli t0, t0, 52
    fmv.d.x ft1, t0
    fabs.d ft2, ft0
    flt.d t1, ft2, ft1
    beqz t1, 1f
    fcvt.l.d t0, ft0, \mode
    fcvt.d.l ft1, t0
    fsgnj.d ft1, ft1, ft0
    fmv.x.d a0, ft1
1:  ret
.size \name, . - \name
FUNCTION \name\()f
    fmv.w.x ft0, a0
    li t0, 0x4b000000
    fmv.w.x ft1, t0
    fabs.s ft2, ft0
    flt.s t1, ft2, ft1
    beqz t1, 1f
    fcvt.w.s t0, ft0, \mode
    fcvt.s.w ft1, t0
    fsgnj.s ft1, ft1, ft0
    fmv.x.w a0, ft1
1:  ret
.size \name\()f, . - \name\()f
.endm
ROUNDING floor, rdn
ROUNDING ceil, rup
ROUNDING trunc, rtz
ROUNDING nearbyint, rne
.endif

.if !LINKER_KERNEL
# int linker_jump_set(a0 target): 0 now, 1 when linker_jump comes back to it. Wasm exceptions unwind by these.
.macro JUMP_REGISTERS operation
    \operation ra, 0(a0)
    \operation sp, 8(a0)
    \operation s0, 16(a0)
    \operation s1, 24(a0)
    \operation s2, 32(a0)
    \operation s3, 40(a0)
    \operation s4, 48(a0)
    \operation s5, 56(a0)
    \operation s6, 64(a0)
    \operation s7, 72(a0)
    \operation s8, 80(a0)
    \operation s9, 88(a0)
    \operation s10, 96(a0)
    \operation s11, 104(a0)
.endm
FUNCTION linker_jump_set
    JUMP_REGISTERS sd
    li a0, 0
    ret
.size linker_jump_set, . - linker_jump_set

FUNCTION linker_jump
    JUMP_REGISTERS ld
    li a0, 1
    ret
.size linker_jump, . - linker_jump
.endif
