// The sfi call path in a Linux process of the build machine: the gate's assembly as it ships, between an AssemblyScript client and
// an AssemblyScript server, over tables of the kernel's own layout. Real cycles, and instructions counted one by one, for one
// instance and for many in random order. Called by list.ts. Only on x86_64 Linux.

import { execFile } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { assemblerSource, loadAbi } from "../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { assembleFile, compileC } from "../../linker/compile/clang.ts";
import { generate } from "../../linker/compile/generate.ts";
import { BuildTree, contentKey } from "../../linker/files.ts";
import { writeHeaders } from "../../linker/headers/write.ts";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD, ROOT } from "../../scripts/phi/paths.ts";
import type { Benchmark, Figure } from "./figure.ts";

const run = promisify(execFile);
const DIRECTORY = join(BUILD, "bench", "cycles");
/** Where the process has the kernel's linear memory: displacements reach it, as they reach the real place. */
const KERNEL_AT = 0x2000_0000n;
const CLIENT_MEMORY = 1n << 40n;
const ORDER_AT = 4096;
const ORDER = 16_384;
const CALLS = 16_384;
const COUNTED = 500;
const PAGE = 4096;
const CLIENT = 1;
const FIRST_SERVER = 2;

export interface PathCost {
  readonly cycles: number;
  readonly instructions: number;
}

/** A client and a server, each an object of the module's generated code. */
async function moduleObject(tree: BuildTree, name: string): Promise<string> {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry: `tests/bench/guest/cycles-${name}.ts`,
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: 1024,
    simd: false,
  });
  const directory = `bench-cycles-${name}`;
  const generated = await generate({ tree, name: directory, symbolName: name, flavour: "module", wasm });
  const [text = ""] = generated.parts;
  const object = await compileC({
    name: directory,
    text,
    architecture: "x86_64",
    kind: "host",
    headers: writeHeaders(tree, "module"),
    includeDirectory: generated.directory,
    includeKey: generated.includeKey,
    cacheDirectory: tree.cache,
  });
  if (name === "client") return object;
  const renamed = join(DIRECTORY, `${name}.o`);
  await run("llvm-objcopy-19", ["--localize-symbol=phx_start", "--localize-symbol=phx_struct_size", object, renamed]);
  return renamed;
}

/** The process, and where in it the server's handler lies. */
async function buildProcess(): Promise<{ program: string; handler: bigint }> {
  mkdirSync(DIRECTORY, { recursive: true });
  const tree = new BuildTree(ROOT, "x86_64");
  const abi = assemblerSource(loadAbi(ROOT, "x86_64"));
  const moved = abi.replace(/^(\.set KERNEL_MEMORY_BASE, ).*$/m, `$10x${KERNEL_AT.toString(16)}`);
  if (moved === abi) throw new CliFailure("abi.inc no longer says where the kernel's memory lies");
  writeFileSync(join(DIRECTORY, "abi.inc"), moved);
  const boot = join(ROOT, "boot", "x86_64");
  const includeKey = contentKey(moved, readFileSync(join(boot, "common.inc")));
  const options = {
    architecture: "x86_64",
    kind: "kernel",
    includeDirectories: [DIRECTORY, boot],
    includeKey,
    cacheDirectory: tree.cache,
  } as const;
  const objects = [
    await assembleFile(ROOT, "boot/x86_64/plain.S", options),
    await assembleFile(ROOT, "tests/bench/cycles/harness.S", options),
    await moduleObject(tree, "client"),
    await moduleObject(tree, "server"),
  ];
  const program = join(DIRECTORY, "process");
  const layout = ["-static", "--gc-sections", "-e", "_start", "--undefined=phx_call", "--image-base=0x400000"];
  await run("ld.lld-19", [...layout, ...objects, "-o", program]);
  const { stdout } = await run("llvm-nm-19", [program]);
  const handler = /^([0-9a-f]+) \w phx_call$/m.exec(stdout)?.[1];
  if (handler === undefined) throw new CliFailure("the server's handler is not in the process", stdout);
  return { program, handler: BigInt(`0x${handler}`) };
}

