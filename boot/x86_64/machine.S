# The kernel module's imports from `machine` that are not inlined by the build: C ABI, the first argument (rdi) unused.
# Contracts: docs/abi.md section 5.
.include "abi.inc"
.include "common.inc"

# Behind the assembly that traps.S looks closely at: nothing here runs on a domain's behalf.
.section .text.machine, "ax"
.macro machine name
.globl w2c_machine_\name
.balign 16
w2c_machine_\name:
.endm

# physical rsi, bytes rdx (a multiple of 8)
machine zero
  movabsq $DIRECT_MAP, %rdi
  addq %rsi, %rdi
  movq %rdx, %rcx
  shrq $3, %rcx
  xorl %eax, %eax
  rep stosq
  ret

# destination rsi, source rdx, both physical; bytes rcx
machine copy
  movabsq $DIRECT_MAP, %rax
  leaq (%rsi,%rax), %rdi
  leaq (%rdx,%rax), %rsi
  movq %rcx, %rdx
  shrq $3, %rcx
  rep movsq
  movl %edx, %ecx
  andl $7, %ecx
  rep movsb
  ret

# physical rsi, width rdx: the register; E_BUS, where the processor refuses (traps.S)
machine device_load
  movabsq $DIRECT_MAP, %rax
  addq %rax, %rsi
  cmpl $2, %edx
  je 2f
  ja 4f
  movzbl (%rsi), %eax
  ret
2:movzwl (%rsi), %eax
  ret
4:movl (%rsi), %eax
  ret

# physical rsi, width rdx, value rcx: 0, or E_BUS
machine device_store
  movabsq $DIRECT_MAP, %rax
  addq %rax, %rsi
  xorl %eax, %eax
  cmpl $4, %edx
  je 4f
  ja 8f
  cmpl $2, %edx
  je 2f
  movb %cl, (%rsi)
  ret
2:movw %cx, (%rsi)
  ret
4:movl %ecx, (%rsi)
  ret
8:movq %rcx, (%rsi)
  ret
.globl device_refused
device_refused:
  movq $E_BUS, %rax
  ret

machine flush_page
  invlpg (%rsi)
  ret

# Global pages too: they leave when CR4.PGE changes.
machine flush_all
  flush_here
  ret

# Everything that this CPU's caches alone know goes to memory: for what reads there without asking them.
machine write_back
  wbinvd
  ret

machine fence
  mfence
  ret

machine load_root
  movq %rsi, %cr3
  movq %rsi, %gs:CPU_ROOT
  ret

machine gate_address
  cmpl $GATE_COUNT, %esi
  jae 1f
  movl %esi, %esi
  movq gate_table(,%rsi,8), %rax
  ret
1:xorl %eax, %eax
  ret

machine image_start
  movabsq $image_start, %rax
  ret

machine image_end
  movabsq $image_end, %rax
  ret

machine kernel_root
  movq $(boot_pml4 - KERNEL_OFFSET), %rax
  ret

machine halt
1:cli
  hlt
  jmp 1b

# width rsi (1, 2, 4 bytes), port rdx
machine port_load
  xorl %eax, %eax
  cmpl $2, %esi
  je 2f
  ja 4f
  inb %dx, %al
  ret
2:inw %dx, %ax
  ret
4:inl %dx, %eax
  ret

# width rsi, port rdx, value rcx
machine port_store
  movl %ecx, %eax
  cmpl $2, %esi
  je 2f
  ja 4f
  outb %al, %dx
  ret
2:outw %ax, %dx
  ret
4:outl %eax, %dx
  ret

# leaf rsi, subleaf rdx, register rcx (0 eax … 3 edx)
machine cpuid
  pushq %rbx
  movl %ecx, %r8d
  movl %esi, %eax
  movl %edx, %ecx
  cpuid
  cmpl $1, %r8d
  jb 9f
  cmovel %ebx, %eax
  je 9f
  cmpl $2, %r8d
  cmovel %ecx, %eax
  cmovnel %edx, %eax
9:popq %rbx
  ret

machine msr_load
  movl %esi, %ecx
  rdmsr
  shlq $32, %rdx
  orq %rdx, %rax
  ret

machine msr_store
  movl %esi, %ecx
  movl %edx, %eax
  shrq $32, %rdx
  wrmsr
  ret

# 0 when the processor has no generator or it has nothing after ten tries
machine random
  pushq %rbx
  movl $1, %eax
  xorl %ecx, %ecx
  cpuid
  popq %rbx
  movl %ecx, %edx
  xorl %eax, %eax
  btl $30, %edx
  jnc 2f
  movl $10, %ecx
1:rdrand %rax
  jc 2f
  loop 1b
  xorl %eax, %eax
2:ret

machine symbols_address
  movq $kernel_symbols_start, %rax
  ret
