// Regions, windows and pages in the model: who may map what where, what it costs, and which pages are there.

import { both, quotient, within } from "./bits.ts";
import { cap_first, find, refusal, release } from "./capabilities.ts";
import { dma_leave } from "./devices.ts";
import * as n from "./numbers.ts";
import {
  type Actor,
  type Cap,
  charge,
  charge_small,
  is_alive,
  Mapping,
  region_cost,
  type Thing,
  thing_make,
  uncharge_small,
  type World,
} from "./world.ts";

/** Pages that are there at once, and that one more gate brings. */
const FILL_PAGES: number = 64;
const TABLE_BYTES: number = 0x200000;
const UPPER_BYTES: number = 0x40000000;
const MAP_PAGES_MAX: number = 512;
const REGION_PAGES_MAX: number = 0x80000;
/** A MiB less a page: more than any module's first pages reach. */
const STACK_TOP: number = 0x30000000;
const SLOT_MEMORY: number = 0x40000000;

export function gate_region_create(world: World, actor: Actor, self: number, pages: number, flags: number): number {
  const why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  if (flags > 1) return n.E_ARGUMENT;
  const contiguous = flags === 1;
  if (pages === 0 || pages > REGION_PAGES_MAX) return n.E_ARGUMENT;
  const payer = (find(actor, self) as Cap).thing.actor as Actor;
  if (!charge_small(payer)) return n.E_BUDGET;
  if (!charge(payer, region_cost(pages, contiguous))) {
    uncharge_small(payer);
    return n.E_BUDGET;
  }
  const region = thing_make(world, n.TYPE_REGION, payer);
  region.capacity = pages;
  region.pages = Math.min(pages, FILL_PAGES);
  region.contiguous = contiguous;
  return cap_first(world, actor, region, n.REGION_ALL);
}

export function gate_fill(actor: Actor, handle: number): number {
  const why = refusal(actor, handle, n.TYPE_REGION, n.REGION_WRITE);
  if (why !== 0) return why;
  const region = (find(actor, handle) as Cap).thing;
  region.pages = Math.min(region.capacity, region.pages + FILL_PAGES);
  return region.capacity - region.pages;
}

/** The tables for one 2 MiB of a window; what is missing is paid for. */
function tables(actor: Actor, index: number): boolean {
  const table = quotient(index, TABLE_BYTES);
  const upper = quotient(index, UPPER_BYTES);
  if (actor.tables.indexOf(table) >= 0) return true;
  const has_upper = actor.upper_tables.indexOf(upper) >= 0;
  if (!charge(actor, has_upper ? 1 : 2)) return false;
  actor.tables.push(table);
  if (!has_upper) actor.upper_tables.push(upper);
  return true;
}

/** Is a page there at this index of the domain's window or linear memory? */
export function present(actor: Actor, index: number): boolean {
  const page = quotient(index, n.PAGE);
  if (index < n.WINDOW) return actor.present.indexOf(page) >= 0;
  const shown = actor.shares;
  if (index >= n.SHARE && shown !== null) return shown.present.indexOf(page - quotient(n.SHARE, n.PAGE)) >= 0;
  for (let i = 0; i < actor.mappings.length; i++) {
    const at = actor.mappings[i] as Mapping;
    if (index < at.index || index >= at.index + at.pages * n.PAGE) continue;
    if (at.region !== null || at.touched.indexOf(page) >= 0) return true;
  }
  return false;
}

export function map(target: Actor, cap: Cap, index: number, offset: number, pages: number, rights: number): number {
  const region = cap.thing;
  if (pages === 0 || pages > MAP_PAGES_MAX || both(rights, n.REGION_READ) === 0) return n.E_ARGUMENT;
  if (offset > region.pages || pages > region.pages - offset) return n.E_ARGUMENT;
  if (index < n.WINDOW || index % n.PAGE !== 0) return n.E_ADDRESS;
  if (index > n.WINDOW_END - pages * n.PAGE) return n.E_ADDRESS;
  if (target.shares !== null && index + pages * n.PAGE > n.SHARE) return n.E_ADDRESS;
  for (let i = 0; i < target.mappings.length; i++) {
    const at = target.mappings[i] as Mapping;
    if (at.region !== null) continue;
    if (index < at.index + at.pages * n.PAGE && at.index < index + pages * n.PAGE) return n.E_ADDRESS;
  }
  if (!charge_small(target)) return n.E_BUDGET;
  // 2 MiB after 2 MiB: the tables first, then the pages, of which none may be there.
  for (let i = 0; i < pages; i++) {
    const at = index + i * n.PAGE;
    if ((i === 0 || at % TABLE_BYTES === 0) && !tables(target, at)) {
      uncharge_small(target);
      return n.E_BUDGET;
    }
    if (present(target, at)) {
      uncharge_small(target);
      return n.E_ADDRESS;
    }
  }
  const mapping = new Mapping(target, region, cap, index, pages);
  region.references += 1;
  region.mappings.push(mapping);
  target.mappings.push(mapping);
  return 0;
}

export function gate_map(
  actor: Actor,
  handle: number,
  index: number,
  offset: number,
  pages: number,
  rights: number,
): number {
  if (!within(rights, n.REGION_READ + n.REGION_WRITE)) return n.E_ARGUMENT;
  const why = refusal(actor, handle, n.TYPE_REGION, n.REGION_MAP + rights);
  if (why !== 0) return why;
  return map(actor, find(actor, handle) as Cap, index, offset, pages, rights);
}

