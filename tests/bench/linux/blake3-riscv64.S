# A Linux process that hashes one MiB argv[1] times with BLAKE3 in C, and the two functions of a C library that it needs.
# Byte by byte copies would count against it, so they go by eight where both are aligned.
.set SYS_exit_group, 94
.set BYTES, 1048576

.text
.globl _start
_start:
  ld t0, 16(sp)
  li s1, 0
  li t3, 10
1:
  lbu t1, 0(t0)
  addi t0, t0, 1
  addi t1, t1, -'0'
  bltz t1, 2f
  mul s1, s1, t3
  add s1, s1, t1
  j 1b
2:
  beqz s1, 3f
  la a0, hasher
  call blake3_hasher_init
  la a0, hasher
  la a1, input
  li a2, BYTES
  call blake3_hasher_update
  la a0, hasher
  la a1, digest
  li a2, 32
  call blake3_hasher_finalize
  addi s1, s1, -1
  j 2b
3:
  li a0, 0
  li a7, SYS_exit_group
  ecall

.globl memcpy
memcpy:
  mv t0, a0
  or t1, a0, a1
  andi t1, t1, 7
  bnez t1, 2f
1:
  sltiu t2, a2, 8
  bnez t2, 2f
  ld t1, 0(a1)
  sd t1, 0(t0)
  addi a1, a1, 8
  addi t0, t0, 8
  addi a2, a2, -8
  j 1b
2:
  beqz a2, 3f
  lb t1, 0(a1)
  sb t1, 0(t0)
  addi a1, a1, 1
  addi t0, t0, 1
  addi a2, a2, -1
  j 2b
3:
  ret

.globl memset
memset:
  mv t0, a0
1:
  beqz a2, 2f
  sb a1, 0(t0)
  addi t0, t0, 1
  addi a2, a2, -1
  j 1b
2:
  ret

.bss
.balign 64
hasher: .skip 4096
digest: .skip 64
.balign 4096
input: .skip BYTES

.section .note.GNU-stack, "", @progbits
