// Interrupt lines that several devices raise, PCI's pins: an Irq wakes one notification, so the bus has it, wakes the drivers of all devices on the line, and
// lets the line interrupt again when each of them has looked at its device. Called by methods.ts and by the bus' events.
// Invariant: a line interrupts again only when every driver that it woke has looked, has ended, or has had PATIENCE_NS to look.
import * as capability from "../lib/capability";
import { acknowledge, bind_interrupt, obtain_line } from "../lib/device";
import { E_FULL, E_STATE } from "../lib/errors";
import { notify, now_ns, set_timer } from "../lib/notification";
import { class_of } from "./classes";
import { bus_events, EVENT_LATE, EVENT_LINE } from "./events";
import { vectors_of } from "./pci/messages";
import { FAULT_NONE, KIND_FUNCTION, Unit, unit_at, unit_count } from "./unit";

/** Such lines of one machine: PCI has four. */
const LINE_MAX: u32 = 8;
/** A driver that does not look, because it hangs or could not open its device, keeps the others' line for so long. */
const PATIENCE_NS: u64 = 20_000_000;
const numbers = memory.data(32, 4);
const irqs = memory.data(64, 8);
let line_count: u32 = 0;
let is_timed: bool = false;

/** Does the unit interrupt by a line that another device with a driver raises too? */
export function is_shared(unit: Unit): bool {
  if (!uses_line(unit)) return false;
  for (let place: u32 = 0; place < unit_count(); place++) {
    const other = unit_at(place);
    if (other != unit && uses_line(other) && other.line == unit.line) return true;
  }
  return false;
}

function uses_line(unit: Unit): bool {
  const is_driven = unit.kind == KIND_FUNCTION && unit.fault == FAULT_NONE && class_of(unit) != 0;
  return is_driven && unit.line != 0 && vectors_of(unit) == 0;
}

/** The unit's driver is woken by `bits` of its notification, which is the bus' from now on. 0, or an error. */
export function share(system: u64, unit: Unit, wake: u64, bits: u64): i64 {
  if (!is_shared(unit) || wake == 0) return E_STATE;
  const place = place_of(system, unit.line);
  if (place < 0) return place;
  leave(unit);
  unit.wake = wake;
  unit.wake_bits = bits;
  rest(unit.line);
  return 0;
}

/** The driver has looked at its device. */
export function looked(unit: Unit): void {
  unit.has_to_look = 0;
  if (unit.wake != 0) rest(unit.line);
}

/** The driver has ended, or gives the device back; the device is quiet. */
export function leave(unit: Unit): void {
  if (unit.wake == 0) return;
  capability.drop(unit.wake);
  unit.wake = 0;
  unit.has_to_look = 0;
  rest(unit.line);
}

/** Bits of the bus' notification: the lines among them wake whoever has a device on them. */
export function wake_drivers(bits: u64): void {
  if ((bits & EVENT_LATE) != 0) forgive();
  for (let place: u32 = 0; place < line_count; place++) {
    if ((bits & (EVENT_LINE << place)) == 0) continue;
    const line = load<u32>(numbers + ((<usize>place) << 2));
    for (let i: u32 = 0; i < unit_count(); i++) {
      const unit = unit_at(i);
      if (unit.wake == 0 || unit.line != line) continue;
      unit.has_to_look = 1;
      notify(unit.wake, unit.wake_bits);
      give_time();
    }
  }
}

function give_time(): void {
  if (is_timed) return;
  is_timed = set_timer(<u64>bus_events(), now_ns() + PATIENCE_NS, EVENT_LATE) == 0;
}

/** Whoever has not looked until now does not keep the others any longer. */
function forgive(): void {
  is_timed = false;
  for (let i: u32 = 0; i < unit_count(); i++) if (unit_at(i).has_to_look != 0) looked(unit_at(i));
}

/** The line interrupts again, if everybody has looked. One that nobody listens to stays as it is until somebody does. */
function rest(line: u32): void {
  let listeners: u32 = 0;
  for (let i: u32 = 0; i < unit_count(); i++) {
    const unit = unit_at(i);
    if (unit.wake == 0 || unit.line != line) continue;
    if (unit.has_to_look != 0) return;
    listeners++;
  }
  for (let place: u32 = 0; listeners != 0 && place < line_count; place++)
    if (load<u32>(numbers + ((<usize>place) << 2)) == line) acknowledge(load<u64>(irqs + ((<usize>place) << 3)));
}

/** Place of a line that the bus has, or takes now. */
function place_of(system: u64, line: u32): i64 {
  for (let place: u32 = 0; place < line_count; place++)
    if (load<u32>(numbers + ((<usize>place) << 2)) == line) return place;
  const events = bus_events();
  if (events < 0) return events;
  if (line_count == LINE_MAX) return E_FULL;
  const irq = obtain_line(system, line);
  if (irq < 0) return irq;
  const error = bind_interrupt(<u64>irq, <u64>events, EVENT_LINE << line_count);
  if (error < 0) {
    capability.drop(<u64>irq);
    return error;
  }
  store<u32>(numbers + ((<usize>line_count) << 2), line);
  store<u64>(irqs + ((<usize>line_count) << 3), <u64>irq);
  return line_count++;
}
