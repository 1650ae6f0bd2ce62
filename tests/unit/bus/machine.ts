// A machine for the bus service to discover, in Node: physical space with tables, configuration space with functions, and the gates that the
// service reaches them by. It counts accesses, so that a test can tell a loop without an end.
import { type GuestFunction, guestFunctions } from "../console/guest.ts";

const MODULE = "tests/unit/bus/guest/index.ts";
/** Up to the start-up page. */
const PAGES = 0x8001;
const STARTUP = 0x8000_0000;
const MESSAGE = 16;
const ACCESSES_MAX = 2_000_000;
export const E_ARGUMENT = -3n;
export const E_ADDRESS = -10n;
export const E_STATE = -11n;
export const E_ABSENT = -15n;
export const E_RIGHTS = -2n;
export const ECAM = 0xb000_0000n;
const MESSAGE_ADDRESS = 0xfee0_0000n;
const PORTS_FIRST = 0xb0;

export interface Bar {
  readonly bytes: bigint;
  readonly wide?: boolean;
  /** What the base register holds at first; 0: firmware has not placed it. */
  base?: bigint;
}

/** A function's configuration space: 256 bytes, of which base registers and command can be written. */
export class PciFunction {
  readonly space = new DataView(new ArrayBuffer(256));
  readonly bars: (Bar | undefined)[];
  /** A bridge whose bus numbers and windows can be written. */
  takesNumbers = false;
  /** Stores into configuration space, for the tests. */
  readonly stores: [register: number, value: number][] = [];

  constructor(identity: number, classRevision: number, bars: readonly (Bar | undefined)[] = [], header = 0) {
    this.space.setUint32(0, identity, true);
    this.space.setUint32(8, classRevision, true);
    this.space.setUint8(14, header);
    this.bars = [...bars];
    for (const [index, bar] of this.bars.entries()) {
      if (bar === undefined) continue;
      this.space.setUint32(16 + index * 4, Number((bar.base ?? 0n) & 0xffff_ffffn) | (bar.wide ? 4 : 0), true);
      if (bar.wide) this.space.setUint32(20 + index * 4, Number((bar.base ?? 0n) >> 32n), true);
    }
  }

  /** Appends a capability: kind, then its words from byte 2 on. */
  capability(at: number, kind: number, bytes: readonly number[], previous = 0): this {
    if (previous === 0) {
      this.space.setUint8(0x34, at);
      this.space.setUint16(6, this.space.getUint16(6, true) | 0x10, true);
    } else {
      this.space.setUint8(previous + 1, at);
    }
    this.space.setUint8(at, kind);
    this.space.setUint8(at + 1, 0);
    bytes.forEach((byte, index) => {
      this.space.setUint8(at + 2 + index, byte);
    });
    return this;
  }

  get command(): number {
    return this.space.getUint16(4, true);
  }

  load(register: number): number {
    return register + 4 <= 256 ? this.space.getUint32(register, true) : 0;
  }

  store(register: number, value: number): void {
    this.stores.push([register, value]);
    if (register === 4) this.space.setUint16(4, value & 0x546, true);
    const index = (register - 16) / 4;
    if (this.takesNumbers && register >= 0x18 && register < 0x28) this.space.setUint32(register, value >>> 0, true);
    else if (register >= 16 && register < 40) {
      const bar = this.bars[index],
        below = index > 0 ? this.bars[index - 1] : undefined;
      if (bar !== undefined) {
        const mask = Number(-bar.bytes & 0xffff_ffffn) >>> 0;
        this.space.setUint32(register, ((value & mask) | (bar.wide ? 4 : 0)) >>> 0, true);
      } else if (below?.wide) {
        const mask = Number((-below.bytes >> 32n) & 0xffff_ffffn) >>> 0;
        this.space.setUint32(register, (value & mask) >>> 0, true);
      }
    } else if (register >= 0x40 && register + 4 <= 256) {
      this.space.setUint32(register, (this.space.getUint32(register, true) & 0xffff) | (value & 0xffff_0000), true);
    }
  }
}

interface Range {
  readonly base: bigint;
  readonly bytes: bigint;
}

export interface Options {
  readonly firmware?: Range;
  /** Physical bytes. */
  readonly tables?: ReadonlyMap<bigint, Uint8Array>;
  /** By bus << 8 | device << 3 | function. */
  readonly functions?: ReadonlyMap<number, PciFunction>;
  readonly ecam?: Range;
  readonly ports?: boolean;
  /** What ports hold, of a machine that hands its ports to the bus. */
  readonly io?: Map<number, number>;
  readonly messages?: boolean;
  /** Memory, which no Device reaches. */
  readonly ram?: readonly Range[];
}

