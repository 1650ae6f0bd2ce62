// The end of a domain. domain_end() stops it whatever it is doing: whoever waits for it gets an error,
// its supervisor gets the bits. domain_destroy() later gives every frame, capability and object back.

import { E_STATE } from "../abi/errors";
import { SLOT_MEMORY } from "../abi/layout";
import * as status from "../abi/status";
import { capability_delete } from "../cap/derive";
import { cpu, cpu_at, cpu_look } from "../cpu";
import { kernel_root } from "../machine";
import { budget_return, promise_end, uncharge_small } from "../mm/budget";
import { frame_release } from "../mm/frames";
import { gigabyte_unshare, range_free, root_free } from "../mm/pagetable";
import { slots_free } from "../mm/slots";
import { flush_everything } from "../mm/tlb";
import { is_none, none, same } from "../none";
import { ACTIVATION_NONE, Domain, WAIT_NONE } from "./domain";
import { domain_entry_free } from "./domains";
import { activation_abort, queue_abort } from "../ipc/activation";
import { endpoint_unserve } from "../ipc/endpoint";
import { signal } from "../ipc/notification";
import { wait_leave } from "../ipc/waiting";
import { code_unmap } from "./code";
import { Code, Notification, object_free, objects_inherit } from "./object";
import { object_release } from "./release";
import { mapping_end } from "./mapping";
import { holds_end } from "./replace";
import { control_end } from "../thread/control";
import { policy_stop } from "../thread/policy";
import { thread_at, THREAD_RUNNING } from "../thread/thread";
import { trace, TRACE_END } from "../trace";

const GIGABYTE: u64 = 0x4000_0000;
/** Window index at which another domain's memory may appear. */
export const SHARE_INDEX: u64 = 0xc000_0000;


@inline
export function is_alive(domain: Domain): bool {
  const state = domain.state;
  return (
    state == status.STATE_CREATED ||
    state == status.STATE_IDLE ||
    state == status.STATE_BUSY ||
    state == status.STATE_HELD
  );
}

/** Is another CPU inside the domain, or about to go back there? */
function runs_elsewhere(domain: Domain): bool {
  const thread = domain.thread;
  return (
    domain.activation != ACTIVATION_NONE &&
    thread.state == THREAD_RUNNING &&
    same(thread.top, domain) &&
    thread.cpu != cpu().number
  );
}

/**
 * Ends the domain with this final state: EXITED, TRAPPED or STOPPED. False: another CPU runs it, and was told to end it as
 * soon as it has left it, which it does without anybody's help: ask again.
 */
export function domain_end(domain: Domain, state: u32): bool {
  if (!is_alive(domain)) return true;
  if (runs_elsewhere(domain)) {
    domain.stopping = state;
    cpu_look(cpu_at(domain.thread.cpu));
    return false;
  }
  domain.state = state;
  trace(TRACE_END, domain.index, state);
  if (domain.wait != WAIT_NONE) wait_leave(domain);
  domain.callee = none<Domain>();
  domain.call_number++; // Replies to its calls are stale
  activation_abort(domain);
  queue_abort(domain);
  if (!is_none(domain.bound)) {
    domain.bound.bound = none<Domain>();
    domain.bound = none<Notification>();
  }
  holds_end(domain);
  if (!is_none(domain.scheduler)) policy_stop(domain.scheduler);
  const home = thread_at(domain.index);
  if (!is_none(home.control)) control_end(home);
  if (!is_none(domain.supervisor)) signal(domain.supervisor, domain.supervisor_bits);
  return true;
}

/**
 * Returns a bounded part of what a stopped domain holds, its children first, which it paid for: nobody else may have the
 * right to stop them. 0: all of it, and the domain is no more; 1: call again.
 */
export function domain_destroy(domain: Domain): i64 {
  const state = domain.state;
  if (state == status.STATE_CREATED) domain_end(domain, status.STATE_STOPPED);
  else if (state != status.STATE_EXITED && state != status.STATE_TRAPPED && state != status.STATE_STOPPED)
    return E_STATE;
  let leaf = domain;
  leaf.ending = 1; // from here on it gets no new children and no new objects
  while (!is_none(leaf.children)) {
    leaf = leaf.children;
    leaf.ending = 1;
    if (!domain_end(leaf, status.STATE_STOPPED)) return 1;
  }
  return domain_dismantle(leaf) && same(leaf, domain) ? 0 : 1;
}

/** All of a domain that never ran, in one go: it holds little. */
export function domain_unmake(domain: Domain): void {
  domain.state = status.STATE_STOPPED;
  while (!domain_dismantle(domain)) continue;
}

/** What is handled in one go at most: capabilities, windows, served endpoints; tables of 512 pages. */
const PIECES_MAX: u32 = 16;
const TABLES_MAX: u32 = 8;

/** A bounded part of one domain without children, which may be half built. True: it is no more. */
function domain_dismantle(domain: Domain): bool {
  for (let piece: u32 = 0; piece < PIECES_MAX; piece++) {
    if (!is_none(domain.capabilities)) capability_delete(domain, domain.capabilities);
    else if (!is_none(domain.mappings)) mapping_end(domain.mappings);
    else if (!is_none(domain.served)) endpoint_unserve(domain.served);
    else if (memory_free(domain) && paid_for(domain)) return domain_remove(domain);
    if (cpu().attention != 0) break;
  }
  return false;
}

/** Nothing is left on the domain's own account. */
function paid_for(domain: Domain): bool {
  if (domain.small_objects == 0) return true;
  if (domain.inherited == 0) budget_return(domain, 1); // its parent's account may round up
  return objects_inherit(domain);
}

/** The empty domain's entry and what its parent lent it go back. */
function domain_remove(domain: Domain): bool {
  const parent = domain.parent;
  if (!is_none(domain.supervisor)) object_release(domain.supervisor);
  object_release(domain.code);
  domain.code = none<Code>();
  budget_return(domain, domain.budget_frames);
  if (!is_none(parent)) {
    uncharge_small(parent);
    child_leave(parent, domain);
  }
  object_free(domain.object);
  domain.parent = none<Domain>();
  domain_entry_free(domain);
  return true;
}

function child_leave(parent: Domain, child: Domain): void {
  const before = child.sibling_previous,
    after = child.sibling_next;
  if (is_none(before)) parent.children = after;
  else before.sibling_next = after;
  if (!is_none(after)) after.sibling_previous = before;
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

/** A bounded part of the domain's slot; true: nothing is left of it. */
function memory_free(domain: Domain): bool {
  const root = domain.root_physical;
  if (root == 0) return true;
  unshare(domain);
  const end = domain.slot == 0 ? 0 : domain.slot_base + SLOT_MEMORY + 4 * GIGABYTE;
  let at = domain.freed_to == 0 ? domain.slot_base : domain.freed_to;
  for (let tables: u32 = 0; at < end && tables < TABLES_MAX; tables++) at = range_free(root, at);
  domain.freed_to = at;
  if (at >= end) {
    if (domain.is_user) {
      code_unmap(domain.code, root);
      root_free(root, kernel_root());
    } else if (domain.slot != 0) {
      slots_free(domain.slot, domain.slots);
    }
    if (domain.spare_page != 0) frame_release(domain.spare_page);
    promise_end(domain);
    domain.root_physical = 0;
  }
  flush_everything();
  return at >= end;
}
