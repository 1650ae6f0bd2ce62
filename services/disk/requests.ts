// Requests of clients that a disk's device is at, by the number that the driver gives each, and batches of them. Whoever waits is answered here.
// Called by server.ts of this folder and by drivers (finish). Invariant: each request that was begun is finished once, and each call
// answered once; a record in a client's buffer is written only while the buffer is the one that it was in.
import { REQUEST_STATUS } from "../../build/interfaces/disk/constants";
import { buffer_bytes, buffer_of } from "../lib/buffer";
import { reply } from "../lib/endpoint";
import { E_ABSENT } from "../lib/errors";
import { hold, let_go } from "./memories";

/** Numbers that drivers give their requests are below this. */
export const REQUESTS_MAX: u32 = 1024;
export const NO_MEMORY: u32 = 0xffff_ffff;
export const NO_BATCH: u32 = 0;
const REQUEST_SIZE: u32 = 40;
const BATCHES_MAX: u32 = 32;
const BATCH_SIZE: u32 = 32;


@unmanaged
class Request {
  /** The detached call of a request that stands alone. */
  caller: u64;
  badge: u64;
  memory: u32;
  batch: u32;
  /** Where its record lies in the client's buffer. */
  record: u32;
  is_open: u32;
  /** A write that is durable before its caller is answered. */
  is_through: u32;
}


@unmanaged
class Batch {
  caller: u64;
  /** Requests that are not finished, and one more while it is being filled. */
  left: u64;
  status: i64;
}

const requests = memory.data(40960, 8);
const batches = memory.data(1056, 8);

if (offsetof<Request>() > 40 || offsetof<Batch>() > 32) ERROR("a record outgrew its place");
if (REQUESTS_MAX * REQUEST_SIZE > 40960 || (BATCHES_MAX + 1) * BATCH_SIZE > 1056) ERROR("a table is too small");


@inline
function request_at(number: u32): Request {
  return changetype<Request>(requests + <usize>(number * REQUEST_SIZE));
}

function batch_at(number: u32): Batch {
  return changetype<Batch>(batches + <usize>(number * BATCH_SIZE));
}

/** The device is at request `number` of a caller that waits for it alone. */
@inline
export function begin(number: u32, badge: u64, caller: u64, memory: u32): void {
  const request = request_at(number);
  request.caller = caller;
  request.badge = badge;
  request.memory = memory;
  request.batch = NO_BATCH;
  request.is_open = 1;
  request.is_through = 0;
  if (memory != NO_MEMORY) hold(memory);
}

/** Request `number`, which was just begun, is over when a flush behind it is. */
@inline
export function begin_through(number: u32): void {
  request_at(number).is_through = 1;
}

/** Flushes for a caller who waits, or answers him; bound by server.ts. */
let flush_behind: (badge: u64, caller: u64) => void = (_badge: u64, caller: u64): void => {
  reply(caller, E_ABSENT);
};

export function bind_flush(flush: (badge: u64, caller: u64) => void): void {
  flush_behind = flush;
}

/** The same for one request of a batch, whose record lies at `record` of the client's buffer. */
export function begin_in_batch(number: u32, badge: u64, batch: u32, record: u32, memory: u32): void {
  begin(number, badge, 0, memory);
  const request = request_at(number);
  request.batch = batch;
  request.record = record;
  batch_at(batch).left++;
}

/** The device is done with a request, or will never be: its caller is answered. */
@inline
export function finish(number: u32, status: i64): void {
  const request = request_at(number);
  if (request.is_open == 0) return;
  request.is_open = 0;
  if (request.memory != NO_MEMORY) let_go(request.memory);
  if (request.batch == NO_BATCH) {
    if (request.is_through != 0 && status == 0) return flush_behind(request.badge, request.caller);
    reply(request.caller, status); // a caller that has ended meanwhile is no error of ours
  } else {
    record_status(request.badge, request.record, status);
    settle(request.batch, status);
  }
}

/** A new batch of a caller that waits, which finish_batch ends; 0: there are too many. */
export function begin_batch(caller: u64): u32 {
  for (let number: u32 = 1; number <= BATCHES_MAX; number++) {
    const batch = batch_at(number);
    if (batch.left != 0) continue;
    batch.caller = caller;
    batch.left = 1;
    batch.status = 0;
    return number;
  }
  return NO_BATCH;
}

/** One request of the batch is over, or its filling is. */
export function settle(number: u32, status: i64): void {
  const batch = batch_at(number);
  if (batch.status == 0) batch.status = status;
  if (--batch.left == 0) reply(batch.caller, batch.status);
}

/** The client's own record says how it went; its buffer may have changed since, or be gone. */
export function record_status(badge: u64, record: u32, status: i64): void {
  if (<u64>record + REQUEST_STATUS + 4 > <u64>buffer_bytes(badge)) return;
  store<i32>(buffer_of(badge) + record + REQUEST_STATUS, <i32>status);
}

/** Every request that is with the device fails: it was reset, or is gone. */
export function finish_all(status: i64): void {
  for (let number: u32 = 0; number < REQUESTS_MAX; number++) finish(number, status);
}
