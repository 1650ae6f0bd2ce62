// Starts and ends units. Starting makes a domain of the module, hands it what its record lists and lets it run; a unit that
// fails half-way leaves nothing behind but its place, ready for another attempt.
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import * as endpoint from "../lib/endpoint";
import { E_FULL, E_NOT_FOUND, E_STATE, E_UNTRUSTED } from "../lib/errors";
import { ENTRY_MODULE, STARTUP_SELF } from "../../kernel/abi/formats";
import { DOMAIN_ENCLAVE, ISOLATION_HW, STARTUP_INDEX } from "../../kernel/abi/layout";
import { REGION_READ } from "../lib/region";
import { LIFE_GIVEN_UP, LIFE_RUNNING, UNIT_LOADED, UNIT_SERVICE } from "../../build/interfaces/init/constants";
import * as archive from "./archive";
import * as format from "./format";
import * as machine from "./machine";
import * as manifest from "./manifest";
import { hand_clients, hand_over, make_connections } from "./grant";
import { announce_again } from "./connection";
import { ending_bit, events } from "./events";
import { page_begin, page_end, page_entry, page_of } from "./page";
import { attach_all, attach_unit, chosen_scheduler } from "./schedule";
import { NO_UNIT, Unit, unit_at, unit_create } from "./unit";

// Code objects of services by their place in the manifest: loaded once, used by every restart.
const codes = memory.data(32 * 8, 8);

/** A place for a service of the manifest, with its endpoint; it does not run yet. The place, or an error. */
export function create_service_unit(service: u32, kind: u32): i64 {
  const place = unit_create(kind);
  if (place == NO_UNIT) return E_FULL;
  const unit = unit_at(place);
  unit.record = manifest.service_record(service);
  unit.service = service;
  const name = load<u32>(unit.record + format.SERVICE_NAME_AT);
  unit.name = manifest.string_start(name);
  unit.name_length = manifest.string_length(name);
  unit.isolation = load<u8>(unit.record + format.SERVICE_ISOLATION_AT);
  unit.life = LIFE_GIVEN_UP;
  const handle = endpoint.create(machine.self);
  if (handle < 0) {
    unit.kind = 0;
    return handle;
  }
  unit.endpoint = <u64>handle;
  return <i64>place;
}

/** The Code of a service's module, loaded when it is first asked for. */
export function service_code(unit: Unit): i64 {
  if (unit.code != 0) return <i64>unit.code;
  const slot = codes + ((<usize>unit.service) << 3);
  const known = load<u64>(slot);
  if (known != 0) return <i64>known;
  const module = load<u32>(unit.record + format.SERVICE_MODULE_AT);
  const code = load_module(manifest.string_start(module), manifest.string_length(module));
  if (code > 0 && unit.isolation == <u32>format.SERVICE_ENCLAVE) {
    const error = domain.verify_code(<u64>code);
    if (error < 0 && error != E_UNTRUSTED) return error; // an enclave is measured; sfi is not what it asks for
  }
  if (code > 0) store<u64>(slot, <u64>code);
  return code;
}

/** A Code of the archive's module of this name, or an error. */
export function load_module(name: usize, length: u32): i64 {
  const entry = archive.find_entry(ENTRY_MODULE, "", name, length);
  if (entry == 0) return E_NOT_FOUND;
  return domain.load_code(machine.archive_region, archive.entry_offset(entry), archive.entry_length(entry));
}

/** From now on the service starts from this code; answers the former one, 0 if none was loaded. */
export function exchange_code(unit: Unit, code: u64): u64 {
  const slot = unit.code != 0 ? changetype<usize>(unit) + offsetof<Unit>("code") : codes + ((<usize>unit.service) << 3);
  const former = load<u64>(slot);
  store<u64>(slot, code);
  return former;
}

/** Makes the unit's domain with its page begun: connections, grants, known clients. 0, or an error (nothing is left). */
export function prepare_unit(place: u32): i64 {
  const code = service_code(unit_at(place));
  return code < 0 ? code : prepare_unit_of(place, <u64>code);
}

/** The same of this code. */
export function prepare_unit_of(place: u32, code: u64): i64 {
  const unit = unit_at(place);
  let error = make_connections(place);
  if (error < 0) return error;
  const budget = <u64>load<u32>(unit.record + format.SERVICE_BUDGET_KIB_AT) * 1024;
  const made = domain.create(
    machine.self,
    code,
    unit.isolation == <u32>format.SERVICE_ENCLAVE ? ISOLATION_HW | (<u32>DOMAIN_ENCLAVE) : unit.isolation,
    load<u8>(unit.record + format.SERVICE_PRIORITY_AT),
    budget,
  );
  if (made < 0) return made;
  unit.domain = <u64>made;
  error = page_begin(place);
  if (error == 0) error = hand_self(unit);
  if (error == 0) error = hand_clients(place);
  if (error == 0) error = hand_over(place);
  if (error == 0) error = domain.map(unit.domain, page_of(place), STARTUP_INDEX, 0, 1, REGION_READ);
  if (error < 0) discard_domain(unit);
  return error;
}

/** Ends the page, binds the endpoint and lets the unit run. 0, or an error (nothing is left). */
export function run_unit(place: u32): i64 {
  const unit = unit_at(place);
  let error = page_end();
  if (error == 0) error = domain.supervise(unit.domain, events, ending_bit(place));
  if (error == 0) error = endpoint.bind(unit.endpoint, unit.domain);
  if (error == E_STATE && !is_called(unit)) error = 0;
  if (error == 0) error = domain.start(unit.domain);
  if (error < 0) {
    discard_domain(unit);
    return error;
  }
  unit.life = LIFE_RUNNING;
  if (place == chosen_scheduler()) attach_all();
  else attach_unit(unit);
  return 0;
}

/** Starts a service. 0, or an error. */
export function start_service(place: u32): i64 {
  if (unit_at(place).restarts != 0) announce_again(place);
  const error = prepare_unit(place);
  return error < 0 ? error : run_unit(place);
}

/** Ends the unit's domain if it still runs and returns its memory. */
export function discard_domain(unit: Unit): void {
  if (unit.domain == 0) return;
  domain.stop(unit.domain);
  domain.destroy(unit.domain);
  capability.drop(unit.domain);
  unit.domain = 0;
}

/** Does the image let anybody call this unit? Then its module must export `call`, or the kernel refuses to bind. */
export function is_called(unit: Unit): bool {
  if (unit.kind == UNIT_LOADED) return false; // who opens one that serves nobody is told so when he calls
  if (unit.kind != UNIT_SERVICE) return true;
  for (let i: u32 = 0; i < manifest.grant_count(); i++) {
    const grant = manifest.grant_record(i);
    const is_call = load<u8>(grant + format.GRANT_KIND_AT) == format.GRANT_CALL;
    if (is_call && load<u16>(grant + format.GRANT_TARGET_AT) == unit.service) return true;
  }
  return false;
}

function hand_self(unit: Unit): i64 {
  const handle = capability.grant(unit.domain, unit.domain, domain.DOMAIN_ALLOCATE, 0);
  if (handle < 0) return handle;
  page_entry(STARTUP_SELF, 0, <u64>handle, unit.restarts, 0);
  return 0;
}
