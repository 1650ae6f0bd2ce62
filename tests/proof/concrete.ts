// Terms of the proof evaluated on the memory of a kernel that runs: what the proof assumes can be asked of real states. Used by
// tests/unit/kernel/monitor.ts. Invariant: a term that speaks of what memory does not say (what a frame is used for, who was ever
// granted a region) has no value, and a sentence with one is true or false only where the rest of it decides.

import { keyOf, type Memory, memoryOf } from "./memory.ts";
import { FOLD, type Term } from "./term.ts";

/** What terms are evaluated on. Words are little-endian, at an index of the kernel's linear memory. */
export interface State {
  /** A word of 8, 16 or 32 bits at an index, as the memory was that the term speaks of; undefined: there is none. */
  word(memory: Memory, index: number, bits: number): number | undefined;
  variable(name: string): bigint | number | undefined;
}

/** Up to 32 bits: a number, not negative; more: a bigint; a truth value: a boolean. undefined: not known. */
type Value = number | bigint | boolean | undefined;
type Code = (state: State) => Value;

const codes = new Map<number, Code>();

/** The value of a term, in which variables stand for what is given of them. */
export function evaluate(term: Term, state: State): Value {
  return compiled(term)(state);
}

function compiled(term: Term): Code {
  let code = codes.get(term.id);
  if (code === undefined) {
    code = compile(term);
    codes.set(term.id, code);
  }
  return code;
}

const wrap = (width: number, value: bigint): number | bigint =>
  width > 32 ? BigInt.asUintN(width, value) : Number(BigInt.asUintN(width, value));
const signed = (width: number, value: bigint | number): bigint => BigInt.asIntN(width, BigInt(value));

const NARROW: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => (a + b) >>> 0,
  sub: (a, b) => (a - b) >>> 0,
  mul: (a, b) => Math.imul(a, b) >>> 0,
  and: (a, b) => (a & b) >>> 0,
  or: (a, b) => (a | b) >>> 0,
  xor: (a, b) => (a ^ b) >>> 0,
  shl: (a, b) => (a << b) >>> 0,
  lshr: (a, b) => a >>> b,
};

function compile(term: Term): Code {
  const { op, width, args, value, name } = term;
  const [a, b, c] = args.map(compiled) as [Code, Code, Code];
  switch (op) {
    case "const": {
      const known = wrap(width, value);
      return () => known;
    }
    case "true":
      return () => true;
    case "false":
      return () => false;
    case "var":
      return (state) => {
        const known = state.variable(name);
        return known === undefined ? undefined : wrap(width, BigInt(known));
      };
    case "app": {
      const memory = memoryOf(name);
      if (memory === undefined) return () => undefined;
      const offset = Number(keyOf(name).split("+")[1]);
      return (state) => {
        const at = a(state);
        return at === undefined ? undefined : state.word(memory, (at as number) + offset, width);
      };
    }
    case "all":
    case "any": {
      const parts = args.map(compiled);
      const decisive = op === "any";
      return (state) => {
        let isKnown = true;
        for (const part of parts) {
          const one = part(state);
          if (one === decisive) return decisive;
          if (one === undefined) isKnown = false;
        }
        return isKnown ? !decisive : undefined;
      };
    }
    case "not":
      return (state) => {
        const one = a(state);
        return one === undefined ? undefined : !one;
      };
    case "ite":
      return (state) => {
        const condition = a(state);
        return condition === undefined ? undefined : condition === true ? b(state) : c(state);
      };
    case "eq":
      return both(a, b, (x, y) => x === y);
    case "ult":
      return both(a, b, (x, y) => x < y);
    case "ule":
      return both(a, b, (x, y) => x <= y);
    case "slt":
    case "sle": {
      const bits = args[0]?.width as number;
      return both(a, b, (x, y) =>
        op === "slt" ? signed(bits, x) < signed(bits, y) : signed(bits, x) <= signed(bits, y),
      );
    }
    case "extract":
      return one(a, (x) => wrap(width, BigInt(x) >> value));
    case "zext":
      return one(a, (x) => (width > 32 ? BigInt(x) : x));
    case "sext": {
      const bits = args[0]?.width as number;
      return one(a, (x) => wrap(width, signed(bits, x)));
    }
    case "concat": {
      const bits = BigInt(args[1]?.width as number);
      return both(a, b, (x, y) => wrap(width, (BigInt(x) << bits) | BigInt(y)));
    }
  }
  const narrow = width === 32 ? NARROW[op] : undefined;
  if (narrow !== undefined) return both(a, b, (x, y) => narrow(x as number, y as number));
  const wide = FOLD[op];
  if (wide === undefined) throw new Error(`a term with ${op}: its value on a real state is not known`);
  const divides = op.endsWith("div") || op.endsWith("rem");
  return both(a, b, (x, y) =>
    divides && Number(y) === 0 ? undefined : wrap(width, wide(BigInt(x), BigInt(y), width)),
  );
}

type Bits = number | bigint;
const one =
  (a: Code, make: (x: Bits) => Value): Code =>
  (state) => {
    const x = a(state);
    return x === undefined ? undefined : make(x as Bits);
  };
const both =
  (a: Code, b: Code, make: (x: Bits, y: Bits) => Value): Code =>
  (state) => {
    const x = a(state),
      y = b(state);
    return x === undefined || y === undefined ? undefined : make(x as Bits, y as Bits);
  };
