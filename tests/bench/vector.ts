// The vector index against hnswlib, both as processes of the build machine on one thread: the service's own code by the service's flags
// (SSE4.2 through v128), and hnswlib compiled for this processor and for any x86-64, of which the faster counts. All hold the
// same vectors and take turns; a figure is the least processor time of many rounds.

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { buildHostProgram } from "../../linker/host.ts";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD, ROOT } from "../../scripts/phi/paths.ts";
import { digits, hnswlibHeaders, type Vectors, wordVectors } from "../../scripts/programs/vectors.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { HNSWLIB_SOURCE } from "./native/hnswlib.ts";

const DIRECTORY = join(BUILD, "bench");
const LINKS = 16;
const CONSTRUCTION = 200;
const WANTED = 10;
const ROUNDS = 25;
const METRIC = { inner: 1, l2: 2, cosine: 3 } as const;
const QUANTISED = 2;
const CHUNK_BYTES = 1 << 24;
const GROWTH_COUNT = 1_000_000;
const GROWTH_CONSTRUCTION = 60;
const GROWTH_CHUNK = 10_000;

interface Task {
  readonly dimensions: number;
  readonly count: number;
  readonly metric: number;
  readonly base: string;
  /** The questions, one after another. */
  readonly questions: Buffer;
}

interface Growth {
  readonly count: number;
  readonly insert_us: number;
  readonly search_us: number;
}

/** `count` vectors from a file: from place `first`, every `step`th. */
function vectorsOf({ path, dimensions }: Vectors, first: number, count: number, step: number): Buffer {
  const bytes = dimensions * 4;
  const all = Buffer.alloc(count * bytes);
  const file = openSync(path, "r");
  try {
    for (let place = 0; place < count; place++)
      readSync(file, all, place * bytes, bytes, (first + place * step) * bytes);
  } finally {
    closeSync(file);
  }
  return all;
}

/** A program that has built its index and answers questions. */
class Contender {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly chunks: Buffer[] = [];
  private held = 0;
  private wake: () => void = () => undefined;
  private hasEnded = false;

  constructor(program: string) {
    this.child = spawn(program, [], { stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdout.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.held += chunk.length;
      this.wake();
    });
    this.child.on("close", () => {
      this.hasEnded = true;
      this.wake();
    });
    this.child.stdin.on("error", () => undefined);
  }

  send(content: Uint8Array): Promise<void> {
    return new Promise((done) => this.child.stdin.write(content, () => done()));
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.held < bytes) {
      if (this.hasEnded) throw new CliFailure("a contender of the vector benchmark ended early", `${this.held} bytes`);
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
    }
    const all = Buffer.concat(this.chunks.splice(0));
    this.chunks.push(all.subarray(bytes));
    this.held -= bytes;
    return Buffer.from(all.subarray(0, bytes));
  }

  async begin(task: Task, construction: number, growth: number): Promise<void> {
    const questions = task.questions.length / (task.dimensions * 4);
    const words = [task.dimensions, task.count, questions, task.metric, LINKS, construction, WANTED, QUANTISED, growth];
    await this.send(new Uint8Array(Uint32Array.from(words).buffer));
    await this.send(task.questions);
  }

  /** Sends the vectors of the task's file; answers when the index is built. */
  async build(task: Task): Promise<{ seconds: number; bytes: number }> {
    await this.begin(task, CONSTRUCTION, 0);
    const total = task.dimensions * 4 * task.count;
    const file = openSync(task.base, "r");
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = 0; at < total; ) {
      const read = readSync(file, chunk, 0, Math.min(CHUNK_BYTES, total - at), at);
      if (read === 0) throw new CliFailure(`${task.base} is too short`, "Remove it: it is made again.");
      await this.send(chunk.subarray(0, read));
      at += read;
    }
    closeSync(file);
    const answer = await this.take(16);
    return { seconds: Number(answer.readBigUInt64LE(0)) / 1e9, bytes: Number(answer.readBigUInt64LE(8)) };
  }

  /** All questions once; breadth 0: exactly (ours only). */
  async round(task: Task, breadth: number): Promise<{ seconds: number; numbers: Uint32Array }> {
    await this.send(new Uint8Array(Uint32Array.of(breadth).buffer));
    const questions = task.questions.length / (task.dimensions * 4);
    const answer = await this.take(8 + questions * WANTED * 4);
    const numbers = new Uint32Array(answer.buffer.slice(answer.byteOffset + 8, answer.byteOffset + answer.length));
    return { seconds: Number(answer.readBigUInt64LE(0)) / 1e9, numbers };
  }

  /** Inserts vectors as they come; at 1,000, 10,000, … the times of the insertions since the last and of all questions. */
  async grow(task: Task, breadth: number, vectors: Iterable<Float32Array>): Promise<readonly Growth[]> {
    await this.begin(task, GROWTH_CONSTRUCTION, breadth);
    for (const some of vectors) await this.send(new Uint8Array(some.buffer));
    const found: Growth[] = [];
    const questions = task.questions.length / (task.dimensions * 4);
    for (let count = 1000, before = 0; count <= task.count; before = count, count *= 10) {
      const answer = await this.take(16);
      const [inserting, asking] = [answer.readBigUInt64LE(0), answer.readBigUInt64LE(8)].map((ns) => Number(ns) / 1000);
      found.push({ count, insert_us: (inserting ?? 0) / (count - before), search_us: (asking ?? 0) / questions });
    }
    return found;
  }

  end(): void {
    this.child.kill();
  }
}

