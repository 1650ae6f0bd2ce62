# Prints the time-stamp counter as it was at the kernel's entry ("counter" and 16 hexadecimal digits), and halts.
.section .note.Xen, "a"
.balign 4
  .long 4, 4, 18
  .asciz "Xen"
  .long entry
.text
.code32
.globl entry
entry:
  rdtsc
  mov %eax, %ebx
  mov %edx, %ebp
  mov $stack_top, %esp
  mov $text, %esi
1: lodsb
  test %al, %al
  jz 2f
  call put
  jmp 1b
2: mov %ebp, %edi
  call hexadecimal
  mov %ebx, %edi
  call hexadecimal
  mov $10, %al
  call put
3: cli
  hlt
  jmp 3b
hexadecimal:
  mov $8, %ecx
1: rol $4, %edi
  mov %edi, %eax
  and $15, %al
  add $'0', %al
  cmp $'9', %al
  jbe 2f
  add $39, %al
2: call put
  loop 1b
  ret
put:
  mov $0x3f8, %edx
  out %al, %dx
  ret
.data
text: .asciz "counter "
.bss
.skip 64
stack_top:
