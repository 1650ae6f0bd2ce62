// What functions do to a state: called by their contracts, or proved once for all their callers and then standing for their
// effects. Between access.ts and execute.ts. Invariant: what could not be shown in a function is a finding of whoever stands on it.

import { Access } from "./access.ts";
import { classOf, type StaticArray, setClass } from "./address.ts";
import { type Finding, type Hooks, type Kind, NUMBER, parts, UNSET } from "./claims.ts";
import { CONTRACTS, type Contract, type Entry, ensures, type Kept, requires } from "./contracts.ts";
import { globalInvariant } from "./invariant.ts";
import { moduleAllowance } from "./makings.ts";
import { deviceAllowance } from "./mappings.ts";
import { type Memory, type WordKey, wordKey } from "./memory.ts";
import { type Model, View } from "./model.ts";
import type { Path } from "./path.ts";
import {
  allowance,
  CONTENTS,
  frameAxioms,
  frameOf,
  KERNEL_ROOT,
  kernelAllowance,
  mayMap,
  owner,
  some,
  use,
} from "./physical.ts";
import type { Solver } from "./solver.ts";
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
  implies,
  isConstant,
  ite,
  not,
  or,
  type Term,
  truth,
} from "./term.ts";
import { DURABLE } from "./threads.ts";
import { ownAllowance } from "./traps.ts";
import type { WasmFunction, WasmModule } from "./wasm.ts";

/** "Thread!": a thread, not none. */
const kindOf = (text: string): Kind =>
  text === "" ? NUMBER : { className: text.replace(/[!?]/, ""), isSome: /[!?]/.test(text) };

interface Summary {
  parameters: Kind[];
  result: Kind;
  /** All values that it answers, when they are few constants. */
  constants: readonly Term[] | null;
  words: Set<WordKey>;
  globals: Set<number>;
  isRunning: boolean;
  /** It was asked for while it was being proved: recursion. */
  isRecursive: boolean;
  /** What could not be shown in its own body, and the functions whose effects it stands on: part of whoever uses it. */
  findings: readonly Finding[];
  uses: ReadonlySet<number>;
}

/** What a term speaks of: variables, and words of memory and of files. */
function subjects(term: Term): Set<Term> {
  const found = new Set<Term>();
  const walk = (one: Term): void => {
    if (one.op === "var" || one.op === "app") found.add(one);
    else for (const part of one.args) walk(part);
  };
  walk(term);
  return found;
}

/** Rounds in which an effect must settle. */
export const ROUNDS_MAX = 12;

export abstract class Effects extends Access {
  private readonly summaries = new Map<number, Summary>();
  private readonly summarised = new Set<number>();
  /** Functions that the present proof stands on. */
  private uses = new Set<number>();
  /** Functions whose effects are being found. */
  private readonly running: number[] = [];
  private readonly later = new Map<number, () => void>();
  private readonly calls: readonly ReadonlySet<number>[];

  constructor(
    module: WasmModule,
    model: Model,
    solver: Solver,
    arrays: readonly StaticArray[],
    hooks: Hooks,
    inlined: RegExp,
  ) {
    super(module, model, solver, arrays, hooks);
    this.calls = module.functions.map(
      (fn) => new Set(fn.code.filter((i) => i.op === 0x10).map((i) => Number(i.value))),
    );
    const forks = (fn: WasmFunction): number =>
      fn.code.filter((i) => i.op === 0x04 || i.op === 0x0d || i.op === 0x0e).length;
    for (const fn of module.functions) {
      const hasLoop = fn.code.some((i) => i.op === 0x03);
      const isOwn = CONTRACTS[fn.name] !== undefined;
      if (isOwn || ((hasLoop || this.reached(fn.index).has(fn.index) || forks(fn) > 3) && !inlined.test(fn.name)))
        this.summarised.add(fn.index);
    }
  }

