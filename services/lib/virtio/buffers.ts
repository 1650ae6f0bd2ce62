// A queue whose requests are one buffer each, of equal size, in the driver's shared memory: what frames, bytes and events come in and go out by.
// Called by the drivers of everything but disks. Invariant: a buffer is the driver's or the device's, never both's.
import {
  add_queue,
  address_of,
  arrange,
  end_driver,
  listen,
  open_device,
  queue_size,
  shared,
  transport,
} from "./device";
import { E_ABSENT } from "../errors";
import { DESCRIPTOR_WRITE, Queue, queue_bytes } from "./queue";

export class Buffers {
  /** Bytes of the buffer that take() answered last, as the device says; at most what it was given. */
  length: u32 = 0;

  constructor(
    private readonly number: u32,
    private readonly queue: Queue,
    private readonly start: usize,
    private readonly bytes: u32,
  ) {}

  /** Buffers; all are the driver's at first. */
  get count(): u32 {
    return this.queue.slots;
  }

  /** Where a buffer lies. */
  @inline
  at(buffer: u32): usize {
    return this.start + <usize>(buffer * this.bytes);
  }

  /** A buffer that nobody uses, or −1. */
  take_free(): i32 {
    return this.queue.take_slot();
  }

  free(buffer: u32): void {
    this.queue.free_slot(buffer);
  }

  /** Gives the device a buffer to write. Seen by it after publish(). */
  lend(buffer: u32): void {
    this.queue.set_part(buffer, 0, address_of(this.at(buffer)), this.bytes, DESCRIPTOR_WRITE);
    this.queue.submit(buffer, this.bytes);
  }

  /** Gives the device all buffers to write. */
  lend_all(): void {
    for (let buffer = this.take_free(); buffer >= 0; buffer = this.take_free()) this.lend(buffer);
    this.publish();
    this.queue.arm();
  }

  /** Gives the device the first `length` bytes of a buffer to read. */
  send(buffer: u32, length: u32): void {
    this.queue.set_part(buffer, 0, address_of(this.at(buffer)), length, 0);
    this.queue.submit(buffer, 0);
  }

  publish(): void {
    if (this.queue.publish()) transport.notify(this.number);
  }

  /** Buffers that the device has read are free again: for a queue that need not interrupt. */
  reap(): void {
    for (let buffer = this.queue.take(); buffer >= 0; buffer = this.queue.take()) this.queue.free_slot(buffer);
    if (this.queue.is_broken) end_driver();
  }

  /** The next buffer that the device is done with, the driver's again, and `length`; −1: none now. A device that lies ends the driver. */
  take(): i32 {
    let buffer = this.queue.take();
    if (buffer < 0 && !this.queue.is_broken && this.queue.arm()) buffer = this.queue.take();
    if (this.queue.is_broken) end_driver();
    this.length = this.queue.written;
    return buffer;
  }
}

/** Bytes of shared memory for `count` buffers of `bytes` each and their queue. */
export function buffers_bytes(count: u32, bytes: u32): u32 {
  return queue_bytes(count) + count * bytes + 32;
}

/** Queue `number` with at most `count` buffers; null: the device has no such queue, or there is no room. */
export function add_buffers(number: u32, count: u32, bytes: u32): Buffers | null {
  const size = queue_size(number, count);
  const queue = add_queue(number, size, 1);
  if (queue == null) return null;
  const start = shared(queue.slots * bytes);
  if (start == 0) return null;
  return new Buffers(number, queue, start, bytes);
}

/** The queues of open_buffers, by number. */
const opened = new StaticArray<Buffers | null>(2);

/** Takes the device of the kind, with its queues 0 to `queues` - 1 of at most `count` buffers of `bytes` each, and starts it: 0, or an error. */
export function open_buffers(kind: u32, features: u64, queues: u32, count: u32, bytes: u32): i64 {
  let answer = open_device(kind, features);
  if (answer == 0) answer = arrange(queues * buffers_bytes(count, bytes));
  if (answer < 0) return answer;
  for (let number: u32 = 0; number < queues; number++) {
    const made = add_buffers(number, count, bytes);
    if (made == null) return E_ABSENT;
    opened[number] = made;
  }
  answer = transport.go();
  // last: the events of a device that was not taken would find no queues
  return answer < 0 ? answer : listen();
}

/** Queue `number` of the device that was opened. */
export function opened_buffers(number: u32): Buffers {
  return opened[number]!;
}
