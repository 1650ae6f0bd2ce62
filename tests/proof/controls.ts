// Who controls a thread: a context that limits how much it runs, or a scheduler that decides when. Contracts of what that does, used by
// contracts.ts and threads.ts. Invariant: what is taken for granted here, `isControlled`, stands under "lists" in docs/proof.md.

import type { Contract, Kept } from "./contracts.ts";
import type { View } from "./model.ts";
import { and, constant, equal, not, or, type Term } from "./term.ts";

const isSome = (term: Term): Term => not(equal(term, constant(0, term.width)));
const isType = (view: View, name: string, object: Term): Term =>
  equal(view.type(object), constant(view.model.tags.get(name) as bigint, 8));

/** A scheduler that can be told of what happens has a ring with a page. */
export function hasRing(view: View, scheduler: Term): Term {
  const region = view.field("Scheduler", "region", scheduler);
  return and(isSome(region), isSome(view.field("Region", "pages", region)));
}

/** Who may control a thread. */
export const controls = (view: View, control: Term): readonly Term[] =>
  ["Context", "Scheduler"].map((name) => and(isSome(control), isType(view, name, control)));

/** Whoever controls a thread knows it: a context names it, and a scheduler, in whose list it is, has a ring as long as one is in that. */
export function isControlled(view: View, thread: Term): Term {
  const control = view.field("Thread", "control", thread);
  const isBound = and(isType(view, "Context", control), equal(view.field("Context", "thread", control), thread));
  return or(not(isSome(control)), isBound, and(isType(view, "Scheduler", control), hasRing(view, control)));
}

/**
 * A scheduler's service is its own until the one or the other ends: of what setting who controls a thread calls, that ends no service's work
 * but where the scheduler itself ends, this is taken for granted ("holds" of docs/proof.md).
 */
export const SERVICE: Kept = {
  isGiven: true,
  className: "Scheduler",
  name: "domain",
  holds: (view, object, before) => {
    const [now, then] = [view, before].map((one) => one.field("Scheduler", "domain", object)) as [Term, Term];
    return or(not(isType(before, "Scheduler", object)), equal(view.type(object), constant(0, 8)), equal(now, then));
  },
};

export const CONTROLS: Readonly<Record<string, Contract>> = {
  "kernel/thread/policy/policy_post": {
    parameters: ["Thread!", ""],
    requires: (view, [thread]) => {
      const control = view.field("Thread", "control", thread as Term);
      return and(isSome(control), isType(view, "Scheduler", control));
    },
    listed: (view, [thread]) => isControlled(view, thread as Term),
  },
  "kernel/thread/control/control_leave": {
    parameters: ["Thread!"],
    requires: (view, [thread]) => isSome(view.field("Thread", "control", thread as Term)),
    listed: (view, [thread]) => isControlled(view, thread as Term),
  },
};
