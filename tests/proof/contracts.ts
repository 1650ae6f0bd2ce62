// Contracts of kernel functions: what a caller must show before the call and may take for granted after it. The body is proved
// against its contract, once.
// Used by execute.ts. Invariant: a name that no function of the module has is an error (contracts() checks it).

import { hasRing } from "./controls.ts";
import { DEVICES } from "./devices.ts";
import { COUNTS_NONE, ends } from "./ends.ts";
import { BLOCKS, FRAMES } from "./frames.ts";
import { MAKINGS } from "./makings.ts";
import { MAPPINGS } from "./mappings.ts";
import type { WordKey } from "./memory.ts";
import type { Model, View } from "./model.ts";
import { MODULES, ofModule } from "./modules.ts";
import { SWITCHING } from "./switches.ts";
import { add, and, arithmetic, compare, constant, equal, extend, not, or, type Term, TRUE } from "./term.ts";
import { isText } from "./texts.ts";
import { threads } from "./threads.ts";
import { TIMERS } from "./timers.ts";
import { TRAPS } from "./traps.ts";
import { WALKERS } from "./walkers.ts";

/** An entry for this page of a root, which names this frame. */
export interface Entry {
  readonly when: Term;
  readonly root: Term;
  readonly page: Term;
  readonly frame: Term;
  readonly isWritable: Term;
}

export interface Proving {
  readonly name: string;
  readonly args: readonly Term[];
}

/** What becomes of a field of every entry that was there. */
export interface Kept {
  readonly className: string;
  readonly name: string;
  readonly holds: (view: View, entry: Term, before: View) => Term;
  /** Not shown: an assumption. */
  readonly isGiven?: boolean;
  /** Shown of every store instead (access.ts): of what lies in these files, and calls nothing that lies elsewhere. */
  readonly within?: RegExp;
}

export interface Contract {
  /**
   * The classes of its arguments ("Thread!": not none; "Domain?": the same, by assumption "lists"; "": a number).
   */
  readonly parameters?: readonly string[];
  readonly result?: string;
  /** Each with the sentence that a finding prints. */
  readonly requires?: (view: View, args: readonly Term[]) => Term;
  /** What follows from its argument's being in a list or a tree: assumption "lists" of docs/proof.md, not shown by callers. */
  readonly listed?: (view: View, args: readonly Term[]) => Term;
  /** Sentences of the invariant about its arguments, which nothing else that is read brings into play. */
  readonly recalls?: (view: View, args: readonly Term[]) => Term;
  /** What is still known where ways through it meet (cuts.ts), if it was so on each. */
  readonly stays?: (view: View, args: readonly Term[]) => readonly Term[];
  /** Its body is executed for each of these by itself: one of them holds. */
  readonly cases?: (view: View, args: readonly Term[]) => readonly Term[];
  readonly ensures?: (view: View, args: readonly Term[], result: Term, before: View) => Term;
  /** Shown of every entry where the function returns. */
  readonly keeps?: readonly Kept[];
  /** Where this is certain its body is executed in its caller's place. */
  readonly isPlain?: (view: View, args: readonly Term[]) => Term;
  /** Its answer is none or an object that began in it; it touches no other. Whoever calls it shows what the invariant says of that one. */
  readonly makes?: boolean;
  /** Its answer is 0 or a frame that nothing names yet. */
  readonly isFresh?: boolean;
  /** What its answer is, by definition. */
  readonly defines?: (view: View, args: readonly Term[], result: Term, proving: Proving) => Term;
  /** What its arguments are, by definition; `proving`: the function that calls it, with its own arguments. */
  readonly defined?: (view: View, args: readonly Term[], proving: Proving) => Term;
  /** Whose tables it writes entries for, if they are a device's. */
  readonly device?: (view: View, args: readonly Term[]) => Term;
  /** Whose window it writes entries for: under this root. */
  readonly domain?: (view: View, args: readonly Term[], root: Term) => Term;
  /** The module whose pages it shows at the module's place. */
  readonly module?: (view: View, args: readonly Term[]) => Term;
  /** The entries that it writes are for pages of a slot that the domain was promised. */
  readonly isInSlot?: boolean;
  /** Entries that it writes: for every number `i` of which `when` holds, one that must be allowed. */
  readonly entries?: (args: readonly Term[], i: Term) => Entry;
  /** Bytes that it reads: every frame of them is known. */
  readonly reads?: (args: readonly Term[]) => { readonly first: Term; readonly bytes: Term };
  /** The argument that is a timer's node; is it known what its kind says? */
  readonly node?: { readonly argument: number; readonly isKind: boolean };
  /** The argument that is a literal. */
  readonly text?: number;
  /** It reads and writes no object: who calls it may have made one that is not finished. */
  readonly looksAtNone?: boolean;
  /** The argument that ends with it, if it was made on the same path: it may be unfinished. */
  readonly endsNew?: number;
  /** The argument that ends with it: the invariant need not hold of that one any more. */
  readonly ends?: number;
  /** Its body takes a quarter of a minute and more: it is proved by `phi proof`, and taken for proved by the tests that run for every change. */
  readonly isLong?: boolean;
  /** It changes these words and globals, and no others. */
  readonly words?: (model: Model) => readonly WordKey[];
  readonly globals?: readonly string[];
  readonly anyGlobal?: RegExp;
}

