// Notifications: one word of bits. Interrupts, timers and endings of domains arrive as these.
// A service binds one notification at start; its bits then enter the exported `event(bits)`.
import * as phi from "./phi";
export { NOTIFICATION_SIGNAL, NOTIFICATION_WAIT } from "../../kernel/abi/rights";

/** A deadline that never comes. */
export const FOREVER: u64 = u64.MAX_VALUE;

/** A new notification (SIGNAL WAIT SHARE), paid by `self`. */
export function create(self: u64): i64 {
  return phi.notification_create(self);
}

/** Creates one and binds it to this domain's `event`. */
export function create_bound(self: u64): i64 {
  const notification = phi.notification_create(self);
  if (notification < 0) return notification;
  const error = phi.notification_bind(notification);
  return error < 0 ? error : notification;
}

/** Pending bits enter this domain's `event(bits)` from now on, whenever it is idle. */
export function bind(notification: u64): i64 {
  return phi.notification_bind(notification);
}

/** ORs bits in. */
export function notify(notification: u64, bits: u64): i64 {
  return phi.notify(notification, bits);
}

/** Blocks in place until a bit is set or the deadline (nanoseconds since boot) has passed; 0 polls. Bits, or E_TIMEOUT. */
export function wait(notification: u64, deadline_ns: u64): i64 {
  return phi.wait(notification, deadline_ns);
}

/** One shot at `deadline_ns` since boot; a second call replaces the first. */
export function set_timer(notification: u64, deadline_ns: u64, bits: u64): i64 {
  return phi.timer_set(notification, deadline_ns, bits);
}

/** Drops the notification's timer. */
export function cancel_timer(notification: u64): i64 {
  return phi.timer_set(notification, 0, 0);
}

/** Nanoseconds since boot. */
// @ts-ignore: decorator
@inline
export function now_ns(): u64 {
  return phi.now();
}
