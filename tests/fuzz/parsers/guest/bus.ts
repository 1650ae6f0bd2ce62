// The world of the bus service: a machine whose firmware and functions are the input, gates that refuse what the kernel refuses, and three kinds of
// clients. Judges: discovery ends, no two devices share an address, and what a client is handed is neither memory nor configuration space nor another's.
import * as bytes from "./bytes";
import * as f from "./firmware";
import * as host from "./host";
import { finding, must, must_be_answer, tell } from "./say";
import * as service from "./service";
import { open_startup, startup_entry } from "./startup";
import { PORTS_FIRST, STARTUP_CAPABILITY, STARTUP_SELF } from "../../../../kernel/abi/formats";
import { MESSAGE } from "../../../../kernel/abi/layout";
import { E_ABSENT, E_ADDRESS, E_ARGUMENT, E_HANDLE, E_STATE, E_TIMEOUT } from "../../../../kernel/abi/errors";
import * as bus from "../../../../build/interfaces/bus/constants";

// @ts-ignore: decorator
@external("service", "units")
declare function service_units(): u32;
// @ts-ignore: decorator
@external("service", "unit_fault")
declare function service_unit_fault(place: u32): u32;
// @ts-ignore: decorator
@external("service", "unit_base")
declare function service_unit_base(place: u32, number: u32): u64;
// @ts-ignore: decorator
@external("service", "unit_bytes")
declare function service_unit_bytes(place: u32, number: u32): u64;
// @ts-ignore: decorator
@external("service", "config_base")
declare function service_config_base(): u64;
// @ts-ignore: decorator
@external("service", "config_bytes")
declare function service_config_bytes(): u64;

const ACCESSES_MAX: u32 = 2_000_000;
const SELF: u64 = 1;
const SYSTEM: u64 = 2;
const CONFIG_PORTS: u64 = 3;
const PORTS: u64 = 4;
const OTHER: u64 = 9;
const FIRST: u64 = 16;
const RAM_END: u64 = 0x800_0000;
const DEVICES_END: u64 = 1 << 36;
const MESSAGE_ADDRESS: u64 = 0xfee0_0000;
const HANDLES: u32 = 4096;
const KIND_DEAD: u8 = 0;
const KIND_DEVICE: u8 = 1;
const KIND_IRQ: u8 = 2;
const KIND_DMA: u8 = 3;
const KIND_OTHER: u8 = 4;
/** A client's notification. */
const KIND_WAKE: u8 = 5;
const OFFERS: u32 = 64;
const CLIENT_BUFFER: u64 = 0x8010_0000;
/** Bits of the bus' events: three lines, and that drivers have had their time. */
const LINES: u64 = 2 | 4 | 8;
const LATE: u64 = 1 << 16;

const kinds = memory.data(4096);
const bases = memory.data(4096 * 8, 8);
const lengths = memory.data(4096 * 8, 8);
const registers = memory.data(256 * 4, 8);
let handle_count: u32 = 0;
let accesses: u32 = 0;
let port: u32 = 0;
let mode: u32 = 0;
let caller: u64 = 0;
let now: u64 = 0;
/** Ranges that somebody has now: by whom, from, bytes, the bus' handle. */
const offers = memory.data(64 * 32, 8);
let offer_count: u32 = 0;

function handle(kind: u8, base: u64, length: u64): i64 {
  if (handle_count == HANDLES) return <i64>E_ABSENT;
  store<u8>(kinds + handle_count, kind);
  store<u64>(bases + handle_count * 8, base);
  store<u64>(lengths + handle_count * 8, length);
  return <i64>(FIRST + handle_count++);
}

function kind_of(value: u64): u8 {
  return value < FIRST || value >= FIRST + handle_count ? KIND_DEAD : load<u8>(kinds + <usize>(value - FIRST));
}

function base_of(value: u64): u64 {
  return load<u64>(bases + <usize>(value - FIRST) * 8);
}

function bytes_of(value: u64): u64 {
  return load<u64>(lengths + <usize>(value - FIRST) * 8);
}

