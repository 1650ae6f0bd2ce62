// Loads, stores and fills of linear memory: each is checked before it is made, then becomes a field of a table's entry.
// Between claims.ts and execute.ts. Invariant: a word that some class declares is never changed but by store().

import { classOf, type Element, locate, type Place, setClass } from "./address.ts";
import { Claims } from "./claims.ts";
import { CONTRACTS } from "./contracts.ts";
import { FIELDS } from "./devices.ts";
import { COUNTS_NONE, isHeld, RELEASES } from "./ends.ts";
import { type WordKey, wordKey } from "./memory.ts";
import { LOADS, STORES } from "./opcodes.ts";
import type { Path } from "./path.ts";
import { GIVES, hasDomain, LOOKS } from "./switches.ts";
import {
  add,
  and,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  extract,
  fresh,
  isConstant,
  not,
  or,
  type Term,
  truth,
} from "./term.ts";
import { loadOfText } from "./texts.ts";
import { DURABLE, ENDS_DOMAINS, isQueued, isServed, isSomebodys, LINKS } from "./threads.ts";
import { HEAP, isPlace, mayStand, NODE, ofHeap, placesOf } from "./timers.ts";
import { PAGES } from "./traps.ts";
import type { Instruction } from "./wasm.ts";

/** Functions that look at the end of a queue which is not empty. */
const ROTATES = /gates\/self\/gate_yield$/;

/** Functions that look for who runs next: a queue whose bit is set has a first thread, and each is somebody's ("lists" of docs/proof.md). */
const CHOOSES = /^kernel\/thread\/(scheduler\/pick|placement\/take)$/;
/** Who tells schedulers that they have news: one that has any works ("lists" of docs/proof.md). */
const TELLS = /^kernel\/index\/choose$/;
/** Is it made of the number of zeros in front of a bit? */
const isCounted = (term: Term): boolean =>
  term.op === "var" ? term.name.startsWith("count") : term.op !== "app" && term.args.some(isCounted);

/** The node of which an address is a word, if it is not known yet what that lies in. */
const nodeOf = (address: Term): Term | undefined =>
  classOf(address) === NODE ? address : address.op === "add" ? address.args.map(nodeOf).find(Boolean) : undefined;
const insteadOf = (sum: Term, part: Term, by: Term): Term =>
  sum === part ? by : sum.op === "add" ? sum.args.map((one) => insteadOf(one, part, by)).reduce(add) : sum;
const distance = ({ index, offset }: Place & { kind: "static" }): Term =>
  add(index ?? constant(0, 32), constant(offset, 32));

export class Access extends Claims {
  /** Table → offset → bytes of every word, or narrower field, that some class has. */
  private readonly trackedWords = new Map<string, Map<number, number>>();
  /** Table → offset → bytes of fields that are narrower than another class's at the same place: kept beside the word. */
  private readonly narrowFields = new Map<string, Map<number, number>>();

  constructor(...all: ConstructorParameters<typeof Claims>) {
    super(...all);
    const { model } = this;
    for (const table of model.tables) {
      const words = new Map<number, number>();
      const narrow = new Map<number, number>();
      const fields = [...model.sources.classes.values()]
        .filter((layout) => model.hasTable(layout.name) && model.tableOf(layout.name) === table)
        .flatMap((layout) => layout.fields);
      for (const field of fields)
        if (field.bytes >= 4) for (let o = 0; o < field.bytes; o += 4) words.set(field.offset + o, 4);
      for (const field of fields)
        if (field.bytes < 4) (words.get(field.offset & ~3) === 4 ? narrow : words).set(field.offset, field.bytes);
      this.trackedWords.set(table.name, words);
      this.narrowFields.set(table.name, narrow);
    }
  }

