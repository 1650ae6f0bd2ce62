// What the proof says of the kernel, asked of a kernel that runs (decision 061): the invariant after every entry, and at every call
// of a function that has a contract what it asks, what is assumed of lists, what it answers, and what it leaves alone. So what
// docs/proof.md assumes or trusts can be refuted by every test of the kernel. Called by machine.ts.
import binaryen from "binaryen";
import type { AbiConstants } from "../../../linker/abi/constants.ts";
import { isEntered } from "../../proof/calls.ts";
import { evaluate, type State } from "../../proof/concrete.ts";
import { CONTRACTS, type Contract } from "../../proof/contracts.ts";
import { isControlled } from "../../proof/controls.ts";
import { globalInvariant, kernelModel } from "../../proof/invariant.ts";
import { readSources } from "../../proof/layout.ts";
import { Memory } from "../../proof/memory.ts";
import { type Invariant, type Model, type Table, View } from "../../proof/model.ts";
import { constant, equal, FALSE, implies, not, or, type Term, TRUE, variable } from "../../proof/term.ts";
import { textsOf } from "../../proof/texts.ts";
import { isQueued, isServed, isSomebodys, LINKS } from "../../proof/threads.ts";
import { decode, type WasmFunction } from "../../proof/wasm.ts";

const LOOKS_FIRST = 40;
const LOOKS_EVERY = 16;
const MANY = 4096;
const LOOKS_EVERY_OF_MANY = 256;
/** Of larger tables this many entries are looked at, other ones each time, and nothing is kept to compare with. */
const ENTRIES_MAX = 2048;
const BODY = "/body";
const GLOBAL = "global ";

/** The module with its contracts' functions watched, and its globals to be seen. */
export function watched(wasm: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(wasm);
  const { MutableGlobals, SignExt, BulkMemory } = binaryen.Features;
  module.setFeatures(MutableGlobals | SignExt | BulkMemory);
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const { name } = binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    module.addGlobalExport(name, GLOBAL + name);
  }
  for (const name of Object.keys(CONTRACTS)) {
    const fn = module.getFunction(name);
    if (fn === 0) continue;
    const { params, results, vars, body } = binaryen.getFunctionInfo(fn);
    const types = binaryen.expandType(params);
    const copy = module.copyExpression(body);
    module.removeFunction(name);
    module.addFunction(name + BODY, params, results, vars, copy);
    module.addFunctionImport(`enter ${name}`, "monitor", `enter ${name}`, params, binaryen.none);
    module.addFunctionImport(`leave ${name}`, "monitor", `leave ${name}`, results, binaryen.none);
    const given = types.map((type, i) => module.local.get(i, type));
    const again = types.map((type, i) => module.local.get(i, type));
    const call = module.call(name + BODY, again, results);
    const enter = module.call(`enter ${name}`, given, binaryen.none);
    const kept = types.length;
    const rest =
      results === binaryen.none
        ? [call, module.call(`leave ${name}`, [], binaryen.none)]
        : [
            module.local.set(kept, call),
            module.call(`leave ${name}`, [module.local.get(kept, results)], binaryen.none),
            module.local.get(kept, results),
          ];
    const block = module.block(null, [enter, ...rest], results);
    module.addFunction(name, params, results, results === binaryen.none ? [] : [results], block);
  }
  return module.emitBinary();
}

type Given = number | bigint;

interface Sentence {
  readonly what: string;
  readonly term: Term;
}
interface Watched {
  readonly name: string;
  readonly before: readonly Sentence[];
  readonly after: readonly Sentence[];
  /** Words that may differ afterwards, of tables; undefined: any. */
  readonly words: ReadonlySet<string> | undefined;
  /** Its terms read what was before. */
  readonly looksBack: boolean;
}
interface Frame {
  readonly watched: Watched;
  readonly args: readonly Given[];
  readonly past: Past | undefined;
  readonly isLooked: boolean;
}
interface Past {
  readonly globals: readonly Given[];
  readonly tables: readonly { readonly table: Table; readonly at: number; readonly words: Uint32Array }[];
}