  /** Functions that it calls, and that those call. */
  private reached(from: number): ReadonlySet<number> {
    const seen = new Set<number>(this.calls[from]);
    for (const next of seen) for (const one of this.calls[next] ?? []) seen.add(one);
    return seen;
  }
  /** It calls nothing that lies in other files, however far down. */
  protected callsWithin(path: Path, fn: WasmFunction, files: RegExp): void {
    const all = [...this.reached(fn.index)].map((index) => this.module.functions[index] as WasmFunction);
    const elsewhere = all.filter(({ imported, name }) => imported === "" && !files.test(name));
    this.require(path, truth(elsewhere.length === 0), `${fn.name} calls ${elsewhere[0]?.name}`);
  }

  /** Long bodies are proved too. */
  isWhole = true;
  /** Is its contract taken for granted? */
  private isGiven(contract: Contract | undefined): boolean {
    return contract?.isLong === true && !this.isWhole;
  }

  abstract prove(fn: WasmFunction, kinds: readonly Kind[], prepare?: (path: Path, args: Term[]) => void): Path[];
  protected abstract enter(path: Path, fn: WasmFunction, args: Term[]): void;

  /** Words and globals become anything that the invariant allows, but for what `keeps` says. */
  protected forget(
    path: Path,
    words: ReadonlySet<WordKey>,
    globals: ReadonlySet<number>,
    keeps: readonly Kept[] = [],
  ): void {
    const next = path.memory.globals.map((value, i) => {
      if (!globals.has(i)) return value;
      const name = this.module.globals[i]?.name ?? "";
      const term = fresh(`global ${name}`, value.width);
      const className = this.model.sources.globals.get(name);
      if (className !== undefined) setClass(term, className);
      if (/\/(used|object_count)$/.test(name)) path.assume(compare("ule", value, term)); // tables only grow: shown by grows()
      return term;
    });
    const held = words.has(wordKey("objects", 0)) ? this.held(path) : [];
    const before = new View(this.model, path.memory);
    path.memory = path.memory.havoc(this.withNarrow(words), next);
    path.settled = path.memory;
    const now = new View(this.model, path.memory);
    for (const { className, name, holds } of keeps) {
      const table = this.model.tableOf(className);
      for (const key of this.model.keys(className, name)) {
        if (!words.has(key)) continue;
        this.model.relate(path.memory.epochOf(key), (address) =>
          implies(this.model.isValid(before.memory, table, address), holds(now, address, before)),
        );
      }
    }
    this.lasts(path, before, now, words, globals);
    path.assume(globalInvariant(this.view(path)));
    this.recall(path);
    // assumption "holds" of docs/proof.md: what a function goes on naming has not ended meanwhile
    for (const isStill of held) path.assume(isStill(this.view(path)));
  }

  /** Of the arguments of what is being proved, where the invariant holds: sentences that nothing else brings into play. */
  protected recall(path: Path): void {
    const { name, args } = this.proving;
    path.assume(CONTRACTS[name]?.recalls?.(this.view(path), args) ?? truth(true));
  }

  /** What ends no domain takes nothing durable from one. */
  private lasts(path: Path, then: View, now: View, words: ReadonlySet<WordKey>, globals: ReadonlySet<number>): void {
    if (this.module.globals.some((one, i) => globals.has(i) && one.name === "kernel/object/domains/first_free")) return;
    const has = (view: View, name: string, domain: Term): Term =>
      not(equal(view.field("Domain", name, domain), constant(0, 32)));
    for (const name of DURABLE)
      for (const key of this.model.keys("Domain", name))
        if (words.has(key))
          this.model.relate(path.memory.epochOf(key), (domain) =>
            or(not(has(then, name, domain)), has(now, name, domain)),
          );
  }

