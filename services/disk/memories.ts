// Regions that clients of a disk driver have attached: what the device may reach for them. Called by server.ts of this folder.
// Invariant: a region stays known, and held, while a request in flight goes to or from it, whatever its client does meanwhile.
import { MEMORIES_MAX } from "../../build/interfaces/disk/constants";
import { PAGE_SIZE } from "../../kernel/abi/formats";
import { BUFFER_SLOTS } from "../lib/buffer";
import { drop } from "../lib/capability";
import { map_region, unmap_region } from "../lib/dma";
import { E_ARGUMENT, E_FULL, E_STATE } from "../lib/errors";

/** Of all clients together. */
const ATTACHED_MAX: u32 = 128;
const PAGES_MAX: u32 = 1 << 18;
const MEMORY_SIZE: u32 = 48;


@unmanaged
class Memory {
  /** Its client; 0 = a free place. */
  badge: u64;
  region: u64;
  address: u64;
  bytes: u64;
  in_flight: u32;
  /** Its client is gone or has detached it: it goes with the last request. */
  is_leaving: u32;
}

// The Memory of each client's numbers: by buffer slot, MEMORIES_MAX a client; place + 1, 0 = none.
const numbers = memory.data(2048, 8);
const table = memory.data(6144, 8);

if (offsetof<Memory>() > 48) ERROR("Memory outgrew its place");
if (BUFFER_SLOTS * MEMORIES_MAX > 2048 || ATTACHED_MAX * MEMORY_SIZE > 6144) ERROR("a table is too small");


@inline
function memory_at(place: u32): Memory {
  return changetype<Memory>(table + <usize>(place * MEMORY_SIZE));
}


@inline
function number_at(badge: u64, number: u32): usize {
  return numbers + <usize>(((<u32>badge) & 0xff) * MEMORIES_MAX + number - 1);
}

/** Place of a client's memory; −1: it has none of this number. */
@inline
function place_of(badge: u64, number: u32): i32 {
  if (number - 1 >= MEMORIES_MAX) return -1;
  const place = <i32>load<u8>(number_at(badge, number)) - 1;
  return place >= 0 && memory_at(place).badge == badge && memory_at(place).is_leaving == 0 ? place : -1;
}

/** The device address of `bytes` at `offset` of it, and `reached_place`; E_STATE: no such memory; E_ARGUMENT: outside it. */
@inline
export function reach(badge: u64, number: u32, offset: u64, bytes: u64): i64 {
  const place = place_of(badge, number);
  if (place < 0) return E_STATE;
  const found = memory_at(place);
  if ((offset & 511) != 0 || offset > found.bytes || bytes > found.bytes - offset) return E_ARGUMENT;
  reached_place = place;
  return <i64>(found.address + offset);
}

/** Of the memory that reach() found last. */
export let reached_place: u32 = 0;

/** A request to or from it is with the device. */
@inline
export function hold(place: u32): void {
  memory_at(place).in_flight++;
}


@inline
export function let_go(place: u32): void {
  const held = memory_at(place);
  if (--held.in_flight == 0 && held.is_leaving != 0) forget(held);
}

function forget(gone: Memory): void {
  unmap_region(gone.address, gone.bytes / PAGE_SIZE);
  drop(gone.region);
  gone.badge = 0;
}

/** The region's number for its client from now on, from 1. */
export function attach_region(badge: u64, region: u64, pages: u32): i64 {
  const answer = attach_to(badge, region, pages);
  if (answer < 0) drop(region);
  return answer;
}

function attach_to(badge: u64, region: u64, pages: u32): i64 {
  if (pages == 0 || pages > PAGES_MAX) return E_ARGUMENT;
  let number: u32 = 1;
  while (number <= MEMORIES_MAX && place_of(badge, number) >= 0) number++;
  let place: u32 = 0;
  while (place < ATTACHED_MAX && memory_at(place).badge != 0) place++;
  if (number > MEMORIES_MAX || place == ATTACHED_MAX) return E_FULL;
  const address = map_region(region, pages);
  if (address < 0) return address;
  const made = memory_at(place);
  made.badge = badge;
  made.region = region;
  made.address = <u64>address;
  made.bytes = <u64>pages * PAGE_SIZE;
  made.in_flight = 0;
  made.is_leaving = 0;
  store<u8>(number_at(badge, number), <u8>(place + 1));
  return number;
}

export function detach_region(badge: u64, number: u32): i64 {
  const place = place_of(badge, number);
  if (place < 0) return E_STATE;
  store<u8>(number_at(badge, number), 0);
  leave(memory_at(place));
  return 0;
}

function leave(leaving: Memory): void {
  leaving.is_leaving = 1;
  if (leaving.in_flight == 0) forget(leaving);
}

/** The client has ended. */
export function detach_all(badge: u64): void {
  for (let place: u32 = 0; place < ATTACHED_MAX; place++) {
    const its = memory_at(place);
    if (its.badge == badge && its.is_leaving == 0) leave(its);
  }
}
