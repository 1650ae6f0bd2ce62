// Scheduling contexts and schedulers (docs/scheduling.md): how much a domain's thread may run, and which service decides when.
import * as phi from "./phi";
import { reply_word } from "./message";
export { CONTEXT_BIND, SCHEDULER_ATTACH, SCHEDULER_COMMIT } from "../../kernel/abi/rights";

/** A context, paid by `self`: at most `budget_ns` in each `period_ns`, at this priority, which is no higher than the caller's own. */
export function create_context(self: u64, budget_ns: u64, period_ns: u64, priority: u32): i64 {
  return phi.context_create(self, budget_ns, period_ns, priority);
}

/** The domain's thread runs by the context from now on. */
export function bind_context(context: u64, domain: u64): i64 {
  return phi.context_bind(context, domain);
}

/** `domain` decides about the threads that are attached: events go into the region, `bits` tell of news. */
export function create_scheduler(domain: u64, region: u64, notification: u64, bits: u64): i64 {
  return phi.scheduler_create(domain, region, notification, bits);
}

/** The scheduler decides about the domain's thread from now on; `a` and `b` are for its policy. */
export function attach(scheduler: u64, domain: u64, a: u64, b: u64): i64 {
  return phi.scheduler_attach(scheduler, domain, a, b);
}

/** The kernel's own priorities alone decide about the domain's thread from now on. */
export function release(domain: u64): i64 {
  return phi.scheduling_release(domain);
}

/** Thread number `thread` runs for a slice on processor `cpu` (ANY_CPU: whichever). E_STALE: it had another event since `sequence`. */
export function commit(scheduler: u64, thread: u32, cpu: u32, slice_ns: u64, sequence: u64): i64 {
  return phi.scheduler_commit(scheduler, (<u64>thread) | ((<u64>cpu) << 32), slice_ns, sequence);
}

/** Takes a decision back. */
export function withdraw(scheduler: u64, thread: u32, sequence: u64): i64 {
  return phi.scheduler_withdraw(scheduler, thread, sequence);
}

/** The thread after number `cursor` (0 at first), 0 at the end; then next_state … next_parameter_b tell about it. */
export function next(scheduler: u64, cursor: u32): i64 {
  return phi.scheduler_next(scheduler, cursor);
}

/** SCHEDULED_ of kernel/abi/schedule.ts. */
export function next_state(): u32 {
  return <u32>reply_word(2);
}

export function next_sequence(): u64 {
  return reply_word(1);
}

export function next_used_ns(): u64 {
  return reply_word(3);
}

export function next_parameter_a(): u64 {
  return reply_word(4);
}

export function next_parameter_b(): u64 {
  return reply_word(5);
}
