// Modules as the proof sees them: the frames that a Code object names, what its file's first page says, and the functions that load,
// check and hash what lies there. Used by physical.ts (axioms), invariant.ts, contracts.ts and imports.ts.
// Invariant: what is read of a file lies inside the file, and its first page says the same each time ("file" in docs/proof.md).

import type { Contract, Proving } from "./contracts.ts";
import { isRun } from "./frames.ts";
import { keyOf, memoryOf } from "./memory.ts";
import { type Model, View } from "./model.ts";
import { CONTENTS, frameAxioms, isAligned, use, wide } from "./physical.ts";
import {
  add,
  and,
  apply,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  extract,
  implies,
  isConstant,
  not,
  or,
  type Term,
  variable,
} from "./term.ts";
import type { Say } from "./traps.ts";

const number = (value: number): Term => constant(value, 32);
const long = (term: Term): Term => extend("zext", term, 64);

/** Pages of a file, and where it begins. */
const pagesOf = (bytes: Term): Term => arithmetic("lshr", add(bytes, number(4095)), number(12));
const placeOf = (frame: Term): Term => arithmetic("shl", long(frame), wide(12));

/** The frame at `address`, if it is one of the file's, or a relocated one, of the Code of which this is the first's number: its own, by assumption "frames". */
export function ofCode(model: Model, key: string, low: Term, address: Term): Term[] {
  const memory = memoryOf(low.name);
  const isFile = model.keys("Code", "file_frame").includes(key);
  if (memory === undefined || !(isFile || model.keys("Code", "relro_frame").includes(key))) return [];
  const view = new View(model, memory);
  const code = low.args[0] as Term;
  const pages = isFile ? pagesOf(view.field("Code", "length_bytes", code)) : relocatedPages(view, code);
  const isInside = isWithin(address, placeOf(low), arithmetic("shl", long(pages), wide(12)));
  const isThere = isFile ? and() : not(isNone(low));
  return [implies(and(view.isType("Code", code), isThere, isInside), equal(use(address), CONTENTS))];
}

/** Does the frame lie in so many bytes of whole frames? Of one that is said by an address inside it: where that lies. */
function isWithin(frame: Term, first: Term, bytes: Term): Term {
  const isMasked = frame.op === "and" && frame.args[1] === wide(-4096);
  const address = isMasked ? (frame.args[0] as Term) : frame;
  const isInside = isBefore(less(address, first), bytes);
  return isMasked ? isInside : and(isAligned(address), isInside);
}
/** Is a distance below another one? Of whole pages, each counted in 32 bits: of so many, which is a smaller question. */
export function isBefore(distance: Term, end: Term): Term {
  const [some, all] = [pagesIn(distance), pagesIn(end)];
  return some === null || all === null ? compare("ult", distance, end) : compare("ult", some, all);
}
function pagesIn(bytes: Term): Term | null {
  if (bytes.op === "add") {
    const [some, more] = bytes.args.map(pagesIn);
    return some == null || more == null ? null : add(some, more);
  }
  if (isConstant(bytes)) return bytes.value < 1n << 32n && bytes.value % 4096n === 0n ? wide(bytes.value >> 12n) : null;
  const [count, by] = bytes.args as [Term, Term];
  const isPages = bytes.op === "shl" && by === wide(12) && count.op === "zext" && count.args[0]?.width === 32;
  return isPages ? count : null;
}
/** A sum less one of its terms. */
export function less(sum: Term, part: Term): Term {
  const all = (term: Term): Term[] => (term.op === "add" ? term.args.flatMap(all) : [term]);
  const terms = all(sum);
  const place = terms.indexOf(part);
  return place < 0 ? arithmetic("sub", sum, part) : terms.filter((_one, i) => i !== place).reduce(add, wide(0));
}

/** Runs that were taken from free memory for a module, and how many frames each has: they hold contents from then on ("frames"). */
const runs = new Map<Term, Term>();
export function ofModule(name: string, first: Term, count: Term): Term {
  if (name.startsWith("kernel/object/code/")) runs.set(first, count);
  return and();
}
/** The frame at `address`, if it is one of a run that the address is made of. */
export function ofRun(address: Term): Term[] {
  const found = new Set<Term>();
  const walk = (term: Term): void => {
    if (runs.has(term)) found.add(term);
    if (["add", "shl", "lshr", "zext", "extract", "and", "ite"].includes(term.op))
      for (const part of term.args) walk(part);
  };
  walk(address);
  return [...found].map((run) => {
    const bytes = arithmetic("shl", long(runs.get(run) as Term), wide(12));
    return implies(and(isAligned(run), isWithin(address, run, bytes)), equal(use(address), CONTENTS));
  });
}

