// Bridges that firmware has left as they were at reset (on riscv64 nobody numbers buses): numbers for the buses behind them, and windows through which the
// registers behind them are reached (PCI-to-PCI Bridge Architecture 1.2, 3.2.5). Called by scan.ts.
// Invariant: what is behind a bridge lies in its window, and two windows side by side do not overlap; a bridge that firmware has numbered is left alone.
import {
  BAR_MAX,
  FAULT_NONE,
  FAULT_PLACE,
  KIND_FUNCTION,
  Unit,
  bar_bytes,
  bar_flags,
  set_bar,
  unit_at,
  unit_count,
} from "../unit";
import { free_place, up, write_bars } from "./bars";
import {
  COMMAND_MASTER,
  COMMAND_MEMORY,
  REGISTER_BUSES,
  bus_behind,
  config_load,
  config_store,
  last_bus,
  set_command,
} from "./config";

const REGISTER_PORTS: u32 = 0x1c;
const REGISTER_WINDOW: u32 = 0x20;
const REGISTER_PREFETCHED: u32 = 0x24;
/** A window that begins behind its end lets nothing through. */
const CLOSED_PORTS: u32 = 0x00f0;
const CLOSED: u32 = 0x0000_fff0;
const WINDOW_BYTES: u64 = 1 << 20;
const WINDOW_BYTES_MAX: u64 = 1 << 28;
/** Where the table keeps a bridge's window: bridges have two base registers of their own. */
const WINDOW_BAR: u32 = 5;

/** The highest bus that has a number. */
let highest: u32 = 0;

export function number_seen(bus: u32): void {
  highest = max(highest, bus);
}

/** Gives the bus behind a bridge the next number; 0: there is none left, or the bridge does not take it. `number_behind` is owed. */
export function number_bridge(unit: Unit, bus: u32): u32 {
  if (highest >= last_bus()) return 0;
  const below = highest + 1;
  // all that has no number yet is behind this one until what is there is known
  store_buses(unit.target, bus, below, last_bus());
  if (bus_behind(unit.target) != below) return 0;
  highest = below;
  unit.bus_below = below;
  return below;
}

/** All behind the bridge has its numbers. */
export function number_behind(unit: Unit, bus: u32): void {
  store_buses(unit.target, bus, unit.bus_below, highest);
}

function store_buses(target: u32, bus: u32, below: u32, last: u32): void {
  const timer = config_load(target, REGISTER_BUSES) & 0xff00_0000;
  config_store(target, REGISTER_BUSES, timer | bus | (below << 8) | (last << 16));
}

/** Gives a bridge on a bus of firmware's a window for all that is behind it. */
export function open_bridge(unit: Unit): void {
  const bytes = lay_out(unit.bus_below, 0, false);
  let room = WINDOW_BYTES;
  while (room < bytes && room < WINDOW_BYTES_MAX) room <<= 1;
  const base = bytes == 0 || bytes > room ? 0 : free_place(unit, WINDOW_BAR, room, 0);
  if (base == 0) return close(unit.bus_below);
  set_window(unit, base, room);
  lay_out(unit.bus_below, base, true);
}

/** Where what is on a bus and behind its bridges ends if it begins at `from`; it is put there if `is_meant`. Both begin at a multiple of all sizes. */
function lay_out(bus: u32, from: u64, is_meant: bool): u64 {
  let at = from;
  for (let place: u32 = 0; place < unit_count(); place++) {
    const unit = unit_at(place);
    if (unit.kind != KIND_FUNCTION || unit.target >> 8 != bus) continue;
    if (unit.is_bridge) {
      if (unit.bus_below == 0) continue;
      const first = up(at, WINDOW_BYTES);
      const end = up(lay_out(unit.bus_below, first, is_meant), WINDOW_BYTES);
      if (is_meant && end != first) set_window(unit, first, end - first);
      at = end;
      continue;
    }
    if (unit.fault != FAULT_NONE) continue;
    for (let number: u32 = 0; number < BAR_MAX; number++) {
      const bytes = bar_bytes(unit, number);
      if (bytes == 0) continue;
      at = up(at, bytes);
      if (is_meant) set_bar(unit, number, at, bytes, bar_flags(unit, number));
      at += bytes;
    }
    if (is_meant) write_bars(unit);
  }
  return at;
}

/** There is no room for what is on a bus and behind its bridges. */
function close(bus: u32): void {
  for (let place: u32 = 0; place < unit_count(); place++) {
    const unit = unit_at(place);
    if (unit.kind != KIND_FUNCTION || unit.target >> 8 != bus) continue;
    if (unit.is_bridge) {
      if (unit.bus_below != 0) close(unit.bus_below);
    } else if (unit.fault == FAULT_NONE) unit.fault = FAULT_PLACE;
  }
}

function set_window(unit: Unit, base: u64, bytes: u64): void {
  set_bar(unit, WINDOW_BAR, base, bytes, 0);
  const last = base + bytes - 1;
  config_store(unit.target, REGISTER_PORTS, CLOSED_PORTS);
  config_store(unit.target, REGISTER_WINDOW, ((<u32>(base >> 16)) & 0xfff0) | ((<u32>last) & 0xfff0_0000));
  config_store(unit.target, REGISTER_PREFETCHED, CLOSED);
  set_command(unit.target, COMMAND_MEMORY | COMMAND_MASTER, 0);
}
