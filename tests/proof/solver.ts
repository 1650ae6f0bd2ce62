// z3 behind a stack of assertions that follows the executor's path. Called by execute.ts.
// Invariant: whatever was asserted for a prefix of the path stays asserted while the path goes on; "unknown" is never
// taken for "proved".

import { init } from "z3-solver";
import { not, number, type Term } from "./term.ts";

type Z3Api = Awaited<ReturnType<typeof init>>;
type Ast = ReturnType<Z3Api["Z3"]["mk_true"]>;
type Z3Solver = ReturnType<Z3Api["Z3"]["mk_solver"]>;

/**
 * z3 gives up on one query after this much work: a count of its own, so that the machine's load changes nothing. A query is asked
 * first of the solver that follows the path, for a short while; then of one made for it alone, which sees it whole and simplifies
 * it first (0.1 to 4 s where the first takes 5 s or gives up); then of the first again.
 */
const WORK_LIMIT = 15_000_000;
const WORK_FIRST = 1_500_000;
/** A claim that none of the three decides is asked once more of a solver of its own: one of 1,900 of gate_region_map took 22 s. */
const WORK_LAST = 90_000_000;
/** What may well be untrue, and only helps where it is true, is worth so much of the second. */
const WORK_GUESS = 1_500_000;
const WORK_NONE = 0;
/**
 * Every question is asked first with what the invariant says of the terms of the path, of the terms of that, and once more: 200 sentences
 * where there are 4,000. What follows from some of them follows from all.
 */
const NEAR = 2;
const WORK_NEAR = 1_000_000;
const EVERYTHING = Number.POSITIVE_INFINITY;
const LOGIC = "QF_UFBV";
const UNSATISFIABLE = -1;
const SATISFIABLE = 1;
const UNKNOWN = 0;
const Z3_TRUE = 1;

/** Assertions that follow the executor's path, with what the invariant says of them, of what that reads, and so on: so many steps. */
class Trail {
  private readonly stack: Term[] = [];
  /** Axioms asserted at each depth, with the number of steps to them; and all that is. */
  private asserted: Map<number, number>[] = [new Map()];
  private lines: Ast[][] = [[]];

  constructor(
    private readonly api: Z3Api,
    private readonly context: ReturnType<Z3Api["Z3"]["mk_context"]>,
    readonly solver: Z3Solver,
    private readonly reach: number,
    private readonly convert: (term: Term) => Ast,
    private readonly axioms: (term: Term) => readonly Term[],
  ) {}

  get all(): readonly Ast[] {
    return this.lines.flat();
  }
  get depth(): number {
    return this.stack.length;
  }

  /** Makes the path's conditions the asserted ones. */
  align(path: readonly Term[]): void {
    let common = 0;
    while (common < path.length && common < this.stack.length && path[common] === this.stack[common]) common++;
    this.drop(common);
    for (const term of path.slice(common)) this.push(term);
  }

  push(term: Term): void {
    this.api.Z3.solver_push(this.context, this.solver);
    this.stack.push(term);
    this.asserted.push(new Map());
    this.lines.push([]);
    this.assert(term, 0);
  }

  private assert(term: Term, steps: number): void {
    const known = steps === 0 ? undefined : this.asserted.find((one) => one.has(term.id))?.get(term.id);
    if (known !== undefined && (known <= steps || this.reach === EVERYTHING)) return;
    if (steps > 0) (this.asserted[this.asserted.length - 1] as Map<number, number>).set(term.id, steps);
    if (known === undefined) {
      const line = this.convert(term);
      this.api.Z3.solver_assert(this.context, this.solver, line);
      (this.lines[this.lines.length - 1] as Ast[]).push(line);
    }
    if (steps < this.reach) for (const axiom of this.axioms(term)) this.assert(axiom, steps + 1);
  }

  drop(depth: number): void {
    const surplus = this.stack.length - depth;
    if (surplus <= 0) return;
    this.api.Z3.solver_pop(this.context, this.solver, surplus);
    this.stack.length = depth;
    this.asserted.length = depth + 1;
    this.lines.length = depth + 1;
  }
}

export class Solver {
  queries = 0;
  /** Guesses are worth as much as claims. Slow, and now and then what a proof needs. */
  isThorough = false;
  private readonly terms = new Map<number, Ast>();
  private readonly whole: Trail;
  private readonly near: Trail;
  /** Made for the last query alone; null: another solver answered it. */
  private alone: Z3Solver | null = null;
  /** Who found the last counterexample. */
  private finder: Z3Solver;
  /** The invariant at the terms that an assertion mentions. */
  axioms: (term: Term) => readonly Term[] = () => [];

