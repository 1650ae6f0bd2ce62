// The bus' own events: bits of one notification. Called by whatever binds an interrupt to it.
import { create_bound } from "../lib/notification";
import { self } from "../lib/startup";

/** The IOMMU has refused something. */
export const EVENT_REFUSED: u64 = 1;
/** A shared line: the first of LINE_MAX bits (lines.ts). */
export const EVENT_LINE: u64 = 2;
/** Drivers that share a line have had their time to look. */
export const EVENT_LATE: u64 = 1 << 16;

let notification: u64 = 0;

/** The notification, made when it is first asked for; or an error. */
export function bus_events(): i64 {
  if (notification != 0) return <i64>notification;
  const made = create_bound(self());
  if (made > 0) notification = <u64>made;
  return made;
}
