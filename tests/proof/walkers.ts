// Contracts of the functions that walk page tables and lists of frames: what contracts.ts is to the rest of the kernel.
// Invariant: what a walk is by definition (`defines`) says which page of which root an entry is for, and nothing of what it holds.

import { type Contract, isBelowEnd } from "./contracts.ts";
import type { View } from "./model.ts";
import * as physical from "./physical.ts";
import { isEntry, isNone, isRoot, pageNumber, pageOf, rootOf, some, TOP, wide } from "./physical.ts";
import { add, and, arithmetic, compare, constant, equal, extend, implies, not, or, type Term } from "./term.ts";

const PAGE_WRITE = constant(2, 32);
const WINDOW = 0x8_0000;
const long = (term: Term): Term => extend("zext", term, 64);
const isWritten = (flags: Term): Term => some(arithmetic("and", flags, PAGE_WRITE));
const shifted = (count: Term): Term => arithmetic("shl", count, wide(12));
/** Place of the page's entry in a table of this level. */
const place = (page: Term, level: Term): Term =>
  arithmetic("and", arithmetic("lshr", page, long(arithmetic("mul", level, constant(9, 32)))), wide(511));
const placeOf = (entry: Term): Term => arithmetic("lshr", physical.offsetOf(entry), wide(3));

/** A walk from `root` to the entry for `address` in a table of `level`. */
const WALK: Contract = {
  requires: (_view, [root, , level]) => and(isRoot(root as Term), compare("ule", level as Term, TOP)),
  ensures: (_view, [, address, level], entry) =>
    or(
      isNone(entry),
      and(isEntry(entry, level as Term), equal(placeOf(entry), place(pageNumber(address as Term), level as Term))),
    ),
  defines: (_view, [root, address], entry) =>
    or(isNone(entry), and(equal(rootOf(entry), root as Term), equal(pageOf(entry), pageNumber(address as Term)))),
};

/** The domain's window: pages from that of its linear memory on. */
function isInWindow(view: View, domain: Term, address: Term, pages: Term): Term {
  const base = view.field("Domain", "memory_base", domain);
  const at = arithmetic("sub", pageNumber(address), pageNumber(base));
  return and(
    physical.isAligned(address),
    compare("ule", wide(WINDOW), at),
    compare("ule", at, wide(2 * WINDOW)),
    compare("ule", pages, arithmetic("sub", wide(2 * WINDOW), at)),
  );
}

/** What the domain was granted of the region is at least this. */
function mayReach(view: View, domain: Term, region: Term, isWriting: Term): Term {
  const rights = (name: string): Term => constant(view.model.sources.constants.get(name) as bigint, 32);
  const has = (name: string): Term => some(arithmetic("and", physical.granted(domain, region), rights(name)));
  return and(has("REGION_MAP"), has("REGION_READ"), or(not(isWriting), has("REGION_WRITE")));
}

const constantOf = (view: View, name: string): bigint => view.model.sources.constants.get(name) as bigint;

/** The object that a handle is about. */
const held = (view: View, handle: Term): Term => view.field("Capability", "object", physical.entryOf(view, handle));

/** Grants to another domain than its caller. */
const MAKER = "kernel/gates/domain/gate_domain_map";

