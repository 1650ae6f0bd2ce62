// How a wait ends before its time: the deadline passes, somebody cancels it, or the waiting domain itself ends.
// Whoever calls this gives the answer: nobody is left waiting, and what the other side answers later is dropped.

import { none } from "../none";
import { Domain, timer_of_domain, WAIT_CALLEE, WAIT_NONE, WAIT_NOTIFICATION, WAIT_SERVER } from "../object/domain";
import { Notification } from "../object/object";
import { wake } from "../thread/scheduler";
import { timer_remove } from "../thread/timer";
import { thread_split } from "./activation";
import { inherit_at } from "./inherit";
import { queue_remove } from "./queue";

/** The domain waits for nothing any more. A handler that answered it goes on, on its own thread, and its answer is dropped. */
export function wait_leave(domain: Domain): void {
  timer_remove(timer_of_domain(domain));
  const wait = domain.wait;
  domain.wait = WAIT_NONE;
  if (wait == WAIT_SERVER) {
    queue_remove(domain);
    inherit_at(domain.callee);
  } else if (wait == WAIT_NOTIFICATION) {
    domain.waits_on.waiter = none<Domain>();
    domain.waits_on = none<Notification>();
  } else if (wait == WAIT_CALLEE) {
    thread_split(domain);
  }
  domain.callee = none<Domain>();
}

/** Ends the domain's present wait with `error`; false: it does not wait. */
export function wait_break(domain: Domain, error: i64): bool {
  if (domain.wait == WAIT_NONE) return false;
  wait_leave(domain);
  wake(domain, error);
  return true;
}
