// A ring of bytes of fixed capacity, allocated once at start: the console's input and output queues.
// Invariant: taken ≤ put ≤ taken + capacity; the capacity is a power of two, so positions may wrap at 2^32.

export class ByteRing {
  private readonly bytes: StaticArray<u8>;
  private readonly mask: u32;
  /** Bytes ever put and ever taken, modulo 2^32: positions that marks can refer to. */
  put_count: u32 = 0;
  taken_count: u32 = 0;

  constructor(capacity: u32) {
    assert(capacity != 0 && (capacity & (capacity - 1)) == 0);
    this.bytes = new StaticArray<u8>(capacity);
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
    unchecked((this.bytes[this.put_count & this.mask] = byte));
    this.put_count++;
  }

  /** The caller has checked `length`. */
  @inline take(): u8 {
    return unchecked(this.bytes[this.taken_count++ & this.mask]);
  }

  /** The byte `index` places behind the next one; the caller has checked `length`. */
  @inline peek(index: u32): u8 {
    return unchecked(this.bytes[(this.taken_count + index) & this.mask]);
  }

  /** Forgets the oldest `count` ≤ length bytes. */
  drop(count: u32): void {
    this.taken_count += count;
  }

  clear(): void {
    this.taken_count = this.put_count;
  }
}
