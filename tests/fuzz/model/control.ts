// Scheduling contexts and scheduler services in the model: when a thread may run that the kernel's minimum does not schedule alone.
// Called wherever a thread becomes ready, stops, or is looked at by the scheduler. Times in nanoseconds.

import { scaled } from "./bits.ts";
import { cap_first, find, refusal, release } from "./capabilities.ts";
import { bits_legal, signal, thread_ready } from "./ipc.ts";
import * as n from "./numbers.ts";
import {
  type Actor,
  type Cap,
  charge_small,
  clock,
  is_alive,
  THREAD_BLOCKED,
  THREAD_NONE,
  THREAD_PAUSED,
  THREAD_READY,
  THREAD_RUNNING,
  type Thing,
  type Thread,
  thing_make,
  uncharge_small,
  type World,
} from "./world.ts";

const BUDGET_LEAST: number = 50000;
const PERIOD_MOST: number = 4000000000;
const SLICE_LEAST: number = 50000;
const SLICE_MOST: number = 100000000;
const PATIENCE: number = 50000000;
const SCHEDULERS_MAX: number = 8;
const U32_MAX: number = 4294967295;

const EVENT_ATTACHED: number = 1;
const EVENT_DETACHED: number = 2;
const EVENT_READY: number = 3;
const EVENT_EXPIRED: number = 4;
const EVENT_YIELDED: number = 5;
const EVENT_WITHDRAWN: number = 6;
const EVENT_BLOCKED: number = 7;

function is_context(thread: Thread): boolean {
  return (thread.control as Thing).type === n.TYPE_CONTEXT;
}

export function is_scheduled(thread: Thread): boolean {
  return thread.control !== null && !is_context(thread);
}

/** Something happened to the thread: its service is told when somebody is chosen. */
function post(thread: Thread, event: number): void {
  const scheduler = thread.control as Thing;
  scheduler.written += 1;
  thread.event = event;
  if (clock.untold.indexOf(scheduler) < 0) clock.untold.push(scheduler);
}

/** Every service with news is told, by place. */
export function tell_schedulers(): void {
  const told = clock.untold;
  clock.untold = [] as Thing[];
  for (let place = 0; place < SCHEDULERS_MAX; place++) {
    for (let i = 0; i < told.length; i++) {
      const scheduler = told[i] as Thing;
      if (scheduler.place === place) signal(scheduler.notification as Thing, scheduler.irq_bits);
    }
  }
}

/** The first place that no scheduler at work has; SCHEDULERS_MAX: there is none. */
function free_place(world: World): number {
  for (let place = 0; place < SCHEDULERS_MAX; place++) {
    let taken = false;
    for (let i = 0; i < world.things.length; i++) {
      const one = world.things[i] as Thing;
      if (one.service !== null && one.place === place) taken = true;
    }
    if (!taken) return place;
  }
  return SCHEDULERS_MAX;
}

function pause(thread: Thread, deadline: number): void {
  thread.state = THREAD_PAUSED;
  thread.pause = deadline;
}

function charge(thread: Thread): void {
  const ran = clock.now - thread.charged_at;
  thread.charged_at = clock.now;
  thread.allowed -= ran;
  const control = thread.control as Thing;
  if (is_context(thread)) control.used = Math.min(U32_MAX, control.used + ran);
}

/** What is due comes back; is there something to run on? */
function open(context: Thing): boolean {
  const thread = context.thread as Thread;
  if (context.later !== 0 && context.later_at <= clock.now) {
    thread.allowed += context.later;
    context.later = 0;
  }
  if (context.used === 0) context.since = clock.now;
  return thread.allowed > 0;
}

/** A stretch of running is over: what it used comes back a period after its beginning, later for what was overrun. */
function close(context: Thing): void {
  if (context.used === 0) return;
  const debt = Math.max(0, -(context.thread as Thread).allowed);
  const at = context.since + context.period + scaled(context.period, debt, context.budget);
  context.later_at = context.later === 0 ? at : Math.max(at, context.later_at);
  context.later = Math.min(U32_MAX, context.later + context.used);
  context.used = 0;
}

