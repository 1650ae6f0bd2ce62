// A domain has one activation at a time: its start, an event, or a call. This file begins and ends
// activations; whoever waits for the domain gets it in turn, events and calls alternating.

import { CONTEXT_ENTER, CONTEXT_VOLUNTARY } from "../abi/layout";
import { E_PEER_FAULT } from "../abi/errors";
import { STATE_BUSY, STATE_HELD, STATE_IDLE } from "../abi/status";
import { Cpu, cpu, cpu_at, cpu_look } from "../cpu";
import { copied } from "../figures";
import { counter } from "../machine";
import { is_none, none, same } from "../none";
import {
  ACTIVATION_CALL,
  ACTIVATION_EVENT,
  ACTIVATION_NONE,
  ACTIVATION_WATCHED,
  Domain,
  timer_of_domain,
  WAIT_CALLEE,
  WAIT_NONE,
  WAIT_SERVER,
} from "../object/domain";
import { Notification } from "../object/object";
import { control_deadline, control_stopped } from "../thread/control";
import { unlink } from "../thread/queue";
import { thread_end, thread_ready, time_of, wake } from "../thread/scheduler";
import {
  Thread,
  thread_at,
  THREAD_BLOCKED,
  THREAD_HELD,
  THREAD_PAUSED,
  THREAD_READY,
  THREAD_RUNNING,
} from "../thread/thread";
import { timer_remove } from "../thread/timer";
import { trace, TRACE_RETURN, tracing } from "../trace";
import { inherit, inherit_at, priority_due } from "./inherit";
import { queue_insert, queue_priority, queue_remove } from "./queue";

/** Reply words r1 … r5. */
const WORDS_BYTES: u32 = 40;

/** Puts the domain on its own thread, about to enter `pc` with `argument`. The thread, which can run. */
@inline
function activation_prepare(domain: Domain, kind: u32, pc: u64, argument: u64): Thread {
  const home = thread_at(domain.index);
  domain.state = STATE_BUSY;
  domain.activation = kind;
  domain.caller = none<Domain>();
  domain.wants_words = 0;
  domain.context_kind = CONTEXT_ENTER;
  domain.enter_pc = pc;
  domain.badge = argument;
  domain.thread = home;
  home.top = domain;
  home.priority = max(home.base_priority, queue_priority(domain));
  return home;
}

/** The same, and the thread is ready. */
export function activation_begin(domain: Domain, kind: u32, pc: u64, argument: u64): void {
  thread_ready(activation_prepare(domain, kind, pc, argument));
}

/** The bits of the notification, some, that the idle domain is bound to enter it. Its thread, which can run. */
@inline
export function event_prepare(domain: Domain, notification: Notification): Thread {
  const bits = notification.bits;
  notification.bits = 0;
  domain.turn = 1;
  return activation_prepare(domain, ACTIVATION_EVENT, domain.event_entry, bits);
}

/** Pending bits of the bound notification enter the idle domain; false: there are none. */
function event_begin(domain: Domain): bool {
  const notification = domain.bound;
  if (is_none(notification) || notification.bits == 0) return false;
  thread_ready(event_prepare(domain, notification));
  return true;
}

/** A call with a deadline must be seen at its end, for its timer; and every one while tracing. */
@inline
export function call_kind(client: Domain): u32 {
  return timer_of_domain(client).position != 0 || tracing() ? ACTIVATION_WATCHED : ACTIVATION_CALL;
}

/** The first waiting caller gets the domain. */
function queued_call_begin(server: Domain): void {
  const client = server.queue;
  queue_remove(client);
  const thread = client.thread;
  server.turn = 0;
  server.state = STATE_BUSY;
  server.activation = call_kind(client);
  server.caller = client;
  server.thread = thread;
  server.wants_words = client.queued_words;
  server.context_kind = CONTEXT_ENTER;
  server.enter_pc = server.handler;
  server.badge = client.queued_badge;
  server.method = client.method;
  server.word0 = client.word0;
  server.word1 = client.word1;
  server.word2 = client.word2;
  server.word3 = client.word3;
  server.word4 = client.word4;
  server.word5 = client.word5;
  client.wait = WAIT_CALLEE;
  thread.top = server;
  thread_ready(thread);
}

/** The domain's activation has ended: the next one begins, or it is idle. */
export function activation_next(domain: Domain): void {
  domain.activation = ACTIVATION_NONE;
  if (!is_none(domain.holder)) {
    domain.state = STATE_HELD;
    return;
  }
  domain.state = STATE_IDLE;
  if (domain.turn == 0 && event_begin(domain)) return;
  if (!is_none(domain.queue)) queued_call_begin(domain);
  else event_begin(domain);
}

