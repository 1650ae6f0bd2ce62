// One path through the kernel: call frames, memory, and the conditions under which it is taken. Stepped by execute.ts.
// Invariant: `facts` holds only terms that are true wherever `conditions` are.

import type { Memory, WordKey } from "./memory.ts";
import { equal, not, type Term } from "./term.ts";
import type { WasmFunction } from "./wasm.ts";

export interface Label {
  /** Index of the block's `end`; a branch to a loop goes back instead. */
  readonly end: number;
  readonly height: number;
  readonly arity: number;
  /** Not 0: a loop; the number of this arrival at it. */
  readonly loop: number;
}

export interface Frame {
  readonly code: WasmFunction;
  next: number;
  locals: Term[];
  stack: Term[];
  labels: Label[];
}

export class Path {
  frames: Frame[] = [];
  conditions: Term[] = [];
  facts = new Set<number>();
  /** Terms that equal a constant here. */
  values = new Map<number, Term>();
  /** Words stored to since the invariant was last shown. */
  pending = new Set<WordKey>();
  /** The state in which the invariant was last known to hold. */
  settled: Memory;
  /** Set when the path's function has returned. */
  result: Term | null = null;
  /** Not 0: the loop arrival that it went back to. */
  back = 0;
  /** Frames that were taken from free memory, and those of them that something names. */
  taken = new Set<Term>();
  named = new Set<Term>();
  /** Objects that this path has made. */
  made = new Set<Term>();
  /** What lists of frames hold where this path has looked or stored. */
  lists = new Map<Term, Term>();
  /** What lies where a timer's node is known to lie. */
  nodes = new Map<Term, Term>();
  /** Number of conditions when it was last asked whether the path can be taken. */
  checked = -1;

  constructor(public memory: Memory) {
    this.settled = memory;
  }

  get top(): Frame {
    return this.frames[this.frames.length - 1] as Frame;
  }

  fork(): Path {
    const copy = new Path(this.memory);
    copy.settled = this.settled;
    copy.frames = this.frames.map((frame) => ({
      ...frame,
      locals: [...frame.locals],
      stack: [...frame.stack],
      labels: [...frame.labels],
    }));
    copy.checked = this.checked;
    copy.conditions = [...this.conditions];
    copy.values = new Map(this.values);
    copy.facts = new Set(this.facts);
    copy.pending = new Set(this.pending);
    copy.taken = new Set(this.taken);
    copy.made = new Set(this.made);
    copy.lists = new Map(this.lists);
    copy.named = new Set(this.named);
    copy.nodes = new Map(this.nodes);
    return copy;
  }

  learn(term: Term): void {
    for (const part of term.op === "all" ? term.args : [term]) this.facts.add(part.id);
  }

  assume(term: Term): void {
    for (const part of term.op === "all" ? term.args : [term]) {
      if (part.op === "true" || this.facts.has(part.id)) continue;
      if (part.op === "any") {
        const open = part.args.filter((one) => !this.knows(not(one)));
        if (open.length === 1) {
          this.assume(open[0] as Term);
          continue;
        }
      }
      this.conditions.push(part);
      this.facts.add(part.id);
      if (part.op === "eq") {
        const [a, b] = part.args as [Term, Term];
        if (b.op === "const") this.values.set(a.id, b);
        else if (a.op === "const") this.values.set(b.id, a);
      }
    }
  }

  knows(term: Term): boolean {
    if (term.op === "true" || this.facts.has(term.id)) return true;
    if (term.op === "not") {
      // x = 2 excludes x = 3
      const [a, b] = (term.args[0] as Term).args;
      if ((term.args[0] as Term).op === "eq" && this.values.has((a as Term).id) && b?.op === "const")
        return this.values.get((a as Term).id) !== b;
      if ((term.args[0] as Term).op === "eq" && b !== undefined && this.values.has(b.id) && a?.op === "const")
        return this.values.get(b.id) !== a;
    }
    if (term.op === "all") return term.args.every((part) => this.knows(part));
    return term.op === "any" && term.args.some((part) => this.knows(part));
  }

  /** The value where this path is: of a choice that is made here, the chosen one. */
  resolve(term: Term): Term {
    if (term.op !== "ite") return term;
    const [condition, a, b] = term.args as [Term, Term, Term];
    if (this.knows(condition)) return this.resolve(a);
    return this.knows(not(condition)) ? this.resolve(b) : term;
  }

  /** Was it taken, and does nothing name it yet? */
  isUnnamed(frame: Term): boolean {
    return this.taken.has(frame) && !this.named.has(frame);
  }

  /** Of those, the ones that a value is made of. */
  unnamedIn(value: Term): Term[] {
    return this.isUnnamed(value) ? [value] : value.args.flatMap((argument) => this.unnamedIn(argument));
  }

  /** The same, which have a name from here on. */
  nameIn(value: Term): Term[] {
    const frames = this.unnamedIn(value);
    for (const frame of frames) this.named.add(frame);
    return frames;
  }

  readonly isDistinct = (a: Term, b: Term): boolean => this.facts.has(not(equal(a, b)).id);

  pop(): Term {
    const value = this.top.stack.pop();
    if (value === undefined) throw new Error(`${this.top.code.name}: the value stack is empty`);
    return value;
  }
  push(value: Term): void {
    this.top.stack.push(value);
  }
}
