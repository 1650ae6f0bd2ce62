// What happens when a unit ends. A service is started again after a pause that doubles from 100 ms to 5 s, until it has failed
// more often than its image entry allows within its window; a program's end is kept for whoever waits for it.
import * as domain from "../lib/domain";
import { E_STATE } from "../lib/errors";
import * as notification from "../lib/notification";
import { answer_wait } from "../../build/interfaces/init/server";
import {
  EXIT_INTERRUPTED,
  EXIT_KILLED,
  EXIT_TRAPPED,
  LIFE_ASLEEP,
  LIFE_ENDED,
  LIFE_GIVEN_UP,
  LIFE_RUNNING,
  LIFE_WAITING,
  UNIT_COMPANION,
  UNIT_LOADED,
  UNIT_PROGRAM,
} from "../../build/interfaces/init/constants";
import * as format from "./format";
import * as manifest from "./manifest";
import { bus_place, hangs, is_driver, look_is_due, next_look, quieten_all, take_device_back } from "./drivers";
import { EVENT_TIMER, ending_bit, events } from "./events";
import { foreground_program, release_input } from "./foreground";
import { finish, flush_held, said, say, say_error, say_failure } from "./output";
import { forget_loaded } from "./load";
import { forget_program, retire_program, settle_program } from "./program";
import { report_exit, report_trap } from "./report";
import { choose, chosen_scheduler, is_hung } from "./schedule";
import { discard_domain, start_service } from "./service";
import { NO_UNIT, UNIT_MAX, Unit, unit_at } from "./unit";

const PAUSE_LAST_NS: u64 = 5_000_000_000;
/** Status of the machine when a required service is given up, as the kernel's own failures have theirs. */
const STATUS_SERVICE_LOST: u32 = 103;

/** Bits of init's notification. */
export function supervise(bits: u64): void {
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != 0 && unit.life == LIFE_RUNNING && (bits & ending_bit(place)) != 0) examine(place, unit);
  }
  if ((bits & EVENT_TIMER) == 0) return;
  if (look_is_due()) stop_hanging();
  restart_due();
}

/** Drivers that have done nothing for too long end, and go the way of every service that fails. */
function stop_hanging(): void {
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    if (!hangs(place)) continue;
    say().bytes(unit_at(place).name, unit_at(place).name_length).string(" hangs");
    said();
    stop_unit(unit_at(place), EXIT_KILLED);
  }
}

/** The bus is back and has made every device quiet: whoever drove one begins anew. */
function stop_drivers(): void {
  quieten_all();
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    if (is_driver(place) && unit_at(place).life == LIFE_RUNNING) stop_unit(unit_at(place), EXIT_KILLED);
  }
}

/** ^C: ends the foreground program. */
export function interrupt(): void {
  const place = foreground_program();
  if (place != NO_UNIT) stop_unit(unit_at(place), EXIT_INTERRUPTED);
}

/** Ends a unit's domain; what follows is the same as for any other end. */
export function stop_unit(unit: Unit, status: u32): i64 {
  unit.forced_status = status;
  return domain.stop(unit.domain);
}

/** A scheduler that hangs has lost its threads to the kernel already; it goes the way of every service that fails. */
function end_hung(unit: Unit): void {
  say().bytes(unit.name, unit.name_length).string(" decides nothing: the kernel's priorities hold until it is back");
  said();
  stop_unit(unit, EXIT_KILLED);
}

function examine(place: u32, unit: Unit): void {
  const state = domain.status(unit.domain, domain.STATUS_STATE);
  if (state != domain.STATE_EXITED && state != domain.STATE_TRAPPED && state != domain.STATE_STOPPED) {
    if (is_hung(place)) end_hung(unit);
    return;
  }
  unit.trap = state == domain.STATE_TRAPPED ? <u32>domain.status(unit.domain, domain.STATUS_TRAP) : 0;
  if (state == domain.STATE_TRAPPED) unit.exit_status = EXIT_TRAPPED;
  else if (state == domain.STATE_EXITED) unit.exit_status = <u32>domain.status(unit.domain, domain.STATUS_EXIT);
  else unit.exit_status = unit.forced_status != 0 ? unit.forced_status : EXIT_KILLED;
  if (unit.kind == UNIT_PROGRAM) program_ended(place, unit);
  else if (unit.kind == UNIT_COMPANION) companion_ended(unit);
  else if (unit.kind == UNIT_LOADED) loaded_ended(place, unit);
  else service_ended(place, unit);
}

function program_ended(place: u32, unit: Unit): void {
  unit.life = LIFE_ENDED;
  const is_foreground = unit.is_foreground != 0;
  if (unit.trap != 0) report_trap(unit, is_foreground);
  release_input(place);
  if (unit.forced_status == 0) {
    const failure = settle_program(place, is_foreground);
    if (unit.exit_status == 0) unit.exit_status = failure;
  }
  if (manifest.image_runs_program()) {
    finish(unit.exit_status);
    return;
  }
  if (unit.waiter == 0) {
    retire_program(place);
    return;
  }
  answer_wait(unit.waiter, 0, unit.exit_status, unit.trap);
  forget_program(place);
}

