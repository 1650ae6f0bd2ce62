// Steps the kernel's instructions over symbolic values. A path forks where a condition can be both ways; a loop runs once
// from any state that its invariant allows; a function with a loop is proved for itself and then stands for its effect.
// Called by prove.ts. Invariant: every access to memory is checked before it is made.

import { classOf, isZero, setClass, setNone } from "./address.ts";
import { type Kind, NUMBER, UNSET } from "./claims.ts";
import { CONTRACTS, ensures, type Kept, listed, requires } from "./contracts.ts";
import { CUTS, Cuts } from "./cuts.ts";
import { FRAMES } from "./devices.ts";
import { ROUNDS_MAX } from "./effects.ts";
import { CHAIN, isSearch, MEMBERS } from "./ends.ts";
import { isAligned as isMultiple } from "./frames.ts";
import { FINDS, HIGHEST, isExact, LOWEST, MOVES, priorities, sets, URGENT, WALKS, walks } from "./guesses.ts";
import { assumptions, globalInvariant } from "./invariant.ts";
import { Memory, type WordKey } from "./memory.ts";
import { merge } from "./merge.ts";
import { View } from "./model.ts";
import { BINARY, COMPARE, LOADS, STORES } from "./opcodes.ts";
import { type Frame, Path } from "./path.ts";
import {
  apply,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  extract,
  fresh,
  implies,
  isConstant,
  isTrue,
  ite,
  not,
  number,
  or,
  type Term,
  truth,
  variable,
} from "./term.ts";
import { begins, moves } from "./timers.ts";
import type { Instruction, WasmFunction } from "./wasm.ts";

interface LoopEffect {
  words: Set<WordKey>;
  globals: Set<number>;
  kinds: Map<number, Kind>;
  /** Locals that may fall below the constant that they begin with. */
  falling: Set<number>;
  /** Locals that change by a constant each time round; null: by something else. */
  steps: Map<number, bigint | null>;
  /** Names of guesses (guesses.ts) that do not hold. */
  refuted: Set<string>;
}
/** How many of its bits are ones. */
const ones = (term: Term): Term => apply(`ones of ${term.width}`, term, term.width);
const PATHS_MAX = 4000;
/** Paths that meet are made one again if they are at most so many. */
const MEET_MAX = 3;

export class Executor extends Cuts {
  paths = 0;
  private readonly loops = new Map<string, LoopEffect>();
  private arrivals = 0;

  /** A state in which the invariant holds and nothing else is known. */
  start(): Path {
    const globals = this.module.globals.map((one) => {
      const term = fresh(`global ${one.name}`, one.width);
      const className = this.model.sources.globals.get(one.name);
      if (className !== undefined) setClass(term, className);
      return term;
    });
    const path = new Path(Memory.initial(globals));
    path.assume(globalInvariant(new View(this.model, path.memory)));
    path.assume(assumptions(new View(this.model, path.memory)));
    path.assume(this.hooks.given);
    return path;
  }

