// The processor's part: who runs, what a gate's exit does, interrupts, traps, and the comparison of every answer.
// It does what boot/<arch>/ does between the kernel's exports (docs/abi.md section 5).

import {
  Actor,
  Cap,
  clock,
  Thing,
  Thread,
  THREAD_HELD,
  THREAD_PAUSED,
  THREAD_READY,
  THREAD_RUNNING,
  World,
} from "../model/world";
import { control_adopt, control_ran, control_stopped, is_scheduled, is_spent, tell_schedulers } from "../model/control";
import { expire, interrupt, urgencies } from "../model/ipc";
import { is_held } from "../model/messages";
import { E_NO_MEMORY } from "../model/numbers";
import { word } from "./bytes";
import * as host from "./host";
import { say, say_number, tell, tell_answer, told } from "./say";

const VECTOR_TIMER: u32 = 255;
const VECTOR_LINE: u32 = 4;

export let world: World = new World();
export function world_set(value: World): void {
  world = value;
}

/** How each domain left the processor: a gate whose answer is due, or in the midst of its code. By index. */
const INTERRUPTED: u8 = 1;
const suspended = new StaticArray<u8>(4096);

export function finding(): void {
  say("\n");
  host.host_fail();
}

export function expect(what: string, expected: f64, actual: f64): void {
  if (expected == actual) return;
  say("\n");
  say(what);
  say(": the model says ");
  say_number(<i64>expected);
  say(", the kernel ");
  say_number(<i64>actual);
  finding();
}

export function actor_of(id: u32): Actor | null {
  for (let i = 0; i < world.actors.length; i++) {
    if (world.actors[i].id == <f64>id) return world.actors[i];
  }
  return null;
}

/** A gate has answered. `fresh`: the model expects a handle. Then what the gate's exit does. */
export function answered(actor: Actor, expected: f64, actual: i64, fresh: bool): void {
  tell_answer(actual);
  if (actual == <i64>E_NO_MEMORY && expected != E_NO_MEMORY && memory_is_short()) return abandon();
  if (fresh && expected == 0) {
    const made = world.made;
    if (made === null || actual <= 0) expect("a new handle", 1, <f64>actual);
    else adopt(made, <f64>actual);
    expected = <f64>actual;
  } else {
    expect("answer", expected, <f64>actual);
  }
  world.made = null;
  leave(actor, expected, actual);
}

/** A gate that may have switched to another domain by itself: the answer is that domain then, and the caller's is 0. */
export function answered_or_switched(actor: Actor, expected: f64, actual: i64): void {
  if (actual <= 0) return answered(actor, expected, actual, false);
  tell_answer(0);
  expect("answer", expected, 0);
  actor.result = 0;
  suspended[<i32>actor.id] = 0;
  host.kernel_suspend(0);
  switched(<u32>actual);
}

/** A gate or an interrupt has switched by itself, to the domain at this kernel index. */
function switched(next: u32): void {
  choice_comes();
  goes_on(host.kernel_go_on(next));
}

/** The model has no notion of a machine whose memory is full or in pieces: the input ends here. */
let abandoned = false;
export function is_abandoned(): bool {
  return abandoned;
}
function abandon(): void {
  abandoned = true;
  world.made = null;
}

const FRAMES_SHORT: u64 = 2048;
function memory_is_short(): bool {
  return (host.kernel_census() & 0xffff_ffff) < FRAMES_SHORT;
}

export function adopt(made: Cap, handle: f64): void {
  if (world.handles.indexOf(handle) >= 0) {
    say("\nthis handle was given out before");
    finding();
  }
  made.handle = handle;
  world.handles.push(handle);
}

/** The exit of a gate that did not end its domain's turn by itself. */
export function leave(actor: Actor, expected: f64, actual: i64): void {
  if (host.kernel_attention() == 0) {
    const running = world.running;
    if (running === null || running.state != THREAD_RUNNING) expect("who runs on", 0, 1);
    no_better(running!);
    expect("who runs", actor.id, <f64>host.kernel_current());
    return;
  }
  const running = world.running;
  // A gate that blocks answers when it is woken: the model has then set the result, or will.
  if (running !== null && running.state == THREAD_RUNNING && running.top === actor) actor.result = expected;
  suspended[<i32>actor.id] = 0;
  host.kernel_suspend(actual);
  schedule();
}

function no_better(running: Thread): void {
  urgencies(world);
  for (let i = 0; i < world.actors.length; i++) {
    const home = world.actors[i].home!;
    if (home.state == THREAD_READY && home.priority > running.priority && !is_held(world, world.actors[i])) {
      say("\na thread of higher priority is ready, and no switch was asked for");
      finding();
    }
  }
}

/** A badge or bits as the model writes them. */
export function badge_of(value: u64): f64 {
  return value >> 63 ? -1 - <f64>(value & 0x7fff_ffff_ffff_ffff) : <f64>value;
}

/** Asks the kernel who goes on, and whether the model agrees that he may. */
export function schedule(): void {
  choice_comes();
  goes_on(host.kernel_schedule());
}

/** What the kernel does to the running thread before it chooses. */
function choice_comes(): void {
  const old = world.running;
  if (old !== null && old.state == THREAD_RUNNING && old.control !== null) control_ran(old, old === world.yielded);
  if (clock.untold.length > 0) tell_schedulers();
}

