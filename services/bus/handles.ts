// What a device's owner is handed, and how it all ends: the bus makes one capability for each thing, offers it, and revokes its own.
import * as capability from "../lib/capability";
import { E_ABSENT, E_ARGUMENT, E_RIGHTS } from "../lib/errors";
import { SYSTEM_DMA } from "../../kernel/abi/rights";
import { RIGHT_SHARE } from "../lib/endpoint";
import { context_of } from "./fence";
import { range } from "./physical";
import { silence } from "./pci/messages";
import { BAR_MAX, Unit, bar_base, bar_bytes, bar_handle, set_bar_handle } from "./unit";

/** Bytes of a BAR that its driver may reach: those before the device's own message table. */
export function reachable_bytes(unit: Unit, number: u32): u64 {
  const bytes = bar_bytes(unit, number);
  return unit.message_table != 0 && unit.message_bar == number ? min(bytes, <u64>unit.message_offset) : bytes;
}

/** The bus' handle of a Device over a BAR; E_ABSENT: there are no registers; E_RIGHTS: its message table alone is there. */
export function bar_registers(unit: Unit, number: u32): i64 {
  if (number >= BAR_MAX) return E_ARGUMENT;
  if (bar_bytes(unit, number) == 0) return E_ABSENT;
  const bytes = reachable_bytes(unit, number);
  if (bytes == 0) return E_RIGHTS;
  if (bar_handle(unit, number) != 0) return <i64>bar_handle(unit, number);
  const made = range(bar_base(unit, number), bytes);
  if (made > 0) set_bar_handle(unit, number, <u64>made);
  return made;
}

/** The bus' handle of what the device reaches memory by. */
export function dma_capability(unit: Unit, system: u64): i64 {
  if (unit.dma != 0) return <i64>unit.dma;
  const made = unit.is_fenced ? context_of(unit) : capability.derive(system, SYSTEM_DMA | RIGHT_SHARE, 0);
  if (made > 0) unit.dma = <u64>made;
  return made;
}

/** Everything that the owner was handed is dead. */
export function take_back(unit: Unit): void {
  silence(unit);
  for (let number: u32 = 0; number < BAR_MAX; number++) {
    end(bar_handle(unit, number));
    set_bar_handle(unit, number, 0);
  }
  end(unit.dma);
  unit.dma = 0;
}

function end(handle: u64): void {
  if (handle == 0) return;
  capability.revoke(handle);
  capability.drop(handle);
}