  /** What is known of the types of objects in the locals of the path: none, or an object of one type. */
  private held(path: Path): ((view: View) => Term)[] {
    const list = new Map<Term, (view: View) => Term>();
    for (const term of path.frames.flatMap((frame) => [...frame.locals, ...frame.stack])) {
      if (term.width !== 32 || isConstant(term) || list.has(term)) continue;
      const found = this.subclass(path, term);
      if (this.model.tagsOf(found).length === 0) continue;
      const isNone = equal(term, constant(0, 32));
      for (const name of [...(this.model.either.get(found) ?? []), found]) {
        const isGood = (view: View): Term => view.isType(name, term);
        const claims = [isGood, (view: View): Term => or(isNone, isGood(view))];
        const known = claims.find((claim) => this.certain(path, claim(this.view(path))));
        if (known === undefined) continue;
        list.set(term, known);
        break;
      }
    }
    return [...list.values()];
  }

  protected call(path: Path, fn: WasmFunction): Path[] | null {
    const args = fn.parameters.map(() => path.pop()).reverse();
    if (fn.imported !== "") {
      const result = this.hooks.imported(this, path, fn.imported, args);
      if (fn.result !== 0) path.push(result ?? fresh(fn.imported, fn.result));
      return [];
    }
    if (!this.summarised.has(fn.index)) {
      this.enter(path, fn, args);
      return [];
    }
    if (!this.isAlive(path)) return null;
    const contract = CONTRACTS[fn.name];
    if (contract?.isPlain !== undefined && this.certain(path, contract.isPlain(this.view(path), args))) {
      this.enter(path, fn, args);
      return [];
    }
    // a new object may be unfinished where nobody looks at objects
    const isLoose = (object: Term): boolean =>
      contract?.looksAtNone === true || args[contract?.endsNew ?? -1] === object;
    const unfinished = [...path.made].filter(isLoose);
    const ending = contract?.ends === undefined ? [] : [args[contract.ends] as Term];
    for (const object of ending) path.made.add(object); // nothing is known of it from here on
    this.settle(path, `${fn.name} is called`, [...unfinished, ...ending]);
    if (contract?.defined !== undefined) path.assume(contract.defined(this.view(path), args, this.proving));
    const any = extend("zext", fresh("any entry", 32), 64); // entries are counted in 32 bits
    if (contract?.entries !== undefined) this.allowed(path, contract.entries(args, any), fn.name);
    if (contract?.reads !== undefined) {
      const { first, bytes } = contract.reads(args);
      const isInside = compare("ult", any, extend("zext", bytes, 64));
      const isKnown = some(use(frameOf(add(first, any))));
      this.require(path, implies(isInside, isKnown), `${fn.name}: what it reads is there`);
    }
    for (const part of parts(requires(this.view(path), fn.name, args)))
      this.require(path, part, `what ${fn.name} expects`);
    contract?.parameters?.forEach((text, i) => {
      const kind = kindOf(text);
      if (kind.className !== "" && !text.endsWith("?"))
        this.require(path, this.isOf(path, kind, args[i] as Term), `${fn.name}: argument ${i + 1} is a ${text}`);
    });
    // what is taken out of free memory is in no list
    if (!/mm\/frames\/take$/.test(fn.name)) path.lists.clear();
    const before = path.memory;
    const byContract = contract?.words !== undefined;
    const result = byContract
      ? this.agreed(path, fn, args, contract)
      : contract?.makes === true
        ? this.made(path, fn, args)
        : this.proved(path, fn, args);
    const then = new View(this.model, before, path.isDistinct);
    path.assume(ensures(this.view(path), fn.name, args, result ?? constant(0, 32), then));
    if (result !== null) {
      if (contract?.defines !== undefined) path.assume(contract.defines(this.view(path), args, result, this.proving));
      if (contract?.isFresh === true) path.taken.add(result);
      path.push(result);
    }
    return [];
  }

  /** A frame that was just taken becomes the domain's that this proof is about, or the kernel's, where an entry names it. */
  name(path: Path, root: Term, frame: Term): void {
    if (!path.isUnnamed(frame)) return;
    const domain = this.domain(path, root);
    const isKernels = this.certain(path, equal(root, KERNEL_ROOT));
    const whose = isKernels ? constant(0, 32) : (domain ?? constant(0, 32));
    path.named.add(frame);
    path.assume(and(equal(use(frame), CONTENTS), equal(owner(frame), whose)));
  }

