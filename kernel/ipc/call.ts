// Protected call: the client's thread enters the server's handler. This file checks and queues;
// the assembly moves the stack. docs/life-of-a-call.md follows one step by step.

import { E_ADDRESS, E_DEADLOCK, E_DENIED, E_HANDLE, E_NO_MEMORY, E_PEER_GONE, E_STATE, E_TIMEOUT } from "../abi/errors";
import { HOOK_POINT_CALL } from "../abi/ipc";
import { CONTEXT_VOLUNTARY, KERNEL_CAP_SIZE, KERNEL_CAPS, KERNEL_DOMAIN_MAX } from "../abi/layout";
import { ENDPOINT_CALL, TYPE_ENDPOINT, TYPE_REPLY, TYPE_RESOURCE } from "../abi/rights";
import { STATE_BUSY, STATE_CREATED, STATE_HELD, STATE_IDLE } from "../abi/status";
import { capability_delete, capability_first } from "../cap/derive";
import { revocations_pending } from "../cap/pending";
import { revocation_step } from "../cap/revoke";
import { Capability, lookup, lookup_error } from "../cap/table";
import { Cpu, cpu, current } from "../cpu";
import { is_none, none, same } from "../none";
import { ACTIVATION_WATCHED, Domain, timer_of_domain, WAIT_CALLEE, WAIT_REPLY, WAIT_SERVER } from "../object/domain";
import { Endpoint, object_error, object_pay, Reply } from "../object/object";
import { object_release } from "../object/release";
import { now_ns } from "../../hal/timer";
import { control_relieve } from "../thread/control";
import { thread_block, wake } from "../thread/scheduler";
import { THREAD_PAUSED } from "../thread/thread";
import { timer_insert, timer_remove, TIMER_WAIT } from "../thread/timer";
import { trace, TRACE_CALL } from "../trace";
import { call_kind, thread_split } from "./activation";
import { method_refused } from "./endpoint";
import { hook_denies, hooked } from "./hook";
import { inherit_at } from "./inherit";
import { queue_insert } from "./queue";

/** Why callable() found none. */
let call_error: i64 = 0;

/**
 * The capability by which `client` may make the call whose method lies in its entry arguments: to an endpoint with CALL, or a
 * resource with the right that its service asks for that method.
 */
function callable(client: Domain, handle: u64): Capability {
  const endpoint = lookup(client, handle, TYPE_ENDPOINT, ENDPOINT_CALL);
  call_error = lookup_error();
  if (!is_none(endpoint) || call_error != E_HANDLE) return endpoint;
  const resource = lookup(client, handle, TYPE_RESOURCE, 0);
  call_error = lookup_error();
  if (is_none(resource)) return resource;
  call_error = method_refused(changetype<Endpoint>(resource.object), resource.rights, client.method);
  return call_error == 0 ? resource : none<Capability>();
}

/**
 * > 0: address of the server's domain, entered; 0: queued, schedule; < 0: an error. `wants_words`: the answer brings r1 … r5. The
 * common case first, as the gates' assembly has it (boot/<arch>/plain.S), for callers and servers that it does not decide for.
 */
export function call_enter(handle: u64, wants_words: u32): i64 {
  const block = cpu(),
    client = block.domain,
    offset = <u32>handle * KERNEL_CAP_SIZE;
  if (offset < block.plain_bound) {
    const capability = changetype<Capability>(<usize>(KERNEL_CAPS + offset));
    if (capability.handle == handle && capability.key == client.endpoint_key && capability.is_current) {
      const server = changetype<Endpoint>(capability.object).server;
      if (!is_none(server) && server.state == STATE_IDLE && (!wants_words || both_have_memory(client, server))) {
        begin(block, client, server, capability, wants_words, call_kind(client));
        return <i64>changetype<usize>(server);
      }
    }
  }
  return call_enter_any(handle, wants_words);
}

/** Reply words lie in linear memory. */
@inline
function both_have_memory(client: Domain, server: Domain): bool {
  return client.memory_pages != 0 && server.memory_pages != 0;
}

function call_enter_any(handle: u64, wants_words: u32): i64 {
  const client = current();
  if (revocations_pending() != 0) revocation_step(); // that is why calls are slow now
  const capability = callable(client, handle);
  if (is_none(capability)) return call_error;
  if (hooked(HOOK_POINT_CALL) && hook_denies(HOOK_POINT_CALL, client.object.id, capability.object.id)) return E_DENIED;
  const server = changetype<Endpoint>(capability.object).server;
  if (is_none(server)) return E_PEER_GONE;
  if (wants_words && !both_have_memory(client, server)) return E_ADDRESS;
  if (server.state == STATE_IDLE) {
    trace(TRACE_CALL, server.index, 0);
    begin(cpu(), client, server, capability, wants_words, call_kind(client));
    return <i64>changetype<usize>(server);
  }
  if (server.state == STATE_HELD && same(server.holder, client)) {
    begin(cpu(), client, server, capability, wants_words, ACTIVATION_WATCHED);
    inherit_at(server); // whoever waits to be let in waits for this call too
    return <i64>changetype<usize>(server);
  }
  client.context_kind = CONTEXT_VOLUNTARY;
  return queue(client, server, capability, wants_words);
}