/** May the thread, which can run, be queued now? */
export function control_ready(thread: Thread): boolean {
  if (thread.state === THREAD_PAUSED) return false;
  const control = thread.control as Thing;
  if (is_context(thread)) {
    if (open(control)) return true;
    pause(thread, control.later_at);
    return false;
  }
  thread.allowed = 0;
  post(thread, EVENT_READY);
  pause(thread, clock.now + PATIENCE);
  return false;
}

/** It waits for something from now on; its state is still the old one. */
export function control_stopped(thread: Thread): void {
  if (thread.state === THREAD_PAUSED) thread.pause = -1;
  else if (thread.state === THREAD_RUNNING) charge(thread);
  if (is_context(thread)) close(thread.control as Thing);
  else post(thread, EVENT_BLOCKED);
}

/** Does anybody wait for a server in the middle of the thread's calls? */
export function is_wanted(thread: Thread): boolean {
  let at: Actor | null = thread.top;
  while (at !== null && at !== thread.home) {
    const here: Actor = at;
    if (here.queue.length > 0) return true;
    at = here.caller;
  }
  return false;
}

/** The scheduler looks at the running thread. */
export function control_ran(thread: Thread, yields: boolean): void {
  charge(thread);
  const control = thread.control as Thing;
  if (is_context(thread)) {
    if (thread.allowed > 0 || open(control) || is_wanted(thread)) return;
    close(control);
    if (!open(control)) pause(thread, control.later_at);
    return;
  }
  if (!yields && (thread.allowed > 0 || is_wanted(thread))) return;
  thread.allowed = 0;
  pause(thread, clock.now + PATIENCE);
  post(thread, yields ? EVENT_YIELDED : EVENT_EXPIRED);
}

/** Has it run too long, and nobody waits for what it holds? */
export function is_spent(thread: Thread): boolean {
  return thread.control !== null && thread.allowed <= 0 && !is_wanted(thread);
}

/** The kernel came to a thread of a context that is spent. */
export function control_adopt(thread: Thread): void {
  const context = thread.control as Thing;
  close(context);
  if (!open(context)) pause(thread, context.later_at);
}

/** Somebody waits for a server that this paused thread holds. */
export function control_relieve(thread: Thread): void {
  thread.pause = -1;
  thread.state = THREAD_READY;
}

/** The pause is over. */
export function control_expire(world: World, thread: Thread): void {
  thread.pause = -1;
  if (is_context(thread)) {
    thread.state = THREAD_BLOCKED;
    thread_ready(thread);
    return;
  }
  const scheduler = thread.control as Thing;
  let stuck = clock.now - scheduler.decided_at >= PATIENCE;
  for (let i = 0; i < scheduler.threads.length; i++) {
    const state = (scheduler.threads[i] as Thread).state;
    if (state === THREAD_READY || state === THREAD_RUNNING) stuck = false;
  }
  if (!stuck) {
    pause(thread, clock.now + PATIENCE);
    return;
  }
  const service = scheduler.service as Actor;
  policy_stop(world, scheduler);
  const supervisor = service.supervisor;
  if (supervisor !== null) signal(supervisor, service.supervisor_bits);
}

export function control_set(world: World, thread: Thread, control: Thing | null): void {
  const state = thread.state;
  if (thread.control !== null) control_leave(world, thread);
  if (control !== null) control.references += 1;
  thread.control = control;
  thread.allowed = 0;
  if (control !== null) {
    thread.charged_at = clock.now;
    if (is_context(thread)) {
      control.thread = thread;
      control.used = 0;
      control.later = 0;
      control.since = clock.now;
      thread.allowed = control.budget;
    }
  }
  if (state !== THREAD_READY && state !== THREAD_PAUSED) return;
  thread.state = THREAD_BLOCKED;
  thread_ready(thread);
}

function control_leave(world: World, thread: Thread): void {
  const control = thread.control as Thing;
  if (thread.state === THREAD_PAUSED) thread.pause = -1;
  if (is_context(thread)) {
    control.thread = null;
    thread.own = thread.born;
  } else {
    if (control.service !== null) post(thread, EVENT_DETACHED);
    control.threads.splice(control.threads.indexOf(thread), 1);
  }
  thread.control = null;
  release(world, control);
}

