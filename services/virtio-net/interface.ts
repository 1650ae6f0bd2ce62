// A network card on virtio (Virtual I/O Device 1.2, 5.1): Ethernet frames out and in, without their check sums. Whoever calls gets the frames;
// a network stack is to be the one that does.

/** Bytes of a frame, from the destination's address to the end of the data. */
export const FRAME_BYTES_MIN: u32 = 14;
export const FRAME_BYTES_MAX: u32 = 1514;

export interface Network {
  /** The card's address, its first byte lowest, whether the link is up (1), and how many pairs of queues are used. */
  hardware(): { address: u64; link: u32; pairs: u32 };
  /** Hands one frame to the card: its length. A client's frames keep their order, for all go by one queue. E_FULL: the card is not done with earlier ones. */
  send(frame: bytes): i64;
  /** The next frame that came in; waits for one. E_ARGUMENT: `limit` or the buffer is below FRAME_BYTES_MAX. */
  receive(limit: u32): bytes;
  /** Frames and bytes in each direction since the driver started. */
  counters(): { sent: u64; sent_bytes: u64; received: u64; received_bytes: u64 };
}
