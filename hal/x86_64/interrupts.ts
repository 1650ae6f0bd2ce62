// Interrupt lines: the first I/O APIC (82093AA data sheet) delivers line n as vector 128 + n to the boot CPU's local APIC.
// Behind the lines, from LINES_MAX on, come messages: stores of devices to that local APIC (Intel SDM volume 3, 11.11). They have
// no mask; what is too much waits in the local APIC, of each the last one.
// Called by kernel/ipc for Irq capabilities. Every line is level-triggered, ISA lines active high: a level that rose
// while its line was masked is still there when a driver unmasks it; an edge would be lost.

import { load32, store32 } from "../kernel/machine";
import * as apic from "./apic";
import { apic_load, apic_store } from "./apic";
import { msr_load, msr_store, port_store } from "./machine";

export const IO_APIC: u64 = 0xfec0_0000;
const IO_APIC_SELECT: u64 = IO_APIC;
const IO_APIC_WINDOW: u64 = IO_APIC + 0x10;
const REGISTER_VERSION: u32 = 1;
const REGISTER_LINES: u32 = 0x10;
const ENTRY_ACTIVE_LOW: u32 = 1 << 13;
const ENTRY_LEVEL: u32 = 1 << 15;
const ENTRY_MASKED: u32 = 1 << 16;
/** Lines below are ISA's, active high; the others PCI's, active low. */
const ISA_LINES: u32 = 16;

const MSR_APIC_BASE: u32 = 0x1b;
const APIC_BASE_X2: u64 = 1 << 10;
const APIC_BASE_ENABLE: u64 = 1 << 11;
const SPURIOUS_ENABLE: u32 = 1 << 8;

const PIC_MASTER_DATA: u32 = 0x21;
const PIC_SLAVE_DATA: u32 = 0xa1;

let lines: u32 = 0;
/** The boot CPU's APIC id, where the I/O APIC wants it. */
let boot_id: u32 = 0;

function io_load(register: u32): u32 {
  store32(IO_APIC_SELECT, register);
  return load32(IO_APIC_WINDOW);
}

function io_store(register: u32, value: u32): void {
  store32(IO_APIC_SELECT, register);
  store32(IO_APIC_WINDOW, value);
}

/** Does something that looks like an I/O APIC answer at the usual place? */
export function io_apic_present(): bool {
  const version = io_load(REGISTER_VERSION);
  return version != 0xffff_ffff && (version & 0xff) != 0;
}

/** The legacy controllers silent, every line masked, the local APIC on. */
export function interrupts_start(): void {
  port_store(1, PIC_MASTER_DATA, 0xff);
  port_store(1, PIC_SLAVE_DATA, 0xff);
  local_start();
  boot_id = apic_load(apic.APIC_ID);
  lines = min(((io_load(REGISTER_VERSION) >> 16) & 0xff) + 1, apic.LINES_MAX);
  for (let line: u32 = 0; line < lines; line++) irq_mask(line);
}

/** This CPU's local APIC on, its own sources masked. */
export function local_start(): void {
  const base = msr_load(MSR_APIC_BASE);
  // from x2APIC mode back to registers in memory: only by way of off
  if (base & APIC_BASE_X2) msr_store(MSR_APIC_BASE, base & ~(APIC_BASE_X2 | APIC_BASE_ENABLE));
  msr_store(MSR_APIC_BASE, apic.LOCAL_APIC | (base & 0xfff & ~APIC_BASE_X2) | APIC_BASE_ENABLE);
  apic_store(apic.APIC_TASK_PRIORITY, 0);
  apic_store(apic.APIC_LVT_TIMER, apic.LVT_MASKED);
  apic_store(apic.APIC_LVT_PERFORMANCE, apic.LVT_MASKED);
  apic_store(apic.APIC_LVT_LINT0, apic.LVT_MASKED);
  apic_store(apic.APIC_LVT_ERROR, apic.LVT_MASKED);
  apic_store(apic.APIC_SPURIOUS, SPURIOUS_ENABLE | apic.VECTOR_SPURIOUS);
}

export function irq_count(): u32 {
  return lines;
}

/** The line behind a vector, −1: the timer, −2: nobody's, −3: another CPU's word. */
export function vector_irq(vector: u32): i32 {
  if (vector == apic.VECTOR_TIMER) return -1;
  if (vector >= apic.VECTOR_FIRST_LINE && vector < apic.VECTOR_FIRST_LINE + lines)
    return vector - apic.VECTOR_FIRST_LINE;
  if (vector < apic.VECTOR_FIRST_MESSAGE + apic.MESSAGES) return apic.LINES_MAX + vector - apic.VECTOR_FIRST_MESSAGE;
  return vector == apic.VECTOR_LOOK ? -3 : -2;
}

function entry_low(line: u32): u32 {
  return (apic.VECTOR_FIRST_LINE + line) | ENTRY_LEVEL | (line < ISA_LINES ? 0 : ENTRY_ACTIVE_LOW);
}

export function irq_mask(line: u32): void {
  if (line >= apic.LINES_MAX) return;
  io_store(REGISTER_LINES + (line << 1), entry_low(line) | ENTRY_MASKED);
}

export function irq_unmask(line: u32): void {
  if (line >= apic.LINES_MAX) return;
  io_store(REGISTER_LINES + (line << 1) + 1, boot_id);
  io_store(REGISTER_LINES + (line << 1), entry_low(line));
}

/** The CPU is done with this vector; others of its priority may come. */
export function irq_complete(vector: u32): void {
  if (vector != apic.VECTOR_SPURIOUS) apic_store(apic.APIC_END_OF_INTERRUPT, 0);
}

/** How many messages there are, and the number of the first, among the lines. */
export function message_count(): u32 {
  return apic.MESSAGES;
}
export function message_first(): u32 {
  return apic.LINES_MAX;
}

/** Where a device stores to interrupt, and what. */
export function message_address(line: u32): u64 {
  return apic.LOCAL_APIC | (boot_id >> 12);
}
export function message_data(line: u32): u32 {
  return apic.VECTOR_FIRST_MESSAGE + line - apic.LINES_MAX;
}

/** A line that does not rest stays masked by itself; a message waits, with all others, until it is let go. On the boot CPU. */
export function irq_hold(line: u32, held: bool): void {
  if (line >= apic.LINES_MAX) apic_store(apic.APIC_TASK_PRIORITY, held ? apic.HOLD_MESSAGES : 0);
}
