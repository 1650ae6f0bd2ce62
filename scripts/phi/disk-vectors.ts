// `phi disk import-vectors` and `phi disk search`: vector indices on a disk image, from the host (scripts/vdfs/vector-files.ts).

import { createReadStream, readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { wordVectors } from "../programs/vectors.ts";
import { ERROR, StoreError, sentenceOf } from "../vdfs/errors.ts";
import { shown } from "../vdfs/names.ts";
import { KIND, type Store } from "../vdfs/store.ts";
import { makeDirectories, removeTree, resolve, temporaryName } from "../vdfs/tree.ts";
import { createIndex, INDEX_FILES, nearest, openIndex } from "../vdfs/vector-files.ts";
import { METRIC, VectorError } from "../vdfs/vectors.ts";
import { withStore } from "./disk.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";
import { beginProgress } from "./terminal.ts";

const LINKS = 16;
const BREADTH_DEFAULT = 100;
const WANTED_DEFAULT = 10;
const PROGRESS_STEP = 10_000;

const BREADTH_MAX = 1000;
const WANTED_MAX = 1000;
/** Numbers of a vector (services/vdfs/vector/shape.ts). */
const DIMENSIONS_MAX = 4096;
const LINE_ADVICE = "A line is a name without blanks, and numbers that 32 bits hold: linux 0.25 -1.5 3e-2";

interface Named {
  readonly name: string;
  readonly values: Float32Array;
  /** File and line. */
  readonly at: string;
}

export interface ImportOptions {
  readonly metric?: string;
  readonly first?: string;
  readonly breadth?: string;
}

/** The word vectors of the pinned npm package. */
function* packagedWords(): Iterable<Named> {
  const words = wordVectors();
  const file = readFileSync(words.path);
  const all = new Float32Array(file.buffer, file.byteOffset, words.count * words.dimensions);
  for (const [place, name] of words.words.entries())
    yield {
      name,
      values: all.subarray(place * words.dimensions, (place + 1) * words.dimensions),
      at: `${words.path}:${place + 1}`,
    };
}

/**
 * Lines `name number number …`, with blanks or tabs between, as GloVe and word2vec write them; a first line of two whole numbers alone is word2vec's
 * and skipped.
 */
export async function* linesOf(path: string): AsyncIterable<Named> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    const [name, ...rest] = line.trim().split(/[ \t]+/);
    if (name === undefined || name === "" || (number === 1 && /^\d+\s+\d+$/.test(line.trim()))) continue;
    const values = Float32Array.from(rest, Number);
    const wrong = rest.find((_text, place) => !Number.isFinite(values[place]));
    if (values.length > 0 && wrong === undefined && name !== undefined) {
      yield { name, values, at: `${path}:${number}` };
      continue;
    }
    const what = wrong === undefined ? "has a name and no numbers" : `has "${shown(wrong).slice(0, 40)}" for a number`;
    throw new CliFailure(`${path}:${number} ${what}`, LINE_ADVICE, EXIT_USAGE);
  }
}

function positive(text: string | undefined, otherwise: number, what: string, most = 999_999_999): number {
  if (text === undefined) return otherwise;
  const isOne = /^[1-9][0-9]{0,8}$/.test(text) && Number(text) <= most;
  if (!isOne) throw new CliFailure(`"${text}" is no ${what}`, `Give 1 to ${most}.`, EXIT_USAGE);
  return Number(text);
}

/** Directory and last part of a path on the image. */
function split(path: string): readonly [string, string] {
  const parts = path.split("/").filter((part) => part !== "");
  const name = parts.pop();
  if (name === undefined) throw new CliFailure("an index needs a name", undefined, EXIT_USAGE);
  return [parts.join("/"), name];
}

/** What may be replaced: an index of before, and nothing that somebody put there. */
function checkReplaceable(store: Store, directory: bigint, path: string, name: string): void {
  const old = store.list(directory).find((entry) => entry.name === name);
  if (old === undefined) return;
  const names: readonly string[] = INDEX_FILES;
  const isIndex = old.kind === KIND.directory && store.list(old.node).every((entry) => names.includes(entry.name));
  if (!isIndex)
    throw new CliFailure(`${path} is there and no vector index`, "Give another name, or remove it: phi disk rm.");
}

interface Wanted {
  readonly metric: number;
  readonly breadth: number;
  readonly first: number;
}

