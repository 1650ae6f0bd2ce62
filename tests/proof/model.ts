// The kernel's structures as z3 is told of them: tables of entries, the class of every pointer, and the invariant's
// sentences as terms. Built from the kernel's sources (layout.ts) and from invariant.ts; used by execute.ts.

import type { KernelSources, Layout } from "./layout.ts";
import { keyOf, type Memory, memoryOf, type WordKey, wordKey } from "./memory.ts";
import { frameAxioms } from "./physical.ts";
import {
  add,
  and,
  arithmetic,
  compare,
  constant,
  equal,
  implies,
  isConstant,
  not,
  or,
  type Term,
  TRUE,
} from "./term.ts";
import type { Text } from "./texts.ts";

export interface Table {
  readonly name: string;
  readonly base: bigint;
  readonly stride: bigint;
  readonly end: bigint;
  /** Number of entries that exist, given the globals; entries from `first` on. */
  readonly count: (global: (name: string) => Term) => Term;
  /** Pointers name entries from here on. */
  readonly first: bigint;
  /** Entries from here on are there to be read, and the invariant speaks of them. */
  readonly readable: bigint;
}

export interface Invariant {
  readonly name: string;
  readonly table: string;
  /** Words of the entry itself: reading one of them brings the sentence into play. */
  readonly own: readonly WordKey[];
  /** Of those, the ones whose reading is reason enough; else all. */
  readonly triggers?: readonly WordKey[];
  /** Every word that the sentence depends on. */
  readonly words: readonly WordKey[];
  /** Of those, the ones that lie in entries of another class, where its own may have one of its own: those classes. */
  readonly elsewhere?: ReadonlyMap<WordKey, string>;
  readonly holds: (view: View, address: Term) => Term;
  /** Of a pointer field: its value. */
  readonly pointer?: (view: View, address: Term) => Term;
  readonly target?: string;
  /** It says nothing of an object of another type than this class's. */
  readonly only?: string | undefined;
  /** Does it depend on what type some object has? */
  readonly isTagged?: boolean;
}

export const NEVER = (): boolean => false;
const zero = constant(0, 32);

/** Reads a state by field names. */
export class View {
  constructor(
    readonly model: Model,
    readonly memory: Memory,
    private readonly isDistinct: (a: Term, b: Term) => boolean = NEVER,
  ) {}

  field(className: string, name: string, address: Term): Term {
    const { field, table } = this.model.field(className, name);
    return field.bytes === 8
      ? this.memory.load64(table, field.offset, address, this.isDistinct)
      : this.memory.load(wordKey(table, field.offset), address, this.isDistinct, field.bytes * 8);
  }
  type(object: Term): Term {
    return this.field("Object", "type", object);
  }
  global(name: string): Term {
    return this.model.global(this.memory, name);
  }
  isValid(className: string, address: Term): Term {
    return this.model.isValid(this.memory, this.model.tableOf(className), address);
  }
  /** An object's entry that can become an object. */
  isFree(object: Term): Term {
    const isRetired = equal(this.field("Object", "version", object), constant(0xffff_ffff, 32));
    return and(equal(this.type(object), constant(0, 8)), not(isRetired));
  }
  /** A pointer to a live object of the class. */
  isGood(className: string, pointer: Term): Term {
    const valid = this.isValid(className, pointer);
    return this.model.tagsOf(className).length === 0 ? valid : and(valid, this.isType(className, pointer));
  }
  /** Does the object's type say that it is of the class? */
  isType(className: string, object: Term): Term {
    return or(...this.model.tagsOf(className).map((tag) => equal(this.type(object), constant(tag, 8))));
  }
}

export class Model {
  /** The processor that runs what is proved. */
  cpu: Term = constant(0, 32);
  readonly invariants: Invariant[] = [];
  private readonly byWord = new Map<WordKey, Invariant[]>();
  private readonly axiomsOf = new Map<number, readonly Term[]>();
  private readonly relations = new Map<string, ((address: Term) => Term)[]>();
  private readonly appsOf = new Map<number, readonly Term[]>();

  constructor(
    readonly sources: KernelSources,
    readonly tables: readonly Table[],
    /** Class → table name. */
    private readonly places: ReadonlyMap<string, string>,
    /** Subclass of Object → what `type` says. */
    readonly tags: ReadonlyMap<string, bigint>,
    /** A class of which each object is of one of these. */
    readonly either: ReadonlyMap<string, readonly string[]>,
    private readonly globalIndex: ReadonlyMap<string, number>,
    readonly texts: readonly Text[],
  ) {}

  add(invariant: Invariant): void {
    this.invariants.push(invariant);
    for (const key of invariant.triggers ?? invariant.own)
      this.byWord.set(key, [...(this.byWord.get(key) ?? []), invariant]);
  }

  /** What is known of the words of an epoch, beyond the invariant. */
  relate(epoch: string, holds: (address: Term) => Term): void {
    this.relations.set(epoch, [...(this.relations.get(epoch) ?? []), holds]);
  }

  related(epoch: string, address: Term): readonly Term[] {
    return (this.relations.get(epoch) ?? []).map((holds) => holds(address));
  }