  protected place(path: Path, address: Term, instruction: Instruction, bytes: number, isStore: boolean): Place | null {
    const place = locate(this.model, this.arrays, address, instruction.value);
    const where = path.top.code.name;
    if (place === null && !this.solver.isPossible(path.conditions)) {
      path.assume(truth(false)); // nobody comes here
      return null;
    }
    if (place === null) {
      this.find(
        path,
        `an address that is no entry of a table: ${this.describe(address)} + ${instruction.value}`,
        where,
        instruction.at,
        [],
        "not understood",
      );
      return null;
    }
    if (place.kind === "entry") {
      const { table, entry, offset } = place;
      if (table.name === "objects" && CONTRACTS[this.proving.name]?.looksAtNone === true)
        this.find(path, "a look at an object", where, instruction.at, [], "not promised");
      this.require(
        path,
        this.model.isValid(path.memory, table, entry, isStore ? table.first : table.readable),
        `${table.name}: the entry ${this.describe(entry)} exists`,
      );
      if (offset < 0 || offset + bytes > Number(table.stride))
        this.find(path, `${table.name}: offset ${offset} is outside the entry`, where, instruction.at, [], "wrong");
    }
    if (place.kind === "static") {
      const limit = place.array.bytes - place.offset - BigInt(bytes);
      const inside =
        place.index === null
          ? truth(limit >= 0n)
          : and(truth(limit >= 0n), compare("ule", place.index, constant(limit, 32)));
      this.require(path, inside, `${place.array.name}: inside the array`);
    }
    return place;
  }

  /** The class of an object, when a word means something different in each class. */
  protected refine(path: Path, place: Place & { kind: "entry" }, isStore: boolean): string {
    const { table, entry, offset, className } = place;
    if (table.name !== "objects") return className;
    const candidates = this.model.fieldsAt("objects", offset);
    const distinct = new Set(candidates.map((one) => `${one.target}`));
    if (candidates.some((one) => one.className === "Object")) return "Object";
    if (!isStore && distinct.size === 1 && distinct.has(""))
      return className === "Object" ? (candidates[0]?.className ?? "Object") : className;
    const type = this.view(path).type(entry);
    const likely = [className, ...(this.model.either.get(className) ?? [])];
    const list = [...likely, ...candidates.map((one) => one.className)].filter((name) =>
      candidates.some((one) => one.className === name),
    );
    const view = this.view(path);
    const said = list.find((name) => this.model.tagsOf(name).length > 0 && path.knows(view.isType(name, entry)));
    if (said !== undefined) return said;
    for (const name of list)
      if (this.model.tagsOf(name).length > 0 && this.certain(path, view.isType(name, entry))) return name;
    if (this.isNoResource(path, type)) return this.refine(path, place, isStore);
    this.find(
      path,
      `an object of unknown type at ${this.describe(entry)}, offset ${offset}`,
      path.top.code.name,
      path.top.code.code[path.top.next - 1]?.at ?? 0,
      [type],
    );
    return list[0] ?? className;
  }

  /** A sentence of the invariant, where it is news: a resource is a capability to an endpoint, there is no object of that type. */
  private isNoResource(path: Path, type: Term): boolean {
    const resource = constant(this.model.sources.constants.get("TYPE_RESOURCE") as bigint, 8);
    const isOther = not(equal(type, resource));
    if (path.knows(isOther) || path.pending.has(wordKey("objects", 0))) return false;
    path.assume(isOther);
    return true;
  }

  /** Is it a field, or two words of one? An access across fields' bounds is not understood. */
  protected isTracked(path: Path, table: string, offset: number, bytes: number): boolean {
    if (this.isNarrow(table, offset, bytes)) return true;
    const words = this.trackedWords.get(table) as Map<number, number>;
    const size = words.get(offset);
    if (size === bytes || (bytes === 8 && size === 4 && words.get(offset + 4) === 4)) return true;
    for (const [at, length] of words) {
      if (at < offset + bytes && offset < at + length)
        throw new Error(`${path.top.code.name}: an access of ${bytes} bytes at ${table}+${offset} crosses fields`);
    }
    return false;
  }

  /** The words and fields that an access of this width covers whole; null: they are not cut that way. */
  private partsOf(table: string, offset: number, bytes: number): [number, number][] | null {
    const parts = [...(this.trackedWords.get(table) ?? [])].filter(([at, n]) => at < offset + bytes && offset < at + n);
    const isWhole = parts.every(([at, n]) => at >= offset && at + n <= offset + bytes);
    return parts.length > 0 && isWhole ? parts : null;
  }

