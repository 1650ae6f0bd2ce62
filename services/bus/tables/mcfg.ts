// MCFG (PCI Firmware Specification 3.3, 4.1.2): where PCI Express' configuration space lies. Segment 0 alone.
import { set_ecam } from "../found";
import { byte_at, half_at, long_at } from "./bytes";

const FIRST: u32 = 44;
const ENTRY_BYTES: u32 = 16;
const BUS_SHIFT: u64 = 20;
const BELOW: u64 = 1 << 36;

/** False: an entry whose buses or addresses make no sense; none of the table counts then. */
export function read_mcfg(table: usize, length: u32): bool {
  if (length < FIRST || (length - FIRST) % ENTRY_BYTES != 0) return false;
  let base: u64 = 0,
    first: u32 = 0,
    last: u32 = 0;
  for (let at = FIRST; at < length; at += ENTRY_BYTES) {
    const address = long_at(table, at),
      first_bus = byte_at(table, at + 10),
      last_bus = byte_at(table, at + 11);
    if (first_bus > last_bus || address == 0 || (address & ((1 << BUS_SHIFT) - 1)) != 0 || address >= BELOW)
      return false;
    if (half_at(table, at + 8) != 0 || base != 0) continue;
    // The table's base is that of bus 0, whichever bus is the first.
    base = address + ((<u64>first_bus) << BUS_SHIFT);
    first = first_bus;
    last = last_bus;
  }
  if (base != 0) set_ecam(base, first, last);
  return true;
}
