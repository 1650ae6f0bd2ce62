// Gates of hooks: whoever has the System capability's right may watch or refuse what anybody does at a hook point.

import { E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import {
  HOOK_DETACH,
  HOOK_READ,
  NOTIFICATION_SIGNAL,
  RIGHT_SHARE,
  SYSTEM_HOOK,
  TYPE_HOOK,
  TYPE_NOTIFICATION,
  TYPE_SYSTEM,
} from "../abi/rights";
import { capability_first } from "../cap/derive";
import { lookup, lookup_any, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { hook_attach, hook_end } from "../ipc/hook";
import { bits_legal } from "../ipc/notification";
import { charge_small, uncharge_small } from "../mm/budget";
import { is_none, none } from "../none";
import { Hook, Notification, object_create } from "../object/object";
import { object_release } from "../object/release";

/** `what`: point | action << 8. `subject`: any capability to the object that it is about, or 0; `notification`: 0, or what is signalled. */
export function gate_hook_attach(system: u64, what: u64, subject: u64, notification: u64, bits: u64): i64 {
  const domain = current();
  if (is_none(lookup(domain, system, TYPE_SYSTEM, SYSTEM_HOOK))) return lookup_error();
  if (what >> 16 != 0) return E_ARGUMENT;
  let id: u64 = 0;
  if (subject != 0) {
    const capability = lookup_any(domain, subject);
    if (is_none(capability)) return lookup_error();
    id = capability.object.id;
  }
  let signalled = none<Notification>();
  if (notification != 0) {
    signalled = lookup_object<Notification>(domain, notification, TYPE_NOTIFICATION, NOTIFICATION_SIGNAL);
    if (is_none(signalled)) return lookup_error();
    if (!bits_legal(bits)) return E_ARGUMENT;
  }
  if (!charge_small(domain)) return E_BUDGET;
  const hook = changetype<Hook>(object_create(TYPE_HOOK, domain));
  if (is_none(hook)) {
    uncharge_small(domain);
    return E_NO_MEMORY;
  }
  let answer = hook_attach(hook, (<u32>what) & 0xff, (<u32>what) >> 8, id, signalled, bits);
  if (answer == 0) answer = capability_first(domain, hook, HOOK_READ | HOOK_DETACH | RIGHT_SHARE, 0);
  object_release(hook); // the capability keeps it, or nothing does: then it is detached
  return answer;
}

/** How often it was met. */
export function gate_hook_met(handle: u64): i64 {
  const hook = lookup_object<Hook>(current(), handle, TYPE_HOOK, HOOK_READ);
  return is_none(hook) ? lookup_error() : <i64>hook.met;
}

export function gate_hook_detach(handle: u64): i64 {
  const hook = lookup_object<Hook>(current(), handle, TYPE_HOOK, HOOK_DETACH);
  if (is_none(hook)) return lookup_error();
  hook_end(hook);
  return 0;
}
