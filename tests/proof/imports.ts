// What every import that reaches memory or a device asks of its caller, and what its answer is known to be. Called by the executor
// at each call of an import. Invariant: an import that is named nowhere here takes no address.

import { CONTRACTS, isBelowEnd } from "./contracts.ts";
import * as devices from "./devices.ts";
import type { Effects } from "./effects.ts";
import { isDomainsRoot, isOfKernelsHalf, wasRead } from "./makings.ts";
import { memoryOf } from "./memory.ts";
import { ofFile } from "./modules.ts";
import type { Paging } from "./paging.ts";
import type { Path } from "./path.ts";
import * as physical from "./physical.ts";
import {
  CONTENTS,
  frameOf,
  isAligned,
  isTable,
  LIST,
  level,
  owner,
  REGISTERS,
  some,
  TABLE,
  use,
  wide,
} from "./physical.ts";
import {
  add,
  and,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  extract,
  fresh,
  implies,
  isConstant,
  ite,
  not,
  or,
  type Term,
  truth,
} from "./term.ts";

/** Functions that ask a list only for pages that the region has: "filled" in docs/proof.md. */
const FILLED = /object\/region\/region_frame$|object\/mapping\/(leaves|region_map)$|object\/dma\/dma_map$/;
/** Functions that take pages out of windows that were revoked, and of nothing else: "private" in docs/proof.md. */
const PRIVATE = /object\/mapping\/(mapping_end|private_pages_free)$|mm\/pagetable\/page_unmap$/;
/** Functions that take apart what is left of a slot or of a root: single pages and tables of its own ("private" in docs/proof.md). */
const APART = /object\/destroy\/memory_free$|mm\/pagetable\/(table_free|free_upper|range_free)$/;
/** One that looks at the kernel's root beside the one that it takes apart. */
const COMPARES = /mm\/pagetable\/free_upper$/;
/** Functions that go along a table from an entry in its midst: what they add to is no frame's address. */
const ALONG = /object\/dma\/dma_map$/;
/** Functions that look at the kernel's own stack and symbols, where the kernel ends: "mapped" in docs/proof.md. */
const LOOKING = /^kernel\/(panic\/kernel_trap|symbols\/(symbol_print|text))$/;
/** Where the boot archive lies, which was looked at when it was found: "told" in docs/proof.md. */
const ARCHIVE = "global kernel/object/archive/base";
const mentions = (term: Term, name: string): boolean =>
  term.op === "var" ? term.name.startsWith(name) : term.op !== "app" && term.args.some((one) => mentions(one, name));
const LARGE = 0x20_0000;
const number = (value: number): Term => constant(value, 32);

export class Imports {
  constructor(
    private readonly paging: Paging,
    /** The block of the CPU that runs. */
    private readonly cpu: Term,
  ) {}

  /** Levels of tables: three to five. */
  get given(): Term {
    const { top } = this.paging;
    if (top !== null) return equal(physical.TOP, number(top));
    return and(compare("ule", number(2), physical.TOP), compare("ule", physical.TOP, number(4)));
  }

  call(executor: Effects, path: Path, name: string, args: readonly Term[]): Term | null {
    const [first, second] = args as [Term, Term];
    switch (name) {
      case "machine.cpu_block":
        path.assume(executor.model.isValid(path.memory, executor.model.table("cpus"), this.cpu));
        return this.cpu;
      case "machine.kernel_root":
        path.assume(
          and(
            physical.isRoot(physical.KERNEL_ROOT),
            some(physical.KERNEL_ROOT),
            not(some(owner(physical.KERNEL_ROOT))),
          ),
        );
        return physical.KERNEL_ROOT;
      case "machine.load8":
      case "machine.load16":
      case "machine.load32":
      case "machine.load64":
        return this.load(executor, path, first, Number(name.slice(12)) / 8);
      case "machine.store8":
      case "machine.store16":
      case "machine.store32":
      case "machine.store64":
        this.store(executor, path, first, second, Number(name.slice(13)) / 8);
        return null;
      case "machine.zero":
        this.filled(executor, path, "zero", first, second);
        return null;
      case "machine.copy":
        this.filled(executor, path, "copy", first, args[2] as Term);
        return null;
      case "machine.device_load":
      case "machine.device_store":
        this.device(executor, path, first, extend("zext", second, 64));
        return null;
      case "machine.port_load":
      case "machine.port_store":
        if (this.isKernels(second, first)) return null;
        this.device(executor, path, extend("zext", second, 64), extend("zext", first, 64));
        return null;
      default:
        return null;
    }
  }