  /** The domain whose entries the function that is being proved writes. */
  private domain(path: Path, root: Term): Term | undefined {
    return CONTRACTS[this.proving.name]?.domain?.(this.view(path), this.proving.args, root);
  }

  /** What makes an entry one that may be written: the definition, for the domain that this proof is about and for the kernel. */
  allow(path: Path, entry: Entry): void {
    const { places } = this.hooks;
    const { root, page, frame, isWritable } = entry;
    const view = this.view(path);
    const contract = CONTRACTS[this.proving.name];
    const domain = this.domain(path, root);
    this.name(path, root, frame);
    const may = mayMap(root, page, frame, isWritable);
    const module = contract?.module?.(view, this.proving.args);
    if (module !== undefined) this.shows(path, moduleAllowance(view, module, root, page, frame, isWritable));
    this.follow(path, frame);
    const device = contract?.device?.(view, this.proving.args);
    if (module !== undefined) this.defined(path, moduleAllowance(view, module, root, page, frame, isWritable), may);
    else if (device !== undefined) this.defined(path, deviceAllowance(view, device, root, frame, isWritable), may);
    else if (domain === undefined) this.defined(path, kernelAllowance(places, root, page, frame), may);
    else if (contract?.isInSlot === true)
      this.defined(path, ownAllowance(view, places, domain, root, page, frame), may);
    else this.defined(path, allowance(view, places, domain, root, page, frame, isWritable), may);
    if (contract?.entries === undefined) return;
    const first = contract.entries(this.proving.args, constant(0, 64));
    const i = arithmetic("sub", page, first.page);
    const own = contract.entries(this.proving.args, i);
    // said of the same frame, where it is the same
    if (this.certain(path, equal(frame, own.frame))) path.assume(equal(frame, own.frame));
    path.assume(implies(own.when, mayMap(own.root, own.page, own.frame, own.isWritable)));
  }

  /** Those of these that follow from the path's conditions which speak of nothing else: small questions. */
  private shows(path: Path, all: readonly Term[]): void {
    for (const one of all.flatMap(parts)) {
      if (path.knows(one)) continue;
      const said = subjects(one);
      const own = path.conditions.filter((condition) => [...subjects(condition)].every((subject) => said.has(subject)));
      if (this.solver.follows(own, one)) path.assume(one);
    }
  }

  /** What a frame that lies in a region is used for: what the invariant asks for that is shown piece by piece. */
  private follow(path: Path, frame: Term): void {
    for (const axiom of frameAxioms(this.model, use(frame))) {
      const asked = axiom.op === "any" ? axiom.args.slice(0, -1).map(not) : [];
      if (asked.every((one) => this.lemma(path, one))) path.assume(axiom);
    }
  }

  /** Shown, and from here on known. */
  private lemma(path: Path, claim: Term): boolean {
    const isShown = parts(claim).every((one) => this.certain(path, one));
    if (isShown) path.assume(claim);
    return isShown;
  }

  /** What follows from all of these, by definition. Each is asked by itself: several small questions are answered sooner than one. */
  private defined(path: Path, all: readonly Term[], result: Term): void {
    if (path.knows(result)) return;
    const isShown = all.every((one) =>
      one.op === "any" ? one.args.some((either) => this.lemma(path, either)) : this.lemma(path, one),
    );
    path.assume(isShown ? result : implies(and(...all), result));
  }

  private allowed(path: Path, entry: Entry, name: string): void {
    const { when, root, page, frame, isWritable } = entry;
    this.name(path, root, frame);
    if (this.isTrial) return;
    const one = path.fork();
    one.assume(when);
    this.allow(one, entry);
    this.require(one, mayMap(root, page, frame, isWritable), `${name}: an entry of a table names what it may`);
  }

