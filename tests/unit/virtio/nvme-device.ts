// An NVMe controller that tests make up (Base specification 2.0): registers, queues in the memory of the machine of machine.ts, commands served
// from an array. Honest as it is; a test makes it lie about its completions, keep commands, hang, fail or vanish.

import type { PlainDevice } from "./machine.ts";
import type { PhysicalMemory } from "./memory.ts";

const CAPABILITIES_LOW = 0x14_00_003f; // queues of 64, and 10 s to become ready
const DOORBELLS = 0x1000;
const COMMAND_BYTES = 64;
const COMPLETION_BYTES = 16;
const BLOCK = 512;
const PAGE = 4096n;

interface Ring {
  address: bigint;
  size: number;
}

interface Completions extends Ring {
  tail: number;
  phase: number;
  vector: number;
}

interface Commands extends Ring {
  head: number;
  completions: number;
}

export interface Completion {
  readonly queue: number;
  readonly identifier: number;
  readonly status: number;
  readonly result: number;
  /** false: with the phase of a completion that was there before. */
  readonly isNew: boolean;
}

export class NvmeDevice implements PlainDevice {
  readonly identity = 0x0010_1b36;
  readonly vectors = 2;
  readonly content: Uint8Array;
  memory: PhysicalMemory | undefined;
  raise: (vector: number) => void = () => undefined;
  resets = 0;
  isGone = false;
  /** It neither becomes ready nor unready. */
  isStuck = false;
  /** Commands of its disk are not finished: they wait in `kept`. */
  keep = false;
  /** Status that its disk's commands end with. */
  status = 0;
  readonly kept: { queue: number; command: Uint8Array }[] = [];
  /** What becomes of a completion of the disk's commands. */
  lie: (honest: Completion) => Completion = (honest) => honest;
  private configuration = 0;
  private ready = 0;
  fatal = 0;
  private readonly admin = { sizes: 0, commands: 0n, completions: 0n };
  private readonly commands = new Map<number, Commands>();
  private readonly completions = new Map<number, Completions>();

  constructor(readonly blocks = 64) {
    this.content = new Uint8Array(blocks * BLOCK).map((_, at) => (at * 7 + (at >> 9)) & 0xff);
  }

  load(offset: number, width: number): bigint {
    if (this.isGone) return (1n << BigInt(8 * width)) - 1n;
    if (offset === 0) return BigInt(CAPABILITIES_LOW);
    if (offset === 0x14) return BigInt(this.configuration);
    return offset === 0x1c ? BigInt(this.ready | this.fatal) : 0n;
  }

  store(offset: number, value: bigint): void {
    if (this.isGone) return;
    const part = (old: bigint, isHigh: boolean): bigint =>
      isHigh ? (old & 0xffff_ffffn) | (value << 32n) : (old & ~0xffff_ffffn) | value;
    if (offset === 0x14) this.configure(Number(value));
    else if (offset === 0x24) this.admin.sizes = Number(value);
    else if (offset === 0x28 || offset === 0x2c) this.admin.commands = part(this.admin.commands, offset === 0x2c);
    else if (offset === 0x30 || offset === 0x34) this.admin.completions = part(this.admin.completions, offset === 0x34);
    else if (offset >= DOORBELLS && (offset - DOORBELLS) % 8 === 0)
      this.process((offset - DOORBELLS) / 8, Number(value));
  }

  private configure(value: number): void {
    this.configuration = value;
    if (this.isStuck) return;
    if ((value & 1) === 0) {
      this.resets++;
      this.commands.clear();
      this.completions.clear();
      this.kept.length = 0;
      this.ready = 0;
      return;
    }
    const size = (this.admin.sizes & 0xfff) + 1;
    this.commands.set(0, { address: this.admin.commands, size, head: 0, completions: 0 });
    this.completions.set(0, { address: this.admin.completions, size, tail: 0, phase: 1, vector: 0 });
    this.ready = 1;
    this.fatal = 0;
  }

