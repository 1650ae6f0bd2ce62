// Terms of the proof: bit vectors (width 1 … 64) and truth values (width 0), shared and simplified as they are made.
// Built by the executor, turned into z3's terms by solver.ts. Invariant: equal terms are the same object.

export interface Term {
  readonly id: number;
  readonly op: string;
  /** Bits; 0: a truth value. */
  readonly width: number;
  readonly args: readonly Term[];
  /** Of a constant; of `extract` the lowest bit. */
  readonly value: bigint;
  /** Of a variable, or of the function that is applied. */
  readonly name: string;
}

const known = new Map<string, Term>();
let next_id = 0;

function make(op: string, width: number, args: readonly Term[], value = 0n, name = ""): Term {
  const key = `${op}/${width}/${value}/${name}/${args.map((term) => term.id).join(",")}`;
  let term = known.get(key);
  if (term === undefined) {
    term = { id: next_id++, op, width, args, value, name };
    known.set(key, term);
  }
  return term;
}

const mask = (width: number): bigint => (1n << BigInt(width)) - 1n;
const signed = (value: bigint, width: number): bigint => BigInt.asIntN(width, value);

export const constant = (value: bigint | number, width: number): Term =>
  make("const", width, [], BigInt(value) & mask(width));
export const TRUE = make("true", 0, []);
export const FALSE = make("false", 0, []);
export const truth = (value: boolean): Term => (value ? TRUE : FALSE);
let fresh_count = 0;
export const variable = (name: string, width: number): Term => make("var", width, [], 0n, name);
export const fresh = (name: string, width: number): Term => variable(`${name}!${++fresh_count}`, width);
/** A field of the initial state (or of the state after a havoc) at an address: an uninterpreted function. */
export const apply = (name: string, argument: Term, width: number): Term => make("app", width, [argument], 0n, name);

export const isConstant = (term: Term): boolean => term.op === "const";

/** Arithmetic on values of so many bits, neither wrapped nor asked for a divisor of 0. */
export const FOLD: Record<string, (a: bigint, b: bigint, width: number) => bigint> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, w) => a << (b % BigInt(w)),
  lshr: (a, b, w) => a >> (b % BigInt(w)),
  ashr: (a, b, w) => signed(a, w) >> (b % BigInt(w)),
  udiv: (a, b) => a / b,
  urem: (a, b) => a % b,
  sdiv: (a, b, w) => signed(a, w) / signed(b, w),
  srem: (a, b, w) => signed(a, w) % signed(b, w),
};

/** Of 2 to this power, as can be seen. */
function isMultiple(term: Term, bits: bigint): boolean {
  if (isConstant(term)) return (term.value & mask(Number(bits))) === 0n;
  const [a, b] = term.args as [Term, Term];
  if (term.op === "add") return isMultiple(a, bits) && isMultiple(b, bits);
  return term.op === "shl" && isConstant(b) && b.value >= bits;
}

