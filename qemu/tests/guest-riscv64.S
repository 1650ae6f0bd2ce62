# The smallest guest that talks: entered by OpenSBI in S-mode, polled 16550. Prints "ready> ", answers each line it gets
# with "got LINE" and the prompt again; a line that begins with q powers off with status 5. Assembled by guests.ts.
.text
.globl entry
entry:
  li s0, 0x10000000
  la sp, stack_top
prompt:
  la a0, prompt_text
  call print
  la s1, line
read:
  lbu t0, 5(s0)
  andi t0, t0, 1
  beqz t0, read
  lbu t0, 0(s0)
  li t1, 13
  beq t0, t1, answer
  sb t0, 0(s1)
  addi s1, s1, 1
  j read
answer:
  sb zero, 0(s1)
  la a0, line
  lbu t0, 0(a0)
  li t1, 'q'
  beq t0, t1, quit
  la a0, got_text
  call print
  la a0, line
  call print
  la a0, end_text
  call print
  j prompt
quit:
  li t0, 0x100000
  li t1, 0x53333
  sw t1, 0(t0)
1: j 1b
print:
  lbu t0, 0(a0)
  beqz t0, 1f
  sb t0, 0(s0)
  addi a0, a0, 1
  j print
1: ret
.data
prompt_text: .asciz "ready> "
got_text: .asciz "got "
end_text: .asciz "\r\n"
.bss
line: .skip 256
.skip 256
stack_top:
