// A disk, as every driver of one offers it: services/virtio-blk and services/nvme. Data goes between the device and a region of
// the client's, without a copy and without the driver seeing it; a call answers when the device is done, and many may be in flight.
//
// After a driver was restarted its clients' regions are unknown to it: a call with one answers E_STATE until `attach` was called again. A call
// that was in flight answers E_PEER_FAULT: reads and writes of the same blocks may be repeated.
// Errors that any transfer answers: E_ABSENT the device is gone, E_DEVICE it failed at this, E_FULL more requests are in flight than
// the driver has room for, E_ARGUMENT blocks or bytes out of range, E_READ_ONLY, E_STATE no such memory.

export const DISK_READ_ONLY: u32 = 1;
/** The device keeps writes in a cache that a power cut loses: only what `flush` came after is durable. */
export const DISK_CACHES_WRITES: u32 = 2;
export const DISK_DISCARDS: u32 = 4;

/** `transfer`: what a request does. */
export const TRANSFER_READ: u32 = 1;
export const TRANSFER_WRITE: u32 = 2;
export const TRANSFER_FLUSH: u32 = 3;

/** A request of `transfer`: places of its fields, and its bytes. */
export const REQUEST_OPERATION: u32 = 0;
export const REQUEST_MEMORY: u32 = 4;
export const REQUEST_OFFSET: u32 = 8;
export const REQUEST_BLOCK: u32 = 16;
export const REQUEST_COUNT: u32 = 24;
/** Written before the call answers: 0 or an error, as an i32. */
export const REQUEST_STATUS: u32 = 28;
export const REQUEST_BYTES: u32 = 32;

/** Regions that one client may have attached at a time. */
export const MEMORIES_MAX: u32 = 8;

export interface Disk {
  /** Blocks and their bytes (512 … 4096, a power of two), DISK_ flags, the most blocks of one transfer, the most requests in flight. */
  geometry(): { blocks: u64; block_bytes: u32; flags: u32; transfer_blocks_max: u32; queue_depth: u32 };
  /**
   * The device may reach the first `pages` of the region (rights READ, WRITE, PIN and SHARE) from now on: its number, from 1. A machine without an
   * IOMMU takes contiguous regions alone (create_contiguous): E_ADDRESS. E_FULL: MEMORIES_MAX are attached.
   */
  attach(memory: capability, pages: u32): i64;
  /** `count` blocks from `block` on into memory number `memory`, at byte `offset` of it, a multiple of 512. */
  read(memory: u32, offset: u64, block: u64, count: u32): i64;
  /** The other way. */
  write(memory: u32, offset: u64, block: u64, count: u32): i64;
  /** Every write that was answered before is durable when this is. */
  flush(): i64;
  /** These blocks are not needed any more; what they hold then is undefined. E_METHOD: not a disk that DISCARDS. */
  discard(block: u64, count: u32): i64;
  /**
   * Several requests at once, REQUEST_ records one after the other, at most queue_depth: all are in flight together, in no order, and a flush
   * covers none of its fellows. Answers when the last is done: 0, or the first one's error that failed; each record says its own.
   */
  transfer(requests: bytes): i64;
  /** The device may not reach that region any more. E_STATE: no such memory. */
  detach_memory(memory: u32): i64;
  /** As `write`, and durable when it answers, with every write that was answered before: one call for a write and its flush. */
  write_through(memory: u32, offset: u64, block: u64, count: u32): i64;
}
