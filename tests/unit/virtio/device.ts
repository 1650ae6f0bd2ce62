// A virtio 1.2 device in TypeScript, behind either transport, as far as drivers see one: registers, features, split queues. It is honest
// unless a test makes it lie: `lie` may change what it says it used. Called by machine.ts.
import type { PhysicalMemory } from "./memory.ts";

export const FEATURE_EVENT_INDEX = 1n << 29n;
export const FEATURE_VERSION_1 = 1n << 32n;
const DRIVER_OK = 4;
const NEEDS_RESET = 64;

export interface Part {
  readonly address: bigint;
  readonly length: number;
  readonly writable: boolean;
}

/** A request that the driver made available. */
export interface Chain {
  readonly queue: number;
  readonly head: number;
  readonly parts: readonly Part[];
}

/** Bytes written, or undefined: the device keeps the request. */
export type Serve = (chain: Chain) => number | undefined;
/** What the device stores in place of the truth. */
export interface Used {
  head: number;
  length: number;
  /** How far the index moves for it. */
  steps: number;
}

interface QueueState {
  size: number;
  descriptors: bigint;
  available: bigint;
  used: bigint;
  enabled: boolean;
  vector: number;
  taken: number;
  made: number;
}

export class VirtioDevice {
  status = 0;
  accepted = 0n;
  /** A device that was pulled out: every register reads as ones. */
  isGone = false;
  /** Does not finish a reset. */
  isStuck = false;
  resets = 0;
  notifications = 0;
  interrupts: number[] = [];
  isr = 0;
  lie: (used: Used) => Used = (used) => used;
  readonly queues: QueueState[];
  readonly kept: Chain[] = [];
  private deviceSelect = 0;
  private driverSelect = 0;
  private queueSelect = 0;

  constructor(
    readonly memory: PhysicalMemory,
    readonly identity: number,
    readonly offered: bigint,
    readonly configuration: Uint8Array,
    queueSizes: readonly number[],
    private readonly serve: Serve,
    /** Raises interrupt `vector`; of a line, 0. */
    private readonly raise: (vector: number) => void,
  ) {
    this.queues = queueSizes.map((size) => this.fresh(size));
    this.sizes = queueSizes;
  }
  private readonly sizes: readonly number[];

  private fresh(size: number): QueueState {
    return { size, descriptors: 0n, available: 0n, used: 0n, enabled: false, vector: 0xffff, taken: 0, made: 0 };
  }

  reset(): void {
    this.resets++;
    this.status = this.isStuck ? 1 : 0;
    this.accepted = 0n;
    this.isr = 0;
    this.kept.length = 0;
    this.sizes.forEach((size, index) => {
      this.queues[index] = this.fresh(size);
    });
  }

  /** Common configuration of PCI (4.1.4.3), by offset. */
  load(offset: number, width: number): bigint {
    if (this.isGone) return (1n << BigInt(8 * width)) - 1n;
    const queue = this.queues[this.queueSelect];
    switch (offset) {
      case 4:
        return (this.offered >> BigInt(32 * this.deviceSelect)) & 0xffff_ffffn;
      case 18:
        return BigInt(this.queues.length);
      case 20:
        return BigInt(this.status);
      case 24:
        return BigInt(queue?.size ?? 0);
      case 26:
        return BigInt(queue?.vector ?? 0xffff);
      case 28:
        return queue?.enabled ? 1n : 0n;
      case 30:
        return BigInt(this.queueSelect);
      default:
        return 0n;
    }
  }

  store(offset: number, value: bigint): void {
    if (this.isGone) return;
    const queue = this.queues[this.queueSelect];
    const halves: Record<number, ["descriptors" | "available" | "used", bigint]> = {
      32: ["descriptors", 0n],
      36: ["descriptors", 32n],
      40: ["available", 0n],
      44: ["available", 32n],
      48: ["used", 0n],
      52: ["used", 32n],
    };
    const half = halves[offset];
    if (half !== undefined && queue !== undefined) {
      const [name, shift] = half;
      queue[name] = (queue[name] & (0xffff_ffffn << (32n - shift))) | (value << shift);
      return;
    }
    if (offset === 0) this.deviceSelect = Number(value) & 1;
    else if (offset === 8) this.driverSelect = Number(value) & 1;
    else if (offset === 12) this.accepted |= value << BigInt(32 * this.driverSelect);
    else if (offset === 20) this.setStatus(Number(value));
    else if (offset === 22) this.queueSelect = Number(value);
    else if (queue === undefined) return;
    else if (offset === 24) queue.size = Number(value);
    else if (offset === 26) queue.vector = Number(value);
    else if (offset === 28) {
      // Emulators store what crosses a page in two parts, not always right.
      if (queue.used % 8n !== 4n) throw new Error("elements of the used ring can cross a page");
      queue.enabled = value === 1n;
    }
  }

