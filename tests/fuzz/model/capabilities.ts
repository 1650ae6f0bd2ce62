// Capabilities in the model: finding one by its handle, deriving, granting, deleting, revoking, and what becomes of an
// object when its last reference goes. The order of the refusals is docs/abi.md's: handle, revoked, right, argument, account.

import { both, within } from "./bits.ts";
import { policy_end } from "./control.ts";
import { release_call, thread_ready, wake } from "./ipc.ts";
import { mapping_leave } from "./memory.ts";
import {
  BIT_63,
  DOMAIN_GRANT,
  DOMAIN_INSPECT,
  E_ARGUMENT,
  E_BUDGET,
  E_HANDLE,
  E_PEER_FAULT,
  E_REVOKED,
  E_RIGHTS,
  E_STATE,
  ENDPOINT_SERVE,
  HOOK_POINT_SCHEDULE,
  RESOURCE_RIGHT,
  RIGHT_REVOKE,
  RIGHT_SHARE,
  TYPE_CODE,
  TYPE_DEVICE,
  TYPE_DMA,
  TYPE_DOMAIN,
  TYPE_ENDPOINT,
  TYPE_HOOK,
  TYPE_MAILBOX,
  TYPE_NOTIFICATION,
  TYPE_REGION,
  TYPE_REPLY,
  TYPE_RESOURCE,
  TYPE_SCHEDULER,
} from "./numbers.ts";
import {
  type Actor,
  Cap,
  charge_small,
  frames_of,
  is_alive,
  type Mapping,
  THREAD_BLOCKED,
  THREAD_HELD,
  type Thing,
  type Thread,
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
  if (type !== 0 && cap.type !== type) return E_HANDLE;
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
  if (parent !== null) {
    cap.type = parent.type;
    parent.children.push(cap);
  }
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
  if (parent.type === TYPE_ENDPOINT && (badge < 0 || badge >= BIT_63)) return E_ARGUMENT;
  if (!may_hold(target, parent)) return E_STATE;
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

/** Memory and devices neither enter an enclave nor leave it. */
function may_hold(actor: Actor, cap: Cap): boolean {
  const owner = cap.owner;
  if ((!actor.enclave && !owner.enclave) || actor === owner) return true;
  return cap.type !== TYPE_REGION && cap.type !== TYPE_DEVICE;
}

/** A resource of the service that the endpoint lets serve. */
export function gate_mint(world: World, actor: Actor, endpoint: number, tag: number, rights: number): number {
  const why = refusal(actor, endpoint, TYPE_ENDPOINT, ENDPOINT_SERVE);
  if (why !== 0) return why;
  if (tag >= BIT_63 || rights > 0xffff) return E_ARGUMENT;
  const parent = find(actor, endpoint) as Cap;
  const cap = cap_make(world, actor, parent.thing, rights * RESOURCE_RIGHT + RIGHT_SHARE, -1 - tag, parent);
  if (cap === null) return E_BUDGET;
  cap.type = TYPE_RESOURCE;
  return 0;
}

/** Which right of a resource each method asks for. */
export function gate_methods(actor: Actor, endpoint: number, methods: number[]): number {
  const why = refusal(actor, endpoint, TYPE_ENDPOINT, ENDPOINT_SERVE);
  if (why !== 0) return why;
  (find(actor, endpoint) as Cap).thing.methods = methods;
  return 0;
}

/** The capability after the one with this index in the domain's list, the last one first: its index, 0 at the end. */
export function gate_next(actor: Actor, domain: number, cursor: number): number {
  const why = refusal(actor, domain, TYPE_DOMAIN, DOMAIN_INSPECT);
  if (why !== 0) return why;
  const caps = ((find(actor, domain) as Cap).thing.actor as Actor).caps;
  for (let i = caps.length - 1; i >= 0; i--) {
    if (cursor === 0) return index_of((caps[i] as Cap).handle);
    if (index_of((caps[i] as Cap).handle) === cursor) cursor = 0;
  }
  return 0;
}

export function index_of(handle: number): number {
  return handle % 4294967296;
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
  if (!may_hold(target, cap)) return E_STATE;
  return cap_move(world, cap, target) ? 0 : E_BUDGET;
}

/** The capability, with its place in the tree, becomes the other domain's, and so does the answer that a Reply stands for. */
export function cap_move(world: World, cap: Cap, target: Actor): boolean {
  if (!charge_small(target)) return false;
  windows_end(world, cap);
  const from = cap.owner;
  from.caps.splice(from.caps.indexOf(cap), 1);
  target.caps.push(cap);
  cap.owner = target;
  uncharge_small(from);
  const thing = cap.thing;
  if (cap.type !== TYPE_REPLY) return true;
  const client = thing.client as Actor;
  if (client.wait === WAIT_REPLY && client.call_number === thing.call_number) client.callee = target;
  return true;
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
  if (field === 0) return cap.type;
  if (field === 1) return cap.rights;
  if (field === 2) return cap.badge < 0 ? -BIT_63 - 1 - cap.badge : cap.badge;
  return E_ARGUMENT;
}

/** One reference less. */
export function release(world: World, thing: Thing): void {
  thing.references -= 1;
  if (thing.references === 0) thing_end(world, thing);
}

/** The last reference is gone. */
export function thing_end(world: World, thing: Thing): void {
  if (thing.type === TYPE_ENDPOINT) unserve(thing);
  if (thing.type === TYPE_NOTIFICATION) notification_end(world, thing);
  if (thing.type === TYPE_MAILBOX) mailbox_end(world, thing);
  if (thing.type === TYPE_HOOK) hook_end(world, thing);
  if (thing.type === TYPE_SCHEDULER) policy_end(world, thing);
  if (thing.type === TYPE_REPLY) {
    const client = thing.client as Actor;
    if (client.wait === WAIT_REPLY && client.call_number === thing.call_number) release_call(client, E_PEER_FAULT);
  }
  if (thing.type === TYPE_REGION) {
    while (thing.mappings.length > 0) mapping_leave(world, thing.mappings[0] as Mapping);
  }
  if (thing.type === TYPE_DMA) {
    while (thing.spans.length > 0) mapping_leave(world, thing.spans[0] as Mapping);
  }
  const payer = thing.payer;
  if (payer !== null) {
    if (thing.type === TYPE_REGION || thing.type === TYPE_CODE || thing.type === TYPE_DMA)
      payer.charged -= frames_of(thing);
    uncharge_small(payer);
  }
  thing_dead(world, thing);
}

/** The payer is no more: messages that nobody will receive end, whoever holds the mailbox. */
export function mailbox_lose(world: World, mailbox: Thing): void {
  mailbox_end(world, mailbox);
  uncharge_small(mailbox.payer as Actor);
  thing_dead(world, mailbox);
}

export function thing_dead(world: World, thing: Thing): void {
  thing.dead = true;
  const place = world.things.indexOf(thing);
  if (place >= 0) world.things.splice(place, 1);
}

export function mailbox_end(world: World, mailbox: Thing): void {
  release(world, mailbox.ring as Thing);
  const ready = mailbox.ready,
    room = mailbox.room;
  if (ready !== null) release(world, ready);
  if (room !== null) release(world, room);
}

/** It watches no longer; whom it held may run. */
export function hook_end(world: World, hook: Thing): void {
  const place = world.hooks.indexOf(hook);
  if (place < 0) return;
  world.hooks.splice(place, 1);
  const notification = hook.notification;
  hook.notification = null;
  if (notification !== null) release(world, notification);
  if (hook.point !== HOOK_POINT_SCHEDULE || !hook.denies) return;
  for (let i = 0; i < world.actors.length; i++) {
    const actor = world.actors[i] as Actor;
    const home = actor.home as Thread;
    if (actor.object !== hook.subject || home.state !== THREAD_HELD) continue;
    home.state = THREAD_BLOCKED;
    thread_ready(home);
  }
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
