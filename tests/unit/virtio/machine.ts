// A driver of services/ in Node between a bus and a device that tests/unit/virtio plays: gates, the bus service's answers, clients with
// buffers and regions. Interrupts are delivered as the kernel does, when the driver is idle.

import { readInterface } from "../../../linker/interface/generate.ts";
import type { Interface } from "../../../linker/interface/model.ts";
import { guestFunctions } from "../console/guest.ts";
import { type StartupEntry, writeStartup } from "../console/startup.ts";
import { ROOT } from "../services/guest.ts";
import { type Chain, type Serve, VirtioDevice } from "./device.ts";
import { type Memory, PhysicalMemory } from "./memory.ts";

const PAGE = 4096;
const BUFFERS = 0x8010_0000;
const STRIDE = 0x1_0000;
const BUS_BUFFER = 0x8800_0000;
/** Linear memory and the window up to what a driver shares with its device. */
const MEMORY_PAGES = 0x9040;
const MESSAGE = 16;
const METHOD_ATTACH = 0xffff_0001n;
const TYPE_REGION = 6n;
const HANDLES = { self: 1n, bus: 2n, registers: 3n, line: 4n, events: 5n, dma: 6n, other: 7n, peer: 8n } as const;
const REPLIES = 0x1000n;
const REGIONS = 0x10_0000n;
const BLOCK_AT = { common: 0, isr: 0x1000, device: 0x2000, notify: 0x3000 } as const;
/** A device that goes by the addresses of its context: virtio 1.2, 6.1. On `pci` there is an IOMMU. */
const ACCESS_PLATFORM = 1n << 33n;
const MULTIPLIER = 4;
export const E_DEVICE = -36n;
export const E_ABSENT = -15n;

/** How the device is reached. */
export type Way = "pci" | "pci-line" | "mmio";
export const WAYS: readonly Way[] = ["pci", "pci-line", "mmio"];

/** Registers of a device that is not virtio's. */
export interface PlainDevice {
  readonly identity: number;
  readonly vectors: number;
  load(offset: number, width: number): bigint;
  store(offset: number, value: bigint, width: number): void;
}

export interface DeviceOptions {
  /** Folder in services/, or a file of tests/unit/virtio/guest with its ending. */
  readonly service: string;
  readonly way: Way;
  readonly identity: number;
  readonly features: bigint;
  readonly configuration: Uint8Array;
  readonly queues: readonly number[];
  readonly serve: Serve;
  /** A device of PCI that is not virtio's: its registers behind BAR 0, and as many messages as it says. */
  readonly plain?: PlainDevice;
  /** Of the image. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** A service that the driver calls, without a buffer: its name, and what it answers: a status, words, or a region for the driver. */
  readonly peer?: { readonly name: string; readonly answer: (method: string, words: bigint[]) => PeerAnswer };
  /** Before the driver starts. */
  readonly prepare?: (machine: Machine) => void;
}

export type PeerAnswer = bigint | readonly number[] | { readonly region: Memory };

export interface Call {
  answer: bigint | undefined;
  readonly words: bigint[];
}

interface Exports {
  memory: WebAssembly.Memory;
  start(): void;
  event(bits: bigint): void;
  call(...words: bigint[]): bigint;
}

/** The driver has ended itself. */
export class Ended extends Error {}

export class Machine {
  readonly memory: PhysicalMemory;
  readonly device: VirtioDevice;
  now = 1_000n;
  timer: { deadline: bigint; bits: bigint } | undefined;
  acknowledged = 0;
  /** Whether the bus lets the device reach memory now. */
  mastering = false;
  private readonly bus: Interface;
  private exports!: Exports;
  private pending = 0n;
  private isBusy = false;
  private isListening = false;
  private isMasked = false;
  private isWaiting = false;
  private readonly bound = new Map<bigint, bigint>();
  private readonly calls: Call[] = [];
  private current: Call | undefined;
  private readonly regions = new Map<bigint, Memory>();
  private readonly buffers = new Map<bigint, { badge: bigint; bytes: number }>();
  private offered: bigint | undefined;
  private left: bigint | undefined;
  private nextHandle = REGIONS;

