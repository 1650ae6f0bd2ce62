// What becomes of an object when the last reference goes: its resources return, its capabilities die.

import { E_PEER_FAULT, E_REVOKED } from "../abi/errors";
import {
  TYPE_CODE,
  TYPE_ENDPOINT,
  TYPE_HOOK,
  TYPE_MAILBOX,
  TYPE_NOTIFICATION,
  TYPE_REGION,
  TYPE_REPLY,
  TYPE_SCHEDULER,
} from "../abi/rights";
import { uncharge_small } from "../mm/budget";
import { is_none, none } from "../none";
import { policy_end } from "../thread/policy";
import { timer_remove } from "../thread/timer";
import { wait_break } from "../ipc/waiting";
import { wake } from "../thread/scheduler";
import { code_free } from "./code";
import { Domain, WAIT_REPLY } from "./domain";
import { endpoint_unserve } from "../ipc/endpoint";
import { hook_end } from "../ipc/hook";
import { mailbox_end } from "../ipc/mailbox";
import {
  Code,
  Endpoint,
  Hook,
  Mailbox,
  Notification,
  Object,
  object_free,
  Region,
  Reply,
  Scheduler,
  timer_of,
} from "./object";
import { region_free } from "./region";

export function object_hold(object: Object): void {
  object.references++;
}

/** Gives up one reference. */
export function object_release(object: Object): void {
  object.references--;
  if (object.references == 0) object_end(object);
}

/** Frees the object's resources and the object; capabilities to it are stale from now on. */
export function object_end(object: Object): void {
  switch (<u32>object.type) {
    case TYPE_ENDPOINT:
      endpoint_unserve(changetype<Endpoint>(object));
      break;
    case TYPE_NOTIFICATION:
      notification_free(changetype<Notification>(object));
      break;
    case TYPE_REGION:
      region_free(changetype<Region>(object));
      break;
    case TYPE_CODE:
      code_free(changetype<Code>(object));
      break;
    case TYPE_MAILBOX:
      mailbox_end(changetype<Mailbox>(object));
      break;
    case TYPE_HOOK:
      hook_end(changetype<Hook>(object));
      break;
    case TYPE_REPLY:
      reply_dropped(changetype<Reply>(object));
      break;
    case TYPE_SCHEDULER:
      policy_end(changetype<Scheduler>(object));
      break;
    default:
      break;
  }
  if (!is_none(object.payer)) uncharge_small(object.payer);
  object_free(object);
}

function notification_free(notification: Notification): void {
  timer_remove(timer_of(notification));
  if (!is_none(notification.bound)) notification.bound.bound = none<Notification>();
  if (!is_none(notification.waiter)) wait_break(notification.waiter, E_REVOKED);
}

/** A Reply that is deleted unanswered must not leave its caller waiting. */
function reply_dropped(reply: Reply): void {
  const client = reply.client;
  if (client.wait == WAIT_REPLY && client.call_number == reply.call_number) wake(client, E_PEER_FAULT);
}