/** Fills a new index: how many vectors it has, and how many names came twice. */
async function fill(
  store: Store,
  directory: bigint,
  name: string,
  source: Iterable<Named> | AsyncIterable<Named>,
  { metric, breadth, first }: Wanted,
  onStep: (done: number) => void,
): Promise<{ readonly done: number; readonly repeated: number }> {
  let index: Awaited<ReturnType<typeof createIndex>> | undefined;
  let done = 0;
  let repeated = 0;
  for await (const { name: own, values, at } of source) {
    if (done === first) break;
    if (values.length > DIMENSIONS_MAX)
      throw new CliFailure(`${at} has ${values.length} numbers`, `A vector has at most ${DIMENSIONS_MAX}.`, EXIT_USAGE);
    index ??= await createIndex(store, directory, name, { dimensions: values.length, metric, links: LINKS, breadth });
    if (values.length !== index.dimensions) {
      const what = `${at} has ${values.length} numbers, the lines before ${index.dimensions}`;
      throw new CliFailure(what, LINE_ADVICE, EXIT_USAGE);
    }
    const number = index.insert(own, values);
    if (number === ERROR.EXISTS) repeated++;
    else if (number === ERROR.ARGUMENT) {
      const advice = "A name has at most 255 bytes, and the squares of the numbers add up to 1e36 at most.";
      throw new CliFailure(`${at} cannot be inserted`, advice, EXIT_USAGE);
    } else if (number < 0) throw new StoreError(number, at);
    else if (++done % PROGRESS_STEP === 0) onStep(done);
  }
  if (index === undefined) throw new CliFailure("there are no vectors in the file", LINE_ADVICE, EXIT_USAGE);
  const committed = index.commit();
  if (committed < 0) throw new StoreError(committed, "the index");
  return { done, repeated };
}

export async function importVectors(
  image: string,
  path: string,
  source: string | undefined,
  options: ImportOptions,
): Promise<number> {
  const named = options.metric ?? "cosine";
  if (!Object.hasOwn(METRIC, named)) throw new CliFailure(`"${named}" is no metric`, "inner, l2 or cosine", EXIT_USAGE);
  const metric = METRIC[named as keyof typeof METRIC];
  if (source !== undefined && statSync(source, { throwIfNoEntry: false })?.isDirectory() !== false)
    throw new CliFailure(`there is no file ${source}`, "Give a file with lines of a name and numbers.");
  const first = positive(options.first, Number.POSITIVE_INFINITY, "number of vectors");
  const breadth = positive(options.breadth, BREADTH_DEFAULT, "breadth", BREADTH_MAX);
  const [parent, name] = split(path);
  const progress = beginProgress(`importing ${path}`);
  try {
    const { done, repeated } = await withStore(image, true, async (store) => {
      const directory = makeDirectories(store, parent);
      checkReplaceable(store, directory, path, name);
      const temporary = temporaryName("import");
      const vectors = source === undefined ? packagedWords() : linesOf(source);
      const isThere = (one: string): boolean => store.list(directory).some((entry) => entry.name === one);
      try {
        const count = await fill(store, directory, temporary, vectors, { metric, breadth, first }, (number) =>
          progress.step(`importing ${path}: ${number} vectors`),
        );
        if (isThere(name)) removeTree(store, directory, name);
        store.rename(directory, directory, temporary, name);
        return count;
      } catch (error) {
        throw error instanceof VectorError ? new StoreError(error.error, path) : error;
      } finally {
        if (isThere(temporary)) removeTree(store, directory, temporary);
        store.call("checkpoint");
      }
    });
    const rest = repeated === 0 ? "" : `; ${repeated} of a name that was there already are left out`;
    progress.done(`${done} vectors in ${path}${rest}`);
    return 0;
  } finally {
    progress.stop();
  }
}

export async function searchVectors(
  image: string,
  path: string,
  words: readonly string[],
  options: { readonly count?: string; readonly prefix?: string },
): Promise<number> {
  const wanted = positive(options.count, WANTED_DEFAULT, "number of answers", WANTED_MAX);
  const [parent, name] = split(path);
  // writable: a commit that a power cut interrupted is finished first
  await withStore(image, true, async (store) => {
    const index = await openIndex(store, resolve(store, parent).node, name);
    try {
      for (const found of nearest(index, words, wanted, options.prefix ?? ""))
        process.stdout.write(`${found.distance.toFixed(3)}  ${found.name}\n`);
    } catch (error) {
      if (error instanceof VectorError) throw new CliFailure(`${path}: ${sentenceOf(error.error)}`);
      throw error;
    }
  });
  return 0;
}
