// Gates of hooks: whoever has the System capability's right may watch or refuse what anybody does at a hook point.

import { E_ARGUMENT } from "../abi/errors";
import * as rights from "../abi/rights";
import { lookup, lookup_any, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { hook_attach, hook_end } from "../ipc/hook";
import { bits_legal } from "../ipc/notification";
import { is_none, none } from "../none";
import { Hook, Notification, object_error, object_pay } from "../object/object";
import { object_release } from "../object/release";
import { hand_out, notification_with } from "./common";

/** `what`: point | action << 8. `subject`: any capability to the object that it is about, or 0; `notification`: 0, or what is signalled. */
export function gate_hook_attach(system: u64, what: u64, subject: u64, notification: u64, bits: u64): i64 {
  const domain = current();
  if (is_none(lookup(domain, system, rights.TYPE_SYSTEM, rights.SYSTEM_HOOK))) return lookup_error();
  if (what >> 16 != 0) return E_ARGUMENT;
  let id: u64 = 0;
  if (subject != 0) {
    const capability = lookup_any(domain, subject);
    if (is_none(capability)) return lookup_error();
    id = capability.object.id;
  }
  let signalled = none<Notification>();
  if (notification != 0) {
    signalled = notification_with(notification, rights.NOTIFICATION_SIGNAL);
    if (is_none(signalled)) return lookup_error();
    if (!bits_legal(bits)) return E_ARGUMENT;
  }
  const hook = changetype<Hook>(object_pay(rights.TYPE_HOOK, domain));
  if (is_none(hook)) return object_error;
  const answer = hook_attach(hook, (<u32>what) & 0xff, (<u32>what) >> 8, id, signalled, bits);
  if (answer == 0) return hand_out(hook, rights.HOOK_READ | rights.HOOK_DETACH | rights.RIGHT_SHARE);
  object_release(hook);
  return answer;
}

/** How often it was met. */
export function gate_hook_met(handle: u64): i64 {
  const hook = lookup_object<Hook>(current(), handle, rights.TYPE_HOOK, rights.HOOK_READ);
  return is_none(hook) ? lookup_error() : <i64>hook.met;
}

export function gate_hook_detach(handle: u64): i64 {
  const hook = lookup_object<Hook>(current(), handle, rights.TYPE_HOOK, rights.HOOK_DETACH);
  if (is_none(hook)) return lookup_error();
  hook_end(hook);
  return 0;
}
