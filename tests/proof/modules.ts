// Modules as the proof sees them: the frames that a Code object names, and the functions that hash and check what lies there.
// Used by physical.ts (axioms), contracts.ts and imports.ts. Invariant: what is read of a file lies inside the file.

import type { Contract } from "./contracts.ts";
import { memoryOf } from "./memory.ts";
import { type Model, View } from "./model.ts";
import { CONTENTS, isAligned, use, wide } from "./physical.ts";
import { add, and, arithmetic, compare, constant, equal, extend, implies, type Term } from "./term.ts";

const number = (value: number): Term => constant(value, 32);
const long = (term: Term): Term => extend("zext", term, 64);

/** Pages of a file, and where it begins. */
const pagesOf = (bytes: Term): Term => arithmetic("lshr", add(bytes, number(4095)), number(12));
const placeOf = (frame: Term): Term => arithmetic("shl", long(frame), wide(12));

/** The frame at `address`, if it is one of the file's of the Code whose `file_frame` is this: its own, by assumption "frames". */
export function ofCode(model: Model, key: string, low: Term, address: Term): Term[] {
  const memory = memoryOf(low.name);
  if (memory === undefined || !model.keys("Code", "file_frame").includes(key)) return [];
  const view = new View(model, memory);
  const code = low.args[0] as Term;
  const pages = pagesOf(view.field("Code", "length_bytes", code));
  const distance = arithmetic("sub", address, placeOf(low));
  return [
    implies(
      and(
        equal(view.type(code), constant(model.tags.get("Code") as bigint, 8)),
        isAligned(address),
        compare("ult", distance, arithmetic("shl", long(pages), wide(12))),
      ),
      equal(use(address), CONTENTS),
    ),
  ];
}

const CHUNK = 1024;
export const MODULES: Readonly<Record<string, Contract>> = {
  "kernel/object/hash/chunk": {
    requires: (_view, [, at, bytes]) =>
      and(compare("ult", at as Term, number(0x40_0000)), compare("ule", bytes as Term, number(CHUNK))),
    reads: ([file, at, bytes]) => ({
      first: add(file as Term, long(arithmetic("shl", at as Term, number(10)))),
      bytes: bytes as Term,
    }),
  },
  "kernel/object/hash/join": {
    requires: (_view, [frame, place]) =>
      and(isAligned(frame as Term), equal(use(frame as Term), CONTENTS), compare("ult", place as Term, number(32))),
  },
};
