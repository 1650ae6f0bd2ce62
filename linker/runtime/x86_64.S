# The C library functions that compilers call by themselves: memcpy, memmove, memset, memcmp. Linked into the kernel
# (LINKER_KERNEL is 1: general registers only) and into every module (16-byte vectors). System V calling convention.
# Invariant: any overlap is handled; no `rep` prefix, whose start-up and emulation cost more than these loops.

# 32 bytes from \source to \target, all loaded before the first store.
.macro COPY32 source, target
.if LINKER_KERNEL
  movq (\source), %r8
  movq 8(\source), %r9
  movq 16(\source), %r10
  movq 24(\source), %r11
  movq %r8, (\target)
  movq %r9, 8(\target)
  movq %r10, 16(\target)
  movq %r11, 24(\target)
.else
  movups (\source), %xmm0
  movups 16(\source), %xmm1
  movups %xmm0, (\target)
  movups %xmm1, 16(\target)
.endif
.endm

# The same for 128 bytes: a step of long copies.
.macro COPY128 source, target
.irp n, 0, 1, 2, 3, 4, 5, 6, 7
  movups 16*\n(\source), %xmm\n
.endr
.irp n, 0, 1, 2, 3, 4, 5, 6, 7
  movups %xmm\n, 16*\n(\target)
.endr
.endm

.macro FUNCTION name
.section .text.\name, "ax", @progbits
.globl \name
.hidden \name
.type \name, @function
.p2align 4
\name:
.endm

# void* memmove(rdi target, rsi source, rdx bytes); memcpy is the same function
FUNCTION memmove
.globl memcpy
.hidden memcpy
.type memcpy, @function
memcpy:
  movq %rdi, %rax
  cmpq $16, %rdx
  jb 5f
  movq %rdi, %rcx
  subq %rsi, %rcx
  cmpq %rdx, %rcx               # target inside [source, source + bytes): copy from the end
  jb 3f
  movq -8(%rsi,%rdx), %rcx      # the last 8 bytes, before anything overwrites them
  leaq -8(%rdi,%rdx), %rdx      # where they go
.if !LINKER_KERNEL
  leaq -120(%rdx), %r9          # the last place where 128 bytes may go
  cmpq %r9, %rdi
  ja 1f
0:COPY128 %rsi, %rdi
  subq $-128, %rsi
  subq $-128, %rdi
  cmpq %r9, %rdi
  jbe 0b
.endif
1:leaq 24(%rdi), %r8
  cmpq %rdx, %r8
  ja 2f
  COPY32 %rsi, %rdi
  addq $32, %rsi
  addq $32, %rdi
  jmp 1b
2:cmpq %rdx, %rdi
  jae 4f
  movq (%rsi), %r8
  movq %r8, (%rdi)
  addq $8, %rsi
  addq $8, %rdi
  jmp 2b
4:movq %rcx, (%rdx)
  ret
3:movq (%rsi), %rcx             # the first 8 bytes, kept for last
1:cmpq $40, %rdx
  jb 2f
  subq $32, %rdx
  leaq (%rsi,%rdx), %r8
  leaq (%rdi,%rdx), %r9
.if LINKER_KERNEL
  movq 24(%r8), %r10
  movq 16(%r8), %r11
  movq %r10, 24(%r9)
  movq %r11, 16(%r9)
  movq 8(%r8), %r10
  movq (%r8), %r11
  movq %r10, 8(%r9)
  movq %r11, (%r9)
.else
  COPY32 %r8, %r9
.endif
  jmp 1b
2:cmpq $8, %rdx
  jbe 4f
  movq -8(%rsi,%rdx), %r8
  movq %r8, -8(%rdi,%rdx)
  subq $8, %rdx
  jmp 2b
4:movq %rcx, (%rdi)
  ret
5:cmpq $8, %rdx
  jb 6f
  movq (%rsi), %rcx
  movq -8(%rsi,%rdx), %r8
  movq %rcx, (%rdi)
  movq %r8, -8(%rdi,%rdx)
  ret
6:cmpq $4, %rdx
  jb 7f
  movl (%rsi), %ecx
  movl -4(%rsi,%rdx), %r8d
  movl %ecx, (%rdi)
  movl %r8d, -4(%rdi,%rdx)
  ret