/** The same numbers in every run. */
function randomNumbers(): (below: number) => number {
  let state = 0x2545_f491;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

interface Piece {
  readonly address: bigint;
  readonly bytes: number;
  /** undefined: zeroes. */
  readonly content?: Uint8Array;
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

/** The kernel's tables: a client that runs, `instances` servers that are idle, `capabilities` of the client's to their endpoints. */
function tables(instances: number, capabilities: number, handler: bigint): { pieces: Piece[]; order: DataView } {
  const abi = loadAbi(ROOT, "x86_64");
  const n = (name: string): number => abi.number(name);
  const fresh = (bytes: number): DataView => new DataView(new ArrayBuffer(pagesOf(bytes)));
  const cpu = fresh(PAGE);
  const domains = fresh((instances + FIRST_SERVER) * n("KERNEL_DOMAIN_SIZE"));
  const threads = fresh(PAGE);
  const objects = fresh((instances + 1) * 64);
  const entries = fresh((capabilities + 1) * n("KERNEL_CAP_SIZE"));
  const random = randomNumbers();
  const pieces: Piece[] = [];
  const at = (index: number): number => n("KERNEL_DOMAINS") + index * n("KERNEL_DOMAIN_SIZE");
  const thread = n("KERNEL_THREADS") + 128;
  const key = (CLIENT << 8) | 0x80 | n("TYPE_ENDPOINT");

  cpu.setUint32(n("CPU_DOMAIN"), at(CLIENT), true);
  cpu.setUint32(n("CPU_PLAIN_BOUND"), (capabilities + 1) * n("KERNEL_CAP_SIZE"), true);
  const client = CLIENT * n("KERNEL_DOMAIN_SIZE");
  domains.setUint32(client + n("DOMAIN_STATE_AT"), n("STATE_BUSY"), true);
  domains.setUint32(client + n("DOMAIN_THREAD_AT"), thread, true);
  domains.setUint32(client + n("DOMAIN_ENDPOINT_KEY_AT"), key, true);
  for (let index = 0; index < instances; index++) {
    const server = (FIRST_SERVER + index) * n("KERNEL_DOMAIN_SIZE");
    const slot = BigInt(index + 200) << abi.value("SLOT_SHIFT");
    const top = slot + abi.value("SLOT_STACK_TOP");
    domains.setUint32(server + n("DOMAIN_STATE_AT"), n("STATE_IDLE"), true);
    domains.setBigUint64(server + n("DOMAIN_INSTANCE"), slot + abi.value("SLOT_MEMORY") - 64n, true);
    domains.setBigUint64(server + n("DOMAIN_HANDLER"), handler, true);
    domains.setBigUint64(server + n("DOMAIN_STACK_TOP"), top, true);
    pieces.push({ address: top - BigInt(PAGE), bytes: PAGE });
    objects.setUint32((index + 1) * 64 + n("OBJECT_VERSION_AT"), 7, true);
    objects.setUint32((index + 1) * 64 + n("ENDPOINT_SERVER_AT"), at(FIRST_SERVER + index), true);
  }
  for (let index = 1; index <= capabilities; index++) {
    const entry = index * n("KERNEL_CAP_SIZE");
    const endpoint = index <= instances ? index : 1 + random(instances);
    entries.setBigUint64(entry + n("CAPABILITY_HANDLE_AT"), BigInt(index) | (1n << 32n), true);
    entries.setUint32(entry + n("CAPABILITY_KEY_AT"), key, true);
    entries.setUint32(entry + n("CAPABILITY_OBJECT_AT"), n("KERNEL_OBJECTS") + endpoint * 64, true);
    entries.setUint32(entry + n("CAPABILITY_VERSION_AT"), 7, true);
    entries.setBigUint64(entry + n("CAPABILITY_BADGE_AT"), BigInt(index), true);
  }
  const order = fresh(ORDER_AT + ORDER * 8);
  for (let i = 0; i < ORDER; i++)
    order.setBigUint64(ORDER_AT + i * 8, BigInt(1 + random(capabilities)) | (1n << 32n), true);
  const table = (name: string, view: DataView): void => {
    pieces.push({ address: KERNEL_AT + abi.value(name), bytes: view.byteLength, content: new Uint8Array(view.buffer) });
  };
  table("KERNEL_CPUS", cpu);
  table("KERNEL_DOMAINS", domains);
  table("KERNEL_THREADS", threads);
  table("KERNEL_OBJECTS", objects);
  table("KERNEL_CAPS", entries);
  return { pieces, order };
}

function writeState(file: string, instances: number, capabilities: number, handler: bigint): void {
  const { pieces, order } = tables(instances, capabilities, handler);
  pieces.push({ address: CLIENT_MEMORY, bytes: order.byteLength, content: new Uint8Array(order.buffer) });
  pieces.push({ address: CLIENT_MEMORY - BigInt(PAGE), bytes: PAGE });
  const header = new DataView(new ArrayBuffer(pagesOf(40 + pieces.length * 24)));
  [BigInt(pieces.length), BigInt(CALLS), BigInt(COUNTED), BigInt(ORDER - 1), CLIENT_MEMORY].forEach((value, place) => {
    header.setBigUint64(place * 8, value, true);
  });
  let offset = header.byteLength;
  pieces.forEach((piece, place) => {
    header.setBigUint64(40 + place * 24, piece.address, true);
    header.setBigUint64(48 + place * 24, BigInt(piece.bytes), true);
    header.setBigInt64(56 + place * 24, piece.content === undefined ? -1n : BigInt(offset), true);
    if (piece.content !== undefined) offset += piece.bytes;
  });
  const descriptor = openSync(file, "w");
  try {
    writeSync(descriptor, new Uint8Array(header.buffer));
    for (const { content } of pieces) if (content !== undefined) writeSync(descriptor, content);
  } finally {
    closeSync(descriptor);
  }
}

/** What a call and its return take, the client's loop subtracted. */
export async function measurePath(instances: number, capabilities: number): Promise<PathCost> {
  if (process.arch !== "x64" || process.platform !== "linux") throw new CliFailure("this runs on x86_64 Linux only");
  const { program, handler } = await buildProcess();
  const state = join(DIRECTORY, `state-${instances}-${capabilities}`);
  writeState(state, instances, capabilities, handler);
  const { stdout } = await run(program, [state], { encoding: "buffer" });
  const [callCycles = 0n, loopCycles = 0n, callSteps = 0n, loopSteps = 0n, sum = 0n] = new BigUint64Array(
    stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + 40),
  );
  if (sum !== BigInt(CALLS)) throw new CliFailure(`${CALLS} calls answered ${sum}`);
  return {
    cycles: Number(callCycles - loopCycles) / CALLS,
    instructions: Number(callSteps - loopSteps) / COUNTED,
  };
}

const CYCLES_BAR = 100;
/** Instances and capabilities of each step of the curve. */
const STEPS = [
  [1, 1],
  [100, 100],
  [1000, 1000],
  [10_000, 10_000],
  [10_000, 1_000_000],
] as const;
const COUNTS_CYCLES =
  "host cycles (time-stamp counter) of a round trip through the gate's assembly in a Linux process, the least of 200 runs of 16,384 calls";

export const CYCLES: Benchmark = {
  names: [
    "call.cycles",
    ...STEPS.flatMap(([instances, capabilities]) => [
      `call-scaling.${instances}-instances-${capabilities}-capabilities.instructions`,
      `call-scaling.${instances}-instances-${capabilities}-capabilities.cycles`,
    ]),
  ],
  quick: false,
  on: ["host"],
  measure: async () => {
    const figures: Figure[] = [];
    const add = (name: string, value: number, unit: string, bar: number | null, counts: string, peers = ""): void => {
      figures.push({
        name,
        arch: "host",
        value: Math.round(value * 10) / 10,
        unit,
        bar,
        better: "lower",
        counts,
        peers,
      });
    };
    for (const [instances, capabilities] of STEPS) {
      const { cycles, instructions } = await measurePath(instances, capabilities);
      if (instances === 1) add("call.cycles", cycles, "cycles", CYCLES_BAR, COUNTS_CYCLES, "RedLeaf 124");
      const name = `call-scaling.${instances}-instances-${capabilities}-capabilities`;
      const among = `${instances} servers, each with a stack of its own, and ${capabilities} capabilities to them, called in random order`;
      add(
        `${name}.instructions`,
        instructions,
        "instructions",
        null,
        `the same round trip counted by the trap flag: ${among}`,
      );
      add(`${name}.cycles`, cycles, "cycles", null, `its host cycles: ${among}`);
    }
    return figures;
  },
};
