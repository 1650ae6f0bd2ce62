// Contracts of what happens to threads and calls: what contracts.ts is to the rest of the kernel.
// Invariant: where a body is not proved its contract says so; what the others may change is shown where they return.

import { CALLS } from "./calls.ts";
import type { Contract } from "./contracts.ts";
import { CONTROLS, controls, isControlled, SERVICE } from "./controls.ts";
import type { View } from "./model.ts";
import { and, compare, constant, equal, not, or, type Term } from "./term.ts";

type Apart = (parameters: readonly string[], more?: Contract) => Contract;

const isSome = (term: Term): Term => not(equal(term, constant(0, term.width)));
const named = (view: View, name: string): Term => constant(view.model.sources.constants.get(name) as bigint, 32);
const at = (view: View, name: string, domain: Term | undefined): Term => view.field("Domain", name, domain as Term);
const isThere = (view: View, domain: Term | undefined): Term => isSome(at(view, "state", domain));
const waits = (view: View, domain: Term | undefined, name: string): Term =>
  equal(at(view, "wait", domain), named(view, name));
/** It is there, and so are its code and its memory: it can be given an activation. */
const canBegin = (view: View, [domain]: readonly Term[]): Term =>
  and(...["state", "object", "code", "root_physical"].map((name) => isSome(at(view, name, domain))));

/** A domain's links to those who queue: whoever is found there is there, and waits for his turn ("lists" of docs/proof.md). */
export const LINKS: readonly string[] = ["queue", "queue_last", "queue_next", "queue_previous"];
export function isQueued(view: View, link: string, from: Term, client: Term): Term {
  const callee = at(view, "callee", client);
  const isHere = link === "queue" ? equal(callee, from) : isSome(callee);
  const isWaiting = and(waits(view, client, "WAIT_SERVER"), isThere(view, client), isSome(at(view, "thread", client)));
  return or(not(isSome(client)), and(isWaiting, isHere));
}

/** What stands in a domain's list of those that it serves is served by it ("lists" of docs/proof.md). */
export const isServed = (view: View, domain: Term, endpoint: Term): Term =>
  or(not(isSome(endpoint)), equal(view.field("Endpoint", "server", endpoint), domain));

/** Who runs or can run is somebody's who is there, and somebody is on top ("lists" of docs/proof.md). */
export function isSomebodys(view: View, thread: Term): Term {
  const home = view.field("Thread", "home", thread);
  return and(
    ...["object", "code"].map((name) => isSome(at(view, name, home))),
    isSome(view.field("Thread", "top", thread)),
  );
}

const TIMER: readonly string[] = ["wait_deadline", "wait_position", "wait_kind"];
/** What a thread's becoming ready and its stopping change in objects: what a context has left, how many events a scheduler had, timers. */
const ACCOUNTS: readonly (readonly [string, readonly string[]])[] = [
  ["Context", ["used", "later", "since", "later_at"]],
  ["Scheduler", ["written"]],
  ["Notification", ["timer_deadline", "timer_position", "timer_kind"]],
];
/** Of domains it changes these fields and their timers, of objects accounts and timers, of threads all but who controls them. */
const beside = (fields: readonly string[], contract: Contract): Contract => ({
  ...contract,
  words: (model) => {
    const own = [...TIMER, ...fields].flatMap((name) => model.keys("Domain", name));
    for (const [className, names] of ACCOUNTS) own.push(...names.flatMap((name) => model.keys(className, name)));
    const control = model.keys("Thread", "control");
    const isLeft = (key: string): boolean => /^(domains|objects)\+/.test(key) || control.includes(key);
    return (contract.words?.(model) ?? []).filter((key) => !isLeft(key) || own.includes(key));
  },
});

/** It makes and ends no object: types, versions and counts of references stay. */
const HEADER: readonly string[] = ["type", "version", "references", "holders"];
const sparing = (contract: Contract): Contract => ({
  ...contract,
  words: (model) => {
    const header = HEADER.flatMap((name) => model.keys("Object", name));
    return (contract.words?.(model) ?? []).filter((key) => !header.includes(key));
  },
});

