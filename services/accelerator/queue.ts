// Jobs: submitted, begun in the order of their queues, done, and then kept until somebody completes them. One job is done in
// each event, so that calls come in between. Invariant: a job's places were checked when it was submitted, and its buffer's place
// in this service stays what it was until its client is gone, when all its jobs go.
import { answer_complete } from "../../build/interfaces/accelerator/server";
import { QUEUE_DEPTH, QUEUES } from "../../build/interfaces/accelerator/constants";
import { buffer_bytes, buffer_of } from "../lib/buffer";
import { detach } from "../lib/endpoint";
import { E_CANCELLED, E_EXISTS, E_FULL, E_NOT_FOUND } from "../lib/errors";
import { now_ns, notify } from "../lib/notification";
import { State } from "../lib/state";
import { run } from "./kernels";

/** Clients whose queues can be full at once: there is a place for each of their jobs. */
const CLIENTS: u32 = 8;
const JOBS: u32 = CLIENTS * QUEUES * QUEUE_DEPTH;
const JOB_SIZE: u32 = 64;
export const WORK: u64 = 1;


@unmanaged
class Job {
  /** 0 = a free place. Never used twice. */
  number: u64;
  badge: u64;
  /** The detached reply of whoever waits; 0 = nobody. */
  waiter: u64;
  took_ns: u64;
  queue: u32;
  is_done: u32;
  operation: u32;
  rows: u32;
  columns: u32;
  matrix: u32;
  result: u32;
}

const table = memory.data(JOBS * JOB_SIZE, 8);
let last_number: u64 = 0;

function job_at(place: u32): Job {
  return changetype<Job>(table + place * JOB_SIZE);
}

if (offsetof<Job>() > JOB_SIZE) ERROR("Job outgrew its place");

/** Queues a job whose places lie in the client's buffer: its number, or E_FULL. Each client has queues of its own depth: no other fills them. */
export function add(
  badge: u64,
  queue: u32,
  operation: u32,
  rows: u32,
  columns: u32,
  matrix: u32,
  result: u32,
  wake: u64,
): i64 {
  let held: u32 = 0;
  let free = JOBS;
  for (let place: u32 = 0; place < JOBS; place++) {
    if (job_at(place).number == 0) free = place;
    else if (job_at(place).badge == badge && job_at(place).queue == queue) held++;
  }
  if (held >= QUEUE_DEPTH || free == JOBS) return E_FULL;
  const job = job_at(free);
  job.number = ++last_number;
  job.badge = badge;
  job.waiter = 0;
  job.queue = queue;
  job.is_done = 0;
  job.operation = operation;
  job.rows = rows;
  job.columns = columns;
  job.matrix = matrix;
  job.result = result;
  notify(wake, WORK);
  return <i64>job.number;
}

/** Does the next job; true: there is another. */
export function work(variant: u64): bool {
  const job = next();
  if (job == null) return false;
  const buffer = buffer_of(job.badge);
  const began = now_ns();
  // Its client may have ended since: then there is no buffer, and the job is dropped with its client.
  if (buffer_bytes(job.badge) != 0) {
    run(variant, job.operation, job.rows, job.columns, buffer + job.matrix, buffer + job.result);
  }
  job.took_ns = now_ns() - began;
  job.is_done = 1;
  if (job.waiter != 0) {
    answer_complete(job.waiter, 0, job.took_ns);
    job.number = 0;
  }
  return next() != null;
}

function next(): Job | null {
  let best: Job | null = null;
  for (let place: u32 = 0; place < JOBS; place++) {
    const job = job_at(place);
    if (job.number == 0 || job.is_done != 0) continue;
    if (best == null || job.queue < best.queue || (job.queue == best.queue && job.number < best.number)) best = job;
  }
  return best;
}

/** 0: done, `took_of` tells; > 0: the caller waits; else an error. */
export function finish(badge: u64, number: u64): i64 {
  for (let place: u32 = 0; place < JOBS; place++) {
    const job = job_at(place);
    if (job.number != number || number == 0 || job.badge != badge) continue;
    if (job.is_done != 0) {
      took_ns = job.took_ns;
      job.number = 0;
      return 0;
    }
    if (job.waiter != 0) return E_EXISTS;
    const reply = detach();
    if (reply < 0) return reply;
    job.waiter = <u64>reply;
    return 1;
  }
  return E_NOT_FOUND;
}

/** Of the job that finish() found done. */
export let took_ns: u64 = 0;

/** Jobs and whoever waits for them, to or from another instance. */
export function pass(state: State): void {
  state.bytes(table, JOBS * JOB_SIZE);
  last_number = state.u64(last_number);
}

/** A client has ended: its jobs are nobody's. */
export function drop_client(badge: u64): void {
  for (let place: u32 = 0; place < JOBS; place++) {
    const job = job_at(place);
    if (job.number == 0 || job.badge != badge) continue;
    if (job.waiter != 0) answer_complete(job.waiter, E_CANCELLED, 0);
    job.number = 0;
  }
}