  /** The frame of an address; where it is a frame's address and less than a page, the path learns so. */
  private frame(executor: Effects, path: Path, address: Term, bytes: number): Term {
    const frame = frameOf(address);
    if (bytes === 8 && ALONG.test(path.top.code.name)) return frame;
    const isOne = (base: Term): boolean => {
      const rest = arithmetic("sub", address, base);
      const isBase = and(isAligned(base), compare("ult", rest, wide(4096)));
      if (path.knows(equal(frame, base))) return true;
      if (!executor.certain(path, isBase)) return false;
      path.assume(equal(frame, base)); // which follows
      return true;
    };
    if (isConstant(address)) return frame;
    for (const base of bases(address)) if (isOne(base)) return base;
    return frame;
  }

  private load(executor: Effects, path: Path, address: Term, bytes: number): Term {
    const frame = this.frame(executor, path, address, bytes);
    if (isConstant(frame) && this.paging.registers.includes(frame.value))
      return fresh("register", bytes === 8 ? 64 : 32);
    const known = bytes === 4 ? path.lists.get(address) : undefined;
    if (known !== undefined) return known;
    const reads = CONTRACTS[executor.proving.name]?.reads?.(executor.proving.args);
    if (reads !== undefined) {
      const isInside = compare("ult", arithmetic("sub", address, reads.first), extend("zext", reads.bytes, 64));
      path.assume(implies(isInside, some(use(frameOf(address)))));
    }
    if (LOOKING.test(path.top.code.name) || mentions(address, ARCHIVE)) path.assume(some(use(frame)));
    else executor.require(path, some(use(frame)), "a load of memory: the frame is known");
    const word = bytes === 4 ? ofFile(executor.model, path.top.code.name, executor.proving, address) : null;
    if (word !== null) return word;
    const value = fresh("physical", bytes === 8 ? 64 : 32);
    if (bytes === 8) {
      wasRead(address, frame, value);
      path.assume(implies(equal(use(frame), TABLE), this.isSound(level(frame), value)));
      const where = path.top.code.name;
      if (devices.UNITS.test(where)) path.assume(devices.loaded(this.paging, where, address, frame, value));
      const isThere = this.paging.isPresent(value);
      if (PRIVATE.test(where)) path.assume(implies(isThere, isBelowEnd(this.paging.target(value))));
      if (APART.test(where)) {
        const isKernels = equal(frame, physical.KERNEL_ROOT);
        const isOwn = and(equal(use(frame), TABLE), or(truth(!COMPARES.test(where)), not(isKernels)));
        const isPage = and(not(some(level(frame))), isBelowEnd(this.paging.target(value)));
        const isLink = this.isBelow(this.paging.target(value), arithmetic("sub", level(frame), number(1)));
        path.assume(implies(and(isOwn, isThere), or(isPage, isLink)));
      }
    }
    if (bytes === 4) {
      const listed = this.listed(value);
      const isNamed = and(
        isAligned(listed),
        isBelowEnd(listed),
        equal(owner(listed), owner(frame)),
        equal(use(listed), this.use(frame)),
        implies(some(level(frame)), equal(level(listed), number(0))),
      );
      const isMissing = and(not(some(value)), this.isPast(executor, path));
      path.assume(implies(equal(use(frame), LIST), or(isMissing, and(some(value), isNamed))));
      path.lists.set(address, value);
    }
    return value;
  }

  /** May a list be asked for what is not filled in yet? Where a region is filled, at the begin of an index frame. */
  private isPast(executor: Effects, path: Path): Term {
    if (FILLED.test(path.top.code.name)) return truth(false);
    if (!/region_fill$/.test(path.top.code.name)) return truth(true);
    const pages = executor.view(path).field("Region", "pages", executor.proving.args[0] as Term);
    return equal(arithmetic("and", pages, number(1023)), number(0));
  }

  private readonly listed = (value: Term): Term => arithmetic("shl", extend("zext", value, 64), wide(12));
  /** Of what a list names. */
  private use(list: Term): Term {
    return ite(some(level(list)), LIST, CONTENTS);
  }

  /** Every entry of a table of this level that is there names a table of the level below, or is a leaf. */
  isSound(at: Term, entry: Term): Term {
    const { isPresent, isLarge, target } = this.paging;
    const below = arithmetic("sub", at, number(1));
    const isLeaf = or(not(some(at)), isLarge(entry));
    return or(not(isPresent(entry)), isLeaf, this.isBelow(target(entry), below));
  }

  /** A table of this level, in a frame of memory. */
  private isBelow(table: Term, at: Term): Term {
    return and(isTable(table, at), some(table), isBelowEnd(table));
  }

