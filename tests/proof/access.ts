// Loads, stores and fills of linear memory: each is checked before it is made, then becomes a field of a table's entry.
// Between claims.ts and execute.ts. Invariant: a word that some class declares is never changed but by store().

import { classOf, locate, type Place, setClass } from "./address.ts";
import { Claims } from "./claims.ts";
import { wordKey } from "./memory.ts";
import { LOADS, STORES } from "./opcodes.ts";
import type { Path } from "./path.ts";
import {
  and,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  extract,
  fresh,
  isConstant,
  type Term,
  truth,
} from "./term.ts";
import type { Instruction } from "./wasm.ts";

export class Access extends Claims {
  /** Table → offset → bytes of every word, or narrower field, that some class has. */
  private readonly trackedWords = new Map<string, Map<number, number>>();

  constructor(...all: ConstructorParameters<typeof Claims>) {
    super(...all);
    const { model } = this;
    for (const table of model.tables) {
      const words = new Map<number, number>();
      for (const layout of model.sources.classes.values()) {
        if (!model.hasTable(layout.name) || model.tableOf(layout.name) !== table) continue;
        for (const field of layout.fields)
          for (let o = field.offset; o < field.offset + field.bytes; o += 4) words.set(o, Math.min(4, field.bytes));
      }
      this.trackedWords.set(table.name, words);
    }
  }

  protected place(path: Path, address: Term, instruction: Instruction, bytes: number, isStore: boolean): Place | null {
    const place = locate(this.model, this.arrays, address, instruction.value);
    const where = path.top.code.name;
    if (place === null) {
      this.find(
        path,
        `an address that is no entry of a table: ${this.describe(address)} + ${instruction.value}`,
        where,
        instruction.at,
        [],
        "not understood",
      );
      return null;
    }
    if (place.kind === "entry") {
      const { table, entry, offset } = place;
      this.require(
        path,
        this.model.isValid(path.memory, table, entry, isStore ? table.first : table.readable),
        `${table.name}: the entry ${this.describe(entry)} exists`,
      );
      if (offset < 0 || offset + bytes > Number(table.stride))
        this.find(path, `${table.name}: offset ${offset} is outside the entry`, where, instruction.at, [], "wrong");
    }
    if (place.kind === "static") {
      const limit = place.array.bytes - place.offset - BigInt(bytes);
      const inside =
        place.index === null
          ? truth(limit >= 0n)
          : and(truth(limit >= 0n), compare("ule", place.index, constant(limit, 32)));
      this.require(path, inside, `${place.array.name}: inside the array`);
    }
    return place;
  }

  /** The class of an object, when a word means something different in each class. */
  protected refine(path: Path, place: Place & { kind: "entry" }, isStore: boolean): string {
    const { table, entry, offset, className } = place;
    if (table.name !== "objects") return className;
    const candidates = this.model.fieldsAt("objects", offset);
    const distinct = new Set(candidates.map((one) => `${one.target}`));
    if (candidates.some((one) => one.className === "Object")) return "Object";
    if (!isStore && distinct.size === 1 && distinct.has(""))
      return className === "Object" ? (candidates[0]?.className ?? "Object") : className;
    const type = this.view(path).type(entry);
    const list = [className, ...candidates.map((one) => one.className)].filter((name) =>
      candidates.some((one) => one.className === name),
    );
    for (const name of list) {
      const tag = this.model.tags.get(name);
      if (tag !== undefined && this.certain(path, equal(type, constant(tag, 8)))) return name;
    }
    this.find(
      path,
      `an object of unknown type at ${this.describe(entry)}, offset ${offset}`,
      path.top.code.name,
      path.top.code.code[path.top.next - 1]?.at ?? 0,
      [type],
    );
    return list[0] ?? className;
  }

  /** Is it a field, or two words of one? An access across fields' bounds is not understood. */
  protected isTracked(path: Path, table: string, offset: number, bytes: number): boolean {
    const words = this.trackedWords.get(table) as Map<number, number>;
    const size = words.get(offset);
    if (size === bytes || (bytes === 8 && size === 4 && words.get(offset + 4) === 4)) return true;
    for (const [at, length] of words) {
      if (at < offset + bytes && offset < at + length)
        throw new Error(`${path.top.code.name}: an access of ${bytes} bytes at ${table}+${offset} crosses fields`);
    }
    return false;
  }

