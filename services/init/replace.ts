// Live replacement: a new instance takes a running service's place while its callers wait. In order: hold the old one; let
// it save its state; make, start and hold the successor; let it take over; change places; serve whoever waits.
// Invariant: until the places change, every failure ends with the old instance serving again and nothing left of the new.
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import * as endpoint from "../lib/endpoint";
import * as notification from "../lib/notification";
import * as region from "../lib/region";
import { E_PEER_FAULT, E_TIMEOUT } from "../lib/errors";
import { ISOLATION_SFI } from "../../kernel/abi/layout";
import { LOAD_BY_HASH } from "../../build/interfaces/init/constants";
import { hash } from "../lib/startup";
import { METHOD_EXPORT, METHOD_IMPORT, METHOD_RESUME, STATE_BYTES_MAX } from "../lib/replace";
import { ENTRY_MODULE, STARTUP_NUMBER } from "../../kernel/abi/formats";
import * as archive from "./archive";
import { ending_bit, events } from "./events";
import { connections_told } from "./connection";
import { take_device_back } from "./drivers";
import { mode_of } from "./load";
import { self } from "./machine";
import { page_end, page_entry, page_swap } from "./page";
import {
  discard_domain,
  exchange_code,
  is_called,
  load_module,
  prepare_unit_of,
  run_unit,
  service_code,
} from "./service";
import { restart_unit } from "./supervise";
import { Unit, unit_at } from "./unit";

const STATE_PAGES: u64 = STATE_BYTES_MAX / region.PAGE_SIZE;
const PATIENCE_NS: u64 = 2_000_000_000;
const POLL_NS: u64 = 100_000;

/** Of the last replacement that succeeded. */
export let down_ns: u64 = 0;
export let state_bytes: u64 = 0;

let sleeper: u64 = 0;

/**
 * Replaces the service at a place by a new instance of a module of the archive (length 0: its own). 0, or why the old one goes on.
 * `anew`: nothing goes over; the old one ends, and the new one starts as after a crash.
 */
export function replace_by_name(place: u32, module: usize, length: u32, anew: bool): i64 {
  const unit = unit_at(place);
  if (length == 0) {
    const own = service_code(unit);
    if (own < 0) return own;
    return anew ? time_restart(place) : replace_unit(place, <u64>own);
  }
  const code = load_module(module, length);
  if (code < 0) return code;
  const entry = archive.find_entry(ENTRY_MODULE, "", module, length);
  return replace_for_good(place, <u64>code, entry, unit.isolation, anew);
}

/** The same by a module whose bytes lie in a region. It runs sfi only where the old one did and the image lists its hash. */
export function replace_by_file(place: u32, file: u64, length: u64, anew: bool): i64 {
  const unit = unit_at(place);
  const code = domain.load_code(file, 0, length);
  if (code < 0) return code;
  const mode = mode_of(<u64>code, LOAD_BY_HASH);
  if (mode < 0) {
    capability.drop(<u64>code);
    return mode;
  }
  return replace_for_good(place, <u64>code, 0, unit.isolation == ISOLATION_SFI ? <u32>mode : unit.isolation, anew);
}

/** Replaces by code that the service starts from ever after, in that mode; `entry`: the archive's that tells of it, 0: none. */
function replace_for_good(place: u32, code: u64, entry: usize, mode: u32, anew: bool): i64 {
  const unit = unit_at(place);
  const former_mode = unit.isolation;
  unit.isolation = mode;
  const error = anew ? start_other(place, unit, code, former_mode) : replace_unit(place, code);
  if (error < 0) {
    unit.isolation = former_mode;
    capability.drop(code);
    return error;
  }
  if (!anew) drop_code(exchange_code(unit, code));
  unit.has_other_module = 1;
  unit.module_entry = entry;
  return 0;
}

/** The service starts from other code; if that cannot be started, from its own again. */
function start_other(place: u32, unit: Unit, code: u64, former_mode: u32): i64 {
  const former = exchange_code(unit, code);
  const error = time_restart(place);
  if (error == 0) {
    drop_code(former);
    return 0;
  }
  exchange_code(unit, former);
  unit.isolation = former_mode;
  restart_unit(place);
  return error;
}

function time_restart(place: u32): i64 {
  const began = notification.now_ns();
  const error = restart_unit(place);
  down_ns = notification.now_ns() - began;
  state_bytes = 0;
  return error;
}

function drop_code(code: u64): void {
  if (code != 0) capability.drop(code);
}

function replace_unit(place: u32, code: u64): i64 {
  const unit = unit_at(place);
  return is_called(unit) ? replace_server(place, unit, code) : replace_client(place, unit, code);
}

