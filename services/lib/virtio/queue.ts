// A split virtqueue (Virtual I/O Device 1.2, 2.7), the driver's side. The descriptor table is cut into slots of equal chains, linked once: a request
// is a slot, and making one available is two or three stores. Everything that the device writes is hostile until checked:
// an index that jumps, an identifier of no request, a length of more than the device was given. Then the queue is broken for good,
// and its driver resets the device. Invariant: a slot that take() answers was submitted, and is answered once.
import { fence } from "../phi";

/** The chain goes on; the device writes this part. */
export const DESCRIPTOR_NEXT: u16 = 1;
export const DESCRIPTOR_WRITE: u16 = 2;
const DESCRIPTOR_BYTES: u32 = 16;
const USED_ELEMENT_BYTES: u32 = 8;
const NO_NOTIFICATION: u16 = 1;

export const QUEUE_SIZE_MAX: u32 = 256;

/** take(): nothing is there; the device broke the rules. */
export const QUEUE_EMPTY: i32 = -1;
export const QUEUE_BROKEN: i32 = -2;

/** Bytes of a queue's memory: descriptors, the available ring, the used ring. */
export function queue_bytes(size: u32): u32 {
  return used_offset(size) + 6 + size * USED_ELEMENT_BYTES;
}

export function available_offset(size: u32): u32 {
  return size * DESCRIPTOR_BYTES;
}

/**
 * Elements of the used ring, 8 bytes each behind a head of 4, lie at multiples of 8, so that none crosses a page: QEMU behind its IOMMU (7.2) stores the part
 * behind the page elsewhere. The standard asks for multiples of 4 alone.
 */
export function used_offset(size: u32): u32 {
  return ((size * (DESCRIPTOR_BYTES + 2) + 6 + 3) & ~7) + 4;
}

export class Queue {
  /** Requests that fit. */
  readonly slots: u32;
  /** Slots with the device. */
  in_flight: u32 = 0;
  is_broken: bool = false;
  /** Bytes that the device says it wrote, of the slot that take() answered last: at most what it could. */
  written: u32 = 0;
  private made_available: u16 = 0;
  private told: u16 = 0;
  private taken: u16 = 0;
  private free_count: u32 = 0;
  private readonly available: usize;
  private readonly used: usize;
  /** By slot: bytes that the device may write, with PENDING while it has them. */
  private readonly capacity: StaticArray<u64> = new StaticArray<u64>(<i32>QUEUE_SIZE_MAX);
  private readonly free: StaticArray<u16> = new StaticArray<u16>(<i32>QUEUE_SIZE_MAX);

  /** `size` (a power of two) descriptors at `table`, zeroed memory that the device reaches; `chain` of them a slot. */
  constructor(
    private readonly table: usize,
    private readonly size: u32,
    private readonly chain: u32,
    /** VIRTIO_F_EVENT_IDX was negotiated. */
    private readonly has_event_index: bool,
  ) {
    this.slots = size / chain;
    this.available = table + available_offset(size);
    this.used = table + used_offset(size);
    this.begin();
  }

  /** As new, for a device that was reset: no slot is taken. */
  begin(): void {
    memory.fill(this.table, 0, queue_bytes(this.size));
    for (let slot: u32 = 0; slot < this.slots; slot++) {
      unchecked((this.capacity[slot] = 0));
      unchecked((this.free[slot] = <u16>(this.slots - 1 - slot)));
      for (let part: u32 = 0; part < this.chain; part++) {
        store<u16>(this.descriptor(slot, part), <u16>(slot * this.chain + part + 1), 14);
      }
    }
    this.free_count = this.slots;
    this.in_flight = 0;
    this.is_broken = false;
    this.made_available = 0;
    this.told = 0;
    this.taken = 0;
  }

  /** A slot for a new request; −1: all are taken. It stays the caller's until free_slot. */
  take_slot(): i32 {
    if (this.free_count == 0) return -1;
    return unchecked(this.free[--this.free_count]);
  }

  free_slot(slot: u32): void {
    unchecked((this.free[this.free_count++] = <u16>slot));
  }


  @inline
  private descriptor(slot: u32, part: u32): usize {
    return this.table + <usize>((slot * this.chain + part) * DESCRIPTOR_BYTES);
  }

  /** Part number `part` of a slot: DESCRIPTOR_NEXT leads to the next one. */
  @inline
  set_part(slot: u32, part: u32, address: u64, bytes: u32, flags: u16): void {
    const descriptor = this.descriptor(slot, part);
    store<u64>(descriptor, address);
    store<u32>(descriptor, bytes, 8);
    store<u16>(descriptor, flags, 12);
  }

  /** The slot is the device's; `writable` bytes of its parts are for the device to write. Seen by the device after publish(). */
  @inline
  submit(slot: u32, writable: u32): void {
    unchecked((this.capacity[slot] = PENDING | (<u64>writable)));
    const place = <usize>(this.made_available & (<u16>(this.size - 1)));
    store<u16>(this.available + (place << 1), <u16>(slot * this.chain), 4);
    this.made_available++;
    this.in_flight++;
  }

  /** Shows the device everything that was submitted; true: it wants to be told. */
  publish(): bool {
    fence(); // requests before the index
    store<u16>(this.available, this.made_available, 2);
    fence(); // the index before the device's wish
    const told = this.told;
    this.told = this.made_available;
    if (!this.has_event_index) return (load<u16>(this.used) & NO_NOTIFICATION) == 0;
    const wish = load<u16>(this.used + <usize>(this.size * USED_ELEMENT_BYTES), 4);
    return <u16>(this.made_available - wish - 1) < <u16>(this.made_available - told);
  }

  /** The next slot that the device is done with, or QUEUE_…. Its driver submits it again or frees it. */
  take(): i32 {
    if (this.is_broken) return QUEUE_BROKEN;
    const pending = <u16>(load<u16>(this.used, 2) - this.taken);
    if (pending == 0) return QUEUE_EMPTY;
    if (<u32>pending > this.in_flight) return this.broken();
    fence(); // the index before what it counts
    const element = this.used + <usize>(<u32>(this.taken & (<u16>(this.size - 1))) * USED_ELEMENT_BYTES);
    const head = load<u32>(element, 4);
    const written = load<u32>(element, 8);
    const slot = head / this.chain;
    if (slot >= this.slots || slot * this.chain != head) return this.broken();
    const capacity = unchecked(this.capacity[slot]);
    if ((capacity & PENDING) == 0 || <u64>written > (capacity ^ PENDING)) return this.broken();
    unchecked((this.capacity[slot] = 0));
    this.taken++;
    this.in_flight--;
    this.written = written;
    return slot;
  }

  /** The device interrupts from now on when it is done with anything; true: it is already. */
  arm(): bool {
    if (this.has_event_index) store<u16>(this.available + <usize>(this.size << 1), this.taken, 4);
    else store<u16>(this.available, 0);
    fence(); // the wish before a last look
    return load<u16>(this.used, 2) != this.taken;
  }

  private broken(): i32 {
    this.is_broken = true;
    return QUEUE_BROKEN;
  }
}

const PENDING: u64 = 1 << 63;