  /** A function from any state that satisfies the invariant, with any arguments of these kinds. */
  prove(fn: WasmFunction, kinds: readonly Kind[], prepare?: (path: Path, args: Term[]) => void): Path[] {
    const path = this.start();
    const args = fn.parameters.map((width, i) => {
      const term = fresh(`argument ${i + 1}`, width);
      const kind = kinds[i] ?? NUMBER;
      const node = CONTRACTS[fn.name]?.node;
      if (node?.argument === i) begins(term, node.isKind);
      if (kind.className !== "") {
        setClass(term, kind.className);
        path.assume(this.isOf(path, kind, term));
      }
      return term;
    });
    path.assume(requires(this.view(path), fn.name, args));
    path.assume(listed(this.view(path), fn.name, args));
    const outer = this.proving;
    this.proving = { name: fn.name, args };
    this.recall(path);
    prepare?.(path, args);
    const before = path.memory;
    this.enter(path, fn, args);
    const cases = CONTRACTS[fn.name]?.cases?.(this.view(path), args) ?? [];
    if (cases.length > 0) this.require(path, or(...cases), `${fn.name}: one of its cases`);
    const begun = cases.map((one) => {
      const copy = path.fork();
      copy.assume(one);
      return copy;
    });
    const ends = this.explore(begun.length > 0 ? begun : [path], null);
    this.proving = outer;
    this.ended(fn.name, ends);
    for (const end of ends) {
      if (end.pending.size > 0 && !this.isAlive(end)) continue;
      this.paths++;
      if (CONTRACTS[fn.name]?.makes === true) this.hasMade(end, before, args);
      this.settle(end, `${fn.name} returns`);
      const then = new View(this.model, before, end.isDistinct);
      const promised = ensures(this.view(end), fn.name, args, end.result ?? constant(0, 32), then);
      this.require(end, promised, `what ${fn.name} promises`);
      for (const kept of CONTRACTS[fn.name]?.keeps ?? [])
        if (kept.within !== undefined) this.callsWithin(end, fn, kept.within);
        else if (kept.isGiven !== true) this.keeps(end, kept, then, fn.name);
      this.staysWithin(end, fn.name, before);
      this.hooks.returning(this, end, before, fn, args);
    }
    return ends;
  }

  private keeps(end: Path, { className, name, holds }: Kept, then: View, by: string): void {
    const table = this.model.tableOf(className);
    const any = variable(`any ${table.name}`, 32);
    setClass(any, className);
    const isKept = implies(this.model.isValid(then.memory, table, any), holds(this.view(end), any, then));
    // most often whoever was called last kept it too
    const said = this.model.keys(className, name).flatMap((key) => this.model.related(end.memory.epochOf(key), any));
    if (this.solver.follows(said, isKept)) return;
    this.require(end, isKept, `${by} keeps ${className}.${name}`);
  }

  /** What is called by its contract has changed nothing but what that names. (Of an object that ends: its contract's word.) */
  private staysWithin(path: Path, name: string, before: Memory): void {
    const contract = CONTRACTS[name];
    if (contract?.words === undefined || contract.ends !== undefined) return;
    const words = this.withNarrow(new Set(contract.words(this.model)));
    const beyond: string[] = path.memory.changes(before).filter((key) => !words.has(key));
    path.memory.globals.forEach((value, i) => {
      const global = this.module.globals[i]?.name ?? "";
      const isNamed = contract.globals?.includes(global) === true || contract.anyGlobal?.test(global) === true;
      if (value !== before.globals[i] && !isNamed) beyond.push(global);
    });
    for (const what of beyond) this.require(path, truth(false), `${name}: ${what} is not among what it may change`);
  }

  protected enter(path: Path, fn: WasmFunction, args: Term[]): void {
    const locals = [...args, ...fn.locals.map((width) => constant(0, width))];
    path.frames.push({
      code: fn,
      next: 0,
      locals,
      stack: [],
      labels: [{ end: fn.code.length - 1, height: 0, arity: fn.result === 0 ? 0 : 1, loop: 0 }],
    });
  }

  /** Runs paths to their ends, or until they leave the loop of `scope` or go back to its start. */
  private explore(start: Path[], scope: { frames: number; labels: number; loop: number } | null): Path[] {
    const work = [...start];
    const ends: Path[] = [];
    for (let path = work.pop(); path !== undefined; path = work.pop()) {
      if (ends.length + work.length > PATHS_MAX) throw new Error(`${path.top.code.name}: more than ${PATHS_MAX} paths`);
      for (;;) {
        if (path.frames.length === 0 || path.back !== 0) break;
        const depth = path.frames.length;
        if (
          scope !== null &&
          (depth < scope.frames || (depth === scope.frames && path.top.labels.length < scope.labels))
        )
          break;
        const more = this.step(path);
        if (more === null) {
          path.back = -1;
          break;
        }
        work.push(...more);
      }
      if (path.back !== -1) ends.push(path);
    }
    return ends;
  }

