# memcpy, memmove, memset, memcmp for the kernel's generated code: the C ABI, general registers only.
# Kernel objects are small, so words are moved singly below 128 bytes and by the string instructions above.
.include "abi.inc"
.include "common.inc"

.set STRING_FROM, 128

.macro function name
.globl \name
.balign 16
\name:
.endm

.text
function memcpy
  movq %rdi, %rax
copy_up:
  movq %rdx, %rcx
  cmpq $STRING_FROM, %rdx
  jae 3f
  shrq $3, %rcx
  jz 2f
1:movq (%rsi), %r8
  movq %r8, (%rdi)
  addq $8, %rsi
  addq $8, %rdi
  decq %rcx
  jnz 1b
2:andl $7, %edx
  jz 5f
4:movb (%rsi), %cl
  movb %cl, (%rdi)
  incq %rsi
  incq %rdi
  decl %edx
  jnz 4b
5:ret
3:shrq $3, %rcx
  rep movsq
  jmp 2b

function memmove
  movq %rdi, %rax
  movq %rdi, %rcx
  subq %rsi, %rcx               # unsigned: at least the length, unless the target begins inside the source
  cmpq %rdx, %rcx
  jae copy_up
1:testq %rdx, %rdx
  jz 2f
  movb -1(%rsi,%rdx), %cl
  movb %cl, -1(%rdi,%rdx)
  decq %rdx
  jmp 1b
2:ret

function memset
  movq %rdi, %r9
  movzbl %sil, %eax
  movabsq $0x0101010101010101, %rcx
  imulq %rcx, %rax
  movq %rdx, %rcx
  shrq $3, %rcx
  cmpq $STRING_FROM, %rdx
  jae 3f
  testq %rcx, %rcx
  jz 2f
1:movq %rax, (%rdi)
  addq $8, %rdi
  decq %rcx
  jnz 1b
2:andl $7, %edx
  jz 5f
4:movb %al, (%rdi)
  incq %rdi
  decl %edx
  jnz 4b
5:movq %r9, %rax
  ret
3:rep stosq
  jmp 2b

function memcmp
  xorl %ecx, %ecx
1:cmpq %rdx, %rcx
  jae 2f
  movzbl (%rdi,%rcx), %eax
  movzbl (%rsi,%rcx), %r8d
  incq %rcx
  subl %r8d, %eax
  je 1b
  ret
2:xorl %eax, %eax
  ret
