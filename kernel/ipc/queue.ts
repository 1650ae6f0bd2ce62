// Callers that wait for their turn at a busy server: a list for each server, highest effective priority first, equals in
// the order of their arrival. Called by call.ts and by whatever ends a wait early.
// Invariant: a domain is in exactly one queue, its callee's, while its `wait` is WAIT_SERVER, else in none.

import { is_none, none } from "../none";
import { Domain } from "../object/domain";

/** Puts the client behind everybody of at least its priority at its callee. One step if nobody waits who comes after it. */
export function queue_insert(client: Domain): void {
  const server = client.callee,
    priority = client.thread.priority;
  let before = server.queue_last;
  while (!is_none(before) && before.thread.priority < priority) before = before.queue_previous;
  const after = is_none(before) ? server.queue : before.queue_next;
  client.queue_previous = before;
  client.queue_next = after;
  if (is_none(before)) server.queue = client;
  else before.queue_next = client;
  if (is_none(after)) server.queue_last = client;
  else after.queue_previous = client;
  server.queue_length++;
}

/** Takes the client out of its callee's queue. */
export function queue_remove(client: Domain): void {
  const server = client.callee,
    before = client.queue_previous,
    after = client.queue_next;
  if (is_none(before)) server.queue = after;
  else before.queue_next = after;
  if (is_none(after)) server.queue_last = before;
  else after.queue_previous = before;
  server.queue_length--;
  client.queue_previous = none<Domain>();
  client.queue_next = none<Domain>();
}

/** What the most urgent of those who wait for the server would give it; 0: nobody waits. */
@inline
export function queue_priority(server: Domain): u32 {
  return is_none(server.queue) ? 0 : server.queue.thread.priority;
}