/** Arithmetic as WebAssembly defines it; shift counts are taken modulo the width, divisors are not zero. */
export function arithmetic(op: string, a: Term, b: Term): Term {
  const width = a.width;
  if (isConstant(a) && isConstant(b) && !((op.endsWith("div") || op.endsWith("rem")) && b.value === 0n)) {
    return constant((FOLD[op] as (x: bigint, y: bigint, w: number) => bigint)(a.value, b.value, width), width);
  }
  if (op === "sub" && isConstant(b)) return arithmetic("add", a, constant(-b.value, width));
  if (op === "sub" && a === b) return constant(0, width);
  if (isConstant(a) && ["add", "mul", "and", "or", "xor"].includes(op)) return arithmetic(op, b, a);
  if (isConstant(b)) {
    if (b.value === 0n && ["add", "sub", "or", "xor", "shl", "lshr", "ashr"].includes(op)) return a;
    if (b.value === 0n && (op === "and" || op === "mul")) return b;
    if (op === "and" && b.value === mask(width)) return a;
    if (op === "mul" && b.value === 1n) return a;
    if (op === "add" && a.op === "add" && isConstant(a.args[1] as Term))
      return arithmetic("add", a.args[0] as Term, constant((a.args[1] as Term).value + b.value, width));
    // places of entries, of 64 bytes or more, are base + constant; in a small array the constant may lie below its base
    if (op === "shl" && b.value >= 6n && a.op === "add" && isConstant(a.args[1] as Term))
      return add(arithmetic(op, a.args[0] as Term, b), arithmetic(op, a.args[1] as Term, b));
    // an entry's number, made its place again
    if (op === "shl" && a.op === "lshr" && a.args[1] === b && a.args[0]?.op === "shl" && a.args[0].args[1] === b)
      return a.args[0];
    if (op === "mul" && (b.value & (b.value - 1n)) === 0n)
      return arithmetic("shl", a, constant(b.value.toString(2).length - 1, width));
    if (op === "udiv" && (b.value & (b.value - 1n)) === 0n)
      return arithmetic("lshr", a, constant(b.value.toString(2).length - 1, width));
    if (op === "urem" && (b.value & (b.value - 1n)) === 0n) return arithmetic("and", a, constant(b.value - 1n, width));
    if (
      op === "and" &&
      a.op === "zext" &&
      (b.value & mask((a.args[0] as Term).width)) === mask((a.args[0] as Term).width)
    )
      return a;
    // a page of an address that pages were added to, said in pages: what is added has no bits that are lost
    if (op === "lshr" && b.value < BigInt(width) && b.value >= 12n) {
      const rest = mask(width - Number(b.value));
      if (a.op === "shl" && a.args[1] === b) return arithmetic("and", a.args[0] as Term, constant(rest, width));
      const [x, y] = a.args as [Term, Term];
      if (a.op === "add" && (isMultiple(x, b.value) || isMultiple(y, b.value)))
        return arithmetic("and", add(arithmetic(op, x, b), arithmetic(op, y, b)), constant(rest, width));
    }
    if (op === "lshr" && a.op === "zext" && b.value >= BigInt((a.args[0] as Term).width)) return constant(0, width);
    if (a.op === "ite" && isConstant(a.args[1] as Term) && isConstant(a.args[2] as Term)) {
      const [c, x, y] = a.args as [Term, Term, Term];
      return ite(c, arithmetic(op, x, b), arithmetic(op, y, b));
    }
  }
  if (op === "and" && a === b) return a;
  if (op === "or" && a === b) return a;
  if (op === "xor" && a === b) return constant(0, width);
  // constants float outwards, so that an address is base + constant
  if (op === "add" && a.op === "add" && isConstant(a.args[1] as Term))
    return arithmetic("add", arithmetic("add", a.args[0] as Term, b), a.args[1] as Term);
  if (op === "add" && b.op === "add" && isConstant(b.args[1] as Term))
    return arithmetic("add", arithmetic("add", a, b.args[0] as Term), b.args[1] as Term);
  return make(op, width, [a, b]);
}
export const add = (a: Term, b: Term): Term => arithmetic("add", a, b);

export function ite(condition: Term, a: Term, b: Term): Term {
  if (condition === TRUE || a === b) return a;
  if (condition === FALSE) return b;
  if (a.width === 0) return or(and(condition, a), and(not(condition), b));
  if (b.op === "ite" && b.args[0] === condition) return ite(condition, a, b.args[2] as Term);
  if (a.op === "ite" && a.args[0] === condition) return ite(condition, a.args[1] as Term, b);
  return make("ite", a.width, [condition, a, b]);
}

export function not(a: Term): Term {
  if (a === TRUE) return FALSE;
  if (a === FALSE) return TRUE;
  if (a.op === "not") return a.args[0] as Term;
  if (a.op === "any") return and(...a.args.map(not));
  if (a.op === "all") return or(...a.args.map(not));
  return make("not", 0, [a]);
}
export function and(...list: Term[]): Term {
  const parts = [...new Set(list.flatMap((term) => (term.op === "all" ? term.args : [term])))].filter(
    (t) => t !== TRUE,
  );
  if (parts.includes(FALSE) || parts.some((t) => t.op === "not" && parts.includes(t.args[0] as Term))) return FALSE;
  return parts.length === 0 ? TRUE : parts.length === 1 ? (parts[0] as Term) : make("all", 0, parts);
}
export function or(...list: Term[]): Term {
  const parts = [...new Set(list.flatMap((term) => (term.op === "any" ? term.args : [term])))].filter(
    (t) => t !== FALSE,
  );
  if (parts.includes(TRUE) || parts.some((t) => t.op === "not" && parts.includes(t.args[0] as Term))) return TRUE;
  return parts.length === 0 ? FALSE : parts.length === 1 ? (parts[0] as Term) : make("any", 0, parts);
}
export const implies = (a: Term, b: Term): Term => or(not(a), b);

