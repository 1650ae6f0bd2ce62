// Ways through a function that meet behind an `if` or a block, where merge.ts cannot say what they have in common: each shows the
// invariant, and one goes on of which only that is known, and what none of them has changed. Between effects.ts and execute.ts.
// Invariant: it is what a loop's head does (execute.ts): whatever a way was in is one of the states that the one may be in.

import { infer, setClass } from "./address.ts";
import { CONTRACTS } from "./contracts.ts";
import { Effects } from "./effects.ts";
import type { WordKey } from "./memory.ts";
import type { Frame, Path } from "./path.ts";
import { constant, equal, fresh, isConstant, or, type Term } from "./term.ts";

/** Functions with many ways that meet: of so many and more only what the invariant says is known behind them. */
export const CUTS =
  /^kernel\/(index\/(interrupt|schedule|choose)|thread\/scheduler\/pick|object\/destroy\/domain_end)$/;
const CUT_MIN = 2;

/** Is a local read from here on? */
const isRead = (frame: Frame, local: number): boolean =>
  frame.code.code.some(
    ({ op, value }, at) =>
      op === 0x20 && Number(value) === local && (at >= frame.next || frame.labels.some((one) => one.loop !== 0)),
  );

export abstract class Cuts extends Effects {
  /** Paths that meet as one of which is known what the invariant says, and what none of them has changed. null: they are few. */
  protected cut(base: Path, all: readonly Path[]): Path | null {
    if (all.length < CUT_MIN || all.some((one) => one.made.size > 0)) return null;
    const meet = all.filter((one) => this.solver.isPossible(one.conditions));
    const first = meet[0];
    // what is about to be decided is not forgotten
    if (first === undefined || !meet.every((one) => one.top.stack.every((value, i) => value === first.top.stack[i])))
      return null;
    const words = new Set<WordKey>();
    const globals = new Set<number>();
    for (const one of meet) {
      this.settle(one, `ways of ${one.top.code.name} meet`);
      for (const word of one.memory.changes(base.memory)) words.add(word);
      one.memory.globals.forEach((value, i) => {
        if (value !== base.memory.globals[i]) globals.add(i);
      });
    }
    const { name, args } = this.proving;
    const staying = (path: Path): readonly Term[] => CONTRACTS[name]?.stays?.(this.view(path), args) ?? [];
    const isKept = staying(base).map((_, i) => meet.every((one) => this.certain(one, staying(one)[i] as Term)));
    const cut = base.fork();
    this.forget(cut, words, globals);
    for (const one of staying(cut).filter((_, i) => isKept[i])) cut.assume(one);
    cut.frames = first.frames.map((frame) => ({
      ...frame,
      locals: [...frame.locals],
      stack: [...frame.stack],
      labels: [...frame.labels],
    }));
    cut.pending.clear();
    cut.lists.clear();
    const choose = (values: readonly Term[]): Term => this.anyOf(cut, meet, values);
    cut.frames.forEach((frame, f) => {
      frame.locals = frame.locals.map((value, i) =>
        isRead(frame, i) ? choose(meet.map((one) => one.frames[f]?.locals[i] as Term)) : fresh("unread", value.width),
      );
      frame.stack = frame.stack.map((_, i) => choose(meet.map((one) => one.frames[f]?.stack[i] as Term)));
    });
    for (const one of meet) for (const frame of one.taken) cut.taken.add(frame);
    for (const one of meet) for (const frame of one.named) cut.named.add(frame);
    return cut;
  }

  /** One of these values, each on its path. */
  private anyOf(cut: Path, meet: readonly Path[], values: readonly Term[]): Term {
    const [one] = values as [Term];
    if (values.every((value) => value === one)) return one;
    const term = fresh("one of them", one.width);
    if (values.every(isConstant)) cut.assume(or(...new Set(values.map((value) => equal(term, value)))));
    else if (one.width === 32) {
      // of a local that holds something else on each nothing is known
      const classes = new Set(
        values.filter((value) => !isConstant(value) || value.value !== 0n).map((value) => infer(this.model, value)),
      );
      const [className = ""] = classes;
      if (classes.size !== 1 || className === "" || !this.model.hasTable(className)) return term;
      const none = (value: Term): Term => equal(value, constant(0, 32));
      const isGood = (path: Path, value: Term): Term => this.view(path).isGood(className, value);
      const isSome = values.every((value, i) => this.certain(meet[i] as Path, isGood(meet[i] as Path, value)));
      const isKnown = (path: Path, value: Term): boolean =>
        this.certain(path, isSome ? isGood(path, value) : or(none(value), isGood(path, value)));
      if (!values.every((value, i) => isKnown(meet[i] as Path, value))) return term;
      setClass(term, className);
      cut.assume(this.isOf(cut, { className, isSome }, term));
    }
    return term;
  }
}
