// The kernel's own Wasm in Node: physical memory is a DataView, the hal is tests/unit/kernel/hal, and the
// test plays processor: it asks schedule() who runs and calls that domain's gates.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AbiConstants, loadAbi } from "../../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { patchOf } from "../../proof/bugs.ts";
import { fakeArchive } from "./archive.ts";
import { Monitor, Said, watched } from "./monitor.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HAL = fileURLToPath(new URL("hal", import.meta.url));
const IMAGE_END = 0x30_0000n;
const KERNEL_ROOT = 0x20_0000n;
const ARCHIVE_BASE = 0x100_0000n;

/** Gates whose answer may be the domain that goes on instead of the caller. */
const SWITCHING = new Set(["yield", "notify"]);

type Gate = (...values: (bigint | number)[]) => bigint;

interface Compiled {
  readonly module: WebAssembly.Module;
  readonly said: Said;
}
let compiled: Promise<Compiled> | undefined;

async function compile(patch: ReadonlyMap<string, string> = new Map()): Promise<Compiled> {
  const hal = readdirSync(HAL).map((name) => [`hal/${name}`, readFileSync(join(HAL, name), "utf8")] as const);
  const extraSources = new Map([...hal, ...patch]);
  const abi = loadAbi(ROOT, "x86_64");
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry: "tests/unit/kernel/guest/index.ts",
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: abi.number("KERNEL_STATIC"),
    simd: false,
    extraSources,
  });
  return { module: new WebAssembly.Module(watched(wasm) as BufferSource), said: new Said(ROOT, wasm, abi) };
}

/** Compiles the kernel once for this test file: `beforeAll(compileKernel, COMPILE_MS)`. */
export async function compileKernel(): Promise<void> {
  compiled ??= compile();
  await compiled;
}
/** A kernel with a mistake, to boot. */
export const seeded = (mistake: Parameters<typeof patchOf>[0]): Promise<Compiled> => compile(patchOf(mistake, ROOT));
export const COMPILE_MS = 240_000;

/** The machine was switched off. */
export class PowerOff extends Error {
  constructor(
    readonly status: number,
    readonly said: string,
  ) {
    super(`powered off with ${status}: ${said}`);
  }
}

export interface StartupEntry {
  kind: number;
  handle: bigint;
  a: bigint;
  b: bigint;
}

export interface MachineOptions {
  memoryBytes?: number;
  /** Changes the archive's bytes before the kernel sees them. */
  archive?: (bytes: Uint8Array) => Uint8Array;
  /** Another kernel than the one that ships. */
  kernel?: Compiled;
}

export class Machine {
  readonly memory: DataView;
  readonly abi: AbiConstants;
  said = "";
  now = 0n;
  armed = 0n;
  readonly masked = new Map<number, boolean>();
  /** Lines that the kernel has held back at the source. */
  readonly held = new Map<number, boolean>();
  readonly stores: { address: bigint; width: number; value: bigint }[] = [];
  /** What the kernel told the IOMMU: whose context lies where (root 0: it is no more); of which contexts it had it forget. */
  readonly contexts: { source: number; number: number; root: bigint }[] = [];
  readonly forgotten: number[] = [];
  /** Accesses that the IOMMU has refused: source, address, reason. */
  readonly refused: [bigint, bigint, bigint][] = [];
  private told: [bigint, bigint, bigint] | undefined;
  /** How often a page of the TLB, or all of it (-1n), was flushed. */
  flushes = 0;
  private direct = false;
  /** How often one did. */
  switches = 0;
  /** The CPU whose gates are called now. */
  cpu = 0;
  /** Hardware ids of the CPUs that were told to look; masks of those that had to forget translations. */
  readonly looks: number[] = [];
  readonly shootDowns: number[] = [];
  private kernel!: Record<string, Gate>;
  private linear!: DataView;
  monitor!: Monitor;

  private constructor(
    readonly archiveBytes: Uint8Array,
    bytes: number,
  ) {
    this.memory = new DataView(new ArrayBuffer(bytes));
    this.abi = loadAbi(ROOT, "x86_64");
    new Uint8Array(this.memory.buffer).set(archiveBytes, Number(ARCHIVE_BASE));
  }

  /** Boots the kernel up to the moment before init's first instruction. */
  static async boot(options: MachineOptions = {}): Promise<Machine> {
    compiled ??= compile();
    const { module, said } = options.kernel ?? (await compiled);
    const abi = loadAbi(ROOT, "x86_64");
    const bytes = fakeArchive(abi);
    const machine = new Machine(options.archive?.(bytes) ?? bytes, options.memoryBytes ?? 64 << 20);
    machine.monitor = new Monitor(said, () => machine.block(machine.cpu));
    const instance = new WebAssembly.Instance(module, {
      machine: machine.imports(),
      mock: machine.mocks(),
      monitor: machine.monitor.imports(),
    });
    const memory = instance.exports.memory as WebAssembly.Memory;
    memory.grow(machine.abi.number("KERNEL_MEMORY_END") / 65536 - memory.buffer.byteLength / 65536);
    machine.kernel = instance.exports as unknown as Record<string, Gate>;
    machine.linear = new DataView(memory.buffer);
    machine.monitor.attach(instance.exports);
    machine.kernelCall("boot", 0n, 0n);
    machine.kernelCall("schedule");
    return machine;
  }

