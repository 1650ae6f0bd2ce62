// The vector index (services/vdfs/vector) in Node, over files or over pages as its caller has them: `phi disk` and the tests.
// A method that cannot answer throws VectorError with the index's error number.
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { ROOT } from "../phi/paths.ts";
import { ERROR, sentenceOf } from "./errors.ts";

export const METRIC = { inner: 1, l2: 2, cosine: 3 } as const;
const NAME_BYTES_MAX = 255;
export const KIND = { f32: 1, quantised: 2 } as const;

interface Exports {
  memory: WebAssembly.Memory;
  exchange(): number;
  create(...words: number[]): number;
  open(handle: number, cache: number): number;
  close(index: number): void;
  commit(index: number): number;
  use_files(): void;
  show_pages(bytes: number): number;
  forget_shown(index: number): void;
  begin_files(handle: number, isNew: number): number;
  end_files(handle: number): void;
  size(index: number): number;
  dimensions(index: number): number;
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

/** Pages by section and number; each answers an error, or 0. */
export interface PageSource {
  read(section: number, page: number, into: Uint8Array): number;
  write(section: number, page: number, from: Uint8Array): number;
  truncate(section: number): number;
  commit(): number;
  /** The address of a page in the memory of `showPages`; 0, and without it: it is to be read. */
  show?(section: number, page: number, bytes: number): number;
}

/** The files of an index: what a server of files would do. */
export interface Files {
  read(file: number, offset: number, into: Uint8Array): number;
  write(file: number, offset: number, from: Uint8Array): number;
  cut(file: number, bytes: number): number;
  sync(): number;
}

const absent = (): number => ERROR.ABSENT;
const NO_PAGES: PageSource = { read: absent, write: absent, truncate: absent, commit: absent };

let compiled: Promise<WebAssembly.Module> | undefined;

export class VectorMachine {
  private readonly exports: Exports;
  private readonly sources: PageSource[] = [];
  private files: Files | undefined;

  private constructor(module: WebAssembly.Module) {
    const source = (handle: number): PageSource => this.sources[handle] as PageSource;
    const { exports } = new WebAssembly.Instance(module, {
      pages: {
        read: (handle: number, section: number, page: number, at: number, bytes: number) =>
          source(handle).read(section, page, this.bytes(at, bytes)),
        write: (handle: number, section: number, page: number, at: number, bytes: number) =>
          source(handle).write(section, page, this.bytes(at, bytes)),
        truncate: (handle: number, section: number) => source(handle).truncate(section),
        commit: (handle: number) => source(handle).commit(),
        show: (handle: number, section: number, page: number, bytes: number) =>
          source(handle).show?.(section, page, bytes) ?? 0,
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
  inFiles(files: Files, shape?: Shape, cacheBytes = 0): VectorIndex {
    this.files = files;
    this.exports.use_files();
    const begun = this.exports.begin_files(0, shape === undefined ? 0 : 1);
    if (begun < 0) throw new VectorError(begun);
    // the handle of the files is 0, and so is that of an index without pages of its own
    this.sources.splice(0);
    return shape === undefined ? this.open(NO_PAGES, cacheBytes) : this.create({ ...shape, cacheBytes }, NO_PAGES);
  }

  /** Memory in which page sources may show pages: where it begins. */
  showPages(bytes: number): number {
    return this.exports.show_pages(bytes);
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  create(shape: Shape, pages: PageSource): VectorIndex {
    const { dimensions, metric = METRIC.inner, kind = KIND.quantised, links = 8, breadth = 60 } = shape;
    const handle = this.sources.push(pages) - 1;
    const cache = shape.cacheBytes ?? 1 << 26;
    const index = this.exports.create(handle, metric, kind, dimensions, links, breadth, cache);
    if (index < 0) throw new VectorError(index);
    return new VectorIndex(this, this.exports, index);
  }

  open(pages: PageSource, cacheBytes = 1 << 26): VectorIndex {
    const handle = this.sources.push(pages) - 1;
    const index = this.exports.open(handle, cacheBytes);
    if (index < 0) throw new VectorError(index);
    return new VectorIndex(this, this.exports, index);
  }
}

export class VectorError extends Error {
  readonly error: number;
  constructor(error: number) {
    super(sentenceOf(error));
    this.error = error;
  }
}

export class VectorIndex {
  private readonly machine: VectorMachine;
  private readonly exports: Exports;
  private readonly index: number;
  readonly dimensions: number;

  constructor(machine: VectorMachine, exports: Exports, index: number) {
    this.machine = machine;
    this.exports = exports;
    this.index = index;
    this.dimensions = exports.dimensions(index);
  }

  private put(text: string, at = 0): number {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > NAME_BYTES_MAX) throw new VectorError(ERROR.NAME_TOO_LONG);
    this.machine.bytes(this.exports.exchange() + at, bytes.length).set(bytes);
    return bytes.length;
  }

  /** A vector of another length than the index has is refused: what a damaged header says of it need not be what the caller knows. */
  private putValues(values: ArrayLike<number>, at: number): void {
    if (values.length !== this.dimensions) throw new VectorError(ERROR.ARGUMENT);
    new Float32Array(this.exports.memory.buffer, this.exports.exchange() + at, this.dimensions).set(values);
  }

  /** Number of the vector, or an error. */
  insert(name: string, values: ArrayLike<number>, tags = 0n): number {
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) return ERROR.ARGUMENT;
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

  /** What was shown is not there any more. */
  forgetShown(): void {
    this.exports.forget_shown(this.index);
  }

  close(): void {
    this.exports.close(this.index);
  }
}
