// A byte stream to and from the host on virtio (Virtual I/O Device 1.2, 5.3): the first port of a virtio console.

export interface Stream {
  /** Hands the first of these bytes to the host: how many. E_FULL: the host has not taken earlier ones. */
  write(data: bytes): i64;
  /** 1 … `limit` bytes from the host; waits for them. */
  read(limit: u32): bytes;
  /** The host's terminal; E_METHOD: the device does not say. */
  size(): { columns: u32; rows: u32 };
}
