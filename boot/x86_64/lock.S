# The kernel lock itself, and the wait for it (KERNEL_LOCK_TAKE of common.inc calls it when the lock is taken).
# The boot CPU holds it from the first instruction. Invariant: the wait keeps all registers but the flags.
.include "abi.inc"
.include "common.inc"

.data
.balign 64
.globl kernel_lock
kernel_lock: .long 1
.balign 64

.text
.globl kernel_lock_wait
kernel_lock_wait:
1:pause
  cmpl $0, kernel_lock
  jne 1b
  lock btsl $0, kernel_lock
  jc 1b
  ret