/** The thread's domain has ended. */
export function control_end(world: World, thread: Thread): void {
  control_leave(world, thread);
  thread.state = THREAD_NONE;
}

/** The scheduler is over: its threads are the kernel's again. */
export function policy_end(world: World, scheduler: Thing): void {
  const service = scheduler.service;
  if (service === null) return;
  scheduler.service = null;
  service.scheduler = null;
  while (scheduler.threads.length > 0) control_set(world, scheduler.threads[0] as Thread, null);
  const place = clock.untold.indexOf(scheduler);
  if (place >= 0) clock.untold.splice(place, 1);
  const bell = scheduler.notification as Thing;
  signal(bell, scheduler.irq_bits);
  release(world, bell);
  release(world, scheduler.region as Thing);
}

/** The same for one that somebody may be the last to hold. */
export function policy_stop(world: World, scheduler: Thing): void {
  scheduler.references += 1;
  policy_end(world, scheduler);
  release(world, scheduler);
}

function target_of(actor: Actor, handle: number): Actor {
  return (find(actor, handle) as Cap).thing.actor as Actor;
}

export function gate_context(
  world: World,
  actor: Actor,
  self: number,
  budget: number,
  period: number,
  priority: number,
): number {
  const why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  if (budget < BUDGET_LEAST || budget > period || period > PERIOD_MOST) return n.E_ARGUMENT;
  if (priority > (actor.home as Thread).own) return n.E_ARGUMENT;
  const payer = target_of(actor, self);
  if (!charge_small(payer)) return n.E_BUDGET;
  const context = thing_make(world, n.TYPE_CONTEXT, payer);
  context.budget = budget;
  context.period = period;
  context.priority = priority;
  return cap_first(world, actor, context, n.CONTEXT_ALL);
}

export function gate_context_bind(world: World, actor: Actor, handle: number, domain: number): number {
  let why = refusal(actor, handle, n.TYPE_CONTEXT, n.CONTEXT_BIND);
  if (why !== 0) return why;
  why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_START);
  if (why !== 0) return why;
  const context = (find(actor, handle) as Cap).thing;
  const target = target_of(actor, domain);
  const thread = target.home as Thread;
  if (!is_alive(target) || context.thread !== null || is_scheduled(thread)) return n.E_STATE;
  control_set(world, thread, context);
  thread.own = context.priority;
  return 0;
}

export function gate_scheduler(
  world: World,
  actor: Actor,
  domain: number,
  region: number,
  notification: number,
  bits: number,
): number {
  let why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  why = refusal(actor, region, n.TYPE_REGION, n.REGION_WRITE);
  if (why !== 0) return why;
  why = refusal(actor, notification, n.TYPE_NOTIFICATION, n.NOTIFICATION_SIGNAL);
  if (why !== 0) return why;
  const ring = (find(actor, region) as Cap).thing;
  const bell = (find(actor, notification) as Cap).thing;
  const service = target_of(actor, domain);
  if (!bits_legal(bits) || ring.borrowed || ring.pages !== ring.capacity) return n.E_ARGUMENT;
  if (!is_alive(service) || service.scheduler !== null || is_scheduled(service.home as Thread)) return n.E_STATE;
  if (!charge_small(service)) return n.E_BUDGET;
  const place = free_place(world);
  if (place === SCHEDULERS_MAX) {
    uncharge_small(service);
    return n.E_NO_MEMORY;
  }
  const scheduler = thing_make(world, n.TYPE_SCHEDULER, service);
  ring.references += 1;
  bell.references += 1;
  scheduler.service = service;
  scheduler.place = place;
  scheduler.region = ring;
  scheduler.notification = bell;
  scheduler.irq_bits = bits;
  scheduler.decided_at = clock.now;
  service.scheduler = scheduler;
  return cap_first(world, actor, scheduler, n.SCHEDULER_ALL);
}