  private setStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const isWrong = (this.accepted & ~this.offered) !== 0n || (this.accepted & FEATURE_VERSION_1) === 0n;
    this.status = isWrong ? value & ~8 : value;
  }

  /** The same registers where an MMIO device has them (4.2.2). */
  loadMmio(offset: number, width: number): bigint {
    if (this.isGone) return (1n << BigInt(8 * width)) - 1n;
    if (offset >= 0x100) return this.field(offset - 0x100, width);
    const queue = this.queues[this.queueSelect];
    const common: Record<number, number> = { 16: 4, 52: 24, 68: 28, 112: 20 };
    if (offset === 0x34) return BigInt(queue?.size ?? 0);
    const same = common[offset];
    if (same !== undefined) return this.load(same, width);
    const fixed: Record<number, bigint> = { 0: 0x7472_6976n, 4: 2n, 8: BigInt(this.identity), 96: BigInt(this.isr) };
    return fixed[offset] ?? 0n;
  }

  storeMmio(offset: number, value: bigint): void {
    if (offset === 0x50) {
      this.notify(Number(value));
      return;
    }
    if (offset === 0x64) this.isr &= ~Number(value);
    const common: Record<number, number> = {
      20: 0,
      36: 8,
      32: 12,
      48: 22,
      56: 24,
      68: 28,
      112: 20,
      128: 32,
      132: 36,
      144: 40,
      148: 44,
      160: 48,
      164: 52,
    };
    const same = common[offset];
    if (same !== undefined) this.store(same, value);
  }

  field(offset: number, width: number): bigint {
    if (this.isGone) return (1n << BigInt(8 * width)) - 1n;
    let value = 0n;
    for (let i = 0; i < width; i++) value |= BigInt(this.configuration[offset + i] ?? 0) << BigInt(8 * i);
    return value;
  }

  /** The driver says that there is something in a queue. */
  notify(number: number): void {
    this.notifications++;
    this.run(number);
  }

  /** Serves whatever is available, and interrupts if the driver wants it. */
  run(number: number): void {
    const queue = this.queues[number];
    if (queue === undefined || !queue.enabled || (this.status & DRIVER_OK) === 0 || this.isGone) return;
    const before = queue.made;
    for (let chain = this.next(number); chain !== undefined; chain = this.next(number)) {
      const written = this.serve(chain);
      if (written === undefined) this.kept.push(chain);
      else this.use(chain, written);
    }
    this.wish(queue);
    this.interrupt(queue, before);
  }

  /** Finishes a request that was kept, and interrupts. */
  finish(chain: Chain, written: number): void {
    const queue = this.queues[chain.queue];
    if (queue === undefined) return;
    const before = queue.made;
    this.kept.splice(this.kept.indexOf(chain), 1);
    this.use(chain, written);
    this.interrupt(queue, before);
  }

  /** Something else than a queue: the configuration has changed, or the device needs a reset. */
  configurationChanged(needsReset = false): void {
    if (needsReset) this.status |= NEEDS_RESET;
    this.isr |= 2;
    this.raise(1);
  }

  private next(number: number): Chain | undefined {
    const queue = this.queues[number];
    if (queue === undefined) return undefined;
    const ring = this.memory.view(queue.available, 6 + 2 * queue.size);
    if (ring.getUint16(2, true) === queue.taken) return undefined;
    const head = ring.getUint16(4 + 2 * (queue.taken % queue.size), true);
    queue.taken = (queue.taken + 1) & 0xffff;
    const parts: Part[] = [];
    for (let at = head, more = true; more; ) {
      if (parts.length > queue.size || at >= queue.size) throw new Error("the driver made a chain without an end");
      const descriptor = this.memory.view(queue.descriptors + BigInt(16 * at), 16);
      const flags = descriptor.getUint16(12, true);
      const writable = (flags & 2) !== 0;
      if (!writable && parts.some((part) => part.writable)) throw new Error("a part to read after one to write");
      parts.push({ address: descriptor.getBigUint64(0, true), length: descriptor.getUint32(8, true), writable });
      more = (flags & 1) !== 0;
      at = descriptor.getUint16(14, true);
    }
    if (parts.some((part) => part.length === 0)) throw new Error("a part without bytes");
    return { queue: number, head, parts };
  }

  private use(chain: Chain, written: number): void {
    const queue = this.queues[chain.queue];
    if (queue === undefined) return;
    const used = this.lie({ head: chain.head, length: written, steps: 1 });
    const ring = this.memory.view(queue.used, 6 + 8 * queue.size);
    const place = 4 + 8 * (queue.made % queue.size);
    ring.setUint32(place, used.head, true);
    ring.setUint32(place + 4, used.length, true);
    queue.made = (queue.made + used.steps) & 0xffff;
    ring.setUint16(2, queue.made, true);
  }

  /** From which request on the driver is to tell. */
  private wish(queue: QueueState): void {
    if ((this.accepted & FEATURE_EVENT_INDEX) === 0n) return;
    this.memory.view(queue.used, 6 + 8 * queue.size).setUint16(4 + 8 * queue.size, queue.taken, true);
  }

  private interrupt(queue: QueueState, before: number): void {
    if (queue.made === before) return;
    const ring = this.memory.view(queue.available, 6 + 2 * queue.size);
    const wish = ring.getUint16(4 + 2 * queue.size, true);
    const isWanted =
      (this.accepted & FEATURE_EVENT_INDEX) === 0n
        ? (ring.getUint16(0, true) & 1) === 0
        : ((queue.made - wish - 1) & 0xffff) < ((queue.made - before) & 0xffff);
    if (!isWanted) return;
    this.isr |= 1;
    this.raise(0);
  }
}