/** The kernel has chosen this domain, or nobody: 0. */
function goes_on(chosen: u32): void {
  const old = world.running;
  if (old !== null && old.state == THREAD_RUNNING) old.state = THREAD_READY;
  world.running = null;
  for (let i = 0; i < world.actors.length; i++) {
    if (!adopt_state(world.actors[i])) return abandon();
  }
  urgencies(world);
  let best: f64 = -1,
    others: f64 = -1;
  for (let i = 0; i < world.actors.length; i++) {
    const home = world.actors[i].home!;
    if (home.state != THREAD_READY || is_held(world, world.actors[i])) continue;
    best = Math.max(best, home.priority);
    if (home !== world.yielded) others = Math.max(others, home.priority);
  }
  const yielded = world.yielded;
  world.yielded = null;
  if (chosen == 0) {
    world.current = null;
    if (told()) say("\n(idle)");
    if (best >= 0) expect("the processor is idle, priority ready", -1, best);
    return;
  }
  const actor = actor_of(chosen);
  if (actor === null) {
    say("\na domain runs that does not exist");
    finding();
    return;
  }
  const thread = actor.thread;
  if (thread === null || thread.top !== actor || thread.state != THREAD_READY) {
    say("\na domain runs that has no thread or waits: ");
    say_number(chosen);
    finding();
    return;
  }
  expect("priority of who runs", best, thread.priority);
  if (is_held(world, thread.home)) expect("a thread runs that a hook refuses", 0, actor.id);
  if (thread === yielded && others == best) expect("a thread that gave way runs before its equals", 0, actor.id);
  thread.state = THREAD_RUNNING;
  thread.charged_at = clock.now;
  world.running = thread;
  world.current = actor;
  resume(actor);
}

/**
 * A hook refuses a thread, and a thread in debt that nobody waits for any more pauses, when the kernel comes to choose it: among
 * equals only the kernel knows which it came to. False: a scheduler was told of it, perhaps too late for this choice.
 */
function adopt_state(actor: Actor): bool {
  const thread = actor.home!;
  if (thread.state != THREAD_READY) return true;
  const state = <f64>host.kernel_thread_state(<u32>actor.id);
  if (state == THREAD_HELD && is_held(world, actor)) {
    if (is_scheduled(thread)) return false;
    if (thread.control !== null) control_stopped(thread);
    thread.state = THREAD_HELD;
  } else if (state == THREAD_PAUSED && is_spent(thread)) {
    if (is_scheduled(thread)) return false;
    control_adopt(thread);
  }
  return true;
}

/** What the domain finds when it goes on. */
export function resume(actor: Actor): void {
  const id = <u32>actor.id;
  if (actor.entering) {
    actor.entering = false;
    suspended[id] = 0;
    if (told()) {
      say("\n-> ");
      say_number(id);
      say(" is entered with ");
      say_number(<i64>host.kernel_argument(id));
    }
    expect("how it goes on", 3, <f64>host.kernel_context(id));
    expect("badge or bits", actor.argument, badge_of(host.kernel_argument(id)));
    const caller = actor.caller;
    if (caller !== null) {
      expect("method", caller.method, <f64>host.kernel_entry(id, 0));
      expect("first word", caller.first_word, <f64>host.kernel_entry(id, 1));
    }
  } else if (suspended[id] == INTERRUPTED) {
    suspended[id] = 0;
    expect("how it goes on", 2, <f64>host.kernel_context(id));
  } else {
    if (told()) {
      say("\n-> ");
      say_number(id);
      say(" goes on with ");
      say_number(host.kernel_result(id));
    }
    expect("answer on going on", actor.result, <f64>host.kernel_result(id));
  }
}

/** An interrupt finds the processor in a domain or idle. */
export function interrupted(vector: u32): void {
  const actor = world.current;
  if (actor !== null) {
    suspended[<i32>actor.id] = INTERRUPTED;
    host.kernel_interrupted();
  }
  const next = host.kernel_interrupt(vector);
  if (vector == VECTOR_TIMER) expire(world);
  else interrupt(world, <f64>vector);
  if (next == 0) schedule();
  else switched(next);
}

export function tick(): void {
  clock.now += <f64>(word.byte() * 1024);
  if (told()) tell(0, "time passes", clock.now);
  host.host_now_set(<u64>clock.now);
  interrupted(VECTOR_TIMER);
}

export function line_interrupt(): void {
  if (told()) tell(0, "interrupt", 4);
  interrupted(VECTOR_LINE);
}

/** Long enough for a scheduler's patience. */
export function long_tick(): void {
  clock.now += <f64>(word.byte() * 0x10_0000);
  if (told()) tell(0, "time passes", clock.now);
  host.host_now_set(<u64>clock.now);
  interrupted(VECTOR_TIMER);
}

export function idle_step(): void {
  if ((word.byte() & 3) == 0) line_interrupt();
  else tick();
}

/** An exception in the current domain; the model has decided what becomes of it. */
export function trapped(actor: Actor, cause: u64, address: u64, frame: u64): void {
  suspended[<i32>actor.id] = INTERRUPTED;
  host.kernel_interrupted();
  host.kernel_trap_set(cause, address);
  host.kernel_trap(0x4000_0010, frame, frame);
  schedule();
}

/** The rest of what must hold when the input is over. */
export function settle(): void {
  expect("live capabilities", world.live_caps, <f64>host.kernel_live());
  for (let i = 0; i < world.actors.length; i++) {
    const actor = world.actors[i];
    const id = <u32>actor.id;
    expect("charged frames", actor.charged, <f64>host.kernel_account(id, 1));
    expect("promised frames", actor.promised, <f64>host.kernel_account(id, 2));
    expect("lent frames", actor.lent, <f64>host.kernel_account(id, 3));
    expect("small objects", actor.small, <f64>host.kernel_account(id, 4));
    const scheduler = actor.scheduler;
    if (scheduler !== null) expect("events", scheduler.written, <f64>host.kernel_written(id));
    if (!is_scheduled(actor.home!)) continue;
    const event = host.kernel_event(id);
    if (event != 0) expect("the thread's last event", actor.home!.event, <f64>event);
  }
}
