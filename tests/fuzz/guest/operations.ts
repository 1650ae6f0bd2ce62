// Gates, each played in the kernel and in the model, and the choice of one by the input's bytes: calls, capabilities, memory,
// the life of domains, events. The others are in messages.ts.

import {
  find,
  gate_delete,
  gate_derive,
  gate_grant,
  gate_info,
  gate_move,
  gate_revoke,
  gate_revoke_all,
} from "../model/capabilities";
import * as ipc from "../model/ipc";
import * as life from "../model/life";
import * as memory from "../model/memory";
import * as n from "../model/numbers";
import { Actor, Cap, is_alive, Mapping, Thread, THREAD_BLOCKED, THREAD_RUNNING } from "../model/world";
import { word } from "./bytes";
import * as host from "./host";
import {
  answered,
  answered_or_switched,
  badge_of,
  expect,
  leave,
  line_interrupt,
  resume,
  schedule,
  tick,
  trapped,
  world,
} from "./processor";
import { BITS, badge_word, deadline, FIELDS, handle, INDICES, PAGES, pick, rights_of, some_rights, u } from "./choose";
import { message_step } from "./messages";
import { tell, tell_answer } from "./say";

export function derive(actor: Actor, handle: f64, rights: f64, badge: f64): void {
  tell(<u32>actor.id, "cap_derive", handle, rights, badge);
  const expected = gate_derive(world, actor, handle, rights, badge);
  answered(actor, expected, host.gate_cap_derive(u(handle), u(rights), badge_word(badge)), true);
}

export function grant(actor: Actor, domain: f64, handle: f64, rights: f64, badge: f64): void {
  tell(<u32>actor.id, "cap_grant", domain, handle, rights, badge);
  const expected = gate_grant(world, actor, domain, handle, rights, badge);
  answered(actor, expected, host.gate_cap_grant(u(domain), u(handle), u(rights), badge_word(badge)), true);
}

export function remove(actor: Actor, handle: f64): void {
  tell(<u32>actor.id, "cap_delete", handle);
  const expected = gate_delete(world, actor, handle);
  answered(actor, expected, host.gate_cap_delete(u(handle)), false);
}

export function revoke(actor: Actor, handle: f64): void {
  tell(<u32>actor.id, "cap_revoke", handle);
  const expected = gate_revoke(world, actor, handle);
  answered(
    actor,
    expected,
    again((h) => host.gate_cap_revoke(h), u(handle)),
    false,
  );
}

export function revoke_all(actor: Actor, handle: f64): void {
  tell(<u32>actor.id, "cap_revoke_all", handle);
  const expected = gate_revoke_all(world, actor, handle);
  answered(
    actor,
    expected,
    again((h) => host.gate_cap_revoke_all(h), u(handle)),
    false,
  );
}

export function move(actor: Actor, domain: f64, handle: f64): void {
  tell(<u32>actor.id, "cap_move", domain, handle);
  const expected = gate_move(world, actor, domain, handle);
  answered(actor, expected, host.gate_cap_move(u(domain), u(handle)), false);
}

const PIECES_MAX: u32 = 4096;
/** A gate that answers 1 wants to be called again; the model has no halves. */
export function again(gate: (handle: u64) => i64, handle: u64): i64 {
  for (let i: u32 = 0; i < PIECES_MAX; i++) {
    const answer = gate(handle);
    if (answer != 1) return answer;
  }
  return 1;
}

export function info(actor: Actor, handle: f64, field: f64): void {
  tell(<u32>actor.id, "cap_info", handle, field);
  const expected = gate_info(actor, handle, field);
  answered(actor, expected, host.gate_cap_info(u(handle), u(field)), false);
}

export function object_create(actor: Actor, self: f64, type: f64): void {
  const is_endpoint = type == n.TYPE_ENDPOINT;
  tell(<u32>actor.id, is_endpoint ? "endpoint_create" : "notification_create", self);
  const expected = life.gate_object(world, actor, self, type, is_endpoint ? n.ENDPOINT_ALL : n.NOTIFICATION_ALL);
  const actual = is_endpoint ? host.gate_endpoint_create(u(self)) : host.gate_notification_create(u(self));
  answered(actor, expected, actual, true);
}

export function serve(actor: Actor, endpoint: f64, domain: f64): void {
  tell(<u32>actor.id, "endpoint_bind", endpoint, domain);
  const expected = ipc.gate_serve(actor, endpoint, domain);
  answered(actor, expected, host.gate_endpoint_bind(u(endpoint), u(domain)), false);
}

