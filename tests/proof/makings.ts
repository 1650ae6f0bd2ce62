// How domains are made, as the proof sees it: an entry that is free, a root with the kernel's half in it, and a module's pages at the
// module's place. Used by contracts.ts, effects.ts, imports.ts and access.ts.
// Invariant: what shows a module's pages lets nobody write them.

import type { Contract } from "./contracts.ts";
import type { View } from "./model.ts";
import { isBefore, isSealed, less, pagesAt, RELOCATED } from "./modules.ts";
import * as physical from "./physical.ts";
import { CONTENTS, isAligned, isNone, isRoot, offsetOf, owner, pageNumber, some, use, wide } from "./physical.ts";
import { add, and, arithmetic, compare, constant, equal, extend, not, or, type Term } from "./term.ts";

const number = (value: bigint | number): Term => constant(value, 32);
const long = (term: Term): Term => extend("zext", term, 64);
const at = (view: View, name: string, domain: Term | undefined): Term => view.field("Domain", name, domain as Term);
const has = (view: View, domain: Term | undefined, ...names: string[]): Term =>
  and(...names.map((name) => some(at(view, name, domain))));
const lacks = (view: View, domain: Term | undefined, ...names: string[]): Term =>
  and(...names.map((name) => isNone(at(view, name, domain))));
const isDomainObject = (view: View, object: Term): Term =>
  equal(view.type(object), constant(view.model.tags.get("DomainObject") as bigint, 8));

// ---- the table of domains ----

const entryOf = (view: View, index: Term): Term => {
  const { base, stride } = view.model.table("domains");
  return add(arithmetic("shl", index, number(stride.toString(2).length - 1)), number(base));
};
/** Nobody is there, and no object says so. */
function isEmpty(view: View, entry: Term): Term {
  const object = at(view, "object", entry);
  const isItsOwn = and(isDomainObject(view, object), equal(view.field("DomainObject", "domain", object), entry));
  return and(lacks(view, entry, "state", "root_physical"), or(isNone(object), not(isItsOwn)));
}
/** The first free entry, which names the next one, and the first that was never used: "free" in docs/proof.md. */
function isFree(view: View): Term {
  const used = view.global("kernel/object/domains/used");
  const first = view.global("kernel/object/domains/first_free");
  const next = at(view, "budget_frames", entryOf(view, first));
  const isFirst = and(isEmpty(view, entryOf(view, first)), or(isNone(next), compare("ult", next, used)));
  return and(or(isNone(first), isFirst), isEmpty(view, entryOf(view, used)));
}

// ---- roots ----

/** A root that is a domain's. */
export const isDomainsRoot = (frame: Term): Term => and(isRoot(frame), isNone(owner(frame)));

/** What was read of the kernel's root, and where. */
const read = new Map<Term, Term>();
export function wasRead(address: Term, frame: Term, value: Term): void {
  if (frame === physical.KERNEL_ROOT) read.set(value, address);
}
/** Is the word what the kernel's root has at the same place of the kernel's half? null: it was read somewhere else. */
export function isOfKernelsHalf(address: Term, value: Term): Term | null {
  const from = read.get(value);
  if (from === undefined) return null;
  return and(equal(offsetOf(from), offsetOf(address)), compare("ule", wide(2048), offsetOf(address)));
}

// ---- modules ----

const terms = (sum: Term): Term[] => (sum.op === "add" ? sum.args.flatMap(terms) : [sum]);
/** Where a page begins: of one that is counted from the page at `place`, which is aligned, in terms of that. */
function addressOf(page: Term, place: Term): Term {
  const [first, second] = page.args as [Term, Term];
  if (page.op === "add") return add(addressOf(first, place), addressOf(second, place));
  if (page.op === "and" && second === wide((1n << 52n) - 1n)) return addressOf(first, place);
  return page === pageNumber(place) ? place : arithmetic("shl", page, wide(12));
}

