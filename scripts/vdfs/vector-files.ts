// Vector indices on a disk image: an index is a directory of eight files (services/vdfs/vector/files.ts). Called by `phi disk`.
import { CliFailure } from "../phi/failure.ts";
import { ERROR, StoreError } from "./errors.ts";
import { KIND, type Store } from "./store.ts";
import { about } from "./tree.ts";
import { type Files, type Found, VectorError, type VectorIndex, VectorMachine } from "./vectors.ts";

/** In the order of the files' numbers. services/vectors has the same names. */
export const INDEX_FILES = ["header", "graph", "vectors", "upper", "names", "keys", "keys-other", "journal"] as const;
/** More pages are in memory than any index here has. */
const CACHE_BYTES = 1 << 30;
export const BREADTH = 80;
const NAMES_ADVICE = "Names are exact, and a sum has + or - between them: king - man + woman";

/** The files of an index as those of a directory of the store. */
export class StoreFiles implements Files {
  private readonly store: Store;
  private readonly nodes: readonly bigint[];

  constructor(store: Store, directory: bigint) {
    this.store = store;
    const there = new Map(store.list(directory).map(({ name, node }) => [name, node]));
    this.nodes = INDEX_FILES.map((name) => there.get(name) ?? store.create(directory, name));
  }

  private answer(act: () => number): number {
    try {
      return act();
    } catch (error) {
      if (error instanceof StoreError) return error.error;
      throw error;
    }
  }

  read(file: number, offset: number, into: Uint8Array): number {
    return this.answer(() => {
      const bytes = this.store.read(this.nodes[file] as bigint, offset, into.length);
      into.set(bytes);
      return bytes.length;
    });
  }

  write(file: number, offset: number, from: Uint8Array): number {
    return this.answer(() => this.store.write(this.nodes[file] as bigint, offset, from));
  }

  cut(file: number, bytes: number): number {
    return this.answer(() => {
      this.store.truncate(this.nodes[file] as bigint, bytes);
      return 0;
    });
  }

  sync(): number {
    return this.answer(() => {
      this.store.sync();
      return 0;
    });
  }
}

/** A new, empty index in a directory that is made for it. */
export async function createIndex(
  store: Store,
  parent: bigint,
  name: string,
  shape: { readonly dimensions: number; readonly metric: number; readonly links: number; readonly breadth: number },
): Promise<VectorIndex> {
  const machine = await VectorMachine.make();
  const directory = store.create(parent, name, KIND.directory);
  return machine.inFiles(new StoreFiles(store, directory), shape, CACHE_BYTES);
}

/** The index in that directory; a CliFailure when there is none. */
export async function openIndex(store: Store, parent: bigint, name: string): Promise<VectorIndex> {
  const { node, kind } = about(name, () => store.lookup(parent, name));
  const isIndex = kind === KIND.directory && store.list(node).some((entry) => entry.name === INDEX_FILES[0]);
  if (!isIndex) throw new CliFailure(`${name} is no vector index`, "phi disk import-vectors makes one.");
  try {
    const machine = await VectorMachine.make();
    return machine.inFiles(new StoreFiles(store, node), undefined, CACHE_BYTES);
  } catch (error) {
    if (error instanceof VectorError && error.error === ERROR.DAMAGED)
      throw new CliFailure(`the vector index ${name} is damaged, or was never finished`, "Import it again.");
    throw error;
  }
}

/** Terms of a question: `king - man + woman` are three, of which one is taken away. */
export function terms(words: readonly string[]): readonly { readonly name: string; readonly sign: number }[] {
  const found: { name: string; sign: number }[] = [];
  let sign = 1;
  for (const [place, word] of words.entries()) {
    const isSign = (word === "+" || word === "-") && place > 0 && place < words.length - 1;
    if (isSign) sign = word === "-" ? -1 : 1;
    else {
      found.push({ name: word, sign });
      sign = 1;
    }
  }
  return found;
}

/** What is nearest to a sum of named vectors, without those themselves. */
export function nearest(index: VectorIndex, words: readonly string[], wanted: number, prefix = ""): readonly Found[] {
  const parts = terms(words);
  const question = new Float32Array(index.dimensions);
  for (const { name, sign } of parts) {
    const number = index.find(name);
    if (number < 0) throw new CliFailure(`there is no vector called "${name}"`, NAMES_ADVICE);
    for (const [place, value] of index.values(number).entries())
      question[place] = (question[place] as number) + sign * value;
  }
  const found = index.search(question, wanted + parts.length, BREADTH, prefix);
  return found.filter(({ name }) => parts.every((part) => part.name !== name)).slice(0, wanted);
}
