// Calls, replies, notifications and the threads that they move, in the model. A thread is a chain of activations: the
// domain it belongs to at the bottom, each one's callee above it, the running one on top.

import { both, either } from "./bits.ts";
import { find, refusal, release, thing_dead, unserve } from "./capabilities.ts";
import {
  control_end,
  control_expire,
  control_ready,
  control_relieve,
  control_stopped,
  policy_stop,
} from "./control.ts";
import * as n from "./numbers.ts";
import {
  ACTIVATION_CALL,
  ACTIVATION_EVENT,
  ACTIVATION_NONE,
  type Actor,
  Cap,
  charge_small,
  clock,
  is_alive,
  THREAD_BLOCKED,
  THREAD_HELD,
  THREAD_NONE,
  THREAD_PAUSED,
  THREAD_READY,
  THREAD_RUNNING,
  type Thing,
  type Thread,
  thing_make,
  uncharge_small,
  WAIT_CALLEE,
  WAIT_NONE,
  WAIT_NOTIFICATION,
  WAIT_REPLY,
  WAIT_SERVER,
  type World,
} from "./world.ts";

export function thread_ready(thread: Thread): void {
  if (thread.state === THREAD_RUNNING || thread.state === THREAD_READY) return;
  if (thread.control !== null && !control_ready(thread)) return;
  thread.state = THREAD_READY;
}

function thread_block(thread: Thread): void {
  if (thread.control !== null) control_stopped(thread);
  thread.state = THREAD_BLOCKED;
}

/** The domain's thread may go on: its gate answers `result`. */
export function wake(actor: Actor, result: number): void {
  actor.wait = WAIT_NONE;
  actor.result = result;
  actor.deadline = -1;
  thread_ready(actor.thread as Thread);
}

export function release_call(client: Actor, result: number): void {
  client.callee = null;
  wake(client, result);
}

/** Who answers for the call that waits in `actor`'s place is on its own thread, about to be entered. */
export function activation_begin(actor: Actor, kind: number, argument: number): void {
  const home = actor.home as Thread;
  actor.state = n.STATE_BUSY;
  actor.activation = kind;
  actor.caller = null;
  actor.argument = argument;
  actor.entering = true;
  actor.thread = home;
  home.top = actor;
  thread_ready(home);
}

export function event_begin(actor: Actor): boolean {
  const bound = actor.bound;
  if (bound === null || bound.bits === 0) return false;
  const bits = bound.bits;
  bound.bits = 0;
  actor.turn = 1;
  activation_begin(actor, ACTIVATION_EVENT, bits);
  return true;
}

/** The domain has ended its activation: a waiting caller and a waiting event take turns. */
export function activation_next(actor: Actor): void {
  actor.activation = ACTIVATION_NONE;
  if (actor.holder !== null) {
    actor.state = n.STATE_HELD;
    return;
  }
  actor.state = n.STATE_IDLE;
  if (actor.turn === 0 && event_begin(actor)) return;
  if (actor.queue.length === 0) {
    event_begin(actor);
    return;
  }
  const client = actor.queue[0] as Actor;
  actor.queue.splice(0, 1);
  const thread = client.thread as Thread;
  actor.turn = 0;
  enter(actor, client, client.queued_badge);
  actor.entering = true;
  thread_ready(thread);
}

function enter(server: Actor, client: Actor, badge: number): void {
  const thread = client.thread as Thread;
  server.state = n.STATE_BUSY;
  server.activation = ACTIVATION_CALL;
  server.caller = client;
  server.thread = thread;
  server.argument = badge;
  client.callee = server;
  client.wait = WAIT_CALLEE;
  thread.top = server;
}

/** May the client call this method by this handle: of an endpoint, or of a resource that has the right for it? */
function uncallable(client: Actor, handle: number, method: number): number {
  let why = refusal(client, handle, n.TYPE_ENDPOINT, n.ENDPOINT_CALL);
  if (why !== n.E_HANDLE) return why;
  why = refusal(client, handle, n.TYPE_RESOURCE, 0);
  if (why !== 0) return why;
  const cap = find(client, handle) as Cap;
  const methods = cap.thing.methods;
  for (let i = 0; i < methods.length; i++) {
    if (i !== method || methods[i] === -1) continue;
    return has(cap, n.RESOURCE_RIGHT * 2 ** (methods[i] as number)) ? 0 : n.E_RIGHTS;
  }
  return n.E_METHOD;
}

