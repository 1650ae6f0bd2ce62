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

/** The frame at `address`, if it is one of the file's of the Code whose `file_frame` is this: its own, by assumption "frames". */
export function ofCode(model: Model, key: string, low: Term, address: Term): Term[] {
  const memory = memoryOf(low.name);
  if (memory === undefined || !model.keys("Code", "file_frame").includes(key)) return [];
  const view = new View(model, memory);
  const code = low.args[0] as Term;
  const pages = pagesOf(view.field("Code", "length_bytes", code));
  const isInside = isWithin(address, placeOf(low), arithmetic("shl", long(pages), wide(12)));
  return [implies(and(view.isType("Code", code), isInside), equal(use(address), CONTENTS))];
}

/** Does the frame lie in so many bytes of whole frames? Of one that is said by an address inside it: where that lies. */
function isWithin(frame: Term, first: Term, bytes: Term): Term {
  const isMasked = frame.op === "and" && frame.args[1] === wide(-4096);
  const address = isMasked ? (frame.args[0] as Term) : frame;
  const isInside = compare("ult", less(address, first), bytes);
  return isMasked ? isInside : and(isAligned(address), isInside);
}
/** A sum less one of its terms. */
function less(sum: Term, part: Term): Term {
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
const READS = /^kernel\/object\/(code\/|create\/build$)/;
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
  return or(not(isCode(view, code)), isNone(at(view, "base", code)), isInside);
}
/** What was relocated has as many frames as the file says. */
function isRelocated(view: View, code: Term): Term {
  const first = at(view, "relro_frame", code);
  return or(not(isCode(view, code)), isNone(first), isRun(first, header(view, fileOf(view, code), "RELRO_PAGES")));
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
    ensures: (view, [file, length], isSound) => {
      const says = (name: string): Term => header(view, file as Term, name);
      const [bytes, from, count] = ["LENGTH", "RELOCATIONS", "RELOCATION_COUNT"].map((name) => long(says(name))) as [
        Term,
        Term,
        Term,
      ];
      const few = ["TEXT_PAGES", "THUNK_PAGES", "RODATA_PAGES", "RELRO_PAGES"].map((name) =>
        compare("ule", says(name), number(0x1_0000)),
      );
      const isInside = and(
        compare("ule", bytes, length as Term),
        compare("ule", from, bytes),
        compare("ule", arithmetic("shl", count, wide(3)), arithmetic("sub", bytes, from)),
        isNone(arithmetic("and", from, wide(3))),
      );
      return or(isNone(isSound), and(...few, isInside));
    },
  },
  "kernel/object/code/place": { parameters: ["Code!"] },
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