/** What makes mayMap true of a module's page: it is one of the place of a sealed module, the frame is that module's, and nobody may write it. */
export function moduleAllowance(
  view: View,
  code: Term,
  root: Term,
  page: Term,
  frame: Term,
  isWritable: Term,
): readonly Term[] {
  const { place, image, file, relocated } = pagesAt(view, code);
  const address = addressOf(page, place);
  const isIn = (run: { first: Term; pages: Term }): Term =>
    and(isAligned(frame), isBefore(less(frame, run.first), arithmetic("shl", run.pages, wide(12))));
  const runs = [file, relocated].filter((run) => terms(frame).includes(run.first));
  return [
    isRoot(root),
    isNone(owner(root)),
    and(view.isGood("Code", code), isSealed(view, code), some(place)),
    isAligned(place),
    isBefore(less(address, place), arithmetic("shl", image, wide(12))),
    or(...(runs.length > 0 ? runs : [file, relocated]).map(isIn)),
    equal(use(frame), CONTENTS),
    not(isWritable),
  ];
}

/** The next free capability is the one that it was, and free: whoever makes a domain that is whole takes none. */
const CAPABILITIES: readonly string[] = ["used", "first_free"];
function isUntaken(view: View, before: View, name: string): Term {
  const [now, then] = [view, before].map((one) => one.global(`kernel/cap/table/${name}`)) as [Term, Term];
  const { base, stride } = view.model.table("capabilities");
  const place = add(arithmetic("shl", now, number(stride.toString(2).length - 1)), number(base));
  const entry = name === "used" ? place : now;
  const of = (field: string): Term => view.field("Capability", field, entry);
  return and(equal(now, then), ...["handle", "state"].map((field) => isNone(of(field))));
}

const CODE = "Code";
const codeOf = (view: View, capability: Term | undefined): Term =>
  view.field("Capability", "object", capability as Term);
const recalled = (view: View, code: Term): Term => and(...RELOCATED.map((says) => says(view, code)));

export const MAKINGS: Readonly<Record<string, Contract>> = {
  "kernel/object/domains/domain_entry": {
    parameters: [],
    listed: isFree,
    ensures: (view, _args, domain) => {
      const empty = ["state", "object", "root_physical", "memory_base", "spare_page"];
      return or(isNone(domain), lacks(view, domain, ...empty));
    },
  },
  "kernel/object/code/part_map": {
    parameters: ["", "", "", "", ""],
    requires: (_view, [root, address, frame, pages]) => {
      const [from, to] = [frame as Term, address as Term];
      const isLow = (begin: Term): Term => compare("ule", begin, wide(1n << 47n));
      return and(isRoot(root as Term), isAligned(to), isAligned(from), isLow(to), isLow(from), isFew(pages as Term));
    },
    entries: ([root, address, frame, pages, flags], i) => ({
      when: compare("ult", i, long(pages as Term)),
      root: root as Term,
      page: add(pageNumber(address as Term), i),
      frame: add(frame as Term, arithmetic("shl", i, wide(12))),
      isWritable: some(arithmetic("and", flags as Term, number(2))),
    }),
  },
  "kernel/object/create/build": {
    parameters: ["Domain!", "Code!"],
    recalls: (view, [, code]) => recalled(view, code as Term),
    requires: (view, [domain, code]) =>
      and(
        has(view, domain, "object", "code"),
        lacks(view, domain, "root_physical", "memory_base", "spare_page"),
        isSealed(view, code as Term),
      ),
    module: (_view, [, code]) => code as Term,
  },
  "kernel/object/create/domain_create": {
    parameters: ["Domain!", "Capability!", "", ""],
    recalls: (view, [, capability]) => recalled(view, codeOf(view, capability)),
    requires: (view, [, capability]) => view.isGood(CODE, codeOf(view, capability)),
    ensures: (view, _args, domain, before) => {
      const object = at(view, "object", domain);
      const id = before.global("kernel/object/object/next_id");
      const isItsOwn = and(isDomainObject(view, object), equal(view.field("DomainObject", "domain", object), domain));
      const isNew = and(some(object), isItsOwn, equal(view.field("Object", "id", object), id));
      return or(isNone(domain), and(isNew, ...CAPABILITIES.map((name) => isUntaken(view, before, name))));
    },
  },
};
const isFew = (pages: Term): Term => compare("ule", pages, number(0x1_0000));
