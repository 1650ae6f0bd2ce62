// The methods of the Disk interface for a driver: what a caller says is checked here, against the disk and against what he has attached; the
// driver itself gets device addresses and blocks that are good. Its methods.ts is `export * from "../disk/server"`, its index.ts
// calls open_disk() and finish() of requests.ts. Invariant: nothing reaches the driver's `submit` that is out of range.
import {
  DISK_CACHES_WRITES,
  DISK_DISCARDS,
  DISK_READ_ONLY,
  REQUEST_BLOCK,
  REQUEST_BYTES,
  REQUEST_COUNT,
  REQUEST_MEMORY,
  REQUEST_OFFSET,
  REQUEST_OPERATION,
  TRANSFER_FLUSH,
  TRANSFER_READ,
  TRANSFER_WRITE,
} from "../../build/interfaces/disk/constants";
import { buffer_of, client_of, on_client_gone } from "../lib/buffer";
import { detach as detach_call, reply } from "../lib/endpoint";
import { E_ABSENT, E_ARGUMENT, E_FULL, E_METHOD, E_READ_ONLY } from "../lib/errors";
import { set_reply_word } from "../lib/message";
import { attach_region, detach_all, detach_region, reach, reached_place } from "./memories";
import { begin, begin_batch, begin_in_batch, begin_through, bind_flush } from "./requests";
import { NO_BATCH, NO_MEMORY, record_status, settle } from "./requests";

/** What a driver's `submit` is asked for beside TRANSFER_…. */
export const SUBMIT_DISCARD: u32 = 4;

let disk_blocks: u64 = 0;
let disk_block_bytes: u32 = 512;
let disk_flags: u32 = 0;
let disk_transfer_max: u32 = 0;
let disk_depth: u32 = 0;
/** Makes a request ready for the device: its number, or E_FULL. `client` spreads clients over queues. */
let submit: ((operation: u32, client: u32, address: u64, block: u64, count: u32) => i32) | null = null;
/** Shows the device what was made ready. */
let publish: (() => void) | null = null;
/** Why nothing is submitted now; 0: all is well. */
let trouble: i64 = E_ABSENT;

/** Once, when the device is ready. */
export function open_disk(
  blocks: u64,
  block_bytes: u32,
  flags: u32,
  transfer_max: u32,
  depth: u32,
  submit_to: (operation: u32, client: u32, address: u64, block: u64, count: u32) => i32,
  publish_to: () => void,
): void {
  disk_blocks = blocks;
  disk_block_bytes = block_bytes;
  disk_flags = flags;
  disk_transfer_max = transfer_max;
  disk_depth = depth;
  submit = submit_to;
  publish = publish_to;
  trouble = 0;
  on_client_gone(detach_all);
  bind_flush(flush_for);
}

/** The disk has another size now: transfers go by that. */
export function resize_disk(blocks: u64): void {
  disk_blocks = blocks;
}

/** From now on everything that asks the device for something answers `error`. */
export function close_disk(error: i64): void {
  trouble = error;
}

export function geometry(_badge: u64): i64 {
  if (trouble != 0) return trouble;
  set_reply_word(1, disk_blocks);
  set_reply_word(2, disk_block_bytes);
  set_reply_word(3, disk_flags);
  set_reply_word(4, disk_transfer_max);
  set_reply_word(5, disk_depth);
  return 0;
}

export function attach(badge: u64, memory: u64, pages: u32): i64 {
  return attach_region(badge, memory, pages);
}

export function detach_memory(badge: u64, memory: u32): i64 {
  return detach_region(badge, memory);
}

/** The device address for a transfer, or why there is none; `reached_place` is its memory. */
@inline
function admit(badge: u64, operation: u32, memory: u32, offset: u64, block: u64, count: u32): i64 {
  if (trouble != 0) return trouble;
  if (count - 1 >= disk_transfer_max || block > disk_blocks || <u64>count > disk_blocks - block) return E_ARGUMENT;
  if (operation == TRANSFER_WRITE && (disk_flags & DISK_READ_ONLY) != 0) return E_READ_ONLY;
  return reach(badge, memory, offset, <u64>count * disk_block_bytes);
}