const PAGE = 0xfff;
const some = (term: Term): Term => not(none(term));
const none = (term: Term): Term => equal(term, constant(0, term.width));

/** A physical address of memory that the kernel hands out: a whole frame, below the table's end, and not 0. */
export const isFrame = (address: Term): Term =>
  and(not(none(address)), none(arithmetic("and", address, constant(PAGE, 64))), isBelowEnd(address));
/** Where a range of memory begins or ends. */
export const isFrameEnd = (address: Term): Term =>
  and(
    none(arithmetic("and", address, constant(PAGE, 64))),
    compare("ule", address, constant(BigInt(FRAMES) << 12n, 64)),
  );
export const isBelowEnd = (address: Term): Term => compare("ult", address, constant(BigInt(FRAMES) << 12n, 64));

/** A bit for each of some processors that there may be. */
export const isSetOfCpus = (model: Model, mask: Term): Term => {
  const { base, end, stride } = model.table("cpus");
  return none(arithmetic("lshr", mask, constant((end - base) / stride, 32)));
};

/** What a domain has for as long as its entry is its own, which domain every CPU runs, and which thread has its home where. */
const LASTING: Readonly<Record<string, RegExp>> = {
  Domain:
    /^(index|instance|handler|stack_top|root|memory_base|trampoline|mode|object|code|parent|start_entry|event_entry|slot|slots|root_physical|memory_pages|memory_pages_max|table_bytes|stack_bytes|struct_bytes|endpoint_key|enclave|depth)$/,
  Thread: /^home$/,
  Cpu: /^(domain|number)$/,
};
/** Whatever threads, calls and objects' ends change: everything but capabilities, ids of objects, and what is lasting. */
const lives = (model: Model): WordKey[] =>
  [...model.sources.classes.values()]
    .filter((layout) => model.hasTable(layout.name) && layout.name !== "Capability")
    .flatMap((layout) =>
      layout.fields
        .filter((field) => field.name !== "id" && LASTING[layout.name]?.test(field.name) !== true)
        .flatMap((field) => model.keys(layout.name, field.name)),
    );
/** They make no object and no domain. */
const LIVES =
  /^kernel\/(ipc|thread|irq|mm|log|trace)|^kernel\/object\/(?!domains\/|object\/(object_count|next_id)$)|^hal\/(?!iommu\/)/;
/** A function that is called by its contract: it keeps the invariant and leaves capabilities alone. */
const apart = (parameters: readonly string[], more: Contract = {}): Contract => ({
  parameters,
  words: lives,
  anyGlobal: LIVES,
  ...more,
});
/** Capabilities to an object are counted where they are made and deleted. */
const HOLDERS: Kept = {
  className: "Object",
  name: "holders",
  within: COUNTS_NONE,
  holds: (view, object, before) =>
    or(
      none(view.type(object)),
      equal(view.field("Object", "holders", object), before.field("Object", "holders", object)),
    ),
};

const saysWhy = (view: View, _args: readonly Term[], object: Term): Term =>
  or(some(object), compare("slt", view.global("kernel/object/object/object_error"), constant(0, 64)));
const isType = (_view: View, [type]: readonly Term[]): Term =>
  and(some(type as Term), compare("ult", type as Term, constant(0x80, 32)));