function recall(found: Uint32Array, truth: Uint32Array): number {
  let hits = 0;
  for (let at = 0; at < truth.length; at += WANTED) {
    const expected = new Set(truth.subarray(at, at + WANTED));
    for (const number of found.subarray(at, at + WANTED)) if (expected.has(number)) hits++;
  }
  return hits / truth.length;
}

export async function vectorProgram(): Promise<string> {
  const entry = "tests/bench/programs/vector.ts";
  const base = { root: ROOT, entry, architecture: "x86_64", runtime: "stub", memoryBase: 1024, simd: true } as const;
  const { wasm } = await compileAssemblyScript(base);
  return buildHostProgram({ root: ROOT, name: "vector", wasm, run: "run" });
}

function hnswlibProgram(flags: readonly string[]): string {
  mkdirSync(DIRECTORY, { recursive: true });
  const key = createHash("sha256")
    .update(JSON.stringify([HNSWLIB_SOURCE, flags]))
    .digest("hex")
    .slice(0, 12);
  const program = join(DIRECTORY, `hnswlib-${key}`);
  if (existsSync(program)) return program;
  const source = join(DIRECTORY, "hnswlib.cc");
  writeFileSync(source, HNSWLIB_SOURCE);
  execFileSync("g++", ["-O3", ...flags, "-I", hnswlibHeaders(), source, "-o", program], { stdio: "pipe" });
  return program;
}

interface Comparison {
  readonly task: Task;
  readonly breadth: number;
  readonly recallBar: number;
  readonly name: string;
  readonly what: string;
  /** More figures from the exact answers. */
  readonly more?: (exact: Uint32Array) => readonly Figure[];
}

async function compare(comparison: Comparison): Promise<readonly Figure[]> {
  const { task, breadth, name, what } = comparison;
  const ours = new Contender(await vectorProgram());
  const native = new Contender(hnswlibProgram(["-march=native"]));
  const generic = new Contender(hnswlibProgram([]));
  const contenders = [ours, native, generic];
  try {
    const [own, peer] = [await ours.build(task), await native.build(task)];
    await generic.build(task);
    const truth = (await ours.round(task, 0)).numbers;
    const best = contenders.map(() => Number.POSITIVE_INFINITY);
    const found = contenders.map(() => 0);
    for (let round = 0; round < ROUNDS; round++)
      for (const [place, contender] of contenders.entries()) {
        const { seconds, numbers } = await contender.round(task, breadth);
        best[place] = Math.min(best[place] as number, seconds);
        found[place] = recall(numbers, truth);
      }
    const questions = task.questions.length / (task.dimensions * 4);
    const rate = best.map((seconds) => Math.round(questions / seconds));
    const perVector = (bytes: number): number => Math.round((bytes / task.count) * 10) / 10;
    const peers = `hnswlib 0.8.0: ${rate[1]} at ${found[1]?.toFixed(4)} (-march=native), ${rate[2]} (-O3)`;
    const figure = (own_name: string, value: number, unit: string, rest: Partial<Figure>): Figure => ({
      name: `${name}.${own_name}`,
      arch: "host",
      value,
      unit,
      bar: null,
      better: "higher",
      ...rest,
    });
    const fastest = Math.min(best[1] as number, best[2] as number);
    return [
      figure("ratio", Math.round((fastest / (best[0] as number)) * 1000) / 1000, "× hnswlib's queries per CPU-second", {
        bar: 1,
        peers,
        counts: `${what}; ${LINKS} links, construction ${CONSTRUCTION}, breadth ${breadth} for both, one thread, ${questions} questions a round, the least time of each; hnswlib by g++ -O3 with and without -march=native, the faster counts`,
      }),
      figure("queries", rate[0] as number, "queries per CPU-second", { peers }),
      figure("recall", Math.round((found[0] as number) * 10000) / 10000, "recall@10", {
        bar: comparison.recallBar,
        peers: `hnswlib ${found[1]?.toFixed(4)}`,
      }),
      figure("build", Math.round((own?.seconds ?? 0) * 10) / 10, "s", {
        better: "lower",
        peers: `hnswlib ${peer?.seconds.toFixed(1)} (-march=native)`,
      }),
      figure("memory", perVector(own?.bytes ?? 0), "bytes a vector", {
        bar: perVector(peer?.bytes ?? 0) / 2,
        better: "lower",
        peers: `hnswlib ${perVector(peer?.bytes ?? 0)}`,
        counts:
          "pages that hold codes and links of all levels, unused room included: what a search goes through. The exact vectors lie in pages of their own, of which a search reads those of its best 26",
      }),
      ...(comparison.more?.(truth) ?? []),
    ];
  } finally {
    for (const contender of contenders) contender.end();
  }
}

