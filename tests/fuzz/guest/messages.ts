// Gates of what services are made of, each played in the kernel and in the model: resources, capabilities that travel, timed,
// cancelled and foreign calls, mailboxes, hooks, live replacement. Called by operations.ts for the higher half of the choices.

import { find, gate_methods, gate_mint, gate_next, index_of } from "../model/capabilities";
import * as ipc from "../model/ipc";
import * as life from "../model/life";
import * as messages from "../model/messages";
import * as n from "../model/numbers";
import * as replace from "../model/replace";
import { Actor } from "../model/world";
import { badge_word, BITS, deadline, handle, pick, rights_of, some_rights, u } from "./choose";
import { word } from "./bytes";
import * as host from "./host";
import { again, call, FOREIGN, give_way, PLAIN, TIMED } from "./operations";
import { adopt, answered, badge_of, expect, world } from "./processor";
import { machine_step } from "./machine";
import { tell } from "./say";
import { scheduling_step } from "./scheduling";

export function mint(actor: Actor, endpoint: f64, tag: f64, rights: f64): void {
  tell(<u32>actor.id, "cap_mint", endpoint, tag, rights);
  const expected = gate_mint(world, actor, endpoint, tag, rights);
  answered(actor, expected, host.gate_cap_mint(u(endpoint), u(tag), u(rights)), true);
}

/** Method m may be called if bit m of `methods` is set, with right (first + m * step) mod 16. */
export function methods(actor: Actor, endpoint: f64, bits: u32, first: u32, step: u32): void {
  tell(<u32>actor.id, "endpoint_methods", endpoint, <f64>bits, <f64>first, <f64>step);
  const list: f64[] = [];
  let low: u64 = 0,
    high: u64 = 0;
  for (let m: u32 = 0; m < 32; m++) {
    const right = (first + m * step) & 15;
    list.push((bits >> m) & 1 ? <f64>right : -1);
    if (m < 16) low |= (<u64>right) << (m << 2);
    else high |= (<u64>right) << ((m - 16) << 2);
  }
  const expected = gate_methods(actor, endpoint, list);
  answered(actor, expected, host.gate_endpoint_methods(u(endpoint), low, high, <u64>bits), false);
}

function offer(actor: Actor, to: f64, what: f64, rights: f64): void {
  tell(<u32>actor.id, "offer", to, what, rights);
  const expected = messages.gate_offer(actor, to, what, rights);
  answered(actor, expected, host.gate_offer(u(to), u(what), u(rights)), false);
}

function accept(actor: Actor, from: f64): void {
  tell(<u32>actor.id, "accept", from);
  const expected = messages.gate_accept(world, actor, from);
  answered(actor, expected, host.gate_accept(u(from)), true);
}

function cancel(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "cancel", domain);
  const expected = ipc.gate_cancel(world, actor, domain);
  answered(actor, expected, host.gate_cancel(u(domain)), false);
}

/** The capability goes into the other domain's space: its handle is no answer. */
function personality(actor: Actor, domain: f64, endpoint: f64, badge: f64): void {
  tell(<u32>actor.id, "domain_personality", domain, endpoint, badge);
  const expected = life.gate_personality(world, actor, domain, endpoint, badge);
  const actual = host.gate_domain_personality(u(domain), u(endpoint), badge_word(badge));
  const made = world.made;
  if (expected == 0 && actual == 0) {
    const target = made!.owner;
    target.personality = <f64>host.kernel_personality(<u32>target.id);
    adopt(made!, target.personality);
  }
  answered(actor, expected, actual, false);
}

export function mailbox_create(actor: Actor, self: f64, capacity: f64): void {
  tell(<u32>actor.id, "mailbox_create", self, capacity);
  const expected = messages.gate_mailbox_create(world, actor, self, capacity);
  answered(actor, expected, host.gate_mailbox_create(u(self), u(capacity)), true);
}

let sent: f64 = 0;
function send(actor: Actor, mailbox: f64): void {
  sent += 1;
  tell(<u32>actor.id, "mailbox_send", mailbox, sent);
  const expected = messages.gate_send(world, actor, mailbox, sent);
  answered(actor, expected, host.gate_mailbox_send(u(mailbox), u(sent), 2, 3, 4), false);
}

