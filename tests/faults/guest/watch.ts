// What init of the fault injection sees of its victims and clients by the kernel's own word (domain_status), at any moment it looks:
// a victim that is stuck, and a caller that no living service will answer. Nothing here goes by how long something took on a clock.
import * as capability from "../../../services/lib/capability";
import * as domain from "../../../services/lib/domain";
import { TYPE_REPLY } from "../../../kernel/abi/rights";
import { CLIENTS, handles, ids, number_of, page_of, VICTIMS } from "./cast";
import * as page from "./page";

/** What an activation may run on its thread: several times what the longest takes. */
const RUN_NS: u64 = 60_000;
const CHAIN_MAX: u32 = 8;

const done_seen = new StaticArray<u64>(4);
const thread_seen = new StaticArray<u64>(4);
const run_seen = new StaticArray<u64>(4);

export function status_of(number: u32, field: u32): u64 {
  return <u64>domain.status(handles[number], field);
}

/** Whose thread victim `i` runs on: its caller's caller's …, or its own. */
function thread_of(i: u32): u32 {
  let at = i;
  for (let k: u32 = 0; k < CHAIN_MAX; k++) {
    const caller = number_of(status_of(at, domain.STATUS_CALLER));
    if (caller < 0) break;
    at = <u32>caller;
  }
  return at;
}

/**
 * Victim `i` does not come to an end: its activation has run for longer than any does, or waits where none waits. Or it rests
 * while it owes an answer: its event would have begun already.
 */
export function is_stuck(i: u32): bool {
  const state = status_of(i, domain.STATUS_STATE);
  if (state == domain.STATE_IDLE) return owes(i);
  if (state != domain.STATE_BUSY) return false;
  const wait = status_of(i, domain.STATUS_WAIT);
  if (wait == domain.WAIT_NOTIFICATION) return true;
  const done = load<u64>(page_of(i), page.VICTIM_DONE),
    thread = thread_of(i);
  const run_ns = status_of(thread, domain.STATUS_TIME_NS);
  if (wait == domain.WAIT_NONE && done == done_seen[i] && ids[thread] == thread_seen[i]) {
    return run_ns - run_seen[i] > RUN_NS;
  }
  done_seen[i] = done;
  thread_seen[i] = ids[thread];
  run_seen[i] = run_ns;
  return false;
}

/** Clients whose detached calls victim `i` has still to answer. */
function waiting_for(i: u32): u32 {
  let count: u32 = 0;
  for (let k = VICTIMS; k < VICTIMS + CLIENTS; k++) {
    if (handles[k] == 0 || status_of(k, domain.STATUS_WAIT) != domain.WAIT_REPLY) continue;
    if (status_of(k, domain.STATUS_CALLEE) == ids[i]) count++;
  }
  return count;
}

function owes(i: u32): bool {
  return waiting_for(i) != 0;
}

function replies_of(i: u32): u32 {
  let count: u32 = 0;
  let cursor = capability.next(handles[i], 0);
  while (cursor > 0) {
    if (capability.next_type() == TYPE_REPLY) count++;
    cursor = capability.next(handles[i], <u64>cursor);
  }
  return count;
}

/**
 * Is number `caller` in a call that no living victim holds? Asked twice: its deadline may pass between one gate and the next, and
 * then it waits for nothing. Who is lost stays lost.
 */
export function is_lost(caller: u32): bool {
  return !is_held(caller) && !is_held(caller);
}

/** Is it in no call, or in one that a living victim handles now, has in its queue, or has a Reply to? */
function is_held(caller: u32): bool {
  const wait = status_of(caller, domain.STATUS_WAIT);
  if (wait == domain.WAIT_NONE || wait == domain.WAIT_NOTIFICATION) return true;
  const number = number_of(status_of(caller, domain.STATUS_CALLEE));
  if (number < 0 || number >= <i32>VICTIMS) return false;
  const callee = <u32>number,
    state = status_of(callee, domain.STATUS_STATE);
  if (wait == domain.WAIT_REPLY) {
    return (state == domain.STATE_IDLE || state == domain.STATE_BUSY) && replies_of(callee) >= waiting_for(callee);
  }
  if (state != domain.STATE_BUSY) return false;
  return wait == domain.WAIT_SERVER || status_of(callee, domain.STATUS_CALLER) == ids[caller];
}