/** A sentence that does not hold. */
export class Untrue extends Error {}

/** What is said of one kernel's sources, made into terms once. */
export class Said {
  readonly now: View;
  readonly before: View;
  readonly model: Model;
  readonly functions = new Map<string, Watched>();
  readonly entries = new Map<string, Sentence>();
  readonly sentences: { readonly table: Table; readonly said: readonly Sentence[] }[] = [];
  /** Every word of an entry that is a field's. */
  readonly fields = new Set<string>();
  readonly all: Sentence;
  readonly globals: readonly { readonly name: string; readonly width: number }[];

  constructor(root: string, wasm: Uint8Array, abi: AbiConstants) {
    const module = decode(wasm);
    this.globals = module.globals;
    const named = (prefix: string): Term[] => module.globals.map(({ width }, i) => variable(`${prefix} ${i}`, width));
    const index = new Map(module.globals.map((one, i) => [one.name, i]));
    this.model = kernelModel(readSources(root), abi, index, textsOf(module));
    this.model.cpu = variable("this cpu", 32);
    this.now = new View(this.model, Memory.initial(named("global")));
    this.before = new View(this.model, Memory.initial(named("before")));
    const entry = variable("entry", 32);
    for (const { name, fields } of this.model.sources.classes.values()) {
      if (!this.model.hasTable(name)) continue;
      for (const field of fields) for (const key of this.model.keys(name, field.name)) this.fields.add(key);
    }
    for (const table of this.model.tables) {
      const said = this.model.invariants
        .filter((one) => one.table === table.name)
        .map((one) => ({ what: one.name, term: or(this.isLeft(one, entry), one.holds(this.now, entry)) }));
      this.sentences.push({ table, said: [...said, ...this.lists(table, entry)].filter(({ term }) => term !== TRUE) });
    }
    this.all = { what: "what is said of globals", term: globalInvariant(this.now) };
    for (const name of module.exports.keys())
      this.entries.set(name, { what: `who enters ${name}`, term: isEntered(this.now, name) });
    for (const [name, contract] of Object.entries(CONTRACTS)) {
      const fn = module.functions.find((one) => one.name === name);
      if (fn !== undefined) this.functions.set(name, this.watch(fn, contract));
    }
  }

  /** What a domain's entry named goes on standing there when it is free, until it is a domain's again ("ends" in docs/proof.md). */
  private isLeft({ table, pointer }: Invariant, entry: Term): Term {
    const isDomains = table === "domains" && pointer !== undefined;
    return isDomains ? equal(this.now.field("Domain", "state", entry), constant(0, 32)) : FALSE;
  }

  /** What docs/proof.md assumes of "lists", where it can be asked of a table's entry. */
  private lists({ name }: Table, entry: Term): Sentence[] {
    const { now } = this;
    const at = (className: string, field: string): Term => now.field(className, field, entry);
    if (name === "domains") {
      const isThere = not(equal(at("Domain", "state"), constant(0, 32)));
      const links = LINKS.map((link) => ({
        what: `lists: Domain.${link}`,
        term: isQueued(now, link, entry, at("Domain", link)),
      }));
      const served = isServed(now, entry, at("Domain", "served"));
      return [...links, { what: "lists: Domain.served", term: implies(isThere, served) }];
    }
    if (name !== "threads") return [];
    const isState = (state: string): Term =>
      equal(at("Thread", "state"), constant(this.model.sources.constants.get(state) as bigint, 32));
    const isWaiting = or(...["THREAD_READY", "THREAD_RUNNING", "THREAD_HELD"].map(isState));
    const isHeld = not(equal(at("Thread", "control"), constant(0, 32)));
    return [
      { what: "lists: who can run is somebody's", term: implies(isWaiting, isSomebodys(now, entry)) },
      { what: "lists: who controls a thread knows it", term: isControlled(now, entry) },
      { what: "lists: who is paused is controlled", term: implies(isState("THREAD_PAUSED"), isHeld) },
    ];
  }

