// What the tests call of the bus service: its methods, and what discovery has found.
export {
  claim,
  dma,
  gone,
  interrupt,
  list,
  looked,
  power_off,
  registers,
  registers_length,
  release,
  reset,
  share,
  structure,
} from "../../../../services/bus/methods";
export { wake_drivers } from "../../../../services/bus/lines";
export { discover } from "../../../../services/bus/discover";
export {
  block_count,
  ecam_base,
  ecam_first_bus,
  ecam_last_bus,
  iommu_registers,
  refused,
  window_count,
} from "../../../../services/bus/found";
import { bar_base, bar_bytes, unit_at, unit_count } from "../../../../services/bus/unit";
export { unit_count };

export function unit_fault(place: u32): u32 {
  return unit_at(place).fault;
}

export function unit_bar(place: u32, number: u32): u64 {
  return bar_base(unit_at(place), number);
}

export function unit_bar_bytes(place: u32, number: u32): u64 {
  return bar_bytes(unit_at(place), number);
}

const text = memory.data(512);

export function text_place(): usize {
  return text;
}