export function phi_device_range(_self: u64, system: u64, base: u64, length: u64): i64 {
  must(system == SYSTEM, "a range is asked of", system);
  if (length == 0) {
    if ((mode & 1) == 0) return E_ABSENT;
    return handle(KIND_DEVICE, f.TREE_AT, f.tree_bytes);
  }
  if (base >= DEVICES_END || length > u32.MAX_VALUE || base + length > DEVICES_END) return E_ADDRESS;
  // memory ends below the tables; the BIOS area is none
  if (base < RAM_END && !(base >= 0xe_0000 && base + length <= 0x10_0000)) return E_ADDRESS;
  return handle(KIND_DEVICE, base, length);
}

function access(value: u64, where: u64, is_store: bool, stored: u64): i64 {
  if (++accesses > ACCESSES_MAX) finding("discovery does not end");
  const offset = where & 0xffff_ffff,
    width = <u32>(where >> 32);
  if (value == CONFIG_PORTS) return through_ports(<u32>offset, is_store, <u32>stored);
  if (value == PORTS) {
    must(is_switching_off, "a port is touched while nobody switches the machine off", offset);
    must(offset < 0x1_0000 - PORTS_FIRST, "a port is named that the bus has not", offset);
    if (width > 4 || offset + width > 0x1_0000 - PORTS_FIRST || (offset & (width - 1)) != 0) return E_ARGUMENT;
    return register_at(offset >> 1, width, is_store, stored);
  }
  if (kind_of(value) != KIND_DEVICE) return E_HANDLE;
  if (width != 1 && width != 2 && width != 4 && width != 8) return E_ARGUMENT;
  if (offset + width > bytes_of(value) || (offset & (width - 1)) != 0) return E_ARGUMENT;
  const address = base_of(value) + offset;
  if (address >= f.ECAM_AT && address < f.ECAM_AT + f.ECAM_BYTES) {
    const target = <u32>((address - f.ECAM_AT) >> 12),
      register = <u32>(address & 0xffc);
    if (is_store) f.config_store(target, register, <u32>stored);
    return is_store ? 0 : <i64>f.config_load(target, register);
  }
  if (is_store || address >= 0xc000_0000) return register_at(address >> 2, width, is_store, stored);
  let result: u64 = 0;
  for (let i: u32 = 0; i < width; i++) result |= (<u64>f.physical_byte(address + i)) << (i * 8);
  return <i64>result;
}

let is_switching_off = false;

function register_at(number: u64, width: u64, is_store: bool, stored: u64): i64 {
  const place = registers + <usize>(number & 255) * 4;
  if (!is_store) return <i64>(load<u32>(place) & (width == 4 ? u32.MAX_VALUE : (1 << (<u32>width * 8)) - 1));
  store<u32>(place, <u32>stored);
  return 0;
}

function through_ports(offset: u32, is_store: bool, stored: u32): i64 {
  const target = (port >> 8) & 0xffff,
    register = port & 0xfc;
  if (offset == 0 && is_store) port = stored & 0x7fff_ffff;
  else if (offset == 4 && !is_store) return <i64>f.config_load(target, register);
  else if (is_store) f.config_store(target, register, stored);
  return 0;
}

export function phi_device_load(device: u64, where: u64): i64 {
  return access(device, where, false, 0);
}
export function phi_device_store(device: u64, where: u64, value: u64): i64 {
  return access(device, where, true, value);
}

export function phi_cap_delete(value: u64): i64 {
  if (value < FIRST) return E_HANDLE;
  if (kind_of(value) == KIND_DEAD) return E_HANDLE;
  store<u8>(kinds + <usize>(value - FIRST), KIND_DEAD);
  drop_offers(value);
  return 0;
}

/** What was handed out of it is dead. */
export function phi_cap_revoke(value: u64): i64 {
  drop_offers(value);
  return 0;
}

function drop_offers(value: u64): void {
  for (let i: u32 = 0; i < offer_count; ) {
    const at = offers + i * 32;
    if (load<u64>(at + 24) == value) memory.copy(at, offers + --offer_count * 32, 32);
    else i++;
  }
}

export function phi_cap_derive(value: u64, _rights: u64, _badge: u64): i64 {
  return value == SYSTEM ? handle(KIND_OTHER, 0, 0) : E_HANDLE;
}

export function phi_irq_line(_system: u64, line: u64): i64 {
  for (let i: u32 = 0; i < handle_count; i++) {
    if (load<u8>(kinds + i) == KIND_IRQ && load<u64>(bases + i * 8) == line + 1) return E_STATE;
  }
  return handle(KIND_IRQ, line + 1, 0);
}

