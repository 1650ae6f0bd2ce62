// The methods of services/init/interface.ts. The generated dispatch has checked the arguments' types and that bytes lie in the
// caller's buffer; ids, names and lists are checked here.
import { take_device_back } from "./drivers";
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import {
  detach,
  ENDPOINT_CALL,
  ENDPOINT_CALLS,
  status as endpoint_status,
  offer,
  OFFER_CALLER,
  reply as reply_to,
} from "../lib/endpoint";
import { client_of, role_of } from "../lib/buffer";
import { E_ARGUMENT, E_EXISTS, E_HANDLE, E_NOT_FOUND, E_RIGHTS, E_STATE, E_UNTRUSTED } from "../lib/errors";
import { ISOLATION_HW } from "../../kernel/abi/layout";
import { ENTRY_NAME_AT } from "../../kernel/abi/formats";
import {
  set_hash_results,
  set_next_capability_results,
  set_replace_results,
  set_wait_results,
} from "../../build/interfaces/init/server";
import {
  EXIT_KILLED,
  FIELD_BUDGET_US,
  FIELD_CALLS,
  FIELD_ISOLATION,
  FIELD_KIND,
  FIELD_LIFE,
  FIELD_PARTNER,
  FIELD_PERIOD_US,
  FIELD_RESTARTS,
  FIELD_SCHEDULER,
  FIELD_WEIGHT,
  LIFE_RUNNING,
  UNIT_LOADED,
  UNIT_PROGRAM,
  UNIT_SERVICE,
} from "../../build/interfaces/init/constants";
import * as archive from "./archive";
import * as launch from "./launch";
import { connect, door_of, find_connection } from "./connection";
import { drop_handed, keep_handed } from "./handed";
import { load_unit } from "./load";
import { finish } from "./output";
import { forget_program, run_program } from "./program";
import { down_ns, replace_by_file, replace_by_name, state_bytes } from "./replace";
import { chosen_scheduler, is_scheduler, share_of } from "./schedule";
import { stop_unit, switch_scheduler, restart_unit } from "./supervise";
import { discard_domain, service_code } from "./service";
import { NO_UNIT, next_unit_id, unit_at, unit_named, unit_of } from "./unit";

/** The role that may power the machine off, and start and end things. */
const ROLE_CONTROL: u32 = 1;

export function run(
  badge: u64,
  name: usize,
  name_length: u32,
  arguments_start: usize,
  arguments_length: u32,
  variables_start: usize,
  variables_length: u32,
  directories_start: usize,
  directories_length: u32,
  isolation: u32,
  foreground: bool,
): i64 {
  if (role_of(badge) != ROLE_CONTROL) return E_RIGHTS;
  const ready =
    isolation > ISOLATION_HW
      ? E_ARGUMENT
      : begin_launch(
          arguments_start,
          arguments_length,
          variables_start,
          variables_length,
          directories_start,
          directories_length,
        );
  const place = ready < 0 ? ready : run_program(name, name_length, isolation, foreground, badge);
  drop_handed(badge);
  return place < 0 ? place : <i64>unit_at(<u32>place).id;
}

/** Writes the launch block of a program: 0, or an error. */
function begin_launch(
  arguments_start: usize,
  arguments_length: u32,
  variables_start: usize,
  variables_length: u32,
  directories_start: usize,
  directories_length: u32,
): i64 {
  if (
    launch.count_strings(arguments_start, arguments_length) < 0 ||
    launch.count_strings(variables_start, variables_length) < 0 ||
    launch.count_strings(directories_start, directories_length) < 0
  ) {
    return E_ARGUMENT;
  }
  const error = launch.launch_begin(<u64>arguments_length + variables_length + directories_length);
  if (error < 0) return error;
  launch.launch_arguments();
  launch.launch_strings(arguments_start, arguments_length);
  launch.launch_variables();
  launch.launch_strings(variables_start, variables_length);
  launch.launch_directories();
  launch.launch_strings(directories_start, directories_length);
  return 0;
}

export function hand(badge: u64, place: u32, directory: u64): i64 {
  if (directory == 0) return E_HANDLE;
  if (role_of(badge) == ROLE_CONTROL) return keep_handed(badge, place, directory);
  capability.drop(directory);
  return E_RIGHTS;
}

export function wait(_badge: u64, id: u64): i64 {
  const place = unit_of(id);
  if (place == NO_UNIT || unit_at(place).kind != UNIT_PROGRAM) return E_NOT_FOUND;
  const unit = unit_at(place);
  if (unit.life != LIFE_RUNNING) {
    set_wait_results(unit.exit_status, unit.trap);
    forget_program(place);
    return 0;
  }
  if (unit.waiter != 0) return E_EXISTS;
  const reply = detach();
  if (reply < 0) return reply;
  unit.waiter = <u64>reply;
  return 0;
}

export function kill(badge: u64, id: u64): i64 {
  if (role_of(badge) != ROLE_CONTROL) return E_RIGHTS;
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  if (place == 0 || unit_at(place).life != LIFE_RUNNING) return E_STATE;
  unit_at(place).window_restarts = 0; // somebody's wish, and no failure of its own
  return stop_unit(unit_at(place), EXIT_KILLED);
}

export function restart(badge: u64, id: u64): i64 {
  if (role_of(badge) != ROLE_CONTROL) return E_RIGHTS;
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  if (place == 0 || unit_at(place).kind != UNIT_SERVICE) return E_STATE;
  return restart_unit(place);
}

export function replace(badge: u64, id: u64, name: usize, name_length: u32, file: u64, length: u64, anew: bool): i64 {
  let answer: i64 = E_RIGHTS;
  if (role_of(badge) == ROLE_CONTROL) answer = replace_service(id, name, name_length, file, length, anew);
  if (file != 0) capability.drop(file); // the kernel has its copy
  if (answer == 0) set_replace_results(down_ns, state_bytes);
  return answer;
}