/** A word of a file's first page. */
const wordAt = (address: Term): Term => apply("file word", address, 32);
/** Functions that read it. */
const READS = /^kernel\/object\/(code\/|create\/(build|domain_create)$)/;
const CHECK = "kernel/object/code/header_sound";
/** The word at an address that is so far behind a file's begin; null: it is read for something else. */
export function ofFile(model: Model, where: string, { name, args }: Proving, address: Term): Term | null {
  if (!READS.test(where) || address.op !== "add" || !isConstant(address.args[1] as Term)) return null;
  const [begin, distance] = address.args as [Term, Term];
  if (distance.value >= 4096n) return null;
  const number = begin.op === "shl" && begin.args[0]?.op === "zext" ? (begin.args[0].args[0] as Term) : begin;
  const isFrame = number.op === "app" && model.keys("Code", "file_frame").includes(keyOf(number.name));
  return isFrame || (name === CHECK && begin === args[0]) ? wordAt(address) : null;
}

const constantOf = (view: View, name: string): bigint => view.model.sources.constants.get(name) as bigint;
const header = (view: View, file: Term, name: string): Term =>
  wordAt(add(file, wide(constantOf(view, `PHX_${name}_AT`))));
const at = (view: View, name: string, code: Term): Term => view.field("Code", name, code);
const fileOf = (view: View, code: Term): Term => placeOf(at(view, "file_frame", code));
const has = (view: View, code: Term, flag: string): Term =>
  not(equal(arithmetic("and", at(view, "flags", code), constant(constantOf(view, flag), 32)), number(0)));
const isNone = (term: Term): Term => equal(term, constant(0, term.width));
const isCode = (view: View, code: Term): Term => view.isType("Code", code);

const relocatedPages = (view: View, code: Term): Term => header(view, fileOf(view, code), "RELRO_PAGES");
/** Where its image lies, and the frames that are shown there. */
export function pagesAt(view: View, code: Term) {
  const image = ["TEXT_PAGES", "THUNK_PAGES", "RODATA_PAGES", "RELRO_PAGES"]
    .map((name) => header(view, fileOf(view, code), name))
    .reduce(add);
  return {
    place: at(view, "base", code),
    image: long(image),
    file: { first: fileOf(view, code), pages: long(pagesOf(at(view, "length_bytes", code))) },
    relocated: { first: placeOf(at(view, "relro_frame", code)), pages: long(relocatedPages(view, code)) },
  };
}
/** Pages of 2 MiB that an image takes of the code area, and those that there are. */
const UNITS = 3584;
const UNIT_SHIFT = 21;
function unitsOf(view: View, code: Term): Term {
  const pages = ["TEXT_PAGES", "THUNK_PAGES", "RODATA_PAGES", "RELRO_PAGES"]
    .map((name) => header(view, fileOf(view, code), name))
    .reduce(add);
  const bytes = add(arithmetic("shl", long(pages), wide(12)), wide((1 << UNIT_SHIFT) - 1));
  return extract(arithmetic("lshr", bytes, wide(UNIT_SHIFT)), 0, 32);
}
/** An image that has a place lies in the code area. */
function isPlaced(view: View, code: Term): Term {
  const first = arithmetic("lshr", arithmetic("sub", at(view, "base", code), wide(0x4000_0000)), wide(UNIT_SHIFT));
  const most = wide(UNITS);
  const isInside = and(
    compare("ule", first, most),
    compare("ule", long(unitsOf(view, code)), arithmetic("sub", most, first)),
  );
  const isUnit = isNone(arithmetic("and", at(view, "base", code), wide((1 << UNIT_SHIFT) - 1)));
  return or(not(isCode(view, code)), isNone(at(view, "base", code)), and(isUnit, isInside));
}
/** What was relocated has as many frames as the file says. */
function isRelocated(view: View, code: Term): Term {
  const first = at(view, "relro_frame", code);
  return or(not(isCode(view, code)), isNone(first), isRun(first, header(view, fileOf(view, code), "RELRO_PAGES")));
}