/** The same with a time-out; FOREVER: without one. */
export function gate_call_until(world: World, client: Actor, handle: number, method: number, deadline: number): number {
  if (deadline !== n.FOREVER && deadline <= clock.now) return n.E_TIMEOUT;
  client.deadline = deadline;
  const answer = gate_call(world, client, handle, method);
  if (answer < 0) client.deadline = -1;
  return answer;
}

/** A foreign import's call. */
export function gate_call_personality(world: World, client: Actor, method: number): number {
  return client.personality === 0 ? n.E_HANDLE : gate_call(world, client, client.personality, method);
}

/** 0: the caller waits, or the server runs; else why not. `world.current` moves to the server that is entered. */
export function gate_call(world: World, client: Actor, handle: number, method: number): number {
  client.method = method;
  const why = uncallable(client, handle, method);
  if (why !== 0) return why;
  const cap = find(client, handle) as Cap;
  if (hooks_deny(world, n.HOOK_POINT_CALL, client.object, cap.thing)) return n.E_DENIED;
  const server = cap.thing.server;
  if (server === null) return n.E_PEER_GONE;
  if (server.state === n.STATE_IDLE || (server.state === n.STATE_HELD && server.holder === client)) {
    client.call_number += 1;
    cap.thing.calls += 1;
    enter(server, client, cap.badge);
    world.current = server;
    return 0;
  }
  client.call_number += 1;
  if (!is_alive(server)) return n.E_PEER_GONE;
  if (waits_for(server, client)) return n.E_DEADLOCK;
  const thread = client.thread as Thread;
  cap.thing.calls += 1;
  client.queued_badge = cap.badge;
  client.callee = server;
  client.wait = WAIT_SERVER;
  queue_up(server, client);
  const holder = server.thread;
  if (server.state === n.STATE_BUSY && holder !== null && holder.state === THREAD_PAUSED) control_relieve(holder);
  thread_block(thread);
  return 0;
}

/** Tells the hooks of a point; true: one of them refuses. */
export function hooks_deny(world: World, point: number, actor: Thing | null, object: Thing | null): boolean {
  let denied = false;
  for (let i = 0; i < world.hooks.length; i++) {
    const hook = world.hooks[i] as Thing;
    if (hook.point !== point) continue;
    if (hook.subject !== null && hook.subject !== actor && hook.subject !== object) continue;
    hook.met += 1;
    if (hook.denies) denied = true;
    const notification = hook.notification;
    if (notification !== null) signal(notification, hook.irq_bits);
  }
  return denied;
}

/** What the thread of `home` ought to have: the most of its own priority and of those who wait for servers on it. */
function due(home: Actor): number {
  const thread = home.home as Thread;
  let most = thread.own;
  if (thread.state === THREAD_NONE) return most;
  let at: Actor | null = thread.top;
  while (at !== null) {
    const here: Actor = at;
    if (here.queue.length > 0) most = Math.max(most, ((here.queue[0] as Actor).thread as Thread).priority);
    if (here === home) break;
    at = here.caller;
  }
  return most;
}

/** Priorities follow who waits for whom, through as many servers as there are; who waits himself moves in his queue. */
export function urgencies(world: World): void {
  let changed = true;
  for (let round = 0; round < 64 && changed; round++) {
    changed = false;
    for (let i = 0; i < world.actors.length; i++) {
      const home = world.actors[i] as Actor;
      const thread = home.home as Thread;
      const wanted = due(home);
      if (thread.priority === wanted) continue;
      changed = true;
      thread.priority = wanted;
      const top = thread.top;
      if (thread.state === THREAD_NONE || top.wait !== WAIT_SERVER) continue;
      const server = top.callee as Actor;
      server.queue.splice(server.queue.indexOf(top), 1);
      queue_up(server, top);
    }
  }
}

export function queue_up(server: Actor, client: Actor): void {
  const priority = (client.thread as Thread).priority;
  let place = 0;
  while (place < server.queue.length && ((server.queue[place] as Actor).thread as Thread).priority >= priority) place++;
  insert(server.queue, place, client);
}

/** splice() with an insertion, which asc's array has not. */
function insert(list: Array<Actor>, place: number, actor: Actor): void {
  list.push(actor);
  for (let i = list.length - 1; i > place; i--) {
    const before = list[i - 1] as Actor;
    list[i - 1] = list[i] as Actor;
    list[i] = before;
  }
}