/** The handler of the current domain returned. Kernel index of the domain to resume with its result; 0: schedule. */
export function activation_done(result: i64): Domain {
  const block = cpu(),
    domain = block.domain;
  const thread = domain.thread;
  trace(TRACE_RETURN, <u64>result, 0);
  if (!domain.is_call) {
    thread_end(thread);
    activation_next(domain);
    return none<Domain>();
  }
  const client = domain.caller;
  if (domain.wants_words) copied(WORDS_BYTES);
  answer(block, domain, client, result);
  if (domain.activation == ACTIVATION_CALL && !domain.is_wanted) {
    // Nobody waits for just this end, and nobody for the domain: as the gates' assembly has it (boot/<arch>/plain.S).
    domain.activation = ACTIVATION_NONE;
    domain.state = STATE_IDLE;
    return client;
  }
  timer_remove(timer_of_domain(client));
  activation_next(domain);
  inherit(thread);
  return client;
}

/** Its call is over: the context that the gate left behind, whose kind the shortest path does not write, can be resumed. */
@inline
function leave_callee(client: Domain): void {
  client.context_kind = CONTEXT_VOLUNTARY;
  client.wait = WAIT_NONE;
  client.callee = none<Domain>();
}

/** The call's thread goes back to the client, with its result. */
@inline
function answer(block: Cpu, domain: Domain, client: Domain, result: i64): void {
  leave_callee(client);
  client.result = result;
  domain.thread.top = client;
  block.domain = client;
}

/**
 * Moves the activation of `client`'s callee, and whatever it has called in turn, to the callee's own thread.
 * The client keeps its thread, blocked. Used when a reply is detached and when a client dies.
 */
export function thread_split(client: Domain): void {
  const old = client.thread,
    callee = client.callee;
  const fresh = thread_at(callee.index),
    top = old.top;
  const queued = top.wait == WAIT_SERVER;
  if (queued) queue_remove(top);
  fresh.top = top;
  for (let at = top; ; at = at.caller) {
    at.thread = fresh;
    if (same(at, callee)) break;
  }
  client.context_kind = CONTEXT_VOLUNTARY; // as leave_callee() says
  callee.caller = none<Domain>();
  callee.activation = ACTIVATION_EVENT;
  if (!is_none(old.control)) control_stopped(old);
  old.top = client;
  fresh.priority = priority_due(fresh);
  const state = old.state;
  if (state == THREAD_READY) unlink(old);
  old.state = THREAD_BLOCKED;
  fresh.state = state == THREAD_RUNNING ? THREAD_RUNNING : THREAD_BLOCKED;
  if (state == THREAD_RUNNING) {
    const block = cpu_at(old.cpu);
    old.time = time_of(old); // what it ran is its own, and not the callee's
    block.resumed_at = counter();
    fresh.cpu = old.cpu;
    block.thread = fresh;
    cpu_look(block);
    if (!is_none(fresh.control)) control_deadline(fresh);
  } else if (state == THREAD_READY || state == THREAD_PAUSED || state == THREAD_HELD) thread_ready(fresh);
  inherit(old);
  if (queued) {
    queue_insert(top);
    inherit_at(top.callee);
  }
}

/** The current call of a domain that is ending goes back to its caller as an error, or its thread ends. */
export function activation_abort(domain: Domain): void {
  const thread: Thread = domain.thread;
  if (domain.activation == ACTIVATION_NONE) return;
  const client = domain.caller;
  if (domain.is_call && !is_none(client)) {
    timer_remove(timer_of_domain(client));
    thread.top = client;
    leave_callee(client);
    client.result = E_PEER_FAULT;
    if (thread.state == THREAD_BLOCKED) thread_ready(thread);
    const block = cpu_at(thread.cpu);
    if (same(thread, block.thread)) cpu_look(block);
    if (thread.priority != thread.base_priority) inherit(thread); // it can only have lost what it inherited
  } else {
    thread_end(thread);
  }
  domain.activation = ACTIVATION_NONE;
  domain.caller = none<Domain>();
}

/** Everybody who waits for the domain's service gets the error. */
export function queue_abort(domain: Domain): void {
  while (!is_none(domain.queue)) {
    const client = domain.queue;
    queue_remove(client);
    wake(client, E_PEER_FAULT);
    client.callee = none<Domain>();
  }
}
