// What devices reach, as the proof sees it: the registers of an IOMMU, and its tables of buses and contexts (Intel VT-d 3.3, chapters
// 9 and 11; not from the kernel). Used by imports.ts, contracts.ts and invariant.ts: what physical.ts is for the processor's tables.
// Invariant: a context names a table of pages, or nothing.

import type { Contract } from "./contracts.ts";
import type { View } from "./model.ts";
import type { Paging } from "./paging.ts";
import * as physical from "./physical.ts";
import {
  isAligned,
  isNone,
  isRegisters,
  isTable,
  level,
  offsetOf,
  REGISTERS,
  some,
  TOP,
  use,
  wide,
} from "./physical.ts";
import { add, and, arithmetic, compare, constant, equal, implies, not, or, type Term } from "./term.ts";

const number = (value: number): Term => constant(value, 32);

/** A frame of 256 entries of 16 bytes: of level 1, one for each bus; of level 0, one for each device of a bus. */
const BUSES = number(5);
const isBuses = (frame: Term, at: number): Term =>
  and(isAligned(frame), equal(use(frame), BUSES), equal(level(frame), number(at)));

/** What a context names: a table of pages. */
const isPages = (frame: Term): Term => or(physical.isRoot(frame), isTable(frame, arithmetic("sub", TOP, number(1))));

/** Functions that reach an IOMMU's registers and tables. */
export const UNITS = /^hal\/iommu\/|^kernel\/gates\/dma\/gate_dma_(create|fault|start)$/;
/** Of those, the ones that look at a unit that was started: what it says of itself was looked at then ("unit" in docs/proof.md). */
const STARTED = /^hal\/iommu\/forget_translations$|^kernel\/gates\/dma\/gate_dma_fault$/;

/** Frames that a global names: what each is used for. */
export const FRAMES: Readonly<Record<string, (frame: Term) => Term>> = {
  "hal/iommu/root_table": (frame) => or(isNone(frame), isBuses(frame, 1)),
};

/** The same of fields of objects. */
export const FIELDS: Readonly<Record<string, (frame: Term, entry: Term) => Term>> = {
  "Dma.root": (frame, dma) => and(physical.isRoot(frame), equal(physical.owner(frame), dma)),
  "Code.hash_frame": (frame) => and(isAligned(frame), equal(use(frame), physical.CONTENTS)),
};

/** Of the globals of the hal. */
export function units(view: View): Term {
  const [count, root] = ["hal/iommu/unit_count", "hal/iommu/root_table"] as const;
  if (!view.model.hasGlobal(count)) return and();
  const contexts = view.global("hal/iommu/context_count");
  return and(
    compare("ule", view.global(count), number(8)),
    and(some(contexts), compare("ule", contexts, number(256))),
    (FRAMES[root] as (frame: Term) => Term)(view.global(root)),
    or(isNone(view.global(count)), some(view.global(root))),
  );
}

/** Of a word that was loaded. */
export function loaded(paging: Paging, where: string, address: Term, frame: Term, value: Term): Term {
  const isFirst = isNone(arithmetic("and", address, wide(8)));
  const isOfBuses = and(equal(use(frame), BUSES), equal(level(frame), number(1)), isFirst);
  const target = paging.target(value);
  const isBus = and(isBuses(target, 0), some(target));
  const bus = implies(isOfBuses, or(not(paging.isPresent(value)), isBus));
  if (!STARTED.test(where)) return bus;
  // the capabilities say where the records of faults lie, the extended ones where translations are forgotten
  const place = (shift: number): Term => arithmetic("and", arithmetic("lshr", value, wide(shift)), wide(0x3ff0));
  const records = arithmetic("shl", arithmetic("and", arithmetic("lshr", value, wide(40)), wide(0xff)), wide(4));
  const isInside = (bytes: Term): Term => compare("ule", add(bytes, wide(16)), wide(4096));
  const at = (offset: number): Term => and(equal(use(frame), REGISTERS), equal(offsetOf(address), wide(offset)));
  return and(bus, implies(at(0x08), isInside(add(place(20), records))), implies(at(0x10), isInside(place(4))));
}

/** May the word stand there? */
export function mayStand(paging: Paging, frame: Term, address: Term, value: Term): Term {
  const target = paging.target(value);
  return and(
    isNone(arithmetic("and", address, wide(7))),
    or(
      some(arithmetic("and", address, wide(8))), // what is not an address
      not(paging.isPresent(value)),
      and(equal(level(frame), number(1)), isBuses(target, 0), some(target)),
      and(equal(level(frame), number(0)), isPages(target)),
    ),
  );
}
export const isOfUnit = (frame: Term): Term => equal(use(frame), BUSES);
/** A frame just taken becomes a table of contexts where a table of buses names it. */
export const becomes = (frame: Term): Term => isBuses(frame, 0);

export const DEVICES: Readonly<Record<string, Contract>> = {
  "hal/iommu/wait": { requires: (_view, [at]) => equal(use(physical.frameOf(at as Term)), REGISTERS) },
  "hal/iommu/forget_translations": { requires: (_view, [unit]) => isRegisters(unit as Term) },
  // assumption "unit" of docs/proof.md
  "hal/iommu/iommu_start": {
    requires: (_view, [registers]) => isRegisters(registers as Term),
    defined: (_view, [registers]) => implies(isAligned(registers as Term), equal(use(registers as Term), REGISTERS)),
  },
  "hal/iommu/context_at": {
    requires: (view, [source]) =>
      and(some(view.global("hal/iommu/unit_count")), compare("ult", source as Term, number(0x1_0000))),
    // who is detached was attached: assumption "unit" of docs/proof.md
    defined: (view, [source, make]) =>
      isDetached(make as Term)
        ? and(some(view.global("hal/iommu/unit_count")), compare("ult", source as Term, number(0x1_0000)))
        : and(),
    defines: (_view, [, make], at) => (isDetached(make as Term) ? some(at) : and()),
    ensures: (_view, _args, at) => or(isNone(at), isOfContexts(at)),
  },
  "hal/iommu/context_set": {
    requires: (_view, [at, low]) => and(isOfContexts(at as Term), isContextOf(low as Term)),
  },
};
const isDetached = (make: Term): boolean => make === number(0);
const isOfContexts = (at: Term): Term => {
  const frame = physical.frameOf(at);
  return and(isNone(arithmetic("and", at, wide(15))), equal(use(frame), BUSES), equal(level(frame), number(0)));
};
const isContextOf = (low: Term): Term => {
  const target = arithmetic("and", low, wide(0x000f_ffff_ffff_f000n));
  return or(isNone(arithmetic("and", low, wide(1))), isPages(target));
};
