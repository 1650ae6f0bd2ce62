// The proof of one kernel module: entry point by entry point. Called by prove-entries.ts and `phi proof`.

import { fileURLToPath } from "node:url";
import { type Architecture, loadAbi } from "../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { type StaticArray, setClass } from "./address.ts";
import { authority } from "./authority.ts";
import { isEntered } from "./calls.ts";
import type { Finding, Hooks } from "./claims.ts";
import { isFrameEnd } from "./contracts.ts";
import { isPlaced } from "./ends.ts";
import { Executor } from "./execute.ts";
import { isFirst, isFrameEntry, isHead, isInList, isSpanEnd } from "./frames.ts";
import { Imports } from "./imports.ts";
import { kernelModel } from "./invariant.ts";
import { readSources } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { Model } from "./model.ts";
import { PAGING } from "./paging.ts";
import { isNarrow, isRegisters } from "./physical.ts";
import { type Ends, Reach, type Reached } from "./reach.ts";
import { rightsShrink } from "./rights.ts";
import type { Solver } from "./solver.ts";
import { and, compare, constant, fresh, type Term, TRUE } from "./term.ts";
import { textsOf } from "./texts.ts";
import { HEAP } from "./timers.ts";
import { decode, type WasmFunction, type WasmModule } from "./wasm.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Row {
  entry: string;
  paths: number;
  queries: number;
  /** Of the processor, not of the clock. */
  elapsed_ms: number;
  findings: readonly Finding[];
  /** Functions whose contracts it stands on and whose bodies are not proved. */
  given: readonly string[];
  /** All that it stands on. */
  below: readonly string[];
}

interface ArrayFound {
  readonly name: string;
  readonly user: RegExp;
  readonly bytes: bigint;
  readonly target: string;
  readonly isSome?: boolean;
  readonly element?: StaticArray["element"];
  readonly filled?: string;
  readonly shift?: bigint;
  /** Nobody writes it: what holds of its elements is looked up in the module's data. */
  readonly isData?: boolean;
  /** Its base is not the lowest constant of the function that uses it: which one, in ascending order; -1: the highest. */
  readonly rank?: number;
}
const TOLD = /^kernel\/gates\/device\/gate_device_range$/;
/** What hashing works in, and its constants. */
const HASH: readonly ArrayFound[] = (
  [
    ["first chaining value", 32n],
    ["order of words", 16n],
    ["chaining value", 32n],
    ["words", 64n],
    ["words in another order", 64n],
    ["state of a hash", 64n],
  ] as const
).map(([name, bytes], rank) => ({
  name,
  user: /^kernel\/object\/hash\/compress$/,
  bytes,
  target: "",
  rank,
  // each names one of 16 words
  ...(name === "order of words"
    ? { isData: true, element: { bytes: 1, holds: (word: Term) => compare("ult", word, constant(16, word.width)) } }
    : {}),
}));
const FREE_BLOCKS = /^kernel\/mm\/blocks\/run_give$/;
const BLOCKS: readonly ArrayFound[] = [
  {
    name: "free blocks",
    user: FREE_BLOCKS,
    bytes: 80n,
    target: "",
    element: { bytes: 4, holds: isHead, listed: isFirst },
  },
  {
    name: "memory for blocks",
    user: FREE_BLOCKS,
    bytes: 512n,
    target: "",
    rank: 1,
    element: { bytes: 4, holds: isSpanEnd },
  },
];
/** The kernel's static arrays: found by the constants of a function that uses them. */
const ARRAYS: readonly ArrayFound[] = [
  { name: "ready queues", user: /^kernel\/thread\/scheduler\/thread_ready$/, bytes: 512n, target: "Thread" },
  { name: "interrupt lines", user: /^kernel\/irq\/irq_object$/, bytes: 4096n, target: "Irq" },
  { name: "what was told of the firmware", user: TOLD, bytes: 16n, target: "" },
  {
    name: "number of memory's ranges",
    user: TOLD,
    bytes: 8n,
    target: "",
    rank: 2,
    element: { bytes: 8, holds: (count) => compare("ule", count, constant(64, count.width)) },
  },
  { name: "memory's ranges", user: TOLD, bytes: 1024n, target: "", rank: 3 },
  {
    name: "units of the IOMMU",
    user: /^hal\/iommu\/iommu_forget$/,
    bytes: 64n,
    target: "",
    element: { bytes: 8, holds: (registers) => and(isRegisters(registers), isNarrow(registers)) },
    filled: "hal/iommu/unit_count",
  },
  { name: "contexts of the IOMMU", user: /^kernel\/object\/release\/object_end$/, bytes: 1024n, target: "Dma" },
  { name: "code units", user: /^kernel\/object\/code\/image_free$/, bytes: 3584n, target: "", shift: 21n },
  { name: "kernel tables", user: /^kernel\/mm\/tables\/table_grow$/, bytes: 128n, target: "" },
  { name: "slots", user: /^kernel\/object\/create\/build$/, bytes: 16384n, target: "" },
  {
    name: "pending revocations",
    user: /^kernel\/cap\/pending\/pending_remove$/,
    bytes: 256n,
    target: "Capability",
    isSome: true,
    rank: -1,
  },
  {
    name: "memory ranges",
    user: /^kernel\/mm\/frames\/take$/,
    bytes: 1024n,
    target: "",
    // both ends of a range are frames' addresses
    element: { bytes: 16, holds: (address) => isFrameEnd(address) },
  },
  ...HASH,
  ...BLOCKS,
  {
    name: "schedulers",
    user: /^kernel\/thread\/policy\/policy_end$/,
    bytes: 32n,
    target: "Scheduler",
    element: { bytes: 4, holds: () => TRUE, listed: isPlaced },
  },
  { name: "hooks", user: /^kernel\/ipc\/hook\/hook_denies$/, bytes: 16n, target: "Hook" },
];

