// The fault points of a driver under test: tests/faults/drivers/instrument.ts has every constant, loaded or computed value, every call's result and
// every store of the driver go through here. Armed by its client, who writes an order into the buffer that both share; the
// order outlives the driver, and the instance that takes it takes it away. Invariant: a point that is not armed changes nothing.
import { STARTUP_CAPABILITY } from "../../../../kernel/abi/formats";
import { buffer_bytes, buffer_of, role_of } from "../../../../services/lib/buffer";
import * as startup from "../../../../services/lib/startup";
import {
  FAULT_ELSEWHERE,
  FAULT_FLIP,
  FAULT_INVERTED,
  FAULT_LESS,
  FAULT_MORE,
  FAULT_NOTHING,
  FAULT_OTHER,
  FAULT_SKIPPED,
  FAULT_WILD,
  next_random,
  ORDER_ARMED,
  ORDER_AT_START,
  ORDER_BYTES,
  ORDER_COUNT,
  ORDER_MET,
  ORDER_RUNNING,
  ORDER_SEED,
  ORDER_SITES,
  ORDER_WHEN,
  ROLE_ORDERS,
  SITES_MAX,
  VALUE_FAULTS,
} from "./order";

/** By site: its fault, and whether it was met. */
const armed = memory.data(32768);
const MET: u8 = 0x80;
if (SITES_MAX > 32768) ERROR("the table of sites is too small");

let order: usize = 0;
let seed: u64 = 0;
/** The value that a point with FAULT_OTHER saw last. */
let other: u64 = 0;

/** At the driver's start: init has told it its clients. */
export function begin(): void {
  const name = startup.hash("client");
  for (let skip: u32 = 0; order == 0; skip++) {
    const entry = startup.find(STARTUP_CAPABILITY, name, skip);
    if (entry == 0) return;
    know(startup.entry_a(entry));
  }
  if (load<u64>(order, ORDER_WHEN) == ORDER_AT_START) take_order();
}

/** At every call. */
export function look(badge: u64): void {
  if (order == 0) know(badge);
  look_again();
}

/** At every event. */
export function look_again(): void {
  if (order != 0 && load<u64>(order, ORDER_WHEN) == ORDER_RUNNING) take_order();
}

export function know(badge: u64): void {
  const bytes = buffer_bytes(badge);
  if (bytes >= ORDER_BYTES && role_of(badge) == ROLE_ORDERS) order = buffer_of(badge) + bytes - ORDER_BYTES;
}

/** Arms points by chance. */
export function take_order(): void {
  store<u64>(order, 0, ORDER_WHEN);
  seed = load<u64>(order, ORDER_SEED);
  const sites = min<u64>(load<u64>(order, ORDER_SITES), SITES_MAX);
  const count = load<u64>(order, ORDER_COUNT);
  let random = seed;
  let fresh: u64 = 0;
  for (let i: u64 = 0; i < count && sites != 0; i++) {
    random = next_random(random);
    const at = armed + <usize>((random >> 33) % sites);
    if (load<u8>(at) == 0) fresh++;
    store<u8>(at, 1 + <u8>((random >> 16) % VALUE_FAULTS));
  }
  store<u64>(order, load<u64>(order, ORDER_ARMED) + fresh, ORDER_ARMED);
}

/** Counts a point that is met for the first time, by its fault. */
export function note(site: u32, fault: u32): void {
  const at = armed + site;
  if ((load<u8>(at) & MET) != 0 || order == 0) return;
  store<u8>(at, load<u8>(at) | MET);
  const count = order + ORDER_MET + (fault << 2);
  store<u32>(count, load<u32>(count) + 1);
}

/** What becomes of a value: always the same of one site, but for the other operand. */
export function broken(value: u64, site: u32, bits: u32): u64 {
  const fault = <u32>(load<u8>(armed + site) & ~MET);
  note(site, fault);
  const random = next_random(seed ^ site);
  switch (fault) {
    case FAULT_FLIP:
      return value ^ ((<u64>1) << (random >> 40) % bits);
    case FAULT_MORE:
      return value + 1;
    case FAULT_LESS:
      return value - 1;
    case FAULT_NOTHING:
      return 0;
    case FAULT_WILD:
      return random;
    case FAULT_OTHER: {
      const former = other;
      other = value;
      return former;
    }
    case FAULT_INVERTED:
      return <u64>(value == 0);
    default:
      return value + ((1 + ((random >> 40) & 31)) << 3);
  }
}

export function fault_i32(value: i32, site: i32): i32 {
  return load<u8>(armed + site) == 0 ? value : <i32>broken(<u64>(<u32>value), site, 32);
}

export function fault_i64(value: i64, site: i32): i64 {
  return load<u8>(armed + site) == 0 ? value : <i64>broken(<u64>value, site, 64);
}

/** Where a store goes: elsewhere, or (0) nowhere. */
export function strayed(address: usize, site: u32): usize {
  if ((load<u8>(armed + site) & 1) != 0) {
    note(site, FAULT_SKIPPED);
    return 0;
  }
  note(site, FAULT_ELSEWHERE);
  const shift = 3 + ((next_random(seed ^ site) >> 40) % 12);
  return address ^ (<usize>((<u64>1) << shift));
}

/** Stores by their width: the address with the instruction's constant offset, the value, the site. */
export function store_i32_4(address: usize, value: i32, offset: usize, site: i32): void {
  let at = address + offset;
  if (load<u8>(armed + site) != 0) at = strayed(at, site);
  if (at != 0) store<i32>(at, value);
}

export function store_i32_1(address: usize, value: i32, offset: usize, site: i32): void {
  let at = address + offset;
  if (load<u8>(armed + site) != 0) at = strayed(at, site);
  if (at != 0) store<u8>(at, <u8>value);
}

export function store_i32_2(address: usize, value: i32, offset: usize, site: i32): void {
  let at = address + offset;
  if (load<u8>(armed + site) != 0) at = strayed(at, site);
  if (at != 0) store<u16>(at, <u16>value);
}

export function store_i64_8(address: usize, value: i64, offset: usize, site: i32): void {
  let at = address + offset;
  if (load<u8>(armed + site) != 0) at = strayed(at, site);
  if (at != 0) store<i64>(at, value);
}

export function store_i64_4(address: usize, value: i64, offset: usize, site: i32): void {
  let at = address + offset;
  if (load<u8>(armed + site) != 0) at = strayed(at, site);
  if (at != 0) store<u32>(at, <u32>value);
}
