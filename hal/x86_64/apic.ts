// Registers of the local APIC, shared by interrupts.ts and timer.ts (Intel SDM volume 3, chapter 11).

import { load32, store32 } from "../kernel/machine";

export const LOCAL_APIC: u64 = 0xfee0_0000;
export const APIC_ID: u32 = 0x20;
export const APIC_TASK_PRIORITY: u32 = 0x80;
export const APIC_END_OF_INTERRUPT: u32 = 0xb0;
export const APIC_SPURIOUS: u32 = 0xf0;
export const APIC_ICR_LOW: u32 = 0x300;
export const APIC_ICR_HIGH: u32 = 0x310;
export const APIC_LVT_TIMER: u32 = 0x320;
export const APIC_LVT_PERFORMANCE: u32 = 0x340;
export const APIC_LVT_LINT0: u32 = 0x350;
export const APIC_LVT_ERROR: u32 = 0x370;
export const APIC_TIMER_INITIAL: u32 = 0x380;
export const APIC_TIMER_CURRENT: u32 = 0x390;
export const APIC_TIMER_DIVIDE: u32 = 0x3e0;

export const LVT_MASKED: u32 = 1 << 16;

/** Vectors of boot/x86_64/traps.S: devices' messages lowest, so that the task priority can hold all of them back and nothing else. */
export const VECTOR_FIRST_MESSAGE: u32 = 32;
export const MESSAGES: u32 = 64;
export const VECTOR_FIRST_LINE: u32 = 128;
export const LINES_MAX: u32 = 64;
/** Task priority: vectors below 96 wait. */
export const HOLD_MESSAGES: u32 = 0x5f;
export const VECTOR_TIMER: u32 = 96;
/** Another CPU wants this one to choose again who runs. */
export const VECTOR_LOOK: u32 = 98;
export const VECTOR_SPURIOUS: u32 = 127;


@inline
export function apic_load(register: u32): u32 {
  return load32(LOCAL_APIC + register);
}


@inline
export function apic_store(register: u32, value: u32): void {
  store32(LOCAL_APIC + register, value);
}