export function notify(actor: Actor, handle: f64, bits: f64): void {
  tell(<u32>actor.id, "notify", handle, bits);
  const expected = ipc.gate_notify(actor, handle, bits);
  answered_or_switched(actor, expected, host.gate_notify(u(handle), u(bits)));
}

export function wait(actor: Actor, handle: f64, deadline: f64): void {
  tell(<u32>actor.id, "wait", handle, deadline);
  const expected = ipc.gate_wait(actor, handle, deadline);
  answered(actor, expected, host.gate_wait(u(handle), u(deadline)), false);
}

export function bind(actor: Actor, handle: f64): void {
  tell(<u32>actor.id, "notification_bind", handle);
  const expected = ipc.gate_bind(actor, handle);
  answered(actor, expected, host.gate_notification_bind(u(handle)), false);
}

export function timer(actor: Actor, handle: f64, deadline: f64, bits: f64): void {
  tell(<u32>actor.id, "timer_set", handle, deadline, bits);
  const expected = ipc.gate_timer(actor, handle, deadline, bits);
  answered(actor, expected, host.gate_timer_set(u(handle), u(deadline), u(bits)), false);
}

export function irq_bind(actor: Actor, irq: f64, handle: f64, bits: f64): void {
  tell(<u32>actor.id, "irq_bind", irq, handle, bits);
  const expected = ipc.gate_irq_bind(world, actor, irq, handle, bits);
  answered(actor, expected, host.gate_irq_bind(u(irq), u(handle), u(bits)), false);
}

export function supervise(actor: Actor, domain: f64, handle: f64, bits: f64): void {
  tell(<u32>actor.id, "domain_supervise", domain, handle, bits);
  const expected = ipc.gate_supervise(world, actor, domain, handle, bits);
  answered(actor, expected, host.gate_domain_supervise(u(domain), u(handle), u(bits)), false);
}

export function region_create(actor: Actor, self: f64, pages: f64, flags: f64): void {
  tell(<u32>actor.id, "region_create", self, pages, flags);
  const expected = memory.gate_region_create(world, actor, self, pages, flags);
  answered(actor, expected, host.gate_region_create(u(self), u(pages), u(flags)), true);
}

export function region_map(actor: Actor, handle: f64, index: f64, offset: f64, pages: f64, rights: f64): void {
  tell(<u32>actor.id, "region_map", handle, index, pages, rights);
  const expected = memory.gate_map(actor, handle, index, offset, pages, rights);
  answered(actor, expected, host.gate_region_map(u(handle), u(index), u(offset), u(pages), u(rights)), false);
}

export function region_unmap(actor: Actor, self: f64, index: f64, pages: f64): void {
  tell(<u32>actor.id, "region_unmap", self, index, pages);
  const expected = memory.gate_unmap(world, actor, self, index, pages);
  answered(actor, expected, host.gate_region_unmap(u(self), u(index), u(pages)), false);
}

export function code_load(actor: Actor, region: f64, offset: f64, length: f64, module: f64): void {
  tell(<u32>actor.id, "code_load", region, offset, length);
  const expected = life.gate_code_load(world, actor, region, offset, length, module);
  answered(actor, expected, host.gate_code_load(u(region), u(offset), u(length)), true);
}

/** `hw` with the enclave's bit. */
const DOMAIN_ENCLAVE: u64 = 0x1_0001;

export function domain_create(actor: Actor, self: f64, code: f64, mode: f64, priority: f64, budget: f64): void {
  tell(<u32>actor.id, "domain_create", self, code, mode + priority * 256, budget);
  const expected = life.gate_create(world, actor, self, code, mode, priority, budget);
  const packed = (mode == n.ISOLATION_ENCLAVE ? DOMAIN_ENCLAVE : <u64>mode) | ((<u64>priority) << 8);
  const actual = host.gate_domain_create(u(self), u(code), packed, u(budget));
  if (expected == 0 && actual > 0) world.made!.thing.actor!.id = <f64>host.kernel_domain_of(<u64>actual);
  answered(actor, expected, actual, true);
}

