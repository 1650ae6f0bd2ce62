// The System capability: counters of the whole machine, its log and trace, and power.
import * as phi from "./phi";
export {
  INFO_BOOT_COUNTER,
  INFO_CAPS,
  INFO_CONSOLE_MULTIPLEXED,
  INFO_CONSOLE_TAKEN,
  INFO_CPU_BUSY_NS,
  INFO_CPUS,
  INFO_DOMAINS,
  INFO_FRAMES_FREE,
  INFO_FRAMES_KERNEL,
  INFO_FRAMES_TOTAL,
  INFO_INTERRUPTS,
  INFO_LOG_REGION,
  INFO_SWITCHES,
  INFO_THREADS,
  INFO_TRACE_OFF,
  INFO_TRACE_ON,
  INFO_TRACE_REGION,
} from "../../kernel/abi/status";

export function info(system: u64, field: u64): i64 {
  return phi.system_info(system, field);
}

/** Powers the machine off; `status` reaches the emulator. Returns where that takes more than the kernel knows: init asks the bus then. */
export function power_off(system: u64, status: u64): void {
  phi.system_power(system, status);
}

/** Ends this domain. Does not return. */
export function exit(status: i32): void {
  phi.exit(status);
}

/** Instructions or cycles retired. */
// @ts-ignore: decorator
@inline
export function counter(): u64 {
  return phi.counter();
}

/** Lets others of the same priority run. */
export function yield_now(): void {
  phi.yield_now();
}
