// The kernel's linear memory as the proof sees it: tables of entries, each entry cut into words of 32 bits. A word of a
// table is a function of the entry's address, with the stores of the path on top. Used by execute.ts and invariant.ts.
// Invariant: a Memory never changes; every change makes a new one that shares what stayed the same.

import { apply, concat, equal, extract, ite, type Term } from "./term.ts";

interface Store {
  readonly address: Term;
  readonly value: Term;
  readonly before: Store | null;
}
interface Word {
  /** Name of the function that says what the word was before the stores. */
  readonly epoch: string;
  readonly stores: Store | null;
}

/** "objects+24": a word of a table's entries. */
export type WordKey = string;
export const wordKey = (table: string, offset: number): WordKey => `${table}+${offset}`;

let epochs = 0;
/** The state in which a function of an epoch was introduced: where the invariant held for it. */
const introduced = new Map<string, Memory>();
export const memoryOf = (epoch: string): Memory | undefined => introduced.get(epoch);
export const keyOf = (epoch: string): WordKey => epoch.slice(0, epoch.indexOf("@"));

export class Memory {
  private constructor(
    private readonly words: ReadonlyMap<WordKey, Word>,
    readonly globals: readonly Term[],
    /** Epochs of words that this state has not touched yet. */
    private readonly origin: { epoch: number; memory: Memory | null },
  ) {}

  static initial(globals: readonly Term[]): Memory {
    const origin: { epoch: number; memory: Memory | null } = { epoch: epochs++, memory: null };
    const memory = new Memory(new Map(), globals, origin);
    origin.memory = memory;
    return memory;
  }

  private word(key: WordKey): Word {
    const known = this.words.get(key);
    if (known !== undefined) return known;
    const epoch = `${key}@${this.origin.epoch}`;
    if (!introduced.has(epoch)) introduced.set(epoch, this.origin.memory as Memory);
    return { epoch, stores: null };
  }

  /** One word, or one field that is narrower. `isDistinct`: the path knows that two addresses differ. */
  load(key: WordKey, address: Term, isDistinct: (a: Term, b: Term) => boolean, width = 32): Term {
    const word = this.word(key);
    const layers: Store[] = [];
    let base: Term | null = null;
    for (let store = word.stores; store !== null; store = store.before) {
      if (store.address === address) {
        base = store.value;
        break;
      }
      if (!isDistinct(store.address, address)) layers.push(store);
    }
    let value = base ?? apply(word.epoch, address, width);
    for (let i = layers.length - 1; i >= 0; i--) {
      const layer = layers[i] as Store;
      value = ite(equal(layer.address, address), layer.value, value);
    }
    return value;
  }

  load64(table: string, offset: number, address: Term, isDistinct: (a: Term, b: Term) => boolean): Term {
    return concat(
      this.load(wordKey(table, offset + 4), address, isDistinct),
      this.load(wordKey(table, offset), address, isDistinct),
    );
  }

  store(key: WordKey, address: Term, value: Term): Memory {
    const word = this.word(key);
    const words = new Map(this.words);
    words.set(key, { epoch: word.epoch, stores: { address, value, before: word.stores } });
    return new Memory(words, this.globals, this.origin);
  }

  store64(table: string, offset: number, address: Term, value: Term): Memory {
    return this.store(wordKey(table, offset), address, extract(value, 0, 32)).store(
      wordKey(table, offset + 4),
      address,
      extract(value, 32, 32),
    );
  }

  /** Stores since an earlier state, oldest first; null: something else than stores has happened. */
  storesSince(earlier: Memory): { key: WordKey; address: Term; value: Term }[] | null {
    const list: { key: WordKey; address: Term; value: Term }[] = [];
    for (const [key, word] of this.words) {
      const before = earlier.words.get(key);
      if (word === before) continue;
      if (before !== undefined ? before.epoch !== word.epoch : !word.epoch.endsWith(`@${this.origin.epoch}`))
        return null;
      const own: { key: WordKey; address: Term; value: Term }[] = [];
      let store = word.stores;
      for (; store !== null && store !== (before?.stores ?? null); store = store.before)
        own.push({ key, address: store.address, value: store.value });
      if (store !== (before?.stores ?? null)) return null;
      list.push(...own.reverse());
    }
    return list;
  }

  withGlobal(index: number, value: Term): Memory {
    const globals = [...this.globals];
    globals[index] = value;
    return new Memory(this.words, globals, this.origin);
  }

  /** Words of these keys become anything that the invariant allows; so do the globals. */
  havoc(keys: Iterable<WordKey>, globals: readonly Term[]): Memory {
    const words = new Map(this.words);
    const fresh: string[] = [];
    const number = epochs++;
    for (const key of keys) {
      const epoch = `${key}@${number}`;
      words.set(key, { epoch, stores: null });
      fresh.push(epoch);
    }
    const memory = new Memory(words, globals, this.origin);
    for (const epoch of fresh) introduced.set(epoch, memory);
    return memory;
  }

  /** The function that says what the word was before the stores. */
  epochOf(key: WordKey): string {
    return this.word(key).epoch;
  }

  /** Has nothing but stores happened to the word since? */
  isStored(key: WordKey, since: Memory): boolean {
    return this.word(key).epoch === since.word(key).epoch;
  }

  /** This state, but for the words of a table, which are as they were in an earlier one. */
  withTable(table: string, earlier: Memory): Memory {
    const words = new Map([...this.words].filter(([key]) => !key.startsWith(`${table}+`)));
    for (const [key, word] of earlier.words) if (key.startsWith(`${table}+`)) words.set(key, word);
    return new Memory(words, this.globals, this.origin);
  }

  /** Words that differ from those of an earlier state. */
  changes(since: Memory): WordKey[] {
    return [...this.words]
      .filter(([key, word]) => {
        const before = since.words.get(key);
        return before === undefined
          ? word.stores !== null || !word.epoch.endsWith(`@${this.origin.epoch}`)
          : before !== word && (before.epoch !== word.epoch || before.stores !== word.stores);
      })
      .map(([key]) => key);
  }

  /** Addresses that the path stored to in a word, newest first. */
  storesTo(key: WordKey): Term[] {
    const list: Term[] = [];
    for (let store = this.words.get(key)?.stores ?? null; store !== null; store = store.before) {
      if (!list.includes(store.address)) list.push(store.address);
    }
    return list;
  }
}
