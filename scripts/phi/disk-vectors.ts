// `phi disk import-vectors` and `phi disk search`: vector indices on a disk image, from the host (scripts/vdfs/vector-files.ts).

import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { wordVectors } from "../programs/vectors.ts";
import { ERROR, sentenceOf } from "../vdfs/errors.ts";
import { makeDirectories, removeTree, resolve } from "../vdfs/tree.ts";
import { createIndex, nearest, openIndex } from "../vdfs/vector-files.ts";
import { METRIC, VectorError } from "../vdfs/vectors.ts";
import { withStore } from "./disk.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";
import { beginProgress } from "./terminal.ts";

const LINKS = 16;
const BREADTH_DEFAULT = 100;
const WANTED_DEFAULT = 10;
const PROGRESS_STEP = 10_000;

interface Named {
  readonly name: string;
  readonly values: Float32Array;
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
    yield { name, values: all.subarray(place * words.dimensions, (place + 1) * words.dimensions) };
}

/** Lines `name number number …`, as GloVe and word2vec write them; a first line of two numbers alone is skipped. */
async function* linesOf(path: string): AsyncIterable<Named> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    const [name, ...rest] = line.trimEnd().split(" ");
    if (name === undefined || name === "" || (number === 1 && rest.length === 1)) continue;
    const values = Float32Array.from(rest, Number);
    if (values.length === 0 || values.some((value) => !Number.isFinite(value)))
      throw new CliFailure(`${path}:${number} is no name and numbers`, undefined, EXIT_USAGE);
    yield { name, values };
  }
}

function positive(text: string | undefined, otherwise: number, what: string): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new CliFailure(`"${text}" is no ${what}`, undefined, EXIT_USAGE);
  return Number(text);
}

/** Directory and last part of a path on the image. */
function split(path: string): readonly [string, string] {
  const parts = path.split("/").filter((part) => part !== "");
  const name = parts.pop();
  if (name === undefined) throw new CliFailure("an index needs a name", undefined, EXIT_USAGE);
  return [parts.join("/"), name];
}

export async function importVectors(
  image: string,
  path: string,
  source: string | undefined,
  options: ImportOptions,
): Promise<number> {
  const metric = METRIC[(options.metric ?? "cosine") as keyof typeof METRIC];
  if (metric === undefined) throw new CliFailure(`"${options.metric}" is no metric`, "inner, l2 or cosine", EXIT_USAGE);
  if (source !== undefined && !existsSync(source)) throw new CliFailure(`there is no ${source}`);
  const first = positive(options.first, Number.POSITIVE_INFINITY, "number of vectors");
  const breadth = positive(options.breadth, BREADTH_DEFAULT, "breadth");
  const [parent, name] = split(path);
  const progress = beginProgress(`importing ${path}`);
  try {
    const count = await withStore(image, true, async (store) => {
      const directory = makeDirectories(store, parent);
      if (store.list(directory).some((entry) => entry.name === name)) removeTree(store, directory, name);
      let index: Awaited<ReturnType<typeof createIndex>> | undefined;
      let done = 0;
      for await (const { name: own, values } of source === undefined ? packagedWords() : linesOf(source)) {
        if (done === first) break;
        index ??= await createIndex(store, directory, name, {
          dimensions: values.length,
          metric,
          links: LINKS,
          breadth,
        });
        if (values.length !== index.dimensions)
          throw new CliFailure(`"${own}" has ${values.length} numbers, those before ${index.dimensions}`);
        const number = index.insert(own, values);
        if (number === ERROR.EXISTS) continue;
        if (number < 0) throw new CliFailure(`"${own}" cannot be inserted: ${sentenceOf(number)}`);
        done++;
        if (done % PROGRESS_STEP === 0) progress.step(`importing ${path}: ${done} vectors`);
      }
      const committed = index?.commit() ?? 0;
      if (committed < 0) throw new CliFailure(`the index cannot be kept: ${sentenceOf(committed)}`);
      store.call("checkpoint");
      return done;
    });
    progress.done(`${count} vectors in ${path}`);
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
  const wanted = positive(options.count, WANTED_DEFAULT, "number of answers");
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
