// What holds when the assembly enters the kernel: assumption "caller" of docs/proof.md. Used by prove.ts for every entry point.

import { isCalled } from "./calls.ts";
import type { View } from "./model.ts";
import { and, constant, equal, not, type Term } from "./term.ts";

const isNone = (term: Term): Term => equal(term, constant(0, term.width));

/** Who traps has begun, so it has a place for its memory. */
export function isEntered(view: View, entry: string): Term {
  if (entry !== "trap") return isCalled(view);
  const domain = view.field("Cpu", "domain", view.model.cpu);
  return and(isCalled(view), not(isNone(view.field("Domain", "memory_base", domain))));
}
