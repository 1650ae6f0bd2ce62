// Random bytes from the host's entropy device (Virtual I/O Device 1.2, 5.4).

export interface Random {
  /** 1 … `limit` fresh bytes, up to a page and the buffer; waits until the device has some. E_ABSENT: there is no device. */
  fill(limit: u32): bytes;
}