  private constructor(private readonly options: DeviceOptions) {
    this.memory = new PhysicalMemory(() => this.exports.memory.buffer as ArrayBuffer);
    this.bus = readInterface(ROOT, "bus");
    const { identity, features, configuration, queues, serve } = options;
    const offered = options.way === "pci" ? features | ACCESS_PLATFORM : features;
    this.device = new VirtioDevice(this.memory, identity, offered, configuration, queues, serve, (vector) =>
      this.interrupt(vector),
    );
  }

  static async start(options: DeviceOptions): Promise<Machine> {
    const machine = new Machine(options);
    const functions = await guestFunctions(
      options.service.endsWith(".ts")
        ? `tests/unit/virtio/guest/${options.service}`
        : `services/${options.service}/index.ts`,
      { phi: machine.gates() },
      MEMORY_PAGES,
      (memory) => machine.writeStartup(memory),
    );
    machine.exports = functions as unknown as Exports;
    options.prepare?.(machine);
    machine.enter(() => machine.exports.start());
    machine.deliver();
    return machine;
  }

  /** A client's call; `answer` is undefined while it waits. */
  call(badge: bigint, method: number, ...words: (bigint | number)[]): Call {
    const call: Call = { answer: undefined, words: [] };
    this.current = call;
    const all = [...words.map(BigInt), 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6);
    const answer = this.enter(() => this.exports.call(badge, BigInt(method), ...all));
    if (this.current === call) {
      call.answer = answer;
      const view = new DataView(this.exports.memory.buffer);
      for (let word = 1; word <= 5; word++) call.words.push(view.getBigUint64(MESSAGE + 8 * word, true));
    }
    this.current = undefined;
    this.deliver();
    return call;
  }

  /** The buffer that a client shares with the driver; the first time it is made known, later ones mean another client. */
  buffer(badge: bigint, bytes = STRIDE): Uint8Array {
    const known = [...this.buffers.values()].some((buffer) => buffer.badge === badge);
    if (!known) {
      const handle = this.nextHandle++;
      this.buffers.set(handle, { badge, bytes });
      const answer = this.enter(() => this.exports.call(badge, METHOD_ATTACH, handle, BigInt(bytes), 0n, 0n, 0n, 0n));
      if (answer !== 0n) throw new Error(`a buffer was refused: ${answer}`);
      this.deliver();
    }
    return new Uint8Array(this.exports.memory.buffer, BUFFERS + Number(badge & 0xffn) * STRIDE, bytes);
  }

  /** Calls `method` with a region of the client's. */
  attach(badge: bigint, method: number, pages: number, ...words: (bigint | number)[]): { call: Call; region: Memory } {
    const region = this.memory.add(pages);
    const handle = this.nextHandle++;
    this.regions.set(handle, region);
    this.offered = handle;
    return { call: this.call(badge, method, 1, ...words), region };
  }

  /** Time passes; the timer goes off if it is due. */
  advance(ns: bigint): void {
    this.now += ns;
    if (this.timer === undefined || this.timer.deadline > this.now) return;
    this.pending |= this.timer.bits;
    this.timer = undefined;
    this.deliver();
  }

  /** Bits of the driver's own notification, from somebody who has it. */
  signal(bits: bigint): void {
    this.pending |= bits;
    this.deliver();
  }

  /** The device interrupts by message `vector`, or by its line. */
  interrupt(vector: number): void {
    const isMessage = this.options.way === "pci";
    const handle = isMessage && vector === 1 ? HANDLES.other : HANDLES.line;
    if (!isMessage && this.isMasked) {
      this.isWaiting = true;
      return;
    }
    this.isMasked = !isMessage;
    this.pending |= this.bound.get(handle) ?? 0n;
    this.deliver();
  }

  private deliver(): void {
    while (!this.isBusy && this.isListening && this.pending !== 0n) {
      const bits = this.pending;
      this.pending = 0n;
      this.enter(() => this.exports.event(bits));
    }
  }

  private enter<T>(body: () => T): T {
    if (this.isBusy) throw new Error("two activations at a time");
    this.isBusy = true;
    try {
      return body();
    } finally {
      this.isBusy = false;
    }
  }

  private writeStartup(memory: WebAssembly.Memory): void {
    const entries: StartupEntry[] = [
      [1, "", HANDLES.self, 0, 0],
      [2, "bus", HANDLES.bus, BUS_BUFFER, PAGE],
    ];
    for (const [name, value] of Object.entries(this.options.numbers ?? {})) entries.push([8, name, 0n, value, 0]);
    if (this.options.peer !== undefined) entries.push([2, this.options.peer.name, HANDLES.peer, 0, 0]);
    writeStartup(memory, entries);
  }