  /** The answer of a function that has been proved, and its effect. */
  private proved(path: Path, fn: WasmFunction, args: Term[]): Term | null {
    this.isSettled(fn);
    const summary = this.summary(path, fn, args);
    this.forget(path, summary.words, summary.globals, CONTRACTS[fn.name]?.keeps);
    return fn.result === 0 ? null : this.answer(path, fn, summary);
  }

  /** A new object, or none: its entry was free, and is written here. What else the function does is as it was proved. */
  private made(path: Path, fn: WasmFunction, args: Term[]): Term {
    this.isSettled(fn);
    const summary = this.summary(path, fn, args);
    const before = this.view(path);
    this.forget(path, new Set([...summary.words].filter((key) => !key.startsWith("objects+"))), summary.globals);
    const object = fresh("made", 32);
    setClass(object, "Object");
    const none = equal(object, constant(0, 32));
    path.assume(or(none, this.view(path).isValid("Object", object)));
    path.assume(equal(before.type(object), constant(0, 8)));
    path.assume(or(none, before.isFree(object)));
    // the invariant speaks of the entry too, though it may have been none when the function was called
    const now = this.view(path);
    for (const one of this.model.invariants) {
      const holds = one.table === "objects" ? one.holds(now, object) : truth(true);
      if (!path.knows(holds)) path.assume(or(none, holds));
    }
    const version = before.field("Object", "version", object); // stays
    for (const [offset, value] of this.contents(before, args, object))
      if (value !== version) this.put(path, "objects", offset, object, value);
    path.assume(or(none, this.isCounted(before, this.view(path), object)));
    path.made.add(object);
    this.isAnother(path, object);
    return object;
  }

  /** What a new object is not: those that were there. Said at once, so that no load of theirs asks whether it is of this one. */
  private isAnother(path: Path, object: Term): void {
    const there = new Set(path.frames.flatMap((frame) => [...frame.locals, ...frame.stack]));
    for (const term of there) {
      if (term.width !== 32 || isConstant(term) || this.model.tagsOf(classOf(term)).length === 0) continue;
      const isOther = not(equal(object, term));
      if (this.certain(path, isOther)) path.assume(isOther);
    }
  }

  /** An object has its number, and lies in an entry that was there or is the next one. */
  private isCounted(before: View, now: View, object: Term): Term {
    const grows = (name: string): Term => {
      const was = before.global(`kernel/object/object/${name}`);
      return equal(now.global(`kernel/object/object/${name}`), arithmetic("add", was, constant(1, was.width)));
    };
    const count = "kernel/object/object/object_count";
    const { base, stride } = this.model.table("objects");
    const place = arithmetic("mul", before.global(count), constant(stride, 32));
    const isNext = and(grows("object_count"), equal(object, arithmetic("add", place, constant(base, 32))));
    return and(grows("next_id"), or(equal(now.global(count), before.global(count)), isNext));
  }

  /** What is in a new object's words and narrower fields: type, version, id, one reference, who paid for it, and nothing. */
  private contents(before: View, [type, payer]: readonly Term[], object: Term): [number, Term][] {
    const at = (name: string): number => this.model.field("Object", name).field.offset;
    const id = before.global("kernel/object/object/next_id");
    const index = extract(before.field("Domain", "index", payer as Term), 0, 16);
    const isUnpaid = equal(payer as Term, constant(0, 32));
    const known = new Map<number, Term>([
      [at("type"), extract(type as Term, 0, 8)],
      [at("payer_index"), ite(isUnpaid, constant(0, 16), index)],
      [at("version"), before.field("Object", "version", object)],
      [at("id"), extract(id, 0, 32)],
      [at("id") + 4, extract(id, 32, 32)],
      [at("references"), constant(1, 32)],
    ]);
    return this.wordsOf("objects").map(([offset, bytes]) => [offset, known.get(offset) ?? constant(0, bytes * 8)]);
  }

