// Hands a unit exactly what its image entry lists: each grant becomes a capability in the unit's space, a mapping in its
// window, and an entry of its start-up page. Called between domain_create and domain_start.
import * as capability from "../lib/capability";
import * as domain from "../lib/domain";
import * as endpoint from "../lib/endpoint";
import * as region from "../lib/region";
import * as startup from "../lib/startup";
import { CLIENT_ENTRY, METHOD_ATTACH, control } from "../lib/buffer";
import { E_ABSENT, E_FULL, E_NOT_FOUND } from "../lib/errors";
import { DEVICE_LOAD, DEVICE_STORE, IRQ_ACK, IRQ_BIND, RIGHT_SHARE } from "../../kernel/abi/rights";
import { NOTIFICATION_SIGNAL } from "../lib/notification";
import {
  ENTRY_PARAMETERS,
  STARTUP_CAPABILITY,
  STARTUP_NUMBER,
  STARTUP_REGION,
  STARTUP_SEED,
} from "../../kernel/abi/formats";
import { REGION_MAP, REGION_READ, REGION_WRITE } from "../lib/region";
import { LIFE_RUNNING, UNIT_SERVICE } from "../../build/interfaces/init/constants";
import * as archive from "./archive";
import * as format from "./format";
import * as machine from "./machine";
import * as manifest from "./manifest";
import { CONNECTION_MAX, Connection, connect, connection_at, find_connection } from "./connection";
import { EVENT_INTERRUPT, events } from "./events";
import { name_with_suffix, page_entry } from "./page";
import { hand_context, hand_scheduler } from "./schedule";
import { Unit, unit_at, unit_of_service } from "./unit";
import { CLIENT_BUFFERS, CLIENT_BUFFER_MAX, CLIENT_BUFFER_STRIDE, FRAMEBUFFER, HANDED_REGION, KEPT } from "./window";

/** Pages that the kernel maps in one go. */
const MAP_PAGES_MAX: u64 = 512;
const BUFFER_RIGHTS: u64 = REGION_READ | REGION_WRITE | REGION_MAP;

/** Makes the connections of all calls in a unit's record that it does not have yet. */
export function make_connections(place: u32): i64 {
  const unit = unit_at(place);
  const first = <u32>load<u16>(unit.record + format.SERVICE_GRANT_FIRST_AT);
  const count = <u32>load<u16>(unit.record + format.SERVICE_GRANT_COUNT_AT);
  for (let i: u32 = 0; i < count; i++) {
    const grant = manifest.grant_record(first + i);
    if (load<u8>(grant + format.GRANT_KIND_AT) != format.GRANT_CALL) continue;
    const server = server_of(grant);
    if (server == 0xffff_ffff) return E_NOT_FOUND;
    if (find_connection(server, place) != 0xffff_ffff) continue;
    // A module that is loaded as an enclave gets the template's connections without their buffers.
    const bytes = unit.isolation == <u32>format.SERVICE_ENCLAVE ? 0 : load<u32>(grant + format.GRANT_A_AT);
    const made = connect(server, place, load<u8>(grant + format.GRANT_ROLE_AT), bytes);
    if (made < 0) return made;
  }
  return 0;
}

/** Hands over everything in the unit's record. 0, or the first error. */
export function hand_over(place: u32): i64 {
  const unit = unit_at(place);
  const first = <u32>load<u16>(unit.record + format.SERVICE_GRANT_FIRST_AT);
  const count = <u32>load<u16>(unit.record + format.SERVICE_GRANT_COUNT_AT);
  let calls: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const grant = manifest.grant_record(first + i);
    let error: i64 = 0;
    switch (<i32>load<u8>(grant + format.GRANT_KIND_AT)) {
      case format.GRANT_CALL:
        error = calls < CLIENT_BUFFER_MAX ? hand_call(unit, place, grant, calls++) : E_FULL;
        break;
      case format.GRANT_DEVICE:
        error = hand_device(unit, grant);
        break;
      case format.GRANT_SYSTEM:
        error = hand_capability(unit, name_of(grant), machine.system, load<u32>(grant + format.GRANT_A_AT), 0);
        break;
      case format.GRANT_NUMBER:
        page_entry(STARTUP_NUMBER, name_of(grant), 0, load<u64>(grant + format.GRANT_A_AT), 0);
        break;
      case format.GRANT_FRAMEBUFFER:
        error = hand_framebuffer(unit, grant);
        break;
      case format.GRANT_SEED:
        hand_seed();
        break;
      case format.GRANT_PARAMETERS:
        error = hand_parameters(unit, grant);
        break;
      case format.GRANT_SCHEDULER:
        error = hand_scheduler(unit, place, grant);
        break;
      case format.GRANT_CONTEXT:
        error = hand_context(unit, grant);
        break;
      case format.GRANT_ENDPOINT:
        error = hand_capability(unit, name_of(grant), unit.endpoint, endpoint.ENDPOINT_SERVE, 0);
        break;
      case format.GRANT_KEPT:
        error = hand_kept(unit, grant);
        break;
      case format.GRANT_INTERRUPT:
        error = hand_capability(unit, name_of(grant), events, NOTIFICATION_SIGNAL, EVENT_INTERRUPT);
        break;
    }
    if (error < 0) return error;
  }
  return 0;
}

