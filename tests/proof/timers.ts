// The heap of timers as the proof sees it: an array of nodes, each of which lies in a thread, a domain, a notification or an interrupt
// line. Used by contracts.ts, access.ts and invariant.ts. Invariant: what is put into the heap is a node whose kind says what it lies in.

import { classOf, setClass } from "./address.ts";
import type { Claims } from "./claims.ts";
import type { Contract } from "./contracts.ts";
import { isControlled } from "./controls.ts";
import type { Guess } from "./guesses.ts";
import type { WordKey } from "./memory.ts";
import type { Model, View } from "./model.ts";
import type { Path } from "./path.ts";
import { add, and, arithmetic, compare, constant, equal, fresh, implies, not, or, type Term } from "./term.ts";

export const HEAP = "heap of timers";
/** The class of a node of which it is not known yet what it lies in. */
export const NODE = "TimerNode";
/** Fewer than there are entries that have a node; the heap's table has room for them. */
const COUNT_MAX = 0x3f_fff0;

/** Where nodes lie: class, the first words of its fields' names, and the kind that says so. */
const PLACES: readonly (readonly [string, string, string])[] = [
  ["Thread", "timer_", "TIMER_PAUSE"],
  ["Domain", "wait_", "TIMER_WAIT"],
  ["Notification", "timer_", "TIMER_NOTIFICATION"],
  ["Irq", "timer_", "TIMER_IRQ"],
];
const wordsOf = (names: readonly string[]) => (model: Model) =>
  PLACES.flatMap(([className, prefix]): WordKey[] => names.flatMap((name) => model.keys(className, prefix + name)));

const number = (value: number): Term => constant(value, 32);
const isSome = (term: Term): Term => not(equal(term, constant(0, term.width)));
const named = (view: View, name: string): Term => constant(view.model.sources.constants.get(name) as bigint, 32);
const count = (view: View): Term => view.global("kernel/thread/timer/count");
const offsetOf = (model: Model, className: string, prefix: string): Term =>
  number(model.field(className, `${prefix}deadline`).field.offset);
const isTaken = (view: View, place: Term): Term =>
  and(compare("ule", number(1), place), compare("ule", place, count(view)));

/** A timer node in place, in an entry that exists: one whose kind says what that is, or one that is armed. */
function isNode(view: View, node: Term, isKind: boolean): Term {
  const ways = PLACES.map(([className, prefix, kind]) => {
    const entry = arithmetic("sub", node, offsetOf(view.model, className, prefix));
    const isOfKind = equal(view.field(className, `${prefix}kind`, entry), named(view, kind));
    return and(
      view.isGood(className, entry),
      isKind ? isOfKind : isSome(view.field(className, `${prefix}position`, entry)),
    );
  });
  return or(...ways);
}

/** A node whose position is not 0 has that place in the heap. */
function isArmed(view: View, node: Term): Term {
  const ways = PLACES.map(([className, prefix]) => {
    const entry = arithmetic("sub", node, offsetOf(view.model, className, prefix));
    return implies(view.isGood(className, entry), isTaken(view, view.field(className, `${prefix}position`, entry)));
  });
  return and(...ways);
}

/** Nodes of the heap, by which of them are known to have a kind; of the others nothing is known but that they lie somewhere. */
const kinds = new Set<Term>();
/** From here on it is known where the node is to be looked for. */
export function begins(node: Term, isKind: boolean): Term {
  setClass(node, NODE);
  if (isKind) kinds.add(node);
  return node;
}

/** What the heap holds at a place that is taken. */
export function ofHeap(view: View): { node: Term; known: Term } {
  const node = begins(fresh("timer", 32), true);
  return { node, known: isNode(view, node, true) };
}
/** What may be put there, and where. */
export const mayStand = (view: View, node: Term): Term => isNode(view, node, true);
export const isPlace = (view: View, bytes: Term): Term =>
  and(
    equal(arithmetic("and", bytes, number(3)), number(0)),
    compare("ule", number(4), bytes),
    compare("ule", bytes, arithmetic("shl", count(view), number(2))),
  );

/** What a node may lie in: each with what is known then. */
export function placesOf(view: View, node: Term): readonly { address: Term; known: Term }[] {
  return PLACES.map(([className, prefix, kind]) => {
    const entry = fresh(className, 32);
    setClass(entry, className);
    const address = add(entry, offsetOf(view.model, className, prefix));
    const isThere = and(equal(node, address), view.isGood(className, entry));
    if (!kinds.has(node)) return { address, known: isThere };
    const isOfKind = equal(view.field(className, `${prefix}kind`, entry), named(view, kind));
    // whose pause's timer runs, and who is paused, is controlled: assumption "lists" of docs/proof.md
    const isPaused = equal(view.field("Thread", "state", entry), named(view, "THREAD_PAUSED"));
    const control = view.field("Thread", "control", entry);
    const works = or(not(view.isType("Scheduler", control)), isSome(view.field("Scheduler", "domain", control)));
    const isHeld = and(isSome(control), isControlled(view, entry), works);
    return { address, known: and(isThere, isOfKind, className === "Thread" ? implies(isPaused, isHeld) : and()) };
  });
}

/** What may be so of the locals of those who move nodes about: a place stays one. */
export function moves(executor: Claims, path: Path, changed: ReadonlySet<number>): Guess[] {
  const list = [...changed].map(
    (i): Guess => ({ name: `place ${i}`, holds: (now, view) => isTaken(view, now[i] as Term) }),
  );
  const { locals } = path.top;
  const isNumber = (i: number): boolean => locals[i]?.width === 32 && classOf(locals[i]) === "";
  return list.filter(
    (one, i) => isNumber([...changed][i] as number) && executor.certain(path, one.holds(locals, executor.view(path))),
  );
}

/** Of the global that counts them. */
export const counted = (view: View): Term => compare("ule", count(view), number(COUNT_MAX));

export const TIMERS: Readonly<Record<string, Contract>> = {
  "kernel/thread/timer/timer_insert": {
    parameters: ["", ""],
    node: { argument: 0, isKind: true },
    // its table may take a frame, and the first deadline is the boot processor's
    anyGlobal: /^kernel\/(mm|thread\/timer)\//,
    words: (model) => [...wordsOf(["deadline", "position"])(model), ...model.keys("Cpu", "attention")],
    requires: (view, [node]) => isNode(view, node as Term, true),
    // assumption "heap" of docs/proof.md: no node is there twice
    listed: (view) => compare("ult", count(view), number(COUNT_MAX)),
  },
  "kernel/thread/timer/take_out": {
    parameters: [""],
    isLong: true,
    node: { argument: 0, isKind: false },
    globals: ["kernel/thread/timer/count"],
    words: wordsOf(["position"]),
    requires: (view, [node]) => isNode(view, node as Term, false),
    listed: (view, [node]) => isArmed(view, node as Term),
  },
};
