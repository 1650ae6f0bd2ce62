// Switching the machine off. Called by system_power and by panics. What an emulator has is tried here; where a real machine has its power
// register is in firmware's tables and their byte code, which a service reads (services/bus/power.ts).

import { cpuid, port_store } from "./machine";

/** QEMU's isa-debug-exit: the emulator ends with status value << 1 | 1. */
const DEBUG_EXIT_PORT: u32 = 0xf4;
/** CPUID leaf 1, ecx: every hypervisor and emulator says so. */
const FEATURE_VIRTUAL: u32 = 1 << 31;
const REGISTER_ECX: u32 = 2;

/** Ends the run; status 0 is success. Returns where the machine is none that can be switched off so. */
export function power_off(status: u32): void {
  if (cpuid(1, 0, REGISTER_ECX) & FEATURE_VIRTUAL) port_store(4, DEBUG_EXIT_PORT, status);
}
