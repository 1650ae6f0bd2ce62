// Capabilities in the model: finding one by its handle, deriving, granting, deleting, revoking, and what becomes of an
// object when its last reference goes. The order of the refusals is docs/abi.md's: handle, revoked, right, argument, account.

import { both, within } from "./bits.ts";
import { release_call, wake } from "./ipc.ts";
import { mapping_leave } from "./memory.ts";
import {
  DOMAIN_GRANT,
  E_ARGUMENT,
  E_BUDGET,
  E_HANDLE,
  E_PEER_FAULT,
  E_REVOKED,
  E_RIGHTS,
  RIGHT_REVOKE,
  RIGHT_SHARE,
  TYPE_CODE,
  TYPE_DOMAIN,
  TYPE_ENDPOINT,
  TYPE_NOTIFICATION,
  TYPE_REGION,
  TYPE_REPLY,
} from "./numbers.ts";
import {
  type Actor,
  Cap,
  charge_small,
  frames_of,
  is_alive,
  type Mapping,
  type Thing,
  uncharge_small,
  WAIT_NOTIFICATION,
  WAIT_REPLY,
  type World,
} from "./world.ts";

/** Any capability of the domain with this handle, dead ones too. */
export function find(actor: Actor, handle: number): Cap | null {
  for (let i = 0; i < actor.caps.length; i++) {
    const cap = actor.caps[i] as Cap;
    if (cap.handle === handle) return cap;
  }
  return null;
}

export function is_stale(cap: Cap): boolean {
  return cap.stale || cap.thing.dead;
}

/** What looking the handle up answers: 0, or why it is refused. `type` 0: any. */
export function refusal(actor: Actor, handle: number, type: number, rights: number): number {
  const cap = find(actor, handle);
  if (cap === null) return E_HANDLE;
  if (type !== 0 && cap.thing.type !== type) return E_HANDLE;
  if (is_stale(cap)) return E_REVOKED;
  if (type !== 0 && both(cap.rights, rights) !== rights) return E_RIGHTS;
  return 0;
}

/** A capability of `actor`, on its account; null: the budget is spent. Takes a reference. */
export function cap_make(
  world: World,
  actor: Actor,
  thing: Thing,
  rights: number,
  badge: number,
  parent: Cap | null,
): Cap | null {
  if (!charge_small(actor)) return null;
  const cap = new Cap(actor, thing, rights, badge);
  cap.parent = parent;
  if (parent !== null) parent.children.push(cap);
  actor.caps.push(cap);
  thing.references += 1;
  world.live_caps += 1;
  world.made = cap;
  return cap;
}

/** The first capability to a fresh object, which lives by it alone from now on. */
export function cap_first(world: World, actor: Actor, thing: Thing, rights: number): number {
  const cap = cap_make(world, actor, thing, rights, 0, null);
  release(world, thing);
  return cap === null ? E_BUDGET : 0;
}

export function derive(world: World, target: Actor, parent: Cap, rights: number, badge: number): number {
  if (!within(rights, parent.rights)) return E_ARGUMENT;
  if (parent.badge !== 0 && badge !== 0 && badge !== parent.badge) return E_ARGUMENT;
  const cap = cap_make(world, target, parent.thing, rights, parent.badge !== 0 ? parent.badge : badge, parent);
  return cap === null ? E_BUDGET : 0;
}

export function gate_derive(world: World, actor: Actor, handle: number, rights: number, badge: number): number {
  const why = refusal(actor, handle, 0, 0);
  if (why !== 0) return why;
  const cap = find(actor, handle) as Cap;
  if (cap.thing.type === TYPE_REPLY) return E_ARGUMENT;
  return derive(world, actor, cap, rights, badge);
}

export function gate_grant(
  world: World,
  actor: Actor,
  domain: number,
  handle: number,
  rights: number,
  badge: number,
): number {
  let why = refusal(actor, domain, TYPE_DOMAIN, DOMAIN_GRANT);
  if (why !== 0) return why;
  why = refusal(actor, handle, 0, 0);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  const cap = find(actor, handle) as Cap;
  if (both(cap.rights, RIGHT_SHARE) === 0 || !is_alive(target)) return E_ARGUMENT;
  return derive(world, target, cap, rights, badge);
}

/** The windows that were mapped by it. */
function windows_end(world: World, cap: Cap): void {
  const thing = cap.thing;
  for (let i = thing.mappings.length - 1; i >= 0; i--) {
    const mapping = thing.mappings[i] as Mapping;
    if (mapping.cap === cap) mapping_leave(world, mapping);
  }
}

export function gate_move(world: World, actor: Actor, domain: number, handle: number): number {
  let why = refusal(actor, domain, TYPE_DOMAIN, DOMAIN_GRANT);
  if (why !== 0) return why;
  why = refusal(actor, handle, 0, 0);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  const cap = find(actor, handle) as Cap;
  if (both(cap.rights, RIGHT_SHARE) === 0 || !is_alive(target)) return E_ARGUMENT;
  if (!charge_small(target)) return E_BUDGET;
  windows_end(world, cap);
  actor.caps.splice(actor.caps.indexOf(cap), 1);
  target.caps.push(cap);
  cap.owner = target;
  uncharge_small(actor);
  return 0;
}