function replace_service(id: u64, name: usize, name_length: u32, file: u64, length: u64, anew: bool): i64 {
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  const unit = unit_at(place);
  const is_service = unit.kind == UNIT_SERVICE || (unit.kind == UNIT_LOADED && !anew); // a loaded one that ends is gone
  if (place == 0 || !is_service || unit.life != LIFE_RUNNING) return E_STATE;
  return file == 0 ? replace_by_name(place, name, name_length, anew) : replace_by_file(place, file, length, anew);
}

export function schedule(badge: u64, name: usize, name_length: u32): i64 {
  if (role_of(badge) != ROLE_CONTROL) return E_RIGHTS;
  const place = name_length == 0 ? NO_UNIT : unit_named(name, name_length);
  if (name_length != 0 && (place == NO_UNIT || !is_scheduler(unit_at(place)))) return E_NOT_FOUND;
  // From here on init's own thread: a scheduler that spins is more urgent than whoever asks for it, and must not keep init from ending it.
  const reply = detach();
  if (reply < 0) return reply;
  return reply_to(<u64>reply, switch_scheduler(place));
}

export function load_module(badge: u64, name: usize, name_length: u32, file: u64, length: u64, isolation: u32): i64 {
  let answer: i64 = E_RIGHTS;
  if (role_of(badge) == ROLE_CONTROL) answer = load_unit(name, name_length, file, length, isolation);
  if (file != 0) capability.drop(file); // the kernel has its copy
  return answer;
}

export function open(badge: u64, id: u64): i64 {
  if (role_of(badge) != ROLE_CONTROL) return E_RIGHTS;
  const place = unit_of(id);
  const client = unit_of(client_of(badge));
  if (place == NO_UNIT || client == NO_UNIT) return E_NOT_FOUND;
  if (unit_at(place).kind != UNIT_LOADED) return E_STATE;
  let connection = find_connection(place, client);
  if (connection == 0xffff_ffff) {
    const made = connect(place, client, 0, 0);
    if (made < 0) return made;
    connection = <u32>made;
  }
  const door = door_of(connection);
  return door < 0 ? door : offer(OFFER_CALLER, <u64>door, ENDPOINT_CALL);
}

export function hash(_badge: u64, id: u64): i64 {
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  const code = place == 0 ? E_STATE : service_code(unit_at(place));
  if (code < 0) return code;
  const verdict = domain.verify_code(<u64>code);
  if (verdict < 0 && verdict != E_UNTRUSTED) return verdict;
  set_hash_results(hash_word(code, 0), hash_word(code, 2), hash_word(code, 4), hash_word(code, 6));
  return 0;
}

function hash_word(code: i64, at: u32): u64 {
  return (<u64>domain.code_hash(<u64>code, at)) | ((<u64>domain.code_hash(<u64>code, at + 1)) << 32);
}

export function find(_badge: u64, name: usize, name_length: u32): i64 {
  const place = unit_named(name, name_length);
  return place == NO_UNIT ? E_NOT_FOUND : <i64>unit_at(place).id;
}

export function next(_badge: u64, id: u64): i64 {
  return <i64>next_unit_id(id);
}

export function name(_badge: u64, id: u64, out: usize, out_limit: u32): i64 {
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  return copy_name(unit_at(place).name, unit_at(place).name_length, out, out_limit);
}

export function field(_badge: u64, id: u64, number: u32): i64 {
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  const unit = unit_at(place);
  switch (number) {
    case FIELD_KIND:
      return unit.kind;
    case FIELD_RESTARTS:
      return unit.restarts;
    case FIELD_PARTNER:
      return unit.partner == NO_UNIT ? 0 : <i64>unit_at(unit.partner).id;
    case FIELD_SCHEDULER:
      return !is_scheduler(unit) ? 0 : place == chosen_scheduler() ? 2 : 1;
    case FIELD_WEIGHT:
      return share_of(unit, 0);
    case FIELD_BUDGET_US:
      return share_of(unit, 1);
    case FIELD_PERIOD_US:
      return share_of(unit, 2);
    case FIELD_LIFE:
      return unit.life;
    case FIELD_ISOLATION:
      return unit.isolation;
    case FIELD_CALLS:
      return unit.endpoint == 0 ? 0 : endpoint_status(unit.endpoint, ENDPOINT_CALLS);
    default:
      return unit.domain == 0 ? E_STATE : domain.status(unit.domain, number);
  }
}

export function next_capability(_badge: u64, id: u64, cursor: u64): i64 {
  const place = unit_of(id);
  if (place == NO_UNIT) return E_NOT_FOUND;
  if (unit_at(place).domain == 0) return E_HANDLE;
  const following = capability.next(unit_at(place).domain, cursor);
  if (following > 0) {
    set_next_capability_results(
      capability.next_handle(),
      (<u64>capability.next_type()) | ((<u64>capability.next_rights()) << 32),
      capability.next_badge(),
      capability.next_object(),
      capability.next_parent(),
    );
  }
  return following;
}

export function module(_badge: u64, index: u32, out: usize, out_limit: u32): i64 {
  const entry = archive.module_entry(index);
  if (entry == 0) return 0;
  return copy_name(entry + ENTRY_NAME_AT, archive.entry_name_length(entry), out, out_limit);
}

export function power_off(badge: u64, status: u32): i64 {
  if (role_of(badge) != ROLE_CONTROL) return E_RIGHTS;
  finish(status);
  return 0;
}

function copy_name(name: usize, length: u32, out: usize, out_limit: u32): i64 {
  const bytes = min(length, out_limit);
  memory.copy(out, name, bytes);
  return bytes;
}