export const WALKERS: Readonly<Record<string, Contract>> = {
  "kernel/mm/pagetable/walk": WALK,
  "kernel/mm/pagetable/walk_make": {
    ...WALK,
    ensures: (view, args, entry, before) => {
      const isInRoot = equal(args[2] as Term, TOP);
      const walked = (WALK.ensures as NonNullable<Contract["ensures"]>)(view, args, entry, before);
      return and(walked, or(isNone(entry), isInRoot, isBelowEnd(entry)));
    },
  },
  "kernel/mm/pagetable/tables_missing": {
    requires: (_view, [root, , level]) => and(isRoot(root as Term), compare("ule", level as Term, TOP)),
  },
  "kernel/mm/pagetable/page_map": {
    requires: (_view, [root, , frame]) =>
      and(isRoot(root as Term), physical.isAligned(frame as Term), physical.isNarrow(frame as Term)),
    entries: ([root, address, frame, flags], i) => ({
      when: isNone(i),
      root: root as Term,
      page: pageNumber(address as Term),
      frame: frame as Term,
      isWritable: isWritten(flags as Term),
    }),
  },
  // assumption "first" of docs/proof.md
  "kernel/mm/pagetable/page_lookup": {
    requires: (_view, [root]) => isRoot(root as Term),
    defines: (_view, _args, frame) => and(physical.isAligned(frame), equal(physical.use(frame), physical.CONTENTS)),
  },
  "kernel/mm/pagetable/range_clear": { requires: (_view, [root]) => isRoot(root as Term) },
  "kernel/mm/pagetable/leaves_map": {
    requires: (_view, [at, count, frame]) =>
      and(
        isEntry(at as Term, constant(0, 32)),
        compare("ule", add(placeOf(at as Term), long(count as Term)), wide(512)),
        physical.isAligned(frame as Term),
        physical.isNarrow(frame as Term),
      ),
    entries: ([at, count, frame, flags], i) => ({
      when: compare("ult", i, long(count as Term)),
      root: rootOf(at as Term),
      page: add(pageOf(at as Term), i),
      frame: add(frame as Term, shifted(i)),
      isWritable: isWritten(flags as Term),
    }),
  },
  "kernel/object/mapping/entry_for": {
    parameters: ["Domain!", "", ""],
    requires: (view, [domain, , level]) => {
      const root = view.field("Domain", "root_physical", domain as Term);
      return and(some(root), compare("ule", level as Term, TOP));
    },
    ensures: (view, args, entry, before) => {
      const why = view.global("kernel/object/mapping/entry_error");
      const saysWhy = or(some(entry), compare("slt", why, wide(0)));
      return and(saysWhy, (WALK.ensures as NonNullable<Contract["ensures"]>)(view, args, entry, before));
    },
    defines: (view, [domain, address], entry) => {
      const root = view.field("Domain", "root_physical", domain as Term);
      return or(isNone(entry), and(equal(rootOf(entry), root), equal(pageOf(entry), pageNumber(address as Term))));
    },
  },
  // a table of the kernel's begins in one of 32 places, and ends in the kernel's memory
  "kernel/mm/tables/table_grow": {
    requires: (view, [start, bytes]) => {
      const end = constant(view.model.table("capabilities").end, 32);
      const isInside = and(
        compare("ule", bytes as Term, end),
        compare("ule", start as Term, arithmetic("sub", end, bytes as Term)),
      );
      return and(compare("ult", start as Term, constant(0x2000_0000, 32)), isInside);
    },
  },
  // the stacks of a processor that arrives lie in the area of stacks
  "kernel/start/cpus/pages": {
    requires: (view, [from, to]) => {
      const { base, end, stride } = view.model.table("cpus");
      const [first, each] = ["KERNEL_STACKS", "KERNEL_STACK_AREA"].map((name) => constantOf(view, name)) as [
        bigint,
        bigint,
      ];
      const after = first + ((end - base) / stride) * each;
      return and(compare("ule", constant(first, 32), from as Term), compare("ule", to as Term, constant(after, 32)));
    },
  },
  "kernel/object/mapping/leaves": {
    parameters: ["Mapping!", "", "", ""],
    requires: (view, [mapping, first, pages, flags]) => {
      const domain = view.field("Mapping", "domain", mapping as Term);
      const region = view.field("Mapping", "region", mapping as Term);
      const end = add(long(first as Term), long(pages as Term));
      return and(
        some(domain),
        some(region),
        some(view.field("Domain", "root_physical", domain)),
        compare("ule", end, long(view.field("Region", "pages", region))),
        isInWindow(view, domain, view.field("Mapping", "address", mapping as Term), long(pages as Term)),
        mayReach(view, domain, region, isWritten(flags as Term)),
      );
    },
    domain: (view, [mapping]) => view.field("Mapping", "domain", mapping as Term),
  },
  // an enclave's copies
  [MAKER]: { domain: (view, [handle]) => view.field("DomainObject", "domain", held(view, handle as Term)) },
  "kernel/object/mapping/region_map": {
    parameters: ["Domain!", "Capability!", "", "", "", ""],
    defined: (view, [domain, capability], { name, args }) =>
      physical.grant(view, domain as Term, capability as Term, name === MAKER ? args[0] : undefined),
    requires: (view, [domain, capability, , , , rights]) => {
      const object = view.field("Capability", "object", capability as Term);
      const granted = physical.granted(domain as Term, object);
      const has = (name: string, width: number, among: Term): Term =>
        some(arithmetic("and", among, constant(view.model.sources.constants.get(name) as bigint, width)));
      return and(
        view.isGood("Region", object),
        some(view.field("Domain", "root_physical", domain as Term)),
        has("REGION_MAP", 32, granted),
        ...["REGION_READ", "REGION_WRITE"].map((name) =>
          implies(has(name, 64, rights as Term), has(name, 32, granted)),
        ),
      );
    },
    domain: (_view, [domain]) => domain as Term,
  },
};