  /** A function that makes an object has returned: only that one is another now, and it is what made() says. */
  protected hasMade(path: Path, then: Memory, args: readonly Term[]): void {
    const object = path.result as Term;
    const before = new View(this.model, then, path.isDistinct);
    const view = this.view(path);
    const changed = path.memory.changes(then).filter((key) => key.startsWith("objects+"));
    const isOnly = changed.every(
      (key) => path.memory.isStored(key, then) && path.memory.storesTo(key).every((address) => address === object),
    );
    this.require(path, truth(isOnly), "it touches no other object");
    const isWritten = this.contents(before, args, object).map(([offset, value]) =>
      equal(
        path.memory.load(this.keyOf("objects", offset, value.width / 8), object, path.isDistinct, value.width),
        value,
      ),
    );
    // without what was stored to it, it satisfies the invariant as the free entry that it was
    const without = new View(this.model, path.memory.withTable("objects", then), path.isDistinct);
    const sentences = this.model.invariants
      .filter((one) => one.table === "objects")
      .map((one) => one.holds(without, object));
    const isNone = equal(object, constant(0, 32));
    const isSome = this.certain(path, not(isNone));
    const isCounted = this.isCounted(before, view, object);
    const isMade = and(before.isFree(object), view.isValid("Object", object), isCounted, ...isWritten, ...sentences);
    for (const part of parts(isMade))
      this.require(path, isSome ? part : or(isNone, part), "the new object is what its maker says");
    for (const key of [...path.pending]) if (key.startsWith("objects+")) path.pending.delete(key);
  }

  /** The answer of a function that is called by its contract, and all that it may change. Its body is proved, unless that is left to `phi proof`. */
  private agreed(path: Path, fn: WasmFunction, args: Term[], contract: Contract): Term | null {
    this.uses.add(fn.index);
    if (!this.isGiven(contract)) this.proveBody(path, fn, args);
    const globals = this.module.globals.flatMap((one, i) =>
      contract.globals?.includes(one.name) || contract.anyGlobal?.test(one.name) ? [i] : [],
    );
    this.forget(path, new Set(contract.words?.(this.model)), new Set(globals), contract.keeps);
    if (fn.result === 0) return null;
    const result = fresh(`${fn.name.replace(/.*\//, "")}()`, fn.result);
    const kind = kindOf(contract.result ?? "");
    if (kind.className === "") return result;
    setClass(result, kind.className);
    path.assume(this.isOf(path, kind, result));
    return result;
  }

  /** A body whose contract stands for it: not amid what is being found of another function, which it may call. */
  private proveBody(path: Path, fn: WasmFunction, args: Term[]): void {
    if (this.running.length === 0) this.summary(path, fn, args);
    else if (!this.summaries.has(fn.index) && !this.later.has(fn.index)) {
      const here = path.fork();
      this.later.set(fn.index, () => this.summary(here, fn, args));
    }
  }

  private answer(path: Path, fn: WasmFunction, summary: Summary): Term {
    if (summary.constants !== null && summary.constants.length === 1) return summary.constants[0] as Term;
    const term = fresh(`${fn.name.replace(/.*\//, "")}()`, fn.result);
    if (summary.constants !== null && summary.constants.length > 0)
      path.assume(or(...summary.constants.map((one) => equal(term, one))));
    else if (summary.result.className !== "") {
      setClass(term, summary.result.className);
      path.assume(this.isOf(path, summary.result, term));
    }
    return term;
  }

  /** Of functions that call each other one has a contract that says what it may change: what is found of the others is not all. */
  private isSettled(fn: WasmFunction): void {
    if (this.summaries.get(fn.index)?.isRunning === true && this.running.at(-1) !== fn.index)
      throw new Error(`${fn.name} is called by what it calls: its contract must say what it may change`);
  }