/**
 * The same with reply words and a deadline in nanoseconds since boot, which the handler sees as w5. When it passes the caller
 * goes on with E_TIMEOUT, wherever its call is: in the queue, in the handler, or detached.
 */
export function call_enter_until(handle: u64, deadline_ns: u64): i64 {
  const client = current();
  const timer = timer_of_domain(client);
  if (deadline_ns != u64.MAX_VALUE) {
    if (deadline_ns <= now_ns()) return E_TIMEOUT;
    timer.kind = TIMER_WAIT;
    if (!timer_insert(timer, deadline_ns)) return E_NO_MEMORY;
  }
  const answer = call_enter_any(handle, 1);
  if (answer < 0) timer_remove(timer);
  return answer;
}

/** The same on the endpoint behind the current domain's foreign imports. */
export function call_enter_personality(): i64 {
  const client = current();
  if (client.personality == 0) return E_HANDLE;
  return call_enter(client.personality, 0);
}

/** The idle server's handler gets the client's thread. */
@inline
function begin(block: Cpu, client: Domain, server: Domain, by: Capability, wants_words: u32, kind: u32): void {
  client.callee = server;
  client.context_kind = CONTEXT_VOLUNTARY;
  const thread = client.thread;
  client.wait = WAIT_CALLEE;
  server.state = STATE_BUSY;
  server.activation = kind;
  server.caller = client;
  server.thread = thread;
  server.wants_words = wants_words;
  server.badge = by.badge;
  changetype<Endpoint>(by.object).calls++;
  thread.top = server;
  block.domain = server;
}

/** The server is busy: wait for it, unless it waits for us. */
function queue(client: Domain, server: Domain, by: Capability, wants_words: u32): i64 {
  const state = server.state;
  if (state != STATE_BUSY && state != STATE_CREATED && state != STATE_HELD) return E_PEER_GONE;
  if (waits_for(server, client)) return E_DEADLOCK;
  changetype<Endpoint>(by.object).calls++;
  client.queued_badge = by.badge;
  client.queued_words = wants_words;
  client.callee = server;
  client.wait = WAIT_SERVER;
  queue_insert(client);
  if (server.state == STATE_BUSY && server.thread.state == THREAD_PAUSED) control_relieve(server.thread);
  thread_block(client.thread);
  inherit_at(server);
  return 0;
}

/**
 * Does the server's thread, through whatever it queues for or whose detached reply it waits for, come back to the client's thread?
 * A server that has detached a reply and is idle can still give it: the chain ends there.
 */
function waits_for(server: Domain, client: Domain): bool {
  let at = server;
  for (let i: u32 = 0; i < KERNEL_DOMAIN_MAX && at.state == STATE_BUSY; i++) {
    const thread = at.thread;
    if (same(thread, client.thread)) return true;
    const top = thread.top;
    if (top.wait != WAIT_SERVER && top.wait != WAIT_REPLY) return false;
    at = top.callee;
  }
  return false;
}

/** Detaches the call being handled; answers a one-shot Reply handle. The handler goes on on its own thread. */
export function detach(): i64 {
  const server = current();
  const client = server.caller;
  if (!server.is_call || is_none(client)) return E_STATE;
  const reply = changetype<Reply>(object_pay(TYPE_REPLY, server));
  if (is_none(reply)) return object_error;
  reply.client = client;
  reply.call_number = ++client.call_number;
  const handle = capability_first(server, reply, 0, 0);
  if (handle < 0) {
    // Nobody waits on this object yet: let it go without touching the client.
    reply.call_number--;
    object_release(reply);
    return handle;
  }
  reply.references--; // the capability alone keeps it
  thread_split(client);
  client.wait = WAIT_REPLY;
  client.queued_words = server.wants_words;
  server.wants_words = 0;
  return handle;
}

/** Another domain owes the answer now. */
export function reply_moved(reply: Reply, to: Domain): void {
  const client = reply.client;
  if (client.wait == WAIT_REPLY && client.call_number == reply.call_number) client.callee = to;
}

/** Answers a detached call. */
export function reply(handle: u64, status: i64, r1: u64, r2: u64, r3: u64, r4: u64, r5: u64): i64 {
  const server = current();
  const capability = lookup(server, handle, TYPE_REPLY, 0);
  if (is_none(capability)) return lookup_error();
  const object = changetype<Reply>(capability.object);
  const client = object.client;
  const waiting = client.wait == WAIT_REPLY && client.call_number == object.call_number;
  object.call_number = client.call_number - 1; // spent: dropping it wakes nobody
  if (waiting) {
    if (client.queued_words) {
      client.reply1 = r1;
      client.reply2 = r2;
      client.reply3 = r3;
      client.reply4 = r4;
      client.reply5 = r5;
      client.reply_pending = 1;
    }
    wake(client, status);
    client.callee = none<Domain>();
  }
  capability_delete(server, capability);
  return waiting ? 0 : E_PEER_GONE;
}
