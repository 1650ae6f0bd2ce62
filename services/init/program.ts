// Runs foreign programs: each gets a companion of its own (the image's service marked so), which sees its memory and answers
// its imports, and nothing else. Called by methods.ts (shell) and index.ts (an image that runs one program).
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import * as endpoint from "../lib/endpoint";
import * as startup from "../lib/startup";
import { E_ARGUMENT, E_FULL, E_NOT_FOUND, E_UNTRUSTED } from "../lib/errors";
import { ISOLATION_SFI } from "../../kernel/abi/layout";
import { ENTRY_DIRECTORY, ENTRY_MODULE, ENTRY_NAME_AT, PAGE_SIZE } from "../../kernel/abi/formats";
import {
  EXIT_NOT_DURABLE,
  EXIT_TRAPPED,
  LIFE_ENDED,
  LIFE_RUNNING,
  UNIT_COMPANION,
  UNIT_PROGRAM,
} from "../../build/interfaces/init/constants";
import { now_ns } from "../lib/notification";
import { DIRECTORY_MAX } from "../wasi/format";
import { METHOD_PROGRAM_ENDED } from "../wasi/methods";
import * as archive from "./archive";
import * as format from "./format";
import * as launch from "./launch";
import * as machine from "./machine";
import * as manifest from "./manifest";
import { disconnect } from "./connection";
import { ending_bit, events } from "./events";
import { take_input, release_input } from "./foreground";
import { hand_capability, hand_region } from "./grant";
import { handed_at } from "./handed";
import { said, say, say_error } from "./output";
import { name_with_suffix } from "./page";
import { create_service_unit, discard_domain, prepare_unit, run_unit } from "./service";
import { attach_unit } from "./schedule";
import { NO_UNIT, UNIT_MAX, Unit, free_units, unit_at, unit_create } from "./unit";
import { DIRECTORIES, LAUNCH_BLOCK } from "./window";

/** Below services and shell: a busy program leaves them responsive. */
const PROGRAM_PRIORITY: u32 = 12;
/** Left to services that restart while a program holds the rest, in bytes. */
const RESERVE_BYTES: i64 = 0x10_0000;
/** What a program should have where memory is short: 8 MiB of it are the limit of its stack. */
const PROGRAM_BYTES: u64 = 0x180_0000;
/** How long a disk has for what a program has changed, once that has ended. */
const SETTLE_LIMIT_NS: u64 = 10_000_000_000;
/** A program's linear memory is at most 1 GiB; more than this cannot be used. */
const BUDGET_MAX: u64 = 0x4400_0000;

/**
 * Starts the module of that name. The launch block must have been begun and filled (launch.ts); it is consumed even on failure. The companion
 * gets what the client of that badge has left for it (handed.ts); 0: nobody has.
 * Answers the program's place in the unit table, or an error with nothing left behind.
 */
export function run_program(name: usize, name_length: u32, isolation: u32, foreground: bool, badge: u64): i64 {
  while (free_units() < 2 && forget_oldest()) {}
  const companion_made = create_companion();
  if (companion_made < 0) {
    drop_launch();
    return companion_made;
  }
  const companion = <u32>companion_made;
  // The kernel shows no supervisor's memory to user mode: a program in sfi needs a companion in sfi.
  const is_visible = isolation != ISOLATION_SFI || unit_at(companion).isolation == ISOLATION_SFI;
  const made = is_visible ? create_program(name, name_length, isolation, companion) : E_UNTRUSTED;
  if (made < 0) {
    forget_companion(companion);
    drop_launch();
    return made;
  }
  const program = <u32>made;
  let error = equip_companion(companion, program, badge);
  if (error == 0) error = run_unit(companion);
  if (error == 0) error = domain.supervise(unit_at(program).domain, events, ending_bit(program));
  if (error == 0) {
    if (foreground) take_input(program, companion);
    error = domain.start(unit_at(program).domain);
  }
  if (error < 0) {
    release_input(program);
    forget_program(program);
    return error;
  }
  unit_at(program).life = LIFE_RUNNING;
  attach_unit(unit_at(program));
  return program;
}

