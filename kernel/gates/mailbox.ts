// Gates of mailboxes: make one, send, receive, and be told when there is a message or room.

import { E_ADDRESS, E_ARGUMENT } from "../abi/errors";
import { MAILBOX_CAPACITY_MAX, MAILBOX_READY, MAILBOX_ROOM } from "../abi/ipc";
import { MESSAGE } from "../abi/layout";
import * as rights from "../abi/rights";
import { lookup, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { mailbox_bind, mailbox_receive, mailbox_send, SLOTS_SHIFT } from "../ipc/mailbox";
import { bits_legal } from "../ipc/notification";
import { page_lookup } from "../mm/pagetable";
import { is_none } from "../none";
import { Mailbox, object_error, object_pay } from "../object/object";
import { region_create, region_error } from "../object/region";
import { object_release } from "../object/release";
import { domain_with, hand_out, notification_with } from "./common";

/** The ring is first: a mailbox has one from the start, and nothing else is made between the two that it would have to outlast. */
export function gate_mailbox_create(self: u64, capacity: u64): i64 {
  const account = domain_with(self, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  if (capacity == 0 || capacity > MAILBOX_CAPACITY_MAX) return E_ARGUMENT;
  const domain = account.domain,
    ring = region_create(domain, (capacity + 63) >> SLOTS_SHIFT, false);
  if (is_none(ring)) return region_error;
  const mailbox = changetype<Mailbox>(object_pay(rights.TYPE_MAILBOX, domain));
  if (is_none(mailbox)) {
    object_release(ring);
    return object_error;
  }
  mailbox.ring = ring;
  mailbox.capacity = <u32>capacity;
  const all = rights.MAILBOX_SEND | rights.MAILBOX_RECEIVE | rights.RIGHT_REVOKE | rights.RIGHT_SHARE;
  return hand_out(mailbox, all);
}

export function gate_mailbox_send(handle: u64, w0: u64, w1: u64, w2: u64, w3: u64): i64 {
  const capability = lookup(current(), handle, rights.TYPE_MAILBOX, rights.MAILBOX_SEND);
  if (is_none(capability)) return lookup_error();
  return mailbox_send(current(), changetype<Mailbox>(capability.object), capability.badge, w0, w1, w2, w3);
}

/** r1: the sender's badge; r2 … r5: the words. */
export function gate_mailbox_receive(handle: u64): i64 {
  const domain = current();
  const mailbox = lookup_object<Mailbox>(domain, handle, rights.TYPE_MAILBOX, rights.MAILBOX_RECEIVE);
  if (is_none(mailbox)) return lookup_error();
  if (domain.memory_pages == 0) return E_ADDRESS;
  return mailbox_receive(mailbox, page_lookup(domain.root_physical, domain.memory_base) + MESSAGE + 8);
}

export function gate_mailbox_bind(handle: u64, edge: u64, notification_handle: u64, bits: u64): i64 {
  if (edge > MAILBOX_ROOM) return E_ARGUMENT;
  const right = edge == MAILBOX_READY ? rights.MAILBOX_RECEIVE : rights.MAILBOX_SEND;
  const mailbox = lookup_object<Mailbox>(current(), handle, rights.TYPE_MAILBOX, right);
  if (is_none(mailbox)) return lookup_error();
  const notification = notification_with(notification_handle, rights.NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  if (!bits_legal(bits)) return E_ARGUMENT;
  mailbox_bind(mailbox, edge, notification, bits);
  return 0;
}
