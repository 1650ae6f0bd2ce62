// The log that a disk's option `log` makes: every write and flush in the order in which the emulator had done them, in the format of Linux's
// dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst), which QEMU's blklogwrites writes. From it a test makes what a power cut
// at any moment may leave.

import { readFileSync } from "node:fs";
import { HarnessError } from "./errors.ts";

export interface LoggedWrite {
  /** In bytes from the disk's begin. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** It is a flush: what stands before it in the log stays, whatever happens. */
  readonly flush: boolean;
  /** What it writes stays from here on, without a flush (FUA). */
  readonly durable: boolean;
}

const MAGIC = 0x6a736677736872n;
const SECTOR_BYTES = 512;
const FLUSH = 1n;
const DURABLE = 2n;
const DISCARD = 4n;

/** Sector, sectors, flags, bytes of more data: all u64. Zeros are the log's end, for the emulator counts its entries in the first sector only now and then. */
export function readWriteLog(file: string): LoggedWrite[] {
  const log = readFileSync(file);
  if (log.length < SECTOR_BYTES || log.readBigUInt64LE(0) !== MAGIC)
    throw new HarnessError("argument", `${file} is no log of writes`);
  const sectorBytes = log.readUInt32LE(24);
  const writes: LoggedWrite[] = [];
  for (let at = sectorBytes; at + sectorBytes <= log.length; ) {
    const [sector = 0n, sectors = 0n, flags = 0n] = [0, 8, 16].map((field) => log.readBigUInt64LE(at + field));
    if (sectors === 0n && flags === 0n) break;
    at += sectorBytes;
    const length = (flags & DISCARD) === 0n ? Number(sectors) * sectorBytes : 0;
    if (at + length > log.length) break;
    writes.push({
      offset: Number(sector) * sectorBytes,
      bytes: log.subarray(at, at + length),
      flush: (flags & FLUSH) !== 0n,
      durable: (flags & DURABLE) !== 0n,
    });
    at += length;
  }
  return writes;
}
