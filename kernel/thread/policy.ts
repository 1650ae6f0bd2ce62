// The kernel's half of scheduling by a service (after ghOSt: Humphries et al., SOSP 2021): what happens to a thread goes
// into the service's ring, and the service's decisions queue it. Called by control.ts and kernel/gates/schedule.ts.
// Invariant: the kernel reads nothing from the ring; a scheduler's threads are the list from `first`, each with
// `control` = the scheduler; when it ends, for whatever reason, every one of them is back under the kernel's minimum.

import { E_ARGUMENT, E_NO_MEMORY, E_STALE, E_STATE } from "../abi/errors";
import * as ring from "../abi/schedule";
import { PAGE_SIZE } from "../abi/formats";
import { counter_to_ns, now_ns } from "../../hal/timer";
import { signal } from "../ipc/notification";
import { cpu, cpu_at, cpu_count, cpu_look } from "../cpu";
import { store32, store64 } from "../machine";
import { is_none, none, same } from "../none";
import { Domain } from "../object/domain";
import { domain_limit } from "../object/domains";
import { Notification, Object, Region, Scheduler } from "../object/object";
import { region_frame } from "../object/region";
import { object_hold, object_release } from "../object/release";
import { control_set, pause } from "./control";
import { is_allowed } from "./placement";
import { unlink } from "./queue";
import { thread_queue, time_of } from "./scheduler";
import { Thread, thread_at, THREAD_PAUSED, THREAD_READY, THREAD_RUNNING, timer_of_thread } from "./thread";
import { timer_remove } from "./timer";

const ENTRIES_OF_PAGE: u32 = PAGE_SIZE / ring.RING_ENTRY_SIZE;

/** The schedulers that live, by place, and the places whose service has events that it was not told of yet. */
const places: usize = memory.data(8 * 4, 8);
let untold: u32 = 0;


@inline function at_place(place: u32): Scheduler {
  return load<Scheduler>(places + (place << 2));
}

function place_of(scheduler: Scheduler): u32 {
  let place: u32 = 0;
  while (place < ring.SCHEDULER_MAX && !same(at_place(place), scheduler)) place++;
  return place;
}


@inline
function capacity(scheduler: Scheduler): u32 {
  return min(scheduler.region.pages, ring.RING_PAGES_MAX) * ENTRIES_OF_PAGE - 1;
}

/** Puts the new scheduler to work; false: there is no place for another one. */
export function policy_begin(
  scheduler: Scheduler,
  domain: Domain,
  region: Region,
  notification: Notification,
  bits: u64,
): bool {
  const place = place_of(none<Scheduler>());
  if (place == ring.SCHEDULER_MAX) return false;
  store<Scheduler>(places + (place << 2), scheduler);
  object_hold(region);
  object_hold(notification);
  scheduler.domain = domain;
  scheduler.region = region;
  scheduler.notification = notification;
  scheduler.bits = bits;
  scheduler.decided_at = now_ns();
  domain.scheduler = scheduler;
  const header = region_frame(region, 0);
  store64(header + ring.RING_WRITTEN_AT, 0);
  store64(header + ring.RING_CAPACITY_AT, capacity(scheduler));
  store64(header + ring.RING_CPUS_AT, cpu_count());
  return true;
}

/** Its domain has ended, its last capability has gone, or it decides nothing: its threads are the kernel's again. */
export function policy_end(scheduler: Scheduler): void {
  const domain = scheduler.domain,
    notification = scheduler.notification,
    region = scheduler.region;
  if (is_none(domain)) return;
  scheduler.domain = none<Domain>();
  domain.scheduler = none<Scheduler>();
  while (!is_none(scheduler.first)) control_set(scheduler.first, none<Object>());
  const place = place_of(scheduler);
  store<Scheduler>(places + (place << 2), none<Scheduler>());
  untold &= ~((<u32>1) << place);
  scheduler.notification = none<Notification>();
  scheduler.region = none<Region>();
  signal(notification, scheduler.bits);
  object_release(notification);
  object_release(region);
}

/** The same for a scheduler that somebody may be the last to hold. */
export function policy_stop(scheduler: Scheduler): void {
  object_hold(scheduler);
  policy_end(scheduler);
  object_release(scheduler);
}

/** The thread joins; its first event carries the two words that its supervisor has for the policy. */
export function policy_attach(scheduler: Scheduler, thread: Thread, a: u64, b: u64): i64 {
  let count: u32 = 0;
  for (let at = scheduler.first; !is_none(at); at = at.control_next) count++;
  if (count >= ring.SCHEDULED_THREADS_MAX) return E_NO_MEMORY;
  if (!is_none(thread.control)) control_set(thread, none<Object>());
  thread.control_next = scheduler.first;
  scheduler.first = thread;
  thread.parameter_a = a;
  thread.parameter_b = b;
  write(scheduler, thread, ring.THREAD_EVENT_ATTACHED, a, b);
  control_set(thread, scheduler);
  return 0;
}

/** The thread leaves the list. */
export function policy_forget(scheduler: Scheduler, thread: Thread): void {
  if (!is_none(scheduler.domain)) policy_post(thread, ring.THREAD_EVENT_DETACHED);
  if (same(scheduler.first, thread)) scheduler.first = thread.control_next;
  else {
    let at = scheduler.first;
    while (!same(at.control_next, thread)) at = at.control_next;
    at.control_next = thread.control_next;
  }
  thread.control_next = none<Thread>();
}

