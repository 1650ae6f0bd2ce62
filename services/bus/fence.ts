// The IOMMU: started once the firmware's tables have named it; from then on a device reaches what its own context names, and nothing without one. What it
// tries beyond that is told to people, and ends its driver. Called by discovery, by claims, and by the IOMMU's interrupt.
import { acknowledge, bind_interrupt } from "../lib/device";
import { create_context, next_refused, start_unit } from "../lib/iommu";
import { begin_line, end_line } from "../lib/log";
import { reply_word } from "../lib/message";
import * as notification from "../lib/notification";
import { bus_events, EVENT_REFUSED } from "./events";
import { iommu_registers, iommu_sees } from "./found";
import { FAULT_HIDDEN, FAULT_NONE, KIND_FUNCTION, NO_UNIT, Unit, unit_at, unit_count } from "./unit";

/** Pages that a context's tables may cost: 3, and one for each 64 mappings and each 2 MiB. */
const CONTEXT_FRAMES: u32 = 64;
/** Refusals taken note of at a time: a device may try faster than they can be told. */
const REFUSED_MAX: u32 = 16;
const REASON_STORE: u64 = 256;

let system: u64 = 0;
let irq: u64 = 0;
let refused: u64 = 0;
let events: u64 = 0;

/** Starts the IOMMU if there is one; devices that it sees are fenced from now on. */
export function start_fence(capability_to_system: u64): void {
  system = capability_to_system;
  if (iommu_registers == 0) return;
  const started = start_unit(system, iommu_registers);
  if (started < 0) return;
  irq = <u64>started;
  const made = bus_events();
  if (made > 0) {
    events = <u64>made;
    bind_interrupt(irq, events, EVENT_REFUSED);
  }
  for (let place: u32 = 0; place < unit_count(); place++) {
    const unit = unit_at(place);
    if (unit.kind != KIND_FUNCTION || unit.is_bridge || !iommu_sees(unit.target, unit.top)) continue;
    if (!unit.is_hidden) unit.is_fenced = 1;
    else if (unit.fault == FAULT_NONE) unit.fault = FAULT_HIDDEN;
  }
}

/** A context of its own for a device, empty; or an error. */
export function context_of(unit: Unit): i64 {
  return create_context(system, unit.target, CONTEXT_FRAMES);
}

/** What the IOMMU has refused since the last time: each is told, and `stop(unit)` ends the driver of a device that somebody has. */
export function take_refusals(stop: (unit: Unit) => void): void {
  for (let i: u32 = 0; i < REFUSED_MAX; i++) {
    if (next_refused(system) != 1) {
      acknowledge(irq);
      return;
    }
    const source = <u32>reply_word(1),
      address = reply_word(2),
      reason = reply_word(3),
      place = place_of(source);
    refused++;
    // Once, twice, four times: a device that does nothing else must not fill the log.
    if ((refused & (refused - 1)) == 0) {
      begin_line("bus")
        .string("device ")
        .hexadecimal(source, 4)
        .string(reason & REASON_STORE ? " was kept from storing at " : " was kept from loading at ")
        .hexadecimal(address)
        .string(", refusals so far: ")
        .number(refused);
      end_line();
    }
    if (place != NO_UNIT && unit_at(place).owner != 0) stop(unit_at(place));
  }
  notification.notify(events, EVENT_REFUSED);
}

function place_of(source: u32): u32 {
  for (let place: u32 = 0; place < unit_count(); place++) {
    if (unit_at(place).kind == KIND_FUNCTION && unit_at(place).target == source) return place;
  }
  return NO_UNIT;
}
