// What the tests of the vector index share: pages that a test can read, damage and fail, vectors that are the same every time, and
// distances in double precision.
import { ERROR } from "../../../scripts/vdfs/errors.ts";
import { METRIC, type PageSource, type VectorMachine } from "../../../scripts/vdfs/vectors.ts";

export * from "../../../scripts/vdfs/vectors.ts";
export const COMPILE_TIMEOUT_MS = 240_000;

/** The pages of one index: those of the open transaction lie over the durable ones. */
export class Pages implements PageSource {
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

  read(section: number, page: number, into: Uint8Array): number {
    if (this.fails()) return ERROR.DEVICE;
    this.reads++;
    const key = Pages.key(section, page);
    const content = this.written.has(key) ? this.written.get(key) : this.durable.get(key);
    if (content === undefined || content === null) return ERROR.NOT_FOUND;
    into.set(content.subarray(0, into.length));
    return 0;
  }

  write(section: number, page: number, from: Uint8Array): number {
    if (this.fails()) return ERROR.DEVICE;
    this.written.set(Pages.key(section, page), from.slice());
    return 0;
  }

  truncate(section: number): number {
    for (const key of [...this.durable.keys(), ...this.written.keys()])
      if (Math.floor(key / 2 ** 28) === section) this.written.set(key, null);
    return 0;
  }

  commit(): number {
    for (const [key, page] of this.written) page === null ? this.durable.delete(key) : this.durable.set(key, page);
    this.written.clear();
    return 0;
  }

  copy(): Pages {
    const pages = new Pages();
    for (const [key, page] of this.durable) pages.durable.set(key, page.slice());
    return pages;
  }
}

/** Pages that an index sees where they are, as far as there is room, and one that is shown changes with what is committed. */
export class ShownPages extends Pages {
  private readonly machine: VectorMachine;
  private readonly begin: number;
  private readonly room: number;
  private used = 0;
  private readonly places = new Map<number, { at: number; bytes: number }>();

  constructor(machine: VectorMachine, bytes: number) {
    super();
    this.machine = machine;
    this.room = bytes;
    this.begin = machine.showPages(bytes);
  }

  /** How many pages were shown. */
  get shown(): number {
    return this.places.size;
  }

  show(section: number, page: number, bytes: number): number {
    const key = Pages.key(section, page);
    const content = this.durable.get(key);
    if (content === undefined || this.written.has(key)) return 0;
    let place = this.places.get(key);
    if (place === undefined) {
      if (this.used + bytes > this.room) return 0;
      place = { at: this.begin + this.used, bytes };
      this.used += bytes;
      this.places.set(key, place);
      this.machine.bytes(place.at, bytes).set(content);
    }
    return place.at;
  }

  override commit(): number {
    // nobody but the source may have written where pages are shown
    for (const [key, { at, bytes }] of this.places)
      if (Buffer.compare(this.machine.bytes(at, bytes), this.durable.get(key) ?? Buffer.alloc(bytes)) !== 0)
        throw new Error(`page ${key} was changed where it is shown`);
    super.commit();
    for (const [key, { at, bytes }] of this.places)
      this.machine.bytes(at, bytes).set(this.durable.get(key) ?? Buffer.alloc(bytes));
    return 0;
  }

  /** What was shown is zeros from now on, as when its keeper is gone. */
  vanish(): void {
    this.machine.bytes(this.begin, this.room).fill(0);
    this.places.clear();
    this.used = 0;
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