/** Areas with a place of their own. */
function fixedArrays(at: (name: string) => bigint): StaticArray[] {
  const area = (name: string, base: bigint, bytes: bigint): StaticArray => ({
    name,
    base,
    bytes,
    target: "",
    isSome: false,
  });
  return [
    area("trace ring", at("KERNEL_TRACE"), at("KERNEL_TRACE_BYTES")),
    area(HEAP, at("KERNEL_THREADS") + 0x100_0000n, 0x100_0000n),
    area("log", at("KERNEL_LOG"), at("KERNEL_LOG_BYTES")),
    {
      ...area("frames", at("KERNEL_FRAMES"), at("KERNEL_CAPS") - at("KERNEL_FRAMES")),
      element: { bytes: 8, holds: isFrameEntry, listed: isInList },
    },
  ];
}

function dataAt(module: WasmModule, base: number, bytes: number): Uint8Array {
  const found = module.data.find(({ at, bytes: all }) => at <= base && base + bytes <= at + all.length);
  if (found === undefined) throw new Error(`the module has no data of ${bytes} bytes at ${base}`);
  return found.bytes.subarray(base - found.at, base - found.at + bytes);
}

function staticArrays(module: WasmModule, low: bigint, high: bigint): StaticArray[] {
  return ARRAYS.flatMap(({ name, user, bytes, target, isSome, element, filled, shift, rank, isData }) => {
    const bases = module.functions
      .filter((fn) => user.test(fn.name))
      .flatMap((fn) => fn.code.filter((i) => i.op === 0x41 && i.value >= low && i.value < high).map((i) => i.value));
    // one that is not found leaves its accesses not understood: a finding, wherever they are
    if (bases.length === 0) return [];
    const base = [...new Set(bases)].sort((a, b) => Number(a - b)).at(rank ?? 0) as bigint;
    if (isData === true && element !== undefined)
      for (const byte of dataAt(module, Number(base), Number(bytes)))
        if (element.holds(constant(byte, 8), 0, constant(0, 32)) !== TRUE)
          throw new Error(`${name}: its data are not what is said of them`);
    return [
      {
        name,
        bytes,
        target,
        isSome: isSome === true,
        base,
        ...(element === undefined ? {} : { element }),
        ...(filled === undefined ? {} : { filled }),
        ...(shift === undefined ? {} : { shift }),
      },
    ];
  });
}

export class Proof {
  private constructor(
    readonly module: WasmModule,
    readonly model: Model,
    private readonly another: () => Executor,
    readonly solver: Solver,
    private readonly cpu: Term,
  ) {
    this.executor = another();
  }
  executor: Executor;
  /** As the tests have it: long bodies are taken for proved. */
  brief(): this {
    this.isWhole = false;
    this.executor.isWhole = false;
    return this;
  }
  private isWhole = true;
  /** From here on it is asked of every end whether it can be reached. */
  reached(): this {
    this.reach = new Reach(this.solver);
    this.executor.ended = this.reach.count;
    return this;
  }
  private reach: Reach | null = null;
  /** Of an entry point that was just proved, and of the bodies that it stands on. */
  endsOf({ entry, below }: Row): Ends {
    const name = this.module.functions[this.module.exports.get(entry) as number]?.name as string;
    const own = this.reach?.of(name);
    if (own === undefined) throw new Error(`nobody has counted the ends of ${entry}`);
    const bodies = below.flatMap((one) => (one === name ? [] : [[one, this.reach?.of(one)] as const]));
    return { own, bodies: new Map(bodies.filter((pair): pair is [string, Reached] => pair[1] !== undefined)) };
  }

