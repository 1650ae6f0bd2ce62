// A WASI companion (services/wasi) in Node: the compiled service, its gates and its console mocked, the program's memory in
// the window. Tests call methods directly, or run a whole .wasm program against it. Time is virtual: `now` moves by
// a microsecond a call, and to the deadline when the companion sleeps.
import { fileURLToPath } from "node:url";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { generateInterfaces } from "../../../linker/interface/generate.ts";
import { encodeLaunch, type Launch } from "../../../linker/pack/launch.ts";
import { fnv1a } from "../../../linker/pack/tree.ts";
import { PERSONALITY, type PersonalityFunction } from "../../../services/wasi/personality.ts";
import type { FilesServer } from "./files-server.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const PAGE = 65536;
const STARTUP = 0x8000_0000;
const LAUNCH = 0x8010_0000;
const PARAMETERS = 0x8018_0000;
const CONSOLE_BUFFER = 0x8020_0000;
const FILES_BUFFER = 0x8030_0000;
const MESSAGE = 16;
export const DIRECTORIES = 0x9000_0000;
const DIRECTORY_STRIDE = 0x0100_0000;
export const PROGRAM = 0xc000_0000;
const E_TIMEOUT = -9n;
const STATUS_MEMORY_PAGES = 14n;
/** A compilation on a busy machine takes this long at most. */
export const COMPILE_TIMEOUT_MS = 240_000;

const HANDLE = { self: 1n, program: 2n, console: 3n, sleeper: 4n, files: 0x100n };
const KIND = { self: 1, capability: 2, region: 3, seed: 7, number: 8 };

export interface CompanionOptions extends Partial<Launch> {
  /** Packed directories, in the order of `directories`. */
  trees?: readonly Uint8Array[];
  /** Servers of files by the name of the connection: a directory `GUEST\tNAME` is such a server's. */
  servers?: Readonly<Record<string, FilesServer>>;
  filesBufferBytes?: number;
  input?: Uint8Array;
  terminal?: number;
  /** Nanoseconds since 1970 at power-on; undefined = no wall clock. */
  realtime?: bigint;
  programPages?: number;
  consoleBufferBytes?: number;
  /** Leaves this out of the start-up page. */
  without?: "program" | "console" | "launch" | "seed" | "directory";
  seed?: readonly bigint[];
}

export class Exit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The service as the build compiles it, once a process. */
export function companionModule(): Promise<WebAssembly.Module> {
  compiled ??= (async () => {
    generateInterfaces(ROOT);
    const result = await compileAssemblyScript({
      root: ROOT,
      entry: "services/wasi/index.ts",
      architecture: "x86_64",
      runtime: "minimal",
      memoryBase: 64,
      simd: true,
    });
    return new WebAssembly.Module(result.wasm as BufferSource);
  })();
  return compiled;
}

export class Companion {
  readonly memory: WebAssembly.Memory;
  readonly written = { output: [] as Buffer[], error: [] as Buffer[], log: [] as Buffer[] };
  now = 1_000_000n;
  /** Deadlines that the companion slept for. */
  readonly slept: bigint[] = [];
  programPages: number;
  input: Buffer;
  gates = new Map<string, number>();
  private readonly handler: (...words: bigint[]) => bigint;

  constructor(module: WebAssembly.Module, options: CompanionOptions) {
    this.programPages = options.programPages ?? 1;
    this.input = Buffer.from(options.input ?? []);
    const phi: Record<string, (...words: bigint[]) => bigint> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (from !== "phi") throw new Error(`the companion imports ${from}.${name}`);
      phi[name] = (...words) => this.gate(name, words, options);
    }
    const instance = new WebAssembly.Instance(module, { phi });
    const exports = instance.exports as {
      memory: WebAssembly.Memory;
      start(): void;
      call(...words: bigint[]): bigint;
    };
    this.memory = exports.memory;
    this.memory.grow(PAGE - this.memory.buffer.byteLength / PAGE);
    this.handler = exports.call;
    this.equip(options);
    exports.start();
  }

  bytes(index: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, index, length);
  }

  view(): DataView {
    return new DataView(this.memory.buffer, PROGRAM, 0x4000_0000);
  }

  program(at: number, length: number): Buffer {
    return Buffer.from(this.bytes(PROGRAM + at, length));
  }

  put(at: number, data: Uint8Array | string): number {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    this.bytes(PROGRAM + at, bytes.length).set(bytes);
    return bytes.length;
  }

  /** A protected call with ready words; the errno. */
  raw(method: number | bigint, ...words: bigint[]): bigint {
    const six = [...words, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6);
    return this.handler(7n, BigInt(method), ...six);
  }

  /** A function of the personality by name, its arguments packed as the build packs them. */
  call(name: string, ...values: (number | bigint)[]): number {
    const entry = PERSONALITY.find(
      (candidate) => candidate.name === name && candidate.module === "wasi_snapshot_preview1",
    );
    return this.invoke(entry, name, values);
  }

  unstable(name: string, ...values: (number | bigint)[]): number {
    const entry = PERSONALITY.find((candidate) => candidate.name === name && candidate.module === "wasi_unstable");
    return this.invoke(entry, name, values);
  }

  private invoke(entry: PersonalityFunction | undefined, name: string, values: (number | bigint)[]): number {
    if (entry === undefined || entry.method === 0) throw new Error(`${name} is not a method of the companion`);
    const answer = this.raw(entry.method, ...packWords(entry, values));
    if (answer < 0n) throw new Error(`${name} answered the kernel error ${answer}`);
    return Number(answer & 0xffff_ffffn);
  }

  text(stream: "output" | "error" | "log"): string {
    return Buffer.concat(this.written[stream]).toString();
  }

  private equip(options: CompanionOptions): void {
    const directories = options.directories ?? [];
    const launch = encodeLaunch({
      arguments: options.arguments ?? ["program"],
      variables: options.variables ?? [],
      directories,
    });
    this.bytes(LAUNCH, launch.length).set(launch);
    let at = STARTUP;
    const entry = (kind: number, name: string, handle: bigint, a: bigint, b: bigint): void => {
      const view = new DataView(this.memory.buffer, at, 32);
      view.setUint32(0, kind, true);
      view.setUint32(4, name === "" ? 0 : fnv1a(Buffer.from(name)), true);
      view.setBigUint64(8, handle, true);
      view.setBigUint64(16, a, true);
      view.setBigUint64(24, b, true);
      at += 32;
    };
    entry(KIND.self, "", HANDLE.self, 0n, 0n);
    if (options.without !== "program") entry(KIND.capability, "program", HANDLE.program, 0n, 0n);
    const buffer = options.consoleBufferBytes ?? 8192;
    if (options.without !== "console")
      entry(KIND.capability, "console", HANDLE.console, BigInt(CONSOLE_BUFFER), BigInt(buffer));
    Object.keys(options.servers ?? {}).forEach((name, i) => {
      const [index, bytes] = this.filesBuffer(options, i);
      entry(KIND.capability, name, HANDLE.files + BigInt(i), BigInt(index), BigInt(bytes));
    });
    if (options.without !== "launch") entry(KIND.region, "launch", 9n, BigInt(LAUNCH), BigInt(launch.length));
    if (options.realtime !== undefined) entry(KIND.number, "realtime", 0n, options.realtime, 0n);
    if (options.terminal !== undefined) {
      const parameters = Buffer.from(`console=mux\nrun.terminal=${options.terminal}\n`);
      this.bytes(PARAMETERS, parameters.length).set(parameters);
      entry(KIND.region, "parameters", 8n, BigInt(PARAMETERS), BigInt(parameters.length));
    }
    const seed = options.seed ?? [1n, 2n, 3n, 4n];
    if (options.without !== "seed") {
      entry(KIND.seed, "", 0n, seed[0] ?? 0n, seed[1] ?? 0n);
      entry(KIND.seed, "", 0n, seed[2] ?? 0n, seed[3] ?? 0n);
    }
    if (options.without === "directory") return;
    (options.trees ?? []).forEach((tree, i) => {
      const index = DIRECTORIES + i * DIRECTORY_STRIDE;
      this.bytes(index, tree.length).set(tree);
      entry(KIND.region, `directory.${i}`, 10n, BigInt(index), BigInt(tree.length));
    });
  }

  private gate(name: string, words: bigint[], options: CompanionOptions): bigint {
    this.gates.set(name, (this.gates.get(name) ?? 0) + 1);
    switch (name) {
      case "now":
        this.now += 1000n;
        return this.now;
      case "exit":
        throw new Exit(Number(words[0]));
      case "domain_memory":
        return words[0] === HANDLE.program ? 0n : -1n;
      case "domain_status":
        if (words[0] !== HANDLE.program) return -1n;
        if (words[1] === STATUS_MEMORY_PAGES) return BigInt(this.programPages);
        this.now += 1000n;
        return this.now;
      case "notification_create":
        return HANDLE.sleeper;
      case "wait":
        this.slept.push(words[1] ?? 0n);
        if (words[1] === 0xffff_ffff_ffff_ffffn) throw new Error("the companion would sleep for ever");
        if ((words[1] ?? 0n) > this.now) this.now = words[1] ?? 0n;
        return E_TIMEOUT;
      case "call":
      case "call_words": {
        const number = Number((words[0] ?? 0n) - HANDLE.files);
        const server = Object.values(options.servers ?? {})[number];
        if (server !== undefined) return this.files(server, number, words, options);
        return words[0] === HANDLE.console ? this.console(Number(words[1]), words.slice(2), options) : -1n;
      }
      default:
        throw new Error(`unexpected gate ${name}`);
    }
  }

  private filesBuffer(options: CompanionOptions, number: number): [index: number, bytes: number] {
    return [FILES_BUFFER + number * 0x1_0000, options.filesBufferBytes ?? 16384];
  }

  private files(server: FilesServer, number: number, words: bigint[], options: CompanionOptions): bigint {
    return server.call(Number(words[1]), words.slice(2), {
      buffer: () => this.bytes(...this.filesBuffer(options, number)),
      reply: (index, value) => new DataView(this.memory.buffer).setBigUint64(MESSAGE + index * 8, value, true),
    });
  }

  private console(method: number, words: bigint[], options: CompanionOptions): bigint {
    const first = words[0] ?? 0n;
    if (method === 1) {
      const span = words[1] ?? 0n;
      const length = Number(span >> 32n);
      const data = Buffer.from(this.bytes(CONSOLE_BUFFER + Number(span & 0xffff_ffffn), length));
      const stream = ({ 1: "output", 2: "error", 3: "log" } as const)[Number(first)];
      if (stream === undefined) return -3n;
      this.written[stream].push(data);
      return BigInt(length);
    }
    if (method === 2) {
      const piece = this.input.subarray(0, Math.min(Number(first), options.consoleBufferBytes ?? 8192));
      this.bytes(CONSOLE_BUFFER, piece.length).set(piece);
      this.input = this.input.subarray(piece.length);
      return BigInt(piece.length);
    }
    if (method === 3) return BigInt(Math.max(this.input.length, 1));
    if (method === 8) return 0n;
    throw new Error(`unexpected console method ${method}`);
  }
}

/** docs/abi.md, section 1: each i64 a word; i32s two to a word, which stands where the first of them stood. */
export function packWords(entry: PersonalityFunction, values: readonly (number | bigint)[]): bigint[] {
  const words: bigint[] = [];
  let open = -1;
  entry.parameters.forEach((type, i) => {
    const value = BigInt(values[i] ?? 0);
    if (type === "i64") words.push(BigInt.asUintN(64, value));
    else if (open >= 0) {
      words[open] = (words[open] ?? 0n) | (BigInt.asUintN(32, value) << 32n);
      open = -1;
    } else {
      open = words.length;
      words.push(BigInt.asUintN(32, value));
    }
  });
  if (words.length > 6) throw new Error(`${entry.name} takes ${words.length} words`);
  return words;
}

export interface ProgramResult {
  status: number;
  output: Buffer;
  error: Buffer;
  companion: Companion;
}

/** Runs a WASI command against a companion: its memory is copied into the window and back around every call. */
export async function runProgram(wasm: Uint8Array, options: CompanionOptions): Promise<ProgramResult> {
  const companion = new Companion(await companionModule(), options);
  const program = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const imports: Record<string, Record<string, (...values: (number | bigint)[]) => number>> = {};
  let memory: WebAssembly.Memory | undefined;
  for (const { module, name } of WebAssembly.Module.imports(program)) {
    const entry = PERSONALITY.find((candidate) => candidate.module === module && candidate.name === name);
    if (entry === undefined) throw new Error(`the program imports ${module}.${name}`);
    const functions = imports[module] ?? {};
    imports[module] = functions;
    functions[name] = (...values) => {
      if (entry.gate === "exit") throw new Exit(Number(values[0]) >>> 0);
      if (entry.gate === "yield") return 0;
      const guest = new Uint8Array((memory as WebAssembly.Memory).buffer);
      companion.programPages = guest.length / PAGE;
      const shown = companion.bytes(PROGRAM, guest.length);
      shown.set(guest);
      const answer = companion.raw(entry.method, ...packWords(entry, values));
      guest.set(shown);
      if (answer < 0n) throw new Error(`${name} answered the kernel error ${answer}`);
      return Number(answer & 0xffff_ffffn);
    };
  }
  const instance = new WebAssembly.Instance(program, imports);
  memory = instance.exports.memory as WebAssembly.Memory;
  let status = 0;
  try {
    (instance.exports._start as () => void)();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    status = error.status;
  }
  const { output, error } = companion.written;
  return { status, output: Buffer.concat(output), error: Buffer.concat(error), companion };
}