  /** These words, and the narrow fields that are kept beside them. */
  protected withNarrow(words: ReadonlySet<WordKey>): Set<WordKey> {
    const all = new Set(words);
    for (const [table, fields] of this.narrowFields)
      for (const [at, bytes] of fields)
        if (words.has(wordKey(table, at & ~3))) all.add(`${wordKey(table, at)}/${bytes}`);
    return all;
  }

  /** Offset and bytes of every word, or narrower field, that some class has in the table. */
  protected wordsOf(table: string): [number, number][] {
    return [...(this.trackedWords.get(table) ?? [])];
  }

  private isNarrow(table: string, offset: number, bytes: number): boolean {
    return this.narrowFields.get(table)?.get(offset) === bytes;
  }
  protected keyOf(table: string, offset: number, bytes: number): WordKey {
    return this.isNarrow(table, offset, bytes) ? `${wordKey(table, offset)}/${bytes}` : wordKey(table, offset);
  }

  /** A word or a field, and whatever else keeps the same bytes. */
  protected put(path: Path, table: string, offset: number, entry: Term, value: Term): void {
    const bytes = value.width / 8;
    const key = this.keyOf(table, offset, bytes);
    path.memory = path.memory.store(key, entry, value);
    path.pending.add(key);
    if (this.isNarrow(table, offset, bytes)) {
      // the word around it is another class's: whatever it is now, nobody relies on it
      const word = wordKey(table, offset & ~3);
      path.memory = path.memory.store(word, entry, fresh("word", 32));
      path.pending.add(word);
    } else if (bytes === 4) {
      for (const [at, width] of this.narrowFields.get(table) ?? []) {
        if (at < offset || at >= offset + 4) continue;
        const part = extract(value, (at - offset) * 8, width * 8);
        path.memory = path.memory.store(this.keyOf(table, at, width), entry, part);
      }
    }
  }

  /**
   * A load or a store. Of a timer's node, of which more than its deadline is asked, it is decided now what it lies in: the other ways are
   * the answer.
   */
  protected reach(path: Path, instruction: Instruction): Path[] {
    const { stack } = path.top;
    const isStore = STORES[instruction.op] !== undefined;
    const at = stack.length - (isStore ? 2 : 1);
    const address = stack[at] as Term;
    const act = (one: Path): void => (isStore ? this.store(one, instruction) : this.load(one, instruction));
    const node = nodeOf(address);
    if (node === undefined) {
      act(path);
      return [];
    }
    if (address === node && !isStore && instruction.value === 0n && LOADS[instruction.op]?.bytes === 8) {
      stack[at] = fresh("deadline", 64);
      return [];
    }
    const known = path.nodes.get(node);
    const places = known !== undefined ? [{ address: known, known: truth(true) }] : placesOf(this.view(path), node);
    const ways = places.map((_, i) => (i === 0 ? path : path.fork()));
    places.forEach((place, i) => {
      const one = ways[i] as Path;
      one.assume(place.known);
      one.nodes.set(node, place.address);
      one.top.stack[at] = insteadOf(address, node, place.address);
      act(one);
    });
    return ways.slice(1);
  }

