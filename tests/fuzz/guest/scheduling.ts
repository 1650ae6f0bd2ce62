// Gates of scheduling contexts and of schedulers, each played in the kernel and in the model. Called by messages.ts.

import * as control from "../model/control";
import * as n from "../model/numbers";
import { Actor } from "../model/world";
import { BITS, handle, pick, u } from "./choose";
import { word } from "./bytes";
import * as host from "./host";
import { actor_of, answered, expect, long_tick, world } from "./processor";
import { tell } from "./say";

const BUDGETS: StaticArray<f64> = [50000, 100000, 1000000, 49999, 0, 4000000000, 9007199254740992.0];
const PERIODS: StaticArray<f64> = [100000, 1000000, 4000000000, 50000, 49999, 4000000001, 9007199254740992.0];
const SLICES: StaticArray<f64> = [50000, 200000, 100000000, 49999, 100000001, 9007199254740992.0];
const ANY_CPU: u64 = 0xffff_ffff_0000_0000;

export function context(actor: Actor, self: f64, budget: f64, period: f64, priority: f64): void {
  tell(<u32>actor.id, "context_create", self, budget, period, priority);
  const expected = control.gate_context(world, actor, self, budget, period, priority);
  answered(actor, expected, host.gate_context_create(u(self), u(budget), u(period), u(priority)), true);
}

function context_bind(actor: Actor, handle: f64, domain: f64): void {
  tell(<u32>actor.id, "context_bind", handle, domain);
  const expected = control.gate_context_bind(world, actor, handle, domain);
  answered(actor, expected, host.gate_context_bind(u(handle), u(domain)), false);
}

export function scheduler(actor: Actor, domain: f64, region: f64, bell: f64, bits: f64): void {
  tell(<u32>actor.id, "scheduler_create", domain, region, bell, bits);
  const expected = control.gate_scheduler(world, actor, domain, region, bell, bits);
  answered(actor, expected, host.gate_scheduler_create(u(domain), u(region), u(bell), u(bits)), true);
}

function attach(actor: Actor, handle: f64, domain: f64, a: f64, b: f64): void {
  tell(<u32>actor.id, "scheduler_attach", handle, domain, a, b);
  const expected = control.gate_attach(world, actor, handle, domain, a, b);
  answered(actor, expected, host.gate_scheduler_attach(u(handle), u(domain), u(a), u(b)), false);
}

function release(actor: Actor, domain: f64): void {
  tell(<u32>actor.id, "scheduling_release", domain);
  const expected = control.gate_scheduling_release(world, actor, domain);
  answered(actor, expected, host.gate_scheduling_release(u(domain)), false);
}

/** Some thread's number. */
function thread_number(): f64 {
  const choice = word.byte();
  return choice < 250 ? world.actors[<i32>choice % world.actors.length].id : <f64>(choice - 250) * 4095;
}

/** The number of the thread's last event, or another one. */
function sequence_of(number: f64, is_stale: bool): u64 {
  const sequence = actor_of(<u32>number) === null ? 1 : host.kernel_sequence(<u32>number);
  return is_stale ? sequence + 1 : sequence;
}

function commit(actor: Actor, handle: f64, number: f64, slice: f64, is_stale: bool, has_no_cpu: bool): void {
  tell(<u32>actor.id, "scheduler_commit", handle, number, slice);
  const sequence = sequence_of(number, is_stale);
  // There is one processor; another number is as bad as a slice of nothing.
  const expected = control.gate_commit(actor, handle, number, has_no_cpu ? 0 : slice, is_stale);
  const place = u(number) | (has_no_cpu ? 0x1_0000_0000 : ANY_CPU);
  answered(actor, expected, host.gate_scheduler_commit(u(handle), place, u(slice), sequence), false);
}

function withdraw(actor: Actor, handle: f64, number: f64, is_stale: bool): void {
  tell(<u32>actor.id, "scheduler_withdraw", handle, number);
  const sequence = sequence_of(number, is_stale);
  const expected = control.gate_withdraw(actor, handle, number, is_stale);
  answered(actor, expected, host.gate_scheduler_withdraw(u(handle), u(number), sequence), false);
}

function next(actor: Actor, handle: f64, cursor: f64): void {
  tell(<u32>actor.id, "scheduler_next", handle, cursor);
  const expected = control.gate_scheduled(actor, handle, cursor);
  const actual = host.gate_scheduler_next(u(handle), u(cursor));
  if (expected > 0) {
    const id = <u32>actor.id;
    const home = actor_of(<u32>expected)!.home!;
    expect("what the thread does", control.scheduled_state(home), <f64>host.kernel_word(id, 2));
    expect("first parameter", home.a, <f64>host.kernel_word(id, 4));
    expect("second parameter", home.b, <f64>host.kernel_word(id, 5));
  }
  answered(actor, expected, actual, false);
}

export function scheduling_step(actor: Actor): void {
  const choice = word.below(16);
  const domain = handle(actor, n.TYPE_DOMAIN);
  if (choice < 2) context(actor, domain, pick(BUDGETS), pick(PERIODS), <f64>word.below(66));
  else if (choice < 5) context_bind(actor, handle(actor, n.TYPE_CONTEXT), domain);
  else if (choice == 5)
    scheduler(actor, domain, handle(actor, n.TYPE_REGION), handle(actor, n.TYPE_NOTIFICATION), pick(BITS));
  else if (choice < 9) attach(actor, handle(actor, n.TYPE_SCHEDULER), domain, <f64>word.byte(), 7);
  else if (choice < 12) {
    const decider = handle(actor, n.TYPE_SCHEDULER);
    const flags = word.byte();
    commit(actor, decider, thread_number(), pick(SLICES), (flags & 7) == 7, (flags & 0x70) == 0x70);
  } else if (choice == 12) {
    withdraw(actor, handle(actor, n.TYPE_SCHEDULER), thread_number(), (word.byte() & 7) == 7);
  } else if (choice == 13) {
    next(actor, handle(actor, n.TYPE_SCHEDULER), (word.byte() & 1) == 0 ? 0 : thread_number());
  } else if (choice == 14) release(actor, domain);
  else long_tick();
}