  private watch(fn: WasmFunction, contract: Contract): Watched {
    const { name } = fn;
    const args = fn.parameters.map((width, i) => variable(`argument ${i}`, width));
    const before: Sentence[] = [];
    contract.parameters?.forEach((said, i) => {
      const className = said.replace(/[!?]$/, "");
      if (className === "") return;
      const arg = args[i] as Term;
      const good = this.now.isGood(className, arg);
      before.push({
        what: `argument ${i}: ${said}`,
        term: /[!?]$/.test(said) ? good : or(equal(arg, constant(0, 32)), good),
      });
    });
    if (contract.requires !== undefined) before.push({ what: "what it asks", term: contract.requires(this.now, args) });
    if (contract.listed !== undefined)
      before.push({ what: "what is assumed of lists", term: contract.listed(this.now, args) });
    if (contract.recalls !== undefined)
      before.push({ what: "what it recalls", term: contract.recalls(this.now, args) });
    const after: Sentence[] = [];
    if (contract.ensures !== undefined)
      after.push({
        what: "what it ensures",
        term: contract.ensures(this.now, args, variable("result", fn.result), this.before),
      });
    const words = contract.words === undefined ? undefined : new Set(contract.words(this.model));
    const looksBack = words !== undefined || contract.ensures !== undefined;
    return { name, before, after, words, looksBack };
  }
}

/** Watches one machine. */
export class Monitor implements State {
  private frames: Frame[] = [];
  private given: readonly Given[] = [];
  private result: Given = 0;
  private entry = 0;
  private past: Past | undefined;
  private linear!: DataView;
  private words!: Uint32Array;
  private globals: WebAssembly.Global[] = [];
  /** How often a sentence was asked, and how often what memory says did not decide it. */
  readonly asked = new Map<string, { times: number; undecided: number }>();

  constructor(
    private readonly said: Said,
    private readonly block: () => number,
  ) {}

  imports(): WebAssembly.ModuleImports {
    const list: WebAssembly.ModuleImports = {};
    for (const [name, one] of this.said.functions) {
      list[`enter ${name}`] = (...args: Given[]): void => this.enter(one, args);
      list[`leave ${name}`] = (result: Given): void => this.leave(name, result);
    }
    return list;
  }

  attach(exports: WebAssembly.Exports): void {
    const { buffer } = exports.memory as WebAssembly.Memory;
    this.linear = new DataView(buffer);
    this.words = new Uint32Array(buffer);
    this.globals = this.said.globals.map(({ name }) => exports[GLOBAL + name] as WebAssembly.Global);
  }

  /** Of what happens often on one machine only some is looked at: what is asked costs a look at all tables. */
  private isLooked(name: string): boolean {
    const times = (this.times.get(name) ?? 0) + 1;
    this.times.set(name, times);
    return times <= LOOKS_FIRST || times % (times < MANY ? LOOKS_EVERY : LOOKS_EVERY_OF_MANY) === 0;
  }
  private readonly times = new Map<string, number>();

  /** An entry point is entered. */
  begin(name: string): void {
    this.frames = [];
    const entered = this.said.entries.get(name);
    if (entered !== undefined && name !== "boot" && name !== "cpu_arrive") this.ask(name, entered);
  }

  /** And left: whatever the invariant says must hold. */
  end(name: string): void {
    if (!this.isLooked(name)) return;
    this.ask(name, this.said.all);
    for (const { table, said } of this.said.sentences) {
      const last = this.count(table);
      const step = Math.ceil(last / ENTRIES_MAX);
      const first = this.exits++ % step;
      for (let i = Number(table.readable) + first; i < last; i += step) {
        this.entry = Number(table.base) + i * Number(table.stride);
        for (const one of said) this.ask(name, one);
      }
    }
  }

