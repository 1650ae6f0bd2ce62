// The gates of a driver's domain, and the bus' answers: one device that the world has plugged in, by messages, by a line, or by MMIO; clients with buffers
// and regions. Interrupts are delivered as the kernel does, when the driver is idle. Re-exported by the worlds of drivers, which decide what happens.
// Invariant: a call is answered once; what the driver may touch is what is mapped here.
import * as host from "./host";
import * as m from "./memory";
import * as r from "./resources";
import { finding, must, must_be_answer, tell } from "./say";
import * as service from "./service";
import { open_startup, startup_entry } from "./startup";
import { E_ABSENT, E_ARGUMENT, E_BUDGET, E_HANDLE, E_STATE, E_TIMEOUT } from "../../../../kernel/abi/errors";
import { STARTUP_CAPABILITY, STARTUP_NUMBER, STARTUP_SELF } from "../../../../kernel/abi/formats";
import { MESSAGE } from "../../../../kernel/abi/layout";
import * as bus from "../../../../build/interfaces/bus/constants";

const SELF: u64 = 1;
const BUS: u64 = 2;
const REGISTERS: u64 = 3;
const EVENTS: u64 = 5;
const DMA: u64 = 6;
const OTHER: u64 = 8;
/** The line, or the first of the messages. */
const VECTORS: u64 = 0x40;
const VECTORS_MAX: u32 = 5;
const REPLIES: u64 = 0x1000;
const REGIONS: u64 = 0x10_0000;
const BUFFER_HANDLES: u64 = 0x20_0000;
const PAGE: u64 = 4096;
const BUS_BUFFER: u64 = 0x8800_0000;
export const BUFFERS: u64 = 0x8010_0000;
export const STRIDE: u64 = 0x1_0000;
export const BUFFER_BYTES: u32 = 8192;
const METHOD_ATTACH: u64 = 0xffff_0001;
const CALLS_MAX: u32 = 512;
/** Gates and register accesses of one input: a driver that needs more turns in a circle. */
const STEPS_MAX: u32 = 400_000;

export const WAY_MESSAGES: u32 = 0;
export const WAY_LINE: u32 = 1;
export const WAY_MMIO: u32 = 2;
let way: u32 = 0;
export let now: u64 = 1000;
let timer: u64 = 0;
let timer_bits: u64 = 0;
let pending: u64 = 0;
let is_busy = false;
let is_listening = false;
let is_masked = false;
let is_waiting = false;
let steps: u32 = 0;
const bound_vectors: StaticArray<u64> = [0, 0, 0, 0, 0];
let offered: u64 = 0;
let handed: u64 = 0;

/** Calls by number: 0 open, 1 detached, 2 answered; their badge, limit and answer. */
const states = new StaticArray<u8>(512);
export const answers = new StaticArray<i64>(512);
const limits = new StaticArray<u64>(512);
/** A call that is one request to the device, or none. */
const is_single = new StaticArray<u8>(512);
export let calls: u32 = 0;
let current: i32 = -1;
/** Disk requests of one call each that were answered 0. */
export let good_reads: u32 = 0;

// The device, as the world plugs it in: who it is, its registers, its line, what it has kept; the most bytes of one answer of its (0: any).
let transport: u64 = 0;
let identity: u64 = 0;
let vector_count: u32 = 0;
let load_register: (offset: u32, width: u32) => u64 = (_offset: u32, _width: u32): u64 => 0;
let store_register: (offset: u32, value: u64) => void = (_offset: u32, _value: u64): void => {};
let is_line_high: () => bool = (): bool => false;
let finish_something: () => void = (): void => {};
let answer_limit: () => u32 = (): u32 => 0;

/** `number` and `kind` as the bus' claim() answers them (identity, transport); `messages`: how many there are, if it interrupts by messages. */
export function plug_in(
  number: u64,
  kind: u64,
  messages: u32,
  loads: (offset: u32, width: u32) => u64,
  stores: (offset: u32, value: u64) => void,
  line: () => bool,
  finish: () => void,
  limit: () => u32,
): void {
  identity = number;
  transport = kind;
  vector_count = messages;
  load_register = loads;
  store_register = stores;
  is_line_high = line;
  finish_something = finish;
  answer_limit = limit;
}

