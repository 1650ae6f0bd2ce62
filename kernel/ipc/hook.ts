// Hooks: what watches the points where the kernel decides about a call, a message or a thread (kernel/abi/ipc.ts), and may refuse. A point
// hands over its number and the ids of the two objects concerned, and gets a verdict: a program can stand in the place of `action` later.
// Empty points cost nothing on the plain call path (its bound is 0 while there is a hook) and one branch elsewhere.

import { E_ARGUMENT, E_NO_MEMORY } from "../abi/errors";
import { HOOK_DENY, HOOK_POINT_SCHEDULE, HOOK_POINTS } from "../abi/ipc";
import { cpu, cpu_at, cpu_count, cpu_look } from "../cpu";
import { is_none, none, same } from "../none";
import { Domain } from "../object/domain";
import { domain_at, domain_limit } from "../object/domains";
import { Hook, Notification } from "../object/object";
import { object_hold, object_release } from "../object/release";
import { thread_release } from "../thread/scheduler";
import { Thread, thread_at } from "../thread/thread";
import { signal } from "./notification";
import { plain_bound_update } from "./plain";

/** Hooks at one point at most: what a decision costs stays bounded. */
const HOOKS_MAX: u32 = 8;
/** The first hook of each point. */
const first: usize = memory.data(HOOK_POINTS * 4, 4);


@inline function first_of(point: u32): Hook {
  return load<Hook>(first + (point << 2));
}

/** Does anything watch this point? */
@inline
export function hooked(point: u32): bool {
  return load<u32>(first + (point << 2)) != 0;
}

/** Tells the hooks of a point what is about to happen to these two objects; true: one of them refuses. */
export function hook_denies(point: u32, actor: u64, object: u64): bool {
  let denied = false;
  for (let hook = first_of(point); !is_none(hook); hook = hook.next) {
    if (hook.subject != 0 && hook.subject != actor && hook.subject != object) continue;
    hook.met++;
    if (hook.action == HOOK_DENY) denied = true;
    if (!is_none(hook.notification)) signal(hook.notification, hook.bits);
  }
  return denied;
}

/** The scheduling point: a refused thread is held until the hook goes. Only its home domain counts for that. */
@inline
export function hook_holds(thread: Thread): bool {
  return hooked(HOOK_POINT_SCHEDULE) && hook_denies(HOOK_POINT_SCHEDULE, thread.home.object.id, 0);
}

/** Puts a fresh hook object to work. */
export function hook_attach(
  hook: Hook,
  point: u32,
  action: u32,
  subject: u64,
  notification: Notification,
  bits: u64,
): i64 {
  if (point >= HOOK_POINTS || action > HOOK_DENY) return E_ARGUMENT;
  // The scheduler can't signal while it chooses; and whoever could stop every thread would stop himself.
  if (point == HOOK_POINT_SCHEDULE && (!is_none(notification) || (action == HOOK_DENY && subject == 0)))
    return E_ARGUMENT;
  let last = first_of(point),
    count: u32 = 1;
  for (; !is_none(last) && !is_none(last.next); last = last.next) count++;
  if (count >= HOOKS_MAX) return E_NO_MEMORY;
  hook.point = point;
  hook.action = action;
  hook.subject = subject;
  hook.bits = bits;
  hook.notification = notification;
  if (!is_none(notification)) object_hold(notification);
  if (is_none(last)) store<Hook>(first + (point << 2), hook);
  else last.next = hook;
  plain_bound_update();
  // what another CPU runs without equals would meet no decision for long
  for (let i: u32 = 0; point == HOOK_POINT_SCHEDULE && i < cpu_count(); i++) if (i != cpu().number) cpu_look(cpu_at(i));
  return 0;
}

/** The hook watches no longer, and whom it held may run. Nothing happens if it is detached already. */
export function hook_end(hook: Hook): void {
  let before = none<Hook>(),
    at = first_of(hook.point);
  while (!is_none(at) && !same(at, hook)) {
    before = at;
    at = at.next;
  }
  if (is_none(at)) return;
  if (is_none(before)) store<Hook>(first + (hook.point << 2), hook.next);
  else before.next = hook.next;
  hook.next = none<Hook>();
  if (!is_none(hook.notification)) object_release(hook.notification);
  hook.notification = none<Notification>();
  plain_bound_update();
  if (hook.point != HOOK_POINT_SCHEDULE || hook.action != HOOK_DENY) return;
  for (let i: u32 = 1; i < domain_limit(); i++) {
    const domain: Domain = domain_at(i);
    if (!is_none(domain.object) && domain.object.id == hook.subject) thread_release(thread_at(i));
  }
}