export function domain_map(
  actor: Actor,
  domain: f64,
  handle: f64,
  index: f64,
  offset: f64,
  pages: f64,
  rights: f64,
): void {
  const target = find(actor, domain);
  // An enclave gets a copy, which is its own memory: the model has none.
  if (target !== null && target.thing.type == n.TYPE_DOMAIN && target.thing.actor!.enclave) return;
  tell(<u32>actor.id, "domain_map", domain, handle, index, pages);
  const expected = memory.gate_domain_map(actor, domain, handle, index, offset, pages, rights);
  const span = u(offset) | (u(pages) << 32);
  answered(actor, expected, host.gate_domain_map(u(domain), u(handle), u(index), span, u(rights)), false);
}

export function share(actor: Actor, domain: f64, index: f64): void {
  tell(<u32>actor.id, "domain_memory", domain, index);
  const expected = memory.gate_share(actor, domain, index);
  answered(actor, expected, host.gate_domain_memory(u(domain), u(index)), false);
}

export function start(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "domain_start", domain);
  const expected = life.gate_start(actor, domain);
  answered(actor, expected, host.gate_domain_start(u(domain)), false);
}

export function stop(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "domain_stop", domain);
  const expected = life.gate_stop(world, actor, domain);
  const actual = host.gate_domain_stop(u(domain));
  if (is_alive(actor)) return answered(actor, expected, actual, false);
  schedule();
}

export function destroy(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "domain_destroy", domain);
  const expected = life.gate_destroy(world, actor, domain);
  answered(
    actor,
    expected,
    again((h) => host.gate_domain_destroy(h), u(domain)),
    false,
  );
}

export function status(actor: Actor, domain: f64, field: f64): void {
  tell(<u32>actor.id, "domain_status", domain, field);
  const expected = life.gate_status(actor, domain, field);
  answered(actor, expected, host.gate_domain_status(u(domain), u(field)), false);
}

/** How a call is made: plainly, with reply words, with a deadline too, or as a foreign import. */
export const PLAIN: u32 = 0;
export const TIMED: u32 = 2;
export const FOREIGN: u32 = 3;

/** Calls so far: the first word of the next one. */
let calls_made: u64 = 0;

export function call(actor: Actor, endpoint: f64, method: f64, kind: u32, until: f64): void {
  tell(<u32>actor.id, "call", endpoint, method, <f64>kind, until);
  host.kernel_call_with(u(method), ++calls_made);
  actor.first_word = <f64>calls_made;
  let expected: f64, actual: i64;
  if (kind == FOREIGN) {
    expected = ipc.gate_call_personality(world, actor, method);
    actual = host.kernel_call_personality();
  } else if (kind == TIMED) {
    expected = ipc.gate_call_until(world, actor, endpoint, method, until);
    actual = host.kernel_call_until(u(endpoint), u(until));
  } else {
    expected = ipc.gate_call(world, actor, endpoint, method);
    actual = host.kernel_call(u(endpoint), kind);
  }
  tell_answer(actual);
  const server = world.current!;
  if (server !== actor) {
    expect("the server that is entered", server.id, <f64>actual);
    expect("who runs", server.id, <f64>host.kernel_current());
    expect("badge", server.argument, badge_of(host.kernel_argument(<u32>server.id)));
    if (host.kernel_attention() != 0) schedule();
    return;
  }
  expect("answer", expected, <f64>actual);
  if (expected < 0) return leave(actor, expected, actual);
  host.kernel_suspend(0);
  schedule();
}

/** The thread gives way to its equals. */
export function give_way(actor: Actor): void {
  tell(<u32>actor.id, "yield");
  world.yielded = actor.thread;
  answered_or_switched(actor, 0, host.gate_yield());
}

export function finish(actor: Actor, result: f64): void {
  tell(<u32>actor.id, "return", result);
  ipc.activation_done(world, actor, result);
  const next = host.kernel_done(<i64>result);
  const client = world.current;
  if (client === null) {
    expect("who runs after a return", 0, <f64>next);
    return schedule();
  }
  expect("who gets the answer", client.id, <f64>next);
  if (host.kernel_attention() == 0) return resume(client);
  schedule();
}

function detach(actor: Actor): void {
  tell(<u32>actor.id, "detach");
  const expected = ipc.gate_detach(world, actor);
  answered(actor, expected, host.gate_detach(), true);
}

function reply(actor: Actor, handle: f64, result: f64): void {
  tell(<u32>actor.id, "reply", handle, result);
  const expected = ipc.gate_reply(world, actor, handle, result);
  answered(actor, expected, host.gate_reply(u(handle), <i64>result, 1, 2, 3, 4, 5), false);
}