/** Its numbers are sound, it has a place, and its relocated pages are there: as long as it is sealed. */
function isWhole(view: View, code: Term): Term {
  const relocated = header(view, fileOf(view, code), "RELRO_PAGES");
  // each part of the image ends before the file does: follows from what the check says of all of them, but saves the search
  const says = (name: string): Term => header(view, fileOf(view, code), name);
  const text = add(number(1), says("TEXT_PAGES"));
  const thunks = add(text, arithmetic("shl", says("THUNK_PAGES"), number(1)));
  const pages = pagesOf(at(view, "length_bytes", code));
  return and(
    not(isNone(at(view, "base", code))),
    ...[text, thunks, add(thunks, says("RODATA_PAGES"))].map((end) => compare("ule", end, pages)),
    ...isSound(view, fileOf(view, code), long(at(view, "length_bytes", code))),
    or(isNone(relocated), not(isNone(at(view, "relro_frame", code)))),
  );
}
export const isSealed = (view: View, code: Term): Term => has(view, code, "CODE_SEALED");
const wholeIfSealed = (view: View, code: Term): Term =>
  or(not(isCode(view, code)), not(isSealed(view, code)), isWhole(view, code));
/** What the check of its header says of every number that is used later. */
function isSound(view: View, file: Term, length: Term): Term[] {
  const says = (name: string): Term => header(view, file, name);
  const [bytes, from, count] = ["LENGTH", "RELOCATIONS", "RELOCATION_COUNT"].map((name) => long(says(name))) as [
    Term,
    Term,
    Term,
  ];
  const most = (name: string, limit: number): Term => compare("ule", says(name), number(limit));
  const pages = ["TEXT_PAGES", "THUNK_PAGES", "THUNK_PAGES", "RODATA_PAGES", "RELRO_PAGES"].map((name) => says(name));
  const all = pages.reduce(add, number(1));
  return [
    ...["TEXT_PAGES", "THUNK_PAGES", "RODATA_PAGES", "RELRO_PAGES"].map((name) => most(name, 0x1_0000)),
    compare("ule", bytes, length),
    compare("ule", long(all), arithmetic("lshr", length, wide(12))),
    compare("ule", from, bytes),
    compare("ule", arithmetic("shl", count, wide(3)), arithmetic("sub", bytes, from)),
    isNone(arithmetic("and", from, wide(3))),
    most("STRUCT_DISTANCE", 0x10_0000),
    most("MEMORY_INITIAL", 0x4000),
    most("TABLE_BYTES", 0x0f00_0000),
    most("STACK_BYTES", 0x0800_0000),
    most("SLOTS", 2),
    not(isNone(says("SLOTS"))),
  ];
}

/** What is still to come of a file can be copied. */
function canGoOn(view: View, code: Term): Term {
  const [copied, source] = [at(view, "copied", code), at(view, "source", code)];
  const pages = pagesOf(at(view, "length_bytes", code));
  const end = add(long(at(view, "source_page", code)), long(pages));
  const isThere = and(not(isNone(source)), compare("ule", end, long(view.field("Region", "pages", source))));
  return or(not(isCode(view, code)), and(compare("ule", copied, pages), or(equal(copied, pages), isThere)));
}
/** A copy's frames can be given back. */
function isReturnable(view: View, code: Term): Term {
  const pages = pagesOf(at(view, "length_bytes", code));
  return or(not(isCode(view, code)), not(has(view, code, "CODE_COPIED")), isRun(at(view, "file_frame", code), pages));
}
/** The archive's frames have numbers of 32 bits. */
function isNumbered(view: View, region: Term): Term {
  const field = (name: string): Term => view.field("Region", name, region);
  const isSet = (flag: string): Term =>
    not(isNone(arithmetic("and", field("flags"), constant(constantOf(view, flag), 32))));
  const end = add(field("base"), arithmetic("shl", long(field("capacity")), wide(12)));
  const isLow = and(isSet("REGION_CONTIGUOUS"), compare("ule", end, wide(1n << 44n)));
  return or(not(view.isType("Region", region)), not(isSet("REGION_ARCHIVE")), isLow);
}
/** Any page of a file. */
const ANY = variable("any page of a file", 64);
/** Every page of its file holds contents: what ofCode() knows. */
function holdsContents(view: View, code: Term): Term {
  const pages = long(pagesOf(at(view, "length_bytes", code)));
  const frame = add(fileOf(view, code), arithmetic("shl", ANY, wide(12)));
  return or(not(isCode(view, code)), not(compare("ult", ANY, pages)), equal(use(frame), CONTENTS));
}

