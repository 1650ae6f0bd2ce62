// Switching the machine off. Called by system_power and by panics. A virtual machine is switched off by what emulators
// have: a debug exit, or ACPI's power register where q35 puts it. A real machine asks to be switched off by hand: finding
// its power register takes an ACPI interpreter, which is no part of a kernel, and its other ports are not to be guessed at.

import { halt } from "../kernel/machine";
import { cpuid, port_load, port_store } from "./machine";
import { console_put } from "./console";

/** QEMU's isa-debug-exit: the emulator ends with status value << 1 | 1. */
const DEBUG_EXIT_PORT: u32 = 0xf4;
/** PM1a control of q35 (power management base 0x600). */
const PM1A_Q35: u32 = 0x604;
const SLEEP_S5: u32 = 0x2000;

const FAREWELL: string = "It is now safe to switch this machine off.\n";

/** CPUID leaf 1, ecx: every hypervisor and emulator says so. */
const FEATURE_VIRTUAL: u32 = 1 << 31;
const REGISTER_ECX: u32 = 2;

/** Ends the run; status 0 is success. Does not return. */
export function power_off(status: u32): void {
  if (cpuid(1, 0, REGISTER_ECX) & FEATURE_VIRTUAL) {
    port_store(4, DEBUG_EXIT_PORT, status);
    if (port_load(2, PM1A_Q35) != 0xffff) port_store(2, PM1A_Q35, SLEEP_S5);
  }
  for (let i = 0; i < FAREWELL.length; i++) {
    const byte = FAREWELL.charCodeAt(i);
    if (byte == 10) console_put(13);
    console_put(byte);
  }
  halt();
}