function step(): void {
  if (++steps > STEPS_MAX) finding("the driver turns in a circle");
}

export function driver_setup(): void {
  open_startup();
  startup_entry(STARTUP_SELF, "", SELF, 0, 0);
  startup_entry(STARTUP_CAPABILITY, "bus", BUS, BUS_BUFFER, PAGE);
  startup_entry(STARTUP_CAPABILITY, "console", OTHER, BUS_BUFFER, PAGE);
  startup_entry(STARTUP_CAPABILITY, "endpoint", r.ENDPOINT, 0, 0);
  startup_entry(STARTUP_NUMBER, "patience_seconds", 0, 10, 0);
  host.map(BUS_BUFFER, PAGE);
}

export function driver_begin(chosen: u32): void {
  way = chosen;
  is_busy = true;
  service.begin();
  is_busy = false;
  deliver();
}

export function raise(vector: u32): void {
  const is_by_message = way == WAY_MESSAGES;
  if (!is_by_message && is_masked) {
    is_waiting = true;
    return;
  }
  is_masked = !is_by_message;
  pending |= bound_vectors[is_by_message ? min(vector, VECTORS_MAX - 1) : 0];
  deliver();
}

/** Bits that somebody else sets in the driver's notification. */
export function signal(bits: u64): void {
  pending |= bits;
  deliver();
}

export function deliver(): void {
  for (let i = 0; !is_busy && is_listening && pending != 0 && host.ended() == 0; i++) {
    must(i < 10_000, "interrupts without an end");
    const bits = pending;
    pending = 0;
    is_busy = true;
    service.event(bits);
    is_busy = false;
  }
}

export function advance(ns: u64): void {
  now += ns;
  tell("time passes", ns, 0, 0);
  if (timer == 0 || timer > now) return;
  timer = 0;
  pending |= timer_bits;
  deliver();
}

/** The driver's wait has taken so much longer. */
export function oversleep(ns: u64): void {
  now += ns;
}

/** A call of a client; the answer, or 0 with `was_detached`. */
export let was_detached = false;
export function ask(badge: u64, method: u64, limit: u64, w0: u64, w1: u64, w2: u64, w3: u64): i64 {
  if (calls == CALLS_MAX || host.ended() != 0) return -63;
  const number = calls++;
  current = <i32>number;
  limits[number] = limit;
  states[number] = 0;
  is_single[number] = <u8>(method != 7);
  is_busy = true;
  const answer = service.call(badge, method, w0, w1, w2, w3, 0, 0);
  is_busy = false;
  was_detached = states[number] != 0;
  tell("call", method, badge, was_detached ? 1 : answer);
  if (!was_detached && host.ended() == 0) settle(number, answer);
  current = -1;
  deliver();
  return answer;
}

function settle(number: u32, answer: i64): void {
  must(states[number] != 2, "a call was answered twice", number);
  const is_transfer = states[number] == 1 && is_single[number] != 0;
  states[number] = 2;
  answers[number] = answer;
  must_be_answer(answer);
  if (answer == 0 && is_transfer) good_reads++;
  const limit = answer_limit();
  if (limits[number] != 0 && limit != 0)
    must(answer <= <i64>limit, "an answer of more bytes than the device could write", answer);
  if (limits[number] != 0) must(answer <= <i64>limits[number], "an answer of more bytes than were asked for", answer);
}

export function open_calls(): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < calls; i++) if (states[i] == 1) count++;
  return count;
}

/** A client's buffer, made known to the driver. */
export function open_buffer(badge: u64): void {
  const slot = badge & 0xff;
  offered = BUFFER_HANDLES + badge;
  ask(badge, METHOD_ATTACH, 0, BUFFER_HANDLES + badge, BUFFER_BYTES, 0, 0);
  tell("buffer", badge, slot, 0);
}