export class Machine {
  readonly handles = new Map<bigint, { kind: string; range?: Range; line?: number; source?: number }>();
  readonly offered: { handle: bigint; rights: bigint }[] = [];
  /** Stores outside configuration space and tables: registers of devices, by address. */
  readonly registers = new Map<bigint, bigint>();
  readonly said: string[] = [];
  /** Sources that got a context; whether the IOMMU runs. */
  readonly contexts: number[] = [];
  fence = false;
  /** Lines that were acknowledged, and notifications that were told. */
  readonly acknowledged: number[] = [];
  readonly notified: [handle: bigint, bits: bigint][] = [];
  /** Bits of the timers that were set. */
  readonly timers: bigint[] = [];
  /** Stores to ports: port, value. */
  readonly out: [port: number, value: number][] = [];
  readonly refusals: [source: number, address: bigint, reason: number][] = [];
  readonly calls: bigint[][] = [];
  accesses = 0;
  exports!: Record<string, GuestFunction>;
  private memory!: WebAssembly.Memory;
  private next = 100n;
  private port = 0;

  private constructor(readonly options: Options) {}

  static async start(options: Options): Promise<Machine> {
    const machine = new Machine(options);
    machine.exports = await guestFunctions(MODULE, { phi: machine.gates() }, PAGES, (memory) => {
      machine.memory = memory;
      const view = new DataView(memory.buffer);
      const entries: [number, number, bigint][] = [
        [1, 0, machine.handle({ kind: "self" })],
        [2, hash("system"), machine.handle({ kind: "system" })],
        ...(options.ports
          ? [[2, hash("pci-ports"), machine.handle({ kind: "ports" })] as [number, number, bigint]]
          : []),
        ...(options.io ? [[2, hash("ports"), machine.handle({ kind: "io" })] as [number, number, bigint]] : []),
      ];
      entries.forEach(([kind, name, handle], index) => {
        view.setUint32(STARTUP + index * 32, kind, true);
        view.setUint32(STARTUP + index * 32 + 4, name, true);
        view.setBigUint64(STARTUP + index * 32 + 8, handle, true);
      });
    });
    return machine;
  }

  call(name: string, ...values: (number | bigint)[]): bigint {
    return BigInt(this.exports[name]?.(...values) as unknown as bigint);
  }

  /** Unsigned results and counters. */
  value(name: string): number {
    const thing = this.exports[name] as unknown;
    return Number(thing instanceof WebAssembly.Global ? thing.value : (thing as () => number)());
  }

  word(n: number): bigint {
    return new DataView(this.memory.buffer).getBigUint64(MESSAGE + 8 * n, true);
  }

  /** The records of devices. */
  lines(): string[] {
    return this.records().filter((line) => !line.startsWith("firmware:"));
  }

  records(): string[] {
    const place = this.value("text_place");
    const found: string[] = [];
    for (let cursor = 0; ; cursor++) {
      const length = Number(this.call("list", 0n, cursor, place, 512));
      if (length < 0) return found;
      found.push(Buffer.from(this.memory.buffer, place, length).toString());
    }
  }

  handle(what: { kind: string; range?: Range; line?: number; source?: number }): bigint {
    const handle = this.next++;
    this.handles.set(handle, what);
    return handle;
  }

  private words(...values: bigint[]): void {
    const view = new DataView(this.memory.buffer);
    values.forEach((value, index) => {
      view.setBigUint64(MESSAGE + 8 + 8 * index, value, true);
    });
  }

  /** A bus behind bridges whose numbers can be written is there once one of them has its number. */
  private isReached(bus: number): boolean {
    const bridges = [...(this.options.functions?.values() ?? [])].filter(({ takesNumbers }) => takesNumbers);
    return bus === 0 || bridges.length === 0 || bridges.some(({ space }) => space.getUint8(0x19) === bus);
  }

  private function(address: bigint): { found: PciFunction | undefined; register: number } | undefined {
    const { ecam, functions } = this.options;
    if (ecam === undefined || address < ecam.base || address >= ecam.base + ecam.bytes) return undefined;
    const offset = Number(address - ecam.base);
    const target = offset >> 12;
    return { found: this.isReached(target >> 8) ? functions?.get(target) : undefined, register: offset & 0xffc };
  }

  private load(address: bigint, width: number): bigint {
    const place = this.function(address);
    if (place !== undefined) return BigInt((place.found?.load(place.register) ?? 0xffff_ffff) >>> 0);
    for (const [base, bytes] of this.options.tables ?? []) {
      const at = Number(address - base);
      if (at < 0 || at + width > bytes.length) continue;
      let value = 0n;
      for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
      return value;
    }
    return this.registers.get(address) ?? 0n;
  }

