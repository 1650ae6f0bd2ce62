// Drivers and the bus: a device is quiet before the memory of its driver goes to somebody else, a driver that hangs is found, and when the bus begins
// anew so do they. Called by supervise.ts. Invariant: a bus that fails costs init no more than GONE_LIMIT_NS at a time.
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import * as endpoint from "../lib/endpoint";
import { now_ns } from "../lib/notification";
import { METHOD_GONE, METHOD_POWER_OFF } from "../../build/interfaces/bus/constants";
import { LIFE_RUNNING, UNIT_SERVICE } from "../../build/interfaces/init/constants";
import * as format from "./format";
import { connect, connection_at, find_connection } from "./connection";
import { say_failure, set_power_off } from "./output";
import { NO_UNIT, UNIT_MAX, unit_at } from "./unit";

const ROLE_INIT: u32 = 127;
/** A device's own reset may take 100 ms of it (services/bus/reset.ts), and the bus may have several to do. */
const GONE_LIMIT_NS: u64 = 300_000_000;
/** Firmware may take three seconds to hand its registers over, the machine one to go off. */
const OFF_LIMIT_NS: u64 = 5_000_000_000;
/** Between two looks at the drivers; one that was busy with the same call at so many of them hangs. */
const LOOK_NS: u64 = 250_000_000;
/** Of which an event that hangs takes at least so much; one that got less stands behind somebody else who spins. */
const RAN_NS: u64 = LOOK_NS / 16;
const LOOKS_MAX: u8 = 3;
/** Badge of nobody: every device. */
const EVERYBODY: u64 = 0;

let place_of_bus: u32 = NO_UNIT;
let door: u64 = 0;
let next_look_ns: u64 = 0;
/** By place in the unit table: how often it was seen busy with the same call, which, and for how long it had run by then. */
const seen_busy = memory.data(48);
const seen_calls = memory.data(48 * 8, 8);
const seen_times = memory.data(48 * 8, 8);
if (UNIT_MAX != 48) ERROR("the tables of drivers have another length");

/** Connects init itself to the bus; 0, or an error. */
export function connect_bus(place: u32): i64 {
  const made = connect(place, 0, ROLE_INIT, 0);
  if (made < 0) return made;
  const derived = capability.derive(unit_at(place).endpoint, endpoint.ENDPOINT_CALL, connection_at(<u32>made).badge);
  if (derived < 0) return derived;
  door = <u64>derived;
  place_of_bus = place;
  set_power_off(switch_off);
  return 0;
}

/** Does not return where the bus knows how. */
function switch_off(): void {
  if (unit_at(place_of_bus).life != LIFE_RUNNING) return;
  endpoint.call_until(door, now_ns() + OFF_LIMIT_NS, METHOD_POWER_OFF);
}

export function bus_place(): u32 {
  return place_of_bus;
}

export function is_driver(place: u32): bool {
  const unit = unit_at(place);
  return unit.kind == UNIT_SERVICE && unit.record != 0 && (flags_of(place) & format.SERVICE_DRIVER) != 0;
}

export function flags_of(place: u32): u32 {
  return load<u8>(unit_at(place).record + format.SERVICE_FLAGS_AT);
}

/** A driver has ended, and its memory is still its own: its device forgets it. */
export function take_device_back(place: u32): void {
  if (!is_driver(place)) return;
  const found = find_connection(place_of_bus, place);
  if (found != NO_UNIT) tell_bus(place, connection_at(found).badge);
}

/** The bus has begun anew: it knows nobody's device, so it takes all of them back. */
export function quieten_all(): void {
  tell_bus(place_of_bus, EVERYBODY);
}

function tell_bus(whose: u32, badge: u64): void {
  if (place_of_bus == NO_UNIT || unit_at(place_of_bus).life != LIFE_RUNNING) return;
  const error = endpoint.call_until(door, now_ns() + GONE_LIMIT_NS, METHOD_GONE, badge);
  const unit = unit_at(whose);
  if (error < 0) say_failure("the bus cannot take back the device of", unit.name, unit.name_length, error);
}

/** When that is; the first one is asked for when a driver runs. */
export function next_look(): u64 {
  if (next_look_ns == 0) next_look_ns = now_ns() + LOOK_NS;
  return next_look_ns;
}

/** Has the time of the next look at the drivers come? */
export function look_is_due(): bool {
  const now = now_ns();
  if (now < next_look_ns) return false;
  next_look_ns = now + LOOK_NS;
  return true;
}

/**
 * A driver answers or detaches every call at once, so it hangs when the same one keeps it busy from look to look. One that waits for its
 * device does so with a deadline of its own (9P, and a controller that starts). One that has an event to deal with and gets no processor
 * does not hang: the look does not count.
 */
export function hangs(place: u32): bool {
  const unit = unit_at(place);
  if (!is_driver(place) || unit.life != LIFE_RUNNING) return false;
  const calls = <u64>endpoint.status(unit.endpoint, endpoint.ENDPOINT_CALLS);
  const time = <u64>domain.status(unit.domain, domain.STATUS_TIME_NS);
  const is_same = is_busy(unit.domain) && load<u64>(seen_calls + (place << 3)) == calls;
  const looks = load<u8>(seen_busy + place);
  const has_run = time - load<u64>(seen_times + (place << 3)) >= RAN_NS;
  store<u64>(seen_calls + (place << 3), calls);
  store<u64>(seen_times + (place << 3), time);
  const now_seen: u8 = !is_same ? 0 : is_starved(unit.domain, has_run) ? looks : looks + 1;
  store<u8>(seen_busy + place, now_seen < LOOKS_MAX ? now_seen : 0);
  return now_seen >= LOOKS_MAX;
}

function is_busy(id: u64): bool {
  return (
    domain.status(id, domain.STATUS_STATE) == domain.STATE_BUSY &&
    domain.status(id, domain.STATUS_WAIT) != domain.WAIT_NOTIFICATION
  );
}

/** A call runs on its caller's thread, whose time this is not; who waits for somebody's answer does not want the processor. */
function is_starved(id: u64, has_run: bool): bool {
  if (has_run || domain.status(id, domain.STATUS_CALLER) != 0) return false;
  return domain.status(id, domain.STATUS_WAIT) == domain.WAIT_NONE;
}