  protected load(path: Path, instruction: Instruction): void {
    const { bytes, width, op } = LOADS[instruction.op] as { bytes: number; width: number; op: "zext" | "sext" };
    const address = path.pop();
    const text = this.ofText(path, address, instruction, bytes);
    if (text !== null) {
      path.push(extend(op, text, width));
      return;
    }
    const place = this.place(path, address, instruction, bytes, false);
    if (place?.kind === "static" && place.array.name === HEAP) {
      const where = add(address, constant(instruction.value, 32));
      const { node, known } = ofHeap(this.view(path));
      this.require(path, isPlace(this.view(path), distance(place)), "the heap of timers: a place that is taken");
      if (!path.lists.has(where)) path.assume(known);
      path.lists.set(where, path.lists.get(where) ?? node);
      path.push(path.lists.get(where) as Term);
      return;
    }
    let value: Term | null = null;
    if (
      place?.kind === "entry" &&
      place.index === null &&
      this.isTracked(path, place.table.name, place.offset, bytes)
    ) {
      const { table, entry, offset } = place;
      value =
        bytes === 8
          ? path.memory.load64(table.name, offset, entry, path.isDistinct)
          : path.memory.load(this.keyOf(table.name, offset, bytes), entry, path.isDistinct, bytes * 8);
      if (bytes === 4) {
        const className = this.refine(path, place, false);
        const target = this.model.fieldsAt(table.name, offset).find((one) => one.className === className)?.target ?? "";
        if (target !== "") value = this.typed(path, value, target);
        const name = this.model.fieldsAt(table.name, offset).find((one) => one.className === className)?.name ?? "";
        if (CHOOSES.test(path.top.code.name) && (name === "top" || name === "home"))
          path.assume(isSomebodys(this.view(path), entry));
        if (LOOKS.test(path.top.code.name) && `${className}.${name}` === "Cpu.domain")
          path.assume(hasDomain(this.view(path)));
        if (name === "holds" && RELEASES.test(path.top.code.name)) path.assume(isHeld(this.view(path), value));
        if (`${className}.${name}` === "Domain.served") path.assume(isServed(this.view(path), entry, value));
        if (LINKS.includes(name)) path.assume(isQueued(this.view(path), name, entry, value));
      }
    } else if (place?.kind === "static" && place.array.target !== "" && bytes === 4) {
      value = fresh(`${place.array.name}[]`, 32);
      setClass(value, place.array.target);
      const isTold = TELLS.test(path.top.code.name) && place.array.target === "Scheduler";
      path.assume(this.isOf(path, { className: place.array.target, isSome: place.array.isSome || isTold }, value));
      if (isTold) path.assume(not(equal(this.view(path).field("Scheduler", "notification", value), constant(0, 32))));
    }
    if (place?.kind === "entry" && bytes === 4 && this.isQueue(place)) value = this.queued(path, place);
    value ??= fresh("memory", bytes * 8);
    if (place?.kind === "static") {
      if (place.array.filled !== undefined)
        this.require(path, this.isFilled(path, place), `${place.array.name}: one that is there`);
      path.assume(this.ofElement(path, place, value));
      const { element } = place.array;
      if (element?.listed !== undefined) path.assume(this.ofElement(path, place, value, element.listed));
    }
    path.push(extend(op, value, width));
  }

  /** What a function that is handed a literal reads of it; null: something else. */
  private ofText(path: Path, address: Term, instruction: Instruction, bytes: number): Term | null {
    const { name, args } = this.proving;
    const argument = CONTRACTS[name]?.text;
    if (argument === undefined || path.top.code.name !== name) return null;
    const at = arithmetic("add", address, constant(instruction.value, 32));
    const { claim, known, value } = loadOfText(this.model.texts, args[argument] as Term, at, bytes);
    path.assume(known);
    this.require(path, claim, "a literal: inside it");
    return value ?? fresh("text", bytes * 8);
  }

  /** Where the queues lie in a processor's block. */
  private get queues(): number {
    return Number(this.model.sources.constants.get("QUEUES"));
  }

  /** Is it the first or the last thread of one of a processor's queues? */
  private isQueue({ table, offset, index }: Place & { kind: "entry" }): boolean {
    return table.name === "cpus" && index !== null && (offset === this.queues || offset === this.queues + 4);
  }

  /** A queue names threads, and it has as many ends as priorities have queues. */
  private queued(path: Path, place: Place & { kind: "entry" }): Term {
    this.require(path, this.hasQueue(place), "a processor has no such queue");
    const value = fresh("queued", 32);
    setClass(value, "Thread");
    // assumption "lists" of docs/proof.md: a queue that has a first thread has a last one
    const isLast = place.offset % 8 === 4 && ROTATES.test(path.top.code.name);
    const isLeading = place.offset % 8 === 0 && CHOOSES.test(path.top.code.name) && isCounted(place.index as Term);
    path.assume(this.isOf(path, { className: "Thread", isSome: isLast || isLeading }, value));
    return value;
  }

  private readonly hasQueue = ({ index }: Place & { kind: "entry" }): Term =>
    and(
      compare("ule", index as Term, constant(63 * 8, 32)),
      equal(arithmetic("and", index as Term, constant(7, 32)), constant(0, 32)),
    );

  /** Does the element lie below the number of those that were stored? */
  private isFilled(path: Path, { array, offset, index }: Place & { kind: "static" }): Term {
    const count = arithmetic(
      "mul",
      this.view(path).global(array.filled as string),
      constant(array.element?.bytes ?? 0, 32),
    );
    const at = add(index ?? constant(0, 32), constant(offset, 32));
    return compare("ult", at, count);
  }

