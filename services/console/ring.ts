// A ring of bytes of fixed capacity in static memory: the console's input and output queues.
// Invariant: taken ≤ put ≤ taken + capacity; the capacity is a power of two, so positions may wrap at 2^32.
import { State } from "../lib/state";

export class ByteRing {
  private readonly mask: u32;
  /** Bytes ever put and ever taken, modulo 2^32: positions that marks can refer to. */
  put_count: u32 = 0;
  taken_count: u32 = 0;

  /** `start`: `capacity` bytes that nobody else uses (`memory.data(capacity)`). */
  constructor(
    private readonly start: usize,
    capacity: u32,
  ) {
    assert(capacity != 0 && (capacity & (capacity - 1)) == 0);
    this.mask = capacity - 1;
  }

  get length(): u32 {
    return this.put_count - this.taken_count;
  }

  get room(): u32 {
    return this.mask + 1 - this.length;
  }

  /** The caller has checked `room`. */
  @inline put(byte: u8): void {
    store<u8>(this.start + (this.put_count & this.mask), byte);
    this.put_count++;
  }

  /** The caller has checked `length`. */
  @inline take(): u8 {
    return load<u8>(this.start + (this.taken_count++ & this.mask));
  }

  /** The byte `index` places behind the next one; the caller has checked `length`. */
  @inline peek(index: u32): u8 {
    return load<u8>(this.start + ((this.taken_count + index) & this.mask));
  }

  /** The byte that was put as number `position` of all; it is still in the ring. */
  @inline at(position: u32): u8 {
    return load<u8>(this.start + (position & this.mask));
  }

  /** Copies the next `count` ≤ length bytes to memory without taking them. */
  copy_to(target: usize, count: u32): void {
    const at = this.taken_count & this.mask;
    const first = min<u32>(count, this.mask + 1 - at);
    memory.copy(target, this.start + at, first);
    memory.copy(target + first, this.start, count - first);
  }

  /** Appends `count` ≤ room bytes of memory. */
  copy_from(source: usize, count: u32): void {
    const at = this.put_count & this.mask;
    const first = min<u32>(count, this.mask + 1 - at);
    memory.copy(this.start + at, source, first);
    memory.copy(this.start, source + first, count - first);
    this.put_count += count;
  }

  /** Forgets the oldest `count` ≤ length bytes. */
  drop(count: u32): void {
    this.taken_count += count;
  }

  clear(): void {
    this.taken_count = this.put_count;
  }

  /** What waits, at the positions that it has. */
  pass(state: State): void {
    this.taken_count = state.u32(this.taken_count);
    const count = state.count(this.length, this.mask + 1);
    this.put_count = this.taken_count + count;
    const at = this.taken_count & this.mask;
    const first = min<u32>(count, this.mask + 1 - at);
    state.bytes(this.start + at, first);
    state.bytes(this.start, count - first);
  }
}
