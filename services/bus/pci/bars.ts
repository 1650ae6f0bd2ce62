// Base registers (PCI Local Bus 3.0, 6.2.5.1): how large what is behind them is, where firmware has put it, and a place for what it has not placed.
// Invariant: two functions' registers never overlap, nor do they lie in configuration space or outside the bridge's windows.
import {
  ecam_base,
  ecam_first_bus,
  ecam_last_bus,
  iommu_registers,
  window_base,
  window_bytes,
  window_count,
} from "../found";
import {
  BAR_MAX,
  BAR_WIDE,
  FAULT_NONE,
  FAULT_OVERLAP,
  FAULT_PLACE,
  FAULT_SIZE,
  KIND_FUNCTION,
  Unit,
  bar_base,
  bar_bytes,
  bar_flags,
  set_bar,
  unit_at,
  unit_count,
} from "../unit";
import {
  COMMAND_MASTER,
  COMMAND_MEMORY,
  REGISTER_BARS,
  config_load,
  config_store,
  first_bus,
  set_command,
} from "./config";

const IN_PORTS: u32 = 1;
const TYPE_MASK: u32 = 6;
const FLAGS_MASK: u32 = 15;
const BYTES_MIN: u64 = 16;
/** The largest that a Device can be. */
const BYTES_MAX: u64 = 0x8000_0000;
const BELOW_NARROW: u64 = 1 << 32;
const BUS_BYTES: u64 = 1 << 20;
const PAGE: u64 = 4096;

/** Reads the base registers of a function; `count`: how many its header has. The function neither answers nor masters meanwhile. */
export function read_bars(unit: Unit, count: u32, command: u32): u32 {
  set_command(unit.target, 0, COMMAND_MEMORY | COMMAND_MASTER);
  let fault = FAULT_NONE;
  for (let number: u32 = 0; number < count && fault == FAULT_NONE; number++) {
    fault = read_bar(unit, number, count);
    if ((bar_flags(unit, number) & BAR_WIDE) != 0) number++;
  }
  set_command(unit.target, command & COMMAND_MEMORY, 0);
  return fault;
}

function read_bar(unit: Unit, number: u32, count: u32): u32 {
  const register = REGISTER_BARS + number * 4,
    low = config_load(unit.target, register);
  if ((low & IN_PORTS) != 0) return FAULT_NONE;
  const is_wide = (low & TYPE_MASK) == BAR_WIDE;
  if (is_wide && number + 1 == count) return FAULT_SIZE;
  const high = is_wide ? config_load(unit.target, register + 4) : 0;
  config_store(unit.target, register, ~0);
  if (is_wide) config_store(unit.target, register + 4, ~0);
  const mask_low = config_load(unit.target, register) & ~FLAGS_MASK,
    mask_high = is_wide ? config_load(unit.target, register + 4) : ~0;
  config_store(unit.target, register, low);
  if (is_wide) config_store(unit.target, register + 4, high);
  if (mask_low == 0 && (!is_wide || mask_high == 0)) return FAULT_NONE;
  const bytes = ~((<u64>mask_low) | ((<u64>mask_high) << 32)) + 1;
  if (bytes < BYTES_MIN || bytes > BYTES_MAX || (bytes & (bytes - 1)) != 0) return FAULT_SIZE;
  const base = (<u64>(low & ~FLAGS_MASK)) | ((<u64>high) << 32);
  set_bar(unit, number, base, bytes, is_wide ? BAR_WIDE : 0);
  return FAULT_NONE;
}

/** What firmware has placed is checked against all functions before; what it has not, placed later (place_bars). */
export function check_bars(unit: Unit): u32 {
  for (let number: u32 = 0; number < BAR_MAX; number++) {
    const base = bar_base(unit, number),
      bytes = bar_bytes(unit, number);
    if (bytes == 0 || base == 0) continue;
    if ((base & (bytes - 1)) != 0 || base + bytes < base) return FAULT_PLACE;
    if (!is_free(unit, number, base, bytes)) return FAULT_OVERLAP;
  }
  return FAULT_NONE;
}

/** Gives what has no place yet one. Behind a bridge nobody but firmware can: its windows would have to grow. */
export function place_bars(unit: Unit): u32 {
  for (let number: u32 = 0; number < BAR_MAX; number++) {
    const bytes = bar_bytes(unit, number);
    if (bytes == 0 || bar_base(unit, number) != 0) continue;
    const flags = bar_flags(unit, number),
      base = unit.target >> 8 == first_bus() ? free_place(unit, number, bytes, flags) : 0;
    if (base == 0) return FAULT_PLACE;
    set_bar(unit, number, base, bytes, flags);
  }
  write_bars(unit);
  return FAULT_NONE;
}

/** Base registers as the table has them: after a reset of the function too. */
export function write_bars(unit: Unit): void {
  for (let number: u32 = 0; number < BAR_MAX; number++) {
    if (bar_bytes(unit, number) == 0) continue;
    const register = REGISTER_BARS + number * 4;
    config_store(unit.target, register, <u32>bar_base(unit, number));
    if ((bar_flags(unit, number) & BAR_WIDE) != 0)
      config_store(unit.target, register + 4, <u32>(bar_base(unit, number) >> 32));
  }
}

/** The first place in a window that nothing overlaps; 0: there is none. */
export function free_place(unit: Unit, number: u32, bytes: u64, flags: u32): u64 {
  for (let i: u32 = 0; i < window_count; i++) {
    const end = window_base(i) + window_bytes(i);
    // Bounded by the table: each step passes over one range that is taken.
    let base = up(max(window_base(i), PAGE), bytes);
    while (base + bytes <= end && (base + bytes <= BELOW_NARROW || (flags & BAR_WIDE) != 0)) {
      const taken_end = overlap_end(unit, number, base, bytes);
      if (taken_end == 0) return base;
      base = up(taken_end, bytes);
    }
  }
  return 0;
}

/** The next multiple of a power of two. */
export function up(address: u64, bytes: u64): u64 {
  return (address + bytes - 1) & ~(bytes - 1);
}

function is_free(unit: Unit, number: u32, base: u64, bytes: u64): bool {
  return overlap_end(unit, number, base, bytes) == 0;
}

/** Where something ends that this range would overlap; 0: nothing does. */
function overlap_end(unit: Unit, number: u32, base: u64, bytes: u64): u64 {
  const buses = <u64>(ecam_last_bus - ecam_first_bus + 1) * BUS_BYTES;
  if (ecam_base != 0 && base < ecam_base + buses && ecam_base < base + bytes) return ecam_base + buses;
  if (iommu_registers != 0 && base < iommu_registers + PAGE && iommu_registers < base + bytes)
    return iommu_registers + PAGE;
  for (let place: u32 = 0; place < unit_count(); place++) {
    const other = unit_at(place);
    if (other.kind != KIND_FUNCTION) continue;
    for (let i: u32 = 0; i < BAR_MAX; i++) {
      const other_base = bar_base(other, i),
        other_bytes = bar_bytes(other, i);
      if (other_bytes == 0 || other_base == 0 || (other == unit && i == number)) continue;
      if (base < other_base + other_bytes && other_base < base + bytes) return other_base + other_bytes;
    }
  }
  return 0;
}
