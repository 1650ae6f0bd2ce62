// Takes events in, and decides: as many tasks run as there are processors, those with the smallest keys. Called by
// index.ts whenever the kernel tells of news. Invariant: a decision goes by the last event of its thread, or is refused.
import * as scheduling from "../lib/scheduling";
import { E_STALE } from "../lib/errors";
import { now_ns } from "../lib/notification";
import * as event from "../../kernel/abi/schedule";
import { FAIR_MARGIN_NS, FAIR_SLICE_NS, fair_joins, fair_ran, fair_woken } from "./fair";
import { deadline_begins, deadline_joins, deadline_ran, deadline_slice, deadline_woken } from "./deadline";
import { ring_begin, ring_next, ring_skip } from "./ring";
import * as tasks from "./tasks";
import { Task, task_at, task_limit, TASK_BLOCKED, TASK_COMMITTED, TASK_FREE, TASK_WAITING } from "./tasks";

/** Keys of tasks without a deadline, and of those that have used their budget up, when others have one: behind all of them. */
const BACKGROUND: u64 = 1 << 63;

let scheduler: u64 = 0;
let processors: u32 = 1;
let by_deadline: bool = false;
/** When this round of decisions began, by deadlines. */
let time_ns: u64 = 0;

export function engine_start(handle: u64, ring: usize, deadlines: bool): void {
  scheduler = handle;
  by_deadline = deadlines;
  processors = max(ring_begin(ring), 1);
  resynchronise();
}

/** Everything that has happened, and what follows from it. */
export function engine_run(): void {
  // A refused decision, or one taken back, has left an event behind: once more, and the kernel tells of later ones.
  for (let round = 0; round < 3; round++) {
    take_events();
    if (decide()) return;
  }
}

function take_events(): void {
  let entry = ring_next();
  while (entry != 0) {
    take(entry);
    entry = ring_next();
  }
  if (ring_skip()) resynchronise();
}

function take(entry: usize): void {
  const sequence = load<u64>(entry, event.RING_SEQUENCE_AT),
    kind = load<u32>(entry, event.RING_EVENT_AT) & 0xffff,
    thread = load<u32>(entry, event.RING_THREAD_AT),
    first = load<u64>(entry, event.RING_TIME_AT),
    second = load<u64>(entry, event.RING_USED_AT);
  const known = tasks.task_of(thread);
  if (known != null && sequence <= known.sequence) return; // the last resynchronisation has told of it
  if (kind == event.THREAD_EVENT_ATTACHED) {
    const task = tasks.task_add(thread, first, second);
    if (task != null) join(task, sequence);
    return;
  }
  if (known == null) return;
  known.sequence = sequence;
  has_used(known, second);
  if (kind == event.THREAD_EVENT_DETACHED) known.state = TASK_FREE;
  else if (kind == event.THREAD_EVENT_BLOCKED) known.state = TASK_BLOCKED;
  else {
    if (kind == event.THREAD_EVENT_READY) woken(known, first);
    known.state = TASK_WAITING;
  }
}

/** It has run so long in all. */
function has_used(task: Task, used_ns: u64): void {
  if (task.used_ns != tasks.UNKNOWN && used_ns > task.used_ns) {
    const ran_ns = used_ns - task.used_ns;
    fair_ran(task, ran_ns);
    if (task.is_behind == 0) deadline_ran(task, ran_ns);
  }
  task.used_ns = used_ns;
}

function join(task: Task, sequence: u64): void {
  task.sequence = sequence;
  fair_joins(task);
  if (by_deadline) deadline_joins(task, processors);
}

function woken(task: Task, time_ns: u64): void {
  fair_woken(task);
  deadline_woken(task, time_ns);
}

/** What the table knows may be wrong, or it is empty: the kernel lists its threads. Sums of known tasks stay. */
function resynchronise(): void {
  for (let place: u32 = 0; place < task_limit(); place++) task_at(place).sequence = 0;
  let cursor = scheduling.next(scheduler, 0);
  while (cursor > 0) {
    const thread = <u32>cursor;
    let task = tasks.task_of(thread);
    if (task == null) {
      task = tasks.task_add(thread, scheduling.next_parameter_a(), scheduling.next_parameter_b());
      if (task == null) return;
      join(task, 0);
    }
    const state = scheduling.next_state();
    task.sequence = scheduling.next_sequence();
    has_used(task, scheduling.next_used_ns());
    if (state == event.SCHEDULED_WAITING && task.state == TASK_BLOCKED) woken(task, now_ns());
    task.state =
      state == event.SCHEDULED_WAITING
        ? TASK_WAITING
        : state == event.SCHEDULED_COMMITTED
          ? TASK_COMMITTED
          : TASK_BLOCKED;
    cursor = scheduling.next(scheduler, thread);
  }
  for (let place: u32 = 0; place < task_limit(); place++) {
    if (task_at(place).sequence == 0) task_at(place).state = TASK_FREE;
  }
}

/** Does it run by its deadline now? */
function is_urgent(task: Task): bool {
  return by_deadline && task.is_admitted != 0 && deadline_begins(task) <= time_ns;
}

function key(task: Task): u64 {
  if (!by_deadline) return task.virtual_ns;
  return is_urgent(task) ? task.deadline_ns : BACKGROUND + task.virtual_ns;
}

/** A slice of those without a deadline: it ends where a task that waits for its next budget gets it. */
function background_slice(): u64 {
  let slice = FAIR_SLICE_NS;
  for (let place: u32 = 0; by_deadline && place < task_limit(); place++) {
    const task = task_at(place);
    if (task.state != TASK_WAITING || task.is_admitted == 0 || is_urgent(task)) continue;
    slice = min(slice, deadline_begins(task) - time_ns);
  }
  return slice;
}

/** The task of that state with the smallest key, or the largest; null: there is none. */
function find(state: u32, largest: bool): Task | null {
  let found: Task | null = null;
  for (let place: u32 = 0; place < task_limit(); place++) {
    const task = task_at(place);
    if (task.state != state) continue;
    if (found == null || (largest ? key(task) > key(found) : key(task) < key(found))) found = task;
  }
  return found;
}

/** True: nothing more can be decided. */
function decide(): bool {
  if (by_deadline) time_ns = now_ns();
  for (let busy = tasks.task_count(TASK_COMMITTED); busy < processors; busy++) {
    const best = find(TASK_WAITING, false);
    if (best == null) return true;
    if (!commit(best)) return false;
  }
  const best = find(TASK_WAITING, false),
    worst = find(TASK_COMMITTED, true);
  if (best == null || worst == null) return true;
  const margin = by_deadline ? 0 : FAIR_MARGIN_NS;
  if (key(best) + margin >= key(worst)) return true;
  return scheduling.withdraw(scheduler, worst.thread, worst.sequence) < 0;
}

/** False: an event has made the decision old before it was taken. */
function commit(task: Task): bool {
  const urgent = is_urgent(task);
  const slice = urgent ? deadline_slice(task) : background_slice();
  const answer = scheduling.commit(
    scheduler,
    task.thread,
    event.ANY_CPU,
    max(slice, event.SLICE_MIN_NS),
    task.sequence,
  );
  if (answer == E_STALE) return false;
  // Any other refusal means that the kernel let it run for a moment (somebody waits for what it holds): the same to us.
  task.state = TASK_COMMITTED;
  task.is_behind = urgent ? 0 : 1;
  return true;
}