function leave_for_good(actor: Actor, by_trap: bool): void {
  tell(<u32>actor.id, by_trap ? "trap" : "exit", 7);
  if (by_trap) {
    actor.trap_kind = 5;
    ipc.actor_end(world, actor, n.STATE_TRAPPED);
    host.gate_trap(5, 0x4000_0010, host.kernel_stack_top(<u32>actor.id) - 64);
  } else {
    actor.exit_status = 7;
    ipc.actor_end(world, actor, n.STATE_EXITED);
    host.gate_exit(7);
  }
  schedule();
}

const CAUSE_READ: u64 = 48;
const TRAP_OUT_OF_BOUNDS: f64 = 32;
const TRAP_STACK: f64 = 33;
const TRAP_MEMORY: f64 = 41;

/** A read of a page that is not there. */
function fault(actor: Actor, index: f64): void {
  if (index > 4296000000) return;
  const address = host.kernel_memory_base(<u32>actor.id) + <u64>index;
  const there = memory.present(actor, index);
  expect("a page is there", there ? 1 : 0, <f64>host.kernel_present(<u32>actor.id, address));
  if (there) return;
  tell(<u32>actor.id, "touch", index);
  fault_end(actor, memory.touch(actor, index), address, TRAP_OUT_OF_BOUNDS);
}

function fault_stack(actor: Actor, depth: f64): void {
  const address = host.kernel_stack_top(<u32>actor.id) - <u64>depth;
  if (host.kernel_present(<u32>actor.id, address) != 0) return;
  tell(<u32>actor.id, "push to depth", depth);
  const beyond = depth > life.STACK_BYTES;
  fault_end(
    actor,
    memory.touch_stack(actor, depth, life.STACK_BYTES),
    address,
    beyond ? TRAP_STACK : TRAP_OUT_OF_BOUNDS,
  );
}

function fault_end(actor: Actor, outcome: f64, address: u64, kind: f64): void {
  if (outcome != 0 && actor.id == 2 && word.byte() < 240) return;
  const id = <u32>actor.id;
  if (outcome != 0) {
    actor.trap_kind = outcome == 1 ? TRAP_MEMORY : kind;
    ipc.actor_end(world, actor, n.STATE_TRAPPED);
  }
  trapped(actor, CAUSE_READ, address, host.kernel_stack_top(id) - <u64>(word.byte() * 8));
  if (outcome == 0) expect("the page came", 1, <f64>host.kernel_present(id, address));
}

/** Bytes below choose among the gates of this file: 44, each four times. */
const FIRST_GATES: u32 = 176;

/** One gate of the current domain, or something that happens to it. */
export function op_step(): void {
  const actor = world.current!;
  const byte = word.byte();
  if (byte >= FIRST_GATES) return message_step(actor, byte - FIRST_GATES);
  const choice = byte % 44;
  if (choice < 10) calls(actor, choice);
  else if (choice < 20) capabilities(actor, choice - 10);
  else if (choice < 30) memories(actor, choice - 20);
  else if (choice < 38) lives(actor, choice - 30);
  else events(actor, choice - 38);
}

function calls(actor: Actor, choice: u32): void {
  if (choice < 3) call(actor, handle(actor, n.TYPE_ENDPOINT), 0, choice == 2 ? 1 : PLAIN, n.FOREVER);
  else if (choice < 6) finish(actor, <f64>word.byte());
  else if (choice == 6) detach(actor);
  else if (choice == 7) reply(actor, handle(actor, n.TYPE_REPLY), <f64>word.byte());
  else if (choice == 8) serve(actor, handle(actor, n.TYPE_ENDPOINT), handle(actor, n.TYPE_DOMAIN));
  else
    object_create(actor, handle(actor, n.TYPE_DOMAIN), (word.byte() & 1) == 0 ? n.TYPE_ENDPOINT : n.TYPE_NOTIFICATION);
}

function capabilities(actor: Actor, choice: u32): void {
  const chosen = handle(actor, 0);
  if (choice < 3) derive(actor, chosen, some_rights(rights_of(actor, chosen)), <f64>word.below(4));
  else if (choice < 6) {
    grant(actor, handle(actor, n.TYPE_DOMAIN), chosen, some_rights(rights_of(actor, chosen)), <f64>word.below(4));
  } else if (choice < 8) remove(actor, chosen);
  else if (choice == 8 && (word.byte() & 1) == 0) move(actor, handle(actor, n.TYPE_DOMAIN), chosen);
  else if (choice == 8 && (word.byte() & 3) == 0) revoke_all(actor, chosen);
  else if (choice == 8) revoke(actor, chosen);
  else info(actor, chosen, <f64>word.below(5) == 4 ? 9 : <f64>word.below(3));
}

