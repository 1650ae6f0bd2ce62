// Physical memory as the proof sees it: what a frame is used for and whose it is. Used by imports.ts, which says what every import
// asks of its caller, and by contracts.ts and invariant.ts.
// Invariant: what a frame is used for never changes while somebody names it ("frames" in docs/proof.md): one that was just taken
// becomes what the first store that names it makes of it.

import { keyOf, memoryOf, type WordKey } from "./memory.ts";
import { type Model, View } from "./model.ts";
import { ofCode, ofRun } from "./modules.ts";
import {
  add,
  and,
  apply,
  arithmetic,
  compare,
  concat,
  constant,
  equal,
  extend,
  extract,
  implies,
  ite,
  not,
  or,
  type Term,
  variable,
} from "./term.ts";

export const wide = (value: bigint | number): Term => constant(value, 64);
const ZERO = wide(0);
const number = (value: number): Term => constant(value, 32);

/** Uses of a frame. 0: nothing is known. */
export const TABLE = number(1);
/** It holds somebody's bytes: a domain's, a region's, the kernel's. */
export const CONTENTS = number(2);
/** It lists the numbers of a region's frames, or of such lists. */
export const LIST = number(3);
export const REGISTERS = number(4);

/** The argument of these is the address of a frame. */
export const use = (frame: Term): Term => apply("physical use", frame, 32);
/** The region or domain whose the frame is; 0: the kernel's. */
export const owner = (frame: Term): Term => apply("physical owner", frame, 32);
/** Of a table: how far its entries are above those of pages. Of a list: 1 if it names lists. */
export const level = (frame: Term): Term => apply("physical level", frame, 32);
/** Of an entry of a table: the root from which a walk finds it, and the number of the page that it is for. */
export const rootOf = (entry: Term): Term => apply("physical root", entry, 64);
export const pageOf = (entry: Term): Term => apply("physical page", entry, 64);
/** Rights to a region (low word of the argument) by which the domain (high word) was ever granted it. */
export const granted = (domain: Term, region: Term): Term => apply("granted", concat(domain, region), 32);
/** May the entry for this page of a root name the frame, and let it be written? `allowance` says when. */
export const mayMap = (root: Term, page: Term, frame: Term, isWritable: Term): Term => {
  const flag = ite(isWritable, constant(1, 8), constant(0, 8));
  return not(equal(apply("may map", concat(concat(root, page), concat(frame, flag)), 32), number(0)));
};

/** Levels of the processor's tables less one: the same as long as the machine runs. */
export const TOP = variable("levels of tables - 1", 32);
export const KERNEL_ROOT = variable("the kernel's root", 64);

export const frameOf = (address: Term): Term => arithmetic("and", address, wide(-4096));
export const offsetOf = (address: Term): Term => arithmetic("and", address, wide(4095));
export const isAligned = (address: Term): Term => equal(offsetOf(address), ZERO);
/** An address that entries have room for. */
export const isNarrow = (address: Term): Term => equal(arithmetic("lshr", address, wide(48)), ZERO);
/** A page of a device's registers. */
export const isRegisters = (frame: Term): Term => and(isAligned(frame), equal(use(frame), REGISTERS));
export const pageNumber = (address: Term): Term => arithmetic("lshr", address, wide(12));
export const isTable = (frame: Term, at: Term): Term =>
  and(isAligned(frame), equal(use(frame), TABLE), equal(level(frame), at));
export const isRoot = (frame: Term): Term => isTable(frame, TOP);
/** An entry of some table of this level. */
export const isEntry = (address: Term, at: Term): Term =>
  and(
    equal(arithmetic("and", address, wide(7)), ZERO),
    equal(use(frameOf(address)), TABLE),
    equal(level(frameOf(address)), at),
  );

export const some = (term: Term): Term => not(equal(term, constant(0, term.width)));
export const isNone = (term: Term): Term => not(some(term));
const has = (term: Term, bits: bigint): Term => some(arithmetic("and", term, constant(bits, term.width)));

/** Where windows begin and end: numbers of pages from that of the domain's linear memory on. */
export interface Places {
  readonly window: bigint;
  readonly windowEnd: bigint;
  readonly kernel: bigint;
}

/**
 * What makes mayMap true of a domain, each of these together: the entry is one of its memory or window, and the frame holds its own bytes; or it is one of its
 * window, and the frame holds those of a region that it was granted, to be written only by whoever was granted that.
 */
export function allowance(
  view: View,
  places: Places,
  domain: Term,
  root: Term,
  page: Term,
  frame: Term,
  isWritable: Term,
): readonly Term[] {
  const rights = (name: string): bigint => view.model.sources.constants.get(name) as bigint;
  const base = view.field("Domain", "memory_base", domain);
  const first = pageNumber(base);
  const to = granted(domain, owner(frame));
  const isGranted = and(
    has(to, rights("REGION_MAP")),
    has(to, rights("REGION_READ")),
    or(not(isWritable), has(to, rights("REGION_WRITE"))),
  );
  const at = arithmetic("sub", page, first);
  return [
    equal(root, view.field("Domain", "root_physical", domain)),
    isAligned(base),
    compare("ult", at, wide(places.windowEnd)),
    equal(use(frame), CONTENTS),
    or(equal(owner(frame), domain), and(compare("ule", wide(places.window), at), isGranted)),
  ];
}

