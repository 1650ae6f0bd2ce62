// The x86_64 hal's own Wasm in Node: physical memory is a DataView, ports are a small PC, the counter is a script.
// Used by the tests beside it. Every access outside of memory is an error, as it would be on a machine.
import { fileURLToPath } from "node:url";
import { loadAbi } from "../../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const ENTRY = "tests/unit/hal/x86_64-entry.ts";
const ENTRY_TEXT = `
export * from "../../../hal/boot";
export * from "../../../hal/interrupts";
export * from "../../../hal/timer";
export * from "../../../hal/paging";
export * from "../../../hal/trap";
export * from "./guest/told";
`;
export const COMPILE_MS = 240_000;
const NANOSECONDS_PER_TICK = 838; // of the interval timer
const IO_APIC = 0xfec0_0000n;
const LOCAL_APIC = 0xfee0_0000n;

type Call = (...values: (bigint | number)[]) => bigint | number;

let compiled: Promise<WebAssembly.Module> | undefined;

async function compile(): Promise<WebAssembly.Module> {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry: ENTRY,
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: loadAbi(ROOT, "x86_64").number("KERNEL_STATIC"),
    simd: false,
    extraSources: new Map([[ENTRY, ENTRY_TEXT]]),
  });
  return new WebAssembly.Module(wasm as BufferSource);
}

export async function compileHal(): Promise<void> {
  compiled ??= compile();
  await compiled;
}

/** What the machine has. */
export interface Parts {
  uart?: boolean;
  clock?: boolean;
  keyboard?: boolean;
  intervalTimer?: boolean;
  ioApic?: boolean;
  /** Frequency of the time-stamp counter. */
  counterHz?: number;
}

export class Pc {
  readonly memory: DataView;
  /** Time since power-on; every look at a clock takes 100 ns. */
  now_ns = 0;
  /** Entries of the I/O APIC by index, and the timer's initial count, as last written. */
  readonly lines = new Map<number, number>();
  timerCount = 0;
  private readonly parts: Required<Parts>;
  private readonly exports: Record<string, Call>;
  private scratch = 0;
  private selected = 0;
  private intervalStart_ns = 0;
  private latched: number[] = [];
  private timerStart_ns = 0;

  private constructor(module: WebAssembly.Module, bytes: number, parts: Parts) {
    this.memory = new DataView(new ArrayBuffer(bytes));
    this.parts = {
      uart: true,
      clock: true,
      keyboard: false,
      intervalTimer: true,
      ioApic: true,
      counterHz: 2_000_000_000,
      ...parts,
    };
    const instance = new WebAssembly.Instance(module, { machine: this.machine() });
    this.exports = instance.exports as unknown as Record<string, Call>;
  }

  static async make(bytes = 1 << 20, parts: Parts = {}): Promise<Pc> {
    compiled ??= compile();
    return new Pc(await compiled, bytes, parts);
  }

  call(name: string, ...values: (bigint | number)[]): bigint {
    const result = (this.exports[name] as Call)(...values);
    return typeof result === "bigint" ? BigInt.asUintN(64, result) : BigInt((result ?? 0) >>> 0);
  }

  /** Pairs of base and length: "memory_range" or "reserved_range". */
  ranges(name: string): [bigint, bigint][] {
    const count = Number(this.call(`${name}_count`));
    return Array.from({ length: count }, (_, i) => [this.call(`${name}_base`, i), this.call(`${name}_length`, i)]);
  }

  private load(address: bigint, bytes: number): bigint {
    const place = BigInt.asUintN(64, address);
    if (place >= LOCAL_APIC && place < LOCAL_APIC + 4096n) return BigInt(this.localApic(Number(place - LOCAL_APIC)));
    if (place >= IO_APIC && place < IO_APIC + 4096n) return BigInt(this.ioApic());
    let value = 0n;
    for (let i = 0; i < bytes; i++) value |= BigInt(this.memory.getUint8(Number(place) + i)) << BigInt(8 * i);
    return value;
  }

  private store(address: bigint, value: number): void {
    const place = BigInt.asUintN(64, address);
    if (place === IO_APIC) this.selected = value;
    else if (place === IO_APIC + 0x10n) this.lines.set(this.selected, value >>> 0);
    else if (place === LOCAL_APIC + 0x380n) {
      this.timerCount = value >>> 0;
      this.timerStart_ns = this.now_ns;
    } else if (place < LOCAL_APIC || place >= LOCAL_APIC + 4096n)
      throw new RangeError(`store to ${place.toString(16)}`);
  }

  private localApic(register: number): number {
    if (register !== 0x390) return 0;
    this.now_ns += 100;
    return (this.timerCount - (this.now_ns - this.timerStart_ns)) >>> 0;
  }

  private ioApic(): number {
    if (!this.parts.ioApic) return 0xffff_ffff;
    return this.selected === 1 ? 0x0017_0020 : (this.lines.get(this.selected) ?? 0);
  }

  private portLoad(port: number): number {
    this.now_ns += 100;
    if (port === 0x3ff && this.parts.uart) return this.scratch;
    if (port === 0x71 && this.parts.clock) return 2;
    if (port === 0x64 && this.parts.keyboard) return 0x1c;
    if (port === 0x40 && this.parts.intervalTimer) return this.latched.shift() ?? 0;
    return 0xff;
  }

  private portStore(port: number, value: number): void {
    this.now_ns += 100;
    if (port === 0x3ff) this.scratch = value;
    if (port === 0x43 && value === 0x34) this.intervalStart_ns = this.now_ns;
    if (port === 0x43 && value === 0) {
      const count = 0x1_0000 - (Math.floor((this.now_ns - this.intervalStart_ns) / NANOSECONDS_PER_TICK) % 0x1_0000);
      this.latched = [count & 0xff, (count >> 8) & 0xff];
    }
  }

  private machine(): WebAssembly.ModuleImports {
    return {
      load8: (a: bigint) => Number(this.load(a, 1)),
      load16: (a: bigint) => Number(this.load(a, 2)),
      load32: (a: bigint) => Number(this.load(a, 4)),
      load64: (a: bigint) => this.load(a, 8),
      store32: (a: bigint, value: number) => this.store(a, value),
      counter: () => {
        this.now_ns += 10;
        return BigInt(Math.floor((this.now_ns * this.parts.counterHz) / 1e9));
      },
      image_start: () => 0x20_0000n,
      image_end: () => 0x28_0000n,
      port_load: (_width: number, port: number) => this.portLoad(port),
      port_store: (_width: number, port: number, value: number) => this.portStore(port, value),
      cpuid: () => 0,
      msr_load: () => 0xfee0_0900n,
      msr_store: () => undefined,
      random: () => 0n,
    };
  }
}