/** A region that goes along with the next call. */
export function offer_region(pages: u64): void {
  const region = m.region_add(pages);
  offered = region < 0 ? 0 : REGIONS + <u64>region;
}

/** Whatever goes along with the next call. */
export function offer_any(handle: u64): void {
  offered = handle;
}

/** A region that a peer hands over; 0: there are no more. */
export function hand_region(pages: u64): bool {
  const region = m.region_add(pages);
  handed = region < 0 ? 0 : REGIONS + <u64>region;
  return region >= 0;
}

/** The bus' answers. */
function bus_call(method: u64, w0: u64): i64 {
  switch (<u32>method) {
    case <u32>bus.METHOD_CLAIM:
      words(transport, identity, way == WAY_MESSAGES ? vector_count : 0, way == WAY_MESSAGES ? 1 : 2, 1);
      return 0;
    case <u32>bus.METHOD_STRUCTURE:
      if (way == WAY_MMIO || w0 == 0 || w0 > 4) return E_ABSENT;
      words(
        4,
        w0 == 1 ? 0 : w0 == 2 ? 0x3000 : w0 == 3 ? 0x1000 : 0x2000,
        w0 == 1 ? 56 : w0 == 2 ? 16 : w0 == 3 ? 1 : 64,
        4,
        0,
      );
      return 0;
    case <u32>bus.METHOD_REGISTERS:
      handed = REGISTERS;
      return 0;
    case <u32>bus.METHOD_INTERRUPT:
      handed = VECTORS + min<u64>(w0, VECTORS_MAX - 1);
      return 0;
    case <u32>bus.METHOD_DMA:
      m.use_context(way == WAY_MESSAGES);
      handed = DMA;
      return 0;
    case <u32>bus.METHOD_RESET:
      m.end_mastering();
      return 0;
    default:
      finding("the driver asks the bus for method", method);
      return 0;
  }
}

export function words(a: u64, b: u64, c: u64, e: u64, f: u64): void {
  host.store64(<u64>MESSAGE + 8, a);
  host.store64(<u64>MESSAGE + 16, b);
  host.store64(<u64>MESSAGE + 24, c);
  host.store64(<u64>MESSAGE + 32, e);
  host.store64(<u64>MESSAGE + 40, f);
}

/** A service that the driver calls besides the bus. */
export const PEER: u64 = 10;
let peer: (method: u64, w0: u64, w1: u64) => i64 = (_method: u64, _w0: u64, _w1: u64): i64 => 0;
export function open_peer(name: string, answer: (method: u64, w0: u64, w1: u64) => i64): void {
  startup_entry(STARTUP_CAPABILITY, name, PEER, 0, 0);
  peer = answer;
}