  private process(queue: number, tail: number): void {
    const ring = this.commands.get(queue);
    if (ring === undefined || this.memory === undefined) return;
    while (ring.head !== tail % ring.size) {
      const at = ring.address + BigInt(ring.head * COMMAND_BYTES);
      const command = this.memory.at(at, COMMAND_BYTES).slice();
      ring.head = (ring.head + 1) % ring.size;
      if (queue === 0) this.administer(command);
      else if (this.keep) this.kept.push({ queue, command });
      else this.finish(queue, command);
    }
  }

  /** Completes a command of the disk, that was kept or comes now. */
  finish(queue: number, command: Uint8Array): void {
    const view = new DataView(command.buffer);
    if (this.status === 0) this.serve(view);
    const honest = { queue, identifier: view.getUint16(2, true), status: this.status, result: 0, isNew: true };
    this.complete(this.lie(honest));
  }

  private serve(command: DataView): void {
    const operation = command.getUint8(0);
    if ((operation !== 1 && operation !== 2) || this.memory === undefined) return;
    const bytes = ((command.getUint32(48, true) & 0xffff) + 1) * BLOCK;
    let place = Number(command.getBigUint64(40, true)) * BLOCK;
    let address = command.getBigUint64(24, true);
    const second = command.getBigUint64(32, true);
    const first = Math.min(bytes, Number(PAGE - (address & (PAGE - 1n))));
    for (let left = bytes, piece = first, page = 0; left > 0; page++) {
      const data = this.memory.at(address, piece);
      if (operation === 2) data.set(this.content.subarray(place, place + piece));
      else this.content.set(data, place);
      left -= piece;
      place += piece;
      piece = Math.min(left, Number(PAGE));
      const isList = bytes - first > Number(PAGE);
      address = isList && left > 0 ? this.memory.view(second + BigInt(8 * page), 8).getBigUint64(0, true) : second;
    }
  }

  private complete({ queue, identifier, status, result, isNew }: Completion): void {
    const commands = this.commands.get(queue);
    const ring = this.completions.get(commands?.completions ?? -1);
    if (ring === undefined || this.memory === undefined) return;
    const view = this.memory.view(ring.address + BigInt(ring.tail * COMPLETION_BYTES), COMPLETION_BYTES);
    view.setUint32(0, result, true);
    view.setUint32(8, (queue << 16) | (commands?.head ?? 0), true);
    view.setUint32(12, identifier | ((isNew ? ring.phase : 1 - ring.phase) << 16) | (status << 17), true);
    if (isNew) {
      ring.tail = (ring.tail + 1) % ring.size;
      if (ring.tail === 0) ring.phase = 1 - ring.phase;
    }
    this.raise(ring.vector);
  }

  private administer(command: Uint8Array): void {
    const view = new DataView(command.buffer);
    const operation = view.getUint8(0);
    const address = view.getBigUint64(24, true);
    const [word10, word11] = [view.getUint32(40, true), view.getUint32(44, true)];
    const size = (word10 >>> 16) + 1;
    if (operation === 6) this.identify(address, word10);
    else if (operation === 5)
      this.completions.set(word10 & 0xffff, { address, size, tail: 0, phase: 1, vector: word11 >>> 16 });
    else if (operation === 1)
      this.commands.set(word10 & 0xffff, { address, size, head: 0, completions: word11 >>> 16 });
    this.complete({ queue: 0, identifier: view.getUint16(2, true), status: 0, result: 0, isNew: true });
  }

  private identify(address: bigint, what: number): void {
    const view = this.memory?.view(address, Number(PAGE));
    if (view === undefined) return;
    for (let at = 0; at < Number(PAGE); at += 8) view.setBigUint64(at, 0n, true);
    if (what === 1) {
      view.setUint8(525, 1);
      return;
    }
    view.setBigUint64(0, BigInt(this.blocks), true);
    view.setUint32(128, 9 << 16, true);
  }
}