/** The companion of this image's programs, as a unit that does not run yet. */
function create_companion(): i64 {
  const service = manifest.service_with(format.SERVICE_COMPANION);
  return service == NO_UNIT ? E_NOT_FOUND : create_service_unit(service, UNIT_COMPANION);
}

/** What a companion's own budget takes. */
function companion_bytes(): i64 {
  const record = manifest.service_record(manifest.service_with(format.SERVICE_COMPANION));
  return <i64>load<u32>(record + format.SERVICE_BUDGET_KIB_AT) * 1024;
}

function create_program(name: usize, name_length: u32, isolation: u32, companion: u32): i64 {
  const entry = archive.find_entry(ENTRY_MODULE, "", name, name_length);
  if (entry == 0) return E_NOT_FOUND;
  const code = domain.load_code(machine.archive_region, archive.entry_offset(entry), archive.entry_length(entry));
  if (code < 0) return code;
  const made = create_domain(<u64>code, isolation);
  const place = made < 0 ? NO_UNIT : unit_create(UNIT_PROGRAM);
  if (place == NO_UNIT) {
    capability.drop(<u64>code);
    return made < 0 ? made : E_FULL;
  }
  const unit = unit_at(place);
  unit.domain = <u64>made;
  unit.code = <u64>code;
  unit.name = entry + ENTRY_NAME_AT;
  unit.name_length = archive.entry_name_length(entry);
  unit.isolation = isolation;
  unit.partner = companion;
  unit.life = LIFE_ENDED;
  unit_at(companion).partner = place;
  const error = domain.set_personality(unit.domain, unit_at(companion).endpoint, unit.id << 8);
  if (error < 0) {
    discard_domain(unit);
    capability.drop(unit.code);
    unit.kind = 0;
    return error;
  }
  return place;
}

/** Where one program is all there is, it may use what nobody else was promised; elsewhere half of it, so that others can run too. */
function create_domain(code: u64, isolation: u32): i64 {
  const left = unpromised_bytes();
  const share = manifest.image_runs_program() ? left : max(left / 2, min(left, PROGRAM_BYTES));
  const budget = min(share, BUDGET_MAX) & ~(<u64>PAGE_SIZE - 1);
  return domain.create(machine.self, code, isolation, PROGRAM_PRIORITY, budget);
}

function unpromised_bytes(): u64 {
  let left = domain.status(machine.self, domain.STATUS_BUDGET) - domain.status(machine.self, domain.STATUS_MEMORY);
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != 0 && unit.domain != 0) left -= domain.status(unit.domain, domain.STATUS_BUDGET);
  }
  left -= companion_bytes() + RESERVE_BYTES;
  return left > 0 ? <u64>left : 0;
}

/** The companion's domain: what its record lists, the program, the launch block and the directories that the block names. */
function equip_companion(place: u32, program: u32, badge: u64): i64 {
  const unit = unit_at(place);
  unit.launch = launch.launch_region();
  if (launch.launch_directory_count() > <u32>DIRECTORY_MAX) {
    unit.launch_bytes = launch.launch_end();
    return E_ARGUMENT;
  }
  let error = prepare_unit(place);
  const rights = domain.DOMAIN_INSPECT | domain.DOMAIN_MEMORY;
  if (error == 0) error = hand_capability(unit, startup.hash("program"), unit_at(program).domain, rights, 0);
  if (error == 0) error = hand_packed(unit, badge);
  unit.launch_bytes = launch.launch_end();
  if (error == 0) error = hand_region(unit, startup.hash("launch"), unit.launch, LAUNCH_BLOCK, 0, unit.launch_bytes);
  return error;
}

/** Directories, and behind them, for an image that runs one program, all of its standard input: what the archive has of them. */
function hand_packed(unit: Unit, badge: u64): i64 {
  const index = hand_directories(unit, badge);
  if (index < 0) return index;
  const entry = archive.find_entry(ENTRY_DIRECTORY, "input:", 0, 0);
  return entry == 0 ? 0 : hand_entry(unit, startup.hash("input"), entry, <u64>index);
}