  /** What is known of a number in an array, if it lies where numbers lie. */
  private ofElement(
    path: Path,
    place: Place & { kind: "static" },
    value: Term,
    says: Element["listed"] = place.array.element?.holds,
  ): Term {
    const { element } = place.array;
    if (element === undefined || says === undefined) return truth(true);
    const rest = place.index ?? constant(0, 32);
    const isWhole = equal(arithmetic("and", rest, constant(element.bytes - 1, 32)), constant(0, 32));
    this.require(path, isWhole, `${place.array.name}: a whole element`);
    const offset = Number(place.offset) % element.bytes;
    const index = add(rest, constant(Number(place.offset) - offset, 32));
    return says(value, offset, index, path.top.code.name, this.proving, path);
  }

  /** The value as a pointer of this class; the same word may have been another class's on another path. */
  protected typed(path: Path, value: Term, target: string): Term {
    if (isConstant(value)) return value;
    const known = classOf(value);
    if (known === target || (known !== "" && value.op !== "app")) return value;
    if (known === "") {
      setClass(value, target);
      return value;
    }
    const alias = fresh(target, 32);
    setClass(alias, target);
    path.assume(equal(alias, value));
    return alias;
  }

  protected store(path: Path, instruction: Instruction): void {
    const { bytes } = STORES[instruction.op] as { bytes: number };
    const value = path.pop();
    const address = path.pop();
    const place = this.place(path, address, instruction, bytes, true);
    if (place === null || place.kind === "ring") return;
    if (place.kind === "static" && place.array.name === HEAP) {
      this.require(path, isPlace(this.view(path), distance(place)), "the heap of timers: a place that is taken");
      this.require(path, mayStand(this.view(path), value), "the heap of timers: a node, of what its kind says");
      path.lists = new Map([[add(address, constant(instruction.value, 32)), value]]);
      return;
    }
    if (place.kind === "static") {
      if (place.array.target !== "")
        this.require(
          path,
          this.isOf(path, { className: place.array.target, isSome: place.array.isSome }, extract(value, 0, 32)),
          `${place.array.name}: a pointer of the right kind is stored`,
        );
      const stored = extract(value, 0, bytes * 8);
      this.require(path, this.ofElement(path, place, stored), `${place.array.name}: a number that belongs there`);
      return;
    }
    const { table, entry, offset, index } = place;
    if (index !== null) {
      if (this.isQueue(place)) {
        const isThread = this.isOf(path, { className: "Thread", isSome: false }, extract(value, 0, 32));
        this.require(path, and(truth(bytes === 4), this.hasQueue(place), isThread), "a queue names a thread");
      } else this.indexed(path, place, index, bytes);
      return;
    }
    if (table.name === "cpus" && offset + bytes > this.queues && (!isConstant(value) || value.value !== 0n))
      this.require(path, truth(false), "a queue is named by its priority");
    const parts = this.partsOf(table.name, offset, bytes);
    if (parts === null && !this.isTracked(path, table.name, offset, bytes)) return;
    // nothing is a right value of every class's field
    if (!isConstant(value) || value.value !== 0n)
      this.fieldNames(path, this.refine(path, place, true), place, extract(value, 0, bytes * 8));
    if (table.name === "domains" && !ENDS_DOMAINS.test(path.top.code.name))
      for (const name of DURABLE)
        if (this.model.field("Domain", name).field.offset === offset) this.keepsOwn(path, name, entry, value);
    const holders = this.model.field("Object", "holders").field.offset;
    if (
      table.name === "objects" &&
      offset <= holders &&
      holders < offset + bytes &&
      COUNTS_NONE.test(path.top.code.name)
    )
      this.require(
        path,
        equal(this.view(path).type(entry), constant(0, 8)),
        "an object that lives gets or loses holders",
      );
    if (table.name === "cpus" && offset === this.model.field("Cpu", "thread").field.offset)
      this.require(path, truth(GIVES.test(path.top.code.name)), "a processor is given a thread");
    for (const [at, width] of parts ?? [[offset, bytes]])
      this.put(path, table.name, at, entry, extract(value, (at - offset) * 8, width * 8));
  }