7:testq %rdx, %rdx
  jz 8f
  movzbl (%rsi), %ecx
  movzbl -1(%rsi,%rdx), %r8d
  shrq %rdx                     # 0 for 1 byte, 1 for 2 and 3: the middle
  movzbl (%rsi,%rdx), %r9d
  movb %r9b, (%rdi,%rdx)
  movb %cl, (%rdi)
  # the last byte's place: bytes - 1 = 2 * middle or 2 * middle - 1, known only from the flags of the shift
  jc 1f
  movb %r8b, 1(%rdi)            # 2 bytes
  ret
1:addq %rdx, %rdx
  movb %r8b, (%rdi,%rdx)        # 1 or 3 bytes
8:ret
.size memmove, . - memmove

# void* memset(rdi target, esi value, rdx bytes)
FUNCTION memset
  movq %rdi, %rax
  movzbl %sil, %ecx
  movabsq $0x0101010101010101, %r8
  imulq %r8, %rcx
  cmpq $8, %rdx
  jb 3f
  movq %rcx, -8(%rdi,%rdx)
  leaq -8(%rdi,%rdx), %rdx
.if !LINKER_KERNEL
  movq %rcx, %xmm0
  punpcklqdq %xmm0, %xmm0
  leaq -120(%rdx), %r9          # the last place where 128 bytes may go
  cmpq %r9, %rdi
  ja 1f
0:.irp n, 0, 1, 2, 3, 4, 5, 6, 7
  movups %xmm0, 16*\n(%rdi)
.endr
  subq $-128, %rdi
  cmpq %r9, %rdi
  jbe 0b
.endif
1:leaq 24(%rdi), %r8
  cmpq %rdx, %r8
  ja 2f
.if LINKER_KERNEL
  movq %rcx, (%rdi)
  movq %rcx, 8(%rdi)
  movq %rcx, 16(%rdi)
  movq %rcx, 24(%rdi)
.else
  movups %xmm0, (%rdi)
  movups %xmm0, 16(%rdi)
.endif
  addq $32, %rdi
  jmp 1b
2:cmpq %rdx, %rdi
  jae 4f
  movq %rcx, (%rdi)
  addq $8, %rdi
  jmp 2b
3:testq %rdx, %rdx
  jz 4f
  movb %cl, -1(%rdi,%rdx)
  decq %rdx
  jmp 3b
4:ret
.size memset, . - memset

# int memcmp(rdi left, rsi right, rdx bytes)
FUNCTION memcmp
1:cmpq $8, %rdx
  jb 2f
  movq (%rdi), %rcx
  movq (%rsi), %r8
  cmpq %r8, %rcx
  jne 4f
  addq $8, %rdi
  addq $8, %rsi
  subq $8, %rdx
  jmp 1b
2:testq %rdx, %rdx
  jz 3f
  movzbl (%rdi), %eax
  movzbl (%rsi), %ecx
  incq %rdi
  incq %rsi
  decq %rdx
  subl %ecx, %eax
  jz 2b
  ret
3:xorl %eax, %eax
  ret
4:bswapq %rcx                   # big-endian order is the order of bytes
  bswapq %r8
  xorl %eax, %eax
  cmpq %r8, %rcx
  seta %al
  sbbl $0, %eax
  ret
.size memcmp, . - memcmp

.if !LINKER_KERNEL
# int linker_jump_set(rdi target): 0 now, 1 when linker_jump comes back to it. Wasm exceptions unwind by these.
FUNCTION linker_jump_set
  movq (%rsp), %rax
  movq %rax, (%rdi)
  leaq 8(%rsp), %rax
  movq %rax, 8(%rdi)
  movq %rbp, 16(%rdi)
  movq %rbx, 24(%rdi)
  movq %r12, 32(%rdi)
  movq %r13, 40(%rdi)
  movq %r14, 48(%rdi)
  movq %r15, 56(%rdi)
  xorl %eax, %eax
  ret
.size linker_jump_set, . - linker_jump_set

FUNCTION linker_jump
  movq 16(%rdi), %rbp
  movq 24(%rdi), %rbx
  movq 32(%rdi), %r12
  movq 40(%rdi), %r13
  movq 48(%rdi), %r14
  movq 56(%rdi), %r15
  movq 8(%rdi), %rsp
  movl $1, %eax
  jmpq *(%rdi)
.size linker_jump, . - linker_jump
.endif
