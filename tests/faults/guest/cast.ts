// Victims and clients of the fault injection: how init makes, finds and removes them. Victims 0 … 3 alternate between the isolation
// modes, so do the clients; victims 0 and 1 call 2 and 3; clients 2 and 3 are more urgent than everybody and sleep between calls.
import * as capability from "../../../services/lib/capability";
import * as domain from "../../../services/lib/domain";
import * as phi from "../../../services/lib/phi";
import {
  DOMAIN_ALLOCATE,
  ENDPOINT_CALL,
  NOTIFICATION_WAIT,
  REGION_READ,
  REGION_WRITE,
} from "../../../kernel/abi/rights";
import { load_module, self } from "../../guest/root";
import * as page from "./page";

export const VICTIMS: u32 = 4;
export const CLIENTS: u32 = 4;
/** Their handles: victims first. 0: there is none now. */
export const handles = new StaticArray<u64>(8);
/** What STATUS_CALLEE and STATUS_CALLER call them. */
export const ids = new StaticArray<u64>(8);
export let bell: u64 = 0;

const STARTUP: usize = 0x8000_0000;
const PAGES: u64 = 0xb000_0000;
const PRIORITY: u32 = 10;
const PRIORITY_URGENT: u32 = 12;
const BUDGET: u64 = 0x20_0000;
const TABLE_ENTRIES: u32 = 512;
const VICTIM_MODULE: u32 = 1;
const CLIENT_MODULE: u32 = 2;

const spare = new StaticArray<u64>(512);
const code = new StaticArray<u64>(3);
const endpoints = new StaticArray<u64>(4);
const naps = new StaticArray<u64>(4);
const regions = new StaticArray<u64>(8);
/** How often each victim has been made. */
export const generations = new StaticArray<u64>(4);

/** The page that init shares with number `i`. */
export function page_of(i: u32): usize {
  return <usize>(PAGES + <u64>i * 4096);
}

/** Number of the victim or client with that id; -1: it is not alive. */
export function number_of(id: u64): i32 {
  for (let i: u32 = 0; i < VICTIMS + CLIENTS; i++) {
    if (handles[i] != 0 && ids[i] == id) return <i32>i;
  }
  return -1;
}

/** More objects and capabilities than there ever are at a time: the kernel's tables, which only grow, grow no further. */
function tables_grow(): void {
  for (let i: u32 = 0; i < TABLE_ENTRIES; i++) spare[i] = <u64>phi.notification_create(self);
  for (let i: u32 = 0; i < TABLE_ENTRIES; i++) phi.cap_delete(spare[i]);
}

/** Once: the code, and what outlives every victim and client. False: it cannot be had. */
export function cast_begin(): bool {
  for (let i: u32 = 1; i < 3; i++) {
    const loaded = load_module(i);
    if (loaded < 0) return false;
    code[i] = <u64>loaded;
  }
  tables_grow();
  bell = <u64>phi.notification_create(self);
  for (let i: u32 = 0; i < VICTIMS + CLIENTS; i++) {
    regions[i] = <u64>phi.region_create(self, 1, 0);
    if (phi.region_map(regions[i], PAGES + <u64>i * 4096, 0, 1, REGION_READ | REGION_WRITE) < 0) return false;
  }
  for (let i: u32 = 0; i < VICTIMS; i++) endpoints[i] = <u64>phi.endpoint_create(self);
  for (let i: u32 = CLIENTS / 2; i < CLIENTS; i++) naps[i] = <u64>phi.notification_create(self);
  return true;
}

function make(module: u32, number: u32, priority: u32): u64 {
  const made = domain.create(self, code[module], number & 1, priority, BUDGET);
  if (made < 0) return 0;
  const handle = <u64>made;
  if (domain.map(handle, regions[number], STARTUP, 0, 1, REGION_READ | REGION_WRITE) < 0) return 0;
  handles[number] = handle;
  ids[number] = <u64>domain.status(handle, domain.STATUS_ID);
  return handle;
}

/** Victim `i`, from new; its page is empty but for what it needs. */
export function victim_make(i: u32): bool {
  const at = page_of(i);
  const handle = make(VICTIM_MODULE, i, PRIORITY);
  if (handle == 0) return false;
  memory.fill(at, 0, 64);
  generations[i]++;
  for (let k: u32 = 0; k < CLIENTS; k++) {
    store<u64>(page_of(VICTIMS + k) + (i << 3), generations[i], page.CLIENT_GENERATIONS);
  }
  store<u64>(at, <u64>capability.grant(handle, handle, DOMAIN_ALLOCATE, 0), page.VICTIM_SELF);
  if (i < 2) store<u64>(at, <u64>capability.grant(handle, endpoints[i + 2], ENDPOINT_CALL, 0), page.VICTIM_NEXT);
  if (domain.supervise(handle, bell, (<u64>1) << i) < 0) return false;
  return phi.endpoint_bind(endpoints[i], handle) >= 0 && domain.start(handle) >= 0;
}

/** Client `i`; it goes on with its predecessor's choices and counts. */
export function client_make(i: u32): bool {
  const number = VICTIMS + i,
    at = page_of(number),
    is_urgent = i >= CLIENTS / 2;
  const handle = make(CLIENT_MODULE, number, is_urgent ? PRIORITY_URGENT : PRIORITY);
  if (handle == 0) return false;
  for (let k: u32 = 0; k < VICTIMS; k++) {
    store<u64>(at + (k << 3), <u64>capability.grant(handle, endpoints[k], ENDPOINT_CALL, <u64>(i + 1)));
  }
  if (is_urgent) store<u64>(at, <u64>capability.grant(handle, naps[i], NOTIFICATION_WAIT, 0), page.CLIENT_NAP);
  return domain.start(handle) >= 0;
}

export function remove(number: u32): void {
  domain.stop(handles[number]);
  domain.destroy(handles[number]);
  capability.drop(handles[number]);
  handles[number] = 0;
}
