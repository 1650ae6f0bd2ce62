// The other processors: started all at once by INIT and start-up messages of the local APIC (Intel SDM volume 3, 9.4), which
// need no list of them; told to look by one vector, to forget translations by another (boot/x86_64/smp.S).
// Called by kernel/. Invariant: the start-up code's page lies below LOW_MEMORY_END of boot.ts, so nobody else uses it.

import { APIC_ICR_HIGH, APIC_ICR_LOW, apic_load, apic_store, VECTOR_LOOK } from "./apic";
import { local_start } from "./interrupts";
import { flush_cpus, start_code } from "./machine";
import { local_timer_start, now_ns } from "./timer";

const START_PAGE: u32 = 8;
const INIT_OTHERS: u32 = 0xc4500;
const START_OTHERS: u32 = 0xc4600;
const FIXED: u32 = 0x4000;
const PENDING: u32 = 1 << 12;
const PENDING_LOOKS_MAX: u32 = 10_000;
/** Between INIT and start-up. The manual's 10 ms are for processors older than 64-bit mode. */
const INIT_NS: u64 = 10_000;

function send(destination: u32, message: u32): void {
  for (let looks: u32 = 0; looks < PENDING_LOOKS_MAX && apic_load(APIC_ICR_LOW) & PENDING; looks++) continue;
  apic_store(APIC_ICR_HIGH, destination << 24);
  apic_store(APIC_ICR_LOW, message);
}

/** They arrive when they do, one after the other (boot/x86_64/smp.S); a machine with one CPU hears nothing. */
export function cpus_start(): void {
  start_code((<u64>START_PAGE) << 12);
  send(0, INIT_OTHERS);
  const end = now_ns() + INIT_NS;
  while (now_ns() < end) continue;
  send(0, START_OTHERS | START_PAGE);
}

/** What every CPU has of its own. */
export function cpu_started(): void {
  local_start();
  local_timer_start();
}

export function cpu_interrupt(hardware_id: u32): void {
  send(hardware_id, FIXED | VECTOR_LOOK);
}

/** The CPUs of the mask forget all translations. Nothing more is needed for fresh code. */
export function cpus_flush(mask: u32, code: bool): void {
  flush_cpus(mask);
}