  protected load(path: Path, instruction: Instruction): void {
    const { bytes, width, op } = LOADS[instruction.op] as { bytes: number; width: number; op: "zext" | "sext" };
    const place = this.place(path, path.pop(), instruction, bytes, false);
    let value: Term | null = null;
    if (
      place?.kind === "entry" &&
      place.index === null &&
      this.isTracked(path, place.table.name, place.offset, bytes)
    ) {
      const { table, entry, offset } = place;
      value =
        bytes === 8
          ? path.memory.load64(table.name, offset, entry, path.isDistinct)
          : path.memory.load(wordKey(table.name, offset), entry, path.isDistinct, bytes * 8);
      if (bytes === 4) {
        const className = this.refine(path, place, false);
        const target = this.model.fieldsAt(table.name, offset).find((one) => one.className === className)?.target ?? "";
        if (target !== "") value = this.typed(path, value, target);
      }
    } else if (place?.kind === "static" && place.array.target !== "" && bytes === 4) {
      value = fresh(`${place.array.name}[]`, 32);
      setClass(value, place.array.target);
      path.assume(this.isOf(path, { className: place.array.target, isSome: place.array.isSome }, value));
    }
    value ??= fresh("memory", bytes * 8);
    path.push(extend(op, value, width));
  }

  /** The value as a pointer of this class; the same word may have been another class's on another path. */
  protected typed(path: Path, value: Term, target: string): Term {
    if (isConstant(value)) return value;
    const known = classOf(value);
    if (known === target || (known !== "" && value.op !== "app")) return value;
    if (known === "") {
      setClass(value, target);
      return value;
    }
    const alias = fresh(target, 32);
    setClass(alias, target);
    path.assume(equal(alias, value));
    return alias;
  }

  protected store(path: Path, instruction: Instruction): void {
    const { bytes } = STORES[instruction.op] as { bytes: number };
    const value = path.pop();
    const address = path.pop();
    const place = this.place(path, address, instruction, bytes, true);
    if (place === null || place.kind === "ring") return;
    if (place.kind === "static") {
      if (place.array.target !== "")
        this.require(
          path,
          this.isOf(path, { className: place.array.target, isSome: place.array.isSome }, extract(value, 0, 32)),
          `${place.array.name}: a pointer of the right kind is stored`,
        );
      return;
    }
    const { table, entry, offset, index } = place;
    if (index !== null) {
      this.indexed(path, place, index, bytes);
      return;
    }
    if (!this.isTracked(path, table.name, offset, bytes)) return;
    this.refine(path, place, true);
    for (let o = 0; o < bytes; o += 4) {
      path.memory = path.memory.store(
        wordKey(table.name, offset + o),
        entry,
        extract(value, o * 8, Math.min(bytes, 4) * 8),
      );
      path.pending.add(wordKey(table.name, offset + o));
    }
  }

  /** An array inside an entry: it must stay clear of the entry's fields. */
  protected indexed(path: Path, place: Place & { kind: "entry" }, index: Term, bytes: number): void {
    const { table, offset } = place;
    const words = [...(this.trackedWords.get(table.name)?.keys() ?? [])];
    const after = Math.min(Number(table.stride), ...words.filter((word) => word >= offset));
    const clear = after - offset - bytes;
    const claim = and(
      truth(clear >= 0 && !words.includes(offset)),
      compare("ule", index, constant(Math.max(clear, 0), 32)),
    );
    this.require(path, claim, `${table.name}: an array inside the entry keeps to itself`);
  }

  protected fill(path: Path): void {
    const length = path.pop();
    const byte = path.pop();
    const address = path.pop();
    const instruction = { ...(path.top.code.code[path.top.next - 1] as Instruction), value: 0n };
    const place = this.place(path, address, instruction, 0, true);
    if (place?.kind === "static") {
      const limit = constant(place.array.bytes - place.offset, 32);
      const first = place.index ?? constant(0, 32);
      const claim = and(
        truth(place.array.target === ""),
        compare("ule", length, limit),
        compare("ule", first, arithmetic("sub", limit, length)),
      );
      this.require(path, claim, `${place.array.name}: a fill inside the array`);
    } else if (
      place?.kind === "entry" &&
      isConstant(length) &&
      isConstant(byte) &&
      byte.value === 0n &&
      place.index === null
    ) {
      if (place.offset + Number(length.value) > Number(place.table.stride))
        this.require(path, truth(false), "a fill inside the entry");
      for (const [offset, bytes] of this.trackedWords.get(place.table.name) ?? []) {
        if (offset < place.offset || offset >= place.offset + Number(length.value)) continue;
        path.memory = path.memory.store(wordKey(place.table.name, offset), place.entry, constant(0, bytes * 8));
        path.pending.add(wordKey(place.table.name, offset));
      }
    } else {
      this.find(path, "a fill that is not understood", path.top.code.name, instruction.at, [], "not understood");
    }
  }
}
