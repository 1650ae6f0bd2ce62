// Live replacement in the model: a domain that is held serves its holder alone; a successor takes all of it over.

import { cap_delete, cap_move, find, refusal, unserve } from "./capabilities.ts";
import { let_go, queue_up } from "./ipc.ts";
import * as n from "./numbers.ts";
import { type Actor, type Cap, is_alive, type Thing, type World } from "./world.ts";

const HOLDS_MAX: number = 8;
const ACCOUNT_SMALL: number = 64;

function target_of(actor: Actor, handle: number): Actor {
  return (find(actor, handle) as Cap).thing.actor as Actor;
}

export function gate_hold(actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_REPLACE);
  if (why !== 0) return why;
  const target = target_of(actor, domain);
  if (!is_alive(target) || target.holder !== null || target === actor) return n.E_STATE;
  if (actor.holds.length === HOLDS_MAX) return n.E_STATE;
  if (target.state === n.STATE_IDLE) target.state = n.STATE_HELD;
  target.holder = actor;
  actor.holds.unshift(target);
  return 0;
}

export function gate_release(actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_REPLACE);
  if (why !== 0) return why;
  const target = target_of(actor, domain);
  if (target.holder !== actor) return n.E_STATE;
  let_go(target);
  return 0;
}

export function gate_replace(world: World, actor: Actor, domain: number, successor: number): number {
  let why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_REPLACE);
  if (why !== 0) return why;
  why = refusal(actor, successor, n.TYPE_DOMAIN, n.DOMAIN_REPLACE);
  if (why !== 0) return why;
  const old = target_of(actor, domain),
    heir = target_of(actor, successor);
  if (old.enclave || heir.enclave) return n.E_STATE;
  if (old === heir || old.holder !== actor || heir.holder !== actor) return n.E_STATE;
  if (old.state !== n.STATE_HELD || heir.state !== n.STATE_HELD) return n.E_STATE;
  if (old.shares !== null || old.shared_by !== null) return n.E_STATE;
  if (heir.charged + Math.ceil(old.caps.length / ACCOUNT_SMALL) > heir.budget) return n.E_BUDGET;
  while (old.caps.length > 0) pass(world, old.caps[old.caps.length - 1] as Cap, heir, actor);
  while (old.served.length > 0) {
    const endpoint = old.served[0] as Thing;
    unserve(endpoint);
    endpoint.server = heir;
    heir.served.push(endpoint);
  }
  while (old.queue.length > 0) {
    const client = old.queue[0] as Actor;
    old.queue.splice(0, 1);
    client.callee = heir;
    queue_up(heir, client);
  }
  const bound = old.bound;
  if (heir.bound === null) {
    heir.bound = bound;
    if (bound !== null) bound.bound = heir;
    old.bound = null;
  }
  return 0;
}

/** What the holder gave the old domain ends with it: the successor was given its own. */
function pass(world: World, cap: Cap, heir: Actor, holder: Actor): void {
  const parent = cap.parent;
  if (parent !== null && parent.owner === holder) cap_delete(world, cap);
  else cap_move(world, cap, heir);
}