  private store(executor: Effects, path: Path, address: Term, value: Term, bytes: number): void {
    const frame = this.frame(executor, path, address, bytes);
    if (isConstant(frame) && this.paging.registers.includes(frame.value)) return;
    const isFree = or(equal(use(frame), CONTENTS), equal(use(frame), REGISTERS));
    if (path.knows(isFree) || (bytes === 8 && this.isCopied(executor, path, address, frame, value))) return;
    if (bytes === 8 && devices.UNITS.test(path.top.code.name) && executor.certain(path, devices.isOfUnit(frame))) {
      for (const taken of path.nameIn(value)) path.assume(devices.becomes(taken));
      const what = "a store to memory: a context names a table of pages";
      executor.require(path, devices.mayStand(this.paging, frame, address, value), what);
    } else if (bytes === 8) {
      const { isPresent, isLarge, isWritable } = this.paging;
      const isLeaf = or(not(some(level(frame))), isLarge(value));
      this.becomes(executor, path, value, frame, isLeaf);
      this.inRow(executor, path, address);
      if (executor.isTrial) return;
      const [root, page] = [physical.rootOf(address), physical.pageOf(address)];
      const named = this.named(executor, path, value);
      const what = "a store to memory: an entry of a table names what it may";
      const isIn = equal(use(frame), TABLE);
      const isEntry = executor.certain(path, isIn);
      if (isEntry)
        path.assume(isIn); // then it is not free
      else executor.require(path, or(isFree, isIn), what);
      executor.require(
        path,
        or(isEntry ? truth(false) : isFree, equal(arithmetic("and", address, wide(7)), wide(0))),
        what,
      );
      const isLink = and(not(isLeaf), this.isBelow(named, arithmetic("sub", level(frame), number(1))));
      if (executor.certain(path, or(not(isPresent(value)), isLink))) return;
      // a larger leaf names frames that follow one another, and begins where one of its size may
      const isSmall = executor.certain(path, equal(level(frame), number(0)));
      const i = isSmall ? wide(0) : extend("zext", fresh("any page of a large leaf", 32), 64);
      const its = add(page, i);
      executor.name(path, root, named);
      const one = path.fork();
      one.assume(isPresent(value));
      if (!isEntry) one.assume(not(isFree));
      if (!isSmall) {
        one.assume(compare("ult", i, wide(512)));
        const isWhole = and(equal(level(frame), number(1)), equal(arithmetic("and", named, wide(LARGE - 1)), wide(0)));
        for (const part of [isLeaf, isWhole]) executor.require(one, or(isLink, part), what);
      }
      for (const [way, frames] of arms(one, named)) {
        const each = add(frames, arithmetic("shl", i, wide(12)));
        executor.allow(way, { when: truth(true), root, page: its, frame: each, isWritable: isWritable(value) });
        executor.require(way, or(isLink, physical.mayMap(root, its, each, isWritable(value))), what);
      }
    } else if (bytes === 4) {
      for (const taken of path.nameIn(value)) {
        const isThat = equal(this.listed(value), taken);
        path.assume(implies(isThat, equal(use(taken), this.use(frame))));
        path.assume(implies(isThat, and(equal(owner(taken), owner(frame)), equal(level(taken), number(0)))));
      }
      const listed = this.listed(value);
      const isOwn = and(
        equal(use(listed), this.use(frame)),
        equal(owner(listed), owner(frame)),
        isAligned(listed),
        isBelowEnd(listed),
      );
      const isList = and(equal(use(frame), LIST), or(not(some(value)), isOwn));
      executor.require(path, or(isFree, isList), "a store to memory: a list names its region's frames");
      path.lists = new Map([[address, value]]);
    } else {
      executor.require(path, isFree, "a store to memory: where contents may be");
    }
  }

  /** What the kernel's root has at the same place of the kernel's half may stand in a domain's; a frame that was just taken becomes one. */
  private isCopied(executor: Effects, path: Path, address: Term, frame: Term, value: Term): boolean {
    const claim = isOfKernelsHalf(address, value);
    if (claim === null || !executor.certain(path, claim)) return false;
    if (!path.isUnnamed(frame)) return executor.certain(path, isDomainsRoot(frame));
    path.named.add(frame);
    path.assume(isDomainsRoot(frame));
    return true;
  }

  /** The frame that an entry names, in fewer words if it is one that the entry was made of: just taken, found in a list, or said in full. */
  private named(executor: Effects, path: Path, value: Term): Term {
    const target = this.paging.target(value);
    const found = new Set(path.unnamedIn(value));
    const walk = (term: Term): void => {
      if (term.op === "var" && term.width === 32) found.add(this.listed(term));
      if (term.width === 64 && ["add", "ite", "var"].includes(term.op) && !isChoice(term)) found.add(term);
      if (["or", "and", "add", "shl", "lshr", "zext", "ite"].includes(term.op))
        for (const part of term.args) walk(part);
    };
    walk(value);
    const isThat = (frame: Term): boolean =>
      path.knows(equal(target, frame)) || executor.certain(path, equal(target, frame));
    return [...found].find(isThat) ?? target;
  }

