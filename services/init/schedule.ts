// Who decides when services and programs run. Services of the image that are schedulers sleep until one is chosen; it gets a
// ring and a Scheduler, and every unit with a share is attached to it. When another one is chosen, the threads change hands
// before the old one ends; when it dies, the kernel's priorities hold until it is back. Called at starts, and by `schedule`.
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import * as notification from "../lib/notification";
import * as region from "../lib/region";
import * as scheduling from "../lib/scheduling";
import { E_NOT_FOUND, E_STATE } from "../lib/errors";
import { STARTUP_CAPABILITY, STARTUP_NUMBER, STARTUP_REGION } from "../../kernel/abi/formats";
import { LIFE_RUNNING, UNIT_PROGRAM, UNIT_SERVICE } from "../../build/interfaces/init/constants";
import { hash } from "../lib/startup";
import * as format from "./format";
import { self } from "./machine";
import * as manifest from "./manifest";
import { say_failure } from "./output";
import { page_entry } from "./page";
import { NO_UNIT, UNIT_MAX, Unit, unit_at } from "./unit";
import { RING } from "./window";

const RING_PAGES: u64 = 2;
const NEWS: u64 = 1;
/** What a program gets: programs are in no image. */
const PROGRAM_WEIGHT: u64 = 1;

/** The unit that decides, or will when it is up again; NO_UNIT: the kernel's priorities alone. */
let chosen: u32 = NO_UNIT;

/** What a scheduler holds of ours; replaced whenever it starts. */
@unmanaged
class Tools {
  scheduler: u64;
  ring: u64;
  news: u64;
}
const tools = memory.data(48 * 24, 8);

function tools_of(place: u32): Tools {
  return changetype<Tools>(tools + place * 24);
}

export function chosen_scheduler(): u32 {
  return chosen;
}

/** The record's first grant of a kind; 0: it has none. */
function grant_of(unit: Unit, kind: i32): usize {
  if (unit.record == 0) return 0;
  const first = <u32>load<u16>(unit.record + format.SERVICE_GRANT_FIRST_AT);
  const count = <u32>load<u16>(unit.record + format.SERVICE_GRANT_COUNT_AT);
  for (let i: u32 = 0; i < count; i++) {
    const grant = manifest.grant_record(first + i);
    if (<i32>load<u8>(grant + format.GRANT_KIND_AT) == kind) return grant;
  }
  return 0;
}

export function is_scheduler(unit: Unit): bool {
  return unit.kind == UNIT_SERVICE && grant_of(unit, format.GRANT_SCHEDULER) != 0;
}

/** Gives a scheduler service what it decides with. */
export function hand_scheduler(unit: Unit, place: u32, grant: usize): i64 {
  const held = tools_of(place);
  if (held.scheduler != 0) drop_tools(held);
  const ring = region.create(self, RING_PAGES),
    news = notification.create(self);
  if (ring < 0 || news < 0) return min(ring, news);
  held.ring = <u64>ring;
  held.news = <u64>news;
  let error = domain.map(unit.domain, held.ring, RING, 0, RING_PAGES, region.REGION_READ);
  if (error < 0) return error;
  const made = scheduling.create_scheduler(unit.domain, held.ring, held.news, NEWS);
  if (made < 0) return made;
  held.scheduler = <u64>made;
  error = hand(unit, hash("scheduler"), held.scheduler, scheduling.SCHEDULER_COMMIT);
  if (error == 0) error = hand(unit, hash("news"), held.news, notification.NOTIFICATION_WAIT);
  page_entry(STARTUP_REGION, hash("ring"), 0, RING, RING_PAGES * region.PAGE_SIZE);
  page_entry(STARTUP_NUMBER, hash("policy"), 0, load<u32>(grant + format.GRANT_A_AT), 0);
  return error;
}

function hand(unit: Unit, name: u32, handle: u64, rights: u64): i64 {
  const granted = capability.grant(unit.domain, handle, rights, 0);
  if (granted < 0) return granted;
  page_entry(STARTUP_CAPABILITY, name, <u64>granted, 0, 0);
  return 0;
}

function drop_tools(held: Tools): void {
  capability.drop(held.scheduler);
  capability.drop(held.ring);
  capability.drop(held.news);
  held.scheduler = 0;
}

/** A context from the image binds the unit's thread for its whole life. */
export function hand_context(unit: Unit, grant: usize): i64 {
  const budget_ns = <u64>load<u32>(grant + format.GRANT_A_AT) * 1_000,
    period_ns = <u64>load<u32>(grant + format.GRANT_B_AT) * 1_000;
  const priority = <u32>load<u8>(unit.record + format.SERVICE_PRIORITY_AT);
  const context = scheduling.create_context(self, budget_ns, period_ns, priority);
  if (context < 0) return context;
  const error = scheduling.bind_context(<u64>context, unit.domain);
  capability.drop(<u64>context);
  return error;
}

/**
 * Puts the unit's thread, if it has a share, under whoever is chosen. Without one, or if it is refused, priorities decide; init says so.
 * While the chosen one is down, its return will bring everybody to it.
 */
export function attach_unit(unit: Unit): void {
  if (chosen == NO_UNIT || unit_at(chosen).life != LIFE_RUNNING) return;
  const error = attach(tools_of(chosen).scheduler, unit);
  if (error < 0) say_failure("no scheduler decides about", unit.name, unit.name_length, error);
}

function attach(scheduler: u64, unit: Unit): i64 {
  if (unit.kind == UNIT_PROGRAM) return scheduling.attach(scheduler, unit.domain, PROGRAM_WEIGHT, 0);
  const grant = grant_of(unit, format.GRANT_SHARE);
  if (grant == 0) return 0;
  const weight = <u64>load<u16>(grant + format.GRANT_TARGET_AT),
    budget_us = <u64>load<u32>(grant + format.GRANT_A_AT);
  return scheduling.attach(scheduler, unit.domain, weight | (budget_us << 32), load<u32>(grant + format.GRANT_B_AT));
}

/** Has the kernel taken its threads back from the one that decides, because it decides nothing? */
export function is_hung(place: u32): bool {
  return place == chosen && scheduling.next(tools_of(place).scheduler, 0) == E_STATE;
}

/** The chosen scheduler has started: everything that runs and has a share comes to it. */
export function attach_all(): void {
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != 0 && unit.life == LIFE_RUNNING && place != chosen) attach_unit(unit);
  }
}

/** From now on this unit is the one; the former one. */
export function choose(place: u32): u32 {
  const former = chosen;
  chosen = place;
  return former;
}

/** The place of the scheduler that the image wants from the beginning; NO_UNIT. */
export function first_scheduler(): u32 {
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    const grant = unit.kind == UNIT_SERVICE ? grant_of(unit, format.GRANT_SCHEDULER) : 0;
    if (grant != 0 && load<u32>(grant + format.GRANT_B_AT) == 1) return place;
  }
  return NO_UNIT;
}

/** Weight, budget or period (us) of a unit's share; E_NOT_FOUND: it has none. */
export function share_of(unit: Unit, at: u32): i64 {
  const grant = grant_of(unit, format.GRANT_SHARE);
  if (grant == 0) return unit.kind == UNIT_PROGRAM ? (at == 0 ? <i64>PROGRAM_WEIGHT : 0) : E_NOT_FOUND;
  if (at == 0) return load<u16>(grant + format.GRANT_TARGET_AT);
  return load<u32>(grant + (at == 1 ? format.GRANT_A_AT : format.GRANT_B_AT));
}
