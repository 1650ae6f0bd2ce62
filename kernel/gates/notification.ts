// Gates of notifications and timers.

import { E_ARGUMENT } from "../abi/errors";
import * as rights from "../abi/rights";
import { lookup_error } from "../cap/table";
import { current } from "../cpu";
import { bind, bits_legal, signalled, timer_set, wait } from "../ipc/notification";
import { is_none } from "../none";
import { run } from "../thread/direct";
import { notification_with, object_make } from "./common";

/** Above 0: the domain to go on with instead of the caller, whose answer is 0. */
export function gate_notify(handle: u64, bits: u64): i64 {
  const notification = notification_with(handle, rights.NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  if (!bits_legal(bits)) return E_ARGUMENT;
  return <i64>changetype<usize>(run(signalled(notification, bits)));
}

export function gate_wait(handle: u64, deadline_ns: u64): i64 {
  const notification = notification_with(handle, rights.NOTIFICATION_WAIT);
  if (is_none(notification)) return lookup_error();
  return wait(current(), notification, deadline_ns);
}

export function gate_notification_bind(handle: u64): i64 {
  const notification = notification_with(handle, rights.NOTIFICATION_WAIT);
  if (is_none(notification)) return lookup_error();
  if (current().event_entry == 0) return E_ARGUMENT;
  return bind(current(), notification);
}

export function gate_timer_set(handle: u64, deadline_ns: u64, bits: u64): i64 {
  const notification = notification_with(handle, rights.NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  return timer_set(notification, deadline_ns, bits);
}

export function gate_notification_create(self: u64): i64 {
  const all = rights.NOTIFICATION_SIGNAL | rights.NOTIFICATION_WAIT | rights.RIGHT_REVOKE | rights.RIGHT_SHARE;
  return object_make(self, rights.TYPE_NOTIFICATION, all);
}