/** The same of the kernel's own pages. */
export const kernelAllowance = (places: Places, root: Term, page: Term, frame: Term): readonly Term[] => [
  equal(root, KERNEL_ROOT),
  compare("ule", wide(places.kernel), page),
  equal(use(frame), CONTENTS),
  equal(owner(frame), number(0)),
];

/** Does somebody hold this capability, of this type, and is its object the one that it was made for? */
export function isHeld(view: View, capability: Term, type: string): Term {
  const of = (name: string): Term => view.field("Capability", name, capability);
  return and(
    view.isValid("Capability", capability),
    some(of("handle")),
    equal(arithmetic("and", of("key"), number(0x7f)), constant(view.model.sources.constants.get(type) as bigint, 32)),
    equal(of("version"), view.field("Object", "version", of("object"))),
  );
}

/**
 * A current capability to the region lets its holder be granted it, and any domain that its holder has a current capability to, with
 * the right to grant: the definition, of one capability, and of one to a domain by its handle.
 */
export function grant(view: View, domain: Term, capability: Term, over?: Term): Term {
  const { constants } = view.model.sources;
  const at = (name: string): Term => view.field("Capability", name, capability);
  const object = at("object");
  const owner = arithmetic("lshr", at("key"), number(8));
  const isOwn = equal(owner, view.field("Domain", "index", domain));
  const isOver = (handle: Term): Term => {
    const target = entryOf(view, handle);
    const of = (name: string): Term => view.field("Capability", name, target);
    return and(
      equal(of("handle"), handle),
      isHeld(view, target, "TYPE_DOMAIN"),
      equal(arithmetic("lshr", of("key"), number(8)), owner),
      has(of("rights"), constants.get("DOMAIN_GRANT") as bigint),
      equal(view.field("DomainObject", "domain", of("object")), domain),
    );
  };
  const isReached = and(isHeld(view, capability, "TYPE_REGION"), over === undefined ? isOwn : or(isOwn, isOver(over)));
  const missing = arithmetic("and", at("rights"), arithmetic("xor", granted(domain, object), number(-1)));
  return implies(isReached, equal(missing, number(0)));
}

/** Where the capability lies that a handle names. */
export function entryOf(view: View, handle: Term): Term {
  const place = arithmetic("shl", extract(handle, 0, 32), number(6));
  return add(place, constant(view.model.table("capabilities").base, 32));
}

/** What the invariant says of the frame at `address`, which begins with the base of the region. */
function ofRegion(model: Model, key: WordKey, low: Term, address: Term): Term[] {
  const memory = memoryOf(low.name);
  const region = low.args[0] as Term;
  if (memory === undefined || !model.keys("Region", "base").includes(key)) return [];
  const view = new View(model, memory);
  const at = (name: string): Term => view.field("Region", name, region);
  const base = at("base");
  const parts = address.op === "add" ? sum(address) : [address];
  if (!parts.includes(base)) return [];
  const rest = parts.filter((part) => part !== base).reduce(add, ZERO);
  const isContiguous = has(at("flags"), model.sources.constants.get("REGION_CONTIGUOUS") as bigint);
  const isInside = and(isAligned(rest), compare("ult", pageNumber(rest), extend("zext", at("capacity"), 64)));
  const isListed =
    rest === ZERO
      ? [and(equal(use(base), LIST), equal(owner(base), region), equal(level(base), depth(at("capacity"))))]
      : [];
  const isRegion = equal(view.type(region), constant(model.tags.get("Region") as bigint, 8));
  const isThere = and(isRegion, some(base));
  return [
    implies(isThere, isAligned(base)),
    implies(and(isThere, isContiguous, isInside), and(equal(use(address), CONTENTS), equal(owner(address), region))),
    ...isListed.map((list) => implies(and(isThere, not(isContiguous)), list)),
  ];
}
const depth = (capacity: Term): Term => ite(compare("ult", number(1024), capacity), number(1), number(0));
const sum = (term: Term): Term[] => (term.op === "add" ? term.args.flatMap(sum) : [term]);

/** Sentences about frames that a term about one brings into play. */
export function frameAxioms(model: Model, app: Term): readonly Term[] {
  if (!/^physical (use|owner|level)$/.test(app.name)) return [];
  const address = app.args[0] as Term;
  if (address.op === "ite") {
    const [condition, a, b] = address.args as [Term, Term, Term];
    return [equal(app, ite(condition, apply(app.name, a, app.width), apply(app.name, b, app.width)))];
  }
  const found = new Set<Term>();
  const walk = (term: Term): void => {
    if (term.op === "app" && memoryOf(term.name) !== undefined) found.add(term);
    if (["add", "concat", "shl", "and", "zext"].includes(term.op)) for (const part of term.args) walk(part);
  };
  walk(address);
  const isUse = app.name === "physical use";
  const ofRuns = isUse ? ofRun(address) : [];
  return [...found]
    .flatMap((low) => [
      ...ofRegion(model, keyOf(low.name), low, address),
      ...(isUse ? ofCode(model, keyOf(low.name), low, address) : []),
    ])
    .concat(ofRuns);
}
