// What functions do to a state: called by their contracts, or proved once for all their callers and then standing for their
// effects. Between access.ts and execute.ts. Invariant: what could not be shown in a function is a finding of whoever stands on it.

import { Access } from "./access.ts";
import { type StaticArray, setClass } from "./address.ts";
import { type Finding, type Hooks, type Kind, NUMBER, UNSET } from "./claims.ts";
import { CONTRACTS, type Contract, ensures, requires } from "./contracts.ts";
import { globalInvariant } from "./invariant.ts";
import { type Memory, type WordKey, wordKey } from "./memory.ts";
import { type Model, View } from "./model.ts";
import type { Path } from "./path.ts";
import type { Solver } from "./solver.ts";
import { compare, constant, equal, fresh, isConstant, or, type Term } from "./term.ts";
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

/** Rounds in which an effect must settle. */
export const ROUNDS_MAX = 12;

export abstract class Effects extends Access {
  private readonly summaries = new Map<number, Summary>();
  private readonly summarised = new Set<number>();
  /** Functions that the present proof stands on. */
  private uses = new Set<number>();

  constructor(
    module: WasmModule,
    model: Model,
    solver: Solver,
    arrays: readonly StaticArray[],
    hooks: Hooks,
    inlined: RegExp,
  ) {
    super(module, model, solver, arrays, hooks);
    const calls = module.functions.map(
      (fn) => new Set(fn.code.filter((i) => i.op === 0x10).map((i) => Number(i.value))),
    );
    const reaches = (from: number, to: number): boolean => {
      const seen = new Set<number>();
      const list = [...(calls[from] ?? [])];
      for (let next = list.pop(); next !== undefined; next = list.pop()) {
        if (next === to) return true;
        if (!seen.has(next)) {
          seen.add(next);
          list.push(...(calls[next] ?? []));
        }
      }
      return false;
    };
    const forks = (fn: WasmFunction): number =>
      fn.code.filter((i) => i.op === 0x04 || i.op === 0x0d || i.op === 0x0e).length;
    for (const fn of module.functions) {
      const hasLoop = fn.code.some((i) => i.op === 0x03);
      const isOwn = CONTRACTS[fn.name] !== undefined;
      if (isOwn || ((hasLoop || reaches(fn.index, fn.index) || forks(fn) > 3) && !inlined.test(fn.name)))
        this.summarised.add(fn.index);
    }
  }

  abstract prove(fn: WasmFunction, kinds: readonly Kind[], prepare?: (path: Path, args: Term[]) => void): Path[];
  protected abstract enter(path: Path, fn: WasmFunction, args: Term[]): void;

  /** Words and globals become anything that the invariant allows. */
  protected forget(path: Path, words: ReadonlySet<WordKey>, globals: ReadonlySet<number>): void {
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
    path.memory = path.memory.havoc(this.withNarrow(words), next);
    path.assume(globalInvariant(this.view(path)));
    // assumption "holds" of docs/proof.md: what a function goes on naming has not ended meanwhile
    for (const isStill of held) path.assume(isStill(this.view(path)));
  }

  /** What is known of the types of objects in the locals of the path: none, or an object of one type. */
  private held(path: Path): ((view: View) => Term)[] {
    const list = new Map<Term, (view: View) => Term>();
    for (const term of path.frames.flatMap((frame) => [...frame.locals, ...frame.stack])) {
      if (term.width !== 32 || isConstant(term) || list.has(term)) continue;
      const tag = this.model.tags.get(this.subclass(path, term));
      if (tag === undefined) continue;
      const isGood = (view: View): Term => equal(view.type(term), constant(tag, 8));
      const isNone = equal(term, constant(0, 32));
      if (this.certain(path, isGood(this.view(path)))) list.set(term, isGood);
      else if (this.certain(path, or(isNone, isGood(this.view(path)))))
        list.set(term, (view) => or(isNone, isGood(view)));
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
    this.settle(path, `${fn.name} is called`);
    this.require(path, requires(this.view(path), fn.name, args), `what ${fn.name} expects`);
    const contract = CONTRACTS[fn.name];
    contract?.parameters?.forEach((text, i) => {
      const kind = kindOf(text);
      if (kind.className !== "" && !text.endsWith("?"))
        this.require(path, this.isOf(path, kind, args[i] as Term), `${fn.name}: argument ${i + 1} is a ${text}`);
    });
    const before = path.memory;
    const byContract = contract?.trusted !== undefined || contract?.words !== undefined;
    const result = byContract ? this.agreed(path, fn, contract) : this.proved(path, fn, args);
    const then = new View(this.model, before, path.isDistinct);
    path.assume(ensures(this.view(path), fn.name, args, result ?? constant(0, 32), then));
    if (result !== null) path.push(result);
    return [];
  }

  /** The answer of a function that has been proved, and its effect. */
  private proved(path: Path, fn: WasmFunction, args: Term[]): Term | null {
    const summary = this.summary(path, fn, args);
    this.forget(path, summary.words, summary.globals);
    return fn.result === 0 ? null : this.answer(path, fn, summary);
  }

  /** The answer of a function that is called by its contract, and all that it may change. */
  private agreed(path: Path, fn: WasmFunction, contract: Contract): Term | null {
    this.uses.add(fn.index);
    const globals = this.module.globals.flatMap((one, i) =>
      contract.globals?.includes(one.name) || contract.anyGlobal?.test(one.name) ? [i] : [],
    );
    this.forget(path, new Set(contract.words?.(this.model)), new Set(globals));
    if (fn.result === 0) return null;
    const result = fresh(`${fn.name.replace(/.*\//, "")}()`, fn.result);
    const kind = kindOf(contract.result ?? "");
    if (kind.className === "") return result;
    setClass(result, kind.className);
    path.assume(this.isOf(path, kind, result));
    return result;
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
    const [findings, uses] = [this.findings, this.uses];
    this.findings = [];
    this.uses = new Set();
    prove();
    const own = { findings: this.findings, uses: this.uses };
    this.findings = findings;
    this.uses = uses;
    return own;
  }

  /** What a proof stands on, however far down: findings there, and functions that are trusted. */
  below(uses: ReadonlySet<number>): { findings: readonly Finding[]; trusted: readonly string[] } {
    const all = new Set(uses);
    for (const index of all) for (const next of this.summaries.get(index)?.uses ?? []) all.add(next);
    const names = [...all].map((index) => (this.module.functions[index] as WasmFunction).name);
    return {
      findings: [...all].flatMap((index) => this.summaries.get(index)?.findings ?? []),
      trusted: names.filter((name) => CONTRACTS[name]?.trusted !== undefined).sort(),
    };
  }

  private summarise(fn: WasmFunction, summary: Summary): void {
    Object.assign(
      summary,
      this.apart(() => this.settleEffect(fn, summary)),
    );
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