  static of(architecture: Architecture, wasm: Uint8Array, solver: Solver, patch?: ReadonlyMap<string, string>): Proof {
    const abi = loadAbi(ROOT, architecture);
    const module = decode(wasm);
    const globals = new Map(module.globals.map((one, i) => [one.name, i]));
    const model = kernelModel(readSources(ROOT, patch), abi, globals, textsOf(module));
    const at = (name: string): bigint => BigInt(abi.value(name));
    const arrays = [...staticArrays(module, at("KERNEL_STATIC"), at("KERNEL_INITIAL_BYTES")), ...fixedArrays(at)];
    const cpu = fresh("cpu", 32);
    setClass(cpu, "Cpu");
    model.cpu = cpu;
    const imports = new Imports(PAGING[architecture], cpu);
    const hooks: Hooks = {
      given: imports.given,
      places: {
        window: at("WINDOW_INDEX") >> 12n,
        windowEnd: (at("WINDOW_INDEX") + 0x8000_0000n) >> 12n,
        kernel: at("KERNEL_MEMORY_BASE") >> 12n,
      },
      isSound: (level, entry) => imports.isSound(level, entry),
      imported: (executor, path, name, args) => imports.call(executor, path, name, args),
      returning: (executor, path, before, fn, args) => rightsShrink(executor, path, before, cpu, fn.name, args),
    };
    const apart =
      /cap\/derive\/(make|capability_derive|capability_mint)|cap\/table\/(lookup|capability_create)|object_make$|hand_out$|irq_object$|gates\/capability\/own$|mm\/budget\/frame_for$|thread\/context\/context_open$/;
    const another = (): Executor => new Executor(module, model, solver, arrays, hooks, apart);
    return new Proof(module, model, another, solver, cpu);
  }

  /** Tried with little work for each guess; then once more from nothing, for what was shown of others before can lead a guess astray; at last with all work. */
  entry(name: string): Row {
    const rows = [this.once(name)];
    const isFirst = !this.hasProved;
    this.hasProved = true;
    if (rows[0]?.findings.length !== 0 && !isFirst) {
      this.renew();
      rows.push(this.once(name));
    }
    if (rows.at(-1)?.findings.length !== 0) {
      this.renew();
      rows.push(this.thoroughly(name));
    }
    const sum = (of: (one: Row) => number): number => rows.reduce((all, one) => all + of(one), 0);
    return { ...(rows.at(-1) as Row), queries: sum((one) => one.queries), elapsed_ms: sum((one) => one.elapsed_ms) };
  }
  private hasProved = false;

  /** Counterexamples that say so, of one that is expected to have them: with little work for each guess, or else with all of it. */
  counterexamples(name: string, says: string): readonly Finding[] {
    const found = ({ findings }: Row): Finding[] =>
      findings.filter((one) => one.what.includes(says) && one.verdict === "counterexample");
    const quick = found(this.once(name));
    if (quick.length > 0) return quick;
    this.renew();
    return found(this.thoroughly(name));
  }

  private renew(): void {
    this.executor = this.another();
    this.executor.isWhole = this.isWhole;
    if (this.reach !== null) this.executor.ended = this.reach.count;
  }

  private thoroughly(name: string): Row {
    this.solver.isThorough = true;
    try {
      return this.once(name);
    } finally {
      this.solver.isThorough = false;
    }
  }

  private once(name: string): Row {
    const index = this.module.exports.get(name);
    const fn = index === undefined ? undefined : this.module.functions[index];
    if (fn === undefined) throw new Error(`the kernel exports no ${name}`);
    const { executor, solver } = this;
    executor.paths = 0;
    const queries = solver.queries;
    const begun = process.cpuUsage().user;
    const { findings, uses } = executor.apart(() => this.execute(fn, name));
    const below = executor.below(uses);
    return {
      entry: name,
      paths: executor.paths,
      queries: solver.queries - queries,
      elapsed_ms: Math.round((process.cpuUsage().user - begun) / 1000),
      findings: [...findings, ...below.findings],
      given: below.given,
      below: below.names,
    };
  }

  private execute(fn: WasmFunction, name: string): void {
    const { executor } = this;
    let args: Term[] = [];
    let before: Memory | null = null;
    const ends = executor.prove(fn, [], (path, all) => {
      args = all;
      before = path.memory;
      executor.hooks.imported(executor, path, "machine.cpu_block", []);
      path.assume(isEntered(executor.view(path), name));
    });
    for (const end of ends) authority(executor, end, before as unknown as Memory, name, args, this.cpu);
  }
}

/** The kernel as it ships, or with the changed sources of a seeded bug. */
export async function kernelWasm(architecture: Architecture, patch?: ReadonlyMap<string, string>): Promise<Uint8Array> {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry: "kernel/index.ts",
    architecture,
    runtime: "stub",
    memoryBase: loadAbi(ROOT, architecture).number("KERNEL_STATIC"),
    simd: false,
    ...(patch === undefined ? {} : { extraSources: patch }),
  });
  return wasm;
}

export function row(outcome: Row): string {
  const { entry, paths, queries, elapsed_ms, findings, given } = outcome;
  const figures = `${String(paths).padStart(5)} paths ${String(queries).padStart(6)} queries ${(elapsed_ms / 1000).toFixed(1).padStart(6)} s`;
  const names = given.map((name) => name.replace(/.*\//, "")).join(", ");
  const proved = names === "" ? "proved" : `proved; stands on ${names}`;
  return `${entry.padEnd(26)} ${figures}  ${findings.length === 0 ? proved : `${findings.length} findings`}`;
}
