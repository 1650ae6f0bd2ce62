// init: the first service. Reads the image manifest of the boot archive, makes every service's endpoint and connections, starts
// the services in the manifest's order, and from then on supervises. It alone holds every capability; it does no service's work.
import * as domain from "../lib/domain";
import * as endpoint from "../lib/endpoint";
import * as startup from "../lib/startup";
import { ENTRY_MANIFEST, ENTRY_PARAMETERS } from "../../kernel/abi/formats";
import { ISOLATION_HW, ISOLATION_SFI } from "../../kernel/abi/layout";
import { find_parameter, parameter_is, value_length } from "../lib/parameters";
import { describe } from "../lib/errors";
import { LIFE_ASLEEP, LIFE_RUNNING, UNIT_SERVICE } from "../../build/interfaces/init/constants";
import * as archive from "./archive";
import * as format from "./format";
import * as launch from "./launch";
import * as machine from "./machine";
import * as manifest from "./manifest";
import { EVENT_INTERRUPT, create_events } from "./events";
import { connect_bus, flags_of } from "./drivers";
import { make_connections } from "./grant";
import { connect_console, finish, said, say, say_failure } from "./output";
import { run_program } from "./program";
import { choose, first_scheduler, is_scheduler } from "./schedule";
import { create_service_unit } from "./service";
import { interrupt, supervise, try_start } from "./supervise";
import { NO_UNIT, unit_at, unit_create, unit_of_service } from "./unit";

export { call } from "../../build/interfaces/init/server";

/** Statuses of a machine that init cannot get going; the kernel's own are 101 and 102. */
const STATUS_NO_IMAGE: u32 = 104;
const STATUS_NO_PROGRAM: u32 = 105;

const own_name = memory.data<u8>([0x69, 0x6e, 0x69, 0x74]);

export function start(): void {
  machine.read_machine();
  let error = become_unit();
  if (error == 0) error = create_events(machine.self);
  if (error < 0) return give_up_image("init itself", describe(error));
  const entry = archive.first_entry(ENTRY_MANIFEST);
  if (entry == 0) return give_up_image("the boot archive", "it holds no image manifest");
  const result = manifest.check_manifest(archive.entry_start(entry), archive.entry_length(entry));
  if (result != manifest.MANIFEST_OK) return give_up_image("the image manifest", manifest.describe_manifest(result));
  start_services();
  if (manifest.image_runs_program()) run_the_program();
}

export function event(bits: u64): void {
  if ((bits & EVENT_INTERRUPT) != 0) interrupt();
  supervise(bits);
}

/** init is unit 0 of its own table: `ps` shows it, and services may call it. */
function become_unit(): i64 {
  const unit = unit_at(unit_create(UNIT_SERVICE));
  unit.domain = machine.self;
  unit.name = own_name;
  unit.name_length = 4;
  unit.life = LIFE_RUNNING;
  unit.isolation = <u32>domain.status(machine.self, domain.STATUS_MODE);
  const handle = endpoint.create(machine.self);
  if (handle < 0) return handle;
  unit.endpoint = <u64>handle;
  return endpoint.bind(unit.endpoint, machine.self);
}

/** All endpoints first, then all connections, then the services one after the other. */
function start_services(): void {
  const count = manifest.service_count();
  for (let i: u32 = 0; i < count; i++) {
    if (is_dormant(i)) continue;
    const made = create_service_unit(i, UNIT_SERVICE);
    if (made < 0) return give_up_image("a service of the image", describe(made));
  }
  for (let i: u32 = 0; i < count; i++) {
    const place = unit_of_service(i, UNIT_SERVICE);
    if (place == NO_UNIT) continue;
    const unit = unit_at(place);
    if (is_console(i)) connect_console(place);
    if ((flags_of(place) & format.SERVICE_BUS) != 0) connect_bus(place);
    const error = make_connections(place);
    if (error < 0) say_failure("cannot connect", unit.name, unit.name_length, error);
  }
  const first = first_scheduler();
  choose(first);
  for (let i: u32 = 0; i < count; i++) {
    const place = unit_of_service(i, UNIT_SERVICE);
    if (place == NO_UNIT) continue;
    if (place != first && is_scheduler(unit_at(place))) unit_at(place).life = LIFE_ASLEEP;
    else try_start(place);
  }
}

/** A companion or the template: not started at boot. */
function is_dormant(service: u32): bool {
  const flags = load<u8>(manifest.service_record(service) + format.SERVICE_FLAGS_AT);
  return (flags & (format.SERVICE_COMPANION | format.SERVICE_TEMPLATE)) != 0;
}

/** The service of this name is where init's own lines go. */
function is_console(service: u32): bool {
  const reference = load<u32>(manifest.service_record(service) + format.SERVICE_NAME_AT);
  return (
    startup.hash_bytes(manifest.string_start(reference), manifest.string_length(reference)) == startup.hash("console")
  );
}

/** The program that the boot parameters name (docs/images.md). */
function run_the_program(): void {
  const entry = archive.first_entry(ENTRY_PARAMETERS);
  const start: usize = entry == 0 ? 0 : archive.entry_start(entry);
  const bytes: u64 = entry == 0 ? 0 : archive.entry_length(entry);
  const name = find_parameter(start, bytes, "run.program");
  const name_length = value_length();
  if (name == 0) {
    say().string("this image runs a program, but the boot parameters name none (run.program=NAME)");
    said();
    return finish(STATUS_NO_PROGRAM);
  }
  // Unescaping never lengthens a value, and every list entry replaces `run.arg=` by one zero byte: the parameters' size is enough.
  let error = launch.launch_begin(bytes);
  if (error == 0) {
    launch.launch_arguments();
    launch.launch_parameters(start, bytes, "run.arg");
    launch.launch_variables();
    launch.launch_parameters(start, bytes, "run.env");
    launch.launch_directories();
    launch.launch_parameters(start, bytes, "run.dir");
    const isolation = parameter_is(start, bytes, "run.isolation", "sfi") ? ISOLATION_SFI : ISOLATION_HW;
    error = run_program(name, name_length, isolation, true, 0);
  }
  if (error >= 0) return;
  say_failure("cannot run", name, name_length, error);
  finish(STATUS_NO_PROGRAM);
}

function give_up_image(what: string, why: string): void {
  say().string(what).string(": ").string(why).string(": powering off");
  said();
  finish(STATUS_NO_IMAGE);
}
