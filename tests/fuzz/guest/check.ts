// The kernel's invariants, read out of its own tables after a sequence of gates: lists are what their counters say, every
// reference is accounted for, every domain pays for what it holds, every frame belongs to exactly who names it.
// check() answers 0 or the number of the first rule that does not hold; check_detail() the entry that breaks it.

import { KERNEL_OBJECTS, KERNEL_THREADS } from "../../../kernel/abi/layout";
import * as rights from "../../../kernel/abi/rights";
import { STATE_BUSY, STATE_CREATED, STATE_FREE, STATE_HELD, STATE_IDLE } from "../../../kernel/abi/status";
import { entry_address, entry_is_leaf, entry_present, paging_levels } from "../../../hal/paging";
import { Capability, capability_at, CAPABILITY_GHOST, capability_count, index_bound } from "../../../kernel/cap/table";
import { cpu } from "../../../kernel/cpu";
import { kernel_root, load64 } from "../../../kernel/machine";
import { frames_free_count, frames_total_count } from "../../../kernel/mm/frames";
import { page_lookup } from "../../../kernel/mm/pagetable";
import { is_none, same } from "../../../kernel/none";
import { is_alive } from "../../../kernel/object/destroy";
import {
  ACTIVATION_CALL,
  ACTIVATION_NONE,
  Domain,
  timer_of_domain,
  WAIT_CALLEE,
  WAIT_NONE,
  WAIT_NOTIFICATION,
  WAIT_SERVER,
} from "../../../kernel/object/domain";
import { domain_at, domain_limit, domains_frames } from "../../../kernel/object/domains";
import { priority_due } from "../../../kernel/ipc/inherit";
import { Context } from "../../../kernel/object/object";
import { region_frame } from "../../../kernel/object/region";
import {
  THREAD_BLOCKED,
  THREAD_NONE,
  THREAD_PAUSED,
  THREAD_READY,
  THREAD_RUNNING,
  thread_at,
} from "../../../kernel/thread/thread";

let detail: u64 = 0;
export function check_detail(): u64 {
  return detail;
}

function broken(rule: u32, what: u64): u32 {
  detail = what;
  return rule;
}

export function check(): u32 {
  let rule = capabilities();
  if (rule == 0) rule = domains();
  if (rule == 0) rule = mappings();
  return rule;
}

function capabilities(): u32 {
  let live: u32 = 0;
  for (let i: u32 = 1; i < index_bound(); i++) {
    const cap = capability_at(i);
    if (cap.handle == 0) continue;
    live++;
    if (<u32>cap.handle != i || <u32>(cap.handle >> 32) != cap.generation) return broken(1, i);
    const owner = cap.key >> 8;
    if (owner == 0 || owner >= domain_limit() || domain_at(owner).state == STATE_FREE) return broken(2, i);
    const object = <u32>changetype<usize>(cap.object);
    if (object < KERNEL_OBJECTS || (object & 63) != 0) return broken(3, i);
    if (cap.version > cap.object.version) return broken(4, i);
    const fresh = cap.version == cap.object.version;
    const is_minted = cap.type == rights.TYPE_RESOURCE;
    if (fresh && ((cap.object.type != cap.type && !is_minted) || cap.object.references == 0)) return broken(5, i);
    const parent = cap.parent;
    if (!is_none(parent)) {
      if ((parent.handle == 0 && !(parent.state & CAPABILITY_GHOST)) || !same(parent.object, cap.object))
        return broken(6, i);
      if (!is_minted && (cap.rights & ~parent.rights) != 0) return broken(7, i);
      if (!is_minted && parent.badge != 0 && cap.badge != parent.badge) return broken(8, i);
    }
    const next = cap.next;
    if (!is_none(next) && (!same(next.previous, cap) || !same(next.parent, parent))) return broken(9, i);
    const child = cap.child;
    if (!is_none(child) && (!same(child.parent, cap) || !is_none(child.previous))) return broken(10, i);
    if (is_none(cap.previous) && !is_none(parent) && !same(parent.child, cap)) return broken(11, i);
  }
  return live == capability_count() ? 0 : broken(12, live);
}

