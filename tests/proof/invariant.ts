// The kernel's invariant: what the proof assumes before every entry point and shows again after it. The sentences about
// pointers ("none, or an entry of the right kind") come from the kernel's own classes; the ones below tie fields together.
// Read with docs/proof.md, which says in words what follows from it and what is only assumed.

import type { AbiConstants } from "../../linker/abi/constants.ts";
import { isBelowEnd, isFrameEnd } from "./contracts.ts";
import { units } from "./devices.ts";
import { families } from "./ends.ts";
import type { KernelSources } from "./layout.ts";
import { apart, EITHER, isOwnRoot, isWhole } from "./mappings.ts";
import { addPointerInvariants, type Invariant, Model, type Table, type View } from "./model.ts";
import { modules } from "./modules.ts";
import { CONTENTS, isAligned, isNarrow, isRegisters, isRoot, owner, TOP, use } from "./physical.ts";
import { hasContext } from "./switches.ts";
import {
  and,
  arithmetic,
  compare,
  constant,
  equal,
  extend,
  extract,
  FALSE,
  implies,
  not,
  or,
  type Term,
} from "./term.ts";
import type { Text } from "./texts.ts";
import { counted } from "./timers.ts";
import { slots } from "./traps.ts";

const number = (value: bigint | number): Term => constant(value, 32);
const ZERO = number(0);
const isNone = (term: Term): Term => equal(term, constant(0, term.width));
const isSome = (term: Term): Term => not(isNone(term));

const TAGS: Record<string, string> = {
  Code: "TYPE_CODE",
  DomainObject: "TYPE_DOMAIN",
  Endpoint: "TYPE_ENDPOINT",
  Reply: "TYPE_REPLY",
  Notification: "TYPE_NOTIFICATION",
  Region: "TYPE_REGION",
  Irq: "TYPE_IRQ",
  Device: "TYPE_DEVICE",
  Mapping: "TYPE_MAPPING",
  DmaMapping: "TYPE_DMA_MAPPING",
  Context: "TYPE_CONTEXT",
  Scheduler: "TYPE_SCHEDULER",
  Mailbox: "TYPE_MAILBOX",
  Hook: "TYPE_HOOK",
  Dma: "TYPE_DMA",
  Msi: "TYPE_MSI",
};
export function kernelModel(
  read: KernelSources,
  abi: AbiConstants,
  globals: ReadonlyMap<string, number>,
  texts: readonly Text[],
): Model {
  const sources = apart(read);
  const at = (name: string): bigint => BigInt(abi.value(name));
  const constantOf = (name: string): bigint => {
    const value = sources.constants.get(name);
    if (value === undefined) throw new Error(`the kernel's sources have no constant ${name}`);
    return value;
  };
  const domains = "kernel/object/domains/used";
  const table = (
    name: string,
    base: string,
    stride: bigint,
    end: bigint,
    first: bigint,
    count: Table["count"],
    readable = first,
  ): Table => ({
    name,
    base: at(base),
    stride,
    end,
    first,
    count,
    readable,
  });
  const tables: Table[] = [
    table(
      "capabilities",
      "KERNEL_CAPS",
      at("KERNEL_CAP_SIZE"),
      at("KERNEL_MEMORY_END"),
      1n,
      (g) => g("kernel/cap/table/used"),
      0n,
    ),
    table("domains", "KERNEL_DOMAINS", at("KERNEL_DOMAIN_SIZE"), at("KERNEL_THREADS"), 1n, (g) => g(domains)),
    table("threads", "KERNEL_THREADS", constantOf("THREAD_SIZE"), at("KERNEL_THREADS") + 0x100_0000n, 1n, (g) =>
      g(domains),
    ),
    table("objects", "KERNEL_OBJECTS", constantOf("OBJECT_SIZE"), at("KERNEL_FRAMES"), 0n, (g) =>
      g("kernel/object/object/object_count"),
    ),
    table(
      "cpus",
      "KERNEL_CPUS",
      at("KERNEL_CPU_SIZE"),
      at("KERNEL_CPUS") + at("KERNEL_CPU_SIZE") * at("KERNEL_CPU_MAX"),
      0n,
      () => number(at("KERNEL_CPU_MAX")),
    ),
  ];
  const places = new Map<string, string>([
    ["Capability", "capabilities"],
    ["Domain", "domains"],
    ["Thread", "threads"],
    ["Cpu", "cpus"],
  ]);
  const tags = new Map<string, bigint>();
  for (const layout of sources.classes.values()) {
    if (layout.name !== "Object" && layout.base !== "Object") continue;
    places.set(layout.name, "objects");
    const tag = sources.constants.get(TAGS[layout.name] ?? "");
    if (layout.base === "Object" && tag === undefined && !EITHER.has(layout.name))
      throw new Error(`${layout.name}: which type number is it? Say it in TAGS`);
    if (tag !== undefined) tags.set(layout.name, tag);
  }
  const model = new Model(sources, tables, places, tags, EITHER, globals, texts);
  addPointerInvariants(model);
  relations(model);
  return model;
}

