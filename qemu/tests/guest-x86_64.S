# The smallest guest that talks: 32-bit PVH entry, polled 16550. Prints "ready> ", answers each line it gets with
# "got LINE" and the prompt again; a line that begins with q powers off with status 5. Assembled by guests.ts.
.section .note.Xen, "a"
.balign 4
  .long 4, 4, 18
  .asciz "Xen"
  .long entry
.text
.code32
.globl entry
entry:
  mov $stack_top, %esp
prompt:
  mov $prompt_text, %esi
  call print
  mov $line, %edi
read:
  mov $0x3fd, %edx
  in %dx, %al
  test $1, %al
  jz read
  mov $0x3f8, %edx
  in %dx, %al
  cmp $13, %al
  je answer
  stosb
  jmp read
answer:
  movb $0, (%edi)
  cmpb $'q', line
  je quit
  mov $got_text, %esi
  call print
  mov $line, %esi
  call print
  mov $end_text, %esi
  call print
  jmp prompt
quit:
  mov $5, %al
  out %al, $0xf4
  hlt
print:
  lodsb
  test %al, %al
  jz 1f
  mov $0x3f8, %edx
  out %al, %dx
  jmp print
1: ret
.data
prompt_text: .asciz "ready> "
got_text: .asciz "got "
end_text: .asciz "\r\n"
.bss
line: .skip 256
.skip 256
stack_top:
