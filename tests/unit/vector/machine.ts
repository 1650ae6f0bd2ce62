// The vector index (services/vdfs/vector) in Node over pages that a test can read, damage and fail: what was written is durable at
// the commit, and lost by `crash`. One module serves all indices of a test file.
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { ROOT } from "../../../scripts/phi/paths.ts";

export const METRIC = { inner: 1, l2: 2, cosine: 3 } as const;
export const KIND = { f32: 1, quantised: 2 } as const;
export const E_ARGUMENT = -3;
export const E_NOT_FOUND = -33;
export const E_DEVICE = -36;
export const E_EXISTS = -37;
export const COMPILE_TIMEOUT_MS = 240_000;
const SECTIONS = 7;

interface Exports {
  memory: WebAssembly.Memory;
  exchange(): number;
  create(...words: number[]): number;
  open(handle: number, cache: number): number;
  close(index: number): void;
  commit(index: number): number;
  use_files(): void;
  begin_files(handle: number, isNew: number): number;
  end_files(handle: number): void;
  size(index: number): number;
  insert(index: number, length: number, tags: bigint): number;
  remove(index: number, length: number): number;
  find(index: number, length: number): number;
  name(index: number, number: number): number;
  values(index: number, number: number): number;
  set_filter(length: number, tags: bigint): void;
  search(index: number, wanted: number, breadth: number): number;
  result_number(place: number): number;
  result_distance(place: number): number;
  tag_bit(index: number, length: number, isNew: number): number;
}

export interface Found {
  readonly name: string;
  readonly distance: number;
}

export interface Shape {
  readonly dimensions: number;
  readonly metric?: number;
  readonly kind?: number;
  readonly links?: number;
  readonly breadth?: number;
  readonly cacheBytes?: number;
}

/** The pages of one index: those of the open transaction lie over the durable ones. */
export class Pages {
  readonly durable = new Map<number, Uint8Array>();
  readonly written = new Map<number, Uint8Array | null>();
  reads = 0;
  /** Reads and writes fail with this once so many more have gone through. */
  failAfter = Number.POSITIVE_INFINITY;

  static key(section: number, page: number): number {
    return section * 2 ** 28 + page;
  }

  fails(): boolean {
    return this.failAfter-- <= 0;
  }

  read(section: number, page: number): Uint8Array | undefined {
    this.reads++;
    const key = Pages.key(section, page);
    return (this.written.has(key) ? this.written.get(key) : this.durable.get(key)) ?? undefined;
  }

  truncate(section: number): void {
    for (const key of [...this.durable.keys(), ...this.written.keys()])
      if (Math.floor(key / 2 ** 28) === section) this.written.set(key, null);
  }

  commit(): void {
    for (const [key, page] of this.written) page === null ? this.durable.delete(key) : this.durable.set(key, page);
    this.written.clear();
  }

  copy(): Pages {
    const pages = new Pages();
    for (const [key, page] of this.durable) pages.durable.set(key, page.slice());
    return pages;
  }
}

/** The files of an index: what a server of files would do. */
export interface Files {
  read(file: number, offset: number, into: Uint8Array): number;
  write(file: number, offset: number, from: Uint8Array): number;
  cut(file: number, bytes: number): number;
  sync(): number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

export class VectorMachine {
  private readonly exports: Exports;
  private readonly sources: Pages[] = [];
  private files: Files | undefined;

  private constructor(module: WebAssembly.Module) {
    const transfer = (act: (pages: Pages, section: number, page: number, at: number, bytes: number) => number) =>
      ((handle: number, section: number, page: number, at: number, bytes: number) => {
        const pages = this.sources[handle] as Pages;
        return pages.fails() || section >= SECTIONS ? E_DEVICE : act(pages, section, page, at, bytes);
      }) as (...words: number[]) => number;
    const { exports } = new WebAssembly.Instance(module, {
      pages: {
        read: transfer((pages, section, page, at, bytes) => {
          const content = pages.read(section, page);
          if (content === undefined) return E_NOT_FOUND;
          this.bytes(at, bytes).set(content.subarray(0, bytes));
          return 0;
        }),
        write: transfer((pages, section, page, at, bytes) => {
          pages.written.set(Pages.key(section, page), this.bytes(at, bytes).slice());
          return 0;
        }),
        truncate: (handle: number, section: number) => {
          (this.sources[handle] as Pages).truncate(section);
          return 0;
        },
        commit: (handle: number) => {
          (this.sources[handle] as Pages).commit();
          return 0;
        },
      },
      files: {
        read: (_handle: number, file: number, offset: bigint, at: number, bytes: number) =>
          this.files?.read(file, Number(offset), this.bytes(at, bytes)),
        write: (_handle: number, file: number, offset: bigint, at: number, bytes: number) =>
          this.files?.write(file, Number(offset), this.bytes(at, bytes)),
        cut: (_handle: number, file: number, bytes: bigint) => this.files?.cut(file, Number(bytes)),
        sync: () => this.files?.sync(),
      },
    });
    this.exports = exports as unknown as Exports;
  }

  static async make(): Promise<VectorMachine> {
    compiled ??= compileAssemblyScript({
      root: ROOT,
      entry: "services/vdfs/vector/host.ts",
      architecture: "x86_64",
      runtime: "minimal",
      memoryBase: 1024,
      simd: true,
    }).then(({ wasm }) => new WebAssembly.Module(wasm));
    return new VectorMachine(await compiled);
  }