/** Every other capability to the object is stale from now on, and keeps it no more. */
export function gate_revoke_all(world: World, actor: Actor, handle: number): number {
  const why = refusal(actor, handle, 0, 0);
  if (why !== 0) return why;
  const cap = find(actor, handle) as Cap;
  if (both(cap.rights, RIGHT_REVOKE) === 0) return E_RIGHTS;
  const thing = cap.thing;
  for (let i = 0; i < world.actors.length; i++) {
    const holder = world.actors[i] as Actor;
    for (let k = 0; k < holder.caps.length; k++) {
      const other = holder.caps[k] as Cap;
      if (other === cap || other.thing !== thing || other.stale) continue;
      other.stale = true;
      thing.references -= 1;
    }
  }
  for (let i = thing.mappings.length - 1; i >= 0; i--) {
    const mapping = thing.mappings[i] as Mapping;
    if (mapping.cap !== cap) mapping_leave(world, mapping);
  }
  return 0;
}

function child_remove(parent: Cap, cap: Cap): void {
  const place = parent.children.indexOf(cap);
  if (place >= 0) parent.children.splice(place, 1);
}

/** Ends one capability; its children are its parent's from now on. */
export function cap_delete(world: World, cap: Cap): void {
  const thing = cap.thing;
  const stale = is_stale(cap);
  windows_end(world, cap);
  const parent = cap.parent;
  if (parent !== null) child_remove(parent, cap);
  for (let i = 0; i < cap.children.length; i++) {
    const child = cap.children[i] as Cap;
    child.parent = parent;
    if (parent !== null) parent.children.push(child);
  }
  const owner = cap.owner;
  owner.caps.splice(owner.caps.indexOf(cap), 1);
  world.live_caps -= 1;
  uncharge_small(owner);
  if (!stale) release(world, thing);
}

export function gate_delete(world: World, actor: Actor, handle: number): number {
  const cap = find(actor, handle);
  if (cap === null) return E_HANDLE;
  cap_delete(world, cap);
  return 0;
}

export function gate_revoke(world: World, actor: Actor, handle: number): number {
  const cap = find(actor, handle);
  if (cap === null) return E_HANDLE;
  while (cap.children.length > 0) {
    let leaf = cap.children[0] as Cap;
    while (leaf.children.length > 0) leaf = leaf.children[0] as Cap;
    cap_delete(world, leaf);
  }
  return 0;
}

export function gate_info(actor: Actor, handle: number, field: number): number {
  const why = refusal(actor, handle, 0, 0);
  if (why !== 0) return why;
  const cap = find(actor, handle) as Cap;
  if (field === 0) return cap.thing.type;
  if (field === 1) return cap.rights;
  if (field === 2) return cap.badge;
  return E_ARGUMENT;
}

/** One reference less. */
export function release(world: World, thing: Thing): void {
  thing.references -= 1;
  if (thing.references === 0) thing_end(world, thing);
}

/** The last reference is gone. */
function thing_end(world: World, thing: Thing): void {
  if (thing.type === TYPE_ENDPOINT) unserve(thing);
  if (thing.type === TYPE_NOTIFICATION) notification_end(world, thing);
  if (thing.type === TYPE_REPLY) {
    const client = thing.client as Actor;
    if (client.wait === WAIT_REPLY && client.call_number === thing.call_number) release_call(client, E_PEER_FAULT);
  }
  if (thing.type === TYPE_REGION) {
    while (thing.mappings.length > 0) mapping_leave(world, thing.mappings[0] as Mapping);
  }
  const payer = thing.payer;
  if (payer !== null) {
    if (thing.type === TYPE_REGION || thing.type === TYPE_CODE) payer.charged -= frames_of(thing);
    uncharge_small(payer);
  }
  thing_dead(world, thing);
}

export function thing_dead(world: World, thing: Thing): void {
  thing.dead = true;
  const place = world.things.indexOf(thing);
  if (place >= 0) world.things.splice(place, 1);
}

function notification_end(_world: World, thing: Thing): void {
  thing.deadline = -1;
  const bound = thing.bound;
  if (bound !== null) bound.bound = null;
  thing.bound = null;
  const waiter = thing.waiter;
  if (waiter !== null && waiter.wait === WAIT_NOTIFICATION) {
    waiter.waits_on = null;
    wake(waiter, E_REVOKED);
  }
  thing.waiter = null;
}

/** Nobody serves the endpoint any more. */
export function unserve(endpoint: Thing): void {
  const server = endpoint.server;
  if (server === null) return;
  const place = server.served.indexOf(endpoint);
  if (place >= 0) server.served.splice(place, 1);
  endpoint.server = null;
}