export function equal(a: Term, b: Term): Term {
  if (a === b) return TRUE;
  if (isConstant(a) && isConstant(b)) return FALSE;
  if (isConstant(a)) return equal(b, a);
  if (a.op === "ite" && isConstant(b)) {
    const [c, x, y] = a.args as [Term, Term, Term];
    if (isConstant(x) || isConstant(y)) return or(and(c, equal(x, b)), and(not(c), equal(y, b)));
  }
  if (isConstant(b)) {
    if (a.op === "zext") {
      const inner = a.args[0] as Term;
      return b.value > mask(inner.width) ? FALSE : equal(inner, constant(b.value, inner.width));
    }
    if (a.op === "add" && isConstant(a.args[1] as Term))
      return equal(a.args[0] as Term, constant(b.value - (a.args[1] as Term).value, a.width));
    if (a.op === "concat") {
      const [high, low] = a.args as [Term, Term];
      return and(
        equal(high, constant(b.value >> BigInt(low.width), high.width)),
        equal(low, constant(b.value, low.width)),
      );
    }
  }
  // base + 1 = base + 2, and x + c = x
  const [p, c] = split(a);
  const [q, d] = split(b);
  if (p === q) return truth(c === d);
  return a.id < b.id ? make("eq", 0, [a, b]) : make("eq", 0, [b, a]);
}
/** A sum as what varies and a constant. */
export function split(term: Term): [Term | null, bigint] {
  if (isConstant(term)) return [null, term.value];
  if (term.op === "add" && isConstant(term.args[1] as Term))
    return [term.args[0] as Term, (term.args[1] as Term).value];
  return [term, 0n];
}

export function compare(op: "ult" | "ule" | "slt" | "sle", a: Term, b: Term): Term {
  if (isConstant(a) && isConstant(b)) {
    const [x, y] = op[0] === "s" ? [signed(a.value, a.width), signed(b.value, b.width)] : [a.value, b.value];
    return truth(op.endsWith("t") ? x < y : x <= y);
  }
  if (a === b) return truth(op.endsWith("e"));
  if (op === "ult" && isConstant(b) && b.value === 0n) return FALSE;
  if (op === "ult" && isConstant(b) && b.value === 1n) return equal(a, constant(0, a.width));
  if (op === "ule" && isConstant(a) && a.value === 0n) return TRUE;
  if (op === "ult" && isConstant(a) && a.value === 0n) return not(equal(b, a));
  return make(op, 0, [a, b]);
}

export function extract(term: Term, low: number, width: number): Term {
  if (low === 0 && width === term.width) return term;
  if (isConstant(term)) return constant(term.value >> BigInt(low), width);
  if (term.op === "concat") {
    const [high_part, low_part] = term.args as [Term, Term];
    if (low >= low_part.width) return extract(high_part, low - low_part.width, width);
    if (low + width <= low_part.width) return extract(low_part, low, width);
  }
  if (term.op === "zext" || term.op === "sext") {
    const inner = term.args[0] as Term;
    if (low + width <= inner.width) return extract(inner, low, width);
    if (term.op === "zext" && low >= inner.width) return constant(0, width);
  }
  if (term.op === "shl" && isConstant(term.args[1] as Term)) {
    const by = (term.args[1] as Term).value;
    if (by < BigInt(term.width) && BigInt(low + width) <= by) return constant(0, width);
  }
  if (term.op === "extract") return extract(term.args[0] as Term, low + Number(term.value), width);
  if (term.op === "ite") {
    const [c, a, b] = term.args as [Term, Term, Term];
    if (isConstant(a) || isConstant(b)) return ite(c, extract(a, low, width), extract(b, low, width));
  }
  if (low === 0 && ["add", "and", "or", "xor"].includes(term.op))
    return arithmetic(term.op, extract(term.args[0] as Term, 0, width), extract(term.args[1] as Term, 0, width));
  return make("extract", width, [term], BigInt(low));
}
export function concat(high: Term, low: Term): Term {
  if (isConstant(high) && isConstant(low))
    return constant((high.value << BigInt(low.width)) | low.value, high.width + low.width);
  if (isConstant(high) && high.value === 0n) return extend("zext", low, high.width + low.width);
  const whole = high.args[0];
  if (high.op === "extract" && low.op === "extract" && whole === low.args[0] && low.value === 0n) {
    if (high.value === BigInt(low.width) && whole?.width === high.width + low.width) return whole;
  }
  return make("concat", high.width + low.width, [high, low]);
}
export function extend(op: "zext" | "sext", term: Term, width: number): Term {
  if (term.width === width) return term;
  if (isConstant(term)) return constant(op === "sext" ? signed(term.value, term.width) : term.value, width);
  if (term.op === "zext") return make("zext", width, term.args);
  if (term.op === "ite") {
    const [c, a, b] = term.args as [Term, Term, Term];
    if (isConstant(a) && isConstant(b)) return ite(c, extend(op, a, width), extend(op, b, width));
  }
  return make(op, width, [term]);
}

/** A truth value as WebAssembly's 0 or 1. */
export const number = (condition: Term, width = 32): Term => ite(condition, constant(1, width), constant(0, width));
export const isTrue = (term: Term): Term => not(equal(term, constant(0, term.width)));