  /** What a function does, proved for arguments at least as general as these. */
  private summary(path: Path, fn: WasmFunction, args: Term[]): Summary {
    let known = this.summaries.get(fn.index);
    const isNew = known === undefined;
    known ??= {
      parameters: [],
      result: UNSET,
      constants: [],
      words: new Set(),
      globals: new Set(),
      isRunning: false,
      isRecursive: false,
      findings: [],
      uses: new Set(),
    };
    this.summaries.set(fn.index, known);
    this.uses.add(fn.index);
    let isWider = isNew;
    args.forEach((argument, i) => {
      const before = known.parameters[i];
      const declared = CONTRACTS[fn.name]?.parameters?.[i];
      if (declared !== undefined) {
        known.parameters[i] = kindOf(declared);
        return;
      }
      const after = argument.width === 32 ? this.join(path, before, argument) : NUMBER;
      known.parameters[i] = after;
      if (before !== undefined && (before.className !== after.className || before.isSome !== after.isSome))
        isWider = true;
    });
    if (known.isRunning) known.isRecursive = true;
    if (isWider && !known.isRunning) this.summarise(fn, known);
    else if (isWider) known.isRunning = false; // the running proof sees that it must run again
    return known;
  }

  /** One proof with findings of its own: what it could not show is its own, whatever becomes of the round that asked for it. */
  apart(prove: () => void): { findings: readonly Finding[]; uses: ReadonlySet<number> } {
    const { findings, uses, isTrial } = this;
    this.findings = [];
    this.uses = new Set();
    this.isTrial = false;
    try {
      prove();
      return { findings: this.findings, uses: this.uses };
    } finally {
      Object.assign(this, { findings, uses, isTrial });
    }
  }

  /** What a proof stands on, however far down: findings there, and functions whose contract is taken for granted. */
  below(uses: ReadonlySet<number>): {
    findings: readonly Finding[];
    given: readonly string[];
    names: readonly string[];
  } {
    const all = new Set(uses);
    for (const index of all) for (const next of this.summaries.get(index)?.uses ?? []) all.add(next);
    const names = [...all].map((index) => (this.module.functions[index] as WasmFunction).name);
    return {
      findings: [...all].flatMap((index) => this.summaries.get(index)?.findings ?? []),
      given: names.filter((name) => this.isGiven(CONTRACTS[name])).sort(),
      names,
    };
  }

  private summarise(fn: WasmFunction, summary: Summary): void {
    this.running.push(fn.index);
    const found = this.apart(() => this.settleEffect(fn, summary));
    this.running.pop();
    Object.assign(summary, found);
    if (this.running.length > 0) return;
    for (const [index, prove] of this.later) {
      this.later.delete(index);
      prove();
    }
  }

  private settleEffect(fn: WasmFunction, summary: Summary): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      summary.isRunning = true;
      this.findings = [];
      const parameters = [...summary.parameters];
      const before = JSON.stringify([
        summary.result,
        summary.constants?.map((one) => one.id) ?? null,
        [...summary.words].length,
        [...summary.globals].length,
      ]);
      let begun: Memory | null = null;
      const ends = this.prove(fn, parameters, (start) => {
        begun = start.memory;
      });
      for (const end of ends) {
        for (const word of end.memory.changes(begun as unknown as Memory)) summary.words.add(word);
        end.memory.globals.forEach((value, i) => {
          if (value !== (begun as unknown as Memory).globals[i]) summary.globals.add(i);
        });
        if (end.result !== null) this.cover(end, summary, end.result);
      }
      const after = JSON.stringify([
        summary.result,
        summary.constants?.map((one) => one.id) ?? null,
        [...summary.words].length,
        [...summary.globals].length,
      ]);
      const wasWidened = !summary.isRunning;
      summary.isRunning = false;
      if (!wasWidened && (before === after || !summary.isRecursive)) return;
    }
    throw new Error(`${fn.name}: its effect does not settle`);
  }

  private cover(end: Path, summary: Summary, value: Term): void {
    if (summary.constants !== null) {
      if (isConstant(value)) {
        if (!summary.constants.includes(value)) summary.constants = [...summary.constants, value];
      } else summary.constants = null;
    }
    if (value.width === 32)
      summary.result = this.join(end, summary.result === UNSET ? undefined : summary.result, value);
  }
}