/** Tells a server about all its clients: their buffers appear before its first call. */
export function hand_clients(place: u32): i64 {
  const unit = unit_at(place);
  const name = startup.hash(CLIENT_ENTRY);
  for (let i: u32 = 0; i < CONNECTION_MAX; i++) {
    const connection = connection_at(i);
    if (connection.badge == 0 || connection.server != place || connection.region == 0) continue;
    const handle = capability.grant(unit.domain, connection.region, BUFFER_RIGHTS, connection.badge);
    if (handle < 0) return handle;
    connection.told = unit.domain;
    page_entry(STARTUP_CAPABILITY, name, <u64>handle, connection.badge, connection.bytes);
  }
  return 0;
}

/** Grants a capability and puts it on the page under a name hash. */
export function hand_capability(unit: Unit, name: u32, handle: u64, rights: u64, a: u64): i64 {
  const granted = capability.grant(unit.domain, handle, rights, 0);
  if (granted < 0) return granted;
  page_entry(STARTUP_CAPABILITY, name, <u64>granted, a, 0);
  return 0;
}

/** Maps whole pages of a region read-only into the unit and puts it on the page; `bytes` may end inside the last page. */
export function hand_region(unit: Unit, name: u32, handle: u64, index: u64, offset_bytes: u64, bytes: u64): i64 {
  const first = offset_bytes / region.PAGE_SIZE;
  const error = map_into(unit, handle, index, first, region.pages_for(bytes), REGION_READ);
  if (error < 0) return error;
  page_entry(STARTUP_REGION, name, 0, index, bytes);
  return 0;
}

/** domain_map in pieces of what one gate maps at most. */
function map_into(unit: Unit, handle: u64, index: u64, first: u64, pages: u64, rights: u64): i64 {
  for (let done: u64 = 0; done < pages; done += MAP_PAGES_MAX) {
    const piece = min<u64>(pages - done, MAP_PAGES_MAX);
    const error = domain.map(unit.domain, handle, index + done * region.PAGE_SIZE, first + done, piece, rights);
    if (error < 0) return error;
  }
  return 0;
}

/** 32 bytes of seed of the unit's own: two entries. */
export function hand_seed(): void {
  const seed = machine.fresh_seed();
  page_entry(STARTUP_SEED, 0, 0, load<u64>(seed), load<u64>(seed, 8));
  page_entry(STARTUP_SEED, 0, 0, load<u64>(seed, 16), load<u64>(seed, 24));
}

function server_of(grant: usize): u32 {
  const target = <u32>load<u16>(grant + format.GRANT_TARGET_AT);
  return target == format.GRANT_TARGET_INIT ? 0 : unit_of_service(target, UNIT_SERVICE);
}

function name_of(grant: usize): u32 {
  const reference = load<u32>(grant + format.GRANT_NAME_AT);
  return startup.hash_bytes(manifest.string_start(reference), manifest.string_length(reference));
}

function name_of_part(grant: usize, suffix: string): u32 {
  const reference = load<u32>(grant + format.GRANT_NAME_AT);
  return name_with_suffix(manifest.string_start(reference), manifest.string_length(reference), suffix);
}

function hand_call(unit: Unit, place: u32, grant: usize, order: u32): i64 {
  const server = server_of(grant);
  const found = find_connection(server, place);
  if (server == 0xffff_ffff || found == 0xffff_ffff) return E_NOT_FOUND;
  const connection = connection_at(found);
  const handle = capability.grant(unit.domain, unit_at(server).endpoint, endpoint.ENDPOINT_CALL, connection.badge);
  if (handle < 0) return handle;
  if (connection.region == 0) {
    page_entry(STARTUP_CAPABILITY, name_of(grant), <u64>handle, 0, 0);
    return 0;
  }
  const index = CLIENT_BUFFERS + <u64>order * CLIENT_BUFFER_STRIDE;
  const error = domain.map(
    unit.domain,
    connection.region,
    index,
    0,
    region.pages_for(connection.bytes),
    REGION_READ | REGION_WRITE,
  );
  if (error < 0) return error;
  const name = name_of(grant);
  page_entry(STARTUP_CAPABILITY, name, <u64>handle, index, connection.bytes);
  return tell_server(server, connection, name);
}