export function phi_call(endpoint: u64, method: u64, w0: u64, w1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  step();
  if (endpoint == PEER) return peer(method, w0, w1);
  return endpoint == BUS ? bus_call(method, w0) : 0;
}
export function phi_call_words(endpoint: u64, method: u64, w0: u64, w1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return phi_call(endpoint, method, w0, w1, _2, _3, _4, _5);
}
export function phi_counter(): u64 {
  return now;
}
export function phi_accept(from: u64): i64 {
  const answer = from == 0 ? offered : handed;
  if (r.is_copy(answer) && !r.copy_lives(answer)) return E_HANDLE;
  return answer == 0 ? E_STATE : <i64>answer;
}
export function phi_offer(to: u64, handle: u64, rights: u64): i64 {
  return to == 0 ? r.give(handle, rights) : 0;
}
export function phi_cap_mint(endpoint: u64, tag: u64, rights: u64): i64 {
  return r.mint(endpoint, tag, rights);
}
export function phi_cap_revoke(_handle: u64): i64 {
  return 0;
}
export function phi_now(): u64 {
  step();
  return now;
}
export function phi_own_id(): u64 {
  return 1;
}
export function phi_detach(): i64 {
  if (current < 0 || states[current] != 0) finding("a call is detached that there is not");
  states[current] = 1;
  return <i64>REPLIES + current;
}
export function phi_reply(handle: u64, status: i64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  const number = handle - REPLIES;
  if (number >= calls || states[<u32>number] == 0) finding("an answer to no call", handle);
  settle(<u32>number, status);
  tell("reply", number, 0, status);
  return 0;
}
export function phi_notification_create(_self: u64): i64 {
  return EVENTS;
}
export function phi_notification_bind(_value: u64): i64 {
  is_listening = true;
  return 0;
}
export function phi_notify(_value: u64, bits: u64): i64 {
  step();
  pending |= bits;
  return 0;
}
export function phi_timer_set(_value: u64, deadline: u64, bits: u64): i64 {
  timer = deadline;
  timer_bits = bits;
  return 0;
}
export function phi_irq_bind(irq: u64, _notification: u64, bits: u64): i64 {
  bound_vectors[<u32>(irq - VECTORS)] = bits;
  return 0;
}
export function phi_irq_ack(_irq: u64): i64 {
  step();
  is_masked = false;
  if (is_waiting && is_line_high()) pending |= bound_vectors[0];
  is_waiting = false;
  return 0;
}
export function phi_device_load(_device: u64, where: u64): i64 {
  step();
  return <i64>load_register(<u32>where, <u32>(where >> 32));
}
export function phi_device_store(_device: u64, where: u64, value: u64): i64 {
  step();
  store_register(<u32>where, value);
  return 0;
}
function region_of(handle: u64): i32 {
  return handle >= REGIONS && handle < REGIONS + m.region_count ? <i32>(handle - REGIONS) : -1;
}
export function phi_region_create(_self: u64, pages: u64, _flags: u64): i64 {
  const region = m.region_add(pages);
  return region < 0 ? E_BUDGET : <i64>REGIONS + region;
}
export function phi_region_fill(_handle: u64): i64 {
  return 0;
}
export function phi_region_map(handle: u64, index: u64, _offset: u64, pages: u64, _rights: u64): i64 {
  const region = region_of(handle);
  if (region >= 0) m.region_map_at(region, index);
  else if (handle >= BUFFER_HANDLES) host.map(index, pages * PAGE);
  else return E_HANDLE;
  return 0;
}
export function phi_region_unmap(_self: u64, index: u64, pages: u64): i64 {
  host.unmap(index, pages * PAGE);
  return 0;
}
export function phi_region_physical(_system: u64, handle: u64, page: u64): i64 {
  const region = region_of(handle);
  if (region < 0) return E_HANDLE;
  return page < m.region_pages(region) ? <i64>(m.region_address(region) + page * PAGE) : E_ARGUMENT;
}
export function phi_dma_map(_dma: u64, handle: u64, address: u64, span: u64, _rights: u64): i64 {
  const region = region_of(handle);
  if (region < 0) return E_HANDLE;
  const pages = span >> 32;
  return pages > 512 ? E_ARGUMENT : m.context_map(region, address, (span & 0xffff_ffff) * PAGE, pages * PAGE);
}
export function phi_dma_unmap(_dma: u64, address: u64, pages: u64): i64 {
  m.context_unmap(address, pages * PAGE);
  return 0;
}
export function phi_cap_delete(handle: u64): i64 {
  if (r.end(handle) || region_of(handle) < 0) return 0;
  must(!m.is_reached(<u32>region_of(handle)), "memory that the device still reaches is given back, region", handle);
  return 0;
}
export function phi_cap_info(handle: u64, field: u64): i64 {
  if (r.is_copy(handle)) return r.info(handle, field);
  if (handle == r.ENDPOINT) return r.endpoint_info(field);
  if (field == 1) return 15;
  return field == 0 ? 6 : <i64>(handle - BUFFER_HANDLES);
}
/** The device may be done with something by then. */
export function phi_wait(_handle: u64, deadline: u64): i64 {
  step();
  if (pending == 0) finish_something();
  const bits = pending;
  pending = 0;
  if (bits != 0) return <i64>bits;
  now = max(now, deadline);
  return E_TIMEOUT;
}