  private exits = 0;

  private count(table: Table): number {
    const { now } = this.said;
    return Number(
      evaluate(
        table.count((name) => now.global(name)),
        this,
      ),
    );
  }

  private ask(where: string, { what, term }: Sentence): void {
    const value = evaluate(term, this);
    let count = this.asked.get(what);
    if (count === undefined) {
      count = { times: 0, undecided: 0 };
      this.asked.set(what, count);
    }
    count.times++;
    if (value === undefined) count.undecided++;
    if (value === false)
      throw new Untrue(
        `${where}: "${what}" does not hold (entry at ${this.entry}, arguments ${this.given.join(", ")})`,
      );
  }

  private enter(watched: Watched, args: readonly Given[]): void {
    this.given = args;
    const isLooked = this.isLooked(watched.name);
    if (isLooked) for (const one of watched.before) this.ask(watched.name, one);
    const past = watched.looksBack && isLooked ? this.remember() : undefined;
    this.frames.push({ watched, args, past, isLooked });
  }

  private leave(name: string, result: Given): void {
    const frame = this.frames.pop();
    if (frame === undefined || frame.watched.name !== name) throw new Error(`${name} returns, and did not begin`);
    this.given = frame.args;
    this.result = result;
    this.past = frame.past;
    if (frame.isLooked) for (const one of frame.watched.after) this.ask(name, one);
    if (frame.watched.words !== undefined && frame.past !== undefined) this.compare(frame);
  }

  private remember(): Past | undefined {
    if (this.said.model.tables.some((table) => this.count(table) > ENTRIES_MAX)) return undefined;
    const tables = this.said.model.tables.map((table) => {
      const at = Number(table.base + table.readable * table.stride);
      const end = Number(table.base) + this.count(table) * Number(table.stride);
      return { table, at, words: this.words.slice(at >> 2, end >> 2) };
    });
    return { globals: this.globals.map(({ value }) => value as Given), tables };
  }

  /** What changed is what the contract says. */
  private compare({ watched, past }: Frame): void {
    for (const { table, at, words } of (past as Past).tables) {
      const stride = Number(table.stride);
      for (let i = 0; i < words.length; i++) {
        if (words[i] === this.words[(at >> 2) + i]) continue;
        const offset = (i * 4) % stride;
        const isIn = (set?: ReadonlySet<string>): boolean =>
          [0, 1, 2, 3].some((byte) => set?.has(`${table.name}+${offset + byte}`) === true);
        // a processor's queues are no fields
        if (!isIn(watched.words) && isIn(this.said.fields))
          throw new Untrue(
            `${watched.name} changed ${table.name}+${offset} of the entry at ${at + i * 4 - offset}: its contract does not name that word`,
          );
      }
    }
  }

  word(memory: Memory, index: number, bits: number): number | undefined {
    if (memory === this.said.now.memory) {
      if (index + 4 > this.linear.byteLength) return undefined;
      if (bits === 32) return this.linear.getUint32(index, true);
      return bits === 16 ? this.linear.getUint16(index, true) : this.linear.getUint8(index);
    }
    const found = this.past?.tables.find(({ at, words }) => at <= index && index < at + words.byteLength);
    if (found === undefined) return undefined;
    const word = found.words[(index - found.at) >> 2] as number;
    return bits === 32 ? word : (word >>> ((index & 3) * 8)) & ((1 << bits) - 1);
  }

  variable(name: string): Given | undefined {
    if (name === "entry") return this.entry;
    if (name === "result") return this.result;
    if (name === "this cpu") return this.block();
    const [kind, number] = name.split(" ") as [string, string];
    const i = Number(number);
    if (kind === "argument") return this.given[i];
    if (kind === "global") return this.globals[i]?.value as Given;
    if (kind === "before") return this.past?.globals[i];
    return undefined;
  }
}