function waits_for(server: Actor, client: Actor): boolean {
  let at: Actor = server;
  while (at.state === n.STATE_BUSY) {
    const thread = at.thread as Thread;
    if (thread === client.thread) return true;
    const top = thread.top;
    if ((top.wait !== WAIT_SERVER && top.wait !== WAIT_REPLY) || top.callee === null) return false;
    at = top.callee as Actor;
  }
  return false;
}

/** The running handler returns; `world.current` is then who goes on at once, or null: the scheduler decides. */
export function activation_done(world: World, actor: Actor, result: number): void {
  if (actor.activation !== ACTIVATION_CALL) {
    thread_end(actor.thread as Thread);
    activation_next(actor);
    world.current = null;
    return;
  }
  const client = actor.caller as Actor;
  actor.caller = null;
  client.wait = WAIT_NONE;
  client.callee = null;
  client.deadline = -1;
  client.result = result;
  (actor.thread as Thread).top = client;
  world.current = client;
  activation_next(actor);
}

function thread_end(thread: Thread): void {
  if (thread.control !== null) control_stopped(thread);
  thread.state = THREAD_NONE;
}

/** The callee of `client`, and whoever it called in turn, go on on the callee's own thread. */
function thread_split(world: World, client: Actor): void {
  const old = client.thread as Thread;
  const callee = client.callee as Actor;
  const fresh = callee.home as Thread;
  const top = old.top;
  const server = top.wait === WAIT_SERVER ? top.callee : null;
  if (server !== null) server.queue.splice(server.queue.indexOf(top), 1);
  fresh.top = top;
  let at: Actor = top;
  at.thread = fresh;
  while (at !== callee) {
    at = at.caller as Actor;
    at.thread = fresh;
  }
  callee.caller = null;
  callee.activation = ACTIVATION_EVENT;
  if (old.control !== null) control_stopped(old);
  old.top = client;
  fresh.priority = due(callee);
  const state = old.state;
  old.state = THREAD_BLOCKED;
  fresh.state = THREAD_BLOCKED;
  if (state === THREAD_RUNNING) {
    fresh.state = THREAD_RUNNING;
    fresh.charged_at = clock.now;
    world.running = fresh;
  } else if (state === THREAD_READY || state === THREAD_PAUSED || state === THREAD_HELD) {
    thread_ready(fresh);
  }
  // He waits by another priority from now on, and comes last among his equals.
  if (server !== null) queue_up(server, top);
}

/** 0 and a Reply in `world.made`, or why not. */
export function gate_detach(world: World, server: Actor): number {
  const client = server.caller;
  if (server.activation !== ACTIVATION_CALL || client === null) return n.E_STATE;
  if (!charge_small(server)) return n.E_BUDGET;
  const reply = thing_make(world, n.TYPE_REPLY, server);
  reply.client = client;
  reply.call_number = client.call_number;
  if (!charge_small(server)) {
    uncharge_small(server);
    thing_dead(world, reply);
    return n.E_BUDGET;
  }
  const cap = new Cap(server, reply, 0, 0);
  server.caps.push(cap);
  world.live_caps += 1;
  world.made = cap;
  thread_split(world, client);
  client.wait = WAIT_REPLY;
  return 0;
}

export function gate_reply(world: World, server: Actor, handle: number, status: number): number {
  const why = refusal(server, handle, n.TYPE_REPLY, 0);
  if (why !== 0) return why;
  const cap = find(server, handle) as Cap;
  const reply = cap.thing;
  const client = reply.client as Actor;
  const waiting = client.wait === WAIT_REPLY && client.call_number === reply.call_number;
  if (waiting) release_call(client, status);
  server.caps.splice(server.caps.indexOf(cap), 1);
  const parent = cap.parent;
  if (parent !== null) parent.children.splice(parent.children.indexOf(cap), 1);
  world.live_caps -= 1;
  uncharge_small(server);
  uncharge_small(reply.payer as Actor);
  thing_dead(world, reply);
  return waiting ? 0 : n.E_PEER_GONE;
}

export function bits_legal(bits: number): boolean {
  return bits !== 0 && bits < n.BIT_63;
}

