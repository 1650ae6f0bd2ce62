// Earliest deadline first (Liu and Layland 1973): every admitted task has a budget in each period, and no deadline is
// missed while the budgets fit the processors' time. A task that wants more than its budget is put behind by whole
// periods, so that it harms nobody (constant bandwidth server: Abeni and Buttazzo 1998); and until the period that its
// next budget is for it is one of those without a deadline, or it would leave them nothing.
import { TASK_FREE, Task, task_at, task_limit } from "./tasks";

const MILLION: u64 = 1_000_000;
const DEADLINE_SLICE_NS: u64 = 10_000_000;

/** Is there room for the task's budget beside those that are admitted already? */
export function deadline_joins(task: Task, processors: u64): void {
  if (task.period_ns == 0 || task.budget_ns == 0 || task.budget_ns > task.period_ns) return;
  let load = share(task);
  for (let place: u32 = 0; place < task_limit(); place++) {
    const other = task_at(place);
    if (other.state != TASK_FREE && other.is_admitted != 0) load += share(other);
  }
  if (load <= processors * MILLION) task.is_admitted = 1;
}

/** Parts in a million of a processor, rounded up. */
function share(task: Task): u64 {
  return (task.budget_ns * MILLION + task.period_ns - 1) / task.period_ns;
}

/** A job begins: it keeps the old deadline only if what is left of the budget still fits before it. */
export function deadline_woken(task: Task, now_ns: u64): void {
  if (task.is_admitted == 0) return;
  if (task.left_ns > 0 && task.deadline_ns > now_ns) {
    const before = task.deadline_ns - now_ns;
    if (<u64>task.left_ns * MILLION <= ((task.budget_ns * MILLION) / task.period_ns) * before) return;
  }
  task.deadline_ns = now_ns + task.period_ns;
  task.left_ns = task.budget_ns;
}

export function deadline_ran(task: Task, ran_ns: u64): void {
  if (task.is_admitted == 0) return;
  task.left_ns -= ran_ns;
  if (task.left_ns > 0) return;
  const periods = <u64>-task.left_ns / task.budget_ns + 1;
  task.left_ns += periods * task.budget_ns;
  task.deadline_ns += periods * task.period_ns;
}

/** When the budget that it has now may be spent: a period before its deadline. */
export function deadline_begins(task: Task): u64 {
  return task.deadline_ns - min(task.deadline_ns, task.period_ns);
}

export function deadline_slice(task: Task): u64 {
  return min(<u64>task.left_ns, DEADLINE_SLICE_NS);
}
