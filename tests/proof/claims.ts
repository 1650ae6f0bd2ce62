// What the executor may claim of a path and how it is shown: the invariant's sentences, kinds of values, findings with their
// counterexamples. The ground that access.ts and execute.ts stand on. Invariant: what could not be shown is a finding.

import { classOf, isZero, type StaticArray, setClass } from "./address.ts";
import type { Proving } from "./contracts.ts";
import type { Effects } from "./effects.ts";
import { goneDomains, NAMED } from "./ends.ts";
import { globalInvariant } from "./invariant.ts";
import { type Memory, type WordKey, wordKey } from "./memory.ts";
import { type Invariant, type Model, View } from "./model.ts";
import type { Path } from "./path.ts";
import type { Places } from "./physical.ts";
import type { Solver } from "./solver.ts";
import { and, constant, equal, FALSE, implies, isConstant, not, or, type Term, TRUE, variable } from "./term.ts";
import { NODE } from "./timers.ts";
import type { WasmFunction, WasmModule } from "./wasm.ts";
/** What is known of a parameter, a result or a local: the class that it points to, and whether it may be none. */
export interface Kind {
  readonly className: string;
  readonly isSome: boolean;
}
export const NUMBER: Kind = { className: "", isSome: false };
/** Only none so far: any class may still come. */
export const UNSET: Kind = { className: "", isSome: false };

export interface Finding {
  readonly what: string;
  readonly where: string;
  readonly at: number;
  readonly verdict: string;
  readonly values: readonly string[];
}
export interface Hooks {
  /** What is so of the machine. */
  readonly given: Term;
  readonly places: Places;
  /** Is it what a table of this level may hold? */
  isSound(level: Term, entry: Term): Term;
  /** Effects and answers of what the assembly does. */
  imported(executor: Effects, path: Path, name: string, args: Term[]): Term | null;
  /** What must hold when a function returns, beyond the invariant. */
  returning(executor: Effects, path: Path, before: Memory, fn: WasmFunction, args: readonly Term[]): void;
}

/** What a claim says, sentence by sentence: several small questions are answered sooner than one. */
export const parts = (claim: Term): readonly Term[] => (claim.op === "all" ? claim.args : [claim]);

const isSelf = ({ words, own }: Invariant): boolean => words.every((key) => own.includes(key));
/** Reading the state of a domain brings nothing into play that is said of it. */
const isQuiet = ({ table, triggers, own }: Invariant): boolean =>
  table === "domains" && triggers !== undefined && triggers.length < own.length;

/** Types that handles were compared with on the way: (key & …) == (owner << 8 | type). */
const typesAsked = (path: Path): bigint[] =>
  path.conditions
    .filter((one) => one.op === "eq")
    .flatMap((one) => one.args.filter((side) => side.op === "or").flatMap((side) => side.args))
    .flatMap((part) => (isConstant(part) ? [part.value] : []));

export class Claims {
  findings: Finding[] = [];
  /** Told of the ends of every function that is proved. */
  ended: (name: string, ends: readonly Path[]) => void = () => {};
  /** The function whose body is executed by itself. */
  proving: Proving = { name: "", args: [] };

  constructor(
    readonly module: WasmModule,
    readonly model: Model,
    readonly solver: Solver,
    protected readonly arrays: readonly StaticArray[],
    readonly hooks: Hooks,
  ) {
    solver.axioms = (term) => model.axioms(term);
  }

  view(path: Path): View {
    return new View(this.model, path.memory, path.isDistinct);
  }

  isOf(path: Path, kind: Kind, term: Term): Term {
    const good = this.view(path).isGood(kind.className, term);
    return kind.isSome ? good : or(equal(term, constant(0, 32)), good);
  }

  find(
    path: Path | null,
    what: string,
    where: string,
    at: number,
    terms: readonly Term[],
    verdict = this.solver.last,
  ): void {
    if (this.findings.some((one) => one.what === what && one.at === at)) return;
    const values: string[] = [];
    if (verdict === "counterexample") {
      const apps = this.readable(terms);
      const found = this.solver.values(apps.map(([, term]) => term));
      apps.forEach(([name], i) => {
        values.push(`${name} = ${found[i] === null ? "?" : `0x${(found[i] as bigint).toString(16)}`}`);
      });
    }
    void path;
    this.findings.push({ what, where, at, verdict, values });
  }