function memories(actor: Actor, choice: u32): void {
  if (choice == 0) region_create(actor, handle(actor, n.TYPE_DOMAIN), pick(PAGES), <f64>((word.byte() % 9) / 4));
  else if (choice < 4) {
    const rights = word.byte() < 250 ? <f64>(1 + (word.byte() & 2)) : <f64>word.below(8);
    region_map(actor, handle(actor, n.TYPE_REGION), pick(INDICES), <f64>word.below(3), pick(PAGES), rights);
  } else if (choice == 4) region_unmap(actor, handle(actor, n.TYPE_DOMAIN), pick(INDICES), pick(PAGES));
  else if (choice == 5) {
    domain_map(
      actor,
      handle(actor, n.TYPE_DOMAIN),
      handle(actor, n.TYPE_REGION),
      pick(INDICES),
      <f64>word.below(3),
      pick(PAGES),
      1,
    );
  } else if (choice == 6) share(actor, handle(actor, n.TYPE_DOMAIN), word.byte() < 240 ? n.SHARE : pick(INDICES));
  else if (choice == 7) grow(actor, word.byte() < 240 ? word.below(4) : 0x4000 + word.below(2));
  else if (choice == 8)
    fault(actor, (word.byte() & 1) == 0 ? <f64>(word.byte() * 2048) : pick(INDICES) + <f64>(word.byte() * 8));
  else fault_stack(actor, <f64>(word.byte() * 512 + 8));
}

function grow(actor: Actor, delta: u32): void {
  tell(<u32>actor.id, "memory_grow", <f64>delta);
  const expected = memory.gate_grow(actor, <f64>delta);
  answered(actor, expected, host.gate_memory_grow(delta), false);
}

function lives(actor: Actor, choice: u32): void {
  const domain = handle(actor, n.TYPE_DOMAIN);
  if (choice == 0) {
    const module = word.below(4);
    const offset = module == 3 ? pick(PAGES) * 2048 : <f64>host.host_module_offset(module);
    const length = module == 3 ? pick(PAGES) * 4096 : <f64>host.host_module_length(module);
    for (let i: u32 = 0; module == 3 && i < 3; i++) {
      if (<f64>host.host_module_offset(i) == offset) return; // a module does lie there
    }
    code_load(actor, handle(actor, n.TYPE_REGION), offset, length, module == 3 ? -1 : <f64>module);
  } else if (choice == 1) {
    const budget = word.byte();
    const bytes = budget < 250 ? <f64>(budget * 2) * 4096 : pick(PAGES) * 4096;
    domain_create(actor, domain, handle(actor, n.TYPE_CODE), <f64>((word.byte() % 26) / 8), <f64>word.below(66), bytes);
  } else if (choice == 2) start(actor, domain);
  else if (choice == 3) stop(actor, domain);
  else if (choice == 4) destroy(actor, domain);
  else if (choice == 5) supervise(actor, domain, handle(actor, n.TYPE_NOTIFICATION), pick(BITS));
  else if (choice == 6) {
    // init's end ends nearly everything: seldom.
    if (actor.id != 2 || word.byte() > 240) leave_for_good(actor, (word.byte() & 1) != 0);
  } else status(actor, domain, pick(FIELDS));
}

function events(actor: Actor, choice: u32): void {
  if (choice == 0) notify(actor, handle(actor, n.TYPE_NOTIFICATION), pick(BITS));
  else if (choice == 1) wait(actor, handle(actor, n.TYPE_NOTIFICATION), deadline());
  else if (choice == 2) bind(actor, handle(actor, n.TYPE_NOTIFICATION));
  else if (choice == 3) timer(actor, handle(actor, n.TYPE_NOTIFICATION), deadline(), pick(BITS));
  else if (choice == 4) tick();
  else if ((word.byte() & 1) == 0) line_interrupt();
  else irq_bind(actor, handle(actor, n.TYPE_IRQ), handle(actor, n.TYPE_NOTIFICATION), pick(BITS));
}
