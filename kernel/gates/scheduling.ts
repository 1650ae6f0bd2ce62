// Gates of scheduling contexts and of schedulers: who may run how much, and which service decides when.

import { E_ADDRESS, E_ARGUMENT, E_NO_MEMORY, E_STATE } from "../abi/errors";
import * as rights from "../abi/rights";
import * as ring from "../abi/schedule";
import { counter_to_ns } from "../../hal/timer";
import { lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { bits_legal } from "../ipc/notification";
import { own_priority_set } from "../ipc/inherit";
import { is_none, none } from "../none";
import { is_alive } from "../object/destroy";
import { Context, Object, object_error, object_pay, REGION_BORROWED, Scheduler } from "../object/object";
import { object_release } from "../object/release";
import { control_set } from "../thread/control";
import { policy_attach, policy_begin, policy_commit, policy_thread, policy_withdraw } from "../thread/policy";
import { time_of } from "../thread/scheduler";
import { Thread, thread_at, THREAD_PAUSED, THREAD_READY, THREAD_RUNNING } from "../thread/thread";
import { domain_with, hand_out, notification_with, region_whole, words_write } from "./common";


@inline
function scheduler_with(handle: u64, right: u32): Scheduler {
  return lookup_object<Scheduler>(current(), handle, rights.TYPE_SCHEDULER, right);
}

/** Nobody makes a context more urgent than itself. */
export function gate_context_create(self: u64, budget_ns: u64, period_ns: u64, priority: u64): i64 {
  const account = domain_with(self, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  if (budget_ns < ring.CONTEXT_BUDGET_MIN_NS || budget_ns > period_ns) return E_ARGUMENT;
  if (period_ns > ring.CONTEXT_PERIOD_MAX_NS || priority > <u64>thread_at(current().index).base_priority)
    return E_ARGUMENT;
  const context = changetype<Context>(object_pay(rights.TYPE_CONTEXT, account.domain));
  if (is_none(context)) return object_error;
  context.budget = <u32>budget_ns;
  context.period = <u32>period_ns;
  context.priority = <u32>priority;
  return hand_out(context, rights.CONTEXT_BIND | rights.RIGHT_SHARE);
}

/** The domain's thread runs by this context from now on. */
export function gate_context_bind(handle: u64, domain_handle: u64): i64 {
  const context = lookup_object<Context>(current(), handle, rights.TYPE_CONTEXT, rights.CONTEXT_BIND);
  if (is_none(context)) return lookup_error();
  const target = domain_with(domain_handle, rights.DOMAIN_START);
  if (is_none(target)) return lookup_error();
  const thread = thread_at(target.domain.index);
  if (!is_alive(target.domain) || !is_none(context.thread) || is_scheduled(thread)) return E_STATE;
  control_set(thread, context);
  own_priority_set(thread, context.priority);
  return 0;
}


@inline
function is_scheduled(thread: Thread): bool {
  return !is_none(thread.control) && thread.control.type == rights.TYPE_SCHEDULER;
}

/** Events of the scheduler go into the region, whose first page is the header's; `bits` tell the domain of news. */
export function gate_scheduler_create(
  domain_handle: u64,
  region_handle: u64,
  notification_handle: u64,
  bits: u64,
): i64 {
  const account = domain_with(domain_handle, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  const region = region_whole(region_handle, rights.REGION_WRITE);
  if (is_none(region)) return lookup_error();
  const notification = notification_with(notification_handle, rights.NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  const domain = account.domain;
  const is_whole = region.pages != 0 && region.pages == region.capacity;
  if (!bits_legal(bits) || region.flags & REGION_BORROWED || !is_whole) return E_ARGUMENT;
  if (!is_alive(domain) || !is_none(domain.scheduler) || is_scheduled(thread_at(domain.index))) return E_STATE;
  const scheduler = changetype<Scheduler>(object_pay(rights.TYPE_SCHEDULER, domain));
  if (is_none(scheduler)) return object_error;
  if (policy_begin(scheduler, domain, region, notification, bits))
    return hand_out(scheduler, rights.SCHEDULER_COMMIT | rights.SCHEDULER_ATTACH | rights.RIGHT_SHARE);
  object_release(scheduler);
  return E_NO_MEMORY;
}

/** The scheduler decides over the domain's thread from now on; the words are for its policy. */
export function gate_scheduler_attach(handle: u64, domain_handle: u64, a: u64, b: u64): i64 {
  const scheduler = scheduler_with(handle, rights.SCHEDULER_ATTACH);
  if (is_none(scheduler)) return lookup_error();
  const target = domain_with(domain_handle, rights.DOMAIN_START);
  if (is_none(target)) return lookup_error();
  const domain = target.domain;
  if (is_none(scheduler.domain) || !is_alive(domain) || !is_none(domain.scheduler)) return E_STATE;
  return policy_attach(scheduler, thread_at(domain.index), a, b);
}

/** The kernel's minimum alone schedules the domain's thread from now on. */
export function gate_scheduling_release(domain_handle: u64): i64 {
  const target = domain_with(domain_handle, rights.DOMAIN_START);
  if (is_none(target)) return lookup_error();
  const thread = thread_at(target.domain.index);
  if (is_none(thread.control)) return E_STATE;
  control_set(thread, none<Object>());
  return 0;
}

/** `place`: thread | processor << 32. */
export function gate_scheduler_commit(handle: u64, place: u64, slice_ns: u64, sequence: u64): i64 {
  const scheduler = scheduler_with(handle, rights.SCHEDULER_COMMIT);
  if (is_none(scheduler)) return lookup_error();
  return policy_commit(scheduler, place & 0xffff_ffff, <u32>(place >> 32), slice_ns, sequence);
}

export function gate_scheduler_withdraw(handle: u64, thread: u64, sequence: u64): i64 {
  const scheduler = scheduler_with(handle, rights.SCHEDULER_COMMIT);
  return is_none(scheduler) ? lookup_error() : policy_withdraw(scheduler, thread, sequence);
}

/** The scheduler's thread after `cursor`; words r1 sequence, r2 SCHEDULED_, r3 time run, r4 and r5 its parameters. */
export function gate_scheduler_next(handle: u64, cursor: u64): i64 {
  const scheduler = scheduler_with(handle, rights.SCHEDULER_COMMIT);
  if (is_none(scheduler)) return lookup_error();
  const caller = current();
  if (caller.memory_pages == 0) return E_ADDRESS;
  if (is_none(scheduler.domain)) return E_STATE;
  let thread = scheduler.first;
  if (cursor != 0) {
    const last = policy_thread(scheduler, cursor);
    if (is_none(last)) return E_ARGUMENT;
    thread = last.control_next;
  }
  if (is_none(thread)) return 0;
  const committed = thread.state == THREAD_READY || thread.state == THREAD_RUNNING;
  const state = committed
    ? ring.SCHEDULED_COMMITTED
    : thread.state == THREAD_PAUSED
      ? ring.SCHEDULED_WAITING
      : ring.SCHEDULED_BLOCKED;
  const used = counter_to_ns(time_of(thread));
  words_write(caller, thread.sequence, <u64>state, used, thread.parameter_a, thread.parameter_b);
  return <i64>thread.home.index;
}