export function signal(notification: Thing, bits: number): void {
  notification.bits = either(notification.bits, bits);
  const waiter = notification.waiter;
  if (waiter !== null) {
    const all = notification.bits;
    notification.bits = 0;
    notification.waiter = null;
    waiter.waits_on = null;
    wake(waiter, all);
    return;
  }
  const bound = notification.bound;
  if (bound !== null && bound.state === n.STATE_IDLE) event_begin(bound);
}

export function gate_notify(actor: Actor, handle: number, bits: number): number {
  const why = refusal(actor, handle, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  if (!bits_legal(bits)) return n.E_ARGUMENT;
  signal((find(actor, handle) as Cap).thing, bits);
  return 0;
}

export function gate_wait(actor: Actor, handle: number, deadline: number): number {
  const why = refusal(actor, handle, n.TYPE_NOTIFICATION, n.NOTIFICATION_WAIT);
  if (why !== 0) return why;
  const notification = (find(actor, handle) as Cap).thing;
  const bits = notification.bits;
  if (bits !== 0) {
    notification.bits = 0;
    return bits;
  }
  if (notification.waiter !== null) return n.E_STATE;
  const thread = actor.thread as Thread;
  if (deadline !== n.FOREVER) {
    if (deadline <= clock.now) return n.E_TIMEOUT;
    actor.deadline = deadline;
  }
  actor.wait = WAIT_NOTIFICATION;
  actor.waits_on = notification;
  notification.waiter = actor;
  thread_block(thread);
  return 0;
}

export function gate_bind(actor: Actor, handle: number): number {
  const why = refusal(actor, handle, n.TYPE_NOTIFICATION, n.NOTIFICATION_WAIT);
  if (why !== 0) return why;
  const notification = (find(actor, handle) as Cap).thing;
  if (notification.bound !== null && notification.bound !== actor) return n.E_STATE;
  const old = actor.bound;
  if (old !== null) old.bound = null;
  actor.bound = notification;
  notification.bound = actor;
  return 0;
}

export function gate_timer(actor: Actor, handle: number, deadline: number, bits: number): number {
  const why = refusal(actor, handle, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  const notification = (find(actor, handle) as Cap).thing;
  notification.deadline = -1;
  if (deadline === 0) return 0;
  if (!bits_legal(bits)) return n.E_ARGUMENT;
  notification.timer_bits = bits;
  notification.deadline = deadline;
  return 0;
}

/** Time has come to `now`: every deadline up to it passes, the earliest first. */
export function expire(world: World): void {
  for (;;) {
    let first = clock.now + 1;
    let thing: Thing | null = null;
    let sleeper: Actor | null = null;
    let paused: Thread | null = null;
    for (let i = 0; i < world.things.length; i++) {
      const at = world.things[i] as Thing;
      if (at.type !== n.TYPE_NOTIFICATION || at.deadline < 0 || at.deadline >= first) continue;
      first = at.deadline;
      thing = at;
    }
    for (let i = 0; i < world.actors.length; i++) {
      const at = world.actors[i] as Actor;
      if (at.wait === WAIT_NONE || at.deadline < 0 || at.deadline >= first) continue;
      first = at.deadline;
      thing = null;
      sleeper = at;
    }
    for (let i = 0; i < world.actors.length; i++) {
      const thread = (world.actors[i] as Actor).home as Thread;
      if (thread.pause < 0 || thread.pause >= first) continue;
      first = thread.pause;
      paused = thread;
    }
    if (paused !== null) control_expire(world, paused);
    else if (sleeper !== null) wait_break(world, sleeper, n.E_TIMEOUT);
    else if (thing !== null) {
      thing.deadline = -1;
      signal(thing, thing.timer_bits);
    } else {
      return;
    }
  }
}

/** The actor waits for nothing any more; a handler that answers it goes on, and its answer is dropped. */
function wait_leave(world: World, actor: Actor): void {
  actor.deadline = -1;
  const wait = actor.wait;
  actor.wait = WAIT_NONE;
  if (wait === WAIT_SERVER) {
    const server = actor.callee as Actor;
    server.queue.splice(server.queue.indexOf(actor), 1);
  } else if (wait === WAIT_NOTIFICATION) {
    (actor.waits_on as Thing).waiter = null;
    actor.waits_on = null;
  } else if (wait === WAIT_CALLEE) {
    thread_split(world, actor);
  }
  actor.callee = null;
}

/** The actor's wait ends with this answer. */
function wait_break(world: World, actor: Actor, answer: number): void {
  wait_leave(world, actor);
  wake(actor, answer);
}

export function gate_cancel(world: World, actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_CANCEL);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (target.wait === WAIT_NONE) return n.E_STATE;
  wait_break(world, target, n.E_CANCELLED);
  return 0;
}

/** Ends the domain, whatever it is doing. */
export function actor_end(world: World, actor: Actor, state: number): void {
  if (!is_alive(actor)) return;
  actor.state = state;
  wait_leave(world, actor);
  actor.call_number += 1;
  abort(actor);
  while (actor.queue.length > 0) {
    const client = actor.queue[0] as Actor;
    actor.queue.splice(0, 1);
    release_call(client, n.E_PEER_FAULT);
  }
  const bound = actor.bound;
  if (bound !== null) bound.bound = null;
  actor.bound = null;
  if (actor.holder !== null) let_go(actor);
  while (actor.holds.length > 0) let_go(actor.holds[0] as Actor);
  if (actor.scheduler !== null) policy_stop(world, actor.scheduler as Thing);
  const home = actor.home as Thread;
  if (home.control !== null) control_end(world, home);
  const supervisor = actor.supervisor;
  if (supervisor !== null) signal(supervisor, actor.supervisor_bits);
}

/** The holder lets the domain go: it serves everybody again. */
export function let_go(actor: Actor): void {
  const holds = (actor.holder as Actor).holds;
  holds.splice(holds.indexOf(actor), 1);
  actor.holder = null;
  if (actor.state === n.STATE_HELD) activation_next(actor);
}

/** The call that the domain was answering goes back as an error, or its own thread ends. */
function abort(actor: Actor): void {
  if (actor.activation === ACTIVATION_NONE) return;
  const thread = actor.thread as Thread;
  const client = actor.caller;
  if (actor.activation === ACTIVATION_CALL && client !== null) {
    thread.top = client;
    client.callee = null;
    client.wait = WAIT_NONE;
    client.deadline = -1;
    client.result = n.E_PEER_FAULT;
    if (thread.state === THREAD_BLOCKED) thread_ready(thread);
  } else {
    thread_end(thread);
  }
  actor.activation = ACTIVATION_NONE;
  actor.caller = null;
}

/** From now on calls on the endpoint go to the domain. */
export function gate_serve(actor: Actor, handle: number, domain: number): number {
  let why = refusal(actor, handle, n.TYPE_ENDPOINT, n.ENDPOINT_SERVE);
  if (why !== 0) return why;
  why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_GRANT);
  if (why !== 0) return why;
  const endpoint = (find(actor, handle) as Cap).thing;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (!is_alive(target)) return n.E_STATE;
  unserve(endpoint);
  endpoint.server = target;
  target.served.push(endpoint);
  return 0;
}