  // ---- control ----

  private decide(path: Path, condition: Term): [boolean, boolean] {
    if (path.knows(condition)) return [true, false];
    if (path.knows(not(condition))) return [false, true];
    // Both ways are followed without asking: one that is impossible proves whatever is claimed on it, and ends where
    // isAlive() is asked.
    return [true, true];
  }

  private branch(path: Path, depth: number): void {
    const frame = path.top;
    const label = frame.labels[frame.labels.length - 1 - depth];
    if (label === undefined) throw new Error(`${frame.code.name}: a branch out of the function`);
    if (label.loop !== 0) {
      path.back = label.loop;
      frame.labels.length -= depth;
      return;
    }
    const result = label.arity === 1 ? path.pop() : null;
    frame.stack.length = label.height;
    if (result !== null) frame.stack.push(result);
    frame.labels.length -= depth + 1;
    frame.next = label.end + 1;
    if (frame.labels.length === 0) this.leave(path);
  }

  private leave(path: Path): void {
    const frame = path.frames.pop() as Frame;
    const result = frame.code.result === 0 ? null : (frame.stack[frame.stack.length - 1] as Term);
    if (path.frames.length === 0) path.result = result;
    else if (result !== null) path.push(result);
  }

  /** A frame that was just taken becomes what a global names it as. */
  private globalNames(path: Path, name: string, value: Term): void {
    const isUsed = FRAMES[name];
    if (isUsed === undefined) return;
    for (const frame of path.nameIn(value)) path.assume(isUsed(frame));
  }

