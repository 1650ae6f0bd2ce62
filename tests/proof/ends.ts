// Ends of objects and domains as the proof sees them: what schedulers' work, objects and domains leave behind when they end. Used by
// contracts.ts, prove.ts and execute.ts. Invariant: what is taken for granted here stands in docs/proof.md, "made", "ends" and "lists".

import type { Claims } from "./claims.ts";
import type { Contract, Proving } from "./contracts.ts";
import { FRAMES } from "./frames.ts";
import type { Guess } from "./guesses.ts";
import type { Memory } from "./memory.ts";
import type { View } from "./model.ts";
import type { Frame, Path } from "./path.ts";
import * as physical from "./physical.ts";
import { and, arithmetic, compare, constant, equal, implies, isConstant, not, or, type Term, TRUE } from "./term.ts";
import type { Say } from "./traps.ts";

const number = (value: number): Term => constant(value, 32);
const isSome = (term: Term): Term => not(equal(term, constant(0, term.width)));
const isNone = (term: Term): Term => not(isSome(term));

const POLICY_END = "kernel/thread/policy/policy_end";
/** Places of schedulers. */
const PLACES = 8;
/** A scheduler that works finds its place before they end ("lists" of docs/proof.md). */
export function isPlaced(value: Term, _offset: number, index: Term, where: string, { args }: Proving): Term {
  if (where !== POLICY_END) return TRUE;
  return implies(equal(index, number((PLACES - 1) * 4)), equal(value, args[0] as Term));
}

/** Functions that walk a list up to an entry that is in it. */
export const MEMBERS =
  /ipc\/endpoint\/endpoint_unserve$|gates\/endpoint\/gate_endpoint_bind$|policy\/policy_forget$|control\/control_leave$|object\/replace\/domain_release$/;
/** The same in its first loop alone. */
export const CHAIN = /ipc\/activation\/thread_split$/;

/** A walk up to a member of a list that became part of these: a loop of theirs that calls nobody ("lists" of docs/proof.md). */
const WITHIN = /object\/(destroy\/domain_dismantle|release\/object_end)$/;
export const isSearch = ({ code, next }: Frame, end: number): boolean =>
  WITHIN.test(code.name) && !code.code.slice(next, end).some((one) => one.op === 0x10);

/** Loops of ends. */
export const ENDING = /^kernel\/thread\/policy\/policy_end$/;
/** What may be so each time round: a place is one, and the scheduler is over. */
export function remains(executor: Claims, path: Path, changed: ReadonlySet<number>): Guess[] {
  const [scheduler] = executor.proving.args as [Term];
  const places = [...changed]
    .filter((i) => path.top.locals[i]?.width === 32 && isConstant(path.top.locals[i] as Term))
    .map((i): Guess => ({ name: `place ${i}`, holds: (now) => compare("ult", now[i] as Term, number(PLACES)) }));
  const isOver: Guess = {
    name: "is over",
    holds: (_now, view) => isNone(view.field("Scheduler", "domain", scheduler)),
  };
  const list = [isOver, ...places];
  return list.filter((one) => executor.certain(path, one.holds(path.top.locals, executor.view(path))));
}

const at = (view: View, name: string, domain: Term | undefined): Term => view.field("Domain", name, domain as Term);
const named = (view: View, name: string): Term => constant(view.model.sources.constants.get(name) as bigint, 32);
const has = (view: View, domain: Term | undefined, ...names: string[]): Term =>
  and(...names.map((name) => isSome(at(view, name, domain))));
const ALIVE = ["STATE_CREATED", "STATE_IDLE", "STATE_BUSY", "STATE_HELD"];
const isAlive = (view: View, domain: Term | undefined): Term =>
  or(...ALIVE.map((name) => equal(at(view, "state", domain), named(view, name))));

/** A table that is nobody else's: of this level, in memory, and not the kernel's root. */
const isOwnTable = (table: Term, at: Term): Term =>
  and(
    physical.isTable(table, at),
    compare("ult", table, constant(BigInt(FRAMES) << 12n, 64)),
    or(isSome(physical.owner(table)), not(equal(table, physical.KERNEL_ROOT))),
  );
const IS_KERNELS = and(
  physical.isRoot(physical.KERNEL_ROOT),
  isSome(physical.KERNEL_ROOT),
  isNone(physical.owner(physical.KERNEL_ROOT)),
);
const TABLES: Readonly<Record<string, Contract>> = {
  "kernel/mm/pagetable/table_free": {
    requires: (_view, [table, level]) =>
      and(isOwnTable(table as Term, level as Term), compare("ult", level as Term, physical.TOP)),
    listed: () => IS_KERNELS,
  },
  "kernel/mm/pagetable/free_upper": {
    requires: (_view, [table, kernel, level]) => {
      const isKernels = or(isNone(kernel as Term), equal(kernel as Term, physical.KERNEL_ROOT));
      const isHigh = and(compare("ule", number(2), level as Term), compare("ule", level as Term, physical.TOP));
      return and(isOwnTable(table as Term, level as Term), isKernels, isHigh);
    },
    listed: () => IS_KERNELS,
  },
};

/** Of two domains of which one sees the other's memory each names the other one. */
const SHARES: readonly (readonly [string, string, string])[] = [
  ["shares", "shared_by", "whose memory it sees names it too"],
  ["shared_by", "shares", "who sees its memory names it too"],
];
const isMutual = (view: View, one: string, other: string, domain: Term): Term => {
  const seen = at(view, one, domain);
  return or(isNone(seen), equal(at(view, other, seen), domain));
};
/** Contexts of the IOMMU. */
const CONTEXTS = 256;
/** Slots that there are. */
const SLOTS = 16384;

