// Capabilities that travel with calls, mailboxes and hooks in the model.

import { within } from "./bits.ts";
import { cap_first, derive, find, hook_end, refusal, release } from "./capabilities.ts";
import { bits_legal, hooks_deny, signal } from "./ipc.ts";
import * as n from "./numbers.ts";
import {
  ACTIVATION_CALL,
  type Actor,
  type Cap,
  charge,
  charge_small,
  is_alive,
  region_cost,
  type Thing,
  thing_make,
  uncharge_small,
  WAIT_REPLY,
  type World,
} from "./world.ts";

/** Whose call the actor answers: the one that it handles (0), or the one behind a Reply; null: `client_error` says why. */
let client_error: number = 0;
function client_of(actor: Actor, which: number): Actor | null {
  if (which === 0) {
    client_error = n.E_STATE;
    return actor.activation === ACTIVATION_CALL ? actor.caller : null;
  }
  client_error = refusal(actor, which, n.TYPE_REPLY, 0);
  if (client_error !== 0) return null;
  client_error = n.E_PEER_GONE;
  const reply = (find(actor, which) as Cap).thing;
  const client = reply.client as Actor;
  return client.wait === WAIT_REPLY && client.call_number === reply.call_number ? client : null;
}

export function gate_offer(actor: Actor, to: number, handle: number, rights: number): number {
  const why = refusal(actor, handle, 0, 0);
  if (why !== 0) return why;
  const cap = find(actor, handle) as Cap;
  if (!within(n.RIGHT_SHARE, cap.rights)) return n.E_RIGHTS;
  if (cap.type === n.TYPE_REPLY || !within(rights, cap.rights)) return n.E_ARGUMENT;
  if (refusal(actor, to, n.TYPE_ENDPOINT, n.ENDPOINT_CALL) === 0) {
    actor.offer_to = (find(actor, to) as Cap).thing;
    actor.offer_handle = handle;
    actor.offer_rights = rights;
    return 0;
  }
  const client = client_of(actor, to);
  if (client === null) return client_error;
  client.gift_owner = actor;
  client.gift_handle = handle;
  client.gift_rights = rights;
  return 0;
}

/** A child of the giver's capability for the receiver. */
function take(world: World, receiver: Actor, giver: Actor, handle: number, rights: number): number {
  const why = refusal(giver, handle, 0, 0);
  return why !== 0 ? why : derive(world, receiver, find(giver, handle) as Cap, rights, 0);
}

export function gate_accept(world: World, actor: Actor, from: number): number {
  if (refusal(actor, from, n.TYPE_ENDPOINT, n.ENDPOINT_CALL) === 0) {
    const server = (find(actor, from) as Cap).thing.server;
    const giver = actor.gift_owner;
    // Who got the giver's place in the table of domains may serve now: what was offered is gone all the same.
    if (actor.gift_handle === 0 || server === null || giver === null || server.id !== giver.id) return n.E_STATE;
    const answer = take(world, actor, giver, actor.gift_handle, actor.gift_rights);
    if (answer !== n.E_BUDGET) actor.gift_handle = 0;
    return answer;
  }
  const client = client_of(actor, from);
  if (client === null) return client_error;
  const endpoint = client.offer_to;
  if (client.offer_handle === 0 || endpoint === null || endpoint.server !== actor) return n.E_STATE;
  const answer = take(world, actor, client, client.offer_handle, client.offer_rights);
  if (answer !== n.E_BUDGET) client.offer_handle = 0;
  return answer;
}

const CAPACITY_MAX: number = 4096;
const FRAME_MESSAGES: number = 64;

/** Its ring is a region on the same account, to which there is no capability. */
export function gate_mailbox_create(world: World, actor: Actor, self: number, capacity: number): number {
  const why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  const payer = (find(actor, self) as Cap).thing.actor as Actor;
  if (capacity === 0 || capacity > CAPACITY_MAX) return n.E_ARGUMENT;
  const pages = Math.ceil(capacity / FRAME_MESSAGES);
  if (!charge_small(payer)) return n.E_BUDGET;
  if (!charge(payer, region_cost(pages, false))) {
    uncharge_small(payer);
    return n.E_BUDGET;
  }
  const ring = thing_make(world, n.TYPE_REGION, payer);
  ring.capacity = pages;
  ring.pages = pages;
  if (!charge_small(payer)) {
    release(world, ring);
    return n.E_BUDGET;
  }
  const mailbox = thing_make(world, n.TYPE_MAILBOX, payer);
  mailbox.capacity = capacity;
  mailbox.ring = ring;
  return cap_first(world, actor, mailbox, n.MAILBOX_ALL);
}

export function gate_send(world: World, actor: Actor, handle: number, first: number): number {
  const why = refusal(actor, handle, n.TYPE_MAILBOX, n.MAILBOX_SEND);
  if (why !== 0) return why;
  const cap = find(actor, handle) as Cap;
  const mailbox = cap.thing;
  if (!is_alive(mailbox.payer as Actor)) return n.E_PEER_GONE;
  if (hooks_deny(world, n.HOOK_POINT_MAILBOX, actor.object, mailbox)) return n.E_DENIED;
  if (mailbox.badges.length === mailbox.capacity) return n.E_MAILBOX_FULL;
  mailbox.badges.push(cap.badge);
  mailbox.firsts.push(first);
  const ready = mailbox.ready;
  if (mailbox.badges.length === 1 && ready !== null) signal(ready, mailbox.ready_bits);
  return 0;
}