  /** What is durable of a domain is not taken from one that has it. */
  private keepsOwn(path: Path, name: string, domain: Term, value: Term): void {
    const isNone = (one: Term): Term => equal(one, constant(0, one.width));
    const had = this.view(path).field("Domain", name, domain);
    this.require(path, or(not(isNone(value)), isNone(had)), `a domain loses its ${name}`);
  }

  /** A frame that was just taken becomes what the first field that names it says: by its address, or by its number. */
  private fieldNames(path: Path, className: string, { offset, entry }: Place & { kind: "entry" }, value: Term): void {
    const name = this.model.layout(className).fields.find((one) => one.offset === offset)?.name;
    const found = FIELDS[`${className}.${name}`] ?? PAGES[`${className}.${name}`];
    if (found === undefined) return;
    for (const frame of path.nameIn(value)) {
      const named = value.width === 64 ? value : arithmetic("shl", extend("zext", value, 64), constant(12, 64));
      const isThat = or(equal(named, constant(0, 64)), equal(named, frame));
      if (this.certain(path, isThat)) path.assume(isThat);
      path.assume(or(equal(frame, constant(0, 64)), found(frame, entry)));
    }
  }

  /** An array inside an entry: it must stay clear of the entry's fields. */
  protected indexed(path: Path, place: Place & { kind: "entry" }, index: Term, bytes: number): void {
    const { table, offset } = place;
    const words = [...(this.trackedWords.get(table.name)?.keys() ?? [])];
    if (table.name === "cpus") words.push(this.queues);
    const after = Math.min(Number(table.stride), ...words.filter((word) => word >= offset));
    const clear = after - offset - bytes;
    const claim = and(
      truth(clear >= 0 && !words.includes(offset)),
      compare("ule", index, constant(Math.max(clear, 0), 32)),
    );
    this.require(path, claim, `${table.name}: an array inside the entry keeps to itself`);
  }

  /** From one array of plain numbers into another. */
  protected copy(path: Path): void {
    const [length, source, destination] = [path.pop(), path.pop(), path.pop()];
    const instruction = { ...(path.top.code.code[path.top.next - 1] as Instruction), value: 0n };
    for (const [address, isStore] of [
      [source, false],
      [destination, true],
    ] as const) {
      const place = this.place(path, address, instruction, 0, isStore);
      if (place?.kind !== "static" || (isStore && (place.array.target !== "" || place.array.element !== undefined))) {
        this.find(path, "a copy that is not understood", path.top.code.name, instruction.at, [], "not understood");
        continue;
      }
      const limit = constant(place.array.bytes - place.offset, 32);
      const first = place.index ?? constant(0, 32);
      const isInside = and(compare("ule", length, limit), compare("ule", first, arithmetic("sub", limit, length)));
      this.require(path, isInside, `${place.array.name}: a copy inside the array`);
    }
  }

  protected fill(path: Path): void {
    const length = path.pop();
    const byte = path.pop();
    const address = path.pop();
    const instruction = { ...(path.top.code.code[path.top.next - 1] as Instruction), value: 0n };
    const place = this.place(path, address, instruction, 0, true);
    if (place?.kind === "static") {
      const limit = constant(place.array.bytes - place.offset, 32);
      const first = place.index ?? constant(0, 32);
      const claim = and(
        truth(place.array.target === ""),
        compare("ule", length, limit),
        compare("ule", first, arithmetic("sub", limit, length)),
      );
      this.require(path, claim, `${place.array.name}: a fill inside the array`);
    } else if (
      place?.kind === "entry" &&
      isConstant(length) &&
      isConstant(byte) &&
      byte.value === 0n &&
      place.index === null
    ) {
      if (place.offset + Number(length.value) > Number(place.table.stride))
        this.require(path, truth(false), "a fill inside the entry");
      for (const [offset, bytes] of this.trackedWords.get(place.table.name) ?? []) {
        if (offset < place.offset || offset >= place.offset + Number(length.value)) continue;
        this.put(path, place.table.name, offset, place.entry, constant(0, bytes * 8));
      }
    } else {
      this.find(path, "a fill that is not understood", path.top.code.name, instruction.at, [], "not understood");
    }
  }
}
