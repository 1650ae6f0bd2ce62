// Free blocks that follow one another without a gap, as run_join goes along them: backwards and forwards from one that it found in a
// list, and once more to take them out. Used by frames.ts and guesses.ts.
// Invariant: what is said of a chain is its definition, where a block is looked at; that they follow one another is shown.

import type { Path } from "./path.ts";
import { add, and, apply, arithmetic, compare, concat, constant, equal, implies, not, or, type Term } from "./term.ts";

/** Frames that the kernel's table of frames describes: 2^23 of 4 KiB. */
export const FRAMES = 0x80_0000;
/** The function that goes along chains. */
export const JOINS = /^kernel\/mm\/blocks\/run_join$/;
const number = (value: number): Term => constant(value, 32);

/** Where memory that blocks may lie in begins or ends: the number of a frame, or the one behind the last. */
export const isSpanEnd = (value: Term): Term => compare("ule", value, number(FRAMES));

/** From `first` to `end` there is nothing but whole free blocks. */
export const isChain = (first: Term, end: Term): Term =>
  or(equal(first, end), not(equal(apply("free blocks follow one another", concat(first, end), 32), number(0))));

/**
 * The definition, for the chains that the path knows of: that of one block more, on either side, is one; and one that does not end where it
 * begins, begins with a block, behind which it goes on. What was looked at is the entry of `frame`, whose number has 29 bits: a block of this size, if
 * it is free.
 */
export function ofChains(path: Path, frame: Term, size: Term, isFree: Term): Term {
  const behind = add(frame, size);
  const locals = [...new Set(path.top.locals.filter(({ width }) => width === 32))];
  const isKnown = (one: Term, other: Term): boolean => one !== other && path.knows(isChain(one, other));
  const ends = locals.filter((one) => locals.some((other) => isKnown(one, other) || isKnown(other, one)));
  const isBefore = (end: Term): boolean => path.knows(compare("ult", frame, end)) && path.knows(isSpanEnd(end));
  const goesOn = ends.find((end) => path.knows(isChain(frame, end)) && isBefore(end));
  if (goesOn !== undefined) return and(isFree, isChain(behind, goesOn), compare("ule", behind, goesOn));
  const isThat = equal(arithmetic("and", frame, number(0x1fff_ffff)), frame);
  return implies(
    isThat,
    and(
      ...ends.flatMap((one) => [
        implies(and(isFree, isChain(one, frame)), isChain(one, behind)),
        implies(and(isFree, isChain(behind, one)), isChain(frame, one)),
        implies(
          and(isChain(frame, one), not(equal(frame, one))),
          and(isFree, isChain(behind, one), compare("ule", behind, one)),
        ),
      ]),
    ),
  );
}
