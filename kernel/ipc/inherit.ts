// Priority inheritance. A handler runs on its caller's thread; while somebody more urgent queues at a server of that thread, the thread
// has his priority: so has every thread that it queues behind in turn. Nobody of a priority in between can delay him.
// Invariant: a thread's priority is the highest of its own and of those of the callers in the queues of the servers on it.

import { is_none, same } from "../none";
import { Domain, WAIT_SERVER } from "../object/domain";
import { thread_prioritise } from "../thread/scheduler";
import { Thread } from "../thread/thread";
import { STATE_BUSY } from "../abi/status";
import { queue_insert, queue_priority, queue_remove } from "./queue";

/** Links of a chain of calls or of busy servers that are followed: what lies beyond does not inherit. */
const LINKS_MAX: u32 = 64;

/** What the thread ought to have. */
export function priority_due(thread: Thread): u32 {
  let priority = thread.base_priority,
    at = thread.top;
  for (let i: u32 = 0; i < LINKS_MAX && !is_none(at); i++) {
    priority = max(priority, queue_priority(at));
    if (same(at, thread.home)) break;
    at = at.caller;
  }
  return priority;
}

/** Somebody joined or left a queue at a server of this thread, or the thread's chain changed: it and those that it waits for follow. */
export function inherit(first: Thread): void {
  let thread = first;
  for (let i: u32 = 0; i < LINKS_MAX; i++) {
    const due = priority_due(thread);
    if (thread.priority == due) return;
    const top: Domain = thread.top;
    const queued = !is_none(top) && top.wait == WAIT_SERVER; // nobody is on one that no domain ever had
    if (queued) queue_remove(top);
    thread_prioritise(thread, due);
    if (!queued) return;
    queue_insert(top);
    const server = top.callee;
    if (server.state != STATE_BUSY) return;
    thread = server.thread;
  }
}

/** Somebody joined the server's queue, or left it. */
@inline
export function inherit_at(server: Domain): void {
  if (server.state == STATE_BUSY) inherit(server.thread);
}

/** The thread's own priority is another one from now on. */
export function own_priority_set(thread: Thread, priority: u32): void {
  thread.base_priority = priority;
  inherit(thread);
}
