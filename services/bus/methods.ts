// The bus' methods, as interface.ts declares them. A connection has one device, the one of its role; who claims it again (an instance that was started
// anew) gets it afresh. Invariant: a device masters the bus only between dma() and the next reset, release or claim.
import { E_ABSENT, E_NOT_FOUND, E_RIGHTS, E_STATE } from "../lib/errors";
import { DEVICE_LOAD, DEVICE_STORE, DMA_MAP, IRQ_ACK, IRQ_BIND, SYSTEM_DMA } from "../../kernel/abi/rights";
import { client_of, role_of } from "../lib/buffer";
import { Init } from "../../build/interfaces/init/client";
import { drop } from "../lib/capability";
import * as endpoint from "../lib/endpoint";
import { begin_line, end_line } from "../lib/log";
import * as startup from "../lib/startup";
import { Text } from "../lib/text";
import {
  CLASS_MASK,
  DMA_CONTEXT,
  DMA_TRUSTED,
  ROLE_TRUSTED,
  TRANSPORT_PCI,
  TRANSPORT_VIRTIO_MMIO,
  TRANSPORT_VIRTIO_PCI,
  UNIT_MASK,
  UNIT_SHIFT,
} from "../../build/interfaces/bus/constants";
import { set_claim_results, set_structure_results } from "../../build/interfaces/bus/server";
import { class_name, class_of, find_unit } from "./classes";
import { discover } from "./discover";
import { bar_registers, dma_capability, reachable_bytes, take_back } from "./handles";
import * as Lines from "./lines";
import { describe_firmware, describe_unit } from "./list";
import { COMMAND_MASTER, set_command } from "./pci/config";
import { interrupt_of, vectors_of } from "./pci/messages";
import { switch_off } from "./power";
import { quieten } from "./reset";
import {
  KIND_BLOCK,
  KIND_FUNCTION,
  NO_UNIT,
  STRUCTURE_MAX,
  Unit,
  structure_bar,
  structure_bytes,
  structure_offset,
  unit_at,
  unit_count,
} from "./unit";

/** init's own connections. */
const ROLE_INIT: u32 = 127;
const init = Init.connect("init");
const SHARE: u64 = endpoint.RIGHT_SHARE;

/** The device that a connection has; null: none. */
function owned(badge: u64): Unit | null {
  for (let place: u32 = 0; place < unit_count(); place++) if (unit_at(place).owner == badge) return unit_at(place);
  return null;
}

export function claim(badge: u64): i64 {
  discover();
  const role = role_of(badge),
    place = find_unit(role & CLASS_MASK, (role >> UNIT_SHIFT) & UNIT_MASK);
  if (place == NO_UNIT) return E_ABSENT;
  const unit = unit_at(place);
  if (unit.owner != 0 && unit.owner != badge) return E_STATE;
  if (!unit.is_fenced && (role & ROLE_TRUSTED) == 0) return E_RIGHTS;
  const is_first = unit.owner == 0;
  const error = give_back(unit);
  if (error < 0) return error;
  unit.owner = badge;
  if (!unit.is_fenced && is_first) {
    begin_line(class_name(role & CLASS_MASK)).string("its device reaches all memory (trustedDma)");
    end_line();
  }
  const transport =
    unit.kind == KIND_BLOCK ? TRANSPORT_VIRTIO_MMIO : unit.virtio != 0 ? TRANSPORT_VIRTIO_PCI : TRANSPORT_PCI;
  const identity = unit.virtio == 0 ? unit.identity : (unit.identity & 0xffff) | (unit.virtio << 16);
  const dma_kind = unit.is_fenced ? DMA_CONTEXT : DMA_TRUSTED;
  set_claim_results(transport, identity, vectors_of(unit), dma_kind, unit.class_revision & 0xff);
  return 0;
}

/** Quiet, and nothing of what was handed out is left: first the device, then its interrupts, registers and memory. */
function give_back(unit: Unit): i64 {
  const error = quieten(unit);
  take_back(unit);
  Lines.leave(unit);
  unit.owner = 0;
  return error;
}

