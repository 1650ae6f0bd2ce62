// The end of a domain. domain_end() stops it whatever it is doing: whoever waits for it gets an error,
// its supervisor gets the bits. domain_destroy() later gives every frame, capability and object back.

import { E_STATE } from "../abi/errors";
import { SLOT_MEMORY } from "../abi/layout";
import {
  STATE_BUSY,
  STATE_CREATED,
  STATE_EXITED,
  STATE_FREE,
  STATE_IDLE,
  STATE_STOPPED,
  STATE_TRAPPED,
} from "../abi/status";
import { capability_delete } from "../cap/derive";
import { flush_all, kernel_root } from "../machine";
import { promise_end, uncharge, uncharge_small } from "../mm/budget";
import { gigabyte_free, gigabyte_unshare, root_free } from "../mm/pagetable";
import { slots_free } from "../mm/slots";
import { is_none, none, same } from "../none";
import { Domain, WAIT_CALLEE, WAIT_NONE, WAIT_NOTIFICATION, WAIT_SERVER } from "./domain";
import { domain_at, domain_entry_free, domain_limit } from "./domains";
import { activation_abort, queue_abort, thread_split } from "../ipc/activation";
import { queue_leave } from "../ipc/call";
import { endpoint_unserve } from "../ipc/endpoint";
import { signal, wait_leave } from "../ipc/notification";
import { code_unmap } from "./code";
import { Code, Notification, object_free, objects_inherit } from "./object";
import { object_release } from "./release";
import { mapping_end } from "./region";
import { trace, TRACE_END } from "../trace";

const GIGABYTE: u64 = 0x4000_0000;
/** Window index at which another domain's memory may appear. */
export const SHARE_INDEX: u64 = 0xc000_0000;


@inline
export function is_alive(domain: Domain): bool {
  const state = domain.state;
  return state == STATE_CREATED || state == STATE_IDLE || state == STATE_BUSY;
}

/** Ends the domain with this final state: EXITED, TRAPPED or STOPPED. */
export function domain_end(domain: Domain, state: u32): void {
  if (!is_alive(domain)) return;
  domain.state = state;
  trace(TRACE_END, domain.index, state);
  if (domain.wait == WAIT_SERVER) queue_leave(domain);
  else if (domain.wait == WAIT_NOTIFICATION) wait_leave(domain);
  else if (domain.wait == WAIT_CALLEE) thread_split(domain);
  domain.wait = WAIT_NONE;
  domain.callee = none<Domain>();
  domain.call_number++; // Replies to its calls are stale
  activation_abort(domain);
  queue_abort(domain);
  if (!is_none(domain.bound)) {
    domain.bound.bound = none<Domain>();
    domain.bound = none<Notification>();
  }
  if (!is_none(domain.supervisor)) signal(domain.supervisor, domain.supervisor_bits);
}

/** Returns everything that a stopped domain holds. */
export function domain_destroy(domain: Domain): i64 {
  const state = domain.state;
  if (state == STATE_CREATED) domain_end(domain, STATE_STOPPED);
  else if (state != STATE_EXITED && state != STATE_TRAPPED && state != STATE_STOPPED) return E_STATE;
  children_destroy(domain);
  domain_dismantle(domain);
  return 0;
}

/** The same for a domain that may be half built. */
export function domain_dismantle(domain: Domain): void {
  while (!is_none(domain.capabilities)) capability_delete(domain, domain.capabilities);
  while (!is_none(domain.mappings)) mapping_end(domain.mappings);
  while (!is_none(domain.served)) endpoint_unserve(domain.served);
  if (!is_none(domain.supervisor)) object_release(domain.supervisor);
  unshare(domain);
  memory_free(domain);

  const parent = domain.parent;
  const object = domain.object;
  object_release(domain.code);
  domain.code = none<Code>();
  if (!is_none(parent)) {
    uncharge(parent, domain.budget_frames);
    parent.lent_frames -= domain.budget_frames;
    uncharge_small(parent);
    objects_inherit(domain, parent);
  }
  object_free(object);
  domain.parent = none<Domain>();
  domain_entry_free(domain);
}

/** A domain that has no children, at or below this one. */
function leaf_below(domain: Domain): Domain {
  let at = domain;
  for (let i: u32 = 1; i < domain_limit(); i++) {
    const child = domain_at(i);
    if (child.state == STATE_FREE || !same(child.parent, at)) continue;
    at = child;
    i = 0;
  }
  return at;
}

/** Children end with their parent, which paid for them: nobody else may have the right to stop them. */
function children_destroy(domain: Domain): void {
  for (let leaf = leaf_below(domain); !same(leaf, domain); leaf = leaf_below(domain)) {
    domain_end(leaf, STATE_STOPPED);
    domain_dismantle(leaf);
  }
}

/** Is `domain` the other one, or a descendant of it? */
export function is_within(domain: Domain, other: Domain): bool {
  for (let at = domain; !is_none(at); at = at.parent) {
    if (same(at, other)) return true;
  }
  return false;
}

/** Memory shared with a companion leaves both sides. */
function unshare(domain: Domain): void {
  const shown = domain.shares,
    viewer = domain.shared_by;
  if (!is_none(shown)) {
    gigabyte_unshare(domain.root_physical, domain.memory_base + SHARE_INDEX);
    shown.shared_by = none<Domain>();
  }
  if (!is_none(viewer)) {
    gigabyte_unshare(viewer.root_physical, viewer.memory_base + SHARE_INDEX);
    viewer.shares = none<Domain>();
  }
  domain.shares = none<Domain>();
  domain.shared_by = none<Domain>();
}

function memory_free(domain: Domain): void {
  const root = domain.root_physical;
  if (root == 0) return;
  if (domain.slot != 0) {
    for (let at = domain.slot_base; at < domain.slot_base + SLOT_MEMORY + 4 * GIGABYTE; at += GIGABYTE)
      gigabyte_free(root, at);
  }
  if (domain.is_user) {
    code_unmap(domain.code, root);
    root_free(root, kernel_root());
  } else if (domain.slot != 0) {
    slots_free(domain.slot, domain.slots);
  }
  promise_end(domain);
  flush_all();
}
