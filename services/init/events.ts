// init's one notification: endings of units, its timer, and ^C arrive as bits of it.
import * as notification from "../lib/notification";

/** Bits 0 … 55: a unit in a place of that number modulo 56 has ended. */
export const EVENT_UNITS: u64 = (1 << 56) - 1;
export const EVENT_UNIT_BITS: u32 = 56;
/** The timer: a unit's pause is over. */
export const EVENT_TIMER: u64 = 1 << 62;
/** The console saw ^C for the foreground program. Bit 63 is not for signals: the kernel refuses it. */
export const EVENT_INTERRUPT: u64 = 1 << 61;

export let events: u64 = 0;

/** Creates it and binds it to `event`; 0, or an error. */
export function create_events(self: u64): i64 {
  const handle = notification.create_bound(self);
  if (handle < 0) return handle;
  events = <u64>handle;
  return 0;
}

/** The bit that a unit's ending sets. */
export function ending_bit(place: u32): u64 {
  return (<u64>1) << place % EVENT_UNIT_BITS;
}
