// services/bus with what the judge looks at besides its answers.
export { call, event, start } from "../../../../services/bus/index";
import { ecam_base, ecam_first_bus, ecam_last_bus } from "../../../../services/bus/found";
import { bar_base, bar_bytes, unit_at, unit_count } from "../../../../services/bus/unit";

export function units(): u32 {
  return unit_count();
}

export function unit_fault(place: u32): u32 {
  return unit_at(place).fault;
}

export function unit_base(place: u32, number: u32): u64 {
  return bar_base(unit_at(place), number);
}

export function unit_bytes(place: u32, number: u32): u64 {
  return bar_bytes(unit_at(place), number);
}

/** Configuration space as the bus knows it; 0: it does not. */
export function config_base(): u64 {
  return ecam_base;
}

export function config_bytes(): u64 {
  return (<u64>(ecam_last_bus - ecam_first_bus + 1)) << 20;
}
