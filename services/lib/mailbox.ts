// Mailboxes: messages for somebody who reads them when it suits him. A message is a type and three words; its sender's badge comes with it.
// A full mailbox refuses (E_MAILBOX_FULL): the sender tries later, or is told when there is room. For fan-out send to several.
import * as phi from "./phi";
import { reply_word } from "./message";
import { MAILBOX_READY, MAILBOX_ROOM } from "../../kernel/abi/ipc";
export { MAILBOX_RECEIVE, MAILBOX_SEND } from "../../kernel/abi/rights";
export { MAILBOX_CAPACITY_MAX } from "../../kernel/abi/ipc";

/** A new mailbox (SEND RECEIVE SHARE) for `capacity` messages, paid by `self`; it ends with that domain. */
export function create(self: u64, capacity: u32): i64 {
  return phi.mailbox_create(self, capacity);
}

/** Puts a message in, or E_MAILBOX_FULL, E_PEER_GONE (its owner has ended), E_DENIED: then nothing was sent. SEND. */
// @ts-ignore: decorator
@inline
export function send(mailbox: u64, type: u32, a: u64 = 0, b: u64 = 0, c: u64 = 0): i64 {
  return phi.mailbox_send(mailbox, type, a, b, c);
}

/**
 * Takes the oldest message out: how many are left, or E_MAILBOX_EMPTY. message_… below tell about it until the next call with reply
 * words. RECEIVE.
 */
// @ts-ignore: decorator
@inline
export function receive(mailbox: u64): i64 {
  return phi.mailbox_receive(mailbox);
}

export function message_badge(): u64 {
  return reply_word(1);
}

export function message_type(): u32 {
  return <u32>reply_word(2);
}

/** Word 0, 1 or 2. */
export function message_word(index: u32): u64 {
  return reply_word(3 + index);
}

/** `bits` are signalled whenever the mailbox stops being empty, and now if it is not: then receive until it is. RECEIVE, SIGNAL. */
export function notify_ready(mailbox: u64, notification: u64, bits: u64): i64 {
  return phi.mailbox_bind(mailbox, MAILBOX_READY, notification, bits);
}

/** `bits` are signalled whenever the mailbox stops being full, and now if it is not. SEND, SIGNAL. */
export function notify_room(mailbox: u64, notification: u64, bits: u64): i64 {
  return phi.mailbox_bind(mailbox, MAILBOX_ROOM, notification, bits);
}