/** A server that started before this connection was made gets the region now; the client announces it by its handle there. */
function tell_server(server: u32, connection: Connection, name: u32): i64 {
  const unit = unit_at(server);
  if (unit.life != LIFE_RUNNING || connection.told == unit.domain) return 0;
  if (server == 0) {
    const own = capability.derive(connection.region, BUFFER_RIGHTS, connection.badge);
    if (own < 0) return own;
    const error = control(connection.badge, METHOD_ATTACH, <u64>own, connection.bytes);
    if (error < 0) return error;
  } else {
    const shown = show_anew(connection);
    if (shown < 0) return shown;
    const handle = capability.grant(unit.domain, connection.shown, BUFFER_RIGHTS, connection.badge);
    if (handle < 0) return handle;
    page_entry(STARTUP_NUMBER, name, 0, <u64>handle, 0);
  }
  connection.told = unit.domain;
  return 0;
}

/** What a server was told for a former instance of the client is dead, announced or not. 0, or an error. */
function show_anew(connection: Connection): i64 {
  if (connection.shown != 0) {
    capability.revoke(connection.shown);
    capability.drop(connection.shown);
    connection.shown = 0;
  }
  const shown = capability.derive(connection.region, BUFFER_RIGHTS | RIGHT_SHARE, 0);
  if (shown < 0) return shown;
  connection.shown = <u64>shown;
  return 0;
}

/** Made for the first instance, and handed to each. */
function hand_kept(unit: Unit, grant: usize): i64 {
  const bytes = load<u32>(grant + format.GRANT_A_AT);
  const pages = region.pages_for(bytes);
  if (unit.kept == 0) {
    const made = region.create(machine.self, pages);
    if (made < 0) return made;
    unit.kept = <u64>made;
  }
  const error = domain.map(unit.domain, unit.kept, KEPT, 0, pages, REGION_READ | REGION_WRITE);
  if (error == 0) page_entry(STARTUP_REGION, name_of(grant), 0, KEPT, bytes);
  return error;
}

function hand_device(unit: Unit, grant: usize): i64 {
  const device = machine.find_device(load<u16>(grant + format.GRANT_TARGET_AT));
  if (device == 0) return load<u32>(grant + format.GRANT_A_AT) == 0 ? E_ABSENT : 0;
  const handle = capability.grant(unit.domain, startup.entry_handle(device), DEVICE_LOAD | DEVICE_STORE, 0);
  if (handle < 0) return handle;
  page_entry(STARTUP_CAPABILITY, name_of(grant), <u64>handle, startup.entry_a(device), startup.entry_b(device));
  const irq = load<u32>(grant + format.GRANT_B_AT) == 1 ? 0 : machine.irq_of(device);
  return irq == 0 ? 0 : hand_capability(unit, name_of_part(grant, ".irq"), irq, IRQ_ACK | IRQ_BIND, 0);
}

function hand_framebuffer(unit: Unit, grant: usize): i64 {
  if (machine.framebuffer == 0) return 0; // the screen service copes without
  const height = machine.framebuffer_size >> 32;
  const stride = machine.framebuffer_layout & 0xffff_ffff;
  const bytes = height * stride;
  const error = map_into(
    unit,
    machine.framebuffer,
    FRAMEBUFFER,
    0,
    region.pages_for(bytes),
    REGION_READ | REGION_WRITE,
  );
  if (error < 0) return error;
  page_entry(STARTUP_REGION, name_of(grant), 0, FRAMEBUFFER, bytes);
  page_entry(STARTUP_NUMBER, name_of_part(grant, ".width"), 0, machine.framebuffer_size & 0xffff_ffff, 0);
  page_entry(STARTUP_NUMBER, name_of_part(grant, ".height"), 0, height, 0);
  page_entry(STARTUP_NUMBER, name_of_part(grant, ".stride"), 0, stride, 0);
  page_entry(STARTUP_NUMBER, name_of_part(grant, ".bits"), 0, machine.framebuffer_layout >> 32, 0);
  return 0;
}

function hand_parameters(unit: Unit, grant: usize): i64 {
  const entry = archive.first_entry(ENTRY_PARAMETERS);
  if (entry == 0 || archive.entry_length(entry) == 0) return 0;
  return hand_region(
    unit,
    name_of(grant),
    machine.archive_region,
    HANDED_REGION,
    archive.entry_offset(entry),
    archive.entry_length(entry),
  );
}
