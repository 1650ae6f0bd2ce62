# A Linux process that hashes one MiB argv[1] times with BLAKE3 in C, and the two functions of a C library that it needs.
# Byte by byte copies would count against it, so they go by eight.
.set SYS_exit_group, 231
.set BYTES, 1048576

.text
.globl _start
_start:
  movq 16(%rsp), %rsi
  xorl %ebx, %ebx
1:
  movzbl (%rsi), %eax
  incq %rsi
  subl $'0', %eax
  js 2f
  imulq $10, %rbx
  addq %rax, %rbx
  jmp 1b
2:
  testq %rbx, %rbx
  jz 3f
  leaq hasher(%rip), %rdi
  call blake3_hasher_init
  leaq hasher(%rip), %rdi
  leaq input(%rip), %rsi
  movl $BYTES, %edx
  call blake3_hasher_update
  leaq hasher(%rip), %rdi
  leaq digest(%rip), %rsi
  movl $32, %edx
  call blake3_hasher_finalize
  decq %rbx
  jmp 2b
3:
  xorl %edi, %edi
  movl $SYS_exit_group, %eax
  syscall

.globl memcpy
memcpy:
  movq %rdi, %rax
1:
  cmpq $8, %rdx
  jb 2f
  movq (%rsi), %rcx
  movq %rcx, (%rdi)
  addq $8, %rsi
  addq $8, %rdi
  subq $8, %rdx
  jmp 1b
2:
  testq %rdx, %rdx
  jz 3f
  movb (%rsi), %cl
  movb %cl, (%rdi)
  incq %rsi
  incq %rdi
  decq %rdx
  jmp 2b
3:
  ret

.globl memset
memset:
  movq %rdi, %rax
1:
  testq %rdx, %rdx
  jz 2f
  movb %sil, (%rdi)
  incq %rdi
  decq %rdx
  jmp 1b
2:
  ret

.bss
.balign 64
hasher: .skip 4096
digest: .skip 64
.balign 4096
input: .skip BYTES

.section .note.GNU-stack, "", @progbits