export function phi_irq_message(_system: u64): i64 {
  if ((mode & 4) == 0) return E_ABSENT;
  const made = handle(KIND_IRQ, 0, 0);
  host.store64(<u64>MESSAGE + 8, MESSAGE_ADDRESS);
  host.store64(<u64>MESSAGE + 16, <u64>made);
  return made;
}

export function phi_irq_bind(_irq: u64, _notification: u64, _bits: u64): i64 {
  return 0;
}
export function phi_irq_ack(_irq: u64): i64 {
  return 0;
}

/** The heart of the matter: what goes to a client. */
export function phi_offer(_to: u64, value: u64, _rights: u64): i64 {
  const kind = kind_of(value);
  must(kind != KIND_DEAD, "a dead handle is offered", value);
  if (kind != KIND_DEVICE) return 0;
  const base = base_of(value),
    end = base + bytes_of(value);
  must(base >= config_at + config_length || end <= config_at, "configuration space is handed out at", base);
  for (let i: u32 = 0; i < offer_count; i++) {
    const at = offers + i * 32;
    if (load<u64>(at) == caller) continue;
    must(base >= load<u64>(at + 16) || end <= load<u64>(at + 8), "registers of two clients overlap at", base);
  }
  if (offer_count == OFFERS) return 0;
  const at = offers + offer_count++ * 32;
  store<u64>(at, caller);
  store<u64>(at + 8, base);
  store<u64>(at + 16, end);
  store<u64>(at + 24, value);
  return 0;
}

export function phi_notification_create(_self: u64): i64 {
  return handle(KIND_OTHER, 0, 0);
}
export function phi_notification_bind(_value: u64): i64 {
  return 0;
}
export function phi_notify(value: u64, _bits: u64): i64 {
  must(kind_of(value) != KIND_DEAD, "somebody is woken whose notification was given back", value);
  return 0;
}
/** What a client sends along: its notification. */
export function phi_accept(_from: u64): i64 {
  return handle(KIND_WAKE, 0, 0);
}
export function phi_wait(_value: u64, deadline: u64): i64 {
  now = max(now, deadline);
  return E_TIMEOUT;
}
export function phi_timer_set(_value: u64, _deadline: u64, _bits: u64): i64 {
  return 0;
}
export function phi_now(): u64 {
  return now;
}
export function phi_own_id(): u64 {
  return 1;
}
export function phi_call(_endpoint: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return 0;
}
export function phi_call_words(_endpoint: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return 0;
}
export function phi_dma_start(_system: u64, _base: u64): i64 {
  return (mode & 8) != 0 ? handle(KIND_IRQ, 0, 0) : E_ABSENT;
}
export function phi_dma_create(_system: u64, _device: u64): i64 {
  return handle(KIND_DMA, 0, 0);
}
/** A refusal of whatever source the input says. */
export function phi_dma_fault(_system: u64): i64 {
  if (bytes.is_over()) return 0;
  host.store64(<u64>MESSAGE + 8, <u64>bytes.half());
  host.store64(<u64>MESSAGE + 16, <u64>bytes.word());
  host.store64(<u64>MESSAGE + 24, <u64>bytes.byte());
  return 1;
}
export function phi_region_map(_region: u64, _at: u64, _offset: u64, _pages: u64, _rights: u64): i64 {
  return 0;
}
export function phi_region_unmap(_self: u64, _at: u64, _pages: u64): i64 {
  return 0;
}
export function phi_cap_info(_value: u64, field: u64): i64 {
  return field == 0 ? 6 : <i64>caller;
}

function ask(badge: u64, method: u64, word: u64, second: u64 = 0): i64 {
  caller = badge;
  const answer = service.call(badge, method, word, second, 0, 0, 0, 0);
  tell("call", method, badge, answer);
  must_be_answer(answer);
  return answer;
}

/** Client `number` of a class, slot 1. */
function badge_of(number: u64, role: u64): u64 {
  return (role << 56) | (number << 8) | number;
}

export function setup(): void {
  open_startup();
  startup_entry(STARTUP_SELF, "", SELF, 0, 0);
  startup_entry(STARTUP_CAPABILITY, "system", SYSTEM, 0, 0);
  startup_entry(STARTUP_CAPABILITY, "console", OTHER, 0, 0);
  startup_entry(STARTUP_CAPABILITY, "init", OTHER, 0, 0);
  startup_entry(STARTUP_CAPABILITY, "pci-ports", CONFIG_PORTS, 0, 0);
  startup_entry(STARTUP_CAPABILITY, "ports", PORTS, 0, 0);
}