  kernelCall(name: string, ...values: (bigint | number)[]): bigint {
    this.monitor.begin(name);
    const result = (this.kernel[name] as Gate)(...values) as unknown;
    this.monitor.end(name);
    return typeof result === "bigint" ? result : BigInt((result as number | undefined) ?? 0);
  }

  private block(cpu: number): number {
    return this.abi.number("KERNEL_CPUS") + cpu * this.abi.number("KERNEL_CPU_SIZE");
  }

  /** One more CPU arrives; what follows happens on it. Its hardware id is 100 more than its number. */
  join(): number {
    this.cpu = ++this.cpus;
    const block = this.block(this.cpu);
    this.linear.setUint32(block + this.abi.number("CPU_NUMBER"), this.cpu, true);
    this.linear.setUint32(block + this.abi.number("CPU_HARDWARE_ID"), 100 + this.cpu, true);
    if (this.kernelCall("cpu_arrive") === 0n) throw new Error("the CPU found no memory");
    this.schedule();
    return this.cpu;
  }
  private cpus = 0;

  /** Kernel index of the domain that runs on this CPU; 0: idle. */
  get current(): number {
    return this.linear.getUint32(this.block(this.cpu) + this.abi.number("CPU_DOMAIN"), true);
  }

  get attention(): boolean {
    return this.linear.getUint32(this.block(this.cpu) + this.abi.number("CPU_ATTENTION"), true) !== 0;
  }

  schedule(): number {
    return Number(this.kernelCall("schedule"));
  }

  /** A gate of the current domain, as the assembly would call it, without the look at what waits that may follow. */
  gate(name: string, ...values: (bigint | number)[]): bigint {
    this.forbidDirect();
    const answer = this.kernelCall(`gate_${name}`, ...values);
    if (!SWITCHING.has(name) || answer <= 0n) return answer;
    this.setField(this.current, "DOMAIN_RESULT", 0n);
    this.goOn(Number(answer));
    return 0n;
  }

  /** An interrupt that meets a domain or an idle CPU. */
  interrupt(vector: number): void {
    this.forbidDirect();
    const next = Number(this.kernelCall("interrupt", vector));
    if (next !== 0) this.goOn(next);
  }

  /** From now on gates and interrupts may switch threads themselves. So far what they left waited for schedule(), as where something watches. */
  allowDirect(): void {
    this.direct = true;
    this.linear.setUint32(this.block(this.cpu) + this.abi.number("CPU_DIRECT"), 1, true);
  }

  private forbidDirect(): void {
    if (!this.direct) this.linear.setUint32(this.block(this.cpu) + this.abi.number("CPU_DIRECT"), 0, true);
  }

  private goOn(domain: number): void {
    this.switches++;
    this.linear.setUint32(this.block(this.cpu) + this.abi.number("CPU_DOMAIN"), domain, true);
  }

  field(domain: number, name: string): bigint {
    return this.linear.getBigUint64(domain + this.abi.number(name), true);
  }

  /** What the assembly writes into a domain: the u64 `offset` bytes behind the field. */
  setField(domain: number, name: string, value: bigint, offset = 0): void {
    this.linear.setBigUint64(domain + this.abi.number(name) + offset, value, true);
  }

  /** The u64 at a kernel index. */
  linearWord(index: number): bigint {
    return this.linear.getBigUint64(index, true);
  }

  word32(domain: number, name: string): number {
    return this.linear.getUint32(domain + this.abi.number(name), true);
  }

  setTrap(cause: number, address: bigint): void {
    const block = this.block(this.cpu);
    this.linear.setBigUint64(block + this.abi.number("CPU_TRAP_CAUSE"), BigInt(cause), true);
    this.linear.setBigUint64(block + this.abi.number("CPU_TRAP_ADDRESS"), address, true);
  }

  /** Physical address behind a native one in a domain's root; undefined: nothing is mapped there. */
  translate(domain: number, address: bigint): bigint | undefined {
    let table = this.field(domain, "DOMAIN_ROOT");
    for (let level = 3n; level >= 0n; level--) {
      const entry = this.memory.getBigUint64(Number(table + ((address >> (12n + 9n * level)) & 511n) * 8n), true);
      if ((entry & 1n) === 0n) return undefined;
      table = entry & 0x000f_ffff_ffff_f000n;
      if ((entry & 0x100n) !== 0n) return table | (address & ((1n << (12n + 9n * level)) - 1n));
    }
    return table | (address & 4095n);
  }