/** So does every one that was relocated. */
function relocatedHolds(view: View, code: Term): Term {
  const first = at(view, "relro_frame", code);
  const frame = add(placeOf(first), arithmetic("shl", ANY, wide(12)));
  const isOne = compare("ult", ANY, long(relocatedPages(view, code)));
  return or(not(isCode(view, code)), isNone(first), not(isOne), equal(use(frame), CONTENTS));
}
/** What is said of a module that is shown somewhere. */
export const RELOCATED: readonly ((view: View, code: Term) => Term)[] = [wholeIfSealed, isPlaced, isRelocated];

/** What the invariant says of modules: brought into play by `recalls` alone, for these words mean something else in every other class. */
export function modules(say: Say): void {
  const pages: [string, string] = ["Region", "pages"];
  const never: string[] = [];
  const copying = ["type", "length_bytes", "source", "source_page", "copied"];
  say(
    "Code",
    "its file's frames hold contents",
    ["type", "file_frame", "length_bytes"],
    [],
    holdsContents,
    never,
    "Code",
  );
  say("Code", "what is still to come of it can be copied", copying, [pages], canGoOn, never, "Code");
  const copied = ["type", "file_frame", "length_bytes", "flags"];
  say("Code", "a copy's frames can be given back", copied, [], isReturnable, never, "Code");
  say("Code", "its image lies in the code area", ["type", "base", "file_frame"], [], isPlaced, never, "Code");
  const relocated = ["type", "file_frame", "relro_frame"];
  say("Code", "its relocated pages are those that the file says", relocated, [], isRelocated, never, "Code");
  say(
    "Code",
    "its relocated frames hold contents",
    ["type", "file_frame", "relro_frame"],
    [],
    relocatedHolds,
    never,
    "Code",
  );
  const sealing = ["type", "flags", "base", "file_frame", "length_bytes", "relro_frame"];
  say("Code", "one that is sealed is sound, and has its place", sealing, [], wholeIfSealed, never, "Code");
  say(
    "Region",
    "the archive's frames have numbers",
    ["type", "base", "capacity", "flags"],
    [],
    isNumbered,
    never,
    "Region",
  );
}

const CHUNK = 1024;
export const MODULES: Readonly<Record<string, Contract>> = {
  // what is true of every number of the header that is used later
  [CHECK]: {
    parameters: ["", ""],
    requires: (_view, [file, length]) =>
      or(compare("ult", length as Term, wide(4096)), and(isAligned(file as Term), equal(use(file as Term), CONTENTS))),
    ensures: (view, [file, length], answer) => {
      return or(isNone(answer), and(...isSound(view, file as Term, length as Term)));
    },
  },
  "kernel/object/code/place": {
    parameters: ["Code!"],
    requires: (view, [code]) => not(isSealed(view, code as Term)),
    // then it can be sealed
    ensures: (view, [code], error) => or(not(isNone(error)), isWhole(view, code as Term)),
  },
  "kernel/object/code/image_free": {
    parameters: ["Code!"],
    recalls: (view, [code]) => and(isPlaced(view, code as Term), isRelocated(view, code as Term)),
  },
  "kernel/object/code/code_free": {
    parameters: ["Code!"],
    recalls: (view, [code]) => isReturnable(view, code as Term),
  },
  "kernel/object/code/code_seal": { parameters: ["Code!"], recalls: (view, [code]) => canGoOn(view, code as Term) },
  "kernel/object/code/code_load": {
    parameters: ["Domain!", "Region!", "", ""],
    // a page of the archive, by where the archive begins
    recalls: (view, [, region, offset]) => {
      const begin = add(view.field("Region", "base", region as Term), offset as Term);
      const page = add(begin, arithmetic("shl", ANY, wide(12)));
      return and(isNumbered(view, region as Term), ...frameAxioms(view.model, use(page)));
    },
    ensures: (view, _args, code, before) => {
      const id = before.global("kernel/object/object/next_id");
      const next = view.global("kernel/object/object/next_id");
      const isNew = and(equal(view.field("Object", "id", code), id), equal(next, add(id, wide(1))));
      return or(isNone(code), and(view.isGood("Code", code), isNew));
    },
  },
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
