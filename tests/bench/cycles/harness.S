# A Linux process around boot/x86_64/plain.S: maps the kernel's tables and the instances' stacks as the state file lists them
# (tests/bench/cycles.ts), points gs at the CPU block, lets the client call, and writes five u64 to standard output: cycles of the
# calls, of the loop alone, instructions of both (counted one by one, by the processor's trap flag), and the sum of the answers.
# What the common case never reaches ends the process.
.include "abi.inc"

.set SYS_write, 1
.set SYS_open, 2
.set SYS_mmap, 9
.set SYS_rt_sigaction, 13
.set SYS_rt_sigreturn, 15
.set SYS_sigaltstack, 131
.set SYS_arch_prctl, 158
.set SYS_exit_group, 231
.set ARCH_SET_GS, 0x1001
.set SIGTRAP, 5
.set SA_FLAGS, 0x0c000000        # a restorer, and a stack of its own
.set FLAG_TRAP, 0x100

# Of the state file: u64 pieces, calls, calls to count, mask, client's memory; then pieces: address, bytes, offset (-1: zeroes).
.set HEADER_PIECES, 0
.set HEADER_CALLS, 8
.set HEADER_COUNTED, 16
.set HEADER_MASK, 24
.set HEADER_MEMORY, 32
.set HEADER_LIST, 40
.set HEADER_MAP_BYTES, 0x1000000

# rdi: the client's instance, which ends where its memory begins.
.macro client_instance
  movq HEADER_MEMORY(%r14), %rdi
  movl phx_struct_size, %eax
  addl $15, %eax
  andl $-16, %eax
  subq %rax, %rdi
.endm

.text
.globl _start
_start:
  movq 16(%rsp), %rdi           # the file's name
  xorl %esi, %esi
  movl $SYS_open, %eax
  syscall
  testq %rax, %rax
  js failed
  movq %rax, %r15
  xorl %edi, %edi
  movl $HEADER_MAP_BYTES, %esi
  movl $1, %edx                 # read
  movl $2, %r10d                # private
  movq %r15, %r8
  xorl %r9d, %r9d
  movl $SYS_mmap, %eax
  syscall
  cmpq $-4096, %rax
  ja failed
  movq %rax, %r14
  movq HEADER_PIECES(%r14), %r13
  leaq HEADER_LIST(%r14), %r12
1:movq (%r12), %rdi
  movq 8(%r12), %rsi
  movq 16(%r12), %r9
  movl $3, %edx                 # read, write
  movl $0x12, %r10d             # private, fixed
  movq %r15, %r8
  testq %r9, %r9
  jns 2f
  xorl %r9d, %r9d
  movq $-1, %r8
  movl $0x32, %r10d             # … and anonymous
2:movl $SYS_mmap, %eax
  syscall
  cmpq $-4096, %rax
  ja failed
  addq $24, %r12
  decq %r13
  jnz 1b

  movl $ARCH_SET_GS, %edi
  movl $KERNEL_MEMORY_BASE + KERNEL_CPUS, %esi
  movl $SYS_arch_prctl, %eax
  syscall
  movq $signal_stack, %rdi
  xorl %esi, %esi
  movl $SYS_sigaltstack, %eax
  syscall
  movl $SIGTRAP, %edi
  movq $on_trap_action, %rsi
  xorl %edx, %edx
  movl $8, %r10d
  movl $SYS_rt_sigaction, %eax
  syscall

# The best of several runs: what else the machine does only ever adds.
.macro measure function, to
  movl $RUNS, %ebx
1:lfence
  rdtsc
  shlq $32, %rdx
  orq %rdx, %rax
  pushq %rax
  pushq %rax
  client_instance
  movl HEADER_CALLS(%r14), %esi
  movl HEADER_MASK(%r14), %edx
  pushq %rbx
  pushq %r14
  call \function
  popq %r14
  popq %rbx
  movq %rax, answers
  lfence
  rdtsc
  shlq $32, %rdx
  orq %rdx, %rax
  popq %rcx
  popq %rcx
  subq %rcx, %rax
  cmpq \to, %rax
  jae 2f
  movq %rax, \to
2:decl %ebx
  jnz 1b
.endm
.macro count function, to
  movq $0, steps
  client_instance
  movl HEADER_COUNTED(%r14), %esi
  movl HEADER_MASK(%r14), %edx
  pushq %r14
  pushfq
  orq $FLAG_TRAP, (%rsp)
  popfq
  call \function
  pushfq
  andq $~FLAG_TRAP, (%rsp)
  popfq
  popq %r14
  movq steps, %rax
  movq %rax, \to
.endm
.set RUNS, 200
  measure w2c_client_run_empty, loop_cycles
  measure w2c_client_run, call_cycles
  count w2c_client_run_empty, loop_steps
  count w2c_client_run, call_steps

  movl $1, %edi
  movq $results, %rsi
  movl $40, %edx
  movl $SYS_write, %eax
  syscall
  xorl %edi, %edi
  movl $SYS_exit_group, %eax
  syscall

on_trap:
  incq steps
  ret
on_trap_restorer:
  movl $SYS_rt_sigreturn, %eax
  syscall

# Everything but the common case.
.globl schedule, resume, attention, gate_return_to_caller, kernel_lock_wait, w2c_kernel_call_enter, w2c_kernel_activation_done
schedule:
resume:
attention:
gate_return_to_caller:
kernel_lock_wait:
w2c_kernel_call_enter:
w2c_kernel_activation_done:
failed:
  movl $1, %edi
  movl $SYS_exit_group, %eax
  syscall

# The client's import thunk, as linker/runtime/thunks-x86_64.ts writes it.
.globl w2c_phi_call
w2c_phi_call:
  jmpq *gate_of_call(%rip)

.data
.balign 8
gate_of_call: .quad gate_call
on_trap_action: .quad on_trap, SA_FLAGS, on_trap_restorer, 0
steps: .quad 0
results:
call_cycles: .quad -1
loop_cycles: .quad -1
call_steps: .quad 0
loop_steps: .quad 0
answers: .quad 0
signal_stack: .quad signal_stack_bottom, 0, SIGNAL_STACK_BYTES
.balign 64
.globl kernel_lock
kernel_lock: .long 0
.balign 64

.set SIGNAL_STACK_BYTES, 65536
.bss
.balign 16
signal_stack_bottom: .skip SIGNAL_STACK_BYTES