/** Configuration space as the bus found it. */
let config_at: u64 = 0;
let config_length: u64 = 0;

function judge_units(): void {
  config_at = service_config_base();
  config_length = config_at == 0 ? 0 : service_config_bytes();
  const count = service_units();
  for (let place: u32 = 0; place < count; place++) {
    if (service_unit_fault(place) != 0) continue;
    for (let number: u32 = 0; number < 6; number++) {
      const length = service_unit_bytes(place, number),
        base = service_unit_base(place, number);
      if (length == 0) continue;
      must(base != 0 && base + length > base, "registers at no place", base);
      for (let other: u32 = 0; other <= place; other++) {
        if (service_unit_fault(other) != 0) continue;
        const end: u32 = other == place ? number : 6;
        for (let second: u32 = 0; second < end; second++) {
          const from = service_unit_base(other, second),
            more = service_unit_bytes(other, second);
          if (more != 0) must(base + length <= from || from + more <= base, "two devices share the address", base);
        }
      }
    }
  }
}

export function run(): void {
  bytes.rewind();
  mode = bytes.byte();
  // the tail of the input is what clients and the IOMMU do
  const script = bytes.byte() | 1;
  f.read_pieces();
  service.begin();
  host.map(CLIENT_BUFFER + 0x1_0000, 4096);
  const owner = badge_of(1, 0);
  must(ask(owner, 0xffff_0001, OTHER, 4096) == 0, "a client's buffer was refused");
  for (let cursor: u64 = 0; cursor < 70; cursor++) if (ask(owner, bus.METHOD_LIST, cursor) < 0) break;
  judge_units();
  for (let role: u64 = 1; role < 12; role++) {
    for (let unit: u64 = 0; unit < 3; unit++) {
      const badge = badge_of(2 + role * 3 + unit, role | (unit << 4) | 64);
      if (ask(badge, bus.METHOD_CLAIM, 0) != 0) continue;
      for (let kind: u64 = 0; kind < 6; kind++) ask(badge, bus.METHOD_STRUCTURE, kind);
      for (let bar: u64 = 0; bar < 7; bar++) {
        ask(badge, bus.METHOD_REGISTERS, bar);
        ask(badge, bus.METHOD_REGISTERS_LENGTH, bar);
      }
      for (let vector: u64 = 0; vector < 3; vector++) ask(badge, bus.METHOD_INTERRUPT, vector);
      ask(badge, bus.METHOD_DMA, 0);
      if ((script & 32) != 0) {
        ask(badge, bus.METHOD_SHARE, 1, 1 << unit);
        if ((script & 2) == 0) ask(badge, bus.METHOD_LOOKED, 0);
      }
      if ((script & 2) != 0) ask(badge, bus.METHOD_RESET, 0);
      // another instance of the same role gets nothing while this one has it
      must(ask(badge ^ 0x8_0000_0000, bus.METHOD_CLAIM, 0) < 0, "a device has two owners", badge);
      if ((script & 4) != 0 && ask(badge, bus.METHOD_RELEASE, 0) == 0) {
        for (let i: u32 = 0; i < offer_count; i++)
          must(load<u64>(offers + i * 32) != badge, "a device was given back, its registers were not", badge);
      }
    }
  }
  if ((script & 8) != 0) service.event(1);
  if ((script & 64) != 0) {
    service.event(LINES);
    service.event(LATE);
  }
  if ((script & 128) != 0) {
    is_switching_off = true;
    ask(badge_of(99, 127), bus.METHOD_POWER_OFF, 0);
    is_switching_off = false;
  }
  if ((script & 16) != 0) ask(badge_of(99, 127), bus.METHOD_GONE, 0);
  for (let i: u32 = 0; (script & 16) != 0 && i < handle_count; i++)
    must(load<u8>(kinds + i) != KIND_WAKE, "init took all devices back, and a driver's notification is kept", i);
  for (let i: u32 = 0; (script & 16) != 0 && i < offer_count; i++)
    must(false, "init took all devices back, and somebody has registers", load<u64>(offers + i * 32));
}