  private peerAnswers(method: bigint, words: bigint[]): bigint {
    const { peer } = this.options;
    const found = readInterface(ROOT, peer?.name ?? "").methods.find(({ number }) => BigInt(number) === method);
    const answer = peer?.answer(found?.name ?? "", words) ?? E_ABSENT;
    if (typeof answer === "bigint") return answer;
    if ("region" in answer) {
      this.left = this.nextHandle++;
      this.regions.set(this.left, answer.region);
      return 0n;
    }
    const view = new DataView(this.exports.memory.buffer);
    for (const [index, value] of answer.entries()) view.setBigUint64(MESSAGE + 8 * (index + 1), BigInt(value), true);
    return 0n;
  }

  /** What the bus answers; words go to where the driver's client reads them. */
  private busAnswers(method: bigint, words: bigint[]): bigint {
    const name = this.bus.methods.find(({ number }) => BigInt(number) === method)?.name;
    const { way, identity } = this.options;
    const results = (...values: (number | bigint)[]): bigint => {
      const view = new DataView(this.exports.memory.buffer);
      for (const [index, value] of values.entries()) view.setBigUint64(MESSAGE + 8 * (index + 1), BigInt(value), true);
      return 0n;
    };
    const hands = (handle: bigint): bigint => {
      this.left = handle;
      return 0n;
    };
    switch (name) {
      case "claim": {
        const { plain } = this.options;
        if (plain !== undefined)
          return results(3, plain.identity, way === "pci" ? plain.vectors : 0, way === "pci" ? 1 : 2, 1);
        return results(
          way === "mmio" ? 2 : 1,
          0x1af4 | (identity << 16),
          way === "pci" ? 2 : 0,
          way === "pci" ? 1 : 2,
          1,
        );
      }
      case "structure": {
        const kinds = [undefined, "common", "notify", "isr", "device"] as const;
        const kind = kinds[Number(words[0])];
        if (kind === undefined || way === "mmio") return E_ABSENT;
        const length = { common: 56, notify: MULTIPLIER * this.device.queues.length, isr: 1, device: 64 }[kind];
        return results(4, BLOCK_AT[kind], length, MULTIPLIER);
      }
      case "registers":
        return hands(HANDLES.registers);
      case "interrupt":
        return hands(words[0] === 1n ? HANDLES.other : HANDLES.line);
      case "dma":
        this.mastering = true;
        this.memory.context = way === "pci" ? [] : undefined;
        return hands(HANDLES.dma);
      case "reset":
        this.mastering = false;
        return 0n;
      default:
        throw new Error(`the driver called ${name ?? method} of the bus`);
    }
  }

  private registerLoad(offset: number, width: number): bigint {
    if (this.options.plain !== undefined) return this.options.plain.load(offset, width);
    if (this.options.way === "mmio") return this.device.loadMmio(offset, width);
    if (offset >= BLOCK_AT.notify) throw new Error("the driver reads where it notifies");
    if (offset >= BLOCK_AT.device) return this.device.field(offset - BLOCK_AT.device, width);
    if (offset < BLOCK_AT.isr) return this.device.load(offset, width);
    const isr = this.device.isr;
    this.device.isr = 0;
    return BigInt(isr);
  }

  private registerStore(offset: number, value: bigint, width: number): void {
    if (this.options.plain !== undefined) this.options.plain.store(offset, value, width);
    else if (this.options.way === "mmio") this.device.storeMmio(offset, value);
    else if (offset >= BLOCK_AT.notify) this.device.notify((offset - BLOCK_AT.notify) / MULTIPLIER);
    else if (offset >= BLOCK_AT.device) this.device.configuration[offset - BLOCK_AT.device] = Number(value);
    else this.device.store(offset, value);
  }