  /** An index in files; undefined `shape`: the one that was committed there. */
  inFiles(files: Files, dimensions: number, shape?: Shape, cacheBytes = 0): VectorIndex {
    this.files = files;
    this.exports.use_files();
    const begun = this.exports.begin_files(0, shape === undefined ? 0 : 1);
    if (begun < 0) throw new VectorError(begun);
    this.sources.splice(0);
    return shape === undefined ? this.open(new Pages(), dimensions, cacheBytes) : this.create({ ...shape, cacheBytes });
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  create(shape: Shape, pages = new Pages()): VectorIndex {
    const { dimensions, metric = METRIC.inner, kind = KIND.quantised, links = 8, breadth = 60 } = shape;
    const handle = this.sources.push(pages) - 1;
    const cache = shape.cacheBytes ?? 1 << 26;
    const index = this.exports.create(handle, metric, kind, dimensions, links, breadth, cache);
    if (index < 0) throw new VectorError(index);
    return new VectorIndex(this, this.exports, index, pages, dimensions);
  }

  open(pages: Pages, dimensions: number, cacheBytes = 1 << 26): VectorIndex {
    const handle = this.sources.push(pages) - 1;
    const index = this.exports.open(handle, cacheBytes);
    if (index < 0) throw new VectorError(index);
    return new VectorIndex(this, this.exports, index, pages, dimensions);
  }
}

export class VectorError extends Error {
  readonly error: number;
  constructor(error: number) {
    super(`error ${error}`);
    this.error = error;
  }
}

export class VectorIndex {
  private readonly machine: VectorMachine;
  private readonly exports: Exports;
  private readonly index: number;
  readonly pages: Pages;
  private readonly dimensions: number;

  constructor(machine: VectorMachine, exports: Exports, index: number, pages: Pages, dimensions: number) {
    this.machine = machine;
    this.exports = exports;
    this.index = index;
    this.pages = pages;
    this.dimensions = dimensions;
  }

  private put(text: string, at = 0): number {
    const bytes = new TextEncoder().encode(text);
    this.machine.bytes(this.exports.exchange() + at, bytes.length).set(bytes);
    return bytes.length;
  }

  private putValues(values: ArrayLike<number>, at: number): void {
    new Float32Array(this.exports.memory.buffer, this.exports.exchange() + at, this.dimensions).set(values);
  }

  /** Number of the vector, or an error. */
  insert(name: string, values: ArrayLike<number>, tags = 0n): number {
    const length = this.put(name);
    this.putValues(values, (length + 3) & ~3);
    return this.exports.insert(this.index, length, tags);
  }

  remove(name: string): number {
    return this.exports.remove(this.index, this.put(name));
  }

  find(name: string): number {
    return this.exports.find(this.index, this.put(name));
  }

  values(number: number): Float32Array {
    const answer = this.exports.values(this.index, number);
    if (answer < 0) throw new VectorError(answer);
    return new Float32Array(this.exports.memory.buffer, this.exports.exchange(), this.dimensions).slice();
  }

  tag(name: string): bigint {
    const bit = this.exports.tag_bit(this.index, this.put(name), 1);
    return bit < 0 ? 0n : 1n << BigInt(bit);
  }

  /** breadth 0: exactly. */
  search(values: ArrayLike<number>, wanted: number, breadth: number, prefix = "", tags = 0n): Found[] {
    this.exports.set_filter(this.put(prefix), tags);
    this.putValues(values, 0);
    const count = this.exports.search(this.index, wanted, breadth);
    if (count < 0) throw new VectorError(count);
    const found = Array.from({ length: count }, (_none, place) => ({
      number: this.exports.result_number(place),
      distance: this.exports.result_distance(place),
    }));
    return found.map(({ number, distance }) => ({ name: this.name(number), distance }));
  }

  name(number: number): string {
    const length = this.exports.name(this.index, number);
    if (length < 0) throw new VectorError(length);
    return new TextDecoder().decode(this.machine.bytes(this.exports.exchange(), length));
  }

  get size(): number {
    return this.exports.size(this.index);
  }

  commit(): number {
    return this.exports.commit(this.index);
  }

  close(): void {
    this.exports.close(this.index);
  }
}

/** Numbers between -1 and 1 that are the same every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) / 2 ** 31 - 1) as number;
  };
}

/** Vectors around centres, as real ones are: what HNSW is made for. */
export function clustered(count: number, dimensions: number, seed: number): Float32Array[] {
  const random = randomNumbers(seed);
  const centres = Array.from({ length: Math.max(1, count >> 5) }, () =>
    Float32Array.from({ length: dimensions }, random),
  );
  return Array.from({ length: count }, (_none, place) => {
    const centre = centres[place % centres.length] as Float32Array;
    return Float32Array.from(centre, (value) => value + 0.3 * random());
  });
}

/** The same distance as the index's, in double precision. */
export function distanceOf(metric: number, one: ArrayLike<number>, other: ArrayLike<number>): number {
  let dot = 0;
  let square = 0;
  let ones = 0;
  let others = 0;
  for (let i = 0; i < one.length; i++) {
    const a = one[i] as number;
    const b = other[i] as number;
    dot += a * b;
    square += (a - b) ** 2;
    ones += a * a;
    others += b * b;
  }
  if (metric === METRIC.l2) return square;
  if (metric === METRIC.inner) return 1 - dot;
  return ones === 0 || others === 0 ? 1 : 1 - dot / Math.sqrt(ones * others);
}