export const CONTRACTS: Readonly<Record<string, Contract>> = {
  ...WALKERS,
  ...DEVICES,
  ...MODULES,
  ...MAPPINGS,
  ...TRAPS,
  ...TIMERS,
  ...SWITCHING,
  ...threads(apart),
  ...MAKINGS,
  // ---- ends of objects, and threads: called by contract ----
  ...ends(apart),
  "kernel/object/release/object_end": apart(["Object!"], {
    requires: (view, [object]) => some(view.type(object as Term)),
    keeps: [HOLDERS],
    endsNew: 0,
  }),

  // the two call each other: what either may change is said, not found
  "kernel/object/release/object_release": apart(["Object!"], {
    requires: (view, [object]) => some(view.type(object as Term)),
    keeps: [HOLDERS],
    isPlain: (view, [object]) => compare("ult", constant(1, 32), view.field("Object", "references", object as Term)),
  }),
  // the type, and the payer: one who was charged
  "kernel/object/object/object_create": { parameters: ["", "Domain"], requires: isType, makes: true, ensures: saysWhy },
  // A region that could not be filled may have no frames. The body is proved; what it leaves alone is this contract's word: the
  // reference that it takes keeps the last mapping from ending the region once more.
  "kernel/object/region/region_free": {
    parameters: ["Region!"],
    ends: 0,
    anyGlobal: LIVES,
    words: (model) => [
      ...lives(model).filter((key) => key.startsWith("objects+")),
      ...["charged_frames", "small_objects", "revoked_windows", "mappings"].flatMap((name) =>
        model.keys("Domain", name),
      ),
    ],
  },
  "kernel/object/region/region_create": {
    parameters: ["Domain!", "", ""],
    ensures: (view, [, pages], region, before) => {
      const id = before.global("kernel/object/object/next_id");
      const next = view.global("kernel/object/object/next_id");
      const isNew = and(equal(view.field("Object", "id", region), id), equal(next, add(id, constant(1, 64))));
      const there = extend("zext", view.field("Region", "pages", region), 64);
      const isBegun = or(compare("ule", constant(64, 64), there), compare("ule", pages as Term, there));
      return or(none(region), and(view.isGood("Region", region), isNew, isBegun));
    },
  },
  // some more pages are there, if it answers that they are: 64, or all
  "kernel/object/region/region_fill": {
    parameters: ["Region!"],
    ensures: (view, [region], answer, before) => {
      const was = before.field("Region", "pages", region as Term);
      const [now, all] = ["pages", "capacity"].map((name) => view.field("Region", name, region as Term));
      const isMore = or(
        compare("ule", arithmetic("add", was, constant(64, 32)), now as Term),
        equal(now as Term, all as Term),
      );
      return or(compare("slt", answer, constant(0, 64)), isMore);
    },
  },
  "kernel/thread/policy/write": {
    parameters: ["Scheduler!", "Thread!", "", "", ""],
    requires: (view, [scheduler]) => hasRing(view, scheduler as Term),
  },
  "kernel/object/status/domain_status": {
    parameters: ["Domain!", ""],
    requires: (view, [domain]) =>
      and(...["object", "code"].map((name) => some(view.field("Domain", name, domain as Term)))),
  },
  "kernel/object/object/object_pay": { parameters: ["", "Domain!"], requires: isType, makes: true, ensures: saysWhy },
  "kernel/object/replace/domain_release": {
    parameters: ["Domain!"],
    requires: (view, [domain]) => some(view.field("Domain", "holder", domain as Term)),
  },
  // in a domain's list is what has a domain
  "kernel/object/mapping/mapping_end": {
    parameters: ["Mapping!"],
    listed: (view, [mapping]) => {
      const domain = view.field("Mapping", "domain", mapping as Term);
      return and(some(domain), some(view.field("Domain", "root_physical", domain)));
    },
  },
  "kernel/object/mapping/mappings_of_capability_end": { parameters: ["Region!", "Capability!"] },
  // a parent has a child; a ghost has another one
  "kernel/cap/tree/leaf_leave": {
    parameters: ["Capability!"],
    listed: (view, [node]) => {
      const at = (name: string): Term => view.field("Capability", name, node as Term);
      const parent = at("parent");
      const isGhost = equal(view.field("Capability", "state", parent), constant(2, 16));
      const hasSibling = or(some(at("next")), some(at("previous")));
      return or(
        none(parent),
        and(
          not(equal(parent, node as Term)),
          some(view.field("Capability", "child", parent)),
          or(not(isGhost), hasSibling),
        ),
      );
    },
  },
  "kernel/cap/pending/pending_remove": {
    parameters: ["Capability!"],
    ensures: (view, [node], _result, before) => {
      const parent = before.field("Capability", "parent", node as Term);
      const [now, then] = [view, before].map((one) => one.field("Capability", "state", parent));
      return or(equal(parent, node as Term), equal(now as Term, then as Term));
    },
  },
  // what is in an owner's list, or in the tree and no ghost, is a capability
  "kernel/cap/derive/capability_delete": {
    parameters: ["Domain?", "Capability!"],
    listed: (view, [, capability]) => some(view.field("Capability", "handle", capability as Term)),
    ensures: (view, [, capability]) => none(view.field("Capability", "handle", capability as Term)),
  },
  "kernel/cap/move/capability_move": {
    parameters: ["Domain!", "Domain!", "Capability!"],
    requires: (view, [, to]) => some(view.field("Domain", "state", to as Term)),
    listed: (view, [, , capability]) => {
      const at = (name: string): Term => view.field("Capability", name, capability as Term);
      const isReply = equal(
        arithmetic("and", at("key"), constant(0x7f, 32)),
        constant(view.model.tags.get("Reply") as bigint, 32),
      );
      const object = at("object");
      const isCurrent = equal(at("version"), view.field("Object", "version", object));
      return and(some(at("handle")), or(not(isReply), isCurrent));
    },
  },

  // whose call a domain answers, or whose detached one
  "kernel/ipc/offer/client_of": {
    parameters: ["Domain!", ""],
    ensures: (view, [domain], client) => {
      const constants = view.model.sources.constants;
      const is = (name: string): Term => constant(constants.get(name) as bigint, 32);
      const isCall = compare("ule", is("ACTIVATION_CALL"), view.field("Domain", "activation", domain as Term));
      const isCaller = equal(view.field("Domain", "caller", domain as Term), client);
      const isDetached = equal(view.field("Domain", "wait", client), is("WAIT_REPLY"));
      return or(none(client), and(isCall, isCaller), isDetached);
    },
  },
  // a message that nobody holds
  "kernel/irq/irq_message": {
    ensures: (view, _args, irq) => or(none(irq), none(view.field("Irq", "holders", irq))),
  },

  // ---- frames ----
  ...BLOCKS,
  "kernel/mm/frames/frames_take_run": {
    looksAtNone: true,
    defines: (_view, [count], first, { name }) => ofModule(name, first, count as Term),
    ensures: (_view, [count], first) => {
      const bytes = arithmetic("shl", extend("zext", count as Term, 64), constant(12, 64));
      return and(isFrameEnd(first), or(none(first), isFrameEnd(add(first, bytes))));
    },
  },
  "kernel/mm/frames/take": {
    looksAtNone: true,
    isFresh: true,
    ensures: (_view, _args, frame) => or(none(frame), isFrame(frame)),
  },
  "kernel/mm/frames/frame_release": { requires: (_view, [frame]) => isBelowEnd(frame as Term) },

  "kernel/mm/tlb/others_with": { ensures: (view, _args, mask) => isSetOfCpus(view.model, mask) },

  // ---- what only some architectures have as a function of its own ----
  "kernel/ipc/hook/hook_attach": { parameters: ["Hook!", "", "", "", "Notification", ""] },
  "hal/cpus/cpus_flush": { requires: (view, [mask]) => isSetOfCpus(view.model, mask as Term) },

  // ---- the log ----
  // once for all who print
  "kernel/log/log_byte": { parameters: [""] },
  "kernel/log/log": { text: 0, requires: (view, [text]) => isText(view.model.texts, text as Term) },
};

export const requires = (view: View, name: string, args: readonly Term[]): Term =>
  CONTRACTS[name]?.requires?.(view, args) ?? TRUE;
export const listed = (view: View, name: string, args: readonly Term[]): Term =>
  CONTRACTS[name]?.listed?.(view, args) ?? TRUE;
export const ensures = (view: View, name: string, args: readonly Term[], result: Term, before: View): Term =>
  CONTRACTS[name]?.ensures?.(view, args, result, before) ?? TRUE;