  private gates(): Record<string, (...words: bigint[]) => bigint | undefined> {
    const u = (value: bigint): bigint => BigInt.asUintN(64, value);
    const outgoing = (handle: bigint, method: bigint, ...words: bigint[]): bigint => {
      if (u(handle) === HANDLES.peer) return this.peerAnswers(u(method), words.map(u));
      if (u(handle) !== HANDLES.bus) throw new Error(`a call to ${handle}`);
      return this.busAnswers(u(method), words.map(u));
    };
    return {
      fence: () => undefined,
      now: () => this.now,
      call: outgoing,
      call_words: outgoing,
      accept: (from) => {
        const handle = from === 0n ? this.offered : this.left;
        return handle ?? -11n;
      },
      offer: () => 0n,
      detach: () => {
        if (this.current === undefined) throw new Error("detached twice");
        this.calls.push(this.current);
        this.current = undefined;
        return REPLIES + BigInt(this.calls.length - 1);
      },
      reply: (handle, status, ...words) => {
        const call = this.calls[Number(u(handle) - REPLIES)];
        if (call === undefined || call.answer !== undefined) throw new Error(`answered twice: ${handle}`);
        call.answer = status;
        call.words.push(...words.map(u));
        return 0n;
      },
      notification_create: () => HANDLES.events,
      notification_bind: () => {
        this.isListening = true;
        return 0n;
      },
      notify: (_handle, bits) => {
        this.pending |= u(bits);
        return 0n;
      },
      timer_set: (_handle, deadline, bits) => {
        this.timer = deadline === 0n ? undefined : { deadline: u(deadline), bits: u(bits) };
        return 0n;
      },
      irq_bind: (irq, _notification, bits) => {
        this.bound.set(u(irq), u(bits));
        return 0n;
      },
      irq_ack: () => {
        this.acknowledged++;
        this.isMasked = false;
        if (this.isWaiting && this.device.isr !== 0) this.pending |= this.bound.get(HANDLES.line) ?? 0n;
        this.isWaiting = false;
        return 0n;
      },
      device_load: (_device, where) => this.registerLoad(Number(u(where) & 0xffff_ffffn), Number(u(where) >> 32n)),
      device_store: (_device, where, value) => {
        this.registerStore(Number(u(where) & 0xffff_ffffn), u(value), Number(u(where) >> 32n));
        return 0n;
      },
      region_create: (_self, pages) => {
        const handle = this.nextHandle++;
        this.regions.set(handle, this.memory.add(Number(pages)));
        return handle;
      },
      region_fill: () => 0n,
      region_map: (handle, index) => {
        const region = this.regions.get(u(handle));
        if (region !== undefined) region.index ??= Number(u(index));
        return region === undefined && !this.buffers.has(u(handle)) ? -1n : 0n;
      },
      region_unmap: () => 0n,
      region_physical: (_system, handle, page) => {
        const region = this.regions.get(u(handle));
        if (region === undefined) return -1n;
        return page < BigInt(region.pages) ? region.address + page * BigInt(PAGE) : -3n;
      },
      dma_map: (_dma, handle, address, span) => {
        const region = this.regions.get(u(handle));
        if (region === undefined) return -1n;
        const [offset, bytes] = [(u(span) & 0xffff_ffffn) * BigInt(PAGE), (u(span) >> 32n) * BigInt(PAGE)];
        if (bytes > 512n * BigInt(PAGE) || offset + bytes > BigInt(region.pages * PAGE)) return -3n;
        const context = this.memory.context ?? [];
        if (context.some((one) => u(address) < one.address + one.bytes && one.address < u(address) + bytes))
          return -10n;
        context.push({ address: u(address), region, offset, bytes });
        return 0n;
      },
      dma_unmap: (_dma, address, pages) => {
        const end = u(address) + u(pages) * BigInt(PAGE);
        this.memory.context = this.memory.context?.filter(
          (one) => one.address < u(address) || one.address + one.bytes > end,
        );
        return 0n;
      },
      cap_delete: (handle) => {
        this.regions.delete(u(handle));
        return 0n;
      },
      cap_info: (handle, field) => {
        if (field === 1n) return 15n;
        const buffer = this.buffers.get(u(handle));
        return field === 0n ? TYPE_REGION : (buffer?.badge ?? 0n);
      },
      // Nothing else happens while the driver waits: what is not there by now comes too late.
      wait: (_handle, deadline) => {
        const bits = this.pending;
        this.pending = 0n;
        if (bits !== 0n) return bits;
        this.now = u(deadline);
        return -9n;
      },
      exit: (status) => {
        throw new Ended(`the driver ended with ${status}`);
      },
    };
  }

  /** Requests that the device has not finished. */
  get kept(): readonly Chain[] {
    return this.device.kept;
  }
}