  private store(address: bigint, value: bigint): void {
    const place = this.function(address);
    if (place !== undefined) place.found?.store(place.register, Number(value));
    else this.registers.set(address, value);
  }

  private access(handle: bigint, where: bigint, value?: bigint): bigint {
    if (++this.accesses > ACCESSES_MAX) throw new Error("the bus looks without an end");
    const device = this.handles.get(handle);
    const offset = where & 0xffff_ffffn,
      width = Number(where >> 32n);
    if (device?.kind === "io") {
      const port = PORTS_FIRST + Number(offset);
      if (value === undefined) return BigInt(this.options.io?.get(port) ?? 0);
      this.out.push([port, Number(value)]);
      return 0n;
    }
    if (device?.kind === "ports") return this.throughPorts(Number(offset), value);
    if (device?.range === undefined) return -1n;
    if (offset + BigInt(width) > device.range.bytes || offset % BigInt(width) !== 0n) return E_ARGUMENT;
    if (value === undefined) return this.load(device.range.base + offset, width);
    this.store(device.range.base + offset, value);
    return 0n;
  }

  private throughPorts(offset: number, value?: bigint): bigint {
    const target = (this.port >> 8) & 0xffff,
      found = this.options.functions?.get(target);
    if (offset === 0 && value !== undefined) this.port = Number(value & 0x7fff_ffffn);
    else if (offset === 4 && value === undefined) return BigInt((found?.load(this.port & 0xfc) ?? 0xffff_ffff) >>> 0);
    else if (value !== undefined) found?.store(this.port & 0xfc, Number(value));
    return 0n;
  }

  private gates(): Record<string, (...values: bigint[]) => bigint | undefined> {
    const drop = (handle: bigint): bigint => {
      this.handles.delete(handle);
      return 0n;
    };
    return {
      device_range: (_self, _system, base = 0n, bytes = 0n) => {
        const { firmware, ram = [] } = this.options;
        if (bytes === 0n) return firmware === undefined ? E_ABSENT : this.handle({ kind: "device", range: firmware });
        if (base >= 1n << 36n || bytes >= 1n << 32n) return E_ADDRESS;
        if (ram.some((one) => base < one.base + one.bytes && one.base < base + bytes)) return E_ADDRESS;
        return this.handle({ kind: "device", range: { base, bytes } });
      },
      device_load: (handle = 0n, where = 0n) => this.access(handle, where),
      device_store: (handle = 0n, where = 0n, value = 0n) => this.access(handle, where, value),
      cap_delete: (handle = 0n) => drop(handle),
      cap_revoke: () => 0n,
      cap_derive: (handle = 0n) => this.handle({ ...(this.handles.get(handle) ?? { kind: "none" }) }),
      irq_line: (_system, line = 0n) =>
        [...this.handles.values()].some((one) => one.line === Number(line))
          ? E_STATE
          : this.handle({ kind: "irq", line: Number(line) }),
      irq_message: () => {
        if (!this.options.messages) return E_ABSENT;
        const handle = this.handle({ kind: "irq" });
        this.words(MESSAGE_ADDRESS, handle);
        return handle;
      },
      irq_bind: () => 0n,
      irq_ack: (handle = 0n) => {
        this.acknowledged.push(this.handles.get(handle)?.line ?? -1);
        return 0n;
      },
      offer: (_to, handle = 0n, rights = 0n) => {
        this.offered.push({ handle, rights });
        return 0n;
      },
      notification_create: () => this.handle({ kind: "notification" }),
      notification_bind: () => 0n,
      notify: (handle = 0n, bits = 0n) => {
        this.notified.push([handle, bits]);
        return 0n;
      },
      timer_set: (_notification, _deadline, bits = 0n) => {
        this.timers.push(bits);
        return 0n;
      },
      wait: () => 0n,
      now: () => 0n,
      own_id: () => 1n,
      call: (...values) => {
        this.calls.push(values);
        return 0n;
      },
      call_words: (...values) => {
        this.calls.push(values);
        return 0n;
      },
      dma_start: () => (this.fence ? this.handle({ kind: "irq" }) : E_ABSENT),
      dma_create: (_system, device = 0n) => {
        this.contexts.push(Number(device & 0xffff_ffffn));
        return this.handle({ kind: "dma", source: Number(device & 0xffff_ffffn) });
      },
      dma_fault: () => {
        const one = this.refusals.shift();
        if (one === undefined) return 0n;
        this.words(BigInt(one[0]), one[1], BigInt(one[2]));
        return 1n;
      },
    };
  }
}

function hash(name: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(name)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
