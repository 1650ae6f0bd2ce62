// What a linear-memory address means: which table, which entry, which offset in it. Used by execute.ts.
// Invariant: an address that is not understood is an error of the proof, never ignored.

import type { Proving } from "./contracts.ts";
import type { Model, Table } from "./model.ts";
import type { Path } from "./path.ts";
import { add, constant, isConstant, type Term } from "./term.ts";

/** `offset`: in the element; `index`: of the element, in bytes from where the array begins. */
export interface Element {
  readonly bytes: number;
  readonly holds: (value: Term, offset: number, index: Term) => Term;
  /** What is known besides where one is loaded by this function: assumption "lists" of docs/proof.md. */
  readonly listed?: (value: Term, offset: number, index: Term, where: string, proving: Proving, path: Path) => Term;
}

export interface StaticArray {
  readonly name: string;
  readonly base: bigint;
  readonly bytes: bigint;
  /** Class that its words point to; "" = numbers. */
  readonly target: string;
  /** An element that is read was stored before, and is never none. */
  readonly isSome: boolean;
  /** The global that counts the elements that were stored: no other is read. */
  readonly filled?: string;
  /** Its index is an address shifted by so many bits: what is taken from the address first lies, shifted too, below the base. */
  readonly shift?: bigint;
  /** What holds of every number in it: shown where one is stored, known where one is loaded. */
  readonly element?: Element;
}

export type Place =
  | {
      kind: "entry";
      table: Table;
      entry: Term;
      offset: number /** Bytes beyond `offset`, from an index. */;
      index: Term | null;
      className: string;
    }
  | { kind: "static"; array: StaticArray; offset: bigint; index: Term | null }
  | { kind: "ring"; name: string };

const ROOT_CLASS: Record<string, string> = {
  capabilities: "Capability",
  domains: "Domain",
  threads: "Thread",
  objects: "Object",
  cpus: "Cpu",
};

/** Classes of terms that are pointers. */
const classes = new Map<number, string>();
export const setClass = (term: Term, className: string): void => {
  if (!classes.has(term.id)) classes.set(term.id, className);
};

/** Terms that are known to be none wherever they are used. */
const nones = new Set<number>();
export const setNone = (term: Term): void => void nones.add(term.id);
export const isZero = (term: Term): boolean => (isConstant(term) && term.value === 0n) || nones.has(term.id);

export function classOf(term: Term): string {
  const known = classes.get(term.id);
  if (known !== undefined) return known;
  if (term.op === "ite") {
    const [, a, b] = term.args as [Term, Term, Term];
    const first = classOf(a);
    const second = classOf(b);
    if (isZero(a)) return second;
    if (isZero(b)) return first;
    return first === second ? first : "";
  }
  return "";
}

/** The class of a choice between entries, some of which are computed from an index. */
export function infer(model: Model, term: Term): string {
  const known = classOf(term);
  if (known !== "") return known;
  if (term.op === "ite") {
    const [, a, b] = term.args as [Term, Term, Term];
    const list = [a, b].filter((one) => !(isConstant(one) && one.value === 0n)).map((one) => infer(model, one));
    const first = list[0] ?? "";
    if (first === "" || list.some((one) => one !== first)) return "";
    setClass(term, first);
    return first;
  }
  const sum = term.op === "add" ? (term.args[1] as Term) : term;
  if (!isConstant(sum)) return "";
  const table = model.tables.find(
    (one) =>
      one.base - (term.op === "add" ? one.stride : 0n) <= sum.value &&
      sum.value < one.end &&
      (sum.value - one.base) % one.stride === 0n,
  );
  const className = table === undefined ? "" : (ROOT_CLASS[table.name] ?? "");
  if (className !== "" && term.op === "add") setClass(term, className);
  return className;
}

function summands(term: Term): Term[] {
  if (classOf(term) !== "") return [term];
  return term.op === "add" ? term.args.flatMap(summands) : [term];
}

