// A short list of physical ranges in static memory: what the device tree says about memory.
// Called by tree.ts and boot.ts. Invariant: every range is non-empty and does not wrap.

export const RANGE_MAX: u32 = 32;

@unmanaged
export class Range {
  base: u64;
  bytes: u64;
}

@unmanaged
export class RangeList {
  count: u32;
  unused: u32;

  @inline at(i: u32): Range {
    return changetype<Range>(changetype<usize>(this) + 8 + i * <u32>offsetof<Range>());
  }

  /** Adds a range; empty ones are left out. False: it wraps around, or the list is full. */
  add(base: u64, bytes: u64): bool {
    if (bytes == 0) return true;
    if (base + bytes < base || this.count >= RANGE_MAX) return false;
    const range = this.at(this.count++);
    range.base = base;
    range.bytes = bytes;
    return true;
  }

  /** Does a range of the list touch [base, end)? */
  touches(base: u64, end: u64): bool {
    for (let i: u32 = 0; i < this.count; i++) {
      const range = this.at(i);
      if (range.base < end && base < range.base + range.bytes) return true;
    }
    return false;
  }
}

/** Bytes of static memory that a list takes. */
export const RANGE_LIST_BYTES: usize = 8 + 32 * 16;
