// Devices in the model: ranges of registers, interrupt lines and messages, the IOMMU's contexts with what they map and who paid for their tables. What
// the gates refuse, and in which order, is docs/abi.md's. The kernel's page tables for devices are counted as they grow: they never shrink before the end.

import { both, quotient, within } from "./bits.ts";
import { cap_first, cap_make, find, refusal, release, thing_end } from "./capabilities.ts";
import { mapping_leave } from "./memory.ts";
import * as n from "./numbers.ts";
import {
  type Actor,
  type Cap,
  charge,
  charge_small,
  Mapping,
  type Thing,
  thing_make,
  uncharge_small,
  type World,
} from "./world.ts";

const LINES: number = 64;
const MESSAGE_FIRST: number = 64;
const MESSAGES: number = 4;
const IRQ_ALL: number = n.IRQ_ACK + n.IRQ_BIND + n.RIGHT_REVOKE + n.RIGHT_SHARE;
const DEVICES_END: number = 0x10_0000_0000;
const MEMORY_END: number = 0x400_0000;
const KEPT: number = 0x2_0000_0000;
const KEPT_END: number = 0x2_1000_0000;
const BYTES_MAX: number = 0xffff_ffff;
const UNIT: number = 0xfed9_0000;
const CONTEXTS: number = 15;
const FRAMES_MIN: number = 2;
const PAGES_MAX: number = 512;
const REACH: number = 0x80_0000_0000;
const TABLE_BYTES: number = 0x20_0000;
const UPPER_BYTES: number = 0x4000_0000;

/** A Device over a range, or (0 bytes) over what the firmware handed over. */
export function gate_range(
  world: World,
  actor: Actor,
  self: number,
  system: number,
  base: number,
  bytes: number,
): number {
  let why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_DEVICES);
  if (why !== 0) return why;
  const end = base + bytes;
  if (bytes !== 0) {
    if (base >= DEVICES_END || bytes > BYTES_MAX || end > DEVICES_END) return n.E_ADDRESS;
    if ((base < KEPT_END && end > KEPT) || base < MEMORY_END) return n.E_ADDRESS;
  }
  why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  const payer = (find(actor, self) as Cap).thing.actor as Actor;
  if (!charge_small(payer)) return n.E_BUDGET;
  const rights = n.DEVICE_LOAD + (bytes === 0 ? 0 : n.DEVICE_STORE) + n.RIGHT_REVOKE + n.RIGHT_SHARE;
  return cap_first(world, actor, thing_make(world, n.TYPE_DEVICE, payer), rights);
}

/** The one object of a line, which stays once it was named. */
function line_of(world: World, line: number): Thing {
  for (let i = 0; i < world.things.length; i++) {
    const at = world.things[i] as Thing;
    if (at.type === n.TYPE_IRQ && at.line === line) return at;
  }
  const made = thing_make(world, n.TYPE_IRQ, null);
  made.line = line;
  return made;
}

function is_held(world: World, thing: Thing): boolean {
  for (let i = 0; i < world.actors.length; i++) {
    const caps = (world.actors[i] as Actor).caps;
    for (let k = 0; k < caps.length; k++) {
      if ((caps[k] as Cap).thing === thing && !(caps[k] as Cap).stale) return true;
    }
  }
  return false;
}

export function gate_line(world: World, actor: Actor, system: number, line: number): number {
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_DEVICES);
  if (why !== 0) return why;
  if (line >= LINES) return n.E_ARGUMENT;
  const irq = line_of(world, line);
  if (is_held(world, irq)) return n.E_STATE;
  return cap_make(world, actor, irq, IRQ_ALL, 0, null) === null ? n.E_BUDGET : 0;
}

/** A message that nobody has, and that signals nobody any more; null: there is none. */
function message(world: World): Thing | null {
  for (let i = 0; i < MESSAGES; i++) {
    const irq = line_of(world, MESSAGE_FIRST + i);
    if (is_held(world, irq)) continue;
    const old = irq.notification;
    irq.notification = null;
    if (old !== null) release(world, old);
    return irq;
  }
  return null;
}

export function gate_message(world: World, actor: Actor, system: number): number {
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_MESSAGES);
  if (why !== 0) return why;
  if (actor.memory_pages === 0) return n.E_ADDRESS;
  const irq = message(world);
  if (irq === null) return n.E_NO_MEMORY;
  return cap_make(world, actor, irq, IRQ_ALL, 0, null) === null ? n.E_BUDGET : 0;
}

export function gate_dma_start(world: World, actor: Actor, system: number, registers: number): number {
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_IOMMU);
  if (why !== 0) return why;
  if (Math.floor(registers / n.PAGE) * n.PAGE !== registers || registers < MEMORY_END) return n.E_ARGUMENT;
  const irq = message(world);
  if (irq === null) return n.E_NO_MEMORY;
  // where there is no unit the Irq goes again; the account must have had room for it
  const cap = cap_make(world, actor, irq, n.IRQ_ACK + n.IRQ_BIND + n.RIGHT_SHARE, 0, null);
  if (cap === null) return n.E_BUDGET;
  if (registers === UNIT) {
    world.has_iommu = true;
    return 0;
  }
  actor.caps.splice(actor.caps.indexOf(cap), 1);
  irq.references -= 1;
  world.live_caps -= 1;
  uncharge_small(actor);
  world.made = null;
  return n.E_ABSENT;
}