/** What the last message that was received said. */
export let received_badge: number = 0;
export let received_first: number = 0;

export function gate_receive(actor: Actor, handle: number): number {
  const why = refusal(actor, handle, n.TYPE_MAILBOX, n.MAILBOX_RECEIVE);
  if (why !== 0) return why;
  const mailbox = (find(actor, handle) as Cap).thing;
  const count = mailbox.badges.length;
  if (count === 0) return n.E_MAILBOX_EMPTY;
  received_badge = mailbox.badges[0] as number;
  received_first = mailbox.firsts[0] as number;
  mailbox.badges.splice(0, 1);
  mailbox.firsts.splice(0, 1);
  const room = mailbox.room;
  if (count === mailbox.capacity && room !== null) signal(room, mailbox.room_bits);
  return count - 1;
}

/** `edge` 0: there is a message after none; 1: there is room after none. */
export function gate_mailbox_bind(
  world: World,
  actor: Actor,
  handle: number,
  edge: number,
  notification: number,
  bits: number,
): number {
  if (edge > 1) return n.E_ARGUMENT;
  let why = refusal(actor, handle, n.TYPE_MAILBOX, edge === 0 ? n.MAILBOX_RECEIVE : n.MAILBOX_SEND);
  if (why !== 0) return why;
  why = refusal(actor, notification, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  if (!bits_legal(bits)) return n.E_ARGUMENT;
  const mailbox = (find(actor, handle) as Cap).thing;
  const bell = (find(actor, notification) as Cap).thing;
  bell.references += 1;
  const before = edge === 0 ? mailbox.ready : mailbox.room;
  if (edge === 0) {
    mailbox.ready = bell;
    mailbox.ready_bits = bits;
  } else {
    mailbox.room = bell;
    mailbox.room_bits = bits;
  }
  if (before !== null) release(world, before);
  const count = mailbox.badges.length;
  if (edge === 0 ? count !== 0 : count !== mailbox.capacity) signal(bell, bits);
  return 0;
}

const HOOKS_MAX: number = 8;
const POINTS: number = 3;

export function gate_hook(
  world: World,
  actor: Actor,
  system: number,
  point: number,
  action: number,
  subject: number,
  notification: number,
  bits: number,
): number {
  let why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_HOOK);
  if (why !== 0) return why;
  why = subject === 0 ? 0 : refusal(actor, subject, 0, 0);
  if (why !== 0) return why;
  why = notification === 0 ? 0 : refusal(actor, notification, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  if (notification !== 0 && !bits_legal(bits)) return n.E_ARGUMENT;
  if (!charge_small(actor)) return n.E_BUDGET;
  why = hook_refused(world, point, action, subject, notification);
  if (why !== 0) {
    uncharge_small(actor);
    return why;
  }
  const hook = thing_make(world, n.TYPE_HOOK, actor);
  hook.point = point;
  hook.denies = action === 1;
  hook.subject = subject === 0 ? null : (find(actor, subject) as Cap).thing;
  world.hooks.push(hook);
  if (notification !== 0) {
    const bell = (find(actor, notification) as Cap).thing;
    bell.references += 1;
    hook.notification = bell;
    hook.irq_bits = bits;
  }
  return cap_first(world, actor, hook, n.HOOK_ALL);
}

/** The scheduler cannot signal while it chooses, and nobody stops everybody. */
function hook_refused(world: World, point: number, action: number, subject: number, notification: number): number {
  if (point >= POINTS || action > 1) return n.E_ARGUMENT;
  if (point === n.HOOK_POINT_SCHEDULE && (notification !== 0 || (action === 1 && subject === 0))) return n.E_ARGUMENT;
  let count = 0;
  for (let i = 0; i < world.hooks.length; i++) {
    if ((world.hooks[i] as Thing).point === point) count++;
  }
  return count >= HOOKS_MAX ? n.E_NO_MEMORY : 0;
}

/** Of the scheduling point the kernel alone knows how often it chose: -1. */
export function gate_hook_met(actor: Actor, handle: number): number {
  const why = refusal(actor, handle, n.TYPE_HOOK, n.HOOK_READ);
  if (why !== 0) return why;
  return (find(actor, handle) as Cap).thing.met;
}

export function gate_hook_detach(world: World, actor: Actor, handle: number): number {
  const why = refusal(actor, handle, n.TYPE_HOOK, n.HOOK_DETACH);
  if (why !== 0) return why;
  hook_end(world, (find(actor, handle) as Cap).thing);
  return 0;
}

/** May no thread of this domain run? */
export function is_held(world: World, home: Actor): boolean {
  for (let i = 0; i < world.hooks.length; i++) {
    const hook = world.hooks[i] as Thing;
    if (hook.point === n.HOOK_POINT_SCHEDULE && hook.denies && hook.subject === home.object) return true;
  }
  return false;
}