function domains(): u32 {
  for (let i: u32 = 1; i < domain_limit(); i++) {
    const domain = domain_at(i);
    if (domain.state == STATE_FREE) continue;
    if (domain.index != i) return broken(20, i);
    let count: u32 = 0;
    let before = changetype<Capability>(0);
    for (let at = domain.capabilities; !is_none(at); at = at.owner_next) {
      if (at.key >> 8 != i || !same(at.owner_previous, before)) return broken(21, i);
      before = at;
      count++;
    }
    if (count != domain.capability_count) return broken(22, i);
    if (domain.charged_frames > domain.budget_frames) return broken(23, i);
    if (domain.promised_frames + domain.lent_frames > domain.charged_frames) return broken(24, i);
    if (!is_none(domain.bound) && !same(domain.bound.bound, domain)) return broken(25, i);
    if (!is_none(domain.shares) && !same(domain.shares.shared_by, domain)) return broken(26, i);
    for (let at = domain.served; !is_none(at); at = at.served_next) {
      if (!same(at.server, domain) || at.type != rights.TYPE_ENDPOINT) return broken(27, i);
    }
    if (domain.state == STATE_HELD && (is_none(domain.holder) || domain.activation != ACTIVATION_NONE))
      return broken(28, i);
    let held: u32 = 0;
    for (let at = domain.holds; !is_none(at); at = at.held_next, held++) {
      if (!same(at.holder, domain) || !is_alive(at)) return broken(29, i);
    }
    if (held != domain.holds_count) return broken(29, i);
    const rule = activation(domain, i);
    if (rule != 0) return rule;
  }
  return 0;
}

function activation(domain: Domain, i: u32): u32 {
  const alive = is_alive(domain);
  if (domain.state == STATE_BUSY && domain.activation == ACTIVATION_NONE) return broken(30, i);
  if (!alive && domain.activation != ACTIVATION_NONE) return broken(31, i);
  if (domain.state == STATE_IDLE && domain.wait != 0) return broken(32, i);
  for (let at = domain.queue; !is_none(at); at = at.queue_next) {
    if (at.wait != WAIT_SERVER || !same(at.callee, domain) || at.thread.state != THREAD_BLOCKED) return broken(33, i);
    const next = at.queue_next;
    if (!is_none(next) && next.thread.priority > at.thread.priority) return broken(34, i);
  }
  if (!alive && !is_none(domain.queue)) return broken(35, i);
  if (domain.wait == WAIT_NOTIFICATION) {
    if (is_none(domain.waits_on) || !same(domain.waits_on.waiter, domain)) return broken(36, i);
  } else if (!is_none(domain.waits_on)) {
    return broken(37, i);
  }
  if (domain.wait == WAIT_CALLEE && !same(domain.callee.caller, domain)) return broken(38, i);
  const thread = thread_at(i);
  if ((thread.timer_position != 0) != (thread.state == THREAD_PAUSED)) return broken(39, i);
  if (timer_of_domain(domain).position != 0 && domain.wait == WAIT_NONE) return broken(43, i);
  if (thread.state == THREAD_PAUSED && is_none(thread.control)) return broken(44, i);
  if (thread.state != THREAD_NONE && thread.priority != priority_due(thread)) return broken(45, i);
  if (!is_none(thread.control)) {
    if (!alive || thread.control.references == 0) return broken(46, i);
    if (thread.control.type == rights.TYPE_CONTEXT && !same(changetype<Context>(thread.control).thread, thread))
      return broken(47, i);
  }
  if (thread.state == THREAD_RUNNING && !same(thread, cpu().thread)) return broken(40, i);
  if (thread.state != THREAD_NONE) {
    const top = thread.top;
    if (is_none(top) || !same(top.thread, thread) || !is_alive(top)) return broken(41, i);
    if (thread.state == THREAD_READY && top.wait != 0) return broken(42, i);
  }
  return 0;
}

/** A window shows its region's own pages, and a revoked one nothing of it. */
function mappings(): u32 {
  for (let i: u32 = 1; i < domain_limit(); i++) {
    const domain = domain_at(i);
    if (domain.state == STATE_FREE) continue;
    for (let at = domain.mappings; !is_none(at); at = at.next_of_domain) {
      if (!same(at.domain, domain)) return broken(50, i);
      if (is_none(at.region)) continue;
      const region = at.region;
      if (region.references == 0 || region.type != rights.TYPE_REGION) return broken(51, i);
      const first = page_lookup(domain.root_physical, at.address);
      let offset: u32 = 0;
      while (offset < region.pages && region_frame(region, offset) != first) offset++;
      for (let k: u32 = 0; k < at.pages; k++) {
        const frame = page_lookup(domain.root_physical, at.address + ((<u64>k) << 12));
        if (offset + k >= region.pages || frame != region_frame(region, offset + k)) return broken(52, i);
      }
      const capability = capability_at(at.capability);
      if (capability.handle == 0 || !same(capability.object, region)) return broken(53, i);
    }
  }
  return 0;
}

/** Frames that page tables under the kernel's root take, and the kernel's own pages below them: never given back. */
export function census(): u64 {
  return ((<u64>tables(kernel_root(), paging_levels() - 1)) << 32) | (<u64>frames_free_count());
}

function tables(table: u64, level: u32): u32 {
  let count: u32 = 1;
  for (let i: u64 = 0; i < 512; i++) {
    const entry = load64(table + (i << 3));
    if (!entry_present(entry)) continue;
    if (level == 0) count++;
    else if (!entry_is_leaf(entry, level)) count += tables(entry_address(entry), level - 1);
  }
  return count;
}