/** A companion never ends of its own accord while its program runs: the program cannot go on. */
function companion_ended(unit: Unit): void {
  unit.life = LIFE_GIVEN_UP;
  const is_foreground = unit.partner != NO_UNIT && unit_at(unit.partner).is_foreground != 0;
  if (unit.trap != 0) report_trap(unit, is_foreground);
  else report_exit(unit, unit.exit_status);
  if (unit.partner == NO_UNIT) return;
  const program = unit_at(unit.partner);
  if (program.life == LIFE_RUNNING) stop_unit(program, EXIT_TRAPPED);
}

/** Nobody starts it again, and nothing of it is left. */
function loaded_ended(place: u32, unit: Unit): void {
  if (unit.trap != 0) report_trap(unit, false);
  else report_exit(unit, unit.exit_status);
  forget_loaded(place);
}

function service_ended(place: u32, unit: Unit): void {
  unit.life = LIFE_GIVEN_UP;
  if (unit.trap != 0) report_trap(unit, false);
  else report_exit(unit, unit.exit_status);
  take_device_back(place);
  discard_domain(unit);
  schedule_restart(place, unit);
}

/** Starts a service now; when that fails, the same pauses and limits apply as when it traps. */
export function try_start(place: u32): void {
  const unit = unit_at(place);
  const error = start_service(place);
  if (error < 0) {
    say_failure("cannot start", unit.name, unit.name_length, error);
    schedule_restart(place, unit);
  } else {
    flush_held();
    if (place == bus_place() && unit.restarts != 0) stop_drivers();
    if (is_driver(place)) arm_timer();
  }
}

/** Ends a service if it runs, and starts it, forgetting how often it failed. */
export function restart_unit(place: u32): i64 {
  const unit = unit_at(place);
  // stopped first: it cannot claim its device again meanwhile
  domain.stop(unit.domain);
  take_device_back(place);
  discard_domain(unit);
  unit.window_restarts = 0;
  unit.restarts++;
  try_start(place);
  return unit.life == LIFE_RUNNING ? 0 : E_STATE;
}

/** The scheduler at this place decides from now on (NO_UNIT: nobody but the kernel). The former one ends when the threads have changed hands. */
export function switch_scheduler(place: u32): i64 {
  if (place == chosen_scheduler() && (place == NO_UNIT || unit_at(place).life == LIFE_RUNNING)) return 0;
  const former = choose(place);
  if (place != NO_UNIT) {
    unit_at(place).window_restarts = 0;
    try_start(place);
  }
  if (former != NO_UNIT && former != place) {
    unit_at(former).life = LIFE_ASLEEP;
    discard_domain(unit_at(former));
  }
  return place == NO_UNIT || unit_at(place).life == LIFE_RUNNING ? 0 : E_STATE;
}

function schedule_restart(place: u32, unit: Unit): void {
  const limit = <u32>load<u8>(unit.record + format.SERVICE_RESTART_LIMIT_AT);
  const window_ns = <u64>load<u32>(unit.record + format.SERVICE_RESTART_WINDOW_MS_AT) * 1_000_000;
  const now = notification.now_ns();
  if (now - unit.window_start_ns > window_ns || unit.window_restarts == 0) {
    unit.window_start_ns = now;
    unit.window_restarts = 0;
    unit.pause_ns = <u64>load<u32>(unit.record + format.SERVICE_RESTART_PAUSE_MS_AT) * 1_000_000;
  }
  if (unit.window_restarts >= limit) {
    give_up(unit, limit);
    return;
  }
  unit.window_restarts++;
  unit.life = LIFE_WAITING;
  unit.restart_at_ns = now + unit.pause_ns;
  say()
    .bytes(unit.name, unit.name_length)
    .string(" restarts in ")
    .number(unit.pause_ns / 1_000_000)
    .string(" ms");
  said();
  unit.pause_ns = min(unit.pause_ns * 2, PAUSE_LAST_NS);
  arm_timer();
}

function give_up(unit: Unit, limit: u32): void {
  unit.life = LIFE_GIVEN_UP;
  say().bytes(unit.name, unit.name_length).string(" is given up after ").number(limit).string(" restarts");
  said();
  if ((load<u8>(unit.record + format.SERVICE_FLAGS_AT) & format.SERVICE_REQUIRED) == 0) return;
  // whoever waits for the machine's status reads standard error, and perhaps not the log
  say_error()
    .string("init: ")
    .bytes(unit.name, unit.name_length)
    .string(" is given up, and the image requires it: powering off");
  said();
  finish(STATUS_SERVICE_LOST);
}

/** Starts what is due and arms the timer for what is not. */
function restart_due(): void {
  const now = notification.now_ns();
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind == 0 || unit.life != LIFE_WAITING || unit.restart_at_ns > now) continue;
    unit.restarts++;
    try_start(place);
  }
  arm_timer();
}

function arm_timer(): void {
  let earliest: u64 = notification.FOREVER;
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != 0 && unit.life == LIFE_WAITING) earliest = min(earliest, unit.restart_at_ns);
    else if (is_driver(place) && unit.life == LIFE_RUNNING) earliest = min(earliest, next_look());
  }
  if (earliest != notification.FOREVER) notification.set_timer(events, earliest, EVENT_TIMER);
}
