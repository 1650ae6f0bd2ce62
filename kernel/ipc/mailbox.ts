// Mailboxes: bounded rings of short messages (the sender's badge and four words) in frames of their payer's. A full one refuses, it never
// drops. It ends with its payer: whoever still holds a capability to it then learns so (E_PEER_GONE, later E_REVOKED).
// Invariant: head < capacity, count <= capacity; messages lie at head, head + 1, … modulo capacity.

import { E_DENIED, E_MAILBOX_EMPTY, E_MAILBOX_FULL, E_PEER_GONE } from "../abi/errors";
import { HOOK_POINT_MAILBOX, MAILBOX_READY } from "../abi/ipc";
import { copied } from "../figures";
import { load64, store64 } from "../machine";
import { is_none, none } from "../none";
import { is_alive } from "../object/destroy";
import { Domain } from "../object/domain";
import { Mailbox, Notification } from "../object/object";
import { region_frame } from "../object/region";
import { object_hold, object_release } from "../object/release";
import { hook_denies, hooked } from "./hook";
import { signal } from "./notification";

/** A message takes 64 bytes: badge, four words, and room to spare, so that none lies across two frames. */
const SLOT_SHIFT: u32 = 6;
/** Messages of one page of a ring. */
export const SLOTS_SHIFT: u32 = 12 - SLOT_SHIFT;
const MESSAGE_BYTES: u32 = 40;

export function mailbox_end(mailbox: Mailbox): void {
  if (!is_none(mailbox.ring)) object_release(mailbox.ring);
  if (!is_none(mailbox.ready)) object_release(mailbox.ready);
  if (!is_none(mailbox.room)) object_release(mailbox.room);
}

/** Physical address of message `i`, counted from the oldest. */
@inline
function slot(mailbox: Mailbox, i: u32): u64 {
  let place = mailbox.head + i;
  if (place >= mailbox.capacity) place -= mailbox.capacity;
  return region_frame(mailbox.ring, place >> SLOTS_SHIFT) + ((<u64>(place & 63)) << SLOT_SHIFT);
}

export function mailbox_send(sender: Domain, mailbox: Mailbox, badge: u64, w0: u64, w1: u64, w2: u64, w3: u64): i64 {
  if (!is_alive(mailbox.payer)) return E_PEER_GONE;
  if (hooked(HOOK_POINT_MAILBOX) && hook_denies(HOOK_POINT_MAILBOX, sender.object.id, mailbox.id)) return E_DENIED;
  const count = mailbox.count;
  if (count == mailbox.capacity) return E_MAILBOX_FULL;
  const at = slot(mailbox, count);
  store64(at, badge);
  store64(at + 8, w0);
  store64(at + 16, w1);
  store64(at + 24, w2);
  store64(at + 32, w3);
  mailbox.count = count + 1;
  copied(MESSAGE_BYTES);
  if (count == 0 && !is_none(mailbox.ready)) signal(mailbox.ready, mailbox.ready_bits);
  return 0;
}

/** Takes the oldest message: its badge and words go to the physical address `to`. Answers how many are left. */
export function mailbox_receive(mailbox: Mailbox, to: u64): i64 {
  const count = mailbox.count;
  if (count == 0) return E_MAILBOX_EMPTY;
  const at = slot(mailbox, 0);
  for (let offset: u64 = 0; offset < <u64>MESSAGE_BYTES; offset += 8) store64(to + offset, load64(at + offset));
  mailbox.head = mailbox.head + 1 == mailbox.capacity ? 0 : mailbox.head + 1;
  mailbox.count = count - 1;
  copied(MESSAGE_BYTES);
  if (count == mailbox.capacity && !is_none(mailbox.room)) signal(mailbox.room, mailbox.room_bits);
  return <i64>count - 1;
}

/** From now on the notification gets the bits at that edge; at once if the mailbox is past it already. */
export function mailbox_bind(mailbox: Mailbox, edge: u64, notification: Notification, bits: u64): void {
  object_hold(notification);
  let before = none<Notification>();
  let now = false;
  if (edge == MAILBOX_READY) {
    before = mailbox.ready;
    mailbox.ready = notification;
    mailbox.ready_bits = bits;
    now = mailbox.count != 0;
  } else {
    before = mailbox.room;
    mailbox.room = notification;
    mailbox.room_bits = bits;
    now = mailbox.count != mailbox.capacity;
  }
  if (!is_none(before)) object_release(before);
  if (now) signal(notification, bits);
}
