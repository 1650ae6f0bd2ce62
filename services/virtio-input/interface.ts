// A keyboard, mouse or tablet on virtio (Virtual I/O Device 1.2, 5.8): events as Linux's input layer numbers them.

/** An event: kind and code (u16 each), value (u32). */
export const EVENT_BYTES: u32 = 8;
/** Kinds of events. */
export const EVENT_SYNCHRONISE: u32 = 0;
export const EVENT_KEY: u32 = 1;
export const EVENT_RELATIVE: u32 = 2;
export const EVENT_ABSOLUTE: u32 = 3;

export interface Input {
  /** The device's name, UTF-8. */
  name(): bytes;
  /** A bit for each code of events of this kind that the device can send; empty: none. */
  codes(kind: u32): bytes;
  /** 1 … events, EVENT_BYTES each, up to `limit` bytes; waits for the first. */
  events(limit: u32): bytes;
  /** Events that came and that nobody took before the memory for them was full. */
  lost(): u64;
}
