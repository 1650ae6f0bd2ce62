# Prints instret as it was at the kernel's entry ("counter" and 16 hexadecimal digits), and waits for ever.
.text
.globl entry
entry:
  rdinstret s1
  li s0, 0x10000000
  la a0, text
1: lbu t0, 0(a0)
  beqz t0, 2f
  sb t0, 0(s0)
  addi a0, a0, 1
  j 1b
2: li s2, 60
3: srl t0, s1, s2
  andi t0, t0, 15
  addi t0, t0, '0'
  li t1, '9'
  ble t0, t1, 4f
  addi t0, t0, 39
4: sb t0, 0(s0)
  addi s2, s2, -4
  bgez s2, 3b
  li t0, 10
  sb t0, 0(s0)
5: wfi
  j 5b
.data
text: .asciz "\ncounter "