/** A context for a device: one that it has had ends. Its frames are paid for now. */
export function gate_dma_create(world: World, actor: Actor, system: number, device: number, frames: number): number {
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_IOMMU);
  if (why !== 0) return why;
  if (!world.has_iommu) return n.E_STATE;
  if (device > 0xffff) return n.E_ARGUMENT;
  let count = 0;
  for (let i = world.things.length - 1; i >= 0; i--) {
    const other = world.things[i] as Thing;
    if (other.type !== n.TYPE_DMA) continue;
    if (other.line === device) thing_end(world, other);
    else count += 1;
  }
  if (count === CONTEXTS) return n.E_NO_MEMORY;
  if (frames < FRAMES_MIN) return n.E_ARGUMENT;
  if (!charge_small(actor)) return n.E_BUDGET;
  if (!charge(actor, frames)) {
    uncharge_small(actor);
    return n.E_BUDGET;
  }
  const dma = thing_make(world, n.TYPE_DMA, actor);
  dma.line = device;
  dma.capacity = frames;
  dma.used = FRAMES_MIN;
  return cap_first(world, actor, dma, n.DMA_MAP + n.RIGHT_REVOKE + n.RIGHT_SHARE);
}

/** Frames of a context for one more thing; false: what it may cost is spent. */
function take(dma: Thing, frames: number): boolean {
  if (dma.used + frames > dma.capacity) return false;
  dma.used += frames;
  return true;
}

/** The device has the pages no more. Called for whatever ends the capability, the region or the context. */
export function dma_leave(dma: Thing, mapping: Mapping): void {
  dma.spans.splice(dma.spans.indexOf(mapping), 1);
  if (dma.spans.length % 64 === 0) dma.used -= 1;
}

function is_shown(dma: Thing, address: number, except: Mapping): boolean {
  for (let i = 0; i < dma.spans.length; i++) {
    const at = dma.spans[i] as Mapping;
    if (at !== except && address >= at.index && address < at.index + at.pages * n.PAGE) return true;
  }
  return false;
}

/** The pages one by one, with the tables that they need. */
function show(dma: Thing, mapping: Mapping, pages: number): number {
  while (mapping.pages < pages) {
    const address = mapping.index + mapping.pages * n.PAGE;
    const table = quotient(address, TABLE_BYTES),
      upper = quotient(address, UPPER_BYTES);
    const missing = (dma.tables.indexOf(table) < 0 ? 1 : 0) + (dma.uppers.indexOf(upper) < 0 ? 1 : 0);
    if (!take(dma, missing)) return n.E_BUDGET;
    if (dma.tables.indexOf(table) < 0) dma.tables.push(table);
    if (dma.uppers.indexOf(upper) < 0) dma.uppers.push(upper);
    if (is_shown(dma, address, mapping)) return n.E_ADDRESS;
    mapping.pages += 1;
  }
  return 0;
}

export function gate_dma_map(
  world: World,
  actor: Actor,
  handle: number,
  region: number,
  address: number,
  first: number,
  pages: number,
  rights: number,
): number {
  let why = refusal(actor, handle, n.TYPE_DMA, n.DMA_MAP);
  if (why !== 0) return why;
  if (!within(rights, n.REGION_READ + n.REGION_WRITE)) return n.E_ARGUMENT;
  why = refusal(actor, region, n.TYPE_REGION, n.REGION_PIN + rights);
  if (why !== 0) return why;
  if (actor.enclave) return n.E_STATE;
  const dma = (find(actor, handle) as Cap).thing;
  const cap = find(actor, region) as Cap;
  if (pages === 0 || pages > PAGES_MAX || both(rights, n.REGION_READ) === 0) return n.E_ARGUMENT;
  if (first > cap.thing.pages || pages > cap.thing.pages - first) return n.E_ARGUMENT;
  const is_aligned = quotient(address, n.PAGE) * n.PAGE === address;
  if (!is_aligned || address > REACH || pages * n.PAGE > REACH - address) return n.E_ADDRESS;
  if (dma.spans.length % 64 === 0 && !take(dma, 1)) return n.E_BUDGET;
  const mapping = new Mapping(actor, cap.thing, cap, address, 0);
  mapping.dma = dma;
  dma.spans.push(mapping);
  cap.thing.mappings.push(mapping);
  cap.thing.references += 1;
  const error = show(dma, mapping, pages);
  if (error !== 0) mapping_leave(world, mapping);
  return error;
}

export function gate_dma_unmap(world: World, actor: Actor, handle: number, address: number, pages: number): number {
  const why = refusal(actor, handle, n.TYPE_DMA, n.DMA_MAP);
  if (why !== 0) return why;
  if (address > REACH || pages > 0x1000_0000) return n.E_ADDRESS;
  const dma = (find(actor, handle) as Cap).thing;
  const end = address + pages * n.PAGE;
  let found = false;
  for (let i = dma.spans.length - 1; i >= 0; i--) {
    const at = dma.spans[i] as Mapping;
    if (at.index < address || at.index + at.pages * n.PAGE > end) continue;
    mapping_leave(world, at);
    found = true;
  }
  return found ? 0 : n.E_ADDRESS;
}