  private constructor(
    private readonly api: Z3Api,
    private readonly context: ReturnType<Z3Api["Z3"]["mk_context"]>,
  ) {
    const trail = (reach: number): Trail => {
      const solver = api.Z3.mk_simple_solver(context);
      api.Z3.solver_inc_ref(context, solver);
      const convert = (term: Term): Ast => this.convert(term);
      return new Trail(api, context, solver, reach, convert, (term) => this.axioms(term));
    };
    this.whole = trail(EVERYTHING);
    this.near = trail(NEAR);
    this.finder = this.whole.solver;
  }

  static async create(): Promise<Solver> {
    const api = await init();
    const config = api.Z3.mk_config();
    const context = api.Z3.mk_context(config);
    return new Solver(api, context);
  }

  private limit(solver: Z3Solver, work: number): void {
    const { Z3 } = this.api;
    const params = Z3.mk_params(this.context);
    Z3.params_inc_ref(this.context, params);
    Z3.params_set_uint(this.context, params, Z3.mk_string_symbol(this.context, "rlimit"), work);
    Z3.solver_set_params(this.context, solver, params);
    Z3.params_dec_ref(this.context, params);
  }

  /** The worker threads that z3 brings would keep the process alive. */
  close(): void {
    (this.api.em as { PThread: { terminateAllThreads(): void } }).PThread.terminateAllThreads();
  }

  /** Can all conditions be true together? "unknown" counts as yes: what is claimed on such a path is shown all the same. */
  isPossible(path: readonly Term[]): boolean {
    return this.ask(path, [], this.isThorough ? WORK_LIMIT : WORK_NONE) !== UNSATISFIABLE;
  }

  /** Can they, by values that were looked up in every one of them, and in all that the invariant says? null: nobody knows. */
  reaches(path: readonly Term[]): boolean | null {
    const answer = this.ask(path, [], WORK_LAST);
    if (answer !== SATISFIABLE) return answer === UNSATISFIABLE ? false : null;
    const { Z3 } = this.api;
    const model = Z3.solver_get_model(this.context, this.alone ?? this.finder);
    Z3.model_inc_ref(this.context, model);
    const isTrue = (line: Ast): boolean => {
      const value = Z3.model_eval(this.context, model, line, true);
      return value !== null && Z3.get_bool_value(this.context, value) === Z3_TRUE;
    };
    const isBorneOut = this.whole.all.every(isTrue);
    Z3.model_dec_ref(this.context, model);
    return isBorneOut ? true : null;
  }

  /** Must the claim be true wherever the path is? */
  isCertain(path: readonly Term[], claim: Term): boolean {
    return this.ask(path, [not(claim)], WORK_LAST) === UNSATISFIABLE;
  }

  /** The same, where "no" is the likelier answer and loses little. */
  isPlainlyCertain(path: readonly Term[], claim: Term): boolean {
    return this.ask(path, [not(claim)], this.isThorough ? WORK_LIMIT : WORK_GUESS) === UNSATISFIABLE;
  }

  /** Does it follow from these alone, without the path and the invariant? A small question. */
  follows(from: readonly Term[], claim: Term): boolean {
    const { axioms } = this;
    this.axioms = () => [];
    try {
      return this.ask(from, [not(claim)], WORK_GUESS) === UNSATISFIABLE;
    } finally {
      for (const trail of [this.near, this.whole]) trail.drop(0);
      this.axioms = axioms;
    }
  }

  private ask(path: readonly Term[], more: readonly Term[], work: number): number {
    this.queries++;
    this.forgetAlone();
    // most questions need little of the invariant; that they have no answer by that little is answer enough for a guess
    const near = this.askOf(this.near, path, more, () => this.check(this.near.solver, WORK_NEAR));
    const isGuess = work < WORK_LIMIT && near === SATISFIABLE;
    if (near === UNSATISFIABLE || isGuess) return near;
    return this.askOf(this.whole, path, more, () => this.decide(work));
  }
  last = "";

  private askOf(trail: Trail, path: readonly Term[], more: readonly Term[], decide: () => number): number {
    trail.align(path);
    const { depth } = trail;
    for (const term of more) trail.push(term);
    this.finder = trail.solver;
    const found = decide();
    // z3 has answered "possible" with values that contradict the question: that decides nothing
    const answer = found === SATISFIABLE && !this.isBorneOut(more) ? UNKNOWN : found;
    this.last = answer === SATISFIABLE ? "counterexample" : answer === UNSATISFIABLE ? "proved" : "undecided";
    if (answer !== SATISFIABLE) trail.drop(depth);
    return answer;
  }

  /** Does what was found make the terms true? */
  private isBorneOut(terms: readonly Term[]): boolean {
    return this.values(terms.map((term) => number(term))).every((value) => value === 1n);
  }

  private decide(work: number): number {
    const first = this.check(this.whole.solver, WORK_FIRST);
    if (first !== UNKNOWN || work === WORK_NONE) return first;
    const second = this.checkAlone(Math.min(work, WORK_LIMIT));
    if (second !== UNKNOWN || work < WORK_LIMIT) return second;
    this.forgetAlone();
    const third = this.check(this.whole.solver, WORK_LIMIT);
    return third === UNKNOWN && work > WORK_LIMIT ? this.checkAlone(work) : third;
  }