  /** One instruction. Answers the forks that it makes; null: the path ends here. */
  private step(path: Path): Path[] | null {
    const frame = path.top;
    const instruction = frame.code.code[frame.next++] as Instruction;
    const { op, value } = instruction;
    const compared = COMPARE[op];
    const binary = BINARY[op];
    if (compared !== undefined) {
      const b = compared.unary ? constant(0, compared.width) : path.pop();
      const a = path.pop();
      path.push(number(compared.make(a, b)));
    } else if (binary !== undefined) {
      const b = path.pop();
      const a = path.pop();
      if (binary.endsWith("div") || binary.endsWith("rem")) this.require(path, isTrue(b), "the divisor is not zero");
      const result = isConstant(b) ? arithmetic(binary, a, b) : this.operate(path, binary, a, b);
      if (result.op === "urem") path.assume(compare("ult", result, b)); // b is not 0
      path.push(result);
    } else if (LOADS[op] !== undefined || STORES[op] !== undefined) return this.reach(path, instruction);
    else {
      const height = frame.stack.length;
      switch (op) {
        case 0x00:
          this.require(path, truth(false), "unreachable is not reached");
          return null;
        case 0x01:
          break;
        case 0x02:
          frame.labels.push({ end: instruction.end, height, arity: instruction.arity, loop: 0 });
          return CUTS.test(frame.code.name) ? this.block(path, instruction.end) : [];
        case 0x03:
          return this.loop(path, instruction);
        case 0x04: {
          const condition = isTrue(path.pop());
          return this.join2(path, instruction.end, frame.labels.length, condition, (taken, yes) => {
            if (!yes && taken.top.code.code[instruction.otherwise]?.op !== 0x05) taken.top.next = instruction.end + 1;
            else {
              taken.top.labels.push({ end: instruction.end, height: height - 1, arity: instruction.arity, loop: 0 });
              if (!yes) taken.top.next = instruction.otherwise + 1;
            }
          });
        }
        case 0x05:
          frame.labels.pop();
          frame.next = instruction.end + 1;
          break;
        case 0x0b:
          frame.labels.pop();
          if (frame.labels.length === 0) this.leave(path);
          break;
        case 0x0c:
          this.branch(path, Number(value));
          break;
        case 0x0d:
          return this.fork(path, isTrue(path.pop()), (taken, yes) => {
            if (yes) this.branch(taken, Number(value));
          });
        case 0x0e:
          return this.table(path, instruction, path.pop());
        case 0x0f:
          this.branch(path, frame.labels.length - 1);
          break;
        case 0x10:
          return this.call(path, this.module.functions[Number(value)] as WasmFunction);
        case 0x1a:
          path.pop();
          break;
        case 0x1b: {
          const condition = isTrue(path.pop());
          const b = path.pop();
          path.push(ite(condition, path.pop(), b));
          break;
        }
        case 0x20:
          path.push(path.resolve(frame.locals[Number(value)] as Term));
          break;
        case 0x21:
          frame.locals[Number(value)] = path.pop();
          break;
        case 0x22:
          frame.locals[Number(value)] = frame.stack[height - 1] as Term;
          break;
        case 0x23:
          path.push(path.memory.globals[Number(value)] as Term);
          break;
        case 0x24:
          this.globalNames(path, this.module.globals[Number(value)]?.name ?? "", frame.stack[height - 1] as Term);
          path.memory = path.memory.withGlobal(Number(value), path.pop());
          break;
        case 0x41:
          path.push(constant(value, 32));
          break;
        case 0x42:
          path.push(constant(value, 64));
          break;
        case 0x67:
        case 0x68:
        case 0x79:
        case 0x7a: {
          const a = path.pop();
          const count = fresh("count", a.width);
          path.assume(compare("ule", count, constant(a.width, a.width)));
          path.assume(implies(isTrue(a), compare("ult", count, constant(a.width, a.width))));
          if (op === 0x68 && HIGHEST.test(frame.code.name)) path.assume(isMultiple(a, count));
          // what is left of x behind its zeros from the left begins with a one
          if (op === 0x67 && HIGHEST.test(frame.code.name)) {
            const behind = arithmetic("lshr", a, arithmetic("sub", constant(31, 32), count));
            path.assume(implies(isTrue(a), equal(behind, constant(1, 32))));
          }
          // counting x's zeros from the right: x - 1 has a one for each
          if (op === 0x68 || op === 0x7a)
            path.assume(compare("ule", count, ones(arithmetic("sub", a, constant(1, a.width)))));
          if (op === 0x68 && LOWEST.test(frame.code.name))
            path.assume(
              implies(isTrue(a), isTrue(arithmetic("and", arithmetic("lshr", a, count), constant(1, a.width)))),
            );
          path.push(count);
          break;
        }
        case 0x69:
        case 0x7b: {
          const count = ones(path.pop());
          path.assume(compare("ule", count, constant(count.width, count.width)));
          path.push(count);
          break;
        }
        case 0xa7:
          path.push(extract(path.pop(), 0, 32));
          break;
        case 0xac:
          path.push(extend("sext", path.pop(), 64));
          break;
        case 0xad:
          path.push(extend("zext", path.pop(), 64));
          break;
        case 0xc0:
        case 0xc1:
        case 0xc2:
        case 0xc3:
        case 0xc4: {
          const bits = op === 0xc0 || op === 0xc2 ? 8 : op === 0xc4 ? 32 : 16;
          const a = path.pop();
          path.push(extend("sext", extract(a, 0, bits), a.width));
          break;
        }
        case 0x77:
        case 0x78:
        case 0x89:
        case 0x8a: {
          const count = path.pop();
          const a = path.pop();
          const by = arithmetic("and", count, constant(a.width - 1, a.width));
          const other = arithmetic("and", arithmetic("sub", constant(0, a.width), by), constant(a.width - 1, a.width));
          const isLeft = op === 0x77 || op === 0x89;
          path.push(
            arithmetic("or", arithmetic("shl", a, isLeft ? by : other), arithmetic("lshr", a, isLeft ? other : by)),
          );
          break;
        }
        case 0xfc0a:
          this.copy(path);
          break;
        case 0xfc0b:
          this.fill(path);
          break;
        default:
          throw new Error(`${frame.code.name}: instruction 0x${op.toString(16)} cannot be executed`);
      }
    }
    return [];
  }