  protected readable(terms: readonly Term[]): [string, Term][] {
    const list = new Map<string, Term>();
    const walk = (term: Term): void => {
      if (list.size > 40) return;
      if (term.op === "var" && !term.name.startsWith("global")) list.set(term.name, term);
      if (term.op === "app") list.set(this.describe(term), term);
      for (const argument of term.args) walk(argument);
    };
    for (const term of terms) walk(term);
    return [...list];
  }

  describe(term: Term): string {
    if (term.op === "app" && !term.name.includes("@")) {
      return `${term.name}(${term.args
        .map((one) => this.describe(one))
        .join(", ")
        .slice(0, 120)})`;
    }
    if (term.op === "app") {
      const [table, rest] = term.name.split("+") as [string, string];
      const offset = Number(rest.split("@")[0]);
      const address = term.args[0] as Term;
      const known = classOf(address);
      const fields = this.model.fieldsAt(table, offset);
      const field = fields.find((one) => one.className === known) ?? fields[0];
      return `${field?.className ?? table}[${this.describe(address)}].${field?.name ?? `+${offset}`}`;
    }
    if (term.op === "const") return `0x${term.value.toString(16)}`;
    if (term.op === "var") return term.name.replace(/^global .*\//, "");
    return `${term.op}(${term.args
      .map((one) => this.describe(one))
      .join(", ")
      .slice(0, 120)})`;
  }

  /** What a loop changes is being looked for: claims are only shown when that is known. */
  isTrial = false;

  /** The claim must hold wherever the path is; from here on it is taken to hold. */
  require(path: Path, claim: Term, what: string): boolean {
    if (path.knows(claim)) return true;
    if (this.isTrial) {
      path.assume(claim);
      return true;
    }
    const frame = path.frames.length > 0 ? path.top : null;
    const instruction = frame?.code.code[frame.next - 1];
    if (this.solver.isCertain(path.conditions, claim)) {
      path.assume(claim); // what was proved helps to prove what follows
      return true;
    }
    const verdict = this.solver.last;
    if (verdict === "counterexample" || this.isAlive(path))
      this.find(path, what, frame?.code.name ?? "", instruction?.at ?? 0, [claim, ...path.conditions], verdict);
    path.assume(claim);
    return false;
  }

  /** Can this path be taken at all? */
  protected isAlive(path: Path): boolean {
    const at = path.conditions.length;
    if (path.checked === at) return true;
    path.checked = at;
    return this.solver.isPossible(path.conditions);
  }

  certain(path: Path, claim: Term): boolean {
    if (path.knows(claim)) return true;
    if (!this.solver.isPlainlyCertain(path.conditions, claim)) return false;
    path.learn(claim);
    return true;
  }

  /** Shows every sentence of the invariant that the stores since the last time could have broken, but for what objects `apart` say. */
  settle(path: Path, when: string, apart: readonly Term[] = []): void {
    if (path.pending.size > 0) {
      const view = this.view(path);
      const isMaking = this.isMaking(path, view);
      const ended = this.endedObjects(path, view);
      const gone = goneDomains(path.memory, view);
      for (const sentence of this.model.invariants) {
        const touched = sentence.words.filter((key) => path.pending.has(key));
        if (touched.length === 0) continue;
        const table = this.model.table(sentence.table);
        const isEnding = (address: Term): Term =>
          sentence.table === "objects" ? or(...apart.map((one) => equal(address, one))) : FALSE;
        if (sentence.pointer !== undefined && !touched.every((key) => sentence.own.includes(key)) && isMaking) {
          // an object that had no type before was nobody's, so who pointed to one of the right type still does
          const keys = [...sentence.own, ...(sentence.table === "objects" ? [wordKey("objects", 0)] : [])];
          for (const address of new Set(keys.flatMap((key) => path.memory.storesTo(key)))) {
            const value = sentence.pointer(view, address);
            const claim = implies(
              this.model.isValid(path.memory, table, address, table.readable),
              or(isEnding(address), sentence.holds(view, address), ...ended.map((object) => equal(value, object))),
            );
            this.require(path, claim, `${sentence.name}: when ${when}`);
          }
        } else if (!touched.some((key) => this.isElsewhere(path, sentence, key))) {
          const own = touched.filter((key) => sentence.own.includes(key));
          const addresses = new Set(own.flatMap((key) => path.memory.storesTo(key)));
          for (const address of addresses) {
            if (this.isObvious(sentence, view, address) || this.saysNothing(path, sentence, view, address)) continue;
            // what it says of other tables was so when the invariant was last known to hold
            const then = new View(this.model, path.settled, path.isDistinct);
            const isKnown = isSelf(sentence) && !isQuiet(sentence) && sentence.triggers?.length !== 0;
            const isApart = isKnown || path.made.has(address);
            const was = implies(
              this.model.isValid(path.settled, table, address, table.readable),
              isApart ? TRUE : sentence.holds(then, address),
            );
            const claim = implies(
              and(was, this.model.isValid(path.memory, table, address, table.readable)),
              or(isEnding(address), sentence.holds(view, address)),
            );
            this.require(path, claim, `${sentence.name}: when ${when}`);
          }
        } else {
          const any = variable(`any ${sentence.table}`, 32);
          setClass(any, sentence.name.split(/[.:]/)[0] as string);
          const value = sentence.pointer?.(view, any);
          // assumption "ends" of docs/proof.md: nothing that counts its references still points to an object that ends
          const isCounted = value === undefined ? [] : ended.map((object) => equal(value, object));
          const server = NAMED[sentence.name]?.(view, any);
          if (server !== undefined) isCounted.push(...gone.map((domain) => equal(server, domain)));
          // it was so when the invariant was last known to hold, and what is said of the same words was
          const then = new View(this.model, path.settled, path.isDistinct);
          const others = this.model.invariants.filter(
            (one) => one.table === sentence.table && one.words.some((key) => touched.includes(key)),
          );
          // of what an object says of another one only that one's words are new
          const isAlone = sentence.pointer !== undefined || this.isOfObjects(sentence);
          const isNew = sentence.table === "objects" ? [...path.made].map((object) => equal(any, object)) : [];
          const was = implies(
            and(this.model.isValid(path.settled, table, any, table.readable), not(or(...isNew))),
            and(...(isAlone ? [sentence] : others).map((one) => one.holds(then, any))),
          );
          const claim = implies(
            and(was, this.model.isValid(path.memory, table, any, table.readable)),
            or(isEnding(any), sentence.holds(view, any), ...isCounted),
          );
          this.require(path, claim, `${sentence.name}: when ${when}`);
        }
      }
      if (apart.length === 0) path.pending.clear();
      for (const key of path.pending) if (!key.startsWith("objects+")) path.pending.delete(key);
    }
    // assumption "ends" of docs/proof.md: nor does a global
    for (const object of this.endedObjects(path, this.view(path)))
      for (const value of this.namedByGlobals(path)) path.assume(not(equal(value, object)));
    path.settled = path.memory;
    for (const bound of parts(globalInvariant(this.view(path))))
      this.require(path, bound, `bounds of the tables: when ${when}`);
  }

  /**
   * Is the word, where it was stored, one of another entry that the sentence is about? Two classes may have a word at the same place:
   * what was stored to an object of a type that says another class changed nothing of that one.
   */
  private isElsewhere(path: Path, { own, elsewhere }: Invariant, key: WordKey): boolean {
    const className = elsewhere?.get(key);
    if (className === undefined) return !own.includes(key);
    if (this.model.tagsOf(className).length === 0) return true;
    const view = this.view(path);
    const isThere = (object: Term): Term => this.model.isValid(path.memory, this.model.tableOf(className), object);
    const isOther = (object: Term): Term => or(not(isThere(object)), not(view.isType(className, object)));
    return path.memory.storesTo(key).some((object) => !this.certain(path, isOther(object)));
  }

  /** Does an object say something of other objects? */
  private isOfObjects({ table, elsewhere }: Invariant): boolean {
    return table === "objects" && [...(elsewhere?.values() ?? [])].some((name) => this.model.tagsOf(name).length > 0);
  }

  /** Since the invariant was last shown: has every object whose type is another one now begun, or ended? */
  private isMaking(path: Path, view: View): boolean {
    const then = new View(this.model, path.settled, path.isDistinct);
    const none = constant(0, 8);
    return path.memory.storesTo(wordKey("objects", 0)).every((object) => {
      const [before, now] = [then.type(object), view.type(object)];
      const isEnded = isConstant(now) && now.value === 0n;
      return before === now || isEnded || this.certain(path, or(equal(before, none), equal(before, now)));
    });
  }

  /** Objects whose type this path has made "none". */
  protected endedObjects(path: Path, view: View): Term[] {
    return path.memory.storesTo(wordKey("objects", 0)).filter((object) => {
      const type = view.type(object);
      return isConstant(type) && type.value === 0n;
    });
  }

  /** Objects that globals name. */
  private namedByGlobals(path: Path): Term[] {
    const names = [...this.model.sources.globals].filter(([name, className]) => {
      return this.model.hasGlobal(name) && this.model.hasTable(className) && this.model.tagsOf(className).length > 0;
    });
    return names.map(([name]) => this.view(path).global(name)).filter((value) => !isConstant(value));
  }

  /** Is it of another type than those that the sentence is about? Then so much need not be said. */
  private saysNothing(path: Path, { only }: Invariant, view: View, address: Term): boolean {
    if (only === undefined) return false;
    const isThere = this.model.isValid(path.memory, this.model.tableOf(only), address);
    return this.certain(path, or(not(isThere), not(view.isType(only, address))));
  }

  /** A pointer of the right class, read where the invariant held: tables never shrink, so it is good still. */
  protected isObvious(sentence: Invariant, view: View, address: Term): boolean {
    const value = sentence.pointer?.(view, address);
    if (value === undefined) return false;
    if (isConstant(value)) return value.value === 0n;
    return (
      sentence.isTagged === false && (value.op === "app" || value.op === "var") && classOf(value) === sentence.target
    );
  }

  /** Makes a local's kind cover one more value; true: it had to change. */
  protected widen(path: Path, kinds: Map<number, Kind>, local: number, value: Term): boolean {
    const before = kinds.get(local);
    const after = this.join(path, before, value);
    kinds.set(local, after);
    return before !== undefined && (before.className !== after.className || before.isSome !== after.isSome);
  }

  protected join(path: Path, before: Kind | undefined, value: Term): Kind {
    if (before !== undefined && before.className === "" && before.isSome === false && before !== UNSET) return before;
    const isNone = isZero(value);
    const own = this.subclass(path, value);
    const known = before === undefined || before === UNSET || before.className === "" ? own : before.className;
    if (isNone) return before === undefined ? UNSET : { className: before.className, isSome: false };
    if (known === "" || own === NODE) return NUMBER;
    const className = this.common(known, own);
    if (className === "") return NUMBER;
    const good = this.view(path).isGood(className, value);
    if (this.certain(path, good)) return { className, isSome: before === undefined ? true : before.isSome };
    if (this.certain(path, or(equal(value, constant(0, 32)), good))) return { className, isSome: false };
    return className !== "Object" && this.model.tagsOf(className).length > 0
      ? this.join(path, { className: "Object", isSome: before?.isSome ?? true }, value)
      : NUMBER;
  }

  /** The class of a value, where the path has looked at the object's type too. */
  protected subclass(path: Path, value: Term): string {
    const className = classOf(value);
    if (className !== "Object") return className;
    const type = this.view(path).type(value);
    let tag = isConstant(type) ? type.value : path.values.get(type.id)?.value;
    // not compared in so many words: is there one type that it can have?
    if (tag === undefined && this.solver.isPossible(path.conditions) && this.solver.last === "counterexample") {
      const [only] = this.solver.values([type]);
      if (only !== null && only !== undefined && this.certain(path, equal(type, constant(only, 8)))) tag = only;
    } else if (tag === undefined && this.solver.last === "undecided") {
      tag = typesAsked(path).find((one) => this.certain(path, equal(type, constant(one, 8))));
    }
    const found = [...this.model.tags].find(([, one]) => one === tag);
    return found?.[0] ?? className;
  }

  protected common(a: string, b: string): string {
    if (a === b || b === "" || this.model.either.get(a)?.includes(b) === true) return a;
    if (this.model.either.get(b)?.includes(a) === true) return b;
    const isObject = (name: string): boolean =>
      name === "Object" || this.model.sources.classes.get(name)?.base === "Object";
    return isObject(a) && isObject(b) ? "Object" : "";
  }
}