/** A client has ended for good. */
export function client_gone(badge: u64): void {
  const unit = owned(badge);
  if (unit != null) give_back(unit);
}

/** A device has tried to reach what it must not: it is quiet from now on, and init ends whoever drove it. */
export function stop(unit: Unit): void {
  const driver = client_of(unit.owner);
  give_back(unit);
  init.kill(driver);
}

export function gone(badge: u64, whose: u64): i64 {
  if (role_of(badge) != ROLE_INIT) return E_RIGHTS;
  if (whose != 0) {
    client_gone(whose);
    return 0;
  }
  discover();
  for (let place: u32 = 0; place < unit_count(); place++) if (class_of(unit_at(place)) != 0) give_back(unit_at(place));
  return 0;
}

export function power_off(badge: u64): i64 {
  if (role_of(badge) != ROLE_INIT) return E_RIGHTS;
  discover();
  return switch_off();
}

export function structure(badge: u64, kind: u32): i64 {
  const unit = owned(badge);
  if (unit == null) return E_STATE;
  if (kind == 0 || kind > STRUCTURE_MAX || structure_bytes(unit, kind) == 0) return E_ABSENT;
  set_structure_results(
    structure_bar(unit, kind),
    structure_offset(unit, kind),
    structure_bytes(unit, kind),
    unit.notify_multiplier,
  );
  return 0;
}

export function registers(badge: u64, bar: u32): i64 {
  const unit = owned(badge);
  if (unit == null) return E_STATE;
  const handle = bar_registers(unit, bar);
  return handle < 0 ? handle : endpoint.offer(endpoint.OFFER_CALLER, <u64>handle, DEVICE_LOAD | DEVICE_STORE | SHARE);
}

export function registers_length(badge: u64, bar: u32): i64 {
  const unit = owned(badge);
  if (unit == null) return E_STATE;
  const handle = bar_registers(unit, bar);
  return handle < 0 ? handle : <i64>reachable_bytes(unit, bar);
}

export function interrupt(badge: u64, vector: u32): i64 {
  const unit = owned(badge);
  if (unit == null) return E_STATE;
  const handle = Lines.is_shared(unit) ? E_STATE : interrupt_of(unit, vector);
  return handle < 0 ? handle : endpoint.offer(endpoint.OFFER_CALLER, <u64>handle, IRQ_ACK | IRQ_BIND | SHARE);
}

export function share(badge: u64, wake: u64, bits: u64): i64 {
  const unit = owned(badge);
  const answer = unit == null ? E_STATE : Lines.share(startup.capability("system"), unit, wake, bits);
  if (answer < 0 && wake != 0) drop(wake);
  return answer;
}

export function looked(badge: u64): i64 {
  const unit = owned(badge);
  if (unit == null) return E_STATE;
  Lines.looked(unit);
  return 0;
}

export function dma(badge: u64): i64 {
  const unit = owned(badge);
  if (unit == null) return E_STATE;
  const handle = dma_capability(unit, startup.capability("system"));
  if (handle < 0) return handle;
  const error = endpoint.offer(endpoint.OFFER_CALLER, <u64>handle, unit.is_fenced ? DMA_MAP : SYSTEM_DMA);
  if (error >= 0 && unit.kind == KIND_FUNCTION) set_command(unit.target, COMMAND_MASTER, 0);
  return error;
}

export function reset(badge: u64): i64 {
  const unit = owned(badge);
  return unit == null ? E_STATE : quieten(unit);
}

export function release(badge: u64): i64 {
  const unit = owned(badge);
  return unit == null ? E_STATE : give_back(unit);
}

const line = new Text(memory.data(512), 512);

export function list(badge: u64, cursor: u32, out: usize, out_limit: u32): i64 {
  discover();
  if (cursor < unit_count()) describe_unit(unit_at(cursor), line.clear());
  else if (cursor != unit_count() || !describe_firmware(line.clear())) return E_NOT_FOUND;
  const length = min(line.length, out_limit);
  memory.copy(out, line.start, length);
  return length;
}