export function policy_post(thread: Thread, event: u32): void {
  const used = counter_to_ns(time_of(thread));
  write(changetype<Scheduler>(thread.control), thread, event, now_ns(), used);
}

/** The sequence number comes last: a reader that sees it sees the event. Its service is told before anything else runs. */
function write(scheduler: Scheduler, thread: Thread, event: u32, time: u64, used: u64): void {
  const number = scheduler.written + 1;
  const entry = 1 + <u32>((number - 1) % capacity(scheduler));
  const at = region_frame(scheduler.region, entry / ENTRIES_OF_PAGE) + (entry % ENTRIES_OF_PAGE) * ring.RING_ENTRY_SIZE;
  store64(at + ring.RING_SEQUENCE_AT, 0);
  store32(at + ring.RING_EVENT_AT, event | (cpu().number << 16));
  store32(at + ring.RING_THREAD_AT, thread.home.index);
  store64(at + ring.RING_TIME_AT, time);
  store64(at + ring.RING_USED_AT, used);
  store64(at + ring.RING_SEQUENCE_AT, number);
  store64(region_frame(scheduler.region, 0) + ring.RING_WRITTEN_AT, number);
  scheduler.written = number;
  thread.sequence = number;
  untold |= (<u32>1) << place_of(scheduler);
  cpu().attention = 1;
}


@inline
export function policy_untold(): bool {
  return untold != 0;
}

/** Tells every service with news. */
export function policy_tell(): void {
  const waiting = untold;
  untold = 0;
  for (let place: u32 = 0; place < ring.SCHEDULER_MAX; place++) {
    if (waiting & ((<u32>1) << place)) signal(at_place(place).notification, at_place(place).bits);
  }
}

/** A thread that can run: the service decides when. True: no timer is left to watch the service, so it runs at once. */
export function policy_ready(thread: Thread): bool {
  thread.allowed_ns = 0;
  policy_post(thread, ring.THREAD_EVENT_READY);
  return !pause(thread, now_ns() + ring.SCHEDULER_PATIENCE_NS);
}

/** The running thread waits for the next decision. */
export function policy_pause(thread: Thread, yields: bool): void {
  thread.allowed_ns = 0;
  if (!pause(thread, now_ns() + ring.SCHEDULER_PATIENCE_NS)) return;
  policy_post(thread, yields ? ring.THREAD_EVENT_YIELDED : ring.THREAD_EVENT_EXPIRED);
}

/** The thread has waited long: has its scheduler decided nothing meanwhile, and does nothing that it decided still run? */
export function policy_alarm(thread: Thread): void {
  const scheduler = changetype<Scheduler>(thread.control),
    now = now_ns();
  let stuck = now - scheduler.decided_at >= ring.SCHEDULER_PATIENCE_NS;
  for (let at = scheduler.first; !is_none(at) && stuck; at = at.control_next) {
    if (at.state == THREAD_READY || at.state == THREAD_RUNNING) stuck = false;
  }
  if (!stuck && pause(thread, now + ring.SCHEDULER_PATIENCE_NS)) return;
  const domain = scheduler.domain;
  policy_stop(scheduler);
  if (!is_none(domain.supervisor)) signal(domain.supervisor, domain.supervisor_bits);
}

/** The scheduler's thread with this number; none: it has no such thread. */
export function policy_thread(scheduler: Scheduler, number: u64): Thread {
  if (number == 0 || number >= <u64>domain_limit()) return none<Thread>();
  const thread = thread_at(<u32>number);
  return same(thread.control, scheduler) ? thread : none<Thread>();
}

/** A decision: the thread runs for a slice, by its priority, on processor `wanted`. */
export function policy_commit(scheduler: Scheduler, number: u64, wanted: u32, slice_ns: u64, sequence: u64): i64 {
  if (is_none(scheduler.domain)) return E_STATE;
  if (slice_ns < ring.SLICE_MIN_NS || slice_ns > ring.SLICE_MAX_NS) return E_ARGUMENT;
  if (wanted != ring.ANY_CPU && wanted >= cpu_count()) return E_ARGUMENT;
  const thread = policy_thread(scheduler, number);
  if (is_none(thread)) return E_ARGUMENT;
  if (thread.sequence != sequence) return E_STALE;
  if (thread.state != THREAD_PAUSED) return E_STATE;
  scheduler.decided_at = now_ns();
  timer_remove(timer_of_thread(thread));
  thread.allowed_ns = <i64>slice_ns;
  if (wanted != ring.ANY_CPU && is_allowed(thread, cpu_at(wanted))) thread.cpu = wanted;
  thread_queue(thread);
  return 0;
}

/** Takes a decision back: a queued thread waits again at once, a running one as soon as its processor looks. */
export function policy_withdraw(scheduler: Scheduler, number: u64, sequence: u64): i64 {
  if (is_none(scheduler.domain)) return E_STATE;
  const thread = policy_thread(scheduler, number);
  if (is_none(thread)) return E_ARGUMENT;
  if (thread.sequence != sequence) return E_STALE;
  if (thread.state == THREAD_RUNNING) {
    thread.allowed_ns = 0;
    cpu_look(cpu_at(thread.cpu));
    return 0;
  }
  if (thread.state != THREAD_READY) return E_STATE;
  if (!pause(thread, now_ns() + ring.SCHEDULER_PATIENCE_NS)) return E_STATE;
  unlink(thread);
  thread.allowed_ns = 0;
  policy_post(thread, ring.THREAD_EVENT_WITHDRAWN);
  return 0;
}