export function gate_domain_map(
  actor: Actor,
  domain: number,
  handle: number,
  index: number,
  offset: number,
  pages: number,
  rights: number,
): number {
  let why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_GRANT);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (target.state !== n.STATE_CREATED) return n.E_STATE;
  if (!within(rights, n.REGION_READ + n.REGION_WRITE)) return n.E_ARGUMENT;
  why = refusal(actor, handle, n.TYPE_REGION, n.REGION_MAP + rights);
  if (why !== 0) return why;
  return map(target, find(actor, handle) as Cap, index, offset, pages, rights);
}

/** Ends whole mappings inside the range. */
export function gate_unmap(world: World, actor: Actor, self: number, index: number, pages: number): number {
  const why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  if (index < n.WINDOW || pages > quotient(n.WINDOW, n.PAGE)) return n.E_ADDRESS;
  const target = (find(actor, self) as Cap).thing.actor as Actor;
  let found = false;
  for (let i = target.mappings.length - 1; i >= 0; i--) {
    const at = target.mappings[i] as Mapping;
    if (at.index < index || at.index + at.pages * n.PAGE > index + pages * n.PAGE) continue;
    mapping_end(world, at);
    found = true;
  }
  return found ? 0 : n.E_ADDRESS;
}

/** The mapping is forgotten, and its private pages with it. */
export function mapping_end(world: World, mapping: Mapping): void {
  const actor = mapping.actor;
  if (mapping.region === null) actor.charged -= mapping.touched.length - mapping.spare;
  else mapping_leave(world, mapping);
  actor.mappings.splice(actor.mappings.indexOf(mapping), 1);
  uncharge_small(actor);
}

/** The region's pages leave the window; the window stays, and private pages come when they are touched. */
export function mapping_leave(world: World, mapping: Mapping): void {
  const dma = mapping.dma;
  if (dma !== null) dma_leave(dma, mapping);
  const region = mapping.region as Thing;
  region.mappings.splice(region.mappings.indexOf(mapping), 1);
  mapping.region = null;
  mapping.cap = null;
  release(world, region);
}

export function gate_grow(actor: Actor, delta: number): number {
  const old = actor.memory_pages;
  if (delta > 0x4000 || old + delta > actor.memory_pages_max) return -1;
  if (!promise(actor, delta * 16)) return -1;
  actor.memory_pages = old + delta;
  return old;
}

export function promise(actor: Actor, frames: number): boolean {
  if (!charge(actor, frames)) return false;
  actor.promised += frames;
  return true;
}

/** What a touch of a page that is not there does: 0 it comes, 1 there is no frame for it, 2 it is forbidden. */
export function touch(actor: Actor, index: number): number {
  const page = quotient(index, n.PAGE);
  if (index < actor.memory_pages * 65536) return page_take(actor, actor.present, page);
  if (index < n.WINDOW || index >= n.WINDOW_END) return 2;
  const shown = actor.shares;
  if (index >= n.SHARE && shown !== null) {
    const there = index - n.SHARE;
    if (there >= shown.memory_pages * 65536) return 2;
    return page_take(shown, shown.present, quotient(there, n.PAGE));
  }
  for (let i = actor.mappings.length - 1; i >= 0; i--) {
    const at = actor.mappings[i] as Mapping;
    if (at.region !== null || index < at.index || index >= at.index + at.pages * n.PAGE) continue;
    if (actor.has_spare || !charge(actor, 1)) {
      if (!actor.has_spare && actor.promised === 0) return 1;
      if (!actor.has_spare) actor.promised -= 1;
      actor.has_spare = true;
      at.spare += 1;
    }
    at.touched.push(page);
    return 0;
  }
  return 2;
}

/** The same for an address below the stack's top: `depth` bytes down. */
export function touch_stack(actor: Actor, depth: number, stack_bytes: number): number {
  if (depth === 0 || depth > stack_bytes || depth > SLOT_MEMORY - STACK_TOP) return 2;
  return page_take(actor, actor.stack_present, quotient(depth - 1, n.PAGE));
}

function page_take(actor: Actor, pages: Array<number>, page: number): number {
  if (actor.promised === 0) return 1;
  actor.promised -= 1;
  pages.push(page);
  return 0;
}

/** The program's memory appears in its companion's window. */
export function gate_share(actor: Actor, domain: number, index: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_MEMORY);
  if (why !== 0) return why;
  if (index !== n.SHARE) return n.E_ADDRESS;
  const owner = (find(actor, domain) as Cap).thing.actor as Actor;
  if (actor.shares !== null || owner.shared_by !== null || owner === actor) return n.E_STATE;
  if (owner.enclave || actor.enclave) return n.E_STATE;
  if (!is_alive(owner) || owner.memory_pages === 0) return n.E_STATE;
  if (actor.mode !== n.ISOLATION_SFI && owner.mode === n.ISOLATION_SFI) return n.E_STATE;
  // The whole GiB is one entry: whoever has had a page of his own there has a table in its place.
  if (actor.upper_tables.indexOf(quotient(n.SHARE, UPPER_BYTES)) >= 0) return n.E_NO_MEMORY;
  actor.shares = owner;
  owner.shared_by = actor;
  return 0;
}