export function gate_irq_bind(world: World, actor: Actor, irq: number, handle: number, bits: number): number {
  let why = refusal(actor, irq, n.TYPE_IRQ, n.IRQ_BIND);
  if (why !== 0) return why;
  why = refusal(actor, handle, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  if (!bits_legal(bits)) return n.E_ARGUMENT;
  const line = (find(actor, irq) as Cap).thing;
  const notification = (find(actor, handle) as Cap).thing;
  const old = line.notification;
  notification.references += 1;
  if (old !== null) release(world, old);
  line.notification = notification;
  line.irq_bits = bits;
  return 0;
}

export function gate_supervise(world: World, actor: Actor, domain: number, handle: number, bits: number): number {
  let why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_INSPECT);
  if (why !== 0) return why;
  why = refusal(actor, handle, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  if (!bits_legal(bits)) return n.E_ARGUMENT;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (!is_alive(target)) return n.E_STATE;
  const notification = (find(actor, handle) as Cap).thing;
  const old = target.supervisor;
  notification.references += 1;
  if (old !== null) release(world, old);
  target.supervisor = notification;
  target.supervisor_bits = bits;
  return 0;
}

/** The interrupt of this line has arrived. */
export function interrupt(world: World, line: number): void {
  for (let i = 0; i < world.things.length; i++) {
    const at = world.things[i] as Thing;
    if (at.type !== n.TYPE_IRQ || at.line !== line) continue;
    const notification = at.notification;
    if (notification !== null) signal(notification, at.irq_bits);
  }
}

export function has(cap: Cap, right: number): boolean {
  return both(cap.rights, right) === right;
}