function relations(model: Model): void {
  const cpus = (model.table("cpus").end - model.table("cpus").base) / model.table("cpus").stride;
  const say = (
    className: string,
    name: string,
    fields: string[],
    others: [string, string][],
    holds: Invariant["holds"],
    triggers: string[] = fields,
    only?: string,
  ): void => {
    const own = fields.flatMap((field) => model.keys(className, field));
    const elsewhere = new Map(others.flatMap(([other, field]) => model.keys(other, field).map((key) => [key, other])));
    const words = [...own, ...elsewhere.keys()];
    model.add({
      name: `${className}: ${name}`,
      table: model.tableOf(className).name,
      own,
      triggers: triggers.flatMap((field) => model.keys(className, field)),
      words,
      elsewhere,
      only,
      holds,
    });
  };
  const type = (name: string): Term => constant(model.tags.get(name) as bigint, 8);
  const index = (className: string, address: Term): Term => {
    const table = model.tableOf(className);
    return arithmetic(
      "lshr",
      arithmetic("sub", address, number(table.base)),
      number(table.stride.toString(2).length - 1),
    );
  };

  // ---- capabilities ----
  say("Capability", "entry 0 stays empty", ["handle", "key"], [], (view, a) =>
    implies(
      equal(a, number(model.table("capabilities").base)),
      and(not(live(view, a)), isNone(view.field("Capability", "key", a))),
    ),
  );
  const live = (view: View, a: Term): Term => isSome(view.field("Capability", "handle", a));
  const first = number(model.table("capabilities").base);
  say("Capability", "every entry but 0 has an object, if only of its past", ["object"], [], (view, a) =>
    or(equal(a, first), isSome(view.field("Capability", "object", a))),
  );
  say("Capability", "a handle says its entry's index", ["handle"], [], (view, a) =>
    implies(live(view, a), equal(extract(view.field("Capability", "handle", a), 0, 32), index("Capability", a))),
  );
  // the gates' assembly calls by this bit alone
  say(
    "Capability",
    "the bit that lets the gate call says endpoint and CALL",
    ["handle", "key", "rights"],
    [],
    (view, a) => {
      const key = view.field("Capability", "key", a);
      const call = number(model.sources.constants.get("ENDPOINT_CALL") as bigint);
      const endpoint = number(model.sources.constants.get("TYPE_ENDPOINT") as bigint);
      const isSet = isSome(arithmetic("and", key, number(0x80)));
      const isRight = and(
        equal(arithmetic("and", key, number(0x7f)), endpoint),
        isSome(arithmetic("and", view.field("Capability", "rights", a), call)),
      );
      return implies(and(live(view, a), isSet), isRight);
    },
  );
  say("Capability", "the owner is a domain", ["handle", "key"], [], (view, a) => {
    const owner = arithmetic("lshr", view.field("Capability", "key", a), number(8));
    return implies(live(view, a), and(isSome(owner), compare("ult", owner, view.global("kernel/object/domains/used"))));
  });
  say(
    "Capability",
    "while the version is the object's, so is the type",
    ["handle", "version", "object", "key"],
    [
      ["Object", "type"],
      ["Object", "version"],
    ],
    (view, a) => {
      const object = view.field("Capability", "object", a);
      const current = equal(view.field("Capability", "version", a), view.field("Object", "version", object));
      const key = arithmetic("and", view.field("Capability", "key", a), number(0x7f));
      const kind = extend("zext", view.type(object), 32);
      const isResource = and(
        equal(key, constant(model.sources.constants.get("TYPE_RESOURCE") as bigint, 32)),
        equal(view.type(object), type("Endpoint")),
      );
      return implies(and(live(view, a), current), and(or(equal(kind, key), isResource), isSome(kind)));
    },
  );

  say(
    "Capability",
    "its version is not ahead of the object's",
    ["handle", "version", "object"],
    [["Object", "version"]],
    (view, a) => {
      const version = view.field("Object", "version", view.field("Capability", "object", a));
      return implies(live(view, a), compare("ule", view.field("Capability", "version", a), version));
    },
    ["version"],
  );
  say(
    "Object",
    "one that lives has a version left",
    ["type", "version"],
    [],
    (view, a) => or(isNone(view.type(a)), compare("ult", view.field("Object", "version", a), number(0xffff_ffff))),
    ["version"],
  );

  // ---- domains ----
  say("Domain", "an entry knows its place", ["index"], [], (view, a) =>
    equal(view.field("Domain", "index", a), index("Domain", a)),
  );
  say(
    "Domain",
    "one that exists has an object and code",
    ["state", "object", "code"],
    [],
    (view, a) =>
      implies(
        isSome(view.field("Domain", "state", a)),
        and(isSome(view.field("Domain", "object", a)), isSome(view.field("Domain", "code", a))),
      ),
    ["object", "code"],
  );
  say("Domain", "its root is a root", ["root_physical"], [], (view, a) => {
    const root = view.field("Domain", "root_physical", a);
    return or(isNone(root), and(isRoot(root), isNone(owner(root))));
  });
  say(
    "Domain",
    "one that is alive has a root",
    ["state", "root_physical"],
    [],
    (view, a) => {
      const alive = ["STATE_CREATED", "STATE_IDLE", "STATE_BUSY", "STATE_HELD"].map((name) =>
        equal(view.field("Domain", "state", a), number(model.sources.constants.get(name) as bigint)),
      );
      return or(not(or(...alive)), isSome(view.field("Domain", "root_physical", a)));
    },
    ["root_physical"],
  );
  say("Domain", "its memory begins with a page, in the lower half", ["memory_base"], [], (view, a) => {
    const base = view.field("Domain", "memory_base", a);
    return and(isAligned(base), isNone(arithmetic("lshr", base, constant(47, 64))));
  });
  slots(say);
  families(say);
  modules(say);
  say(
    "Dma",
    "it has a root of its own",
    ["type", "root"],
    [],
    (view, a) => or(not(equal(view.type(a), type("Dma"))), isOwnRoot(view.field("Dma", "root", a), a)),
    ["root"],
  );
  say(
    "DmaMapping",
    "it has a device and a region",
    ["type", "domain", "region"],
    [],
    (view, a) => or(not(equal(view.type(a), type("DmaMapping"))), isWhole(view, a)),
    ["domain", "region"],
  );
  say(
    "Region",
    "it has frames, and no more pages than it was made for",
    ["type", "base", "pages", "capacity", "flags"],
    [],
    (view, a) => {
      const at = (name: string): Term => view.field("Region", name, a);
      const contiguous = number(model.sources.constants.get("REGION_CONTIGUOUS") as bigint);
      const isListed = isNone(arithmetic("and", at("flags"), contiguous));
      const end = arithmetic(
        "add",
        at("base"),
        arithmetic("shl", extend("zext", at("capacity"), 64), constant(12, 64)),
      );
      return or(
        not(equal(view.type(a), type("Region"))),
        and(
          isSome(at("base")),
          isAligned(at("base")),
          isNarrow(at("base")),
          compare("ule", at("pages"), at("capacity")),
          compare("ule", at("capacity"), number(0x4000_0000)),
          implies(isListed, compare("ule", at("capacity"), number(0x8_0000))),
          or(isListed, compare("ule", end, constant(1n << 48n, 64))),
        ),
      );
    },
    ["base", "pages", "capacity"],
  );
  say(
    "Region",
    "its frames can be given back to whom they were paid by, if they are not somebody else's",
    ["type", "base", "capacity", "flags", "payer_index"],
    [],
    (view, a) => {
      const at = (name: string): Term => view.field("Region", name, a);
      const isSet = (flag: string): Term =>
        isSome(arithmetic("and", at("flags"), number(model.sources.constants.get(flag) as bigint)));
      const end = arithmetic(
        "add",
        at("base"),
        arithmetic("shl", extend("zext", at("capacity"), 64), constant(12, 64)),
      );
      const isMemory = and(
        implies(isSet("REGION_CONTIGUOUS"), isFrameEnd(end)),
        or(isSet("REGION_CONTIGUOUS"), isBelowEnd(at("base"))),
      );
      return or(
        not(equal(view.type(a), type("Region"))),
        isSet("REGION_BORROWED"),
        and(isSome(at("payer_index")), isMemory),
      );
    },
    ["base", "payer_index"],
  );
  say(
    "Code",
    "its file has bytes, and pages that can be counted",
    ["type", "length_bytes"],
    [],
    (view, a) => {
      const bytes = view.field("Code", "length_bytes", a);
      const isCounted = and(isSome(bytes), compare("ule", bytes, number(0x8000_0000)));
      return or(not(equal(view.type(a), type("Code"))), isCounted);
    },
    ["length_bytes"],
  );
  say(
    "Code",
    "its hash lies in a frame with contents",
    ["type", "hash_frame"],
    [],
    (view, a) => {
      const frame = arithmetic("shl", extend("zext", view.field("Code", "hash_frame", a), 64), constant(12, 64));
      const isOwn = and(equal(use(frame), CONTENTS), isBelowEnd(frame));
      return or(not(equal(view.type(a), type("Code"))), isNone(frame), isOwn);
    },
    ["hash_frame"],
  );
  say("Domain", "the key of its capabilities to endpoints", ["index", "endpoint_key"], [], (view, a) => {
    const key = arithmetic("shl", view.field("Domain", "index", a), number(8));
    const endpoint = number(model.sources.constants.get("TYPE_ENDPOINT") as bigint);
    return equal(
      view.field("Domain", "endpoint_key", a),
      arithmetic("or", key, arithmetic("or", endpoint, number(0x80))),
    );
  });
  say("Domain", "a call has a caller", ["activation", "caller"], [], (view, a) =>
    implies(
      compare("ule", number(3), view.field("Domain", "activation", a)),
      isSome(view.field("Domain", "caller", a)),
    ),
  );
  const isThere = (view: View, domain: Term): Term => isSome(view.field("Domain", "state", domain));
  const constantOf = (name: string): Term => number(model.sources.constants.get(name) as bigint);
  say(
    "Domain",
    "who waits for an answer waits for a domain that is there",
    ["wait", "callee"],
    [["Domain", "state"]],
    (view, a) => {
      const callee = view.field("Domain", "callee", a);
      const wait = view.field("Domain", "wait", a);
      const isIdle = or(equal(wait, constantOf("WAIT_NONE")), equal(wait, constantOf("WAIT_NOTIFICATION")));
      return or(isIdle, and(isSome(callee), isThere(view, callee)));
    },
  );
  say(
    "Domain",
    "whose call it answers is there, on a thread",
    ["activation", "caller"],
    [
      ["Domain", "state"],
      ["Domain", "thread"],
    ],
    (view, a) => {
      const caller = view.field("Domain", "caller", a);
      const isCall = compare("ule", constantOf("ACTIVATION_CALL"), view.field("Domain", "activation", a));
      const isOnThread = isSome(view.field("Domain", "thread", caller));
      return implies(and(isCall, isSome(caller)), and(isThere(view, caller), isOnThread));
    },
  );
  say(
    "Domain",
    "who is busy has a thread",
    ["state", "thread"],
    [],
    (view, a) =>
      implies(
        equal(view.field("Domain", "state", a), constantOf("STATE_BUSY")),
        isSome(view.field("Domain", "thread", a)),
      ),
    ["thread"],
  );
  say("Domain", "its thread has begun", ["thread"], [["Thread", "top"]], (view, a) => {
    const thread = view.field("Domain", "thread", a);
    return or(isNone(thread), isSome(view.field("Thread", "top", thread)));
  });
  say("Thread", "who is on it has a thread", ["top"], [["Domain", "thread"]], (view, a) => {
    const top = view.field("Thread", "top", a);
    return or(isNone(top), isSome(view.field("Domain", "thread", top)));
  });
  say("Domain", "a gift is somebody's", ["gift_handle", "gift_owner"], [], (view, a) =>
    or(isNone(view.field("Domain", "gift_handle", a)), isSome(view.field("Domain", "gift_owner", a))),
  );
  say(
    "Domain",
    "the first in its queue has a thread",
    ["queue"],
    [["Domain", "thread"]],
    (view, a) => {
      const first = view.field("Domain", "queue", a);
      return or(isNone(first), isSome(view.field("Domain", "thread", first)));
    },
    ["queue"],
  );
  say(
    "DomainObject",
    "the two name each other",
    ["type", "domain"],
    [
      ["Domain", "object"],
      ["Domain", "code"],
    ],
    (view, a) => {
      const domain = view.field("DomainObject", "domain", a);
      const isItsOwn = and(
        isSome(domain),
        equal(view.field("Domain", "object", domain), a),
        isSome(view.field("Domain", "code", domain)),
      );
      return implies(equal(view.type(a), type("DomainObject")), isItsOwn);
    },
    ["domain"],
  );

  // ---- threads ----
  const below = (name: string, field: string, limit: bigint, tag?: string): void =>
    say(
      name,
      `${field} below ${limit}`,
      [field, ...(tag === undefined ? [] : ["type"])],
      [],
      (view, a) =>
        or(
          tag === undefined ? FALSE : not(equal(view.type(a), type(tag))),
          compare("ult", view.field(name, field, a), number(limit)),
        ),
      [field],
    );
  below("Thread", "cpu", cpus);
  below("Thread", "priority", 64n);
  below("Thread", "base_priority", 64n);
  below("Thread", "born_priority", 64n);
  below("Context", "priority", 64n, "Context");
  below("Hook", "point", 4n, "Hook");
  below("Cpu", "number", cpus);
  say(
    "Context",
    "there is something to run on",
    ["type", "budget"],
    [],
    (view, a) => or(not(equal(view.type(a), type("Context"))), isSome(view.field("Context", "budget", a))),
    ["budget"],
  );
  say("Thread", "its home is the domain of the same place", ["home"], [], (view, a) => {
    const place = arithmetic("shl", index("Thread", a), number(model.table("domains").stride.toString(2).length - 1));
    return equal(view.field("Thread", "home", a), arithmetic("add", place, number(model.table("domains").base)));
  });

  say(
    "Reply",
    "it answers somebody",
    ["type", "client"],
    [],
    (view, a) => or(not(equal(view.type(a), type("Reply"))), isSome(view.field("Reply", "client", a))),
    ["client"],
  );
  // said by Access.refine alone, where it is asked for
  say(
    "Endpoint",
    "no object is a resource: that is what a capability is",
    ["type"],
    [],
    (view, a) => not(equal(view.type(a), constant(model.sources.constants.get("TYPE_RESOURCE") as bigint, 8))),
    [],
  );
  say(
    "Endpoint",
    "who serves it is there",
    ["type", "server"],
    [["Domain", "state"]],
    (view, a) => {
      const server = view.field("Endpoint", "server", a);
      return or(
        not(equal(view.type(a), type("Endpoint"))),
        isNone(server),
        isSome(view.field("Domain", "state", server)),
      );
    },
    ["server"],
  );
  for (const name of ["Mailbox", "Code"])
    say(
      name,
      "somebody paid for it",
      ["type", "payer_index"],
      [],
      (view, a) => or(not(equal(view.type(a), type(name))), isSome(view.field(name, "payer_index", a))),
      ["payer_index"],
    );
  say(
    "Mailbox",
    "its messages have room in its ring",
    ["type", "ring", "capacity", "head", "count"],
    [["Region", "pages"]],
    (view, a) => {
      const at = (name: string): Term => view.field("Mailbox", name, a);
      const most = number(model.sources.constants.get("MAILBOX_CAPACITY_MAX") as bigint);
      const frames = arithmetic("lshr", arithmetic("add", at("capacity"), number(63)), number(6));
      const hasRing = and(
        isSome(at("ring")),
        compare("ule", frames, view.field("Region", "pages", at("ring"))),
        compare("ult", at("head"), at("capacity")),
        compare("ule", at("capacity"), most),
      );
      const isIdle = isNone(at("capacity"));
      return or(
        not(equal(view.type(a), type("Mailbox"))),
        and(compare("ule", at("count"), at("capacity")), or(isIdle, hasRing)),
      );
    },
    ["ring", "capacity", "head", "count"],
  );
  say(
    "Scheduler",
    "one that works has a ring, and somebody to tell",
    ["type", "domain", "region", "notification"],
    [["Region", "pages"]],
    (view, a) => {
      const at = (name: string): Term => view.field("Scheduler", name, a);
      const isThere = and(
        isSome(at("region")),
        isSome(at("notification")),
        isSome(view.field("Region", "pages", at("region"))),
      );
      return or(not(equal(view.type(a), type("Scheduler"))), isNone(at("domain")), isThere);
    },
    ["domain", "region", "notification"],
  );
  say("Cpu", "the gates' bound lies in the table of capabilities", ["plain_bound"], [], (view, a) =>
    compare(
      "ule",
      view.field("Cpu", "plain_bound", a),
      arithmetic("shl", view.global("kernel/cap/table/used"), number(6)),
    ),
  );

  // ---- objects ----
  say("Object", "who paid is a domain", ["payer_index"], [], (view, a) =>
    compare(
      "ult",
      extend("zext", view.field("Object", "payer_index", a), 32),
      view.global("kernel/object/domains/used"),
    ),
  );
  say("Object", "a free entry names the next free one", ["type", "holders", "version"], [], (view, a) =>
    or(
      isSome(view.type(a)),
      equal(view.field("Object", "version", a), number(0xffff_ffff)),
      compare("ule", view.field("Object", "holders", a), view.global("kernel/object/object/object_count")),
    ),
  );
}

