// Interrupts: the processor's timer interrupt and the PLIC's lines for the boot hart's supervisor context.
// Called by kernel/ with the vectors of boot/riscv64: a vector is the interrupt's cause, 1 software, 5 timer, 9 external.
// A line is masked by priority 0: the PLIC drops the completion of a line that is not enabled, so all stay enabled.

import { load32, store32 } from "../kernel/machine";
import { CSR_SIE, CSR_SIP, csr_store } from "./machine";
import { timer_arm } from "./timer";
import { tree_plic_base, tree_plic_context, tree_plic_lines } from "./tree";

const VECTOR_SOFTWARE: u32 = 1;
const VECTOR_TIMER: u32 = 5;
const VECTOR_EXTERNAL: u32 = 9;
const IRQ_TIMER: i32 = -1;
const IRQ_SPURIOUS: i32 = -2;
const IRQ_LOOK: i32 = -3;
export const SOFTWARE_ENABLE: u64 = (<u64>1) << VECTOR_SOFTWARE;
export const TIMER_ENABLE: u64 = (<u64>1) << VECTOR_TIMER;

// PLIC registers (RISC-V PLIC specification 1.0)
const ENABLES: u64 = 0x2000;
const ENABLES_STRIDE: u64 = 0x80;
const CONTEXTS: u64 = 0x20_0000;
const CONTEXT_STRIDE: u64 = 0x1000;
const THRESHOLD: u64 = 0;
const CLAIM: u64 = 4;

let plic: u64 = 0;
let context: u64 = 0;
let lines: u32 = 0;
/** The line that was claimed last. */
let claimed: u32 = 0;

export function interrupts_start(): void {
  plic = tree_plic_base();
  if (plic != 0) {
    lines = tree_plic_lines() + 1;
    context = plic + CONTEXTS + tree_plic_context() * CONTEXT_STRIDE;
    const enables = plic + ENABLES + tree_plic_context() * ENABLES_STRIDE;
    for (let line: u32 = 1; line < lines; line++) irq_mask(line);
    for (let line: u32 = 0; line < lines; line += 32) store32(enables + (line >> 3), line == 0 ? ~1 : ~0);
    store32(context + THRESHOLD, 0);
  }
  csr_store(CSR_SIE, SOFTWARE_ENABLE | TIMER_ENABLE | ((<u64>1) << VECTOR_EXTERNAL));
}

/** Lines are 0 … irq_count() - 1; line 0 never interrupts. */
export function irq_count(): u32 {
  return lines;
}

/** What arrived: a line, which is claimed until irq_complete; the timer, which is off until it is armed again; another hart's word; or nothing. */
export function vector_irq(vector: u32): i32 {
  if (vector == VECTOR_EXTERNAL && plic != 0) {
    claimed = load32(context + CLAIM);
    return claimed == 0 ? IRQ_SPURIOUS : <i32>claimed;
  }
  if (vector == VECTOR_TIMER) {
    timer_arm(u64.MAX_VALUE);
    return IRQ_TIMER;
  }
  if (vector == VECTOR_SOFTWARE) {
    csr_store(CSR_SIP, 0);
    return IRQ_LOOK;
  }
  return IRQ_SPURIOUS;
}

export function irq_mask(line: u32): void {
  if (line != 0 && line < lines) store32(plic + (line << 2), 0);
}

export function irq_unmask(line: u32): void {
  if (line != 0 && line < lines) store32(plic + (line << 2), 1);
}

/** The kernel is done with what vector_irq() told of: a line or the processor's own. */
export function irq_complete(vector: u32): void {
  if (vector == VECTOR_EXTERNAL) store32(context + CLAIM, claimed);
}

/** A PLIC takes no messages from devices. */
export function message_count(): u32 {
  return 0;
}
export function message_first(): u32 {
  return lines;
}
export function message_address(line: u32): u64 {
  return 0;
}
export function message_data(line: u32): u32 {
  return 0;
}

/** A line that does not rest stays masked by itself. */
export function irq_hold(line: u32, held: bool): void {}