/** What the invariant says of domains because they end. */
export function families(say: Say): void {
  for (const [one, other, name] of SHARES)
    say(
      "Domain",
      name,
      [one],
      [
        ["Domain", other],
        ["Domain", "root_physical"],
      ],
      (view, a) => isMutual(view, one, other, a),
      [],
    );
  say("Domain", "who sees its memory has a root", ["shared_by"], [["Domain", "root_physical"]], (view, a) =>
    or(isNone(at(view, "shared_by", a)), has(view, at(view, "shared_by", a), "root_physical")),
  );
  say("Domain", "an activation has a thread", ["activation", "thread"], [], hasThread, []);
  say("Domain", "as it is to end a domain can end", ["stopping"], [], (view, a) => {
    const state = at(view, "stopping", a);
    return or(isNone(state), isFinal(view, state));
  });
  say(
    "Dma",
    "its number is that of a context",
    ["type", "number"],
    [],
    (view, a) =>
      or(
        not(equal(view.type(a), constant(view.model.tags.get("Dma") as bigint, 8))),
        compare("ult", view.field("Dma", "number", a), number(CONTEXTS)),
      ),
    ["number"],
    "Dma",
  );
}

/** Sentences that ask somebody to be there, and who that is: nobody names so a domain whose entry is given back ("ends" of docs/proof.md). */
export const NAMED: Readonly<Record<string, (view: View, entry: Term) => Term>> = {
  "Endpoint: who serves it is there": (view, entry) => view.field("Endpoint", "server", entry),
  "Domain: who waits for an answer waits for a domain that is there": (view, entry) => at(view, "callee", entry),
  "Domain: whose call it answers is there, on a thread": (view, entry) => at(view, "caller", entry),
};
/** Domains whose entries this path has given back. */
export function goneDomains(memory: Memory, view: View): Term[] {
  const [key] = view.model.keys("Domain", "state") as [string];
  return memory.storesTo(key).filter((domain) => at(view, "state", domain) === number(0));
}

/** Who is found in a holder's list is held ("lists" of docs/proof.md). */
export const RELEASES = /^kernel\/object\/destroy\/domain_end$/;
export const isHeld = (view: View, held: Term): Term => or(isNone(held), has(view, held, "holder"));

const FINAL = ["STATE_EXITED", "STATE_TRAPPED", "STATE_STOPPED"];
const isFinal = (view: View, state: Term | undefined): Term =>
  or(...FINAL.map((name) => equal(state as Term, named(view, name))));
const hasThread = (view: View, domain: Term | undefined): Term =>
  or(equal(at(view, "activation", domain), named(view, "ACTIVATION_NONE")), has(view, domain, "thread"));

/** Where no object that lives gets or loses holders: shown of every store. */
export const COUNTS_NONE = /^(kernel\/(object|thread|ipc|irq|mm)\/|kernel\/(log|trace|cpu|irq|panic)\/|hal\/)/;

type Apart = (parameters: readonly string[], more?: Contract) => Contract;
export const ends = (apart: Apart): Readonly<Record<string, Contract>> => ({
  ...TABLES,
  [POLICY_END]: apart(["Scheduler!"]),
  "kernel/object/destroy/domain_end": apart(["Domain!", ""], {
    requires: (view, [, state]) => isFinal(view, state),
    recalls: (view, [domain]) => hasThread(view, domain),
    stays: (view, [domain]) => [
      equal(at(view, "wait", domain), named(view, "WAIT_NONE")),
      isNone(at(view, "callee", domain)),
      isFinal(view, at(view, "state", domain)),
    ],
  }),
  "kernel/object/destroy/memory_free": {
    parameters: ["Domain!"],
    requires: (view, [domain]) => has(view, domain, "state", "code"),
    recalls: (view, [domain]) => and(...SHARES.map(([one, other]) => isMutual(view, one, other, domain as Term))),
    // what has ended goes on having ended, and its slots and its root are those that it was given: "made" of docs/proof.md
    listed: (view, [domain]) => {
      const isSlot = and(
        compare("ule", at(view, "slots", domain), number(SLOTS)),
        compare("ule", at(view, "slot", domain), arithmetic("sub", number(SLOTS), at(view, "slots", domain))),
      );
      const isUser = equal(at(view, "mode", domain), constant(1, 32));
      const isOwnRoot = isOwnTable(at(view, "root_physical", domain), physical.TOP);
      const isRoot = or(not(isUser), isNone(at(view, "root_physical", domain)), isOwnRoot);
      return and(not(isAlive(view, domain)), or(isUser, isSlot), isRoot, IS_KERNELS);
    },
  },
  // a domain's object is one, and its parent is there, as long as it is ("lists" of docs/proof.md)
  "kernel/object/destroy/domain_dismantle": {
    parameters: ["Domain!"],
    recalls: (view, [domain]) => {
      const object = at(view, "object", domain);
      const isObject = equal(view.type(object), constant(view.model.tags.get("DomainObject") as bigint, 8));
      return and(
        has(view, domain, "state", "object", "code", "parent"),
        isObject,
        view.isType("Code", at(view, "code", domain)),
      );
    },
  },
  "kernel/object/object/objects_inherit": {
    parameters: ["Domain!"],
    requires: (view, [domain]) => has(view, domain, "parent"),
  },
});
