// Modules that come while the system runs: loaded, sealed and measured by the kernel, then started with what the image's template
// lists. Called by methods.ts; supervise.ts forgets one that has ended. Which mode a module may run in is the kernel's word, by its hash.
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import { E_ARGUMENT, E_EXISTS, E_STATE, E_UNTRUSTED } from "../lib/errors";
import { ISOLATION_HW, ISOLATION_SFI } from "../../kernel/abi/layout";
import { LOAD_BY_HASH, UNIT_LOADED } from "../../build/interfaces/init/constants";
import { ENTRY_MODULE } from "../../kernel/abi/formats";
import * as archive from "./archive";
import * as format from "./format";
import * as manifest from "./manifest";
import { disconnect } from "./connection";
import { create_service_unit, discard_domain, load_module, start_service } from "./service";
import { NO_UNIT, UNIT_NAME_BYTES, Unit, unit_at, unit_named } from "./unit";

/** As the method `load_module` of interface.ts says; on an error nothing is left. `file` stays the caller's. */
export function load_unit(name: usize, name_length: u32, file: u64, length: u64, isolation: u32): i64 {
  if (isolation > LOAD_BY_HASH || name_length == 0 || name_length > UNIT_NAME_BYTES) return E_ARGUMENT;
  const template = manifest.service_with(format.SERVICE_TEMPLATE);
  if (template == NO_UNIT) return E_STATE;
  if (unit_named(name, name_length) != NO_UNIT) return E_EXISTS;
  const code = file == 0 ? load_module(name, name_length) : domain.load_code(file, 0, length);
  if (code < 0) return code;
  const mode = mode_of(<u64>code, isolation);
  const made = mode < 0 ? mode : create_service_unit(template, UNIT_LOADED);
  if (made < 0) {
    capability.drop(<u64>code);
    return made;
  }
  const place = <u32>made;
  const unit = unit_at(place);
  name_unit(unit, name, name_length);
  unit.code = <u64>code;
  unit.isolation = <u32>mode;
  unit.has_other_module = 1;
  unit.module_entry = file == 0 ? archive.find_entry(ENTRY_MODULE, "", name, name_length) : 0;
  const error = start_service(place);
  if (error == 0) return <i64>unit.id;
  forget_loaded(place);
  return error;
}

/** Measures the code, and says in which mode it will run. */
export function mode_of(code: u64, isolation: u32): i64 {
  const verdict = domain.verify_code(code);
  if (verdict < 0 && verdict != E_UNTRUSTED) return verdict;
  if (isolation == LOAD_BY_HASH) return verdict == 0 ? ISOLATION_SFI : ISOLATION_HW;
  return isolation == ISOLATION_SFI && verdict < 0 ? verdict : <i64>isolation;
}

/** The caller's buffer changes: the unit keeps its own copy. */
function name_unit(unit: Unit, name: usize, length: u32): void {
  unit.name = changetype<usize>(unit) + offsetof<Unit>("own_name");
  unit.name_length = length;
  memory.copy(unit.name, name, length);
}

/** Returns all that a loaded unit had: domain, code, endpoint, connections both ways, place. */
export function forget_loaded(place: u32): void {
  const unit = unit_at(place);
  discard_domain(unit);
  capability.revoke(unit.endpoint);
  disconnect(place);
  capability.drop(unit.endpoint);
  capability.drop(unit.code);
  unit.kind = 0;
}
