// What becomes of an object when the last reference goes: its resources return, its capabilities die.

import { E_PEER_FAULT, E_REVOKED } from "../abi/errors";
import * as rights from "../abi/rights";
import { uncharge_small } from "../mm/budget";
import { is_none, none } from "../none";
import { policy_end } from "../thread/policy";
import { timer_remove } from "../thread/timer";
import { wait_break } from "../ipc/waiting";
import { wake } from "../thread/scheduler";
import { code_free } from "./code";
import { dma_free } from "./dma";
import { WAIT_REPLY } from "./domain";
import { endpoint_unserve } from "../ipc/endpoint";
import { hook_end } from "../ipc/hook";
import { mailbox_end } from "../ipc/mailbox";
import {
  Code,
  Dma,
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
  const type: u32 = object.type;
  if (type == rights.TYPE_ENDPOINT) endpoint_unserve(changetype<Endpoint>(object));
  else if (type == rights.TYPE_NOTIFICATION) notification_free(changetype<Notification>(object));
  else if (type == rights.TYPE_REGION) region_free(changetype<Region>(object));
  else if (type == rights.TYPE_CODE) code_free(changetype<Code>(object));
  else if (type == rights.TYPE_MAILBOX) mailbox_end(changetype<Mailbox>(object));
  else if (type == rights.TYPE_HOOK) hook_end(changetype<Hook>(object));
  else if (type == rights.TYPE_REPLY) reply_dropped(changetype<Reply>(object));
  else if (type == rights.TYPE_DMA) dma_free(changetype<Dma>(object));
  else if (type == rights.TYPE_SCHEDULER) policy_end(changetype<Scheduler>(object));
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