export function gate_attach(world: World, actor: Actor, handle: number, domain: number, a: number, b: number): number {
  let why = refusal(actor, handle, n.TYPE_SCHEDULER, n.SCHEDULER_ATTACH);
  if (why !== 0) return why;
  why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_START);
  if (why !== 0) return why;
  const scheduler = (find(actor, handle) as Cap).thing;
  const target = target_of(actor, domain);
  if (scheduler.service === null || !is_alive(target) || target.scheduler !== null) return n.E_STATE;
  const thread = target.home as Thread;
  if (thread.control !== null) control_set(world, thread, null);
  scheduler.threads.unshift(thread);
  thread.a = a;
  thread.b = b;
  thread.control = scheduler;
  post(thread, EVENT_ATTACHED);
  thread.control = null;
  control_set(world, thread, scheduler);
  return 0;
}

export function gate_scheduling_release(world: World, actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_START);
  if (why !== 0) return why;
  const thread = target_of(actor, domain).home as Thread;
  if (thread.control === null) return n.E_STATE;
  control_set(world, thread, null);
  return 0;
}

/** The scheduler's thread whose home has this index. */
function thread_of(scheduler: Thing, number: number): Thread | null {
  for (let i = 0; i < scheduler.threads.length; i++) {
    const thread = scheduler.threads[i] as Thread;
    if (thread.home.id === number) return thread;
  }
  return null;
}

/** `is_stale`: the thread has had another event since the one that the decision goes by. */
export function gate_commit(actor: Actor, handle: number, number: number, slice: number, is_stale: boolean): number {
  const why = refusal(actor, handle, n.TYPE_SCHEDULER, n.SCHEDULER_COMMIT);
  if (why !== 0) return why;
  const scheduler = (find(actor, handle) as Cap).thing;
  if (scheduler.service === null) return n.E_STATE;
  if (slice < SLICE_LEAST || slice > SLICE_MOST) return n.E_ARGUMENT;
  const thread = thread_of(scheduler, number);
  if (thread === null) return n.E_ARGUMENT;
  if (is_stale) return n.E_STALE;
  if (thread.state !== THREAD_PAUSED) return n.E_STATE;
  scheduler.decided_at = clock.now;
  thread.pause = -1;
  thread.allowed = slice;
  thread.state = THREAD_READY;
  return 0;
}

export function gate_withdraw(actor: Actor, handle: number, number: number, is_stale: boolean): number {
  const why = refusal(actor, handle, n.TYPE_SCHEDULER, n.SCHEDULER_COMMIT);
  if (why !== 0) return why;
  const scheduler = (find(actor, handle) as Cap).thing;
  if (scheduler.service === null) return n.E_STATE;
  const thread = thread_of(scheduler, number);
  if (thread === null) return n.E_ARGUMENT;
  if (is_stale) return n.E_STALE;
  if (thread.state === THREAD_RUNNING) {
    thread.allowed = 0;
    return 0;
  }
  if (thread.state !== THREAD_READY) return n.E_STATE;
  pause(thread, clock.now + PATIENCE);
  thread.allowed = 0;
  post(thread, EVENT_WITHDRAWN);
  return 0;
}

/** Number of the scheduler's thread after `cursor`, the last one that joined first. */
export function gate_scheduled(actor: Actor, handle: number, cursor: number): number {
  const why = refusal(actor, handle, n.TYPE_SCHEDULER, n.SCHEDULER_COMMIT);
  if (why !== 0) return why;
  const scheduler = (find(actor, handle) as Cap).thing;
  if (scheduler.service === null) return n.E_STATE;
  if (cursor !== 0 && thread_of(scheduler, cursor) === null) return n.E_ARGUMENT;
  for (let i = 0; i < scheduler.threads.length; i++) {
    const number = (scheduler.threads[i] as Thread).home.id;
    if (cursor === 0) return number;
    if (cursor === number) cursor = 0;
  }
  return 0;
}

/** r2 of scheduler_next. */
export function scheduled_state(thread: Thread): number {
  if (thread.state === THREAD_READY || thread.state === THREAD_RUNNING) return 2;
  return thread.state === THREAD_PAUSED ? 1 : 0;
}