  /** init's start-up page. */
  startup(domain = this.current): StartupEntry[] {
    const base = this.translate(domain, this.field(domain, "DOMAIN_MEMORY_BASE") + this.abi.value("STARTUP_INDEX"));
    const entries: StartupEntry[] = [];
    for (let at = Number(base); this.memory.getUint32(at, true) !== 0; at += 32) {
      entries.push({
        kind: this.memory.getUint32(at, true),
        handle: this.memory.getBigUint64(at + 8, true),
        a: this.memory.getBigUint64(at + 16, true),
        b: this.memory.getBigUint64(at + 24, true),
      });
    }
    return entries;
  }

  handle(kindName: string): bigint {
    const kind = this.abi.number(kindName);
    const entry = this.startup().find((candidate) => candidate.kind === kind);
    if (entry === undefined) throw new Error(`init has no ${kindName}`);
    return entry.handle;
  }

  error(name: string): bigint {
    return BigInt.asIntN(64, this.abi.value(name));
  }

  /** Offset and length of the archive's module number i. */
  module(i: number): [bigint, bigint] {
    const entry =
      Number(ARCHIVE_BASE) + this.abi.number("ARCHIVE_ENTRIES_AT") + i * this.abi.number("ARCHIVE_ENTRY_SIZE");
    return [
      this.memory.getBigUint64(entry + this.abi.number("ENTRY_OFFSET_AT"), true),
      this.memory.getBigUint64(entry + this.abi.number("ENTRY_LENGTH_AT"), true),
    ];
  }

  private imports(): WebAssembly.ModuleImports {
    const at = (address: bigint): number => Number(BigInt.asUintN(64, address));
    const { memory } = this;
    return {
      cpu_block: () => this.block(this.cpu),
      load8: (a: bigint) => memory.getUint8(at(a)),
      load16: (a: bigint) => memory.getUint16(at(a), true),
      load32: (a: bigint) => memory.getUint32(at(a), true),
      load64: (a: bigint) => memory.getBigInt64(at(a), true),
      store8: (a: bigint, v: number) => memory.setUint8(at(a), v),
      store16: (a: bigint, v: number) => memory.setUint16(at(a), v, true),
      store32: (a: bigint, v: number) => memory.setUint32(at(a), v, true),
      store64: (a: bigint, v: bigint) => memory.setBigInt64(at(a), v, true),
      zero: (a: bigint, bytes: bigint) => new Uint8Array(memory.buffer, at(a), Number(bytes)).fill(0),
      copy: (to: bigint, from: bigint, bytes: bigint) => {
        new Uint8Array(memory.buffer).copyWithin(at(to), at(from), at(from) + Number(bytes));
      },
      counter: () => this.now,
      instructions: () => this.now,
      flush_page: () => {
        this.flushes++;
      },
      flush_all: () => {
        this.flushes++;
      },
      fence: () => undefined,
      load_root: () => undefined,
      gate_address: (n: number) => 0xffff_ffff_8000_0000n + BigInt(n) * 16n,
      image_start: () => KERNEL_ROOT,
      image_end: () => IMAGE_END,
      kernel_root: () => KERNEL_ROOT,
      symbols_address: () => 0n,
      halt: () => undefined,
    };
  }

  private mocks(): WebAssembly.ModuleImports {
    return {
      memory_bytes: () => BigInt(this.memory.byteLength),
      archive_base: () => (this.archiveBytes.length === 0 ? 0n : ARCHIVE_BASE),
      archive_bytes: () => BigInt(this.archiveBytes.length),
      cpu_interrupt: (id: number) => this.looks.push(id),
      cpus_flush: (mask: number) => this.shootDowns.push(mask),
      irq: (line: number, masked: number) => {
        this.masked.set(line, masked !== 0);
      },
      irq_hold: (line: number, held: number) => {
        this.held.set(line, held !== 0);
      },
      now: () => this.now,
      arm: (deadline: bigint) => {
        this.armed = BigInt.asUintN(64, deadline);
      },
      put: (byte: number) => {
        this.said += String.fromCharCode(byte);
      },
      power_off: (status: number) => {
        throw new PowerOff(status, this.said);
      },
      iommu_context: (source: number, number: number, root: bigint) => {
        this.contexts.push({ source, number, root });
      },
      iommu_forget: (number: number) => {
        this.forgotten.push(number);
      },
      iommu_refused: (field: number) => {
        if (field === 0) this.told = this.refused.shift();
        return this.told === undefined ? 0n : field === 0 ? 1n : (this.told[field - 1] as bigint);
      },
      device_store: (address: bigint, width: number, value: bigint) => {
        this.stores.push({ address, width, value });
      },
    };
  }
}