/** Where the next one would lie, or an error. */
function hand_directories(unit: Unit, badge: u64): i64 {
  let index = DIRECTORIES;
  for (let number: u32 = 0; number < launch.launch_directory_count(); number++) {
    const name = launch.launch_directory(number);
    if (launch.launch_names_service(name)) {
      // the companion has a connection to it, or says that it has none
      const handed = handed_at(badge, number);
      if (handed == 0) continue;
      const given = hand_capability(unit, directory_label(number), handed, <u64>capability.rights_of(handed), 0);
      if (given < 0) return given;
      continue;
    }
    const entry = archive.find_entry(ENTRY_DIRECTORY, "dir:", name, launch.launch_name_length());
    if (entry == 0) return E_NOT_FOUND;
    const error = hand_entry(unit, directory_label(number), entry, index);
    if (error < 0) return error;
    index += (archive.entry_length(entry) + PAGE_SIZE - 1) & ~(<u64>PAGE_SIZE - 1);
  }
  return <i64>index;
}

function hand_entry(unit: Unit, label: u32, entry: usize, index: u64): i64 {
  const bytes = archive.entry_length(entry);
  return hand_region(unit, label, machine.archive_region, index, archive.entry_offset(entry), bytes);
}

const digits = memory.data(16);

/** Hash of `directory.N`. */
function directory_label(number: u32): u32 {
  const word = "directory.";
  for (let i = 0; i < word.length; i++) store<u8>(digits + i, <u8>word.charCodeAt(i));
  let length: u32 = word.length;
  if (number >= 10) store<u8>(digits + length++, <u8>(0x30 + number / 10));
  store<u8>(digits + length++, <u8>(0x30 + (number % 10)));
  return name_with_suffix(digits, length, "");
}

/**
 * The program has ended by itself, so its companion is idle: what it changed is durable before anybody hears of its end. Where it is not, that
 * is no success: the answer is the status to tell then, 0 otherwise.
 */
export function settle_program(place: u32, is_foreground: bool): u32 {
  const unit = unit_at(place);
  const partner = unit.partner;
  if (partner == NO_UNIT || unit_at(partner).life != LIFE_RUNNING) return 0;
  const error = endpoint.call_until(unit_at(partner).endpoint, now_ns() + SETTLE_LIMIT_NS, METHOD_PROGRAM_ENDED);
  if (error == 0) return 0;
  const line = is_foreground ? say_error() : say();
  const state = domain.status(unit_at(partner).domain, domain.STATUS_STATE);
  // a companion that could not begin has said why
  const is_gone = state == domain.STATE_EXITED || state == domain.STATE_TRAPPED;
  line.string(
    is_gone ? "the program ran without its companion" : "not all that the program has changed may be durable",
  );
  said();
  return is_gone ? EXIT_TRAPPED : EXIT_NOT_DURABLE;
}

/** Returns everything that a program and its companion held; the place keeps how it ended until somebody asks. */
export function retire_program(place: u32): void {
  const unit = unit_at(place);
  discard_domain(unit);
  if (unit.code != 0) capability.drop(unit.code);
  unit.code = 0;
  if (unit.partner != NO_UNIT) forget_companion(unit.partner);
  unit.partner = NO_UNIT;
}

/** The same, and the place is free. */
export function forget_program(place: u32): void {
  retire_program(place);
  unit_at(place).kind = 0;
}

/** Frees the place of the program that ended longest ago; false when there is none. */
function forget_oldest(): bool {
  let oldest = NO_UNIT;
  for (let place: u32 = 1; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != UNIT_PROGRAM || unit.life != LIFE_ENDED) continue;
    if (oldest == NO_UNIT || unit.id < unit_at(oldest).id) oldest = place;
  }
  if (oldest == NO_UNIT) return false;
  forget_program(oldest);
  return true;
}

/** Returns a companion: its domain, endpoint, connections and launch block. */
export function forget_companion(place: u32): void {
  const unit = unit_at(place);
  discard_domain(unit);
  capability.revoke(unit.endpoint);
  capability.drop(unit.endpoint);
  disconnect(place);
  if (unit.launch != 0) {
    capability.revoke(unit.launch);
    capability.drop(unit.launch);
  }
  unit.kind = 0;
}

function drop_launch(): void {
  launch.launch_end();
  capability.drop(launch.launch_region());
}
