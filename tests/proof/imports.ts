// What every import that reaches memory or a device asks of its caller, and what its answer is known to be. Called by the executor
// at each call of an import. Invariant: an import that is named nowhere here takes no address.

import type { Effects } from "./effects.ts";
import { memoryOf } from "./memory.ts";
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
const FILLED =
  /object\/region\/(region_frame|region_free)$|object\/mapping\/(leaves|region_map)$|object\/dma\/dma_map$/;
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
        path.assume(and(physical.isRoot(physical.KERNEL_ROOT), some(physical.KERNEL_ROOT)));
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
        this.device(executor, path, extend("zext", second, 64), extend("zext", first, 64));
        return null;
      default:
        return null;
    }
  }

  /** The frame of an address; where it is a frame's address and less than a page, the path learns so. */
  private frame(executor: Effects, path: Path, address: Term): Term {
    const frame = frameOf(address);
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
    const frame = this.frame(executor, path, address);
    if (isConstant(frame) && this.paging.registers.includes(frame.value))
      return fresh("register", bytes === 8 ? 64 : 32);
    const known = bytes === 4 ? path.lists.get(address) : undefined;
    if (known !== undefined) return known;
    executor.require(path, some(use(frame)), "a load of memory: the frame is known");
    const value = fresh("physical", bytes === 8 ? 64 : 32);
    if (bytes === 8) path.assume(implies(equal(use(frame), TABLE), this.isSound(frame, value)));
    if (bytes === 4) {
      const listed = this.listed(value);
      const isNamed = and(
        isAligned(listed),
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

  /** Every entry that is there names a table of the level below, or is a leaf. */
  private isSound(table: Term, entry: Term): Term {
    const { isPresent, isLarge, target } = this.paging;
    const below = arithmetic("sub", level(table), number(1));
    const isLeaf = or(not(some(level(table))), isLarge(entry));
    return or(not(isPresent(entry)), isLeaf, and(isTable(target(entry), below), some(target(entry))));
  }

  private store(executor: Effects, path: Path, address: Term, value: Term, bytes: number): void {
    const frame = this.frame(executor, path, address);
    if (isConstant(frame) && this.paging.registers.includes(frame.value)) return;
    const isFree = or(equal(use(frame), CONTENTS), equal(use(frame), REGISTERS));
    if (path.knows(isFree)) return;
    if (bytes === 8) {
      const { isPresent, isLarge, isWritable, target } = this.paging;
      const isLeaf = or(not(some(level(frame))), isLarge(value));
      this.becomes(executor, path, value, frame, isLeaf);
      this.inRow(executor, path, address);
      const [root, page] = [physical.rootOf(address), physical.pageOf(address)];
      const named = this.named(executor, path, target(value));
      const isLink = and(not(isLeaf), isTable(named, arithmetic("sub", level(frame), number(1))));
      // a larger leaf names frames that follow one another, and begins where one of its size may
      const isSmall = executor.certain(path, equal(level(frame), number(0)));
      const i = isSmall ? wide(0) : fresh("any page of a large leaf", 64);
      const [its, piece] = [add(page, i), add(named, arithmetic("shl", i, wide(12)))];
      if (!executor.certain(path, not(and(isPresent(value), isLeaf))))
        executor.allow(path, { when: truth(true), root, page: its, frame: piece, isWritable: isWritable(value) });
      const isWhole = isSmall
        ? truth(true)
        : and(equal(level(frame), number(1)), equal(arithmetic("and", named, wide(LARGE - 1)), wide(0)));
      const isPiece = or(truth(isSmall), compare("ult", i, wide(512)));
      const isAllowed = and(isLeaf, isWhole, or(not(isPiece), physical.mayMap(root, its, piece, isWritable(value))));
      const isMeant = or(not(isPresent(value)), isLink, isAllowed);
      // the first two make the third a small question
      for (const part of [equal(use(frame), TABLE), equal(arithmetic("and", address, wide(7)), wide(0)), isMeant])
        executor.require(path, or(isFree, part), "a store to memory: an entry of a table names what it may");
    } else if (bytes === 4) {
      for (const taken of this.taken(path, value)) {
        path.named.add(taken);
        const isThat = equal(this.listed(value), taken);
        path.assume(implies(isThat, equal(use(taken), this.use(frame))));
        path.assume(implies(isThat, and(equal(owner(taken), owner(frame)), equal(level(taken), number(0)))));
      }
      const listed = this.listed(value);
      const isOwn = and(equal(use(listed), this.use(frame)), equal(owner(listed), owner(frame)), isAligned(listed));
      const isList = and(equal(use(frame), LIST), or(not(some(value)), isOwn));
      executor.require(path, or(isFree, isList), "a store to memory: a list names its region's frames");
      path.lists = new Map([[address, value]]);
    } else {
      executor.require(path, isFree, "a store to memory: where contents may be");
    }
  }

  /** The frame that an entry names, in fewer words if it is one that was just taken. */
  private named(executor: Effects, path: Path, target: Term): Term {
    return this.taken(path, target).find((taken) => executor.certain(path, equal(target, taken))) ?? target;
  }

  /** Frames that were just taken and that the value is made of. */
  private taken(path: Path, value: Term): Term[] {
    const found: Term[] = [];
    const walk = (term: Term): void => {
      if (path.isUnnamed(term)) found.push(term);
      else for (const argument of term.args) walk(argument);
    };
    walk(value);
    return found;
  }

  /** A frame that was just taken is a table where a table names it so. */
  private becomes(executor: Effects, path: Path, value: Term, table: Term, isLeaf: Term): void {
    for (const taken of this.taken(path, value)) {
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

/** What an address may be the address of a frame and a distance from. */
function bases(address: Term): Term[] {
  const list: Term[] = [];
  for (let at: Term = address; ; at = at.args[0] as Term) {
    if (at !== address || at.op !== "add") list.push(at);
    if (at.op !== "add") break;
    list.push(at.args[1] as Term);
  }
  return list.filter((one) => !isConstant(one) && !(one.op === "shl" && one.args[0]?.op === "and"));
}