/** Once a domain has them it has them until it ends: shown of every store, but where domains are made and ended. */
export const DURABLE: readonly string[] = ["state", "thread"];
export const ENDS_DOMAINS = /kernel\/object\/(domains|destroy)\//;

export const threads = (all: Apart): Readonly<Record<string, Contract>> => {
  const apart: Apart = (parameters, more) => sparing(all(parameters, more));
  return {
    ...CALLS,
    "kernel/thread/placement/choose": {
      parameters: ["Thread!", "Cpu!"],
      ensures: (view, _args, block) => view.isGood("Cpu", block),
    },
    "kernel/thread/scheduler/thread_queue": beside([], apart(["Thread!"])),
    "kernel/thread/scheduler/thread_ready": beside(
      [],
      apart(["Thread!"], { isLong: true, listed: (view, [thread]) => isControlled(view, thread as Term) }),
    ),
    "kernel/thread/scheduler/thread_block": beside([], apart(["Thread!"])),
    "kernel/thread/scheduler/thread_end": beside([], apart(["Thread!"])),
    // who is woken has waited, on a thread of its own or its caller's
    "kernel/thread/scheduler/wake": apart(["Domain!", ""], {
      listed: (view, [domain]) => isSome(at(view, "thread", domain)),
      ensures: (view, [domain]) => waits(view, domain, "WAIT_NONE"),
    }),
    "kernel/thread/control/control_stopped": beside(
      [],
      apart(["Thread!"], {
        isLong: true,
        requires: (view, [thread]) => isSome(view.field("Thread", "control", thread as Term)),
        listed: (view, [thread]) => isControlled(view, thread as Term),
      }),
    ),
    ...CONTROLS,
    "kernel/thread/control/control_set": all(["Thread!", "Object"], {
      isLong: true,
      requires: (view, [, control]) => or(not(isSome(control as Term)), ...controls(view, control as Term)),
      cases: (view, [, control]) => [not(isSome(control as Term)), ...controls(view, control as Term)],
      keeps: [SERVICE],
    }),
    "kernel/thread/placement/take": { parameters: ["Cpu!", ""] },
    // who runs is controlled by whoever knows it
    "kernel/thread/scheduler/pick": {
      listed: (view) => {
        const running = view.field("Cpu", "thread", view.model.cpu);
        return or(not(isSome(running)), isControlled(view, running));
      },
    },
    "kernel/thread/expire/expire_timers": all([""], {
      // assumption "clock" of docs/proof.md
      listed: (_view, [now]) => not(equal(now as Term, constant(-1, 64))),
    }),
    "kernel/ipc/notification/signal": apart(["Notification!", ""]),
    "kernel/ipc/hook/hook_denies": apart(["", "", ""], {
      requires: (_view, [point]) => compare("ult", point as Term, constant(4, 32)),
    }),
    "kernel/ipc/inherit/inherit": beside([...LINKS, "queue_length"], apart(["Thread!"])),
    "kernel/ipc/activation/event_begin": apart(["Domain!"], {
      requires: canBegin,
      ensures: (view, [domain]) => isThere(view, domain),
    }),
    "kernel/ipc/activation/activation_next": apart(["Domain!"], { requires: canBegin }),
    // whose call is handled waits for who handles it, on a thread
    "kernel/ipc/activation/thread_split": apart(["Domain!"], {
      isLong: true,
      listed: (view, [client]) => {
        const callee = at(view, "callee", client);
        return and(isSome(callee), isThere(view, callee), isSome(at(view, "thread", client)));
      },
      ensures: (view, [client], _result, before) =>
        and(
          isSome(at(view, "callee", client)),
          isThere(view, at(view, "callee", client)),
          ...["wait", "callee"].map((name) => equal(at(view, name, client), at(before, name, client))),
        ),
    }),
    // who waits for a notification has one
    "kernel/ipc/waiting/wait_leave": apart(["Domain!"], {
      listed: (view, [domain]) =>
        or(not(waits(view, domain, "WAIT_NOTIFICATION")), isSome(at(view, "waits_on", domain))),
      ensures: (view, [domain]) => waits(view, domain, "WAIT_NONE"),
    }),
    "kernel/ipc/waiting/wait_break": apart(["Domain!", ""]),
  };
};