  /** Of a quotient or a remainder by what is no constant only the bounds are said: its bits are hard to find. */
  private operate(path: Path, op: string, a: Term, b: Term): Term {
    if (op !== "udiv" && op !== "urem") return arithmetic(op, a, b);
    const result = fresh(op, a.width);
    path.assume(compare("ule", result, a));
    if (op === "urem") path.assume(compare("ult", result, b));
    return result;
  }

  private fork(path: Path, condition: Term, take: (path: Path, yes: boolean) => void): Path[] {
    const [yes, no] = this.decide(path, condition);
    const other = yes && no ? path.fork() : null;
    if (other !== null) {
      path.assume(condition);
      other.assume(not(condition));
    }
    take(path, yes);
    if (other === null) return [];
    take(other, false);
    return [other];
  }

  /** Both arms of an `if`, and one path again where they meet, if that can be said in few words. */
  private join2(
    path: Path,
    end: number,
    labels: number,
    condition: Term,
    take: (path: Path, yes: boolean) => void,
  ): Path[] {
    const base = path.fork();
    const forks = this.fork(path, condition, take);
    if (forks.length === 0) return [];
    const scope = { frames: base.frames.length, labels: labels + 1, loop: 0 };
    const copy = path.fork();
    const ends = this.explore([copy, ...forks], scope);
    const meet = ends.filter(
      (one) =>
        one.back === 0 &&
        one.frames.length === base.frames.length &&
        one.top.labels.length === labels &&
        one.top.next === end + 1,
    );
    const rest = ends.filter((one) => !meet.includes(one));
    const { name } = base.top.code;
    const isApart = /region_fill$/.test(name) || CONTRACTS[name]?.makes === true;
    const mayMeet = meet.length > 1 && meet.length <= MEET_MAX && !isApart;
    const merged = (mayMeet ? merge(base, meet) : null) ?? (CUTS.test(name) ? this.cut(base, meet) : null);
    return this.goOn(path, merged === null ? ends : [...rest, merged]);
  }

  private goOn(path: Path, list: Path[]): Path[] {
    const first = list.pop();
    if (first === undefined) path.back = -1;
    else this.become(path, first);
    return list;
  }

  /** A block, and few paths again behind it. */
  private block(path: Path, end: number): Path[] {
    const base = path.fork();
    base.top.labels.pop();
    const labels = base.top.labels.length;
    const ends = this.explore([path.fork()], { frames: base.frames.length, labels: labels + 1, loop: 0 });
    const isHere = (one: Path): boolean =>
      one.back === 0 &&
      one.frames.length === base.frames.length &&
      one.top.labels.length === labels &&
      one.top.next === end + 1;
    const meet = ends.filter(isHere);
    const isFew = meet.length > 1 && meet.length <= MEET_MAX;
    const cut = (isFew ? merge(base, meet) : null) ?? this.cut(base, meet);
    return this.goOn(path, cut === null ? ends : [...ends.filter((one) => !meet.includes(one)), cut]);
  }

  private become(path: Path, other: Path): void {
    const { frames, conditions, facts, values, checked, back, result, memory } = other;
    const { settled, pending, taken, named, made, lists, nodes } = other;
    Object.assign(path, {
      frames,
      conditions,
      facts,
      values,
      checked,
      back,
      result,
      memory,
      settled,
      pending,
      taken,
      named,
      made,
      lists,
      nodes,
    });
  }

  private table(path: Path, instruction: Instruction, index: Term): Path[] | null {
    const last = instruction.targets.length - 1;
    const forks: Path[] = [];
    instruction.targets.forEach((target, i) => {
      const condition = i === last ? compare("ule", constant(last, 32), index) : equal(index, constant(i, 32));
      if (!this.decide(path, condition)[0]) return;
      const taken = path.fork();
      taken.assume(condition);
      this.branch(taken, target);
      forks.push(taken);
    });
    const first = forks.pop();
    if (first === undefined) return null;
    this.become(path, first);
    return forks;
  }