function receive(actor: Actor, mailbox: f64): void {
  tell(<u32>actor.id, "mailbox_receive", mailbox);
  const expected = messages.gate_receive(actor, mailbox);
  const actual = host.gate_mailbox_receive(u(mailbox));
  if (expected >= 0) {
    const id = <u32>actor.id;
    expect("the sender's badge", messages.received_badge, badge_of(host.kernel_word(id, 1)));
    expect("the first word", messages.received_first, <f64>host.kernel_word(id, 2));
    expect("the last word", 4, <f64>host.kernel_word(id, 5));
  }
  answered(actor, expected, actual, false);
}

function mailbox_bind(actor: Actor, mailbox: f64, edge: f64, notification: f64, bits: f64): void {
  tell(<u32>actor.id, "mailbox_bind", mailbox, edge, notification, bits);
  const expected = messages.gate_mailbox_bind(world, actor, mailbox, edge, notification, bits);
  answered(actor, expected, host.gate_mailbox_bind(u(mailbox), u(edge), u(notification), u(bits)), false);
}

function hook(actor: Actor, system: f64, what: u32, subject: f64, notification: f64, bits: f64): void {
  tell(<u32>actor.id, "hook_attach", system, <f64>what, subject, notification);
  const expected = messages.gate_hook(
    world,
    actor,
    system,
    <f64>(what & 255),
    <f64>(what >> 8),
    subject,
    notification,
    bits,
  );
  answered(actor, expected, host.gate_hook_attach(u(system), what, u(subject), u(notification), u(bits)), true);
}

/** How often the scheduler chose is the kernel's business. */
function hook_met(actor: Actor, handle: f64): void {
  tell(<u32>actor.id, "hook_met", handle);
  let expected = messages.gate_hook_met(actor, handle);
  const actual = host.gate_hook_met(u(handle));
  if (expected >= 0 && find(actor, handle)!.thing.point == n.HOOK_POINT_SCHEDULE) expected = <f64>actual;
  answered(actor, expected, actual, false);
}

function hook_detach(actor: Actor, handle: f64): void {
  tell(<u32>actor.id, "hook_detach", handle);
  const expected = messages.gate_hook_detach(world, actor, handle);
  answered(actor, expected, host.gate_hook_detach(u(handle)), false);
}

function hold(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "domain_hold", domain);
  const expected = replace.gate_hold(actor, domain);
  answered(actor, expected, host.gate_domain_hold(u(domain)), false);
}

function let_go(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "domain_release", domain);
  const expected = replace.gate_release(actor, domain);
  answered(actor, expected, host.gate_domain_release(u(domain)), false);
}

let replaced_by: u64 = 0;
function replace_with(actor: Actor, domain: f64, successor: f64): void {
  tell(<u32>actor.id, "domain_replace", domain, successor);
  const expected = replace.gate_replace(world, actor, domain, successor);
  replaced_by = u(successor);
  answered(
    actor,
    expected,
    again((h) => host.gate_domain_replace(h, replaced_by), u(domain)),
    false,
  );
}

function next(actor: Actor, domain: f64, cursor: f64): void {
  tell(<u32>actor.id, "cap_next", domain, cursor);
  const expected = gate_next(actor, domain, cursor);
  const actual = host.gate_cap_next(u(domain), u(cursor));
  if (expected > 0) {
    const target = find(actor, domain)!.thing.actor!;
    const id = <u32>actor.id;
    const found = find(target, <f64>host.kernel_word(id, 1));
    if (found === null) expect("a handle that is listed", expected, 0);
    expect("type and rights", found!.type + found!.rights * 4294967296.0, <f64>host.kernel_word(id, 2));
    expect("badge", found!.badge, badge_of(host.kernel_word(id, 3)));
    expect("parent", found!.parent === null ? 0 : found!.parent!.handle, <f64>host.kernel_word(id, 5));
  }
  answered(actor, expected, actual, false);
}

function endpoint_status(actor: Actor, endpoint: f64, field: f64): void {
  tell(<u32>actor.id, "endpoint_status", endpoint, field);
  const expected = life.gate_endpoint_status(actor, endpoint, field);
  answered(actor, expected, host.gate_endpoint_status(u(endpoint), u(field)), false);
}

