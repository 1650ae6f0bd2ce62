// The other harts, by way of the firmware: started by HSM, told to look by IPI, made to forget translations by RFENCE, which
// needs no help of the kernel there (RISC-V SBI specification 1.0, chapters 7 to 9). Called by kernel/.
// Invariant: hart ids at and above 64 stay unused, so that one word of bits names any of ours.

import { cpu, cpu_at } from "../kernel/cpu";
import { CSR_SIE, csr_store, sbi, SBI_HART_STATE, SBI_IPI, SBI_REMOTE_FENCE, start_address } from "./machine";
import { SOFTWARE_ENABLE, TIMER_ENABLE } from "./interrupts";
import { timer_arm } from "./timer";

const HARTS_MAX: u32 = 64;
const HART_START: u64 = 0;
const SEND_IPI: u64 = 0;
const REMOTE_FENCE_I: u64 = 0;
const REMOTE_SFENCE_VMA: u64 = 1;

/** They arrive when they do, one after the other (boot/riscv64/smp.S). A hart that is not there is an error that says so. */
export function cpus_start(): void {
  for (let hart: u32 = 0; hart < HARTS_MAX; hart++) {
    if (hart != cpu().hardware_id) sbi(SBI_HART_STATE, HART_START, hart, start_address(), 0);
  }
}

/** What every hart has of its own; devices interrupt the boot hart alone. */
export function cpu_started(): void {
  timer_arm(u64.MAX_VALUE);
  csr_store(CSR_SIE, TIMER_ENABLE | SOFTWARE_ENABLE);
}

export function cpu_interrupt(hardware_id: u32): void {
  sbi(SBI_IPI, SEND_IPI, (<u64>1) << hardware_id, 0, 0);
}

/** The CPUs of the mask (by number) forget all translations, and instructions too if there is new code. */
export function cpus_flush(mask: u32, code: bool): void {
  let harts: u64 = 0;
  for (let left = mask; left != 0; left &= left - 1) harts |= (<u64>1) << cpu_at(<u32>ctz(left)).hardware_id;
  if (code) sbi(SBI_REMOTE_FENCE, REMOTE_FENCE_I, harts, 0, 0);
  sbi(SBI_REMOTE_FENCE, REMOTE_SFENCE_VMA, harts, 0, 0);
}