  /** The loop's body once, from any state that what it changes may be in. */
  private loop(path: Path, instruction: Instruction): Path[] | null {
    const frame = path.top;
    const key = `${frame.code.index}:${frame.next}`;
    const changed = new Set<number>();
    for (let i = frame.next; i < instruction.end; i++) {
      const one = frame.code.code[i] as Instruction;
      if (one.op === 0x21 || one.op === 0x22) changed.add(Number(one.value));
    }
    if (!this.isAlive(path)) return null;
    this.settle(path, `a loop of ${frame.code.name} begins`);
    const isWalk = WALKS.test(frame.code.name);
    const isChain =
      CHAIN.test(frame.code.name) && !frame.code.code.slice(0, frame.next - 1).some((one) => one.op === 0x03);
    const guess = (isWalk ? undefined : this.loops.get(key)) ?? {
      words: new Set<WordKey>(),
      globals: new Set<number>(),
      kinds: new Map<number, Kind>(),
      falling: new Set<number>(),
      steps: new Map<number, bigint | null>(),
      refuted: new Set<string>(),
    };
    this.loops.set(key, guess);
    // a counter that begins with a constant other than 0 stays at it or above: guessed, and shown where the loop goes round
    const first = [...frame.locals];
    const rises = (local: number, value: Term): Term | null => {
      const from = first[local] as Term;
      return isConstant(from) && from.value !== 0n && !guess.falling.has(local) ? compare("ule", from, value) : null;
    };
    const scope = { frames: path.frames.length, labels: frame.labels.length + 1, loop: 0 };
    const limits = frame.code.code.slice(frame.next, instruction.end).filter((one) => one.op === 0x41);
    const guesses = isWalk
      ? walks(this, path, changed, new Set(limits.map((one) => one.value)))
      : URGENT.test(frame.code.name)
        ? priorities(this, path, changed)
        : MOVES.test(frame.code.name)
          ? moves(this, path, changed)
          : sets(this, path, changed);
    // rounds that only look for what the loop changes show nothing; the last one shows all
    const isOuterTrial = this.isTrial;
    let isLast = isOuterTrial;
    for (let round = 0; round < 2 * ROUNDS_MAX; round++) {
      for (const local of changed) {
        const value = frame.locals[local] as Term;
        const isNone = isZero(value) && guess.kinds.get(local) === UNSET;
        if (!isNone || !FINDS.test(frame.code.name)) this.widen(path, guess.kinds, local, value);
      }
      const kept = [...this.findings];
      this.isTrial = isOuterTrial || !isLast;
      const head = path.fork();
      this.forget(head, guess.words, guess.globals);
      head.lists.clear();
      const nones = new Set<number>();
      const stepping = [...changed].filter((local) => typeof guess.steps.get(local) === "bigint");
      const isCounted = isExact(
        stepping.map((local) => [frame.locals[local] as Term, guess.steps.get(local) as bigint]),
        frame.code.name,
      );
      const times = extend("zext", fresh("times round", 32), 64); // fewer than 2^32: shown where it goes round
      for (const local of changed) {
        const step = isCounted ? guess.steps.get(local) : null;
        if (typeof step === "bigint") {
          const { width } = frame.locals[local] as Term;
          const by = arithmetic("mul", extract(times, 0, width), constant(step, width));
          head.top.locals[local] = arithmetic("add", frame.locals[local] as Term, by);
          continue;
        }
        const kind = guess.kinds.get(local) as Kind;
        const term = fresh("local", (frame.locals[local] as Term).width);
        if (kind === UNSET && FINDS.test(frame.code.name)) {
          nones.add(local);
          setNone(term);
          head.assume(equal(term, constant(0, term.width)));
        }
        if (kind.className !== "") {
          setClass(term, kind.className);
          // assumption "lists" of docs/proof.md: who looks for a member of a list finds it before the list ends
          const isSome = kind.isSome || MEMBERS.test(frame.code.name) || isChain || isSearch(frame, instruction.end);
          head.assume(this.isOf(head, { ...kind, isSome }, term));
        }
        const atLeast = rises(local, term);
        if (atLeast !== null) head.assume(atLeast);
        head.top.locals[local] = term;
      }
      const loop = ++this.arrivals;
      head.top.labels.push({ end: instruction.end, height: frame.stack.length, arity: instruction.arity, loop });
      const believed = guesses.filter((one) => !guess.refuted.has(one.name));
      for (const one of believed) head.assume(one.holds(head.top.locals, this.view(head)));
      const begun = head.memory;
      const heads = [...head.top.locals];
      const all = this.explore([head], { ...scope, loop });
      const backs = all.filter((one) => one.back === loop);
      let isStable = true;
      for (const one of backs) {
        for (const word of one.memory.changes(begun))
          if (!guess.words.has(word)) {
            guess.words.add(word);
            isStable = false;
          }
        one.memory.globals.forEach((value, i) => {
          if (value !== begun.globals[i] && !guess.globals.has(i)) {
            guess.globals.add(i);
            isStable = false;
          }
        });
        for (const local of changed) {
          const value = one.top.locals[local] as Term;
          const isNone = nones.has(local) && isZero(value);
          if (!isNone && this.widen(one, guess.kinds, local, value)) isStable = false;
          if (nones.has(local) && guess.kinds.get(local) !== UNSET) isStable = false;
          const atLeast = rises(local, value);
          if (atLeast === null || this.certain(one, atLeast)) continue;
          guess.falling.add(local);
          isStable = false;
        }
        if (isWalk && !this.keepsStep(one, guess, isCounted ? times : null, heads, changed)) isStable = false;
        for (const guessed of believed) {
          if (guess.refuted.has(guessed.name) || this.certain(one, guessed.holds(one.top.locals, this.view(one))))
            continue;
          guess.refuted.add(guessed.name);
          isStable = false;
        }
        if (isStable) this.settle(one, `a loop of ${frame.code.name} goes round`);
      }
      this.isTrial = isOuterTrial;
      if (isStable && isLast) {
        const exits = all.filter((one) => one.back !== loop);
        const first = exits.pop();
        if (first === undefined) return null;
        this.become(path, first);
        return exits;
      }
      isLast = isStable || isOuterTrial;
      this.findings = kept;
    }
    throw new Error(`${frame.code.name}: a loop's effect does not settle`);
  }

