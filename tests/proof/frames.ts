// Free memory as the proof sees it: what the table of frames says of free blocks, and the functions that give runs of frames back.
// Used by prove.ts (arrays), contracts.ts and guesses.ts. Invariant: whatever is in the table names frames that it describes.

import { FRAMES, isSpanEnd, JOINS, ofChains } from "./chains.ts";
import type { Contract } from "./contracts.ts";
import type { Path } from "./path.ts";
import {
  add,
  and,
  apply,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  FALSE,
  implies,
  not,
  or,
  type Term,
} from "./term.ts";

export { FRAMES, isSpanEnd };
/** The number of a frame, or 0. */
export const isFrameNumber = (value: Term): Term => compare("ult", value, constant(FRAMES, 32));
const number = (value: number): Term => constant(value, 32);
const shifted = (value: Term, by: number | Term): Term =>
  arithmetic("shl", value, typeof by === "number" ? number(by) : by);
/** A block of an order begins at a multiple of its size. */
export const isAligned = (frame: Term, order: Term): Term =>
  equal(arithmetic("and", frame, arithmetic("sub", arithmetic("shl", number(1), order), number(1))), number(0));
const isFree = (value: Term): Term => not(equal(arithmetic("and", value, number(0x8000_0000)), number(0)));
const said = (value: Term): Term => arithmetic("and", arithmetic("lshr", value, number(24)), number(31));
const ORDERS_END = 20;
/** A frame's entry: the second word is the number of a frame, or 0; so are 24 bits of the first, and what says to be a block may be one. */
export function isFrameEntry(value: Term, offset: number, index: Term): Term {
  if (offset === 4) return isFrameNumber(value);
  const isBlock = and(
    compare("ult", said(value), number(ORDERS_END)),
    isAligned(arithmetic("lshr", index, number(3)), said(value)),
  );
  return and(isFrameNumber(arithmetic("and", value, number(0xff_ffff))), implies(isFree(value), isBlock));
}

/** Where the first block of an order is kept: its number, or 0. */
const orderOf = (index: Term): Term => arithmetic("lshr", index, number(2));
export const isHead = (value: Term, _offset: number, index: Term): Term =>
  and(isFrameNumber(value), isAligned(value, orderOf(index)));
/** The order of the free block with its entry there, as the kernel's functions that go through such blocks find it. */
const order = (index: Term): Term => apply("order of the free block", index, 32);
const USERS = /^kernel\/mm\/blocks\//;
/** What is first in the list of an order is a block of it; of an order that is looked for by its bit there is one. */
export function isFirst(value: Term, _offset: number, index: Term, where: string): Term {
  const isNone = /run_take$/.test(where) ? FALSE : equal(value, number(0));
  return or(isNone, and(not(equal(value, number(0))), equal(order(shifted(value, 3)), orderOf(index))));
}
/** An entry says its block's order, and the next one in its list is of the same. */
export function isInList(value: Term, offset: number, index: Term, where: string, _proving: unknown, path: Path): Term {
  if (!USERS.test(where)) return and();
  if (offset === 4) return or(equal(value, number(0)), isAligned(value, order(index)));
  const isOfOrder = implies(isFree(value), equal(order(index), said(value)));
  if (!JOINS.test(where)) return isOfOrder;
  const frame = index.op === "shl" ? (index.args[0] as Term) : arithmetic("lshr", index, number(3));
  return and(isOfOrder, ofChains(path, frame, shifted(number(1), said(value)), isFree(value)));
}

/** A run of frames by the number of its first. */
export function isRun(first: Term, count: Term): Term {
  const end = add(extend("zext", first, 64), extend("zext", count, 64));
  return compare("ule", end, constant(FRAMES, 64));
}

const ORDERS = "kernel/mm/blocks/orders";
const TAKES: Contract = {
  looksAtNone: true,
  parameters: [""],
  words: () => [],
  globals: [ORDERS],
  requires: (_view, [count]) => not(equal(count as Term, number(0))),
  ensures: (_view, [count], first) => or(equal(first, number(0)), isRun(first, count as Term)),
};
export const BLOCKS: Readonly<Record<string, Contract>> = {
  "kernel/mm/blocks/run_join": { ...TAKES, isLong: true },
  "kernel/mm/blocks/run_take": { ...TAKES, isLong: true },
  "kernel/mm/blocks/run_give": {
    isLong: true,
    looksAtNone: true,
    parameters: ["", ""],
    words: () => [],
    globals: [ORDERS],
    requires: (_view, [first, count]) => isRun(first as Term, count as Term),
  },
};