  table(name: string): Table {
    const table = this.tables.find((one) => one.name === name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
  tableOf(className: string): Table {
    const place = this.places.get(className);
    if (place === undefined) throw new Error(`${className} lies in no table`);
    return this.table(place);
  }
  /** What the type of an object of the class may be; none: anything. */
  tagsOf(className: string): readonly bigint[] {
    const tags = (this.either.get(className) ?? [className]).map((name) => this.tags.get(name));
    return tags.filter((tag): tag is bigint => tag !== undefined);
  }
  hasTable(className: string): boolean {
    return this.places.has(className);
  }
  layout(className: string): Layout {
    const layout = this.sources.classes.get(className);
    if (layout === undefined) throw new Error(`the kernel has no class ${className}`);
    return layout;
  }
  field(className: string, name: string) {
    const field = this.layout(className).fields.find((one) => one.name === name);
    if (field === undefined) throw new Error(`${className} has no field ${name}`);
    return { field, table: this.tableOf(className).name };
  }
  keys(className: string, name: string): WordKey[] {
    const { field, table } = this.field(className, name);
    const low = wordKey(table, field.offset);
    return field.bytes === 8 ? [low, wordKey(table, field.offset + 4)] : [low];
  }
  /** Classes whose entries lie in the table, for the word at this offset: what it may be. */
  fieldsAt(table: string, offset: number): { className: string; name: string; target: string }[] {
    return [...this.places]
      .filter(([, place]) => place === table)
      .flatMap(([className]) =>
        this.layout(className)
          .fields.filter((field) => field.offset <= offset && offset < field.offset + field.bytes)
          .map((field) => ({ className, name: field.name, target: field.target })),
      );
  }
  global(memory: Memory, name: string): Term {
    const index = this.globalIndex.get(name);
    if (index === undefined) throw new Error(`the kernel has no global ${name}: the proof's invariant names it`);
    return memory.globals[index] as Term;
  }
  hasGlobal(name: string): boolean {
    return this.globalIndex.has(name);
  }

  /** Is the address that of an entry which exists? */
  isValid(memory: Memory, table: Table, address: Term, first = table.first): Term {
    const count = table.count((name) => this.global(memory, name));
    const limit = isConstant(count)
      ? constant(table.base + count.value * table.stride, 32)
      : add(shift(count, table.stride), constant(table.base, 32));
    return and(
      compare("ule", constant(table.base + first * table.stride, 32), address),
      compare("ult", address, limit),
      equal(arithmeticAnd(address, table.stride - 1n), zero),
    );
  }

  private apps(term: Term): readonly Term[] {
    const known = this.appsOf.get(term.id);
    if (known !== undefined) return known;
    const list = new Set<Term>(term.args.flatMap((argument) => [...this.apps(argument)]));
    if (term.op === "app") list.add(term);
    const result = [...list];
    this.appsOf.set(term.id, result);
    return result;
  }

  /** What the invariant says of the entries that a term reads. */
  axioms(term: Term): readonly Term[] {
    return this.apps(term).flatMap((app) => this.axiomsOfApp(app));
  }
  private axiomsOfApp(app: Term): readonly Term[] {
    const known = this.axiomsOf.get(app.id);
    if (known !== undefined) return known;
    let list: readonly Term[] = frameAxioms(this, app);
    const memory = memoryOf(app.name);
    const address = app.args[0] as Term;
    const deep = depth(address);
    if (memory !== undefined && deep < DEEPEST) {
      const key = keyOf(app.name);
      const table = this.tables.find((one) => key.startsWith(`${one.name}+`));
      if (table !== undefined) {
        const view = new View(this, memory);
        const valid = this.isValid(memory, table, address, table.readable);
        list = (this.byWord.get(key) ?? [])
          .filter((one) => deep < DEEP || isBound(one))
          .map((one) => implies(valid, one.holds(view, address)))
          .filter((t) => t !== TRUE);
      }
      list = [...list, ...this.related(app.name, address)];
    }
    this.axiomsOf.set(app.id, list);
    return list;
  }
}

/** Of what is read through so many pointers the invariant is not asked any more, but for the bounds of a thread's numbers. */
const DEEP = 5;
const DEEPEST = 8;
const isBound = ({ table, words, pointer }: Invariant): boolean =>
  table === "threads" && words.length === 1 && pointer === undefined;

const depths = new Map<number, number>();
function depth(term: Term): number {
  let known = depths.get(term.id);
  if (known === undefined) {
    known = Math.max(0, ...term.args.map(depth)) + (term.op === "app" ? 1 : 0);
    depths.set(term.id, known);
  }
  return known;
}

const shift = (count: Term, stride: bigint): Term =>
  arithmetic("shl", count, constant(stride.toString(2).length - 1, 32));
const arithmeticAnd = (address: Term, mask: bigint): Term => arithmetic("and", address, constant(mask, 32));

/** Adds a sentence for every field that points to something: it is none, or names an entry of the right kind. */
export function addPointerInvariants(model: Model): void {
  for (const layout of model.sources.classes.values()) {
    if (!model.hasTable(layout.name) || model.either.has(layout.name)) continue;
    const table = model.tableOf(layout.name).name;
    const tag = model.tags.get(layout.name);
    const inherited = layout.base === "" ? 0 : model.layout(layout.base).fields.length;
    for (const field of layout.fields.slice(inherited)) {
      if (field.target === "" || !model.hasTable(field.target)) continue;
      const key = wordKey(table, field.offset);
      const typeKey = wordKey("objects", 0);
      const isTagged = tag !== undefined || model.tagsOf(field.target).length > 0;
      const pointer = (view: View, address: Term): Term => view.field(layout.name, field.name, address);
      model.add({
        name: `${layout.name}.${field.name}`,
        table,
        own: [key],
        words: [key, ...(isTagged ? [typeKey] : [])],
        pointer,
        target: field.target,
        isTagged,
        holds: (view, address) => {
          const value = pointer(view, address);
          const good = or(equal(value, zero), view.isGood(field.target, value));
          return tag === undefined ? good : or(not(equal(view.type(address), constant(tag, 8))), good);
        },
      });
    }
  }
}
