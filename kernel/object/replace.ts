// Live replacement: a holder keeps a domain's callers and events waiting, lets it hand its state to a successor, and puts
// the successor in its place: endpoints, waiting callers and capabilities move, and nobody notices but by the clock.
// Invariant: a domain with a holder begins no activation but for calls of that holder; it stands in the holder's list.

import { E_BUDGET, E_STATE } from "../abi/errors";
import { STATE_HELD, STATE_IDLE } from "../abi/status";
import { capability_delete } from "../cap/derive";
import { capability_move } from "../cap/move";
import { parent_of } from "../cap/tree";
import { Capability } from "../cap/table";
import { activation_next } from "../ipc/activation";
import { endpoint_serve } from "../ipc/endpoint";
import { queue_insert, queue_remove } from "../ipc/queue";
import { can_pay_small } from "../mm/budget";
import { is_none, none, same } from "../none";
import { ACTIVATION_CALL, ACTIVATION_WATCHED, Domain } from "./domain";
import { Notification } from "./object";

/** Domains that one domain may hold: the loops over them stay short. */
const HOLDS_MAX: u32 = 8;
/** Capabilities, endpoints and callers that one gate moves at most. */
const MOVE_MAX: u32 = 128;

/** From now on only `holder` is served. What the domain is doing it finishes; then its state is HELD. */
export function domain_hold(domain: Domain, holder: Domain): i64 {
  const state = domain.state;
  if (!is_none(domain.holder) || same(domain, holder) || holder.holds_count == HOLDS_MAX) return E_STATE;
  if (domain.activation == ACTIVATION_CALL) domain.activation = ACTIVATION_WATCHED;
  if (state == STATE_IDLE) domain.state = STATE_HELD;
  domain.holder = holder;
  domain.held_next = holder.holds;
  holder.holds = domain;
  holder.holds_count++;
  return 0;
}

/** Everybody is served again. */
export function domain_release(domain: Domain): void {
  const holder = domain.holder;
  if (same(holder.holds, domain)) holder.holds = domain.held_next;
  else {
    let at = holder.holds;
    while (!same(at.held_next, domain)) at = at.held_next;
    at.held_next = domain.held_next;
  }
  holder.holds_count--;
  domain.holder = none<Domain>();
  domain.held_next = none<Domain>();
  if (domain.state == STATE_HELD) activation_next(domain);
}

/** A domain has ended: it holds nobody any more, and nobody holds it. */
export function holds_end(domain: Domain): void {
  if (!is_none(domain.holder)) domain_release(domain);
  while (!is_none(domain.holds)) domain_release(domain.holds);
}

/** May the two change places? Both rest in the hands of the same holder, and neither shares its memory with a program. */
function may_replace(old: Domain, successor: Domain, holder: Domain): bool {
  if (same(old, successor) || !same(old.holder, holder) || !same(successor.holder, holder)) return false;
  if (old.state != STATE_HELD || successor.state != STATE_HELD) return false;
  return is_none(old.shares) && is_none(old.shared_by) && successor.handler != 0;
}

/** What the holder handed the old domain ends with it, for the successor was handed its own; the rest moves. */
function capability_pass(capability: Capability, old: Domain, successor: Domain, holder: Domain): void {
  const parent = parent_of(capability);
  if (!is_none(parent) && parent.key >> 8 == holder.index) capability_delete(old, capability);
  else capability_move(old, successor, capability);
}

/**
 * Moves capabilities, endpoints and waiting callers of `old` to `successor`, a bounded number at a time: 1 = more is left,
 * ask again; 0 = done. E_BUDGET: the successor cannot pay for the capabilities, and nothing has moved.
 */
export function domain_replace(old: Domain, successor: Domain, holder: Domain): i64 {
  if (!may_replace(old, successor, holder)) return E_STATE;
  if (!can_pay_small(successor, old.capability_count)) return E_BUDGET;
  let left = MOVE_MAX;
  while (!is_none(old.capabilities)) {
    if (left-- == 0) return 1;
    capability_pass(old.capabilities, old, successor, holder);
  }
  while (!is_none(old.served)) {
    if (left-- == 0) return 1;
    endpoint_serve(old.served, successor);
  }
  while (!is_none(old.queue)) {
    if (left-- == 0) return 1;
    const client = old.queue;
    queue_remove(client);
    client.callee = successor;
    queue_insert(client);
  }
  if (is_none(successor.bound)) {
    successor.bound = old.bound;
    if (!is_none(old.bound)) old.bound.bound = successor;
    old.bound = none<Notification>();
  }
  return 0;
}