const CAPACITIES: StaticArray<f64> = [1, 2, 3, 64, 65, 4096, 0, 4097, 9007199254740992.0];

/** `choice` is below 80. */
export function message_step(actor: Actor, choice: u32): void {
  if (choice < 20) resources(actor, choice);
  else if (choice < 40) boxes(actor, choice - 20);
  else if (choice < 60) replacements(actor, choice - 40);
  else if (choice < 67) hooks(actor, choice - 60);
  else if (choice < 70) give_way(actor);
  else scheduling_step(actor);
}

function resources(actor: Actor, choice: u32): void {
  if (choice < 4) {
    mint(actor, handle(actor, n.TYPE_ENDPOINT), pick(BITS), word.byte() < 250 ? <f64>word.byte() : 65536);
  } else if (choice < 6) {
    const bits = word.byte() * 0x0101_0101;
    methods(actor, handle(actor, n.TYPE_ENDPOINT), bits, word.below(16), word.below(4));
  } else if (choice < 10) {
    const to = handle(actor, n.TYPE_RESOURCE);
    call(actor, to, <f64>word.below(34), (word.byte() & 3) == 0 ? 1 : PLAIN, n.FOREVER);
  } else if (choice < 15) {
    const what = handle(actor, 0);
    offer(actor, partner(actor), what, some_rights(rights_of(actor, what)));
  } else if (choice < 18) accept(actor, partner(actor));
  else machine_step(actor);
}

/** With whom a capability is exchanged: the caller, a Reply's, or an endpoint's server. */
function partner(actor: Actor): f64 {
  const choice = word.byte();
  return choice < 100 ? 0 : handle(actor, choice < 180 ? n.TYPE_ENDPOINT : n.TYPE_REPLY);
}

function boxes(actor: Actor, choice: u32): void {
  if (choice < 3) mailbox_create(actor, handle(actor, n.TYPE_DOMAIN), pick(CAPACITIES));
  else if (choice < 9) send(actor, handle(actor, n.TYPE_MAILBOX));
  else if (choice < 13) receive(actor, handle(actor, n.TYPE_MAILBOX));
  else if (choice < 16) {
    const mailbox = handle(actor, n.TYPE_MAILBOX);
    mailbox_bind(actor, mailbox, <f64>word.below(3), handle(actor, n.TYPE_NOTIFICATION), pick(BITS));
  } else if (choice < 18) {
    const cursor = world.handles[<i32>word.byte() % world.handles.length];
    next(actor, handle(actor, n.TYPE_DOMAIN), (word.byte() & 3) == 0 ? 0 : index_of(cursor));
  } else endpoint_status(actor, handle(actor, n.TYPE_ENDPOINT), <f64>word.below(4));
}

function replacements(actor: Actor, choice: u32): void {
  const domain = handle(actor, n.TYPE_DOMAIN);
  if (choice < 4) hold(actor, domain);
  else if (choice < 6) let_go(actor, domain);
  else if (choice < 10) replace_with(actor, domain, handle(actor, n.TYPE_DOMAIN));
  else if (choice < 12) cancel(actor, domain);
  else if (choice < 14) personality(actor, domain, handle(actor, n.TYPE_ENDPOINT), <f64>word.below(4));
  else if (choice < 16) call(actor, 0, <f64>word.below(3), FOREIGN, n.FOREVER);
  else call(actor, handle(actor, n.TYPE_ENDPOINT), 0, TIMED, deadline());
}

function hooks(actor: Actor, choice: u32): void {
  if (choice < 4) {
    const what = word.below(4) | (word.below(3) << 8);
    const subject = (word.byte() & 1) == 0 ? 0 : handle(actor, (word.byte() & 1) == 0 ? n.TYPE_DOMAIN : 0);
    const bell = (word.byte() & 1) == 0 ? 0 : handle(actor, n.TYPE_NOTIFICATION);
    hook(actor, handle(actor, n.TYPE_SYSTEM), what, subject, bell, pick(BITS));
  } else if (choice < 5) hook_met(actor, handle(actor, n.TYPE_HOOK));
  else hook_detach(actor, handle(actor, n.TYPE_HOOK));
}