/** Sentences about the globals: bounds of tables. */
export function globalInvariant(view: View): Term {
  const { model } = view;
  const list: Term[] = [];
  const bound = (name: string, low: bigint, high: bigint): void => {
    list.push(compare("ule", number(low), view.global(name)), compare("ule", view.global(name), number(high)));
  };
  const room = (table: string): bigint => {
    const { base, end, stride } = model.table(table);
    return (end - base) / stride;
  };
  bound("kernel/cap/table/used", 1n, room("capabilities"));
  bound("kernel/object/domains/used", 1n, room("domains"));
  bound("kernel/object/object/object_count", 0n, room("objects"));
  for (const [name, className] of model.sources.globals) {
    if (!model.hasGlobal(name) || !model.hasTable(className)) continue;
    const value = view.global(name);
    list.push(or(equal(value, ZERO), view.isGood(className, value)));
  }
  bound("kernel/cap/pending/count", 0n, 64n);
  bound("kernel/cpu/cpus", 1n, room("cpus"));
  list.push(units(view), counted(view), hasContext(view));
  // what the hal was told or chose while booting
  const mode = "hal/paging/mode";
  if (model.hasGlobal(mode)) list.push(equal(view.global(mode), extend("zext", arithmetic("add", TOP, number(6)), 64)));
  const registers = "hal/interrupts/plic";
  if (model.hasGlobal(registers)) {
    const plic = view.global(registers);
    bound("hal/interrupts/lines", 0n, 1024n);
    list.push(or(isNone(view.global("hal/interrupts/lines")), isRegisters(plic)));
  }
  const tested = "hal/tree/test_device";
  if (model.hasGlobal(tested)) list.push(or(isNone(view.global(tested)), isRegisters(view.global(tested))));
  const frequency = "hal/timer/frequency_hz"; // set once while booting, by what firmware says
  if (model.hasGlobal(frequency)) list.push(isSome(view.global(frequency)));
  bound("kernel/mm/frames/kept", 0n, 0x7f_ffffn);
  bound("kernel/mm/frames/range_count", 0n, 64n);
  bound("kernel/mm/blocks/span_count", 0n, 64n);
  bound("kernel/mm/blocks/orders", 0n, 0xf_ffffn);
  list.push(
    compare("ule", view.global("kernel/object/object/first_free"), view.global("kernel/object/object/object_count")),
  );
  const free = "kernel/object/domains/first_free";
  list.push(
    or(isNone(view.global(free)), compare("ult", view.global(free), view.global("kernel/object/domains/used"))),
  );
  return and(...list);
}

/** Assumed at every start and not shown again: assumption "free" of docs/proof.md. */
export function assumptions(view: View): Term {
  const { model } = view;
  const table = model.table("capabilities");
  const unused = arithmetic(
    "add",
    arithmetic("shl", view.global("kernel/cap/table/used"), number(6)),
    number(table.base),
  );
  const free = view.global("kernel/cap/table/first_free");
  const objects = model.table("objects");
  const firstFree = view.global("kernel/object/object/first_free");
  const object = arithmetic("add", arithmetic("shl", firstFree, number(6)), number(objects.base - objects.stride));
  const isFree = and(
    isNone(view.type(object)),
    compare("ult", view.field("Object", "version", object), number(0xffff_ffff)),
  );
  const neverUsed = arithmetic(
    "add",
    arithmetic("shl", view.global("kernel/object/object/object_count"), number(6)),
    number(objects.base),
  );
  return and(
    or(isNone(firstFree), isFree),
    ...["type", "version", "holders", "payer_index"].map((name) => isNone(view.field("Object", name, neverUsed))),
    ...[unused, free].map((entry) =>
      and(isNone(view.field("Capability", "handle", entry)), isNone(view.field("Capability", "state", entry))),
    ),
  );
}
