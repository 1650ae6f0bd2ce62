// What chooses who runs as the proof sees it: the entry points that the assembly enters while nobody runs, too, and what their contracts
// add. Used by calls.ts, contracts.ts and invariant.ts. Invariant: what is taken for granted here stands in docs/proof.md.

import type { Contract } from "./contracts.ts";
import type { View } from "./model.ts";
import { isRegisters } from "./physical.ts";
import { add, and, arithmetic, compare, constant, equal, not, or, type Term, TRUE } from "./term.ts";

const isSome = (term: Term): Term => not(equal(term, constant(0, term.width)));
const PLIC = "hal/interrupts/plic";
/** A riscv64 hart's cause of an interrupt by the controller, and the answer that there was none. */
const VECTOR_EXTERNAL = 9;
const SPURIOUS = -2;

/** Entered while nobody runs, too: then the processor has neither a thread nor a domain ("caller" of docs/proof.md). */
export const SWITCHES: ReadonlySet<string> = new Set(["interrupt", "schedule", "choose"]);
export function hasDomain(view: View): Term {
  const at = (name: string): Term => view.field("Cpu", name, view.model.cpu);
  return or(not(isSome(at("thread"))), isSome(at("domain")));
}

/** A processor that arrives has the next number, and its block: the assembly's contract ("arrival" of docs/proof.md). */
export const ARRIVES = "cpu_arrive";
export function isNext(view: View): Term {
  const { cpu } = view.model;
  const { base, end, stride } = view.model.table("cpus");
  const number = view.field("Cpu", "number", cpu);
  const place = arithmetic("mul", number, constant(stride, 32));
  return and(
    equal(number, view.global("kernel/cpu/cpus")),
    compare("ult", number, constant((end - base) / stride, 32)),
    equal(cpu, add(place, constant(base, 32))),
  );
}

/** Who looks at what the processor runs after an interrupt was handled, which gives an idle one nothing to run. */
export const LOOKS = /^kernel\/index\/schedule$/;
/** Who gives a processor a thread: of the others it is shown that they do not. A thread that is split ran there already. */
export const GIVES =
  /^kernel\/(index\/(interrupt|schedule|choose)|gates\/(self\/gate_yield|notification\/gate_notify)|thread\/scheduler\/pick|ipc\/activation\/thread_split)$/;

/** Where there is an interrupt controller, its context's registers lie in a page ("told" of docs/proof.md). */
export function hasContext(view: View): Term {
  if (!view.model.hasGlobal(PLIC)) return TRUE;
  return or(not(isSome(view.global(PLIC))), isRegisters(view.global("hal/interrupts/context")));
}

/** Without a controller nothing has come from it. */
function isHeard(view: View, vector: Term, line: Term): Term {
  if (!view.model.hasGlobal(PLIC)) return TRUE;
  const isOther = not(equal(vector, constant(VECTOR_EXTERNAL, 32)));
  return or(isOther, isSome(view.global(PLIC)), equal(line, constant(SPURIOUS, 32)));
}

export const SWITCHING: Readonly<Record<string, Contract>> = {
  "hal/interrupts/vector_irq": {
    parameters: [""],
    ensures: (view, [vector], line) => isHeard(view, vector as Term, line),
  },
  "kernel/irq/own_interrupt": {
    parameters: ["", ""],
    requires: (view, [vector, line]) => isHeard(view, vector as Term, line as Term),
  },
};
