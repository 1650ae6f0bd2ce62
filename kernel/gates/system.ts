// Gates of the System capability: figures of the whole machine, its log and trace, its power.

import { E_ABSENT, E_ARGUMENT, E_NO_MEMORY } from "../abi/errors";
import * as status from "../abi/status";
import * as rights from "../abi/rights";
import { power_off } from "../../hal/power";
import { capability_count, lookup, lookup_error } from "../cap/table";
import { capability_first } from "../cap/derive";
import { counter_to_ns } from "../../hal/timer";
import { cpu_count, current } from "../cpu";
import { boot_counter, copied_bytes } from "../figures";
import { interrupt_count, storm_count } from "../irq";
import { console_taken } from "../log";
import { frames_free_count, frames_total_count } from "../mm/frames";
import { is_none } from "../none";
import { domain_count, domains_frames } from "../object/domains";
import { Region } from "../object/object";
import { log_region, trace_region } from "../start/regions";
import { busy_time, switch_count } from "../thread/scheduler";
import { trace_switch } from "../trace";

function region_capability(region: Region): i64 {
  if (is_none(region)) return E_NO_MEMORY;
  return capability_first(current(), region, rights.REGION_READ | rights.REGION_MAP | rights.RIGHT_SHARE, 0);
}

function switches_total(): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < cpu_count(); i++) total += switch_count(i);
  return total;
}


@inline
function right_for(field: u32): u32 {
  if (field == status.INFO_LOG_REGION || field == status.INFO_CONSOLE_TAKEN || field == status.INFO_CONSOLE_MULTIPLEXED)
    return rights.SYSTEM_LOG;
  if (field == status.INFO_TRACE_REGION || field == status.INFO_TRACE_ON || field == status.INFO_TRACE_OFF)
    return rights.SYSTEM_TRACE;
  return rights.SYSTEM_INFO;
}

export function gate_system_info(handle: u64, field: u64): i64 {
  const system = lookup(current(), handle, rights.TYPE_SYSTEM, right_for(<u32>field));
  if (is_none(system)) return lookup_error();
  if (field >= status.INFO_CPU_SWITCHES && field - status.INFO_CPU_SWITCHES < <u64>cpu_count())
    return <i64>switch_count(<u32>field - status.INFO_CPU_SWITCHES);
  if (field >= status.INFO_CPU_BUSY_NS && field - status.INFO_CPU_BUSY_NS < <u64>cpu_count())
    return <i64>counter_to_ns(busy_time(<u32>field - status.INFO_CPU_BUSY_NS));
  if (field == status.INFO_FRAMES_TOTAL) return <i64>frames_total_count();
  if (field == status.INFO_FRAMES_FREE) return <i64>frames_free_count();
  // each domain has one thread
  if (field == status.INFO_DOMAINS || field == status.INFO_THREADS) return <i64>domain_count();
  if (field == status.INFO_CAPS) return <i64>capability_count();
  if (field == status.INFO_SWITCHES) return <i64>switches_total();
  if (field == status.INFO_INTERRUPTS) return <i64>interrupt_count();
  if (field == status.INFO_BOOT_COUNTER) return <i64>boot_counter;
  if (field == status.INFO_LOG_REGION) return region_capability(log_region());
  if (field == status.INFO_TRACE_REGION) return region_capability(trace_region());
  if (field == status.INFO_TRACE_ON || field == status.INFO_TRACE_OFF) {
    trace_switch(field == status.INFO_TRACE_ON);
    return 0;
  }
  if (field == status.INFO_FRAMES_KERNEL) return <i64>(frames_total_count() - frames_free_count() - domains_frames());
  if (field == status.INFO_COPIED_BYTES) return <i64>copied_bytes;
  if (field == status.INFO_STORMS) return <i64>storm_count();
  if (field == status.INFO_CPUS) return <i64>cpu_count();
  if (field == status.INFO_CONSOLE_TAKEN || field == status.INFO_CONSOLE_MULTIPLEXED) {
    console_taken(field == status.INFO_CONSOLE_MULTIPLEXED);
    return 0;
  }
  return E_ARGUMENT;
}

export function gate_system_power(handle: u64, exit_status: u64): i64 {
  const system = lookup(current(), handle, rights.TYPE_SYSTEM, rights.SYSTEM_POWER);
  if (is_none(system)) return lookup_error();
  power_off(<u32>exit_status);
  return E_ABSENT;
}