const COMMON = ["ratio", "queries", "recall", "build", "memory"] as const;

export const WORDS: Benchmark = {
  names: COMMON.map((own) => `vector.words.${own}`),
  quick: false,
  on: ["host"],
  measure: async () => {
    const words = wordVectors();
    const questions = vectorsOf(words, 0, 2000, 50);
    const task = { dimensions: 100, count: 100_000, metric: METRIC.inner, base: words.path, questions };
    const what = "the first 100,000 word vectors, inner product; every 50th of them is asked for its nearest 10";
    return compare({ task, breadth: 80, recallBar: 0.97, name: "vector.words", what });
  },
};

export const DIGITS: Benchmark = {
  names: [...COMMON, "exact"].map((own) => `vector.digits.${own}`),
  quick: false,
  on: ["host"],
  measure: async () => {
    const base = digits("train");
    const asked = digits("t10k");
    const task = {
      dimensions: 784,
      count: 60_000,
      metric: METRIC.l2,
      base: base.path,
      questions: vectorsOf(asked, 0, 1000, 1),
    };
    const more = (exact: Uint32Array): readonly Figure[] => {
      const right = Array.from(
        { length: 1000 },
        (_none, place) => base.labels[exact[place * WANTED] as number] === asked.labels[place],
      );
      const value = right.filter(Boolean).length / 10;
      const counts = "of the first 1,000 test pictures, those whose nearest by exact search is the same digit";
      return [{ name: "vector.digits.exact", arch: "host", value, unit: "%", bar: 96.2, better: "higher", counts }];
    };
    const what = "60,000 pictures of digits, L2; the first 1,000 test pictures are asked";
    const comparison = { task, breadth: 40, recallBar: 0.99, name: "vector.digits", what, more };
    return compare(comparison);
  },
};

/** The words, and then the words again, each moved a little: real vectors end at 341,479. */
function* moreThanWords(count: number): Iterable<Float32Array> {
  const words = wordVectors();
  const file = readFileSync(words.path);
  const all = new Float32Array(file.buffer, file.byteOffset, words.count * words.dimensions);
  let state = 1;
  for (let first = 0; first < count; first += GROWTH_CHUNK) {
    const some = new Float32Array(Math.min(GROWTH_CHUNK, count - first) * words.dimensions);
    for (let at = 0; at < some.length; at++) {
      const place = first * words.dimensions + at;
      some[at] = all[place % all.length] as number;
      if (place < all.length) continue;
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      some[at] = (some[at] as number) + (state / 2 ** 32 - 0.5) * 0.2;
    }
    yield some;
  }
}

export const GROWTH: Benchmark = {
  names: [1000, 10_000, 100_000, GROWTH_COUNT].flatMap((count) => [
    `vector.growth.${count}.insert`,
    `vector.growth.${count}.search`,
  ]),
  quick: false,
  on: ["host"],
  measure: async () => {
    const words = wordVectors();
    const questions = vectorsOf(words, 0, 500, 200);
    const task = { dimensions: 100, count: GROWTH_COUNT, metric: METRIC.cosine, base: words.path, questions };
    const contender = new Contender(await vectorProgram());
    try {
      const found = await contender.grow(task, 80, moreThanWords(GROWTH_COUNT));
      return found.flatMap(({ count, insert_us, search_us }): readonly Figure[] => {
        const figure = (own: string, value: number, counts: string): Figure => ({
          name: `vector.growth.${count}.${own}`,
          arch: "host",
          value: Math.round(value * 10) / 10,
          unit: "µs",
          bar: null,
          better: "lower",
          counts,
        });
        return [
          figure(
            "insert",
            insert_us,
            `processor time of an insertion on the way to ${count} word vectors, cosine, construction ${GROWTH_CONSTRUCTION}`,
          ),
          figure("search", search_us, `of a search for 10 among them, breadth 80`),
        ];
      });
    } finally {
      contender.end();
    }
  },
};
