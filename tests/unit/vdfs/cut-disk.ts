// A disk with a volatile cache that loses power: writes since the last flush reach the medium whole, in part (each sector of 512 bytes by
// itself), or not at all, in any order between two flushes. What was flushed stays.
import { type Disk, type MemoryDisk, PAGE_BYTES } from "../../../scripts/vdfs/disk.ts";
import { ERROR } from "../../../scripts/vdfs/errors.ts";
import type { Random } from "./model.ts";

const SECTOR_BYTES = 512;

export class CutDisk implements Disk {
  /** What has been written since the last flush, in order. */
  private pending: { page: number; bytes: Uint8Array }[] = [];
  /** Operations until the power goes; -1: it stays. */
  private left = -1;
  isOff = false;

  constructor(
    readonly medium: MemoryDisk,
    private readonly random: Random,
  ) {}

  get pages(): number {
    return this.medium.pages;
  }

  cutAfter(operations: number): void {
    this.left = operations;
  }

  /** True while there is power for one more operation. */
  private powered(): boolean {
    if (this.isOff) return false;
    if (this.left === 0) this.isOff = true;
    else if (this.left > 0) this.left--;
    return !this.isOff;
  }

  read(page: number, into: Uint8Array): number {
    if (this.isOff) return ERROR.ABSENT;
    const error = this.medium.read(page, into);
    if (error < 0) return error;
    for (const write of this.pending)
      for (let i = 0; i < write.bytes.length; i += PAGE_BYTES) {
        const at = write.page + i / PAGE_BYTES - page;
        if (at >= 0 && at < into.length / PAGE_BYTES)
          into.set(write.bytes.subarray(i, i + PAGE_BYTES), at * PAGE_BYTES);
      }
    return 0;
  }

  write(page: number, from: Uint8Array): number {
    this.pending.push({ page, bytes: from.slice() });
    return this.powered() ? 0 : ERROR.ABSENT;
  }

  flush(): number {
    if (!this.powered()) return ERROR.ABSENT;
    for (const write of this.pending) this.medium.write(write.page, write.bytes);
    this.pending = [];
    return 0;
  }

  /** What the medium holds after the cut. */
  survivor(): MemoryDisk {
    // one rule for the whole cut: most of it there, most of it gone, whole writes only, or every sector for itself
    const rule = this.random.below(4);
    const order = [...this.pending];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.random.below(4) === 0 ? this.random.below(i + 1) : i;
      [order[i], order[j]] = [order[j] as never, order[i] as never];
    }
    for (const write of order) {
      if (rule === 2 && this.random.below(2) === 0) continue;
      for (let at = 0; at < write.bytes.length; at += SECTOR_BYTES) {
        const lost =
          rule === 0
            ? this.random.below(16) === 0
            : rule === 1
              ? this.random.below(16) !== 0
              : rule === 3 && this.random.below(2) === 0;
        if (!lost)
          this.writeSector(
            write.page + Math.floor(at / PAGE_BYTES),
            at % PAGE_BYTES,
            write.bytes.subarray(at, at + SECTOR_BYTES),
          );
      }
    }
    return this.medium;
  }

  private writeSector(page: number, offset: number, bytes: Uint8Array): void {
    this.medium.damage(page, (block) => block.set(bytes, offset));
  }
}