/** One request of a caller that waits for it alone. */
@inline
function start(
  badge: u64,
  operation: u32,
  address: u64,
  block: u64,
  count: u32,
  memory: u32,
  is_through: bool = false,
): i64 {
  const caller = detach_call();
  if (caller < 0) return caller;
  const number = submit!(operation, <u32>client_of(badge), address, block, count);
  if (number < 0) return reply(<u64>caller, number);
  begin(number, badge, <u64>caller, memory);
  if (is_through) begin_through(number);
  publish!();
  return 0;
}

/** The second half of a write that is to be durable: the caller is answered when the flush is done. */
function flush_for(badge: u64, caller: u64): void {
  const number = trouble != 0 ? <i32>trouble : submit!(TRANSFER_FLUSH, <u32>client_of(badge), 0, 0, 0);
  if (number < 0) {
    reply(caller, number); // a caller that has ended meanwhile is no error of ours
    return;
  }
  begin(number, badge, caller, NO_MEMORY);
  publish!();
}

export function read(badge: u64, memory: u32, offset: u64, block: u64, count: u32): i64 {
  const address = admit(badge, TRANSFER_READ, memory, offset, block, count);
  return address < 0 ? address : start(badge, TRANSFER_READ, <u64>address, block, count, reached_place);
}

export function write(badge: u64, memory: u32, offset: u64, block: u64, count: u32): i64 {
  const address = admit(badge, TRANSFER_WRITE, memory, offset, block, count);
  return address < 0 ? address : start(badge, TRANSFER_WRITE, <u64>address, block, count, reached_place);
}

export function write_through(badge: u64, memory: u32, offset: u64, block: u64, count: u32): i64 {
  const address = admit(badge, TRANSFER_WRITE, memory, offset, block, count);
  if (address < 0) return address;
  const is_through = (disk_flags & DISK_CACHES_WRITES) != 0;
  return start(badge, TRANSFER_WRITE, <u64>address, block, count, reached_place, is_through);
}

export function flush(badge: u64): i64 {
  return trouble != 0 ? trouble : start(badge, TRANSFER_FLUSH, 0, 0, 0, NO_MEMORY);
}

export function discard(badge: u64, block: u64, count: u32): i64 {
  if (trouble != 0) return trouble;
  if ((disk_flags & DISK_DISCARDS) == 0) return E_METHOD;
  if ((disk_flags & DISK_READ_ONLY) != 0) return E_READ_ONLY;
  if (count == 0 || block > disk_blocks || <u64>count > disk_blocks - block) return E_ARGUMENT;
  return start(badge, SUBMIT_DISCARD, 0, block, count, NO_MEMORY);
}

export function transfer(badge: u64, requests: usize, length: u32): i64 {
  const count = length / REQUEST_BYTES;
  if (trouble != 0) return trouble;
  if (count == 0 || count > disk_depth || count * REQUEST_BYTES != length) return E_ARGUMENT;
  const caller = detach_call();
  if (caller < 0) return caller;
  const batch = begin_batch(<u64>caller);
  if (batch == NO_BATCH) return reply(<u64>caller, E_FULL);
  for (let i: u32 = 0; i < count; i++) {
    const record = <u32>(requests - buffer_of(badge)) + i * REQUEST_BYTES;
    const error = add_to_batch(badge, batch, record);
    if (error == 0) continue;
    record_status(badge, record, error);
    refused = refused == 0 ? error : refused;
  }
  publish!();
  const status = refused;
  refused = 0;
  settle(batch, status);
  return 0;
}

/** The first error among the requests of a batch that did not get as far as the device. */
let refused: i64 = 0;

/** The record is the client's memory: each field is read once. */
function add_to_batch(badge: u64, batch: u32, record: u32): i64 {
  const at = buffer_of(badge) + record;
  const operation = load<u32>(at + REQUEST_OPERATION);
  const block = load<u64>(at + REQUEST_BLOCK);
  const count = load<u32>(at + REQUEST_COUNT);
  let address: i64 = 0;
  if (operation == TRANSFER_READ || operation == TRANSFER_WRITE) {
    address = admit(badge, operation, load<u32>(at + REQUEST_MEMORY), load<u64>(at + REQUEST_OFFSET), block, count);
  } else if (operation != TRANSFER_FLUSH) {
    return E_ARGUMENT;
  }
  if (address < 0) return address;
  const number = submit!(operation, <u32>client_of(badge), <u64>address, block, count);
  if (number < 0) return number;
  begin_in_batch(number, badge, batch, record, operation == TRANSFER_FLUSH ? NO_MEMORY : reached_place);
  return 0;
}