  /** Does every local go on by its constant? What it is, is learned where the loop first goes round. */
  private keepsStep(
    back: Path,
    guess: LoopEffect,
    times: Term | null,
    heads: readonly Term[],
    changed: ReadonlySet<number>,
  ): boolean {
    let isKept = true;
    for (const local of changed) {
      const [before, now] = [heads[local] as Term, back.top.locals[local] as Term];
      const known = guess.steps.get(local);
      if (known === null) continue;
      const by = arithmetic("sub", now, before);
      const step = now.op === "add" && now.args[0] === before ? (now.args[1] as Term) : by;
      const next = isConstant(step) && classOf(before) === "" ? BigInt.asIntN(step.width, step.value) : null;
      if (known === undefined) {
        guess.steps.set(local, next);
        if (next !== null) isKept = false;
      } else if (times !== null && known !== next && !this.certain(back, equal(by, constant(known, by.width)))) {
        guess.steps.set(local, null);
        isKept = false;
      }
    }
    const steps = [...guess.steps].filter((pair): pair is [number, bigint] => pair[1] !== null);
    if (times === null)
      return (
        isKept ||
        !isExact(
          steps.map(([local, step]) => [heads[local] as Term, step]),
          back.top.code.name,
        )
      );
    this.require(
      back,
      compare("ult", arithmetic("add", times, constant(1, 64)), constant(1n << 32n, 64)),
      "a loop ends",
    );
    return isKept;
  }
}