  private checkAlone(work: number): number {
    const { Z3 } = this.api;
    this.alone = Z3.mk_solver_for_logic(this.context, Z3.mk_string_symbol(this.context, LOGIC));
    Z3.solver_inc_ref(this.context, this.alone);
    for (const line of this.whole.all) Z3.solver_assert(this.context, this.alone, line);
    return this.check(this.alone, work);
  }

  private forgetAlone(): void {
    if (this.alone !== null) this.api.Z3.solver_dec_ref(this.context, this.alone);
    this.alone = null;
  }

  private check(solver: Z3Solver, work: number): number {
    this.limit(solver, work);
    return (this.api.em as { _Z3_solver_check(c: unknown, s: unknown): number })._Z3_solver_check(this.context, solver);
  }

  /** Values of terms in the counterexample that the last query found. */
  values(terms: readonly Term[]): (bigint | null)[] {
    const { Z3 } = this.api;
    const model = Z3.solver_get_model(this.context, this.alone ?? this.finder);
    Z3.model_inc_ref(this.context, model);
    const values = terms.map((term) => {
      const value = Z3.model_eval(this.context, model, this.convert(term), true);
      if (value === null) return null;
      const text = Z3.get_numeral_string(this.context, value);
      return text === "" ? null : BigInt(text);
    });
    Z3.model_dec_ref(this.context, model);
    return values;
  }

  private convert(term: Term): Ast {
    const before = this.terms.get(term.id);
    if (before !== undefined) return before;
    const ast = this.translate(
      term,
      term.args.map((argument) => this.convert(argument)),
    );
    this.api.Z3.inc_ref(this.context, ast);
    this.terms.set(term.id, ast);
    return ast;
  }

  private translate(term: Term, args: Ast[]): Ast {
    const { Z3 } = this.api;
    const c = this.context;
    const [a, b] = args as [Ast, Ast];
    const sort = (width: number) => Z3.mk_bv_sort(c, width);
    const name = () => Z3.mk_string_symbol(c, term.name);
    const shift = (): Ast => Z3.mk_bvand(c, b, Z3.mk_numeral(c, String(term.width - 1), sort(term.width)));
    switch (term.op) {
      case "const":
        return Z3.mk_numeral(c, String(term.value), sort(term.width));
      case "var":
        return Z3.mk_const(c, name(), term.width === 0 ? Z3.mk_bool_sort(c) : sort(term.width));
      case "app": {
        const domain = sort((term.args[0] as Term).width);
        return Z3.mk_app(c, Z3.mk_func_decl(c, name(), [domain], sort(term.width)), args);
      }
      case "true":
        return Z3.mk_true(c);
      case "false":
        return Z3.mk_false(c);
      case "not":
        return Z3.mk_not(c, a);
      case "all":
        return Z3.mk_and(c, args);
      case "any":
        return Z3.mk_or(c, args);
      case "ite":
        return Z3.mk_ite(c, a, b, args[2] as Ast);
      case "eq":
        return Z3.mk_eq(c, a, b);
      case "ult":
        return Z3.mk_bvult(c, a, b);
      case "ule":
        return Z3.mk_bvule(c, a, b);
      case "slt":
        return Z3.mk_bvslt(c, a, b);
      case "sle":
        return Z3.mk_bvsle(c, a, b);
      case "add":
        return Z3.mk_bvadd(c, a, b);
      case "sub":
        return Z3.mk_bvsub(c, a, b);
      case "mul":
        return Z3.mk_bvmul(c, a, b);
      case "udiv":
        return Z3.mk_bvudiv(c, a, b);
      case "urem":
        return Z3.mk_bvurem(c, a, b);
      case "sdiv":
        return Z3.mk_bvsdiv(c, a, b);
      case "srem":
        return Z3.mk_bvsrem(c, a, b);
      case "and":
        return Z3.mk_bvand(c, a, b);
      case "or":
        return Z3.mk_bvor(c, a, b);
      case "xor":
        return Z3.mk_bvxor(c, a, b);
      case "shl":
        return Z3.mk_bvshl(c, a, shift());
      case "lshr":
        return Z3.mk_bvlshr(c, a, shift());
      case "ashr":
        return Z3.mk_bvashr(c, a, shift());
      case "concat":
        return Z3.mk_concat(c, a, b);
      case "extract": {
        const low = Number(term.value);
        return Z3.mk_extract(c, low + term.width - 1, low, a);
      }
      case "zext":
        return Z3.mk_zero_ext(c, term.width - (term.args[0] as Term).width, a);
      case "sext":
        return Z3.mk_sign_ext(c, term.width - (term.args[0] as Term).width, a);
      default:
        throw new Error(`no translation of ${term.op}`);
    }
  }
}
