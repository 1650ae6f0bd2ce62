// Gates of notifications and timers.

import { E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import {
  DOMAIN_ALLOCATE,
  NOTIFICATION_SIGNAL,
  NOTIFICATION_WAIT,
  RIGHT_REVOKE,
  RIGHT_SHARE,
  TYPE_DOMAIN,
  TYPE_NOTIFICATION,
} from "../abi/rights";
import { capability_first } from "../cap/derive";
import { lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { bind, bits_legal, signalled, timer_set, wait } from "../ipc/notification";
import { charge_small, uncharge_small } from "../mm/budget";
import { is_none } from "../none";
import { DomainObject, Notification, Object, object_create } from "../object/object";
import { object_release } from "../object/release";
import { run } from "../thread/direct";


@inline
export function notification_with(handle: u64, right: u32): Notification {
  return lookup_object<Notification>(current(), handle, TYPE_NOTIFICATION, right);
}

/** Above 0: the domain to go on with instead of the caller, whose answer is 0. */
export function gate_notify(handle: u64, bits: u64): i64 {
  const notification = notification_with(handle, NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  if (!bits_legal(bits)) return E_ARGUMENT;
  return <i64>changetype<usize>(run(signalled(notification, bits)));
}

export function gate_wait(handle: u64, deadline_ns: u64): i64 {
  const notification = notification_with(handle, NOTIFICATION_WAIT);
  if (is_none(notification)) return lookup_error();
  return wait(current(), notification, deadline_ns);
}

export function gate_notification_bind(handle: u64): i64 {
  const notification = notification_with(handle, NOTIFICATION_WAIT);
  if (is_none(notification)) return lookup_error();
  if (current().event_entry == 0) return E_ARGUMENT;
  return bind(current(), notification);
}

export function gate_timer_set(handle: u64, deadline_ns: u64, bits: u64): i64 {
  const notification = notification_with(handle, NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  return timer_set(notification, deadline_ns, bits);
}

export function gate_notification_create(self: u64): i64 {
  return object_make(self, TYPE_NOTIFICATION, NOTIFICATION_SIGNAL | NOTIFICATION_WAIT | RIGHT_REVOKE | RIGHT_SHARE);
}

/** A plain object of `type` on the account of the domain behind `self`, with its first capability for the caller. */
export function object_make(self: u64, type: u32, rights: u32): i64 {
  const account = lookup_object<DomainObject>(current(), self, TYPE_DOMAIN, DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  const payer = account.domain;
  if (!charge_small(payer)) return E_BUDGET;
  const object: Object = object_create(type, payer);
  if (is_none(object)) {
    uncharge_small(payer);
    return E_NO_MEMORY;
  }
  const handle = capability_first(current(), object, rights, 0);
  object_release(object); // the capability keeps it, or nothing does
  return handle;
}
