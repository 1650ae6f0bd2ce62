// Contracts of protected calls beyond what the gates' assembly decides: who calls runs, and whoever is let through may call.
// Used by threads.ts, and by prove.ts for every entry point.

import type { Contract } from "./contracts.ts";
import type { View } from "./model.ts";
import { ARRIVES, hasDomain, isNext, SWITCHES } from "./switches.ts";
import { add, and, arithmetic, compare, constant, equal, extract, not, or, type Term } from "./term.ts";

const isSome = (term: Term): Term => not(equal(term, constant(0, term.width)));
const named = (view: View, name: string): Term => constant(view.model.sources.constants.get(name) as bigint, 32);

/** Who called is a domain that runs: assumption "caller" of docs/proof.md. */
export function isCalled(view: View): Term {
  const domain = view.field("Cpu", "domain", view.model.cpu);
  const isThread = (className: string, entry: Term): Term =>
    view.isGood("Thread", view.field(className, "thread", entry));
  return and(
    view.isGood("Domain", domain),
    isThread("Domain", domain),
    isThread("Cpu", view.model.cpu),
    compare("ult", constant(0, 32), view.field("Domain", "state", domain)),
    isSome(view.field("Domain", "root_physical", domain)),
  );
}

/** The same when the assembly enters the kernel: who traps has begun, so it has a place for its memory. */
export function isEntered(view: View, entry: string): Term {
  if (SWITCHES.has(entry)) return hasDomain(view);
  if (entry === ARRIVES) return isNext(view);
  if (entry !== "trap") return isCalled(view);
  return and(isCalled(view), isSome(view.field("Domain", "memory_base", view.field("Cpu", "domain", view.model.cpu))));
}

const entryOf = (view: View, handle: Term): Term => {
  const index = arithmetic("shl", extract(handle, 0, 32), constant(6, 32));
  return add(index, constant(view.model.table("capabilities").base, 32));
};
/** Who called holds this handle, and it is current: to an endpoint with CALL, or a resource. */
function mayCall(view: View, handle: Term): Term {
  const capability = entryOf(view, handle);
  const field = (name: string): Term => view.field("Capability", name, capability);
  const key = field("key");
  const isType = (name: string): Term => equal(arithmetic("and", key, constant(0x7f, 32)), named(view, name));
  const calls = arithmetic("and", field("rights"), named(view, "ENDPOINT_CALL"));
  return and(
    view.isValid("Capability", capability),
    equal(field("handle"), handle),
    equal(field("version"), view.field("Object", "version", field("object"))),
    or(and(isType("TYPE_ENDPOINT"), isSome(calls)), isType("TYPE_RESOURCE")),
  );
}
/** A call that is made, or waits for its turn, was made by whoever may make it. */
const CALL: Contract = {
  parameters: ["", ""],
  requires: isCalled,
  ensures: (view, [handle], answer, before) => {
    const caller = before.field("Domain", "index", before.field("Cpu", "domain", view.model.cpu));
    const key = view.field("Capability", "key", entryOf(view, handle as Term));
    const isOwn = equal(arithmetic("lshr", key, constant(8, 32)), caller);
    return or(compare("slt", answer, constant(0, 64)), and(mayCall(view, handle as Term), isOwn));
  },
};
export const CALLS: Readonly<Record<string, Contract>> = {
  "kernel/ipc/call/call_enter": CALL,
  "kernel/ipc/call/call_enter_any": CALL,
  "kernel/ipc/call/call_enter_until": CALL,
};
