// Switching the machine off. Called by system_power and by panics. Tries what emulators have, then what this tree's
// machines have of ACPI (the port that q35 puts its power register at); a machine with neither is told to be switched
// off by hand: finding another machine's power register takes an ACPI interpreter, which is no part of a kernel.

import { halt } from "../kernel/machine";
import { port_load, port_store } from "./machine";
import { console_put } from "./console";

/** QEMU's isa-debug-exit: the emulator ends with status value << 1 | 1. */
const DEBUG_EXIT_PORT: u32 = 0xf4;
/** PM1a control of q35 (function power management base 0x600) and of i440fx's default place. */
const PM1A_Q35: u32 = 0x604;
const SLEEP_S5: u32 = 0x2000;

const FAREWELL: string = "It is now safe to switch this machine off.\n";

/** Ends the run; status 0 is success. Does not return. */
export function power_off(status: u32): void {
  port_store(4, DEBUG_EXIT_PORT, status);
  if (port_load(2, PM1A_Q35) != 0xffff) port_store(2, PM1A_Q35, SLEEP_S5);
  for (let i = 0; i < FAREWELL.length; i++) {
    const byte = FAREWELL.charCodeAt(i);
    if (byte == 10) console_put(13);
    console_put(byte);
  }
  halt();
}