/** A service that nobody calls owes nobody an answer and hands nothing over: the new instance is made ready, then starts in its place. */
function replace_client(place: u32, unit: Unit, code: u64): i64 {
  const old = unit.domain;
  page_swap(place);
  unit.domain = 0;
  let error = prepare_unit_of(place, code);
  page_entry(STARTUP_NUMBER, hash("successor"), 0, 1, 0);
  if (error < 0) {
    page_swap(place);
    unit.domain = old;
    return error;
  }
  const began = notification.now_ns();
  domain.stop(old);
  take_device_back(place);
  error = run_unit(place);
  down_ns = notification.now_ns() - began;
  state_bytes = 0;
  domain.destroy(old);
  capability.drop(old);
  return error;
}

function replace_server(place: u32, unit: Unit, code: u64): i64 {
  const state = region.create(self, STATE_PAGES);
  if (state < 0) return state;
  const error = replace_by(place, unit, code, <u64>state);
  capability.revoke(<u64>state);
  capability.drop(<u64>state);
  return error;
}

function replace_by(place: u32, unit: Unit, code: u64, state: u64): i64 {
  const old = unit.domain;
  const began = notification.now_ns();
  let error = domain.hold(old);
  if (error < 0) return error;
  error = settle(old);
  let length: i64 = 0;
  if (error == 0) {
    length = ask(unit.endpoint, old, state, METHOD_EXPORT, STATE_BYTES_MAX);
    error = min<i64>(length, 0);
  }
  if (error == 0) {
    page_swap(place);
    error = prepare_successor(place, code);
    if (error == 0) error = succeed(unit, old, state, <u64>length);
    if (error < 0) {
      discard_domain(unit);
      page_swap(place);
      connections_told(place, old);
      endpoint.call_until(unit.endpoint, notification.now_ns() + PATIENCE_NS, METHOD_RESUME);
    }
    if (error < 0) unit.domain = old;
  }
  if (error < 0) {
    domain.release(old);
    return error;
  }
  domain.release(unit.domain);
  down_ns = notification.now_ns() - began;
  state_bytes = <u64>length;
  domain.stop(old);
  domain.destroy(old);
  capability.drop(old);
  return 0;
}

/** The successor's domain, held and past its start(). */
function prepare_successor(place: u32, code: u64): i64 {
  const unit = unit_at(place);
  unit.domain = 0;
  let error = prepare_unit_of(place, code);
  if (error < 0) return error;
  page_entry(STARTUP_NUMBER, hash("successor"), 0, 1, 0);
  error = page_end();
  if (error == 0) error = domain.supervise(unit.domain, events, ending_bit(place));
  if (error == 0) error = domain.hold(unit.domain);
  if (error == 0) error = domain.start(unit.domain);
  return error < 0 ? error : settle(unit.domain);
}

/** The successor reads the state and changes places with the old instance. */
function succeed(unit: Unit, old: u64, state: u64, length: u64): i64 {
  const made = endpoint.create(self);
  if (made < 0) return made;
  const door = <u64>made;
  let error = endpoint.bind(door, unit.domain);
  if (error == 0) error = ask(door, unit.domain, state, METHOD_IMPORT, length);
  if (error >= 0) error = domain.replace(old, unit.domain);
  capability.drop(door);
  return min<i64>(error, 0);
}

/** Calls a hand-over method of a held service with a region of its own to use. E_TIMEOUT: it does not come to an end. */
function ask(door: u64, server: u64, state: u64, method: u64, bytes: u64): i64 {
  let handle: i64 = 0;
  if (bytes != 0) {
    handle = capability.grant(server, state, region.REGION_READ | region.REGION_WRITE | region.REGION_MAP, 0);
    if (handle < 0) return handle;
  }
  return endpoint.call_until(door, notification.now_ns() + PATIENCE_NS, method, <u64>handle, bytes);
}

/** Waits until a held domain rests. */
function settle(target: u64): i64 {
  if (sleeper == 0) {
    const made = notification.create(self);
    if (made < 0) return made;
    sleeper = <u64>made;
  }
  const deadline = notification.now_ns() + PATIENCE_NS;
  let state = domain.status(target, domain.STATUS_STATE);
  while (state == domain.STATE_BUSY) {
    const now = notification.now_ns();
    if (now >= deadline) return E_TIMEOUT;
    notification.wait(sleeper, now + POLL_NS);
    state = domain.status(target, domain.STATUS_STATE);
  }
  return state == domain.STATE_HELD ? 0 : E_PEER_FAULT;
}
