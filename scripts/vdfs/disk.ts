// Disks for the store in Node: a file, and bytes in memory. An operation answers 0 or an error number, as the Disk interface's do.
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { ERROR } from "./errors.ts";

export const PAGE_BYTES = 4096;

export interface Disk {
  readonly pages: number;
  /** Fills `into`, whole pages, from page `page` on. */
  read(page: number, into: Uint8Array): number;
  write(page: number, from: Uint8Array): number;
  /** What was written before is durable when it answers. */
  flush(): number;
  /** Is an open file what keeps this disk? */
  isKeptIn?(descriptor: number): boolean;
}

/** A disk in memory that grows as it is written. */
export class MemoryDisk implements Disk {
  private readonly blocks = new Map<number, Uint8Array>();

  constructor(readonly pages: number) {}

  read(page: number, into: Uint8Array): number {
    if (page + into.length / PAGE_BYTES > this.pages) return ERROR.ARGUMENT;
    for (let i = 0; i < into.length; i += PAGE_BYTES) {
      const block = this.blocks.get(page + i / PAGE_BYTES);
      if (block === undefined) into.fill(0, i, i + PAGE_BYTES);
      else into.set(block, i);
    }
    return 0;
  }

  write(page: number, from: Uint8Array): number {
    if (page + from.length / PAGE_BYTES > this.pages) return ERROR.ARGUMENT;
    for (let i = 0; i < from.length; i += PAGE_BYTES)
      this.blocks.set(page + i / PAGE_BYTES, from.slice(i, i + PAGE_BYTES));
    return 0;
  }

  flush(): number {
    return 0;
  }

  /** Changes bits of a page: what a bad disk does. */
  damage(page: number, change: (bytes: Uint8Array) => void): void {
    const block = this.blocks.get(page) ?? new Uint8Array(PAGE_BYTES);
    change(block);
    this.blocks.set(page, block);
  }

  /** The same content on a disk of its own. */
  copy(): MemoryDisk {
    const disk = new MemoryDisk(this.pages);
    for (const [page, block] of this.blocks) disk.blocks.set(page, block.slice());
    return disk;
  }

  /** Pages that hold something. */
  written(): number[] {
    return [...this.blocks.keys()].sort((a, b) => a - b);
  }
}

/** Takes an open file for this process alone, or throws. */
export type Claim = (descriptor: number) => void;

function claimed(descriptor: number, claim: Claim): void {
  try {
    claim(descriptor);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** A disk image in a file; one that is not writable keeps what is written in memory, so that a log can be replayed for a look. */
export class FileDisk implements Disk {
  private readonly overlay = new Map<number, Uint8Array>();

  private constructor(
    private readonly descriptor: number,
    readonly pages: number,
    private readonly writable: boolean,
  ) {}

  /** `claim` is asked for a file that is written, and throws when somebody else writes it. */
  static open(path: string, writable: boolean, claim: Claim = () => {}): FileDisk {
    const descriptor = openSync(path, writable ? "r+" : "r");
    if (writable) claimed(descriptor, claim);
    return new FileDisk(descriptor, Math.floor(fstatSync(descriptor).size / PAGE_BYTES), writable);
  }

  static create(path: string, bytes: number, claim: Claim = () => {}): FileDisk {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    claimed(descriptor, claim);
    ftruncateSync(descriptor, 0);
    ftruncateSync(descriptor, bytes);
    return new FileDisk(descriptor, Math.floor(bytes / PAGE_BYTES), true);
  }

  read(page: number, into: Uint8Array): number {
    try {
      const got = readSync(this.descriptor, into, 0, into.length, page * PAGE_BYTES);
      if (got !== into.length) return ERROR.DEVICE;
      for (let i = 0; this.overlay.size > 0 && i < into.length; i += PAGE_BYTES) {
        const block = this.overlay.get(page + i / PAGE_BYTES);
        if (block !== undefined) into.set(block, i);
      }
      return 0;
    } catch {
      return ERROR.DEVICE;
    }
  }

  write(page: number, from: Uint8Array): number {
    if (!this.writable) {
      for (let i = 0; i < from.length; i += PAGE_BYTES)
        this.overlay.set(page + i / PAGE_BYTES, from.slice(i, i + PAGE_BYTES));
      return 0;
    }
    try {
      return writeSync(this.descriptor, from, 0, from.length, page * PAGE_BYTES) === from.length ? 0 : ERROR.DEVICE;
    } catch {
      return ERROR.DEVICE;
    }
  }

  flush(): number {
    if (!this.writable) return 0;
    try {
      fsyncSync(this.descriptor);
      return 0;
    } catch {
      return ERROR.DEVICE;
    }
  }

  isKeptIn(descriptor: number): boolean {
    const [own, other] = [fstatSync(this.descriptor), fstatSync(descriptor)];
    return own.dev === other.dev && own.ino === other.ino;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