/** A product with less than the table's stride. */
const isFiner = (part: Term, stride: bigint): boolean =>
  part.op === "shl" && isConstant(part.args[1] as Term) && 1n << (part.args[1] as Term).value < stride;

/** A number of whole entries. */
const isStep = (part: Term, stride: bigint): boolean =>
  part.op === "shl" && isConstant(part.args[1] as Term) && 1n << (part.args[1] as Term).value === stride;
const only = (tables: readonly Table[]): Table | undefined => (tables.length === 1 ? tables[0] : undefined);

/** The low word of something that was shifted by so much. */
const isShifted = (part: Term, bits: bigint | undefined): boolean =>
  part.op === "extract" && part.args[0]?.op === "lshr" && (part.args[0].args[1] as Term).value === bits;

export function locate(model: Model, arrays: readonly StaticArray[], address: Term, memarg: bigint): Place | null {
  for (let at: Term | undefined = address; at !== undefined; at = at.op === "add" ? at.args[0] : undefined)
    if (at.op === "ite") infer(model, at);
  const parts = summands(address);
  let sum = parts.filter(isConstant).reduce((total, part) => total + part.value, 0n);
  sum = BigInt.asUintN(32, sum);
  const rest = parts.filter((part) => !isConstant(part));
  const pointer = rest.find((part) => classOf(part) !== "");
  const total = (list: readonly Term[]): Term | null =>
    list.length === 0 ? null : list.slice(1).reduce((left, right) => add(left, right), list[0] as Term);
  if (pointer !== undefined) {
    const className = classOf(pointer);
    if (!model.hasTable(className)) return null;
    const offset = Number(BigInt.asIntN(32, sum) + memarg);
    return {
      kind: "entry",
      table: model.tableOf(className),
      entry: pointer,
      offset,
      index: total(rest.filter((part) => part !== pointer)),
      className,
    };
  }
  const fixed = BigInt.asUintN(32, sum + memarg);
  const table =
    model.tables.find((one) => one.base <= sum && sum < one.end) ??
    model.tables.find((one) => one.base <= fixed && fixed < one.end) ??
    // entry i - 1: the table's first place may be meant by what lies in front of it
    model.tables.find((one) => rest.length > 0 && sum === one.base - one.stride) ??
    // entry i - 1000 of a table whose entries alone are so far apart
    only(
      model.tables.filter(
        (one) => rest.some((part) => isStep(part, one.stride)) && (sum - one.base) % one.stride === 0n,
      ),
    );
  if (table !== undefined) {
    const beyond = fixed - (table.base - table.stride);
    const offset = beyond % table.stride;
    const start = constant(table.base - table.stride + beyond - offset, 32);
    // what does not count whole entries is an index inside one
    const whole = rest.filter((part) => !isFiner(part, table.stride));
    const varying = total(whole);
    const entry = varying === null ? start : add(varying, start);
    const className = ROOT_CLASS[table.name] ?? "";
    if (className !== "") setClass(entry, className);
    const index = whole.length === 0 ? null : total(rest.filter((part) => !whole.includes(part)));
    if (whole.length === 0 && rest.length > 0)
      return { kind: "entry", table, entry: add(total(rest) as Term, start), offset: Number(offset), index, className };
    return { kind: "entry", table, entry, offset: Number(offset), index, className };
  }
  const shifted = arrays.find((one) => rest.some((part) => isShifted(part, one.shift)));
  if (shifted !== undefined) {
    const below = constant(BigInt.asUintN(32, fixed - shifted.base), 32);
    return { kind: "static", array: shifted, offset: 0n, index: add(total(rest) as Term, below) };
  }
  const array = arrays.find((one) => one.base <= fixed && fixed < one.base + one.bytes);
  if (array !== undefined) return { kind: "static", array, offset: fixed - array.base, index: total(rest) };
  return null;
}