  /** A frame that was just taken is a table where a table names it so. */
  private becomes(executor: Effects, path: Path, value: Term, table: Term, isLeaf: Term): void {
    for (const taken of path.unnamedIn(value)) {
      if (!executor.certain(path, and(equal(use(table), TABLE), not(isLeaf), equal(this.paging.target(value), taken))))
        continue;
      path.named.add(taken);
      path.assume(isTable(taken, arithmetic("sub", level(table), number(1))));
    }
  }

  /** Entries of one table that follow one another are for pages that do. */
  private inRow(executor: Effects, path: Path, address: Term): void {
    if (address.op !== "add") return;
    for (const base of bases(address)) {
      const distance = arithmetic("sub", address, base);
      if (!executor.certain(path, equal(frameOf(address), frameOf(base)))) continue;
      path.assume(equal(physical.rootOf(address), physical.rootOf(base)));
      path.assume(equal(physical.pageOf(address), add(physical.pageOf(base), arithmetic("lshr", distance, wide(3)))));
      return;
    }
  }

  /** Whole frames that hold contents, or one that was just taken. */
  private filled(executor: Effects, path: Path, what: string, address: Term, bytes: Term): void {
    if (/mm\/frames\/take$/.test(path.top.code.name) || path.isUnnamed(address)) return;
    path.lists.clear();
    const i = fresh("any page", 64);
    const frame = add(address, arithmetic("shl", i, wide(12)));
    const claim = and(isAligned(frame), equal(use(frame), CONTENTS));
    const isInside = compare("ult", i, arithmetic("lshr", add(bytes, wide(4095)), wide(12)));
    executor.require(path, implies(isInside, claim), `${what}: every frame holds contents`);
  }

  /** A port that is one constant, and the kernel's own. */
  private isKernels(port: Term, width: Term): boolean {
    const { ports } = this.paging;
    if (!isConstant(port) || !isConstant(width)) return false;
    return ports.some(([first, bytes]) => first <= port.value && port.value + width.value <= first + bytes);
  }

  /** Registers of a Device: those, and no others, that the object names. */
  private device(executor: Effects, path: Path, address: Term, width: Term): void {
    const { model } = executor;
    const view = executor.view(path);
    const keys = new Set(model.keys("Device", "base").map(String));
    const devices = new Set<Term>();
    const walk = (term: Term): void => {
      if (
        term.op === "app" &&
        memoryOf(term.name) !== undefined &&
        keys.has(term.name.slice(0, term.name.indexOf("@")))
      )
        devices.add(term.args[0] as Term);
      for (const argument of term.args) walk(argument);
    };
    walk(address);
    const claims = [...devices].map((device) => {
      const base = view.field("Device", "base", device);
      const isPort = some(view.field("Device", "is_port", device));
      const at = without(address, base);
      const port = without(address.args[0] ?? address, extract(base, 0, 32), (part) => extend("zext", part, 64));
      const bytes = extend("zext", view.field("Device", "bytes", device), 64);
      const end = (from: Term): Term => and(physical.isNarrow(from), compare("ule", add(from, width), bytes));
      return and(view.isGood("Device", device), or(end(at), and(isPort, end(port))));
    });
    executor.require(path, or(...claims), "a device's register: inside what the Device names");
  }
}

/** A sum less one of its terms, each of the others widened. */
function without(sum: Term, part: Term, widen = (term: Term): Term => term): Term {
  const terms = (term: Term): Term[] => (term.op === "add" ? term.args.flatMap(terms) : [term]);
  const all = terms(sum);
  if (!all.includes(part)) return wide(-1);
  return all
    .filter((one) => one !== part)
    .map(widen)
    .reduce(add, wide(0));
}

/** One constant or another. */
const isChoice = (term: Term): boolean =>
  term.op === "ite"
    ? term.args.slice(1).every(isChoice)
    : isConstant(term) || (["or", "and"].includes(term.op) && term.args.every(isChoice));

/** A choice, by what is chosen; each on a path of its own. */
function arms(path: Path, term: Term): [Path, Term][] {
  if (term.op !== "ite") return [[path, term]];
  const [condition, a, b] = term.args as [Term, Term, Term];
  const other = path.fork();
  path.assume(condition);
  other.assume(not(condition));
  return [...arms(path, a), ...arms(other, b)];
}

/** What an address may be the address of a frame and a distance from. */
function bases(address: Term): Term[] {
  const list: Term[] = [];
  const walk = (at: Term): void => {
    if (at.op !== "add") return;
    list.push(at.args[1] as Term, at.args[0] as Term);
    for (const part of at.args) walk(part);
  };
  if (address.op !== "add") list.push(address);
  walk(address);
  return list.filter((one) => !isConstant(one) && !(one.op === "shl" && one.args[0]?.op === "and"));
}
