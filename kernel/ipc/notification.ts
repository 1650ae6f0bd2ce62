// Notifications: a word of bits. Signals are ORed in; somebody waits for them, or a domain is entered
// with them when it is idle. None is lost, equal ones coalesce.

import { E_ARGUMENT, E_NO_MEMORY, E_STATE, E_TIMEOUT } from "../abi/errors";
import { STATE_IDLE } from "../abi/status";
import { now_ns } from "../../hal/timer";
import { is_none, none, same } from "../none";
import { Domain, timer_of_domain, WAIT_NOTIFICATION } from "../object/domain";
import { Notification, timer_of } from "../object/object";
import { thread_block, thread_ready, unwait } from "../thread/scheduler";
import { Thread } from "../thread/thread";
import { timer_insert, TIMER_NOTIFICATION, timer_remove, TIMER_WAIT } from "../thread/timer";
import { trace, TRACE_SIGNAL } from "../trace";
import { event_prepare } from "./activation";

/** Bit 63 would make an answer of wait() look like an error. */
const BITS_LEGAL: u64 = 0x7fff_ffff_ffff_ffff;


@inline
export function bits_legal(bits: u64): bool {
  return bits != 0 && (bits & ~BITS_LEGAL) == 0;
}

/**
 * ORs `bits` in and passes them on if somebody is there for them: the thread that can run because of it, which is not ready
 * yet; none: nobody.
 */
@inline
export function signalled(notification: Notification, bits: u64): Thread {
  notification.bits |= bits;
  trace(TRACE_SIGNAL, bits, notification.id);
  const waiter = notification.waiter;
  if (!is_none(waiter)) {
    const all = notification.bits;
    notification.bits = 0;
    notification.waiter = none<Domain>();
    waiter.waits_on = none<Notification>();
    return unwait(waiter, <i64>all);
  }
  const bound = notification.bound;
  return !is_none(bound) && bound.state == STATE_IDLE ? event_prepare(bound, notification) : none<Thread>();
}

/** The same, and whoever can run is ready. */
export function signal(notification: Notification, bits: u64): void {
  const woken = signalled(notification, bits);
  if (!is_none(woken)) thread_ready(woken);
}

/** Bits, cleared; blocks until there are some or the deadline (ns since boot) passes. */
export function wait(domain: Domain, notification: Notification, deadline: u64): i64 {
  const bits = notification.bits;
  if (bits != 0) {
    notification.bits = 0;
    return <i64>bits;
  }
  if (!is_none(notification.waiter)) return E_STATE;
  if (deadline != u64.MAX_VALUE) {
    if (deadline <= now_ns()) return E_TIMEOUT;
    const timer = timer_of_domain(domain);
    timer.kind = TIMER_WAIT;
    if (!timer_insert(timer, deadline)) return E_NO_MEMORY;
  }
  domain.wait = WAIT_NOTIFICATION;
  domain.waits_on = notification;
  notification.waiter = domain;
  thread_block(domain.thread);
  return 0;
}

/** From now on the notification's bits enter the domain. */
export function bind(domain: Domain, notification: Notification): i64 {
  if (!is_none(notification.bound) && !same(notification.bound, domain)) return E_STATE;
  if (!is_none(domain.bound)) domain.bound.bound = none<Domain>();
  domain.bound = notification;
  notification.bound = domain;
  return 0;
}

/** One-shot timer: `bits` are signalled at the deadline. 0 cancels. */
export function timer_set(notification: Notification, deadline: u64, bits: u64): i64 {
  const timer = timer_of(notification);
  timer_remove(timer);
  if (deadline == 0) return 0;
  if (!bits_legal(bits)) return E_ARGUMENT;
  timer.kind = TIMER_NOTIFICATION;
  notification.timer_bits = bits;
  return timer_insert(timer, deadline) ? 0 : E_NO_MEMORY;
}
